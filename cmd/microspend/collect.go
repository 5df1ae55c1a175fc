package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/collector"
	"microspend/collector/awsconfig"
	"microspend/collector/cloudwatch"
	"microspend/collector/mapping"
	"microspend/collector/microvmapi"
	"microspend/pricing"
	"microspend/report"
	"microspend/view"
)

// collectFlags are those of the command line; what they leave out the configuration says.
type collectFlags struct {
	source, profile, endpointURL, externalID string
	regions, roles                           []string
	since, until                             string
	period, lookback, overlap, reread        string
	settle, every                            string
	maxAPICost                               string
	parallel                                 int
	dryRun, perMicroVM, overlappingSources   bool
	logFormat                                string
	logGroups                                []string
}

func (a *app) collectCommand() *cobra.Command {
	var flags collectFlags
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Read usage from AWS into the ledger",
		Long: `collect reads usage from AWS into the ledger: from CloudWatch metrics, those of microspend's own meter or, as the
configuration says, anybody's; from the meter's lines in CloudWatch Logs (--source logs), which have the usage of each
MicroVM at about a hundredth of the price; or from the states that the MicroVM API tells (--source microvms), for those
who cannot change their images.

It goes on where the last run ended, reads two days again because data may arrive late, and records nothing twice. What
could not be read is named, asked for again by later runs, and makes the exit code 3; all the rest is in the ledger. A run
that is killed costs no call twice.

Credentials, region and profile are found as AWS's own tools find them. Everything can be written down in microspend.yaml
under collect.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.collect(cmd.Context(), flags, cmd.Flags().Changed)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.source, "source", "", "where usage is read from: "+strings.Join(a.sourceNames(), ", ")+" (default cloudwatch)")
	f.StringArrayVar(&flags.regions, "region", nil, "`region` to read; may be given again (default that of the profile)")
	f.StringArrayVar(&flags.roles, "role-arn", nil, "`ARN` of a role to assume, one per account; may be given again")
	f.StringVar(&flags.externalID, "external-id", "", "external `id` that the roles ask for")
	f.StringVar(&flags.profile, "profile", "", "`profile` of the AWS configuration")
	f.StringVar(&flags.endpointURL, "endpoint-url", "", "`URL` of the service in place of AWS's; {region} stands for the region")
	f.StringVar(&flags.since, "since", "", "read from this `moment` on, as 2026-10-01 or 2026-10-01T06:00:00Z (default where the last run ended)")
	f.StringVar(&flags.until, "until", "", "read up to this `moment` (default now)")
	f.StringVar(&flags.period, "period", "", "length of the records' `periods` (default 5m)")
	f.StringVar(&flags.lookback, "lookback", "", "how far back the first run reads, as a `duration` (default 14d)")
	f.StringVar(&flags.overlap, "overlap", "", "what is read again, as a `duration` (default 48h)")
	f.StringVar(&flags.reread, "reread", "", "how often that is read again where runs are made with --every, as a `duration`; 0 by each run (default 1h)")
	f.StringVar(&flags.settle, "settle", "", "how long before now reading ends, as a `duration` (default that of the source)")
	f.StringVar(&flags.every, "every", "", "run again and again, this `duration` after each run began")
	f.BoolVar(&flags.dryRun, "dry-run", false, "say what would be read and what its calls cost, and read nothing")
	f.StringVar(&flags.maxAPICost, "max-api-cost", "", "read nothing where a run would cost more than so many `dollars`")
	f.IntVar(&flags.parallel, "parallel", 0, "calls in flight at a time (default 4)")
	f.BoolVar(&flags.perMicroVM, "per-microvm", false, "read the meter's metrics that have a dimension of the MicroVM")
	f.BoolVar(&flags.overlappingSources, "allow-overlapping-sources", false, "read also what another source has collected, which counts it twice")
	f.StringArrayVar(&flags.logGroups, "log-group", nil, "log group to read, by `name`, or all that begin so where it ends in *; may be given again (default those of MicroVMs)")
	f.StringVar(&flags.logFormat, "log-format", "text", "`format` of the log on standard error: text or json")
	a.finance.addTo(cmd)
	a.output.addTo(cmd)
	return cmd
}

// sourceNames are the sources that there are.
func (a *app) sourceNames() []string {
	var names []string
	for _, source := range a.sources() {
		names = append(names, source.name)
	}
	return names
}

// collectSource makes a source of a name.
type collectSource struct {
	name string
	make func(clients *targets, settings collector.Config) (collector.Source, error)
}

func (a *app) sources() []collectSource {
	return []collectSource{
		{cloudwatch.MetricsSource, a.metricsSource},
		{cloudwatch.LogsSource, a.logsSource},
		{microvmapi.SourceName, a.microVMsSource},
	}
}

func (a *app) metricsSource(clients *targets, settings collector.Config) (collector.Source, error) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	if err != nil {
		return nil, err
	}
	mappings := settings.Metrics
	if len(mappings) == 0 {
		mappings = []mapping.Mapping{mapping.Default()}
	}
	return cloudwatch.NewMetrics(cloudwatch.MetricsOptions{
		Mappings: mappings, Prices: prices, Explain: awsconfig.Explain, Now: a.now,
		Client: func(_ context.Context, target collector.Target) (cloudwatch.MetricsAPI, error) {
			of, err := clients.of(target)
			if err != nil {
				return nil, err
			}
			return cloudwatch.NewMetricsClient(of.Config), nil
		},
	}), nil
}

func (a *app) collect(ctx context.Context, flags collectFlags, changed func(string) bool) error {
	if err := a.output.check(); err != nil {
		return err
	}
	logger, err := a.collectLogger(flags.logFormat)
	if err != nil {
		return err
	}
	bar := a.startProgress("collecting", "batches")
	made, err := a.newCollection(flags, changed, logger)
	if err != nil {
		return err
	}
	runner, err := made.runner(func(done, total int64, _ string) { bar.at(done, total, done) })
	if err != nil {
		return err
	}
	settings, clients := made.settings, made.clients
	// What is wrong with the configuration is said at once; what may pass is a gap of the run.
	if err := clients.find(ctx); awsconfig.IsConfiguration(err) {
		return err
	}
	switch {
	case flags.dryRun:
		return a.collectPlan(ctx, runner, settings)
	case settings.Every > 0:
		a.boundMemory()
		a.waitForCollect()
		return runner.Every(ctx, settings.Every, func(s collector.Summary, err error) {
			bar.clear()
			logRun(logger, s, err)
		})
	}
	a.boundMemory()
	a.waitForCollect()
	summary, err := runner.Run(ctx)
	bar.clear()
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
	switch {
	case summary.Interrupted:
		return errInterrupted
	case len(summary.Gaps) > 0:
		return errOutside
	}
	return nil
}

// collection is what a run is made from: the flags laid over the configuration, the source, and whom to ask.
type collection struct {
	settings collector.Config
	clients  *targets
	options  collector.Options
}

func (a *app) newCollection(flags collectFlags, changed func(string) bool, logger *slog.Logger) (*collection, error) {
	read, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	settings, err := flags.over(read.Collect, changed)
	if err != nil {
		return nil, err
	}
	folder, err := a.ledgerFolder()
	if err != nil {
		return nil, err
	}
	if settings.Every == 0 {
		settings.Timing.Reread = 0 // who runs it once wants all of it
	} else if settings.Timing.Reread == 0 {
		settings.Timing.Reread = collector.UsualReread
	}
	clients := &targets{options: awsOptions(settings, a.now)}
	clients.options.Token = a.askForCode()
	var source collector.Source
	for _, known := range a.sources() {
		if known.name == settings.Source {
			if source, err = known.make(clients, settings); err != nil {
				return nil, err
			}
		}
	}
	if source == nil {
		return nil, fmt.Errorf("--source: %.40q is no source; sources are %s", settings.Source, strings.Join(a.sourceNames(), ", "))
	}
	return &collection{settings, clients, collector.Options{
		Source: source, Targets: clients.list, Ledger: folder, Command: "microspend collect", Timing: settings.Timing,
		MaxAPICost: settings.MaxAPICost, AllowOverlappingSources: settings.AllowOverlappingSources, Parallel: settings.Parallel,
		Now: a.now, Logger: logger,
	}}, nil
}

func (c *collection) runner(progress collector.ProgressFunc) (*collector.Runner, error) {
	options := c.options
	options.Progress = progress
	return collector.New(options)
}

// boundMemory keeps the garbage of decoded replies small, unless the user has said how: it is collected when the program
// comes near to 220 MB, not each time it doubles. What is needed at once may take more; then it is collected more often.
func (a *app) boundMemory() {
	if a.env("GOGC") == "" && a.env("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(220 << 20)
	}
}

// collectGrace is how long the program stays after a signal: for what is in flight, and for the ledger to be written.
const collectGrace = 2 * time.Minute

func (a *app) waitForCollect() {
	if a.patience != nil {
		a.patience(collectGrace)
	}
}

func (a *app) collectPlan(ctx context.Context, runner *collector.Runner, settings collector.Config) error {
	estimate, err := runner.Estimate(ctx)
	if err != nil {
		return err
	}
	if err := a.print(report.CollectionPlan(estimate)); err != nil {
		return err
	}
	if len(estimate.Gaps) > 0 {
		return errOutside
	}
	if limit := settings.MaxAPICost; limit != nil && estimate.Cost.APIPrice.GreaterThan(*limit) {
		fmt.Fprintf(a.err, "microspend: a run would be refused: it would cost $%s, and may cost $%s\n", estimate.Cost.APIPrice, limit)
		return errCheckFailed
	}
	return nil
}

func (a *app) collectLogger(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(a.err, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.err, nil)), nil
	}
	return nil, fmt.Errorf("--log-format: no format %.40q; formats are text and json", format)
}

// logRun writes the one line of a run.
func logRun(logger *slog.Logger, s collector.Summary, err error) {
	attributes := []any{
		"source", s.Source, "from", s.From, "to", s.To, "targets", s.Targets, "calls", s.Cost.Calls, "api_price", s.Cost.APIPrice.String(),
		"added", s.Changes.Added, "replaced", s.Changes.Replaced, "unchanged", s.Changes.Unchanged, "gaps", len(s.Gaps), "took", s.Took,
	}
	switch {
	case err != nil:
		logger.Error("the run failed", append(attributes, "error", err)...)
	case len(s.Gaps) > 0:
		logger.Warn("collected, with gaps", append(attributes, "first_gap", s.Gaps[0].String())...)
	default:
		logger.Info("collected", attributes...)
	}
}
