// Package data reads what the dashboard shows: it asks package spend, adds up and puts into order, all of it away from
// the screen. It is the program's own and promises nothing. What it returns is not changed any more and can be drawn at
// any time.
//
// Money is in US dollars, exact decimals, and only ever added up here; every price is from package pricing. Series for
// sparklines and charts are floats, as they are pictures. An amount that is not known is never shown as zero.
package data

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/tenants"
	"microspend/tui/draw"
	"microspend/usage"
	"microspend/view"
)

// Reader reads from the ledger by way of package spend. It may be used by several goroutines.
type Reader struct {
	Source      spend.Source
	BudgetSet   budget.Set
	AnomalyRule anomaly.Rule
	Prices      pricing.PriceBook
	Regions     []string // those with a rate card, for a what-if
	// Info sums up the ledger's days; nil where there is no ledger.
	Info func(ctx context.Context) (ledger.Info, error)
	// Records gives the ledger's records one by one, for the single pauses in them; nil where there are none to be had.
	Records func(ctx context.Context, from, to time.Time) iter.Seq2[usage.Record, error]
	// Launched reads what MicroVMs of a time were launched with; nil where nothing keeps it.
	Launched func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error)
	// Dismissed reads which advice somebody has said no to; nil where nothing keeps it. Dismiss says no, or takes it
	// back where the reason is empty; nil where that cannot be written.
	Dismissed func(ctx context.Context) (advise.Dismissals, error)
	Dismiss   func(ctx context.Context, of advise.Advice, reason string) error
	// Fingerprint changes when the ledger does; nil for a ledger that never does.
	Fingerprint func(context.Context) (string, error)
}

// Location is where days are cut.
func (r *Reader) Location() *time.Location { return r.Source.Zone(nil) }

// Scope narrows what is looked at, by drilling down: a name of each dimension, nil where it is not narrowed. Time is
// narrowed by periods instead.
type Scope [spend.DimensionCount]*string

func (s Scope) filter() spend.Filter {
	var f spend.Filter
	for _, d := range spend.NamedDimensions() {
		if s[d] != nil {
			*f.Of(d) = []tenants.Pattern{tenants.Exactly(*s[d])}
		}
	}
	return f
}

// Query says what a listing is of.
type Query struct {
	Period Period
	By     []spend.Dimension
	Scope  Scope
	Most   int // keep the N largest rows and fold the rest into one; 0 keeps all
}

// Listing is spend by some dimensions, with what is shown beside it.
type Listing struct {
	Query Query
	Spend spend.Spend

	Names   [][]string // of each dimension, safe to show, for each row
	Columns []view.Column[*spend.Row]
	Trends  *Trends // shared with other listings, and perhaps not read yet; nil where there are none
}

// Label is the period in words, and which months of it are closed.
func (l *Listing) Label() string {
	label := l.Query.Period.Label(l.Spend.Location)
	closed := l.Spend.Closed
	if len(closed) == 1 && closed[0].From.Equal(l.Query.Period.From) && closed[0].To.Equal(l.Query.Period.To) {
		return label + ", closed"
	}
	for _, month := range closed {
		label += ", " + month.Month + " closed"
	}
	return label
}

// Text is a figure of a row as it is shown, "" where the listing has no such column.
func (l *Listing) Text(column string, row int) string {
	if c := view.Pick(l.Columns, column); len(c) > 0 {
		return c[0].Value(&l.Spend.Rows[row]).String()
	}
	return ""
}

// Listing reads spend, and what it is compared with.
func (r *Reader) Listing(ctx context.Context, q Query, at Moment) (*Listing, error) {
	loc := r.Location()
	// A MicroVM lives for hours, so there is no time before to compare it with; nor is there in a period without data
	// yet.
	previous := !slices.Contains(q.By, spend.ByMicroVM) && at.AsOf.After(q.Period.From)
	found, err := r.Source.Report(ctx, spend.Request{
		From: q.Period.From, To: q.Period.To, By: q.By, Location: loc, Filter: q.Scope.filter(), Sort: spend.SortAmount,
		Previous: previous, Top: q.Most, Lump: true, Counts: true, Restated: true,
	})
	if err != nil {
		return nil, err
	}
	look := report.SpendLook{Counts: true}
	if slices.Contains(q.By, spend.ByMicroVM) {
		look.Places = 4 // one MicroVM costs cents
	}
	l := &Listing{Query: q, Spend: found, Columns: report.SpendColumns(found, look)}
	l.Names = make([][]string, len(q.By))
	for d, dimension := range q.By {
		l.Names[d] = make([]string, len(found.Rows))
		for i := range found.Rows {
			l.Names[d][i] = shownName(&found.Rows[i], dimension) + at.running(found.Rows[i].Key, dimension, loc)
		}
	}
	return l, nil
}

// running marks the day, the week or the month that data ends within: " until 21:00". It is "" for all other rows.
func (m Moment) running(row spend.Key, d spend.Dimension, loc *time.Location) string {
	label := func(at time.Time) string {
		switch day := civil.DayOf(at, loc); d {
		case spend.ByDay:
			return day.String()
		case spend.ByWeek:
			return day.Week()
		case spend.ByMonth:
			return day.Month()
		default:
			return ""
		}
	}
	last := label(m.AsOf.Add(-time.Nanosecond))
	if row.Kind == spend.KindOther || last == "" || row.Value(d) != last || label(m.AsOf) != last {
		return ""
	}
	if d == spend.ByDay {
		return m.AsOf.In(loc).Format(" until 15:04")
	}
	return m.AsOf.In(loc).Format(" until 2 Jan 15:04")
}

// shownName is a name as it is shown: what is not known, and what is empty, says so.
func shownName(row *spend.Row, d spend.Dimension) string {
	name := row.Name(d)
	switch {
	case name != "" && d == spend.ByDay && row.Kind != spend.KindOther:
		if day, err := time.Parse(time.DateOnly, name); err == nil {
			return name + day.Format(" Mon")
		}
		return draw.Name(name)
	case name != "":
		return draw.Name(name)
	case row.Kind == spend.KindOther:
		return ""
	case d == spend.ByImage, d == spend.ByAccount, d == spend.ByArch:
		return "(unknown)"
	case d == spend.ByComponent:
		return "(nothing used)"
	default:
		return "–"
	}
}

// Status is how far the data goes, as of a moment.
type Status struct {
	Now         time.Time // the moment
	Fingerprint string
	AsOf        time.Time // zero where there is no data in the last eight weeks
	Days        *Days     // the last ones; nil where there is no data
}

// ErrChanged says that the ledger was written to while it was read, so that what was read first need not agree with
// what was read last.
var ErrChanged = errors.New("the ledger has changed while it was read")

// Status reads how far the data goes. With [ErrChanged] it is complete, too.
func (r *Reader) Status(ctx context.Context, now time.Time) (Status, error) {
	s := Status{Now: now}
	var err error
	if s.Fingerprint, err = r.Version(ctx); err != nil {
		return s, err
	}
	if s.AsOf, err = r.Source.AsOf(ctx, now); err == nil && !s.AsOf.IsZero() {
		s.Days, err = r.Days(ctx, Moment{now, s.AsOf})
	}
	return s, r.Unchanged(ctx, s.Fingerprint, err)
}

// Unchanged is how a read ended that began when the ledger had a version: in [ErrChanged] where it has another now,
// which may well be why it failed.
func (r *Reader) Unchanged(ctx context.Context, version string, err error) error {
	now, fault := r.Version(ctx)
	switch {
	case fault == nil && now != version:
		return ErrChanged
	case err != nil:
		return err
	}
	return fault
}

// Version is the ledger's fingerprint.
func (r *Reader) Version(ctx context.Context) (string, error) {
	if r.Fingerprint == nil {
		return "", nil
	}
	return r.Fingerprint(ctx)
}

// Damage adds files to a list, each once.
func Damage(have []ledger.DamagedFile, more ...ledger.DamagedFile) []ledger.DamagedFile {
	for _, file := range more {
		if !slices.ContainsFunc(have, func(known ledger.DamagedFile) bool { return known.Path == file.Path }) {
			have = append(have, file)
		}
	}
	return have
}
