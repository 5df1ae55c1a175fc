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
		Use:   "meter [flags] [-- command argument...]",
		Short: "Inside a MicroVM: print its usage for CloudWatch",
		Long:  about,
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
				Out: a.out, Err: a.err, Env: a.env, Root: "/", Clock: meter.SystemClock(),
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
