package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/internal/cardstore"
	"microspend/internal/civil"
	"microspend/internal/commandline"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// The exit codes. They are a contract.
const (
	exitDone        = 0
	exitCheckFailed = 1 // a check did what it is for and found something
	exitUsage       = 2 // bad usage or input
	exitOutside     = 3 // an outside service failed
)

// errCheckFailed ends a command whose findings are already on standard output.
var errCheckFailed = errors.New("a check failed")

// errOutside ends a command to which an outside service did not give all that it should have; what came of it is
// printed.
var errOutside = errors.New("an outside service failed")

// errInterrupted ends a command that was ended by a signal and has said what came of it.
var errInterrupted = errors.New("interrupted")

// process is what the program gets from outside.
type process struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	now      func() time.Time
	// patience changes how long an interrupted command may take to end; nil where nobody waits.
	patience func(time.Duration)
}

func (p process) env(name string) string {
	for _, pair := range p.environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// app is what all commands share: the process and the global flags.
type app struct {
	process
	screen   io.Writer // standard error as it is, for progress, which is drawn over itself
	notes    io.Writer // standard error for what a reader can do without: what was done, and what to do next
	quiet    bool      // --quiet: no notes and no progress; errors and warnings about figures stay
	asOf     time.Time // of --as-of; zero where it is not given
	ratesDir string
	output   outputFlags
	// destination is the file that --output replaces, nil where it makes a new one or none.
	destination *destination
	flags       sharedFlags
	terms       terms
	parsed      map[*cobra.Command][]parsedFlag
	// trustConfig is --trust-config: ./microspend.yaml is the user's own.
	trustConfig bool
	nameConfig  sync.Once
	// explainQuery is --explain-query.
	explainQuery bool
	usage        *watchedLedger // the ledger that figures were read from; nil for commands that read none
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, p process) int {
	a := &app{process: p, screen: p.err, parsed: map[*cobra.Command][]parsedFlag{}}
	// Messages name files and what others are called. Whether they come to a terminal is not known: a log does later.
	a.err = view.VisibleWriter(p.err)
	a.notes = a.err
	root := a.rootCommand()
	if completes(args) {
		a.completion(root)
	}
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(a.err)
	err := a.nameDamage(root.ExecuteContext(ctx))
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errCheckFailed):
		return exitCheckFailed
	case errors.Is(err, errOutside):
		return exitOutside
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	if lent, ok := errors.AsType[exitCodeOfCommand](err); ok {
		return int(lent)
	}
	if unreachable, ok := errors.AsType[*ledger.UnreachableError](err); ok {
		fmt.Fprintln(a.err, "microspend: "+view.Visible(commandline.Text(unreachable)))
		return exitOutside
	}
	for line := range strings.SplitSeq(commandline.Text(err), "\n") {
		fmt.Fprintln(a.err, "microspend: "+view.Visible(line))
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return exitUsage
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "microspend COMMAND",
		Short: "Price AWS Lambda MicroVMs, and show what each tenant spent",
		Long: `microspend tells you what AWS Lambda MicroVMs will cost, and who spent it. Every figure is exact, and comes with
the formula behind it.

Describe a workload in YAML ("microspend init"), price it ("microspend estimate") and compare it with EC2, Fargate,
functions and sandbox providers ("microspend compare").

Bring measured usage into a ledger from AWS ("microspend collect") or from a file ("microspend import"), then see what
each tenant spent ("microspend spend", "microspend dash").`,
		Example: `  # Explore a sample fleet; this needs no AWS account
  microspend demo
  # Price a workload, and compare it with the alternatives
  microspend init
  microspend estimate workload.yaml
  microspend compare workload.yaml
  # Collect usage from AWS, then show what each tenant spent this month
  microspend collect
  microspend spend`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          help,
	}
	root.SetVersionTemplate("microspend {{.Version}}\n")
	root.PersistentFlags().Func("as-of", "treat this `DAY` as today, for example 2026-11-23", func(text string) error {
		if text == "" {
			return nil
		}
		day, err := civil.Parse(text)
		a.asOf = day.UTC()
		return err
	})
	root.PersistentFlags().BoolVar(&a.trustConfig, "trust-config", false,
		"trust ./"+config.Name+" with endpoints, roles and addresses, as if --config named it")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false,
		"no progress and no notes on standard error, only errors and warnings")
	root.PersistentFlags().BoolVar(&a.explainQuery, "explain-query", false,
		"show on standard error how each query of the ledger was answered: from rollups, or from records and why")
	root.PersistentFlags().StringVar(&a.ratesDir, "rates-dir", "",
		"`DIR` with imported rate cards (default a folder in the user's data directory)")
	root.SetFlagErrorFunc(flagError)
	a.fitHelp(root)
	root.PersistentPreRunE = a.preflight
	for _, group := range a.commandGroups() {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.title
			root.AddCommand(command)
		}
	}
	root.SetHelpCommand(helpCommand(root))
	root.SetHelpCommandGroupID(otherCommands)
	root.InitDefaultHelpCmd()
	return root
}

const otherCommands = "Other"

// commandGroups are the commands in groups, those first that are needed first.
func (a *app) commandGroups() []commandGroup {
	return []commandGroup{
		{"Start here", []*cobra.Command{a.demoCommand(), a.initCommand(), a.examplesCommand()}},
		{"What would it cost?", []*cobra.Command{
			a.estimateCommand(), a.compareCommand(), a.breakevenCommand(), a.idleCommand(), a.sensitivityCommand(),
			a.sweepCommand(), a.diffCommand(), a.priceCommand(), a.ratesCommand(),
		}},
		{"What did it cost?", []*cobra.Command{
			a.spendCommand(), a.dashCommand(), a.topCommand(), a.budgetCommand(), a.anomaliesCommand(), a.adviseCommand(),
			a.reportCommand(), a.reconcileCommand(), a.serveCommand(),
		}},
		{"Ledger and setup", []*cobra.Command{
			a.meterCommand(), a.collectCommand(), a.importCommand(), a.ledgerCommand(), a.configCommand(),
			a.tenantProofCommand(),
		}},
		{otherCommands, []*cobra.Command{
			a.completionCommand(), a.schemaCommand(), a.licensesCommand(), a.versionCommand(),
		}},
	}
}

// command completes a command that takes no arguments unless it says otherwise, and runs once its flags are parsed.
func (a *app) command(cmd *cobra.Command, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	if cmd.Args == nil {
		cmd.Args = noArguments
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.parseFlags(cmd); err != nil {
			return err
		}
		return run(cmd, args)
	}
	return cmd
}

// builder builds the document of a command. A document may come with errCheckFailed, which ends the command once it is
// printed.
type builder func(cmd *cobra.Command, args []string) (view.Document, error)

// printing makes a command that prints a document, in the usual formats and some more.
func (a *app) printing(cmd *cobra.Command, build builder, more ...view.Format) *cobra.Command {
	a.output.addTo(cmd, more...)
	return a.command(cmd, func(cmd *cobra.Command, args []string) error {
		document, err := build(cmd, args)
		if err != nil && !errors.Is(err, errCheckFailed) {
			return err
		}
		if failed := a.print(document); failed != nil {
			return failed
		}
		return err
	})
}

// passes is nil, or the error of a check that found something.
func passes(ok bool) error {
	if ok {
		return nil
	}
	return errCheckFailed
}

// help prints the help of a command that only groups others.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// atLeastOne asks for one argument or more, by the name it has in the usage line.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s needs %s; see %[1]s --help", cmd.CommandPath(), what)
		}
		return nil
	}
}

// exactly asks for n arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s needs %s; see %[1]s --help", cmd.CommandPath(), what)
		}
		if len(args) != n {
			return fmt.Errorf("%s needs %s, but got %d arguments; see %[1]s --help", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}

// market is what things cost today, as far as the embedded and imported tables know.
func (a *app) market() (scenarios.Market, error) {
	prices, err := pricing.EmbeddedPrices()
	if err != nil {
		return scenarios.Market{}, err
	}
	for _, fetched := range cardstore.In(a.cardFolder()).Prices() {
		prices = prices.Over(fetched)
	}
	cards := a.listCards().AsOf(pricing.DateOf(a.today()))
	return scenarios.Market{Cards: cards, Prices: prices, Now: a.today()}, nil
}

// listCards are AWS's list prices, as built into the program and as imported since.
func (a *app) listCards() pricing.CardSource {
	cards := pricing.EmbeddedCards()
	if dir := a.cardFolder(); dir != "" {
		cards = cards.Over(cardstore.In(dir).FS())
	}
	return cards
}

// cardFolder is where imported rate cards are kept: --rates-dir, or microspend/rates in the user's data folder.
func (a *app) cardFolder() string {
	if a.ratesDir != "" {
		return a.ratesDir
	}
	if folder := a.dataFolder(); folder != "" {
		return filepath.Join(folder, "rates")
	}
	return ""
}

// load reads a scenario from a file, or from standard input for "-", by read: scenarios.LoadWithFiles or a market's
// Load.
func (a *app) load(path string, read loader) (*scenarios.Scenario, error) {
	file, _, err := a.openInput(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(inputName(path), file, a.openTrace)
}

type loader func(name string, in io.Reader, open scenarios.Opener) (*scenarios.Scenario, error)

// estimate reads and prices the workloads of a command line. Errors of all files are reported together.
func (a *app) estimate(paths ...string) (scenarios.Market, []*scenarios.Estimate, error) {
	market, err := a.ownMarket()
	if err != nil {
		return market, nil, err
	}
	var (
		estimates []*scenarios.Estimate
		faults    []error
	)
	for _, path := range paths {
		s, err := a.load(path, market.Load)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		e, err := market.Estimate(s)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		estimates = append(estimates, e)
	}
	return market, estimates, errors.Join(faults...)
}
