package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"microspend/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "The configuration: whether it is in order",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	check := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Read " + config.Name + " and the files it names, and report every fault with its line and column",
		Long: `check reads the configuration as every other command does: FILE or --config, or else ./` + config.Name + `, or the one in the
user's config folder; with it the tenants file and the private rate cards that it names. It prints nothing but faults, says on
standard error which file is in order, and exits with 2 where one is not.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				if a.finance.config != "" {
					return errors.New("FILE and --config both name the configuration; give one of the two")
				}
				a.finance.config = args[0]
			}
			read, err := a.loadConfig()
			if err != nil {
				return err
			}
			if read.Path == "" {
				return fmt.Errorf("there is no configuration: neither ./%s nor one in the user's config folder; without one, defaults hold", config.Name)
			}
			if _, err := a.configured(os.ReadFile); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s is in order\n", read.Path)
			return nil
		},
	}
	check.Flags().StringVar(&a.finance.config, "config", "", "configuration `file` (default ./"+config.Name+", then in the user's config folder)")
	cmd.AddCommand(check)
	return cmd
}
