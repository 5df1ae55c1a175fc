package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"microspend/config"
	"microspend/internal/civil"
	"microspend/internal/commandline"
	"microspend/internal/nearest"
	"microspend/pricing"
	"microspend/report/focus"
	"microspend/spend"
	"microspend/view"
)

// Flags that several commands have are declared here, so that they have one name, one default and one explanation.

// sharedFlags are the values of flags that several commands have. A command that does not declare one leaves it empty.
type sharedFlags struct {
	ledger, config string
	spend.RawPeriod
	currency    *pricing.Currency // of --currency; nil where the configuration's counts
	dollarsOnly bool              // --currency USD
}

const (
	outputHelp  = "write to `FILE` instead of standard output (-)"
	explainHelp = "show the formula of each line and total, and assumptions in full"
	fullHelp    = "show assumptions in full"
)

// ledgerFlags declares which ledger a command is about, and what says how its usage is priced.
func (a *app) ledgerFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.ledger, "ledger", "",
		"`LEDGER`: a folder or a URL (default the configuration's, or a folder in the user's data directory)")
	a.configFlag(cmd)
}

// configFlag declares --config.
func (a *app) configFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.config, "config", "",
		"configuration `FILE` (default ./"+config.Name+", then the user's config directory)")
}

// unsaid is what a command looks at where no period is given, in words.
type unsaid struct {
	period, to string
	utc        bool // days are in UTC, whatever the configuration says
}

var theMonth = unsaid{period: "month", to: "the first of the month after --from"}

// theWholeOf is everything that there is of something.
func theWholeOf(owner string) unsaid {
	return unsaid{period: "the whole " + owner + "; days are UTC", to: "the " + owner + "'s end", utc: true}
}

// periodFlags declares the flags for the period to look at, which [app.period] or [app.bounds] reads.
func (a *app) periodFlags(cmd *cobra.Command, without unsaid) {
	flags := cmd.Flags()
	flags.StringVar(&a.flags.Period, "period", "",
		"`PERIOD` to look at: "+civil.PeriodForms+" (default "+without.period+")")
	flags.StringVar(&a.flags.From, "from", "",
		"first `DAY`, for example 2026-10-01, or 2026-10 for the first of a month; or a moment, 2026-10-01T06:00:00Z")
	flags.StringVar(&a.flags.To, "to", "", "`DAY` after the last (default "+without.to+")")
	if !without.utc {
		flags.StringVar(&a.flags.TimeZone, "tz", "",
			"`TIMEZONE` of days, for example Europe/Berlin (default the configuration's, or UTC)")
	}
}

// billingFlags declares the flags for the account that is billed, which FOCUS names.
func billingFlags(cmd *cobra.Command, billing *focus.Account) {
	cmd.Flags().StringVar(&billing.ID, "billing-account", "",
		"billed AWS account `ID`, for FOCUS (default the one in the ledger)")
	cmd.Flags().StringVar(&billing.Name, "billing-account-name", "", "its `NAME`, for FOCUS (default its id)")
}

// currencyFlag declares --currency, for commands that show amounts in another currency beside dollars.
func (a *app) currencyFlag(cmd *cobra.Command) {
	cmd.Flags().Func("currency",
		"show amounts in another `CURRENCY` too, as in EUR=0.92@2026-11-20; USD for none (default the configuration's)",
		func(text string) error {
			if a.flags.dollarsOnly = text == "USD"; a.flags.dollarsOnly {
				return nil
			}
			currency, err := pricing.ParseCurrency(text)
			a.flags.currency = &currency
			return err
		})
}

// namedConfigFlag declares --config where something is priced that is not measured. Unlike elsewhere the configuration
// is not read unless it is named, so that the same input gives the same bill wherever it is run.
func (a *app) namedConfigFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.config, "config", "",
		"configuration `FILE` whose rates and discounts to use (not read unless given)")
}

// patternFlag declares a flag that selects by a dimension's names.
func patternFlag(cmd *cobra.Command, into *[]string, d spend.Dimension) {
	also := ""
	if d == spend.ByGroup {
		also = " of tenants and those below it"
	}
	name := patternName(d.String())
	cmd.Flags().StringArrayVar(into, name, nil, fmt.Sprintf(
		"only this `%s`%s; a trailing * matches any suffix (repeatable)", strings.ToUpper(d.String()), also))
	if name != d.String() {
		formerly(cmd, d.String(), name)
	}
}

// patternName is the flag for names of a dimension. A MicroVM is named by its id, here as wherever one is named, though
// it is grouped by its kind, as in --by microvm.
func patternName(dimension string) string {
	if dimension == spend.ByMicroVM.String() {
		return "microvm-id"
	}
	return dimension
}

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value   *string
	what    string // the word is for
	allowed []string
}

func (c choice) String() string { return *c.value }
func (c choice) Type() string   { return "string" }

func (c choice) Set(text string) error {
	// Some commands call their format for people text; nobody should have to know which.
	if table := string(view.FormatTable); c.what == "format" && text == "text" && !slices.Contains(c.allowed, text) &&
		slices.Contains(c.allowed, table) {
		text = table
	}
	if !slices.Contains(c.allowed, text) {
		return fmt.Errorf("unknown %s %.40q; valid %[1]ss: %[3]s%[4]s", c.what, text, strings.Join(c.allowed, ", "),
			nearest.Meant(text, c.allowed))
	}
	*c.value = text
	return nil
}

// choiceFlag declares a flag that takes one of a few words. The first is the default.
func choiceFlag(cmd *cobra.Command, into *string, name, usage string, allowed ...string) {
	*into = allowed[0]
	what, _ := pflag.UnquoteUsage(&pflag.Flag{Usage: usage})
	cmd.Flags().VarP(choice{into, strings.ToLower(what), allowed}, name, shorthands[name], usage)
}

// parsedFlag is a flag whose text is given to parse when the command runs.
type parsedFlag struct {
	flag  *pflag.Flag
	parse func(text string) error
}

// parsedFlag declares a flag whose value is parsed when the command runs. [app.command] parses all of them in the order
// of their declaration and reports every fault at once, where pflag would stop at the first.
func (a *app) parsedFlag(cmd *cobra.Command, name, value, usage string, parse func(text string) error) {
	cmd.Flags().String(name, value, usage)
	a.parsed[cmd] = append(a.parsed[cmd], parsedFlag{cmd.Flags().Lookup(name), parse})
}

// parsedListFlag declares the same for a flag that may be repeated. It parses one value at a time.
func (a *app) parsedListFlag(cmd *cobra.Command, name, usage string, parse func(text string) error) {
	cmd.Flags().StringArray(name, nil, usage)
	a.parsed[cmd] = append(a.parsed[cmd], parsedFlag{cmd.Flags().Lookup(name), parse})
}

func (a *app) parseFlags(cmd *cobra.Command) error {
	var faults []error
	for _, f := range a.parsed[cmd] {
		var texts []string
		if list, ok := f.flag.Value.(pflag.SliceValue); ok {
			texts = list.GetSlice()
		} else if text := f.flag.Value.String(); f.flag.Changed || text != "" {
			texts = []string{text}
		}
		for _, text := range texts {
			if err := f.parse(text); err != nil {
				faults = append(faults, fmt.Errorf("--%s: %w", f.flag.Name, err))
			}
		}
	}
	return errors.Join(faults...)
}

// shorthands are the flags that can be written as a letter, wherever they are: those that are typed all day.
var shorthands = map[string]string{"output": "o", "format": "f"}

// outputFlag declares --output.
func outputFlag(cmd *cobra.Command, into *string, value, usage string) {
	cmd.Flags().StringVarP(into, "output", shorthands["output"], value, usage)
}

// formerly keeps the name that a flag used to have working: given by it, the flag is as if given by its name of today,
// of which it may be a repetition; then the last counts, as ever. The old name shows nowhere, neither in help nor in
// completion nor where a mistyped flag is corrected: nobody should learn it. Call it once the flag is declared.
func formerly(cmd *cobra.Command, old, new string) {
	flags := cmd.Flags()
	if flags.Lookup(old) != nil || flags.Lookup(new) == nil {
		panic(fmt.Sprintf("%s: --%s cannot be a former name of --%s", cmd.Name(), old, new))
	}
	before := flags.GetNormalizeFunc()
	flags.SetNormalizeFunc(func(f *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == old {
			return pflag.NormalizedName(new)
		}
		return before(f, name)
	})
}

// formerlyLength keeps --period working as the length that it used to be: a duration sets the flag of that length. Days,
// as in 30d, are a period as well, which they are taken for unless a period makes no sense.
func (a *app) formerlyLength(cmd *cobra.Command, name string, noPeriod bool) error {
	length := a.flags.Period
	_, notPeriod := civil.ParsePeriod(length, a.today(), time.UTC)
	if _, notLength := duration(length); notLength != nil || notPeriod == nil && !noPeriod {
		return nil
	}
	a.flags.Period = ""
	return cmd.Flags().Set(name, length)
}

// flagError words what pflag says about a command line as this program does.
func flagError(cmd *cobra.Command, err error) error {
	if cmd.HasAvailableSubCommands() && cmd.Flags().NArg() > 0 {
		return noArguments(cmd, cmd.Flags().Args()) // the flag is one of a command whose name is misspelt
	}
	meant := ""
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		if likely := nearest.Near(unknown.GetSpecifiedName(), names); likely != "" {
			meant = "--" + likely
		}
	}
	worded := commandline.Error(err)
	if strings.HasSuffix(worded.Error(), "?") { // the flag's own value has told what may have been meant
		return fmt.Errorf("%w See %s --help", worded, cmd.CommandPath())
	}
	return fmt.Errorf("%w%s", worded, seeHelp(cmd, meant))
}

// flagName is the name of a request's field on the command line.
func flagName(field string) string { return "--" + patternName(field) }

// today is --as-of, or now.
func (a *app) today() time.Time {
	if a.asOf.IsZero() {
		return a.now()
	}
	return a.asOf
}

// period reads --period, --from, --to and --tz. The default is the current month.
func (a *app) period(source spend.Source) (from, to time.Time, loc *time.Location, err error) {
	return a.flags.Resolve(source, a.today(), flagName)
}

// inTimeZone is a source that cuts days as --tz says, where that is given.
func (a *app) inTimeZone(source spend.Source) (spend.Source, error) {
	if a.flags.TimeZone == "" {
		return source, nil
	}
	loc, err := spend.ParseLocation(a.flags.TimeZone)
	if err != nil {
		return source, fmt.Errorf("--tz: %w", err)
	}
	source.Location = loc
	return source, nil
}

// bounds reads --period, --from and --to in the days of a location. A bound that is not given is zero.
func (a *app) bounds(loc *time.Location) (from, to time.Time, err error) {
	return a.flags.Bounds(a.today(), loc, flagName)
}

// dayRange reads --period, --from and --to in UTC. A bound that is not given is that of all days there can be.
func (a *app) dayRange() (from, to time.Time, err error) {
	from, to, err = a.bounds(time.UTC)
	if from.IsZero() {
		from = time.Unix(0, 0).UTC()
	}
	if to.IsZero() {
		to = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return from, to, err
}

// pricing makes a command that prices workloads and prints a document.
func (a *app) pricing(cmd *cobra.Command, build builder, more ...view.Format) *cobra.Command {
	a.printing(cmd, build, more...)
	a.workloadTerms(cmd)
	return cmd
}
