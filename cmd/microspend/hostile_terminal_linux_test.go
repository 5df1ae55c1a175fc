package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unsafe"

	"github.com/charmbracelet/x/term"
	"github.com/stretchr/testify/require"
)

// hostileName sets a window's title, clears the screen in two ways, and turns the text around.
const hostileName = "a\x1b]0;title\x07\x1b[2Jb\u009b2Jc\u202ed"

// pseudoTerminal gives both ends of a terminal.
func pseudoTerminal(t *testing.T) (outer, inner *os.File) {
	t.Helper()
	outer, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo terminals: %v", err)
	}
	t.Cleanup(func() { _ = outer.Close() })
	var number, locked uint32
	for request, into := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &locked} {
		_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, outer.Fd(), request, uintptr(unsafe.Pointer(into)))
		require.Zero(t, failed)
	}
	inner, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	return outer, inner
}

// atTerminal runs a command whose output is a terminal, and returns all that comes to it.
func atTerminal(t *testing.T, args ...string) string {
	t.Helper()
	outer, inner := pseudoTerminal(t)
	require.True(t, term.IsTerminal(inner.Fd()))
	shown := make(chan string)
	go func() {
		var all strings.Builder
		for buffer := make([]byte, 1<<16); ; {
			n, err := outer.Read(buffer)
			all.Write(buffer[:n])
			if err != nil { // EIO once the other end is closed
				shown <- all.String()
				return
			}
		}
	}()
	run(context.Background(), args, process{
		in: strings.NewReader(""), out: inner, err: inner, environ: []string{"TERM=xterm-256color", "HOME=" + t.TempDir()},
		now: func() time.Time { return time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC) },
	})
	require.NoError(t, inner.Close())
	return <-shown
}

// ours are the sequences that microspend writes: colors, and what progress is drawn over itself with.
var ours = regexp.MustCompile(`\x1b\[[0-9;:]*m|\r?\x1b\[K|\r`)

func requireHarmless(t *testing.T, shown string) {
	t.Helper()
	for i, r := range ours.ReplaceAllString(shown, "") {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Fatalf("%U comes to the terminal at byte %d of %q", r, i, shown)
		}
	}
}

func TestNoCommandSendsANamesControlCharactersToATerminal(t *testing.T) {
	folder := t.TempDir()
	usage, ledger := filepath.Join(folder, "usage.csv"), filepath.Join(folder, "ledger")
	file, err := os.Create(usage)
	require.NoError(t, err)
	rows := csv.NewWriter(file)
	require.NoError(t, rows.Write(strings.Split("period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,"+
		"gb_seconds,read_gb,write_gb,storage_gb_hours,running_seconds,suspended_seconds,launches,suspends,resumes,arch", ",")))
	for day := 1; day <= 25; day++ {
		require.NoError(t, rows.Write([]string{
			fmt.Sprintf("2026-11-%02dT00:00:00Z", day), "3600", "eu-west-1", "mvm-" + hostileName, "image-" + hostileName,
			"tenant-" + hostileName, fmt.Sprint(3600 * day), "7200", "0", "0", "0", "3600", "0", "1", "0", "0", "arm64",
		}))
	}
	rows.Flush()
	require.NoError(t, file.Close())
	bad := filepath.Join(folder, "bad"+hostileName+".csv")
	require.NoError(t, os.WriteFile(bad, []byte("period_start,"+hostileName+"\n"+hostileName+",1\n"), 0o600))
	config := filepath.Join(folder, "microspend.yaml")
	require.NoError(t, os.WriteFile(config, []byte("budgets:\n  tenants:\n    \"tenant-a\\e]0;title\\a\\e[2Jb\\u009b2Jc\\u202ed\": "+
		"{amount: 1}\n"), 0o600))
	require.Contains(t, atTerminal(t, "import", usage, "--ledger", ledger), "25 added")

	at := []string{"--ledger", ledger, "--config", config}
	named := 0
	for _, args := range [][]string{
		append([]string{"spend"}, at...),
		append([]string{"spend", "--by", "image"}, at...),
		append([]string{"spend", "--by", "microvm"}, at...),
		append([]string{"spend", "--format", "csv"}, at...),
		append([]string{"spend", "--format", "json"}, at...),
		append([]string{"spend", "--format", "markdown"}, at...),
		append([]string{"spend", "--tenant", hostileName}, at...),
		append([]string{"spend", "--by", hostileName}, at...),
		append([]string{"report"}, at...),
		append([]string{"report", "--format", "table"}, at...),
		append([]string{"report", "--format", "focus-csv"}, at...),
		append([]string{"spend", "--format", "focus-csv"}, at...),
		append([]string{"budget"}, at...),
		append([]string{"budget", "--format", "json"}, at...),
		append([]string{"anomalies"}, at...),
		append([]string{"anomalies", "--format", "csv"}, at...),
		append([]string{"idle"}, at...),
		append([]string{"config", "check"}, at...),
		{"ledger", "export", "--ledger", ledger},
		{"ledger", "info", "--ledger", ledger},
		{"ledger", "check", "--ledger", ledger},
		{"ledger", "info", "--ledger", filepath.Join(folder, hostileName)},
		{"import", bad, "--ledger", ledger},
		{"import", filepath.Join(folder, hostileName), "--ledger", ledger},
		{"reconcile", bad, "--ledger", ledger},
		{"estimate", bad},
		{"compare", bad},
		{"diff", bad, bad},
		{"price", hostileName},
		{"rates", "import", bad},
		{"spend", "--config", filepath.Join(folder, hostileName), "--ledger", ledger},
		{"spend", "--config", bad, "--ledger", ledger},
		{hostileName},
		{"spend", "--" + hostileName},
	} {
		t.Run(strings.Join(args[:min(3, len(args))], " "), func(t *testing.T) {
			shown := atTerminal(t, args...)
			requireHarmless(t, shown)
			if strings.Contains(shown, "title") {
				named++
			}
		})
	}
	require.Greater(t, named, 15, "commands that show a hostile name at all")
}

// What goes to a program is what the ledger has.
func TestAnExportIntoAPipeIsExact(t *testing.T) {
	folder := t.TempDir()
	usage, ledger := filepath.Join(folder, "usage.csv"), filepath.Join(folder, "ledger")
	require.NoError(t, os.WriteFile(usage, []byte("period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,"+
		"gb_seconds,read_gb,write_gb,storage_gb_hours\n2026-11-01T00:00:00Z,3600,eu-west-1,m,i,\""+hostileName+"\",1,1,0,0,0\n"),
		0o600))
	atTerminal(t, "import", usage, "--ledger", ledger)
	var out, failed strings.Builder
	code := run(context.Background(), []string{"ledger", "export", "--ledger", ledger}, process{
		in: strings.NewReader(""), out: &out, err: &failed, now: time.Now,
	})
	require.Zero(t, code, failed.String())
	require.Contains(t, out.String(), hostileName)
}
