package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"microspend/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check the configuration", Args: noArguments, RunE: help}
	check := a.command(&cobra.Command{
		Use:   "check [FILE]",
		Short: "Read " + config.Name + " and the files it refers to, and report every error with line and column",
		Long: `check reads FILE, --config, or the configuration that other commands would use, and the tenants
file and private rate cards it refers to. It exits with 2 if there are errors.`,
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
		fmt.Fprintf(a.err, "%s is valid\n", read.Path)
		if _, err := read.Collect(); err != nil {
			fmt.Fprintf(a.err, "but microspend collect would refuse it:\n%s\n", err)
		}
		return nil
	})
	a.configFlag(check)
	cmd.AddCommand(check)
	return cmd
}
