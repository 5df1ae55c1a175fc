package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"microspend/idle"
	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/internal/scalar"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/report"
	"microspend/serve"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/tenants"
	"microspend/view"
)

// adviseFlags are those of advise and what belongs to it.
type adviseFlags struct {
	request   advise.Request
	tenants   []string
	explain   string
	dismissed bool
	limit     *decimal.Decimal
}

func (a *app) adviseCommand() *cobra.Command {
	var f adviseFlags
	cmd := a.printing(&cobra.Command{
		Use:   "advise",
		Short: "Show what would save money, ranked by dollars a month",
		Long: `advise prices the measured usage again under each change that the data supports, and lists the changes that save
money, largest first: another idle timeout, terminating instead of suspending, resuming instead of launching,
ARM64, another region, deleting unused image versions, EC2 or Fargate. It also names what could not be judged, and
why.

Savings are per month: 30 days at the pace of the period looked at, by default the last 30 days of data. Savings on
the same usage do not add up; the combined saving is shown below the table.

--explain ID shows the bill before and after a change. advise dismiss removes advice from the list for everyone who
uses the ledger; it comes back when its saving has doubled.`,
		Example: `  microspend advise
  # The bill before and after, and how to make the change
  microspend advise --explain 5hcnqk2v
  # Some kinds of advice only, and only if they save 10 dollars a month
  microspend advise --kind idle-timeout,architecture --min-saving 10
  # Leave out what you cannot do
  microspend advise dismiss qz4w7m3a --reason "data must stay in the EU"`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		_, found, err := a.advice(cmd, &f)
		if err != nil {
			return view.Document{}, err
		}
		if f.explain != "" {
			one, err := findAdvice(found, f.explain)
			return report.AdviceExplained(found, one), err
		}
		exceeded := f.limit != nil && found.Combined.Saving.GreaterThan(*f.limit)
		look := report.AdviceLook{Dismissed: f.dismissed, All: cmd.Flags().Changed("min-saving")}
		return report.Advice(found, look), passes(!exceeded)
	})
	a.ledgerFlags(cmd)
	a.periodFlags(cmd, unsaid{period: "the 30 days up to --to", to: "where the data ends"})
	flags := cmd.Flags()
	patternFlag(cmd, &f.tenants, spend.ByTenant)
	a.parsedListFlag(cmd, "kind", "only these `KINDS`, comma-separated (repeatable): "+strings.Join(kindWords(), ", "),
		func(text string) error {
			for word := range strings.SplitSeq(text, ",") {
				kind, err := advise.ParseKind(strings.TrimSpace(word))
				if err != nil {
					return err
				}
				f.request.Kinds = append(f.request.Kinds, kind)
			}
			return nil
		})
	a.parsedFlag(cmd, "min-saving", "", "leave out what saves less than this many `DOLLARS` a month",
		func(text string) error {
			var least scalar.Dollars
			err := least.ParseScalar(text)
			f.request.Least = least.Decimal
			return err
		})
	a.parsedFlag(cmd, "idle-timeout", "",
		"idle timeout in force, a `DURATION` such as 300s, where MicroVMs' own is not recorded",
		func(text string) (err error) {
			f.request.IdleTimeout, err = wholeSeconds(text, idle.LeastTimeout)
			return err
		})
	a.parsedFlag(cmd, "fail-above", "", "exit with 1 if all together save more than this many `DOLLARS` a month",
		func(text string) error {
			var limit scalar.Dollars
			err := limit.ParseScalar(text)
			f.limit = &limit.Decimal
			return err
		})
	flags.StringVar(&f.explain, "explain", "", "show the bill beside the changed one of the advice with this `ID`")
	flags.BoolVar(&f.dismissed, "dismissed", false, "list what has been dismissed, with who, when and why")
	cmd.AddCommand(a.dismissCommand(), a.restoreCommand())
	return cmd
}

func kindWords() (words []string) {
	for _, kind := range advise.Kinds() {
		words = append(words, string(kind))
	}
	return words
}

// advice works out what to change.
func (a *app) advice(cmd *cobra.Command, f *adviseFlags) (serve.Inputs, *advise.Report, error) {
	ctx := cmd.Context()
	in, err := a.measured(ctx)
	if err != nil {
		return in, nil, err
	}
	request := f.request
	request.Now = a.today()
	if request.Tenants, err = tenants.ParsePatterns(f.tenants); err != nil {
		return in, nil, fmt.Errorf("--tenant: %w", err)
	}
	if in.Source, err = a.inTimeZone(in.Source); err != nil {
		return in, nil, err
	}
	loc := in.Source.Zone(nil)
	if request.From, request.To, err = a.bounds(loc); err != nil {
		return in, nil, err
	}
	if !request.From.IsZero() {
		a.noteBeyond(ctx, request.From, cmp.Or(request.To, request.From.AddDate(0, 0, 30)), loc)
	}
	today := civil.DayOf(request.Now, loc)
	named := spend.Request{ // where names are looked for first; then it is the whole ledger
		From: (today - 30).Start(loc), To: (today + 1).Start(loc),
		By: []spend.Dimension{spend.ByTenant}, Filter: spend.Filter{Tenants: request.Tenants},
	}
	if err := a.checkNames(ctx, in.Source, named); err != nil {
		return in, nil, err
	}
	inputs, err := a.adviceInputs(in)
	if err != nil {
		return in, nil, err
	}
	found, err := advise.Make(ctx, inputs, request)
	return in, found, err
}

// adviceInputs is what advice on a ledger is worked out from.
func (a *app) adviceInputs(in serve.Inputs) (advise.Inputs, error) {
	market, err := a.market()
	return advise.Inputs{
		Source: in.Source, Prices: market.Prices, Regions: market.Cards.Regions(), Records: in.Ledger.Records,
		Launched: func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error) {
			return lifecycle.Read(ctx, in.Ledger, from, to)
		},
		Dismissed: func(ctx context.Context) (advise.Dismissals, error) { return advise.ReadDismissals(ctx, in.Ledger) },
		Info:      in.Ledger.Info,
	}, err
}

// advisedInputs is spendInputs for pages, which have advice.
func (a *app) advisedInputs(ctx context.Context) (serve.Inputs, error) {
	in, err := a.spendInputs(ctx)
	if err != nil {
		return in, err
	}
	inputs, err := a.adviceInputs(in)
	in.Advice = &inputs
	return in, err
}

// findAdvice finds a piece, or a part of one, by its id, dismissed or not.
func findAdvice(found *advise.Report, id string) (advise.Advice, error) {
	for _, one := range slices.Concat(found.Advice, found.Dismissed) {
		if one.ID == id {
			return one, nil
		}
		for _, part := range one.Parts {
			if part.ID == id {
				return part, nil
			}
		}
	}
	return advise.Advice{}, fmt.Errorf("there is no advice %.80q; microspend advise lists what there is", id)
}

func (a *app) dismissCommand() *cobra.Command {
	var f adviseFlags
	reason := ""
	cmd := a.command(&cobra.Command{
		Use:   "dismiss ID",
		Short: "Remove advice from the list, with a reason",
		Long: `dismiss stores the ID, the reason, and who gave it and when, with the ledger, so that everyone who uses the ledger
sees the same list. The advice comes back when it would save twice what it does now. microspend advise lists the
IDs.`,
		Example: `  microspend advise dismiss qz4w7m3a --reason "data must stay in the EU"
  # What has been dismissed, by whom and why
  microspend advise --dismissed`,
		Args: exactly(1, "the ID of a piece of advice"),
	}, func(cmd *cobra.Command, args []string) error {
		_, found, err := a.advice(cmd, &f)
		if err != nil {
			return err
		}
		one, err := findAdvice(found, args[0])
		if err != nil {
			return err
		}
		if err = a.dismiss(cmd.Context(), one, reason); err == nil {
			fmt.Fprintf(a.notes, "dismissed %s: %s, $%s a month\n", one.ID, one.Subject,
				figures.Fixed(one.Saving, view.CentPlaces))
		}
		return err
	})
	a.ledgerFlags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why not, in a `TEXT` that others will read")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

func (a *app) restoreCommand() *cobra.Command {
	cmd := a.command(&cobra.Command{
		Use:     "restore ID",
		Short:   "Put dismissed advice back on the list",
		Long:    `restore lists a dismissed piece of advice again. microspend advise --dismissed lists the IDs.`,
		Example: `  microspend advise restore qz4w7m3a`,
		Args:    exactly(1, "the ID of a piece of advice"),
	}, func(cmd *cobra.Command, args []string) error {
		if _, err := a.openLedger(cmd.Context()); err != nil { // which must be there already
			return err
		}
		err := a.restore(cmd.Context(), args[0])
		if err == nil {
			fmt.Fprintf(a.notes, "restored %s\n", args[0])
		}
		return err
	})
	a.ledgerFlags(cmd)
	return cmd
}

// dismiss keeps a no to a piece of advice with the ledger.
func (a *app) dismiss(ctx context.Context, of advise.Advice, reason string) error {
	dismissal := advise.Dismissal{
		ID: of.ID, Kind: of.Kind, Subject: of.Subject, Saving: of.Saving, Reason: reason, By: a.userName(), At: a.now(),
	}
	return a.writeLedger(ctx, ledger.Options{Command: "microspend advise dismiss"},
		func(ctx context.Context, writer ledger.Store) error { return advise.Dismiss(ctx, writer, dismissal) })
}

func (a *app) restore(ctx context.Context, id string) error {
	return a.writeLedger(ctx, ledger.Options{Command: "microspend advise restore"},
		func(ctx context.Context, writer ledger.Store) error { return advise.Restore(ctx, writer, id) })
}

// dismissInDash is how the dashboard says no, and takes it back where there is no reason.
func (a *app) dismissInDash(ctx context.Context, of advise.Advice, reason string) error {
	if reason == "" {
		return a.restore(ctx, of.ID)
	}
	return a.dismiss(ctx, of, reason)
}

// userName is who runs the program, as far as the environment says.
func (a *app) userName() string {
	return cmp.Or(a.env("USER"), a.env("LOGNAME"), a.env("USERNAME"))
}
