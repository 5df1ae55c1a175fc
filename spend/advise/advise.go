package advise

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/spend/whatif"
	"microspend/usage"
)

// Inputs are what advice is worked out from. Launched and Dismissed may be nil.
type Inputs struct {
	Source  spend.Source
	Prices  pricing.PriceBook
	Regions []string // those with a rate card
	// Records gives the ledger's records one by one.
	Records func(ctx context.Context, from, to time.Time) iter.Seq2[usage.Record, error]
	// Launched reads what MicroVMs of a time were launched with.
	Launched func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error)
	// Dismissed reads what somebody has said no to.
	Dismissed func(ctx context.Context) (Dismissals, error)
	// Info is what the ledger has by day, for [ByTheWay]; may be nil.
	Info func(ctx context.Context) (ledger.Info, error)
}

// Request says what advice is wanted on. Its zero value, with Now, is everything that the last 30 days of data support.
type Request struct {
	Now      time.Time
	From, To time.Time // zero for the 30 days before To, and for where the data ends
	Tenants  []tenants.Pattern
	Kinds    []Kind          // none for all
	Least    decimal.Decimal // dollars a month; advice that saves less is left out
	// IdleTimeout is the idle timeout in force where what MicroVMs were launched with is not recorded, in seconds; 0 where
	// nobody knows.
	IdleTimeout int64
}

// Advice is one thing to change.
type Advice struct {
	ID      string // made of kind and subject: the same tomorrow
	Kind    Kind
	Subject string
	Tenant  string // "" where it is about several
	Image   string // likewise
	Region  string

	// Dollars a month: the bill of the usage that it touches, that bill under the change, and what lies between them.
	Actual, Changed, Saving decimal.Decimal
	Low, High               decimal.Decimal // of the saving, where it rests on what is assumed; else both are Saving

	State pricing.State // AtLeast where usage was seen in part: the figures are lower bounds then

	From, To string         // what is changed, in words: 300 s, 180 s
	Change   whatif.Change  // the same for a what-if of the tenant, where it has such a knob
	RestsOn  []pricing.Note // assumptions
	Risk     string
	How      string
	Lines    []whatif.Line       // of both bills, quantity by quantity, a month
	Instead  *whatif.Alternative // nil where it has parts, which have their own

	// Parts are what it is made of where it is about several tenants or images, the largest saving first; nil where it is
	// one. Every figure is the exact sum of theirs.
	Parts []Advice

	Adds bool // it is among those that [Report.Combined] applies
	// Added is what it adds to the saving of Combined: of usage as the pieces applied before it leave it, and so often another
	// figure than Saving. Zero where it adds nothing, and of parts.
	Added    decimal.Decimal
	Overlaps []string // ids of advice on some of the same usage, with which its saving does not add up

	Dismissed *Dismissal // where somebody has said no to it; nil where nobody has, or the saving has doubled since
	Returned  *Dismissal // where somebody had, and the saving has doubled since

	edits []edit
}

// NotJudged is why there is no advice of a kind on something.
type NotJudged struct {
	Kind    Kind
	Reason  string
	Count   int    // of what it is true of
	Example string // one of them; "" where it is all
}

// Combined is what several pieces of advice come to together.
type Combined struct {
	IDs                     []string // in the order in which they were applied, as far as they could be
	Actual, Changed, Saving decimal.Decimal
}

// Report is what to change, the largest saving first.
type Report struct {
	civil.Span
	Location *time.Location
	Advice   []Advice
	// Dismissed are the pieces that somebody has said no to.
	Dismissed []Advice
	NotJudged []NotJudged
	Combined  Combined
	Settings  Combined        // of the pieces that move nothing elsewhere
	Actual    decimal.Decimal // the bill of everything that was looked at, a month
	State     pricing.State
	Damaged   []ledger.DamagedFile
}

// Seconds is the time measured.
func (r *Report) Seconds() int64 { return max(r.Span.Seconds(), 1) }

// Saving is what all advice saves at the most, a month: of advice that overlaps only the first counts.
func (r *Report) Saving() decimal.Decimal { return r.Combined.Saving }

// RestsOn is what some of the advice rests on, each assumption as the first has it.
func (r *Report) RestsOn(all []Advice) []pricing.Note {
	notes := []pricing.Note{r.MonthNote()}
	for _, a := range all {
		for _, n := range a.RestsOn {
			if !slices.ContainsFunc(notes, func(have pricing.Note) bool { return have.ID == n.ID }) {
				notes = append(notes, n)
			}
		}
	}
	return notes
}

// MonthNote says what a month is of which all figures are.
func (r *Report) MonthNote() pricing.Note {
	return assumption.AdviseMonth.Clause(figures.Fixed(
		pricing.Divide(decimal.NewFromInt(r.Seconds()), decimal.NewFromInt(24*pricing.SecondsPerHour), 1), 1) + " days")
}

// fleet is everything that advice is worked out from.
type fleet struct {
	source    spend.Source
	prices    pricing.PriceBook
	request   Request
	span      civil.Span
	cells     []*cell
	byKey     map[cellKey]*cell
	survey    *survey
	card      cards
	regions   []string
	notJudged []NotJudged
	dismissed Dismissals
}

func (f *fleet) find(key cellKey) *cell { return f.byKey[key] }

// Make works out what to change.
func Make(ctx context.Context, in Inputs, request Request) (*Report, error) {
	f, report, err := prepare(ctx, in, request)
	if err != nil || !f.span.From.Before(f.span.To) { // nothing was recorded
		return report, err
	}
	if in.Dismissed != nil {
		if f.dismissed, err = in.Dismissed(ctx); err != nil {
			return nil, err
		}
	}
	finish(f, report)
	return report, ctx.Err()
}

// prepare reads the ledger.
func prepare(ctx context.Context, in Inputs, request Request) (*fleet, *Report, error) {
	f := &fleet{source: in.Source.WithPolicy(spend.OwnRow), prices: in.Prices, request: request, regions: in.Regions}
	report := &Report{Location: in.Source.Zone(nil)}
	var err error
	if f.span, err = request.span(ctx, in.Source); err != nil {
		return nil, nil, err
	}
	if report.Span = f.span; !f.span.From.Before(f.span.To) {
		return f, report, nil
	}
	today := pricing.DateOf(civil.Earlier(request.Now, f.span.To))
	known := map[string]pricing.RateCard{}
	f.card = func(region string) (pricing.RateCard, error) {
		if card, ok := known[region]; ok {
			return card, nil
		}
		card, err := in.Source.Card(region, today)
		known[region] = card
		return card, err
	}
	if report.Damaged, report.State, err = f.sums(ctx); err != nil {
		return nil, nil, err
	}
	return f, report, f.look(ctx, in)
}

// finish works out what was read.
func finish(f *fleet, report *Report) {
	report.Advice = f.advise()
	report.NotJudged = f.notJudged
	report.Actual = f.actual()
	report.part(f.dismissed) // before they are gathered: a part can be dismissed by itself
	report.Advice = slices.DeleteFunc(gather(report.Advice), func(a Advice) bool {
		return a.Saving.LessThan(f.request.Least)
	})
	report.part(f.dismissed)
	overlap(report.Advice)
	report.Settings = f.combine(report.Advice, report.Actual, func(k Kind) bool { return !k.Moves() })
	report.Combined = f.combine(report.Advice, report.Actual, func(Kind) bool { return true })
}

// span is the time to look at: 30 days up to where the data reaches, or what there is of them.
func (r Request) span(ctx context.Context, source spend.Source) (civil.Span, error) {
	asOf, err := source.AsOf(ctx, r.Now)
	if err != nil {
		return civil.Span{}, err
	}
	to := asOf
	if !r.To.IsZero() && (asOf.IsZero() || r.To.Before(asOf)) {
		to = r.To
	}
	from := r.From
	if from.IsZero() {
		from = to.Add(-monthSeconds * time.Second)
	}
	extent, err := source.Usage.Extent(ctx)
	if err != nil {
		return civil.Span{}, err
	}
	if extent.First.IsZero() {
		return civil.Span{}, nil
	}
	return civil.Between(civil.Later(from, extent.First), to), nil
}

// sums reads usage by cell.
func (f *fleet) sums(ctx context.Context) (damaged []ledger.DamagedFile, state pricing.State, err error) {
	found, err := f.source.Report(ctx, spend.Request{
		From: f.span.From, To: f.span.To, Counts: true, Rated: true, Filter: spend.Filter{Tenants: f.request.Tenants},
		By: []spend.Dimension{spend.ByTenant, spend.ByImage, spend.ByRegion, spend.ByArch},
	})
	if err != nil {
		return nil, 0, err
	}
	f.byKey = map[cellKey]*cell{}
	for i := range found.Rows {
		row := &found.Rows[i]
		if row.Card == nil {
			continue // nothing was used
		}
		key := cellKey{spend.OwnerName(row.Tenant, row.Kind), row.Image, row.Region, usage.Arch(row.Arch)}
		part := whatif.Part{Region: row.Region, Card: row.Card, Sum: row.Sum}
		if c := f.byKey[key]; c != nil {
			c.part.Continue(part)
			c.state = c.state.And(row.Measured)
			continue
		}
		c := &cell{cellKey: key, index: len(f.cells), part: part, state: row.Measured}
		f.cells, f.byKey[key] = append(f.cells, c), c
	}
	archs := map[cellKey]*cell{}
	for _, c := range f.cells {
		key := c.cellKey
		key.arch = ""
		if other := archs[key]; other != nil {
			other.twin, c.twin = true, true
		}
		archs[key] = c
	}
	return found.Damaged, found.Total.State(), nil
}

// look reads single records.
func (f *fleet) look(ctx context.Context, in Inputs) error {
	f.survey = &survey{
		fleet: f, open: map[lifeKey]*openLife{}, busy: map[place]*busy{}, images: map[string]*storedImage{},
		launches: map[string]bool{},
	}
	if in.Launched != nil {
		var err error
		if f.survey.table, err = in.Launched(ctx, f.span.From, f.span.To); err != nil {
			return err
		}
	}
	return f.survey.read(in.Records(ctx, f.span.From, f.span.To))
}

// advise asks every kind, and keeps what saves.
func (f *fleet) advise() []Advice {
	var all []Advice
	for _, kind := range kinds {
		if len(f.request.Kinds) > 0 && !slices.Contains(f.request.Kinds, kind.kind) {
			continue
		}
		for _, a := range kind.find(f) {
			a.Kind = kind.kind
			if priced, ok := f.price(a); ok {
				all = append(all, priced)
			}
		}
	}
	return all
}

// price prices the usage that advice touches as it was and under the change. It reports false where that saves nothing,
// or where a rate is not known, which is noted.
func (f *fleet) price(a found) (Advice, bool) {
	out := a.Advice
	out.edits, out.Tenant = a.edits, cmp.Or(out.Tenant, oneOf(a.edits, func(c *cell) string { return c.tenant }))
	out.Image = cmp.Or(out.Image, oneOf(a.edits, func(c *cell) string { return c.image }))
	out.ID = id(a.Kind, a.key)
	lines, err := f.bill(a.edits, a.Instead)
	if err != nil {
		f.cannot(a.Kind, err.Error(), out.Subject)
		return out, false
	}
	out.Lines = lines
	out.Actual, out.Changed = totals(lines)
	if a.Instead != nil {
		out.Changed = out.Changed.Add(a.Instead.Month)
	}
	out.Saving = out.Actual.Sub(out.Changed)
	out.Low, out.High = out.Saving, out.Saving
	for _, other := range a.range_ {
		lines, err := f.bill(other.edits, other.instead)
		if err != nil {
			f.cannot(a.Kind, err.Error(), out.Subject)
			return out, false
		}
		actual, changed := totals(lines)
		if other.instead != nil {
			changed = changed.Add(other.instead.Month)
		}
		saving := actual.Sub(changed)
		out.Low, out.High = decimal.Min(out.Low, saving), decimal.Max(out.High, saving)
	}
	for _, e := range a.edits {
		out.State = out.State.And(e.cell.state)
	}
	return out, out.Low.IsPositive()
}

// bill prices edits, a month of them.
func (f *fleet) bill(edits []edit, instead *whatif.Alternative) ([]whatif.Line, error) {
	var b bill
	for _, e := range edits {
		if err := b.price(e, f.card); err != nil {
			return nil, err
		}
	}
	if instead != nil && instead.Unknown != "" {
		return nil, fmt.Errorf("%s", instead.Unknown)
	}
	return b.months(max(f.span.Seconds(), 1)), nil
}

// actual is the bill of everything, a month. Rates that are not known count nothing; the report's state says so.
func (f *fleet) actual() decimal.Decimal {
	sum := decimal.Decimal{}
	for _, c := range f.cells {
		var b bill
		if err := b.price(edit{cell: c}, f.card); err != nil {
			continue
		}
		actual, _ := totals(b.months(max(f.span.Seconds(), 1)))
		sum = sum.Add(actual)
	}
	return sum
}

// cannot notes why something is not judged. What is true of many is noted once.
func (f *fleet) cannot(kind Kind, reason, subject string) {
	for i := range f.notJudged {
		if n := &f.notJudged[i]; n.Kind == kind && n.Reason == reason {
			n.Count++
			return
		}
	}
	f.notJudged = append(f.notJudged, NotJudged{Kind: kind, Reason: reason, Count: 1, Example: subject})
}

// oneOf is what all edits have in common, "" where they differ.
func oneOf(edits []edit, of func(*cell) string) string {
	common := ""
	for i, e := range edits {
		if name := of(e.cell); i == 0 {
			common = name
		} else if name != common {
			return ""
		}
	}
	return common
}

// id is short enough to be typed, and the same as long as kind and subject are: 40 bits, so that two of ten thousand
// pieces have one id in one of twenty thousand fleets.
func id(kind Kind, key []string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{string(kind)}, key...), "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}
