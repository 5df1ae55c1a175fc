package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/collector"
	"microspend/collector/sources"
	"microspend/collector/status"
	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/internal/scalar"
	"microspend/ledger"
	"microspend/report"
	"microspend/view"
)

func (a *app) collectStatusCommand() *cobra.Command {
	var (
		maxAge time.Duration
		strict bool
	)
	cmd := a.printing(&cobra.Command{
		Use:   "status",
		Short: "Show how collection is going; exit with 1 if it fails",
		Long: `status shows when each source, account and region was last read and up to when, what is missing, and what API calls
have cost. It reads what runs left next to the ledger: it calls nothing at AWS, and works while a collector runs.

It exits with 1 if the last run failed or was stopped, if something could not be read or is further behind than
--max-age, or if a gap is open that has not been accepted (collect gaps accept). Quarantined data is shown, and
counts with --strict.`,
		Example: `  microspend collect status
  # For monitoring: at most 2 hours behind
  microspend collect status --max-age 2h --format json`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		s, err := status.Read(cmd.Context(), opened, a.now(), maxAge)
		if err != nil {
			return view.Document{}, err
		}
		problems := s.Problems(strict)
		return report.CollectStatus(s, problems), passes(len(problems) == 0)
	})
	a.parsedFlag(cmd, "max-age", "", "how far behind what is read may be, as a `DURATION` such as 2h (default 3 "+
		"intervals of --every and 30m; 26h without)", func(text string) error {
		var d scalar.Duration
		if err := d.ParseScalar(text); err != nil {
			return err
		}
		if maxAge = d.Length(); maxAge <= 0 {
			return errors.New("must be longer than zero")
		}
		return nil
	})
	cmd.Flags().BoolVar(&strict, "strict", false, "also exit with 1 if something is quarantined that was not accepted")
	a.ledgerFlags(cmd)
	return cmd
}

// findingFlags select open gaps and what is quarantined.
type findingFlags struct {
	source      string
	before      time.Time
	quarantined bool
}

func (f *findingFlags) addTo(a *app, cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.source, "source", "", "only of this `SOURCE`: "+strings.Join(sources.Names(), ", "))
	cmd.Flags().BoolVar(&f.quarantined, "quarantined", false, "also what is quarantined")
	a.parsedFlag(cmd, "before", "", "only what ends before this UTC `DAY`", func(text string) error {
		day, err := civil.Parse(text)
		f.before = day.UTC()
		return err
	})
}

// check refuses a source that there is none of.
func (f findingFlags) check() error {
	if f.source != "" && !slices.Contains(sources.Names(), f.source) {
		return fmt.Errorf("--source: unknown source %.40q; valid sources: %s", f.source, strings.Join(sources.Names(), ", "))
	}
	return nil
}

func (f findingFlags) match(of report.Finding) bool {
	return (f.source == "" || f.source == of.Source) &&
		(f.before.IsZero() || !of.Window.To.IsZero() && !of.Window.To.After(f.before)) &&
		(of.Kind != "quarantined" || f.quarantined)
}

func (a *app) collectGapsCommand() *cobra.Command {
	var (
		which    findingFlags
		accepted bool
	)
	cmd := a.printing(&cobra.Command{
		Use:   "gaps",
		Short: "List what could not be read",
		Long: `gaps lists what could not be read, with its ID, how often it was tried and when it will be tried again. Each run of
collect that it is due for tries it again, until it is read, the service no longer has it, or you accept that it is
missing. Times that a run skipped with --from are listed as well; the next run reads them. A --backfill that failed
stays listed until it is repeated or accepted.`,
		Example: `  microspend collect gaps
  # Also data that was quarantined, for a spreadsheet
  microspend collect gaps --quarantined --format csv
  # What has been accepted, and why
  microspend collect gaps --accepted`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		all, _, err := a.findings(cmd.Context(), which)
		if err != nil {
			return view.Document{}, err
		}
		title := "Open gaps"
		if accepted {
			title = "Accepted gaps"
		}
		all = slices.DeleteFunc(all, func(f report.Finding) bool { return f.Accepted.IsZero() == accepted })
		return report.Findings(title, all), nil
	})
	which.addTo(a, cmd)
	cmd.Flags().BoolVar(&accepted, "accepted", false, "those that were accepted, instead of the open ones")
	a.ledgerFlags(cmd)
	cmd.AddCommand(a.collectAcceptCommand())
	return cmd
}

// findings lists what the flags select, and everything that there is.
func (a *app) findings(ctx context.Context, which findingFlags) (selected, all []report.Finding, err error) {
	if err := which.check(); err != nil {
		return nil, nil, err
	}
	opened, err := a.openLedger(ctx)
	if err != nil {
		return nil, nil, err
	}
	states, err := collector.States(ctx, opened)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range states {
		if s.Fault != "" {
			fmt.Fprintf(a.err, "microspend: %s, %s: %s\n", s.Source, s.Target, view.Visible(s.Fault))
		}
		for _, g := range s.Gaps {
			all = append(all, report.GapFinding(s.Source, g))
		}
		for _, g := range s.Owed {
			all = append(all, report.OwedFinding(s.Source, g))
		}
		for _, k := range s.Quarantined {
			all = append(all, report.QuarantineFinding(s.Source, k))
		}
	}
	for _, f := range all {
		if which.match(f) {
			selected = append(selected, f)
		}
	}
	return selected, all, nil
}

func (a *app) collectAcceptCommand() *cobra.Command {
	var (
		which   findingFlags
		every   bool
		because string
	)
	cmd := a.printing(&cobra.Command{
		Use:   "accept [ID]…",
		Short: "Accept that data is missing, and stop retrying it",
		Long: `accept closes open gaps, and times that were skipped: collect no longer tries to read them, and collect status no
longer reports them. The data stays missing in the ledger. Name gaps by the IDs that collect gaps lists, or select
them with --all, --before or --source; with --quarantined, quarantined data is accepted as well. The reason is
stored; collect gaps --accepted shows it.`,
		Example: `  microspend collect gaps accept 3f9a2c41d0 --because "log group deleted by mistake"
  # Everything before a day
  microspend collect gaps accept --before 2026-10-01 --because "before we began"`,
		Args: cobra.ArbitraryArgs,
	}, func(cmd *cobra.Command, ids []string) (view.Document, error) {
		selects := every || which.source != "" || !which.before.IsZero()
		switch {
		case strings.TrimSpace(because) == "":
			return view.Document{}, errors.New("--because is needed: say why, for whoever asks later")
		case len(ids) > 0 && selects:
			return view.Document{}, errors.New("give either ids, or --all, --before or --source")
		case len(ids) == 0 && !selects:
			return view.Document{}, errors.New("say what to accept: ids as collect gaps lists them, --all, --before or --source")
		}
		selected, all, err := a.findings(cmd.Context(), which)
		if err != nil {
			return view.Document{}, err
		}
		if len(ids) > 0 {
			if selected, err = named(ids, all); err != nil {
				return view.Document{}, err
			}
		}
		return a.accept(cmd.Context(), selected, because)
	})
	which.addTo(a, cmd)
	cmd.Flags().BoolVar(&every, "all", false, "all open gaps")
	cmd.Flags().StringVar(&because, "because", "", "the `REASON`, which is kept")
	a.ledgerFlags(cmd)
	return cmd
}

// named finds what ids name. Those that name nothing are all reported.
func named(ids []string, all []report.Finding) (found []report.Finding, err error) {
	var faults []error
	for _, id := range ids {
		i := slices.IndexFunc(all, func(f report.Finding) bool { return f.ID == id })
		if i < 0 {
			faults = append(faults, fmt.Errorf("there is no gap %.40q; collect gaps lists them", id))
			continue
		}
		found = append(found, all[i])
	}
	return found, errors.Join(faults...)
}

func (a *app) accept(ctx context.Context, selected []report.Finding, because string) (view.Document, error) {
	of, err := a.collectLedger()
	if err != nil {
		return view.Document{}, err
	}
	ids := map[string]bool{}
	for _, f := range selected {
		ids[f.ID] = true
	}
	gaps, quarantined, err := collector.Accept(ctx, of,
		ledger.Options{Now: a.now, Command: "microspend collect gaps accept"}, a.now(), collector.Acceptance{
			Because:    because,
			Gap:        func(_ string, g collector.OpenGap) bool { return ids[g.ID] },
			Quarantine: func(_ string, k collector.KnownQuarantine) bool { return ids[k.ID] },
		})
	if err != nil {
		return view.Document{}, err
	}
	var accepted []report.Finding
	for _, f := range selected {
		if slices.ContainsFunc(gaps, func(g collector.OpenGap) bool { return g.ID == f.ID }) ||
			slices.ContainsFunc(quarantined, func(k collector.KnownQuarantine) bool { return k.ID == f.ID }) {
			f.Accepted, f.Because = a.now().UTC(), because
			accepted = append(accepted, f)
		}
	}
	return report.Findings("Accepted "+figures.Count(len(accepted), "finding"), accepted), nil
}
