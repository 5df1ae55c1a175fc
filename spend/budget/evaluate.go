package budget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/compare"
	"microspend/spend/tenants"
)

func compareLines(a, b Line) int {
	without := func(l Line) int { return btoi(l.Budget == nil && l.Scope != Everything) }
	return cmp.Or(
		cmp.Compare(a.Scope, b.Scope),
		cmp.Compare(without(a), without(b)),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Period, b.Period),
	)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Evaluate works out how budgets stand. Periods are those of now in the source's location.
func Evaluate(ctx context.Context, source spend.Source, budgets Set, now time.Time) (Report, error) {
	return evaluate(ctx, source, now, budgets.lines(now, source.Zone(nil)), true)
}

// Standing is how everything together stands, and how its own budgets do, without what is to come: there are no
// forecasts, and no days on which budgets run out. For those all days of the last weeks have to be read, which takes
// most of the time.
func Standing(ctx context.Context, source spend.Source, budgets Set, now time.Time) (Report, error) {
	others := func(l Line) bool { return l.Scope != Everything }
	return evaluate(ctx, source, now, slices.DeleteFunc(budgets.lines(now, source.Zone(nil)), others), false)
}

// restEvidence is how many days before a period are looked at: two of each weekday.
const restEvidence civil.Day = 14

func evaluate(ctx context.Context, source spend.Source, now time.Time, lines []Line, foresee bool) (Report, error) {
	loc := source.Zone(nil)
	month := Month.At(now, loc)
	out := Report{From: month.From, To: month.To, Location: loc, Now: now, Lines: lines}

	history := civil.Between((civil.DayOf(now, loc) - spend.HistoryDays).Start(loc), now)
	for _, line := range out.Lines {
		if line.From.Before(history.From) {
			history.From = line.From
		}
	}
	known, err := historyOf(ctx, source, history, month, foresee)
	if err != nil {
		return out, err
	}
	out.AsOf = known.AsOf
	r := reader{
		ctx: ctx, source: source, lines: out.Lines, history: history, known: known, read: map[Subject]*readings{},
		reports: map[reportKey]spend.Spend{},
	}
	if !known.AsOf.IsZero() {
		if err := r.all(foresee); err != nil {
			return out, fmt.Errorf("budgets: %w", err)
		}
	}
	unseen, err := r.unseen()
	if err != nil {
		return out, err
	}
	out.Damaged = r.damaged
	f := forecaster{loc: loc, asOf: known.AsOf, known: daysOf(known)}
	habits := map[Subject]*habit{}
	for i := range out.Lines {
		line := &out.Lines[i]
		read := r.of(line.Subject)
		line.fill(read, known.AsOf)
		if sofar := civil.Between(line.From, known.AsOf); sofar.From.Before(sofar.To) {
			line.Missing = known.Missing(sofar)
		}
		if !foresee {
			line.settle()
			continue
		}
		if habits[line.Subject] == nil {
			h := f.habit(read.daily)
			habits[line.Subject] = &h
		}
		line.foresee(read, habits[line.Subject])
		if reason, unknown := unseen[line.Subject]; unknown {
			line.unseen(reason)
		}
	}
	return out, nil
}

// historyOf is of which days spend is known. Where no more than the month is asked about, days long ago are looked at
// only if there is nothing later.
func historyOf(
	ctx context.Context, source spend.Source, whole, month civil.Span, foresee bool,
) (known compare.Known, err error) {
	loc := source.Zone(nil)
	late := civil.Between((civil.DayOf(month.From, loc) - restEvidence).Start(loc), whole.To)
	if !foresee && whole.From.Before(late.From) {
		if known, err = source.History(ctx, late, loc); err != nil || !known.AsOf.IsZero() {
			return known, err
		}
	}
	return source.History(ctx, whole, loc)
}

// daysOf reports of which days the spend is known: those with data, all of whose files could be read, and those on
// whose weekday there never is any.
func daysOf(known compare.Known) func(civil.Day) bool {
	rest := known.Rest()
	return func(d civil.Day) bool { return !known.Damaged[d] && (known.Covered[d] || rest[d.Weekday()]) }
}

// unseen are the subjects with a budget that neither the ledger nor the tenants file has ever named, and what is said
// of them. They may be yet to come; more likely the name is misspelled.
func (r *reader) unseen() (map[Subject]string, error) {
	request, any := spend.Request{From: r.history.From, To: r.history.To}, false
	for _, line := range r.lines {
		if of, read := line.Subject, r.read[line.Subject]; line.Budget != nil && of.Scope != Everything &&
			of.Scope != Group &&
			!r.known.AsOf.IsZero() &&
			(read == nil || len(read.daily) == 0) {
			into := request.Filter.Of(scopes[of.Scope].by)
			*into = append(*into, tenants.Exactly(of.Name))
			any = true
		}
	}
	if !any {
		return nil, nil
	}
	err := r.source.CheckNames(r.ctx, request)
	out := map[Subject]string{}
	for _, fault := range unjoined(err) {
		unknown, ok := errors.AsType[*spend.UnknownNameError](fault)
		if !ok {
			return nil, err
		}
		for scope := range Everything {
			if scopes[scope].by == unknown.Dimension {
				out[Subject{scope, unknown.Pattern.String()}] = unknown.Error()
			}
		}
	}
	return out, nil
}

func unjoined(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// unseen makes a line say that there is nothing of its subject, which is not the same as nothing spent.
func (l *Line) unseen(reason string) {
	l.Missing, l.State, l.BurnDayState = reason, pricing.NotMeasured, pricing.NotMeasured
	l.Outlook, l.RunsOut = Outlook{}, nil
	l.settle()
}

// fill says what was spent, as far as data goes.
func (l *Line) fill(read *readings, asOf time.Time) {
	l.Spent, l.State = read.spent[l.Period].cost, read.spent[l.Period].state
	l.SpentShown, l.TenantAsserted = read.spent[l.Period].shown, read.spent[l.Period].asserted
	if asOf.IsZero() {
		l.State, l.BurnDayState = pricing.NotMeasured, pricing.NotMeasured
	} else {
		l.BurnDay, l.BurnDayState = perHour(read.lastDay.cost.Amount, 86_400), read.lastDay.state
		if elapsed := civil.Between(l.From, asOf).Seconds(); elapsed > 0 {
			l.BurnPeriod = perHour(l.Spent.Amount, elapsed)
		}
	}
	if l.Budget != nil {
		used := pricing.Divide(l.Spent.Amount, l.Budget.Amount, pricing.RatioPlaces)
		l.Used = &used
	}
}

// foresee says what is to come.
func (l *Line) foresee(read *readings, h *habit) {
	period := civil.Between(l.From, l.To)
	l.Outlook = h.outlook(period, l.Spent.Amount)
	if l.Budget != nil {
		l.RunsOut = h.runsOut(period, read.daily, l.Spent.Amount, l.Budget.Amount)
	}
	l.settle()
}

func perHour(amount decimal.Decimal, seconds int64) *decimal.Decimal {
	rate := pricing.ProrateTime(amount, pricing.SecondsPerHour, seconds)
	return &rate
}

// readings are what a ledger says of one subject.
type readings struct {
	spent   [periodCount]figure // so far
	lastDay figure              // in the last 24 hours of data
	daily   map[civil.Day]day
}

// figure is a cost and what it rests on.
type figure struct {
	cost  spend.Cost
	shown decimal.Decimal // in cents, as the report that it is of shows it
	state pricing.State

	asserted bool // see [spend.Row.TenantAsserted]
}

// add adds a row that is a part of the figure.
func (f *figure) add(part figure) {
	f.cost, f.shown, f.state = f.cost.Plus(part.cost), f.shown.Add(part.shown), f.state.And(part.state)
	f.asserted = f.asserted || part.asserted
}

func figureOf(t spend.Total, shown decimal.Decimal) figure {
	out := figure{cost: t.Cost, shown: shown}
	if coverage := spend.Coverage(&t.Sum); coverage != nil && coverage.LessThan(decimal.NewFromInt(1)) {
		out.state = pricing.AtLeast
	}
	if !t.Complete() {
		out.state = pricing.UnknownRates
	}
	return out
}

// reader reads the spend that budgets are held against.
type reader struct {
	ctx     context.Context
	source  spend.Source
	lines   []Line
	history civil.Span
	known   compare.Known

	read    map[Subject]*readings
	reports map[reportKey]spend.Spend
	damaged []ledger.DamagedFile
}

func (r *reader) of(s Subject) *readings {
	if r.read[s] == nil {
		r.read[s] = &readings{daily: map[civil.Day]day{}}
	}
	return r.read[s]
}

// all reads what the lines are about, scope by scope.
func (r *reader) all(daily bool) error {
	for scope := range scopeCount {
		names, spans := map[string]bool{}, map[Period]civil.Span{}
		for _, line := range r.lines {
			if line.Scope == scope {
				names[line.Name], spans[line.Period] = true, civil.Between(line.From, r.history.To)
			}
		}
		if len(names) == 0 {
			continue
		}
		for period, span := range spans {
			if err := r.figures(scope, names, span, func(of *readings) *figure { return &of.spent[period] }); err != nil {
				return err
			}
		}
		lastDay := civil.Between(r.known.AsOf.Add(-24*time.Hour), r.known.AsOf)
		if err := r.figures(scope, names, lastDay, func(of *readings) *figure { return &of.lastDay }); err != nil {
			return err
		}
		if !daily {
			continue
		}
		if err := r.days(scope, names); err != nil {
			return err
		}
	}
	return nil
}

// figures reads the spend of a span by subject.
func (r *reader) figures(scope Scope, names map[string]bool, in civil.Span, into func(*readings) *figure) error {
	if !in.From.Before(in.To) {
		return nil
	}
	report, err := r.report(scopes[scope].by, in)
	if err != nil {
		return err
	}
	shown, total := report.Cents(spend.AmountOf)
	if scope == Everything {
		*into(r.of(OfEverything())) = figureOf(report.Total, total)
	} else {
		for i, row := range report.Rows {
			for subject := range subjects(scope, row.Key) {
				part := figureOf(row.Total, shown[i])
				part.asserted = row.TenantAsserted
				into(r.of(subject)).add(part)
			}
		}
	}
	for name := range names { // those without a row, too, may have spent what was not measured
		figure := into(r.of(Subject{scope, name}))
		if state := r.known.State(in); state == pricing.NotMeasured {
			figure.state = state
		} else {
			figure.state = figure.state.And(state)
		}
	}
	return nil
}

// report is a report by one dimension, made once.
func (r *reader) report(by spend.Dimension, in civil.Span) (spend.Spend, error) {
	key := reportKey{by, in.From, in.To}
	if known, ok := r.reports[key]; ok {
		return known, nil
	}
	report, err := r.source.Report(r.ctx, spend.Request{From: in.From, To: in.To, By: []spend.Dimension{by}})
	if err == nil {
		r.damaged = spend.MergeDamaged(r.damaged, report.Damaged)
		r.reports[key] = report
	}
	return report, err
}

type reportKey struct {
	by       spend.Dimension
	from, to time.Time
}

// days reads what was spent day by day on the subjects that have a line.
func (r *reader) days(scope Scope, names map[string]bool) error {
	request := spend.Request{From: r.history.From, To: r.history.To, By: []spend.Dimension{spend.ByDay}}
	if scope != Everything {
		request.By = append(request.By, scopes[scope].by)
	}
	take := func(row *spend.Row) {
		if row.Day == "" {
			return // a tenant that is only listed
		}
		d := civil.MustParse(row.Day)
		for subject := range subjects(scope, row.Key) {
			of := r.of(subject)
			sum := of.daily[d]
			of.daily[d] = day{sum.amount.Add(row.Amount), sum.incomplete || !row.Complete()}
		}
	}
	if (scope == Tenant || scope == Group) && r.source.Sharing.Policy != spend.OwnRow {
		// What a tenant bears follows from what all others spend, over the whole stretch: no step and no filter is possible.
		report, err := r.source.Report(r.ctx, request)
		for i := range report.Rows {
			take(&report.Rows[i])
		}
		r.damaged = spend.MergeDamaged(r.damaged, report.Damaged)
		return err
	}
	// Only the subjects that have a line, and few days at a time: there may be many more tenants than budgets.
	var err error
	if request.Filter, err = filterOf(scope, names); err != nil {
		return err
	}
	damaged, err := r.source.EachRow(r.ctx, request, take)
	r.damaged = spend.MergeDamaged(r.damaged, damaged)
	return err
}

// subjects are what a row counts for: of a group also those above it.
func subjects(scope Scope, key spend.Key) iter.Seq[Subject] {
	return func(yield func(Subject) bool) {
		if scope == Everything {
			yield(OfEverything())
			return
		}
		name := key.Name(scopes[scope].by)
		if scope == Group && key.Kind == spend.KindTenant {
			for i := range len(name) {
				if name[i] == tenants.GroupSeparator[0] && !yield(Subject{scope, name[:i]}) {
					return
				}
			}
		}
		yield(Subject{scope, name})
	}
}

func filterOf(scope Scope, names map[string]bool) (f spend.Filter, err error) {
	if scope == Everything {
		return f, nil
	}
	into := f.Of(scopes[scope].by)
	for name := range names {
		*into = append(*into, tenants.Exactly(name))
		if scope == Group {
			below, err := tenants.ParsePattern(name + tenants.GroupSeparator + "*")
			if err != nil {
				return f, err
			}
			*into = append(*into, below)
		}
	}
	return f, nil
}
