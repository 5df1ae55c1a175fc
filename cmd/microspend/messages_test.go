package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// foreign is what libraries say, which tells nobody what to write instead.
var foreign = []string{
	"strconv.", "parsing \"", "invalid syntax", "invalid argument", "value out of range", "unknown flag:", "unknown shorthand",
	"unknown command \"", "accepts ", "required flag", "time: ", "flag needs", "yaml:", "json:", "csv:", "encoding/", "looking for beginning",
	"unexpected EOF", "open ", "stat ", "lstat ", "mkdir ", "read ", "syscall", "0x", "goroutine", "%!", "SDK", "IMDS", "operation error",
}

// hostileValues are values that hardly any flag can have.
func hostileValues(dir string) map[string]string {
	binary := filepath.Join(dir, "binary")
	return map[string]string{
		"text": "nonsense", "empty": "", "overflow": "1e30", "negative": "-7", "long": strings.Repeat("9", 10_000),
		"control": "a\x1b[2J\nb", "absent": filepath.Join(dir, "absent", "file"), "folder": dir, "binary": binary,
	}
}

func TestHostileValues(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "binary"), []byte("\x00\xff\xfe\x01PAR1\x00"), 0o666))
	t.Chdir(t.TempDir())
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			for name, value := range hostileValues(dir) {
				args := append(path[:len(path):len(path)], "--"+f.Name+"="+value)
				if len(path) == 0 {
					args = append([]string{"examples"}, args...)
				}
				cmd.Flags().VisitAll(func(g *pflag.Flag) {
					if g.Annotations[cobra.BashCompOneRequiredFlag] != nil && g.Name != f.Name {
						args = append(args, "--"+g.Name+"="+map[string]string{"region": "eu-west-1", "memory": "2GB", "reason": "x"}[g.Name])
					}
				})
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				cancel()
				var out, errs bytes.Buffer
				code := run(ctx, args, process{
					in: strings.NewReader(""), out: &out, err: &errs, environ: []string{"HOME=" + filepath.Join(dir, "home"), "AWS_EC2_METADATA_DISABLED=true"},
					now: func() time.Time { return scriptDay },
				})
				for _, text := range foreign {
					if strings.Contains(errs.String(), text) {
						fmt.Printf("FOREIGN %s | %s --%s %s: %d %.300s\n", text, strings.Join(path, " "), f.Name, name, code, errs.String())
					}
				}
				if f.Value.Type() != "string" && f.Value.Type() != "stringArray" || a.parsed != nil {
					fmt.Printf("MSG %d | %s --%s %s: %.200s\n", code, strings.Join(path, " "), f.Name, name, errs.String())
				}
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(a.rootCommand())
}
