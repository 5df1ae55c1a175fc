package meter

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
)

// The exit codes of the program itself. A command that it runs lends it its own.
const (
	exitDone  = 0
	exitUsage = 2
)

// Usage is the synopsis and what there is to say before the flags.
const Usage = `microspend meter [flags] [-- command argument...]

meter runs inside a MicroVM and prints its usage to standard output: one line a minute in CloudWatch's Embedded Metric
Format, and one before each suspend and termination. It serves the lifecycle hooks of the image, and can call an
application's own. Given a command, it runs it, passes signals on, reaps orphaned processes and exits with the command's
exit code, as an image's first process should.

Each flag can be given in the environment too: MICROSPEND_METER_PER_MICROVM=true for --per-microvm.`

// Main runs the meter's own program and returns its exit code.
func Main(args []string, p Process) int {
	flags := flag.NewFlagSet("microspend-meter", flag.ContinueOnError)
	settings := NewSettings(flags)
	code, err := exitUsage, ApplyEnv(flags, p.Env)
	if err == nil {
		code, err = runArgs(args, p, flags, settings)
	}
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprint(p.Err, messageLine(line))
		}
	}
	return code
}

func runArgs(args []string, p Process, flags *flag.FlagSet, settings *Settings) (code int, err error) {
	line := pflag.NewFlagSet(flags.Name(), pflag.ContinueOnError)
	line.AddGoFlagSet(flags)
	line.SetInterspersed(false)
	line.SetOutput(io.Discard)
	line.Usage = func() {
		fmt.Fprintf(p.Out, "%s\n\nFlags:\n%s", strings.ReplaceAll(Usage, "microspend meter", flags.Name()), line.FlagUsages())
	}
	err = line.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return exitDone, nil
	case err != nil:
		return exitUsage, fmt.Errorf("%w; see %s --help", err, flags.Name())
	}
	return Run(context.Background(), p, settings, line.Args())
}

// Run runs the meter, with a command where there is one, until a signal or the command's end, or ctx is done. It
// returns the exit code, which is the command's own; an error is one of settings, or of a port that cannot be had.
// Standard output that is closed does not end the process.
func Run(ctx context.Context, p Process, s *Settings, command []string) (code int, err error) {
	options, err := s.Options(p.Env)
	if err != nil {
		return exitUsage, err
	}
	if more := options.Budget.Ask; more != nil {
		return ask(ctx, p.Out, options.Budget.Address, *more)
	}
	options.Budget.Actions.hasTarget = len(command) > 0
	// The heap is small and hardly grows; a collector that waits for megabytes of garbage would double the memory.
	debug.SetGCPercent(gcPercent)
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE) // a write to a closed pipe is an error then, and not the end
	defer signal.Stop(broken)

	m, err := start(ctx, p, options)
	if err != nil {
		return exitUsage, err
	}
	defer m.stop()
	debug.FreeOSMemory() // what starting took
	if len(command) > 0 {
		return m.supervise(ctx, command)
	}
	asked, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	select {
	case <-asked.Done():
		return exitDone, nil
	case err := <-m.failed:
		return exitUsage, fmt.Errorf("serving the hooks: %w", err)
	}
}

const gcPercent = 25
