package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/scenarios"
)

// scenarioName is what a new scenario may be called: it becomes a file's name.
var scenarioName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

func (a *app) initCommand() *cobra.Command {
	var force bool
	var file string
	cmd := &cobra.Command{
		Use:   "init [NAME]",
		Short: "Write a commented workload to start from",
		Long:  `init writes NAME.yaml ("workload.yaml" without a name), or to --output, where "-" is standard output.`,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := "workload"
			if len(args) > 0 {
				name = args[0]
			}
			if !scenarioName.MatchString(name) {
				return fmt.Errorf("%.60q cannot be a scenario's name; use letters, digits, dots, dashes and underscores", name)
			}
			path := file
			if path == "" {
				path = name + ".yaml"
			}
			text := scenarios.Starter(name)
			if path == "-" {
				_, err := a.out.Write(text)
				return err
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) && !force {
				return fmt.Errorf("%s exists; give another name, or --force to replace it", path)
			}
			if err := atomicfile.Write(path, text, newFile); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "wrote %s; next: microspend estimate %s\n", path, path)
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	cmd.Flags().StringVar(&file, "output", "", "write to this `file`")
	return cmd
}

func (a *app) schemaCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors",
		Long: `schema prints the JSON Schema of scenario files. An editor with the YAML language server takes it from a comment:

  # yaml-language-server: $schema=microspend.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			write := func(w io.Writer) error {
				out := json.NewEncoder(w)
				out.SetEscapeHTML(false)
				out.SetIndent("", "  ")
				return out.Encode(scenarios.Schema())
			}
			if file != "" {
				return atomicfile.Replace(file, newFile, write)
			}
			return write(a.out)
		},
	}
	cmd.Flags().StringVar(&file, "output", "", "write to this `file` instead of standard output")
	return cmd
}
