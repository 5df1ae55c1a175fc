package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/exporter"
	"microspend/collector/microvmapi"
	"microspend/collector/sources"
	"microspend/internal/cgroup"
	"microspend/internal/commandline"
	"microspend/internal/progress"
	"microspend/internal/webserver"
	"microspend/pricing"
	"microspend/report"
	"microspend/view"
)

func (a *app) collectCommand() *cobra.Command {
	var flags collectFlags
	var about strings.Builder
	for _, d := range sources.All() {
		fmt.Fprintf(&about, "  %-12s%s\n", d.Name, d.About)
	}
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Collect usage from AWS into the ledger",
		Long: `collect reads usage from AWS into the ledger, from one of these sources (--source):

` + about.String() + `
The first run reads 14 days. Each later run continues where the last one ended and re-reads the last two days to pick
up late data; nothing is counted twice. After a crash, the next run resumes without repeating paid calls.

CloudWatch charges $0.01 per 1,000 metrics requested. Reading logs is assumed to be free, and the MicroVM API is.
--dry-run shows what a run would cost, and --max-api-cost limits it.

Credentials, region and profile are found as the AWS CLI finds them. All settings can be given in microspend.yaml under
collect.

collect exits with 3 if something could not be read. What could be read is in the ledger; later runs retry the rest
(collect gaps). It exits with 1 if the run would cost more than --max-api-cost, or was stopped by it.`,
		Example: `  # What would be read, and what the API calls would cost
  microspend collect --dry-run
  # Once, from the meter's metrics in CloudWatch
  microspend collect
  # From the meter's logs in two regions, every 15 minutes, until interrupted
  microspend collect --source logs --region eu-west-1 --region us-east-1 --every 15m
  # From other accounts, for at most 5 dollars a day
  microspend collect --role-arn arn:aws:iam::111122223333:role/microspend --max-api-cost 5/day`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.formerlyLength(cmd, "resolution", false); err != nil {
				return err
			}
			flags.bounds = a.bounds
			return a.collect(cmd.Context(), flags)
		},
	}
	flags.addTo(cmd)
	a.periodFlags(cmd, unsaid{
		period: "from where the last run ended up to now; days are UTC", to: "now", utc: true,
	})
	formerly(cmd, "since", "from")
	formerly(cmd, "until", "to")
	a.ledgerFlags(cmd)
	a.output.addTo(cmd)
	cmd.AddCommand(a.collectStatusCommand(), a.collectGapsCommand())
	return cmd
}

func (a *app) collect(ctx context.Context, flags collectFlags) error {
	logger := a.collectLogger(flags.logFormat)
	bar := a.progress("collecting", "batches")
	made, err := a.newCollection(flags, a.askForCode(), logger)
	if err != nil {
		return err
	}
	if bar != nil {
		// The runner calls one of these at a time.
		var batches, all int64
		made.options.Progress = func(done, total int64, _ string) {
			batches, all = done, total
			bar.Relabel("collecting", "batches")
			bar.At(done, total, done)
		}
		if made.settings.Run.Every == 0 { // else it is logged
			made.options.Waiting = func(w collector.Waiting) {
				bar.Relabel(view.Visible(w.String())+";", "batches")
				bar.At(batches, all, batches)
			}
		}
	}
	runner, err := collector.New(made.options)
	if err != nil {
		return err
	}
	settings := made.settings.Run
	// A fault of the configuration is reported at once; what may pass is a gap of the run.
	if err := made.accounts.Find(ctx); awssource.IsConfiguration(err) {
		return err
	}
	switch {
	case flags.dryRun:
		return a.collectPlan(ctx, runner, settings.MaxAPICost)
	case settings.Every > 0:
		return a.collectEvery(ctx, runner, settings, flags.tokenFile, logger, bar)
	case settings.Listen != "" && flags.listen != "":
		return errors.New("--listen: needs --every; see microspend collect --help")
	}
	defer a.boundMemory()()
	a.waitForCollect()
	summary, err := runner.Run(ctx)
	bar.Clear()
	var tooDear *collector.CostError
	if errors.As(err, &tooDear) {
		fmt.Fprintln(a.err, "microspend: "+view.Visible(tooDear.Error()))
		return errCheckFailed
	}
	if err != nil {
		return err
	}
	if bar == nil {
		logRun(logger, summary, nil)
	}
	if err := a.print(report.Collection(summary)); err != nil {
		return err
	}
	return a.collectEnd(summary)
}

// collectEvery runs again and again, and serves how that goes where it is asked to.
func (a *app) collectEvery(ctx context.Context, runner *collector.Runner, settings collector.Config, tokenFile string,
	logger *slog.Logger, bar *progress.Bar,
) error {
	done := func(collector.Summary, error) {}
	if settings.Listen != "" {
		told := exporter.New(exporter.Options{
			Source: runner.Source.Name(), Open: runner.Ledger.Open, Interval: settings.Every, Version: version(), Now: a.now,
			Logger: logger,
		})
		stop, err := a.serveCollect(ctx, told, settings.Listen, tokenFile, logger)
		if err != nil {
			return fmt.Errorf("--listen: %w; see microspend collect --help", err)
		}
		defer stop()
		done = told.Done
	}
	defer a.boundMemory()()
	a.waitForCollect()
	err := runner.Every(ctx, settings.Every, func(s collector.Summary, err error) {
		bar.Clear()
		done(s, err)
		logRun(logger, s, err)
	})
	var dead *collector.DeadError
	if errors.As(err, &dead) {
		return a.outside(dead)
	}
	return err
}

// serveCollect listens, and serves until what it returns is called.
func (a *app) serveCollect(
	ctx context.Context,
	told *exporter.Exporter,
	address, tokenFile string,
	logger *slog.Logger,
) (
	stop func(), err error,
) {
	token, err := a.token("", tokenFile)
	if err != nil {
		return nil, err
	}
	server, err := webserver.New(webserver.Options{Token: token, Connections: 32, Drain: time.Second, Logger: logger})
	if err != nil {
		return nil, err
	}
	listener, err := server.Listen(address)
	if err != nil {
		return nil, err
	}
	logger.Info("serving metrics", "address", "http://"+listener.Addr().String()+"/metrics")
	// It answers until the last run has ended, which a signal does not do at once.
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(serving, listener, told.Handler(), func() {}); err != nil {
			logger.Error("metrics are no longer served", "error", err)
		}
	}()
	return func() { end(); <-ended }, nil
}

// collectEnd is how the command ends after a run that is printed.
func (a *app) collectEnd(s collector.Summary) error {
	var limit *collector.LimitError
	switch {
	case errors.As(s.Stopped, &limit):
		fmt.Fprintln(a.err, "microspend: "+view.Visible(limit.Error()))
		return errCheckFailed
	case s.Stopped != nil:
		return a.outside(s.Stopped)
	case s.Interrupted:
		return errInterrupted
	case len(s.Gaps) > 0, len(s.Quarantined) > 0:
		return errOutside
	}
	return nil
}

// outside says what an outside service did not do, and ends the command for that.
func (a *app) outside(err error) error {
	fmt.Fprintln(a.err, "microspend: "+view.Visible(commandline.Text(err)))
	return errOutside
}

// collection is what a run is made from: the flags laid over the configuration, the source, and whom to ask.
type collection struct {
	settings sources.Config
	accounts *awssource.Accounts
	options  collector.Options
}

// collectLedger is the ledger as collectors have it.
func (a *app) collectLedger() (collector.Ledger, error) {
	name, err := a.ledgerName()
	return collector.In(name, a.userFolder("XDG_STATE_HOME", ".local/state")), err
}

// collectSettings are the flags laid over what the configuration says of collecting.
func (a *app) collectSettings(flags collectFlags) (sources.Config, error) {
	read, err := a.loadConfig()
	if err != nil {
		return sources.Config{}, err
	}
	configured, err := read.Collect()
	if err != nil {
		return sources.Config{}, err
	}
	return flags.over(configured)
}

// newCollection makes a collection. The token asks for the code of an MFA device; nil where there is no one to ask.
func (a *app) newCollection(flags collectFlags, token func() (string, error), logger *slog.Logger) (
	*collection, error,
) {
	settings, err := a.collectSettings(flags)
	if err != nil {
		return nil, err
	}
	into, err := a.collectLedger()
	if err != nil {
		return nil, err
	}
	run := &settings.Run
	if run.Every == 0 {
		run.Timing.Reread = 0 // a single run is expected to read everything
	} else if run.Timing.Reread == 0 {
		run.Timing.Reread = collector.DefaultReread
	}
	if run.RunTimeout == 0 && run.Every > 0 {
		run.RunTimeout = collector.DefaultRunTimeout
	}
	settings.AWS.Token = token
	settings.Measuring = a.measuring
	source, accounts, err := settings.Open(a.now)
	if err != nil {
		return nil, err
	}
	return &collection{settings, accounts, collector.Options{
		Source: source, SameUsage: sources.Names(), States: microvmapi.SourceName, Most: settings.AWS.Quota.Most, Targets: accounts.List, Ledger: into, Command: "microspend collect",
		Timing: run.Timing, MaxAPICost: run.MaxAPICost.Run, MaxDailyAPICost: run.MaxAPICost.Day, RunTimeout: run.RunTimeout, Interval: run.Every,
		AllowOverlappingSources: run.AllowOverlappingSources, Parallel: run.Parallel, Now: a.now, Logger: logger,
	}}, nil
}

// measuring are the prices of measuring in a region, as built in or fetched.
func (a *app) measuring(region string) (pricing.MeasuringPrices, error) {
	market, err := a.market()
	if err != nil {
		return pricing.MeasuringPrices{}, err
	}
	return market.Prices.Measuring(region)
}

// boundMemory keeps the garbage of decoded replies and rows small, unless the user has said how: it is collected when the
// program comes near to a limit, not each time it doubles. What is needed at once may take more; then it is collected
// more often. What it returns lets the bounds go: a process that does something else afterwards, as tests do, would
// spend its time on collections.
func (a *app) boundMemory() (release func()) {
	if a.env("GOGC") != "" || a.env("GOMEMLIMIT") != "" {
		return func() {}
	}
	limit, limited := cgroup.MemoryLimit("/")
	percent, bytes := debug.SetGCPercent(400), debug.SetMemoryLimit(memoryLimit(limit, limited))
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(bytes)
	}
}

// memoryLimit is what the Go runtime may take: 220 MB, or four fifths of a container's limit where that is less. The
// rest is for what is not the runtime's, such as the program itself and the kernel's buffers.
func memoryLimit(container int64, limited bool) int64 {
	const usual = 220 << 20
	if !limited {
		return usual
	}
	return min(usual, container/5*4)
}

// collectGrace is how long the program stays after a signal: for what is in flight, and for the ledger to be written.
const collectGrace = 2 * time.Minute

func (a *app) waitForCollect() {
	if a.patience != nil {
		a.patience(collectGrace)
	}
}

func (a *app) collectPlan(ctx context.Context, runner *collector.Runner, limit collector.CostLimit) error {
	estimate, err := runner.Estimate(ctx)
	var reached *collector.LimitError
	switch {
	case errors.As(err, &reached):
		fmt.Fprintln(a.err, "microspend: "+view.Visible(reached.Error()))
		return errCheckFailed
	case err != nil:
		return err
	}
	if err := a.print(report.CollectionPlan(estimate)); err != nil {
		return err
	}
	if len(estimate.Gaps) > 0 {
		return errOutside
	}
	ok := true
	over := func(what string, cost decimal.Decimal, limit *decimal.Decimal) {
		if limit != nil && cost.GreaterThan(*limit) {
			ok = false
			fmt.Fprintf(a.err, "microspend: %s $%s, more than the limit of $%s\n", what, cost, limit)
		}
	}
	price := estimate.Cost.APIPrice
	over("a run would be refused: it would cost", price, limit.Run)
	over("a run would be stopped: with it, API calls would have cost today", price.Add(estimate.Spent.APIPrice), limit.Day)
	if estimate.Every != nil {
		over("runs would be stopped: a day of them would cost", estimate.Every.Day.APIPrice, limit.Day)
	}
	return passes(ok)
}

func (a *app) collectLogger(format string) *slog.Logger {
	options := a.logOptions()
	if format == "json" {
		return slog.New(slog.NewJSONHandler(a.err, options))
	}
	return slog.New(slog.NewTextHandler(a.err, options))
}

// logRun writes the one line of a run.
func logRun(logger *slog.Logger, s collector.Summary, err error) {
	attributes := []any{
		"source", s.Source, "from", s.From, "to", s.To, "targets", s.Targets, "calls", s.Cost.Calls, "api_price",
		s.Cost.APIPrice.String(),
		"added", s.Changes.Added, "replaced", s.Changes.Replaced, "unchanged", s.Changes.Unchanged, "gaps", len(s.Gaps),
		"quarantined", len(s.Quarantined), "took", s.Took,
	}
	level, message := slog.LevelWarn, ""
	nothing := s.Batches+s.Reused == 0
	switch {
	case err != nil:
		level, message, attributes = slog.LevelError, "the run failed", append(attributes, "error", err)
	case s.Stopped != nil:
		message, attributes = "the run was stopped", append(attributes, "reason", s.Stopped)
	case s.Interrupted && nothing:
		message = "interrupted before anything was read"
	case s.Interrupted:
		message = "interrupted; what was read is kept"
	case len(s.Gaps) > 0 && nothing:
		message, attributes = "nothing was read", append(attributes, "first_gap", s.Gaps[0].String())
	case len(s.Gaps) > 0:
		message, attributes = "collected, with gaps", append(attributes, "first_gap", s.Gaps[0].String())
	case len(s.Quarantined) > 0:
		message = "collected, except for what is quarantined"
	case nothing:
		level, message = slog.LevelInfo, "there was nothing to read"
	default:
		level, message = slog.LevelInfo, "collected"
	}
	if len(s.Quarantined) > 0 {
		attributes = append(attributes, "first_quarantined", s.Quarantined[0].String())
	}
	logger.Log(context.Background(), level, message, attributes...)
}

// askForCode asks for the code of an MFA device, which a profile may name, where there is someone to ask.
func (a *app) askForCode() func() (string, error) {
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(in.Fd()) {
		return nil
	}
	return func() (code string, err error) {
		fmt.Fprint(a.err, "Code of the MFA device: ")
		_, err = fmt.Fscanln(in, &code)
		return code, err
	}
}
