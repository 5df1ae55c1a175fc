package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"microspend/collector/watch"
	"microspend/config"
	"microspend/fleet"
	"microspend/internal/nearest"
	"microspend/internal/simulate"
	"microspend/report"
	"microspend/serve"
	"microspend/tui"
	"microspend/tui/table"
	"microspend/usage"
	"microspend/view"
)

// topFlags are the flags of top.
type topFlags struct {
	targets           collectFlags // of these, which accounts and regions to look at
	demo, once, plain bool
	watch, timeout    time.Duration
	filters           []string
	sort              string
	reverse, ended    bool
	limit             int
	seed              uint64

	seen     *fleet.Snapshot // what was printed last
	document view.Document
	line     []byte // of JSON; nil where it has yet to be made

	unmatched []string // names in the filter that nothing has, where nothing is shown
}

func (a *app) topCommand() *cobra.Command {
	var f topFlags
	cmd := &cobra.Command{
		Use:   "top [FILTER…]",
		Short: "Show the MicroVMs that run now and what they cost an hour",
		Long: `top asks the MicroVM API which MicroVMs there are and shows what each costs an hour, what it has cost so far and
how long it may still run. Figures from the ledger are exact; newer ones follow from states and sizes and are
marked with ≈.

Accounts, regions and credentials are those of collect in microspend.yaml. top writes nothing, and its API calls
are free. If an account or region cannot be read, top names it on standard error, shows what was last known of it,
and exits with 3.

A FILTER has terms that must all match: state=running, age>7h, idle>5m, tenant=acme, burn>0.5, or part of a name.
Columns are id, state, tenant, image, version, arch, region, account, role, age, left, cap, running, suspended,
idle, suspends_in, burn and spent.

On a terminal, top opens the live view of the dashboard; --once prints a table instead, as does any flag about what
to print. --demo shows the fleet of microspend demo, without AWS.`,
		Example: `  # Without AWS
  microspend top --demo
  # The dashboard's live view of your accounts
  microspend top
  # What has run for more than 7 hours, as a table
  microspend top --once state=running 'age>7h'
  # Every 5 seconds, one JSON document per line
  microspend top --watch 5s --format json tenant=acme`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.filters = append(f.filters, args...)
			if err := f.check(cmd); err != nil {
				return err
			}
			return a.top(cmd.Context(), &f)
		},
	}
	a.ledgerFlags(cmd)
	a.output.addTo(cmd)
	f.targets.addTargets(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.demo, "demo", false, "play the fleet of microspend demo instead of asking AWS")
	flags.Uint64Var(&f.seed, "seed", 1, "random `SEED` of --demo")
	flags.BoolVar(&f.once, "once", false, "look once and exit (default where the output is not a terminal)")
	flags.DurationVar(&f.watch, "watch", 0, "look again at this `INTERVAL`, 1s or more; JSON has a line for each look")
	flags.DurationVar(&f.timeout, "timeout", 30*time.Second, "longest `TIME` that one look may take")
	flags.StringArrayVar(
		&f.filters,
		"filter",
		nil,
		"show only what this `FILTER` chooses, such as 'state=running age>7h' "+
			"(repeatable)",
	)
	flags.StringVar(&f.sort, "sort", sortedBy, "`COLUMN` to sort by: figures from the largest, names from the first")
	flags.BoolVar(&f.reverse, "reverse", false, "sort the other way round")
	flags.IntVar(&f.limit, "limit", 0, "show the first `N` only")
	flags.BoolVar(&f.ended, "ended", false, "also list MicroVMs that have ended (JSON, CSV and filters always do)")
	flags.BoolVar(
		&f.plain,
		"plain",
		false,
		"plain text without the dashboard, and without clearing the screen for --watch",
	)
	return cmd
}

func (f *topFlags) check(cmd *cobra.Command) error {
	var faults []error
	if cmd.Flags().Changed("watch") && f.watch < time.Second {
		faults = append(faults, fmt.Errorf("--watch: %v is shorter than 1s", f.watch))
	}
	if f.watch != 0 && f.once {
		faults = append(faults, errors.New("--watch cannot be combined with --once"))
	}
	if f.timeout < time.Second {
		faults = append(faults, fmt.Errorf("--timeout: %v is shorter than 1s", f.timeout))
	}
	if f.limit < 0 {
		faults = append(faults, fmt.Errorf("--limit: %d is below zero", f.limit))
	}
	return errors.Join(faults...)
}

// patience is how long a look waits for one account and region: a single look for as long as it may, one of many for a
// while.
func (f *topFlags) patience() time.Duration {
	if f.watch > 0 {
		return 0
	}
	return f.timeout
}

func (a *app) top(ctx context.Context, f *topFlags) error {
	now, release, err := a.fleetNow(ctx, f)
	if err != nil {
		return err
	}
	defer release()
	if a.opensDash(f) {
		if opened, err := a.topDash(ctx, now, f); opened || err != nil {
			return err
		}
	}
	if f.watch == 0 {
		err, _ := a.topLook(ctx, now, f)
		return err
	}
	return a.topWatch(ctx, now, f)
}

// opensDash reports whether top opens the dashboard: on a terminal, unless something is asked for that is printed.
func (a *app) opensDash(f *topFlags) bool {
	printed := f.once || f.plain || f.watch > 0 || f.limit > 0 || f.ended || f.sort != sortedBy || f.reverse ||
		namesFile(a.output.file) || a.output.format != string(view.FormatTable) ||
		a.env("TERM") == "dumb"
	return !printed && a.onTerminal()
}

// topDash opens the dashboard in its live view. It reports false where there is no ledger, without which the dashboard
// has nothing else to show.
func (a *app) topDash(ctx context.Context, now *fleet.Fleet, f *topFlags) (opened bool, err error) {
	in, err := a.spendInputs(ctx)
	if errors.Is(err, errNoLedger) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	options, err := a.dashOptions(ctx, in, dashFlags{view: liveView, refresh: refreshEvery, stale: staleAfter})
	if err != nil {
		return false, err
	}
	a.usage = nil // the dashboard shows damage while it is open
	options.Live, options.LiveEvery, options.Filter = now, tui.LiveEvery, strings.Join(f.filters, " ")
	return true, a.runDash(ctx, options)
}

const (
	liveView = "live" // the dashboard's view of the fleet
	sortedBy = "burn" // unless --sort says otherwise
)

// topLook looks once and prints what it found. It reports whether there was anything to print.
func (a *app) topLook(ctx context.Context, now *fleet.Fleet, f *topFlags) (err error, looked bool) {
	bounded, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	snapshot, err := now.Refresh(bounded)
	switch {
	case ctx.Err() != nil:
		return errInterrupted, false
	case errors.Is(err, context.DeadlineExceeded):
		return a.outside(fmt.Errorf("there was no answer within %v; --timeout waits longer", f.timeout)), false
	case err != nil:
		return a.outside(err), false
	}
	if snapshot != f.seen { // else there is nothing new, as between two listings of a large fleet
		chosen, err := f.choose(snapshot, a.output.format)
		if err != nil {
			return err, false
		}
		f.seen, f.document, f.line = snapshot, report.Top(snapshot, chosen), nil
		for _, note := range f.unmatched {
			fmt.Fprintln(a.notes, note)
		}
		f.unmatched = nil
	}
	if err := a.printTop(f.document, f); err != nil {
		return err, false
	}
	return a.topFaults(snapshot), true
}

// topFaults names what could not be told.
func (a *app) topFaults(s *fleet.Snapshot) (err error) {
	for i := range s.Places {
		if text := report.PlaceTrouble(s, &s.Places[i]); text != "" {
			err = a.outside(errors.New(text))
		} else if s.Places[i].Lacks != "" {
			err = errOutside // the notes name it
		}
	}
	return err
}

// printTop prints a look: whole, or for --watch as one of many.
func (a *app) printTop(d view.Document, f *topFlags) error {
	if f.watch == 0 {
		return a.print(d)
	}
	if view.Format(a.output.format) == view.FormatJSON {
		if f.line == nil {
			line, err := d.JSON.(view.Object).MarshalJSON()
			if err != nil {
				return err
			}
			f.line = append(line, '\n')
		}
		_, err := a.out.Write(f.line)
		return err
	}
	lead := ""
	if file, ok := a.out.(*os.File); ok && term.IsTerminal(file.Fd()) && !f.plain && a.env("TERM") != "dumb" {
		lead = "\x1b[H\x1b[2J\x1b[3J"
	}
	if _, err := fmt.Fprint(a.out, lead); err != nil {
		return err
	}
	if err := a.print(d); err != nil {
		return err
	}
	if lead == "" {
		_, err := fmt.Fprintln(a.out)
		return err
	}
	return nil
}

// topWatch looks again and again until it is interrupted. A look that fails ends it only where it is the first: the
// next may succeed.
func (a *app) topWatch(ctx context.Context, now *fleet.Fleet, f *topFlags) error {
	if namesFile(a.output.file) {
		return errors.New("--watch cannot be combined with --output; redirect standard output instead")
	}
	for first := true; ; first = false {
		began := time.Now()
		switch err, looked := a.topLook(ctx, now, f); {
		case errors.Is(err, errInterrupted), first && err != nil && !looked:
			return err
		case err != nil && !errors.Is(err, errOutside): // of the filter, or of writing
			return err
		}
		select {
		case <-ctx.Done():
			return errInterrupted
		case <-time.After(max(f.watch-time.Since(began), 0)):
		}
	}
}

// choose filters and sorts what was found, by the rules of the dashboard's tables.
func (f *topFlags) choose(s *fleet.Snapshot, format string) ([]*fleet.MicroVM, error) {
	text := strings.Join(f.filters, " ")
	var all []*fleet.MicroVM
	shown := f.ended || text != "" || format == string(view.FormatJSON) || format == string(view.FormatCSV)
	for i := range s.MicroVMs {
		if m := &s.MicroVMs[i]; shown || m.State != watch.Terminated {
			all = append(all, m)
		}
	}
	columns := topTable(s, all)
	by := slices.IndexFunc(columns, func(c table.Column) bool { return f.sort == c.ID || f.sort == c.Word })
	if by < 0 {
		return nil, fmt.Errorf("--sort: no column %.40q; columns are %s%s", f.sort, strings.Join(topNames(columns), ", "),
			nearest.Meant(f.sort, topNames(columns)))
	}
	down := (columns[by].Align != view.Left) != f.reverse
	if text == "" { // nothing else is looked at, and a large fleet is looked at again and again
		columns = columns[by : by+1]
	}
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = strings.Join([]string{m.Account, m.Region, m.ID}, "/")
	}
	content := table.New(columns, ids, nil, "")
	filter, err := table.ParseFilter(text, content)
	if err != nil {
		return nil, fmt.Errorf("--filter: %w", err)
	}
	look := table.State{Sort: f.sort, Down: down}
	look.SetContent(content)
	look.SetFilter(text)
	chosen := make([]*fleet.MicroVM, 0, look.Shown())
	for _, row := range look.Rows() {
		if f.limit > 0 && len(chosen) == f.limit {
			break
		}
		chosen = append(chosen, all[row])
	}
	if len(chosen) == 0 {
		f.unmatched = filter.Unmatched(content)
	}
	return chosen, nil
}

// topTable is what filters and orders see: every column, also those that a table has no room for.
func topTable(s *fleet.Snapshot, all []*fleet.MicroVM) (columns []table.Column) {
	words := report.TopWords()
	for _, c := range report.TopColumns(s) {
		align := c.Align
		if c.Unit == view.Dollar {
			align = view.Decimal
		}
		columns = append(columns, table.Column{Word: words[c.ID], Column: view.Column[int]{
			ID: c.ID, Title: c.Title, Align: align, Value: func(row int) view.Value { return c.Value(all[row]) },
		}})
	}
	return columns
}

func topNames(columns []table.Column) (names []string) {
	for _, c := range columns {
		names = append(names, cmp.Or(c.Word, c.ID))
	}
	return names
}

// fleetNow is the fleet that top and the dashboard look at: the demo's, or that of the accounts and regions of collect.
// What it returns lets go of what a demo needed.
func (a *app) fleetNow(ctx context.Context, f *topFlags) (*fleet.Fleet, func(), error) {
	if f.demo {
		return a.demoFleet(ctx, simulate.Fleet{Seed: f.seed})
	}
	watcher, err := a.watcher(ctx, f.targets, f.patience(), a.askForCode())
	if err != nil {
		return nil, nil, err
	}
	made, err := a.fleetOf(ctx, watcher)
	return made, func() {}, err
}

// fleetOf joins a watcher with the ledger and the configuration. There need not be a ledger yet.
func (a *app) fleetOf(ctx context.Context, watcher watch.Watcher) (*fleet.Fleet, error) {
	in, err := a.spendInputs(ctx)
	if err != nil && !errors.Is(err, errNoLedger) {
		return nil, err
	}
	a.usage = nil // damage is told by what needs the days in question
	return fleetOver(in, watcher), nil
}

func fleetOver(in serve.Inputs, watcher watch.Watcher) *fleet.Fleet {
	options := fleet.Options{Watcher: watcher, Source: in.Source}
	if in.Ledger == nil {
		options.Source.Usage = nil
	} else {
		options.Fingerprint = in.Ledger.Fingerprint
	}
	return fleet.New(options)
}

// demoFleet is the demo's fleet, on a ledger of its own that has what led up to now. Where --as-of says which day it
// is, it is late in the morning.
func (a *app) demoFleet(ctx context.Context, of simulate.Fleet) (made *fleet.Fleet, release func(), err error) {
	clock := a.demoClock()
	of.End = clock()
	if a.flags.ledger != "" {
		made, err = a.fleetOf(ctx, of.Live(clock))
		return made, func() {}, err
	}
	folder, err := os.MkdirTemp("", "microspend-demo-")
	if err != nil {
		return nil, nil, err
	}
	remove := func() { _ = os.RemoveAll(folder) }
	a.flags.ledger, a.flags.config = filepath.Join(folder, "ledger"), filepath.Join(folder, config.Name)
	if err = writeDemoFiles(folder, of); err == nil {
		_, err = a.writeDemo(ctx, slices.Values([][]usage.Record{of.Recent(clock())}), nil)
	}
	if err == nil {
		made, err = a.fleetOf(ctx, of.Live(clock))
	}
	if err != nil {
		remove()
	}
	return made, remove, err
}

// demoMorning is when in the day of --as-of it is in the demo.
const demoMorning = 11*time.Hour + 42*time.Minute

func (a *app) demoClock() func() time.Time {
	if a.asOf.IsZero() {
		return a.now
	}
	return func() time.Time { return a.asOf.Add(demoMorning) }
}
