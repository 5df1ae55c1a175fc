package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// foreign is what libraries say, which tells nobody what to write instead.
var foreign = regexp.MustCompile(`strconv\.|parsing "|invalid syntax|invalid argument|value out of range|unknown flag:|` +
	`unknown shorthand|pflag|cobra|json:|[^-]yaml:|unexpected end of JSON|unexpected EOF|dial tcp|no such host|` +
	`openat|lstat|syscall|panic|goroutine|%!|operation error`)

// longRunning are commands that call out, write or do not end where they are given nothing wrong.
var longRunning = []string{"serve", "meter", "demo", "top", "dash", "collect", "rates update", "prices update"}

// anyText are flags that every text is right for, or that make a file of that name.
var anyText = []string{"output", "ledger", "reason", "because", "log-group"}

// TestWrongValues gives each flag values that hardly any flag can have, on one of the commands that have it. What is refused
// is refused with exit code 2, in words of microspend that name the flag or the value.
func TestWrongValues(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	environ := []string{"HOME=" + filepath.Join(dir, "home"), "AWS_EC2_METADATA_DISABLED=true"}
	require.NoError(t, os.WriteFile("good.csv", []byte(usageHeader+
		"2026-11-01T00:00:00Z,3600,eu-west-1,m,web,acme,3600,7200,1,0.5,3\n"), 0o644))
	require.NoError(t, os.WriteFile("gaps.csv", []byte("gap_seconds\n10\n20\n300\n"), 0o644))
	said := &watched{}
	for _, line := range []string{"init -o w.yaml", "import good.csv --ledger kept"} {
		code, _ := command(t.Context(), said, environ, strings.Fields(line)...)
		require.Zero(t, code, said.String())
	}
	operands := map[string][]string{
		"diff": {"w.yaml", "w.yaml"}, "import": {"--dry-run", "good.csv"}, "reconcile": {"good.csv"},
		"ledger move": {"kept", "moved"}, "spend close": {"2026-10"}, "tenant-proof": {"acme"},
	}
	needed := map[string]map[string]string{
		"idle":  {"gaps": "gaps.csv", "memory": "2GB", "region": "eu-west-1"},
		"price": {"region": "eu-west-1"},
	}
	for _, name := range []string{"estimate", "compare", "breakeven", "sensitivity", "sweep"} {
		operands[name] = []string{"w.yaml"}
	}
	const control = "a\x1b[2J\nb"
	values := []string{"nonsense", "1e30", "-7", control, strings.Repeat("9", 2000)}
	tried := map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		name := strings.Join(path, " ")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			strict := f.Value.Type() != "string" && f.Value.Type() != "stringArray"
			// What is long running is only given values that are refused as they are parsed.
			if tried[f.Name] || !strict && slices.Contains(longRunning, name) || slices.Contains(anyText, f.Name) {
				return
			}
			tried[f.Name] = true
			for _, value := range values {
				if !cmd.Runnable() || strict && value == "-7" && slices.Contains(longRunning, name) {
					continue // a number below zero may be refused only after the command began
				}
				args := append(append(slices.Clone(path), operands[name]...), "--"+f.Name+"="+value)
				for flag, value := range needed[name] {
					if flag != f.Name {
						args = append(args, "--"+flag+"="+value)
					}
				}
				if cmd.Flags().Lookup("ledger") != nil && name != "idle" && f.Name != "ledger" {
					args = append(args, "--ledger=kept")
				}
				errs := &watched{}
				code, _ := command(t.Context(), errs, environ, args...)
				got := errs.String()
				if found := foreign.FindString(got); found != "" {
					t.Errorf("%s --%s=%.20q says %q: %.300s", name, f.Name, value, found, got)
				}
				if strings.ContainsAny(got, "\x1b") {
					t.Errorf("%s --%s=%.20q lets a control character through", name, f.Name, value)
				}
				if len(got) > 2000 {
					t.Errorf("%s --%s=%.20q says %d bytes", name, f.Name, value, len(got))
				}
				switch {
				case code == exitDone || code == exitCheckFailed:
				case code != exitUsage:
					t.Errorf("%s --%s=%.20q: exit code %d: %.200s", name, f.Name, value, code, got)
				case !strings.HasPrefix(got, "microspend"):
					t.Errorf("%s --%s=%.20q does not begin with microspend: %.200s", name, f.Name, value, got)
				case !strings.Contains(got, f.Name) && !strings.Contains(got, value[:min(4, len(value))]) && value != control:
					t.Errorf("%s --%s=%.20q does not name the flag: %.300s", name, f.Name, value, got)
				}
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	walk(a.rootCommand())
	require.Greater(t, len(tried), 100, "the flags that were tried")
}
