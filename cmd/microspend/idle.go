package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/idle"
	"microspend/internal/scalar"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
	"microspend/report"
	"microspend/scenarios"
	"microspend/usage"
	"microspend/view"
)

// idleFlags are the flags of idle, parsed.
type idleFlags struct {
	gaps, requests    string
	fromLedger        bool
	traces            []string
	tenant, by, chart string
	explain           bool

	rates        scenarios.Cards
	terms        *terms
	card         pricing.RateCard
	memory       pricing.Size
	sized        bool             // whether memory is known
	state, image *decimal.Decimal // GB
	options      idle.Options
}

func (a *app) idleCommand() *cobra.Command {
	latency := idle.DefaultLatency()
	f := &idleFlags{terms: &a.terms, options: idle.Options{Latency: &latency}}
	cmd := a.printing(&cobra.Command{
		Use:   "idle --gaps FILE | --requests FILE | --trace FILE | --from-ledger",
		Short: "Find the cheapest idle timeout for your traffic",
		Long: `idle takes the gaps observed between your requests and finds the cheapest idle timeout: over all timeouts, not a
sample. It also shows what common timeouts and online policies would cost on the same gaps, and what it would cost to
make fewer requests wait for a resume.

The gaps come from one of:

  --gaps         CSV with a column gap_seconds
  --requests     CSV with a column time and, if known, microvm_id, tenant, image and duration_seconds
  --trace        files in the layout of the Azure Functions Traces 2019 (in order of days) or 2021
  --from-ledger  the suspends and resumes in the ledger

Files may be gzipped; - is standard input.`,
		Example: `  # From gaps, with the state size that you measured
  microspend idle --gaps gaps.csv --memory 2GB --state-size 0.63GB --region eu-west-1
  # From requests: choose on 70% of them, and check on the rest
  microspend idle --requests requests.csv --memory 2GB --region us-east-1 --validate=70%
  # With at most 2 requests an hour that wait for a resume
  microspend idle --requests requests.csv --memory 2GB --region us-east-1 --max-resumes-per-hour 2
  # From the ledger, compared with the timeout in force
  microspend idle --from-ledger --current 30m --memory 4GB --region eu-west-1`,
		Args: func(cmd *cobra.Command, args []string) error {
			return errors.Join(ledgerAlone(cmd), validateArgument(cmd, args))
		},
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) { return a.idle(cmd.Context(), f) }, view.FormatSVG)
	a.idleInputFlags(cmd, f)
	a.idleQuestionFlags(cmd, f, &latency)
	flags := cmd.Flags()
	flags.Uint64Var(&f.options.Seed, "seed", 1, "random `SEED` of the randomized policy")
	choiceFlag(cmd, &f.chart, "chart",
		"`CHART` that --format svg writes: cost (by timeout) or frontier (dollars against waits)", "cost", "frontier")
	flags.StringVar(&f.by, "by", "", "list the optimum for each `GROUP` of the trace: image or tenant")
	flags.BoolVar(&f.explain, "explain", false, fullHelp)
	flags.BoolVar(&f.options.NoLives, "no-lifecycle", false,
		"skip simulating MicroVM lifetimes, which takes a while for long traces")
	// The rates are read before the other flags are parsed, as some of them are about a rate card.
	setFormat := cmd.PreRun
	cmd.PreRunE = func(cmd *cobra.Command, args []string) (err error) {
		setFormat(cmd, args)
		if err := a.formerlyLength(cmd, "trace-length", !f.fromLedger); err != nil {
			return err
		}
		f.rates, err = a.idleRates(f)
		return err
	}
	return cmd
}

func (a *app) idle(ctx context.Context, f *idleFlags) (view.Document, error) {
	state, image := f.memory.GB(), f.memory.GB()
	f.options.StateAssumed, f.options.ImageAssumed = f.state == nil, f.image == nil
	if f.state != nil {
		state = *f.state
	}
	if f.image != nil {
		image = *f.image
	}
	model, err := idle.NewModel(f.card, f.memory, state, image)
	if err != nil {
		return view.Document{}, withRateFlags(err)
	}
	name, trace, err := a.idleTrace(ctx, f)
	if err != nil {
		return view.Document{}, err
	}
	if f.tenant != "" {
		if trace, err = trace.Only(f.tenant); err != nil {
			return view.Document{}, fmt.Errorf("--tenant: %w", err)
		}
		name += ", " + f.tenant
	}
	analysis, err := model.Analyse(trace, f.options)
	if err != nil {
		return view.Document{}, err
	}
	show := report.IdleShow{By: idle.Grain(f.by), Frontier: f.chart == "frontier", Explain: f.explain, Now: a.today()}
	switch {
	case f.by == "":
	case show.By != idle.GrainImage && show.By != idle.GrainTenant:
		return view.Document{}, fmt.Errorf("--by: %.40q is neither image nor tenant", f.by)
	case !slices.ContainsFunc(analysis.Choices, func(c idle.Choice) bool { return c.Grain == show.By }):
		return view.Document{}, fmt.Errorf("--by: the trace does not tell one %s from another", f.by)
	}
	if show.Frontier && (analysis.Lives == nil || analysis.PeriodMS == 0) {
		return view.Document{}, errors.New("--chart: frontier needs MicroVM lifetimes, " +
			"which --no-lifecycle skips and a ledger does not have")
	}
	return report.Idle(name, analysis, show), nil
}

// ledgerAlone takes --ledger without another source of gaps as --from-ledger, which it was before there was that. It is
// done before anything is checked, such as that there is a source.
func ledgerAlone(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if !flags.Changed("ledger") || slices.ContainsFunc([]string{"gaps", "requests", "trace", "from-ledger"}, flags.Changed) {
		return nil
	}
	return flags.Set("from-ledger", "true")
}

// validateArgument takes the value of --validate from where a space before it puts it, and refuses any other argument.
func validateArgument(cmd *cobra.Command, args []string) error {
	validate := cmd.Flags().Lookup("validate")
	if len(args) == 1 && validate.Value.String() == validate.NoOptDefVal {
		return validate.Value.Set(args[0])
	}
	return noArguments(cmd, args)
}

func (a *app) idleInputFlags(cmd *cobra.Command, f *idleFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.gaps, "gaps", "", "CSV `FILE` of gaps")
	flags.StringVar(&f.requests, "requests", "", "CSV `FILE` of request times")
	flags.StringArrayVar(&f.traces, "trace", nil,
		"`FILE` in the layout of the Azure Functions Trace 2019 or 2021 (repeatable, in order of days)")
	flags.BoolVar(&f.fromLedger, "from-ledger", false, "use the suspends and resumes in the ledger")
	a.ledgerFlags(cmd)
	cmd.Flags().Lookup("config").Usage = "configuration `FILE` whose rates, discounts and tenants to use (default " +
		"./" + config.Name + ", then the user's config directory with --from-ledger; otherwise not read unless given)"
	a.periodFlags(cmd, theWholeOf("ledger"))
	flags.StringVar(&f.tenant, "tenant", "", "only this `TENANT`")
	cmd.MarkFlagsMutuallyExclusive("gaps", "requests", "trace", "from-ledger")
	cmd.MarkFlagsOneRequired("gaps", "requests", "trace", "from-ledger")
}

// idleQuestionFlags declares the flags that say what is asked of the input. They are parsed in this order.
func (a *app) idleQuestionFlags(cmd *cobra.Command, f *idleFlags, latency *idle.Latency) {
	// value declares a flag that may be empty, which is as if it were not given.
	value := func(name, usage string, parse func(text string) error) {
		a.parsedFlag(cmd, name, "", usage, func(text string) error {
			if text == "" {
				return nil
			}
			return parse(text)
		})
	}
	o := &f.options
	value("memory", "baseline memory `SIZE` of the MicroVMs, for example 2GB", func(text string) (err error) {
		f.memory, err = pricing.ParseSize(text)
		f.sized = err == nil
		return err
	})
	value("state-size", "`SIZE` that a suspend writes and a resume reads (default the baseline memory)",
		func(text string) error {
			var gb scalar.GB
			err := gb.ParseScalar(text)
			f.state = &gb.Decimal
			limit := f.memory.PeakGB().Add(f.memory.DiskGB())
			if err == nil && f.sized && gb.GreaterThan(limit) {
				err = fmt.Errorf("%s GB is more than a %s MicroVM can hold: %s GB of peak memory and %s GB of disk",
					gb, f.memory, f.memory.PeakGB(), f.memory.DiskGB())
			}
			return err
		})
	formerly(cmd, "state", "state-size")
	value("image-size", "`SIZE` that a launch reads (default the baseline memory)", func(text string) error {
		var gb scalar.GB
		f.image = &gb.Decimal
		return gb.ParseScalar(text)
	})
	// Before the region, which needs no card where all rates are given.
	a.rateFlag(cmd, &f.terms.rates, "in place of the region's")
	a.discountFlag(cmd, f.terms, "the configuration's")
	a.archFlag(cmd, &f.terms.arch, string(pricing.ArchARM64), "")
	a.parsedFlag(cmd, "region", "", "AWS `REGION` whose rates apply, for example eu-west-1", func(text string) (err error) {
		f.terms.region = text
		f.card, err = f.terms.card(f.rates)
		return err
	})
	value("timeouts",
		"fixed `TIMEOUTS` to price, comma-separated, for example 1m,5m,30m (default 1m,5m,10m,15m,30m,1h)",
		func(list string) error {
			o.Timeouts = []int64{}
			for text := range strings.SplitSeq(list, ",") {
				timeout, err := wholeSeconds(strings.TrimSpace(text), 0)
				if err != nil {
					return err
				}
				o.Timeouts = append(o.Timeouts, timeout)
			}
			return nil
		})
	value("current", "current `TIMEOUT`, the baseline for savings (default 30m)", func(text string) (err error) {
		o.CurrentSeconds, err = wholeSeconds(text, idle.LeastTimeout)
		return err
	})
	value("suspended-duration",
		"suspendedDurationSeconds as a `DURATION`, for example 8h; 0 terminates instead of suspending (default several)",
		func(text string) error {
			held, err := wholeSeconds(text, 0)
			o.HeldSeconds = &held
			return err
		})
	value("max-life", "maximumDurationInSeconds as a `DURATION` (default the service limit, 8h)",
		func(text string) (err error) {
			o.LifeSeconds, err = wholeSeconds(text, idle.LeastTimeout)
			if err == nil && o.LifeSeconds > pricing.MaxLifeSeconds {
				err = fmt.Errorf("a MicroVM lives %d s at most", pricing.MaxLifeSeconds)
			}
			return err
		})
	value("resume-latency", "`DURATION` that a request waits for a resume (default 1.2s)", func(text string) (err error) {
		latency.ResumeMS, err = milliseconds(text, idle.MaxLatencyMS)
		return err
	})
	value("launch-latency", "`DURATION` that a request waits for a launch (default 2s)", func(text string) (err error) {
		latency.LaunchMS, err = milliseconds(text, idle.MaxLatencyMS)
		return err
	})
	value("max-resumes-per-hour", "maximum average `N` of requests per hour and MicroVM that wait for a resume",
		func(text string) error {
			var n scalar.Count
			o.Limits.ResumesPerHour = &n.Decimal
			return n.ParseScalar(text)
		})
	value("max-added-latency", "maximum average `DURATION` that a request waits, for example 20ms",
		func(text string) error {
			d, err := duration(text)
			added := d.Seconds.Shift(3)
			o.Limits.AddedMS = &added
			return err
		})
	value("trace-length", "`DURATION` that the trace covers, to scale savings to a month (default the trace's own)",
		func(text string) (err error) {
			o.PeriodMS, err = milliseconds(text, math.MaxInt64)
			if err == nil && o.PeriodMS == 0 {
				err = errors.New("must be more than zero")
			}
			return err
		})
	value("validate", "choose on this `PERCENT` of the trace and price on the rest (50% if no value is given)",
		func(text string) error {
			var p scalar.Percent
			err := p.ParseScalar(text)
			if err == nil && (p.Fraction.IsZero() || p.Fraction.Equal(decimal.NewFromInt(1))) {
				err = fmt.Errorf("%s leaves one of the two parts empty", text)
			}
			o.Validate = &p.Fraction
			return err
		})
	cmd.Flags().Lookup("validate").NoOptDefVal = "50%"
	_ = cmd.MarkFlagRequired("memory")
	_ = cmd.MarkFlagRequired("region")
}

// duration reads a duration, or a plain number of seconds.
func duration(text string) (d scalar.Duration, err error) {
	if _, err := strconv.ParseUint(text, 10, 40); err == nil {
		text += "s"
	}
	return d, d.ParseScalar(text)
}

func wholeSeconds(text string, least int64) (int64, error) {
	d, err := duration(text)
	switch {
	case err != nil:
	case !d.Seconds.IsInteger():
		err = fmt.Errorf("%s is not a whole number of seconds, which is what the service takes", text)
	case d.Seconds.LessThan(decimal.NewFromInt(least)):
		err = fmt.Errorf("%s is below %d s, the least that is accepted", text, least)
	}
	return d.Seconds.IntPart(), err
}

func milliseconds(text string, most int64) (int64, error) {
	d, err := duration(text)
	ms := d.Seconds.Shift(3)
	switch {
	case err != nil:
	case !ms.IsInteger():
		err = fmt.Errorf("%s is not a whole number of milliseconds", text)
	case ms.IntPart() > most:
		err = fmt.Errorf("%s is longer than an hour", text)
	}
	return ms.IntPart(), err
}

// idleRates are the rates of a workload, or of the ledger, whose configuration is read without being named.
func (a *app) idleRates(f *idleFlags) (scenarios.Cards, error) {
	if f.fromLedger {
		market, err := a.market()
		if err != nil {
			return nil, err
		}
		read, err := a.configured(a.readFile)
		return ownCards{read.Source.Rates, market.Cards.Regions(), pricing.DateOf(market.Now)}, err
	}
	for _, given := range []struct{ flag, value string }{
		{"--ledger", a.flags.ledger}, {"--period", a.flags.Period}, {"--from", a.flags.From}, {"--to", a.flags.To},
	} {
		if given.value != "" {
			return nil, fmt.Errorf("%s requires --from-ledger", given.flag)
		}
	}
	market, err := a.ownMarket()
	return market.Cards, err
}

type readTraces func([]idle.Named) (*idle.Trace, error)

// idleTrace reads the input, and returns what it is called.
func (a *app) idleTrace(ctx context.Context, f *idleFlags) (string, *idle.Trace, error) {
	read, paths := readTraces(idle.ReadAzure), f.traces
	switch {
	case f.gaps != "":
		read, paths = oneFile(idle.ReadGaps), []string{f.gaps}
	case f.requests != "":
		read, paths = oneFile(idle.ReadRequests), []string{f.requests}
	case len(f.traces) == 0:
		trace, err := a.idleLedger(ctx, f)
		return "the ledger", trace, err
	}
	var files []idle.Named
	for i, path := range paths {
		if path == "-" && slices.Contains(paths[:i], path) {
			return "", nil, errors.New("--trace: standard input can be read only once")
		}
		file, _, err := a.openInput(path)
		if err != nil {
			return "", nil, err
		}
		defer file.Close()
		files = append(files, idle.Named{Name: inputName(path), Reader: file})
	}
	trace, err := read(files)
	return shortNames(paths), trace, err
}

// oneFile makes a reader of several files from that of one.
func oneFile(read func(idle.Named) (*idle.Trace, error)) readTraces {
	return func(files []idle.Named) (*idle.Trace, error) { return read(files[0]) }
}

// idleLedger takes the usage of one region from the ledger.
func (a *app) idleLedger(ctx context.Context, f *idleFlags) (*idle.Trace, error) {
	in, err := a.measured(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := a.dayRange()
	if err != nil {
		return nil, err
	}
	a.noteBeyond(ctx, from, to, nil)
	launched, err := lifecycle.Read(ctx, in.Ledger, from, to)
	if err != nil {
		return nil, err
	}
	if usual := launched.UsualMaxIdle(f.terms.region); usual >= idle.LeastTimeout && usual <= pricing.MaxLifeSeconds {
		f.options.CurrentSeconds = cmp.Or(f.options.CurrentSeconds, usual)
	}
	timeout := cmp.Or(f.options.CurrentSeconds, idle.DefaultCurrent)
	return idle.FromRecords(func(yield func(usage.Record, error) bool) {
		for r, err := range in.Ledger.Records(ctx, from, to) {
			if err == nil && r.Region != f.terms.region {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}, idle.RecordOptions{
		TimeoutMS: timeout * 1000, Owner: in.Source.RecordOwner(),
		Timeout: func(r *usage.Record) (int64, bool) {
			if m, found := launched.Of(r); found && m.MaxIdle != nil {
				return *m.MaxIdle * 1000, true
			}
			return 0, false
		},
	})
}
