package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"microspend/idle"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

// idleFlags are what idle is told.
type idleFlags struct {
	gaps, requests string
	traces         []string
	tenant         string

	memory, state, image, region string
	rates                        []string

	timeouts, current, suspended, life string
	resumeLatency, launchLatency       string
	maxResumes, maxLatency             string
	validate, period                   string
	seed                               uint64
	noLifecycle                        bool
	by, chart                          string
}

func (a *app) idleCommand() *cobra.Command {
	f := &idleFlags{}
	cmd := &cobra.Command{
		Use:   "idle --gaps FILE | --requests FILE | --trace FILE | --ledger DIR",
		Short: "Find the idle timeout that costs least on real traffic",
		Long: `idle prices every idle timeout on the gaps observed between requests and finds the exact
optimum, next to the cost of common timeouts and online policies on the same gaps, and the trade-off
between dollars and requests that wait. See docs/idle.md.

The gaps come from one of: CSV with a column gap_seconds (--gaps), CSV with a column time and, if
known, microvm_id, tenant, image and duration_seconds (--requests), files in the layout of the Azure
Functions Trace 2019, in order of days (--trace), or the suspends and resumes in the ledger
(--ledger). Files may be gzipped; - is standard input.`,
		Example: `  microspend idle --gaps gaps.csv --memory 2GB --state 0.63GB --region eu-west-1
  microspend idle --requests requests.csv --memory 2GB --region us-east-1 --validate 70%
  microspend idle --trace day1.csv --trace day2.csv --memory 2GB --region us-east-1 --max-resumes-per-hour 2
  microspend idle --ledger ledger --tenant acme --current 30m --memory 4GB --region eu-west-1`,
		Args: f.arguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.chart != "cost" && f.chart != "frontier" {
				return fmt.Errorf("--chart: %.40q is neither cost nor frontier", f.chart)
			}
			if err := a.idleLedgerFlags(); err != nil {
				return err
			}
			model, options, err := a.idleQuestion(f)
			if err != nil {
				return err
			}
			name, trace, err := a.idleTrace(cmd.Context(), f, options)
			if err != nil {
				return err
			}
			if f.tenant != "" {
				if trace, err = trace.Only(f.tenant); err != nil {
					return fmt.Errorf("--tenant: %w", err)
				}
				name += ", " + f.tenant
			}
			analysis, err := model.Analyse(trace, options)
			if err != nil {
				return err
			}
			now, err := a.today()
			if err != nil {
				return err
			}
			by, err := idleParts(analysis, f.by)
			if err != nil {
				return err
			}
			if f.chart == "frontier" && (analysis.Lives == nil || analysis.PeriodMS == 0) {
				return errors.New("--chart: frontier needs MicroVM lifetimes, " +
					"which --no-lifecycle skips and a ledger does not have")
			}
			return a.print(report.Idle(name, analysis, report.IdleShow{By: by, Frontier: f.chart == "frontier", Now: now}))
		},
	}
	a.output.addTo(cmd, view.FormatSVG)
	a.idleInputFlags(cmd, f)
	flags := cmd.Flags()
	flags.StringVar(&f.timeouts, "timeouts", "",
		"fixed `TIMEOUTS` to price, comma-separated, for example 1m,5m,30m (default: 1m,5m,10m,15m,30m,1h)")
	flags.StringVar(&f.current, "current", "", "current `TIMEOUT`, the baseline for savings (default: 30m)")
	flags.StringVar(&f.suspended, "suspended-duration", "",
		"suspendedDurationSeconds as a `DURATION`, for example 8h; 0 terminates instead of suspending (default: several)")
	flags.StringVar(&f.life, "max-life", "", "maximumDurationInSeconds as a `DURATION` (default: the service limit, 8h)")
	flags.StringVar(&f.resumeLatency, "resume-latency", "", "`DURATION` that a request waits for a resume (default: 1.2s)")
	flags.StringVar(&f.launchLatency, "launch-latency", "", "`DURATION` that a request waits for a launch (default: 2s)")
	flags.StringVar(&f.maxResumes, "max-resumes-per-hour", "",
		"maximum average `N` of requests per hour and MicroVM that wait for a resume")
	flags.StringVar(&f.maxLatency, "max-added-latency", "",
		"maximum average `DURATION` that a request waits, for example 20ms")
	flags.StringVar(&f.validate, "validate", "",
		"choose on this `PERCENT` of the trace and price on the rest (50% if no value is given)")
	flags.Lookup("validate").NoOptDefVal = "50%"
	flags.StringVar(&f.period, "period", "",
		"`DURATION` that the trace covers, to scale savings to a month (default: as stated by the trace)")
	flags.Uint64Var(&f.seed, "seed", 1, "random `SEED` of the randomized policy")
	flags.StringVar(&f.chart, "chart", "cost",
		"`CHART` that --format svg writes: cost (by timeout) or frontier (dollars against waits)")
	flags.StringVar(&f.by, "by", "", "list the optimum for each `GROUP` of the trace: image or tenant")
	flags.BoolVar(&f.noLifecycle, "no-lifecycle", false,
		"skip simulating MicroVM lifetimes, which takes a while for long traces")
	_ = cmd.RegisterFlagCompletionFunc("region", a.completeRegions)
	return cmd
}

// arguments takes the value of --validate from where a space before it puts it, and refuses any others.
func (f *idleFlags) arguments(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && f.validate == cmd.Flags().Lookup("validate").NoOptDefVal {
		f.validate = args[0]
		return nil
	}
	return cobra.NoArgs(cmd, args)
}

// idleParts is what --by asks to be listed.
func idleParts(analysis *idle.Analysis, by string) (idle.Grain, error) {
	if by == "" {
		return "", nil
	}
	if grain := idle.Grain(by); grain == idle.GrainImage || grain == idle.GrainTenant {
		for _, c := range analysis.Choices {
			if c.Grain == grain {
				return grain, nil
			}
		}
		return "", fmt.Errorf("--by: the trace does not tell one %s from another", by)
	}
	return "", fmt.Errorf("--by: %.40q is neither image nor tenant", by)
}

// idleLedgerFlags refuses what has a meaning for a ledger only.
func (a *app) idleLedgerFlags() error {
	if a.flags.ledger != "" {
		return nil
	}
	for _, given := range []struct{ flag, value string }{
		{"--from", a.flags.from}, {"--to", a.flags.to}, {"--config", a.flags.config},
	} {
		if given.value != "" {
			return fmt.Errorf("%s requires --ledger", given.flag)
		}
	}
	return nil
}

func (a *app) idleInputFlags(cmd *cobra.Command, f *idleFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.gaps, "gaps", "", "CSV `FILE` of gaps")
	flags.StringVar(&f.requests, "requests", "", "CSV `FILE` of request times")
	flags.StringArrayVar(&f.traces, "trace", nil,
		"`FILE` in the layout of the Azure Functions Trace 2019 (repeatable, in order of days)")
	flags.StringVar(&a.flags.ledger, "ledger", "", "ledger `DIR` whose suspends and resumes to use")
	flags.StringVar(&a.flags.config, "config", "",
		"configuration `FILE` with your rates and the ledger's tenants "+
			"(default with --ledger: ./microspend.yaml, then the user's config directory)")
	a.dayRangeFlags(cmd, "ledger")
	flags.StringVar(&f.tenant, "tenant", "", "only this `TENANT`")
	flags.StringVar(&f.memory, "memory", "", "baseline memory `SIZE` of the MicroVMs, for example 2GB")
	flags.StringVar(&f.state, "state", "",
		"`SIZE` that a suspend writes and a resume reads (default: the baseline memory)")
	flags.StringVar(&f.image, "image-size", "", "`SIZE` that a launch reads (default: the baseline memory)")
	flags.StringVar(&f.region, "region", "", "AWS `REGION` whose rates apply")
	flags.StringArrayVar(&f.rates, "rate", nil,
		"override a `RATE` of the region, for example snapshot_write_gb=0.0038 (repeatable)")
	_ = cmd.MarkFlagRequired("memory")
	_ = cmd.MarkFlagRequired("region")
	cmd.MarkFlagsMutuallyExclusive("gaps", "requests", "trace", "ledger")
	cmd.MarkFlagsOneRequired("gaps", "requests", "trace", "ledger")
}

// idleQuestion reads every flag but for the input, and names all that are wrong.
func (a *app) idleQuestion(f *idleFlags) (idle.Model, idle.Options, error) {
	rates, err := a.idleRates()
	if err != nil {
		return idle.Model{}, idle.Options{}, err
	}
	r := flagReader{}
	options := idle.Options{Seed: f.seed, NoLives: f.noLifecycle, StateAssumed: f.state == "", ImageAssumed: f.image == ""}
	size, err := pricing.ParseSize(f.memory)
	r.add("--memory", err)
	state, image := r.gb("--state", f.state, size.GB()), r.gb("--image-size", f.image, size.GB())
	if limit := size.PeakGB().Add(size.DiskGB()); err == nil && state.GreaterThan(limit) {
		r.add("--state", fmt.Errorf("%s GB is more than a %s MicroVM can hold: %s GB of peak memory and %s GB of disk",
			state, size, size.PeakGB(), size.DiskGB()))
	}
	card, err := rates.Card(f.region)
	r.add("--region", err)
	card = r.rates(card, f.rates)

	if f.timeouts != "" {
		options.Timeouts = []int64{}
		for text := range strings.SplitSeq(f.timeouts, ",") {
			options.Timeouts = append(options.Timeouts, r.wholeSeconds("--timeouts", strings.TrimSpace(text), 0))
		}
	}
	if f.current != "" {
		options.CurrentSeconds = r.wholeSeconds("--current", f.current, idle.LeastTimeout)
	}
	if f.suspended != "" {
		held := r.wholeSeconds("--suspended-duration", f.suspended, 0)
		options.HeldSeconds = &held
	}
	if f.life != "" {
		options.LifeSeconds = r.wholeSeconds("--max-life", f.life, idle.LeastTimeout)
		if options.LifeSeconds > pricing.MaxLifeSeconds {
			r.add("--max-life", fmt.Errorf("a MicroVM lives %d s at most", pricing.MaxLifeSeconds))
		}
	}
	latency := idle.DefaultLatency()
	if f.resumeLatency != "" {
		latency.ResumeMS = r.latency("--resume-latency", f.resumeLatency)
	}
	if f.launchLatency != "" {
		latency.LaunchMS = r.latency("--launch-latency", f.launchLatency)
	}
	options.Latency = &latency
	if f.maxResumes != "" {
		options.Limits.ResumesPerHour = r.number("--max-resumes-per-hour", f.maxResumes)
	}
	if f.maxLatency != "" {
		seconds := r.duration("--max-added-latency", f.maxLatency)
		added := seconds.Shift(3)
		options.Limits.AddedMS = &added
	}
	if f.period != "" {
		if options.PeriodMS = r.milliseconds("--period", f.period); options.PeriodMS == 0 {
			r.add("--period", errors.New("must be more than zero"))
		}
	}
	if f.validate != "" {
		options.Validate = r.share("--validate", f.validate)
	}
	if err := errors.Join(r.faults...); err != nil {
		return idle.Model{}, options, err
	}
	model, err := idle.NewModel(card, size, state, image)
	if err != nil {
		return model, options, withRateFlags(err)
	}
	return model, options, nil
}

// idleRates are those by which spend prices the ledger where that is the input, the company's own included, and
// otherwise the list's, with those of --config over them.
func (a *app) idleRates() (spend.Rates, error) {
	if a.flags.ledger != "" {
		read, err := a.configured(os.ReadFile)
		return read.Source.Rates, err
	}
	market, err := a.ownMarket()
	return market.Cards, err
}

// idleTrace reads the input, and says what it is called.
func (a *app) idleTrace(ctx context.Context, f *idleFlags, options idle.Options) (string, *idle.Trace, error) {
	switch {
	case f.gaps != "":
		trace, err := a.idleFile(f.gaps, idle.ReadGaps)
		return shortName(f.gaps), trace, err
	case f.requests != "":
		trace, err := a.idleFile(f.requests, idle.ReadRequests)
		return shortName(f.requests), trace, err
	case len(f.traces) > 0:
		var files []idle.Named
		for i, path := range f.traces {
			if path == "-" && slices.Contains(f.traces[:i], path) {
				return "", nil, errors.New("--trace: standard input can be read only once")
			}
			file, _, err := a.openInput(path)
			if err != nil {
				return "", nil, err
			}
			defer file.Close()
			files = append(files, idle.Named{Name: inputName(path), Reader: file})
		}
		trace, err := idle.ReadAzure(files)
		name := shortName(f.traces[0])
		if more := len(f.traces) - 1; more > 0 {
			name += fmt.Sprintf(" and %d more", more)
		}
		return name, trace, err
	default:
		trace, err := a.idleLedger(ctx, f, options)
		return "the ledger", trace, err
	}
}

func (a *app) idleFile(path string, read func(idle.Named) (*idle.Trace, error)) (*idle.Trace, error) {
	file, _, err := a.openInput(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(idle.Named{Name: inputName(path), Reader: file})
}

// openTrace opens the trace that a scenario names.
func (a *app) openTrace(path string) (io.ReadCloser, error) {
	if path == "-" {
		return nil, errors.New("a workload's trace cannot be standard input")
	}
	file, _, err := a.openInput(path)
	return file, err
}

func inputName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

func shortName(path string) string { return filepath.Base(inputName(path)) }

// idleLedger takes the usage of one region from the ledger.
func (a *app) idleLedger(ctx context.Context, f *idleFlags, options idle.Options) (*idle.Trace, error) {
	read, err := a.configured(os.ReadFile)
	if err != nil {
		return nil, err
	}
	opened, err := a.openLedger()
	if err != nil {
		return nil, err
	}
	from, to, err := a.dayRange(everything())
	if err != nil {
		return nil, err
	}
	timeout := options.CurrentSeconds
	if timeout == 0 {
		timeout = idle.DefaultCurrent
	}
	return idle.FromRecords(func(yield func(usage.Record, error) bool) {
		for r, err := range opened.Records(ctx, from, to) {
			if err == nil && r.Region != f.region {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}, idle.RecordOptions{TimeoutMS: timeout * 1000, Owner: read.Source.RecordOwner()})
}

// withRateFlags says of rates that are not known by which flag they can be given.
func withRateFlags(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var faults []error
	for _, each := range joined.Unwrap() {
		var unknown *pricing.UnknownRateError
		if errors.As(each, &unknown) {
			each = fmt.Errorf("the %s rate of %s is not known; give it with --rate %s=FIGURE or refresh the rates",
				unknown.Quantity.Name(), unknown.Region, unknown.Quantity.RateKeys()[0])
		}
		faults = append(faults, each)
	}
	return errors.Join(faults...)
}
