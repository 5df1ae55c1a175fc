package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// leftIn lists the files and folders below one, with the sizes of files.
func leftIn(t *testing.T, root string) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size := int64(0)
		if !entry.IsDir() {
			size = info.Size()
		}
		all = append(all, fmt.Sprintf("%s %d", path, size))
		return nil
	}))
	return all
}

// TestFailedCommandsLeaveNothing runs commands that cannot do what they are asked to. Each says why in the words of
// microspend, and leaves no file, no folder and no longer ledger behind: whoever corrects the command line starts from
// where they were.
func TestFailedCommandsLeaveNothing(t *testing.T) {
	home := t.TempDir()
	cwd := filepath.Join(home, "cwd")
	require.NoError(t, os.Mkdir(cwd, 0o755))
	t.Chdir(cwd)
	for name, text := range map[string]string{
		"bad.csv": "tenant,figure\nacme,7\n", "badrow.csv": usageHeader + "2026-11-01T00:00:00Z,x,eu-west-1,m,web,acme,1,1,1,1,1\n",
		"empty.csv": "", "bad.json": "{", "file": "not a folder\n", "bad-bill.csv": "a,b\n1,2\n",
		"good.csv": usageHeader + "2026-11-01T00:00:00Z,3600,eu-west-1,m,web,acme,3600,7200,1,0.5,3\n",
		"bad.yaml": "name: x\n\tworkload: y\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	environ := []string{"HOME=" + home, "AWS_EC2_METADATA_DISABLED=true"}
	said := &watched{}
	code, _ := command(t.Context(), said, environ, "import", "good.csv", "--ledger", "kept")
	require.Zero(t, code, said.String())
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name, args string
		code       int
		says       string
		ctx        context.Context
	}{
		{name: "another table", args: "import bad.csv", code: exitUsage, says: "start the file with this line: period_start,"},
		{name: "a bad row", args: "import badrow.csv", code: exitUsage, says: "line 2"},
		{name: "an empty table", args: "import empty.csv", code: exitUsage, says: "the file is empty"},
		{name: "no file", args: "import absent.csv", code: exitUsage, says: "absent.csv"},
		{name: "a folder for a file", args: "import kept", code: exitUsage, says: "kept"},
		{name: "a bad row into a ledger", args: "import badrow.csv --ledger kept", code: exitUsage, says: "line 2"},
		{name: "an import that is interrupted", args: "import good.csv", code: exitInterrupted, ctx: cancelled},
		{name: "no credentials", args: "collect --region eu-west-1 --period 2026-11-01", code: exitUsage, says: "credentials"},
		{name: "no region", args: "collect", code: exitUsage, says: "--region"},
		{name: "a bad price list", args: "rates import bad.json", code: exitUsage, says: "bad.json"},
		{name: "no price list", args: "rates import absent.json", code: exitUsage, says: "absent.json"},
		{name: "no ledger to move", args: "ledger move absent moved", code: exitUsage, says: "absent"},
		{name: "a workload below a file", args: "init -o file/w.yaml", code: exitUsage, says: "file/w.yaml"},
		{name: "a workload that is there", args: "init -o file", code: exitUsage, says: "file"},
		{name: "a bad workload", args: "estimate bad.yaml -o out.txt", code: exitUsage, says: "indent with spaces"},
		{
			name: "pages of nobody", args: "report --ledger kept --period 2026-11 --per-tenant pages --tenant zzz",
			code: exitUsage, says: `no tenant "zzz"`,
		},
		{
			name: "pages in another format", args: "report --ledger kept --per-tenant pages -f csv", code: exitUsage,
			says: "--per-tenant requires --format html",
		},
		{
			name: "pages in no format", args: "report --ledger kept --per-tenant pages -f nonsense", code: exitUsage,
			says: "--format",
		},
		{name: "pages without a ledger", args: "report --ledger absent --per-tenant pages", code: exitUsage, says: "no ledger"},
		{name: "pages of no usage", args: "report --ledger kept --period 2025-01 --per-tenant pages", says: "no page was written"},
		{name: "pages below a file", args: "report --ledger kept --per-tenant file/pages", code: exitUsage, says: "directory file"},
		{name: "no folder to write to", args: "spend --ledger kept -o absent/spend.csv -f csv", code: exitUsage, says: "absent"},
		{name: "a demo that is interrupted", args: "demo --no-dash", code: exitInterrupted, says: "interrupted", ctx: cancelled},
		{name: "a demo of no days", args: "demo --no-dash --days 0", code: exitUsage, says: "--days"},
		{
			name: "a bad bill", args: "reconcile bad-bill.csv --ledger kept --allocate -o split.csv", code: exitUsage,
			says: "bad-bill.csv",
		},
		{name: "unknown advice", args: "advise dismiss zzz --reason x --ledger kept", code: exitUsage, says: "zzz"},
		{name: "a month that is not over", args: "spend close 2026-12 --ledger kept", code: exitUsage, says: "2026-12"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := tc.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			before, errs := leftIn(t, home), &watched{}
			code, out := command(ctx, errs, environ, strings.Fields(tc.args)...)
			require.Equal(t, before, leftIn(t, home), errs.String())
			require.Equal(t, tc.code, code, errs.String()+out)
			require.Contains(t, errs.String(), tc.says)
			require.NoFileExists(t, "pages")
		})
	}
}

const usageHeader = "period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb," +
	"storage_gb_hours\n"
