package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"microspend/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config COMMAND",
		Short: "Check the configuration",
		Long: `microspend reads its configuration from the file of --config, or else from ./` + config.Name + `, or else from
microspend/` + config.Name + ` in the user's config directory. The file is optional. Commands that price workloads read it
only if --config names it.`,
		Example: `  # Check the configuration that other commands would use
  microspend config check`,
		Args: noArguments,
		RunE: help,
	}
	check := a.command(&cobra.Command{
		Use:   "check [FILE]",
		Short: "Check microspend.yaml and the files it refers to",
		Long: `check reads a configuration and the tenants file and rate cards that it refers to, and reports every error with its
line and column: that of FILE, of --config, or the one that other commands would use. It exits with 2 if there are
errors.`,
		Example: `  # The configuration that other commands would use
  microspend config check
  # A file, before you install it
  microspend config check microspend.yaml`,
		Args: atMostOne,
	}, func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			if a.flags.config != "" {
				return errors.New("give either FILE or --config, not both")
			}
			a.flags.config = args[0]
		}
		read, err := a.loadConfig()
		if err != nil {
			return err
		}
		if read.Path == "" {
			return fmt.Errorf("no configuration found: neither ./%s nor one in the user's config directory; defaults apply",
				config.Name)
		}
		if _, err := a.configured(a.readFile); err != nil {
			return err
		}
		fmt.Fprintf(a.notes, "%s is valid\n", read.Path)
		if _, err := read.Collect(); err != nil {
			fmt.Fprintf(a.err, "but microspend collect would refuse it:\n%s\n", err)
		}
		return nil
	})
	a.configFlag(check)
	cmd.AddCommand(check)
	return cmd
}
