package main

import (
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
		RunE: func(cmd *cobra.Command, args []string) error {
			if envFault != nil {
				return envFault
			}
			code, err := meter.Run(cmd.Context(), meter.Process{
				Out: a.out, Err: a.err, Env: a.env, Root: "/", Clock: meter.SystemClock(),
			}, settings, args)
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
	cmd.Flags().SetInterspersed(false)
	cmd.Flags().AddGoFlagSet(flags)
	return cmd
}
