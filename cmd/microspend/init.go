package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/internal/lazyregexp"
	"microspend/scenarios"
)

// scenarioName is what a new scenario may be called: it becomes a file's name.
var scenarioName = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

func (a *app) initCommand() *cobra.Command {
	var force bool
	var file string
	cmd := a.command(&cobra.Command{
		Use:   "init [NAME]",
		Short: "Create a commented workload file to start from",
		Long: `init writes a workload file that explains its keys to NAME.yaml, or to workload.yaml if you give no NAME. NAME may
include the extension, .yaml or .yml. An existing file is kept unless you give --force.`,
		Example: `  # Create workload.yaml, edit it, then price it
  microspend init
  microspend estimate workload.yaml
  # Create ci-runners.yaml
  microspend init ci-runners
  # Print it instead
  microspend init --output -`,
		Args: atMostOne,
	}, func(_ *cobra.Command, args []string) error {
		name := "workload"
		if len(args) > 0 {
			name = args[0]
		}
		ending := filepath.Ext(name)
		if ending != ".yaml" && ending != ".yml" {
			ending = ""
		}
		name = strings.TrimSuffix(name, ending)
		if !scenarioName.MatchString(name) {
			return fmt.Errorf("%.60q is not a valid workload name; use letters, digits, dots, dashes and underscores", name)
		}
		path := cmp.Or(file, name+cmp.Or(ending, ".yaml"))
		text := scenarios.Starter(name)
		if path == "-" {
			_, err := a.out.Write(text)
			return err
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) && !force {
			return fmt.Errorf("%s exists; choose another name, or use --force to overwrite it", path)
		}
		if err := atomicfile.Write(path, text, newFile); err != nil {
			return err
		}
		fmt.Fprintf(a.notes, "wrote %s; next: microspend estimate %s\n", path, path)
		return nil
	})
	cmd.Flags().BoolVar(&force, "force", false, "overwrite an existing file")
	outputFlag(cmd, &file, "", "write to `FILE`")
	return cmd
}

func (a *app) schemaCommand() *cobra.Command {
	var file string
	cmd := a.command(&cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of workload files, for editors",
		Long: `schema prints the JSON Schema of workload files. An editor with the YAML language server completes and checks a
file that names the schema in its first line:

  # yaml-language-server: $schema=microspend.schema.json`,
		Example: `  microspend schema --output microspend.schema.json`,
	}, func(*cobra.Command, []string) error {
		return a.write(file, func(w io.Writer) error {
			out := json.NewEncoder(w)
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			return out.Encode(scenarios.Schema())
		})
	})
	outputFlag(cmd, &file, "", outputHelp)
	return cmd
}
