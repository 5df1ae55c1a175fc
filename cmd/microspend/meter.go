package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"microspend/collector/meter"
)

// exitCodeOfCommand ends microspend meter as the command ended that it ran; all there was to say has been said.
type exitCodeOfCommand int

func (e exitCodeOfCommand) Error() string { return fmt.Sprintf("the command ended with %d", int(e)) }

func (a *app) meterCommand() *cobra.Command {
	flags := flag.NewFlagSet("meter", flag.ContinueOnError)
	settings := meter.NewSettings(flags)
	// What the environment says is the default that --help shows; a fault in it is told when the command runs.
	envFault := meter.ApplyEnv(flags, a.env)
	_, about, _ := strings.Cut(meter.Usage, "\n\n")
	cmd := &cobra.Command{
		Use:   "meter [flags] [-- COMMAND ARGUMENT…]",
		Short: "Measure usage from inside a MicroVM",
		Long:  about,
		Example: `  # As the first process of an image: meter the application and run it
  microspend meter --memory 2GB --metrics none -- /app/server --port 8080
  # Next to an application that has lifecycle hooks of its own
  microspend meter --chain 9001
  # Stop an agent that has spent 2 dollars
  microspend meter --budget 2.00 --at 75%=http://127.0.0.1:8080/slow-down --at 100%=signal:TERM -- /app/agent
  # From the application: may I spend 2 cents more?
  microspend meter --ask 0.02`,
		// The meter parses them itself: a flag at fault must not keep the command from being run.
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.InheritedFlags() // adds them to the command's own
			command, faults := meter.ParseArgs(cmd.Flags(), args)
			if asked, err := cmd.Flags().GetBool("help"); asked && err == nil {
				return cmd.Help()
			}
			fault := envFault
			for _, wrong := range faults {
				fault = errors.Join(fault, flagError(cmd, wrong))
			}
			code, err := meter.Run(cmd.Context(), meter.Process{
				Out: a.out, Err: a.err, Env: a.env, Root: "/", Clock: meter.SystemClock(), Quiet: a.quiet,
			}, settings, command, fault)
			if err != nil && code == exitUsage {
				return err
			}
			if err != nil {
				fmt.Fprintln(a.err, "microspend meter:", err)
			}
			if code != exitDone {
				return exitCodeOfCommand(code)
			}
			return nil
		},
	}
	cmd.Flags().AddGoFlagSet(flags)
	return cmd
}
