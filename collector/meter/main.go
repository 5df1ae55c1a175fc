package meter

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"microspend/internal/commandline"
)

// The exit codes of the program itself. A command that it runs lends it its own.
const (
	exitDone  = 0
	exitUsage = 2
)

// Usage is the synopsis and what there is to say before the flags.
const Usage = `microspend meter [flags] [-- COMMAND ARGUMENT…]

meter runs inside a MicroVM and prints its usage to standard output: one line a minute in CloudWatch's Embedded Metric
Format, and one before each suspend and termination. Lambda sends standard output to CloudWatch Logs, where
"microspend collect" reads it. The meter calls nothing at AWS unless you allow it to (--allow-aws-actions). CloudWatch
charges for the log lines and, unless you give --metrics none, $0.30 a month for each metric.

The meter serves the lifecycle hooks of the image, and can pass them on to your application's own (--chain). Given a
COMMAND, it runs it, passes signals on, reaps orphaned processes and exits with the command's exit code, as the first
process of an image should.

It also answers what this MicroVM has cost and may still spend (GET http://127.0.0.1:9471/v1/budget, or --ask 0.02), and
acts at thresholds of its budget (--at 100%=signal:TERM); see docs/agent-budget.md.

Each flag can also be set in the environment: MICROSPEND_METER_PER_MICROVM=true for --per-microvm.`

// Main runs the meter's own program and returns its exit code.
func Main(args []string, p Process) int {
	flags := flag.NewFlagSet("microspend-meter", flag.ContinueOnError)
	settings := NewSettings(flags)
	fault := ApplyEnv(flags, p.Env)
	line := pflag.NewFlagSet(flags.Name(), pflag.ContinueOnError)
	line.AddGoFlagSet(flags)
	line.SetOutput(io.Discard)
	line.Usage = func() {
		fmt.Fprintf(p.Out, "%s\n\nFlags:\n%s", strings.ReplaceAll(Usage, "microspend meter", flags.Name()),
			commandline.PlainDefaults(line.FlagUsages()))
	}
	command, faults := ParseArgs(line, args)
	for _, wrong := range faults {
		if errors.Is(wrong, pflag.ErrHelp) {
			return exitDone
		}
		fault = errors.Join(fault, fmt.Errorf("%w; see %s --help", commandline.Error(wrong), flags.Name()))
	}
	code, err := Run(context.Background(), p, settings, command, fault)
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprint(p.Err, messageLine(line))
		}
	}
	return code
}

// ParseArgs sets flags from a command line, and returns the command that follows them and everything that is wrong with
// them: pflag.ErrHelp alone where they ask for help. A command after -- is found whatever is wrong before it, and what
// can be used of that is set.
func ParseArgs(flags *pflag.FlagSet, args []string) (command []string, faults []error) {
	flags.SetInterspersed(false)
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(cmp.Or(formerNames[name], name))
	})
	err := flags.ParseAll(args, func(*pflag.Flag, string) error { return nil })
	command = flags.Args()
	if errors.Is(err, pflag.ErrHelp) {
		return nil, []error{err}
	}
	if err != nil {
		// What follows a flag that does not exist may be its value or the command; what follows -- is the command.
		faults, command = append(faults, err), nil
		flags.ParseErrorsAllowlist.UnknownFlags = true
		if dashes := slices.Index(args, "--"); dashes >= 0 {
			args, command = args[:dashes], args[dashes+1:]
		}
	}
	_ = flags.ParseAll(args, func(f *pflag.Flag, value string) error {
		before := f.Value.String()
		if err := flags.Set(f.Name, value); err != nil {
			keep(f.Value, before)
			faults = append(faults, err)
		}
		return nil
	})
	return command, faults
}

// Run runs the meter, with a command where there is one, until a signal or the command's end, or ctx is done. It
// returns the exit code, which is the command's own. Standard output that is closed does not end the process.
//
// Fault is what is wrong with the flags and the environment. A meter alone does not start with a fault, nor with one of
// the settings or without its port: it returns exit code 2 and the error. With a command the command comes first: it is
// started whatever is wrong, the fault is said, and the lines have the note settings-ignored or hooks-unserved.
func Run(ctx context.Context, p Process, s *Settings, command []string, fault error) (code int, err error) {
	options, wrong := s.Options(p.Env)
	fault = errors.Join(fault, wrong)
	if fault != nil && len(command) == 0 {
		return exitUsage, fault
	}
	if more := options.Budget.Ask; more != nil {
		return ask(ctx, p.Out, options.Budget.Address, *more)
	}
	options.Budget.Actions.hasTarget = len(command) > 0
	// The heap is small and hardly grows; a collector that waits for megabytes of garbage would double the memory.
	debug.SetGCPercent(gcPercent)
	// What there is to do takes a thousandth of one core. More of them cost memory each, and search for work in vain; and
	// whoever floods the hooks gets no more of the MicroVM than one.
	runtime.GOMAXPROCS(1)
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE) // a write to a closed pipe is an error then, and not the end
	defer signal.Stop(broken)

	m := newMeter(p, options, fault)
	defer m.stop()
	if len(command) > 0 {
		m.start(ctx, true)
		return supervise(ctx, command, m.children, m.actions.signals)
	}
	if err := m.start(ctx, false); err != nil {
		return exitUsage, err
	}
	asked, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	<-asked.Done()
	return exitDone, nil
}

const gcPercent = 25
