// Package budget says how budgets stand: what has been spent, how fast, what the period will come to and within which
// range, and on which day a budget is used up. It is the program's own and promises nothing.
//
// # What is promised
//
// What is spent is that of a report on the period so far. A forecast rests on data alone: on the days that are complete
// and known, never on days that the ledger has nothing about, whose files are damaged, or whose usage has no known rate
// while there are others to go by. It follows a change of level within a week. Where there is too little to go by there
// is no forecast, and where there is too little to check past forecasts against there is no range.
//
// Money is exact decimals; habits are whole numbers. Nothing depends on a machine's floating point.
package budget

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/strictyaml"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
)

// Scope is what a budget holds the spend of.
type Scope uint8

// The scopes, in the order in which budgets are listed.
const (
	Tenant Scope = iota
	Group        // of tenants, together with the groups below it
	Image
	Account
	Region
	Everything

	scopeCount
)

// scopes are the words of outputs, and what a report is grouped by to know each subject's spend. Everything is the
// total of the report by tenant, so that it is the same to the last decimal as in reports, which are by tenant unless
// told otherwise.
var scopes = [scopeCount]struct {
	word string
	by   spend.Dimension
}{
	Tenant: {"tenant", spend.ByTenant}, Group: {"group", spend.ByGroup}, Image: {"image", spend.ByImage},
	Account: {"account", spend.ByAccount}, Region: {"region", spend.ByRegion}, Everything: {"total", spend.ByTenant},
}

// String is the word used in outputs.
func (s Scope) String() string { return scopes[s].word }

// Subject is one thing whose spend is looked at.
type Subject struct {
	Scope Scope
	Name  string // as [spend.Key.Name] writes it in a report by its dimension; "" of Everything
}

// OfTenant is a tenant, or the label of rows that are no tenant's, as [spend.OwnerName] writes it.
func OfTenant(name string) Subject { return Subject{Tenant, name} }

// OfEverything is all spend together.
func OfEverything() Subject { return Subject{Scope: Everything} }

// String is what people call it: acme, image sandbox-python, total.
func (s Subject) String() string {
	switch s.Scope {
	case Tenant:
		return s.Name
	case Everything:
		return s.Scope.String()
	default:
		return s.Scope.String() + " " + s.Name
	}
}

// Period is the stretch of the calendar that a budget is for.
type Period uint8

// The periods.
const (
	Month Period = iota
	Quarter
	Year

	periodCount
)

var periods = [periodCount]struct {
	word   string
	months int
}{Month: {"month", 1}, Quarter: {"quarter", 3}, Year: {"year", 12}}

// String is the word used in outputs.
func (p Period) String() string { return periods[p].word }

// At is the calendar month, quarter or year that a moment lies in.
func (p Period) At(moment time.Time, loc *time.Location) civil.Span {
	first := civil.DayOf(moment, loc).FirstOfMonth()
	months := periods[p].months
	first = first.AddMonths(-((int(first.UTC().Month()) - 1) % months))
	return civil.Between(first.Start(loc), first.AddMonths(months).Start(loc))
}

// Budget is what may be spent on a subject in a period.
type Budget struct {
	Subject
	Period    Period
	Amount    decimal.Decimal // dollars, above zero
	Threshold decimal.Decimal // the part of it above which a check fails, as 0.8; zero stands for 1
}

// Limit is the amount above which a check fails: the threshold's part of the budget, or all of it where none is set.
func (b Budget) Limit() decimal.Decimal {
	if b.Threshold.IsZero() {
		return b.Amount
	}
	return b.Amount.Mul(b.Threshold)
}

// Set is all budgets. The zero value has none.
type Set struct {
	Budgets []Budget
	Others  []string // names for [OfTenant] whose month is forecast, with a budget for it or without

	doc *strictyaml.Document // where the budgets were written, for the place of a fault
}

// Status says how a budget stands.
type Status uint8

// The statuses.
const (
	OK       Status = iota // none of the others
	AtRisk                 // the upper end of the forecast's range passes the budget, the forecast itself does not
	Warning                // spent above the threshold, or forecast to pass the budget by the end of the period
	Over                   // spent more than the budget
	Unknown                // would be ok, but there is no data, or some of the usage has no known rate
	NoBudget               // there is no budget
)

// String is the word used in outputs.
func (s Status) String() string {
	return [...]string{"ok", "at risk", "warning", "over", "unknown", "none"}[s]
}

// Report is how all budgets stand.
type Report struct {
	From, To time.Time // the calendar month that Now lies in
	Location *time.Location
	Now      time.Time
	// AsOf is the end of the latest period that the ledger has, at most Now: what is spent is known until then. It is
	// zero where the ledger has nothing in the longest period with a budget and the eight weeks before Now.
	AsOf time.Time
	// Lines are one for each budget and each other tenant's month: by scope, name and period. Everything comes last,
	// and always has a line for the month.
	Lines   []Line
	Damaged []ledger.DamagedFile
}

// Alert is what makes a check fail.
type Alert uint8

// The alerts. Each one includes those before it.
const (
	AlertSpent    Alert = iota // what was spent is above the threshold
	AlertForecast              // the forecast is above the budget
	AlertAtRisk                // the upper end of the forecast's range is
)

var alerts = [...]string{AlertSpent: "spent", AlertForecast: "forecast", AlertAtRisk: "at-risk"}

// AlertNames are the words that [ParseAlert] reads.
func AlertNames() []string { return slices.Clone(alerts[:]) }

// ParseAlert reads the word used in flags: spent, forecast or at-risk.
func ParseAlert(word string) (Alert, error) {
	if i := slices.Index(alerts[:], word); i >= 0 {
		return Alert(i), nil
	}
	return 0, fmt.Errorf("unknown alert %q; valid alerts: %s", word, strings.Join(alerts[:], ", "))
}

// Alerts lists the lines for which a check fails.
func (r Report) Alerts(from Alert) []Line {
	var out []Line
	for _, line := range r.Lines {
		if line.Exceeded || from >= AlertForecast && (line.Status == Warning || line.Status == Over) ||
			from >= AlertAtRisk && line.Status == AtRisk {
			out = append(out, line)
		}
	}
	return out
}

// Total is the line of everything in the month, with a budget or without.
func (r Report) Total() Line {
	for _, line := range r.Lines {
		if line.Scope == Everything && line.Period == Month {
			return line
		}
	}
	return Line{Subject: OfEverything(), Status: NoBudget}
}

// Line is how one budget stands.
type Line struct {
	Subject
	Period   Period
	From, To time.Time
	Budget   *Budget // nil where there is none

	Spent spend.Cost // from the start of the period on
	// SpentShown is Spent in cents as a report of the period shows it, whose rows add up to its total: see
	// [spend.Spend.Cents]. Rounded alone, it could be a cent off.
	SpentShown decimal.Decimal
	State      pricing.State    // of Spent, and of what follows from it: Used, BurnPeriod and the forecast
	Used       *decimal.Decimal // spent as a part of the budget, half-even at RatioPlaces; nil without a budget

	// Dollars an hour, half-even at AmountPlaces: over the last 24 hours of data, and since the start of the period.
	// Nil where there is no data, or none in this period.
	BurnDay, BurnPeriod *decimal.Decimal
	BurnDayState        pricing.State

	// Missing says why the period so far is not known as a whole, as in "no data before 12 Oct"; "" where it is, or
	// where nothing of it has been measured at all. What was spent then is what is known of it.
	Missing string
	// TenantAsserted is whether any of what was spent is the subject's because a guest said so: see [spend.Spend].
	TenantAsserted bool

	Outlook
	RunsOut *time.Time // start of the day on which the budget is, or is forecast to be, used up; nil if not in this period

	Exceeded bool // spent is above the threshold
	Status   Status
}

// String names the line: its subject, with the period where that is not the month.
func (l Line) String() string {
	if l.Period == Month {
		return l.Subject.String()
	}
	return l.Subject.String() + ", " + l.Period.String()
}

// ForecastState is the state of the forecast. What has not been measured yet of a period is forecast, so that nothing
// is missing from it where only the time to come is.
func (l Line) ForecastState() pricing.State {
	if l.State == pricing.NotMeasured && l.Forecast != nil {
		return pricing.Exact
	}
	return l.State
}

// Complete reports whether the status rests on figures that lack nothing: only then is ok a promise. Where the period
// has begun and nothing of it is measured yet, a forecast alone is none.
func (l Line) Complete() bool { return l.State == pricing.Exact && l.Missing == "" }

func (l *Line) settle() {
	l.Status = NoBudget
	if l.Budget == nil {
		return
	}
	above := func(figure *decimal.Decimal) bool { return figure != nil && figure.GreaterThan(l.Budget.Amount) }
	l.Exceeded = l.Spent.Amount.GreaterThan(l.Budget.Limit())
	switch {
	case l.Spent.Amount.GreaterThan(l.Budget.Amount):
		l.Status = Over
	case l.Exceeded || above(l.Forecast):
		l.Status = Warning
	case above(l.High):
		l.Status = AtRisk
	case l.State == pricing.UnknownRates || l.State == pricing.NotMeasured && l.Forecast == nil:
		l.Status = Unknown // after the others: what is known to be over stays over, however much more there is
	default:
		l.Status = OK
	}
}

// lines are those of a report, still to be filled in, in their order.
func (s Set) lines(now time.Time, loc *time.Location) []Line {
	var out []Line
	add := func(of Subject, p Period, b *Budget) {
		span := p.At(now, loc)
		out = append(out, Line{Subject: of, Period: p, From: span.From, To: span.To, Budget: b})
	}
	has := func(of Subject) bool {
		return slices.ContainsFunc(out, func(l Line) bool { return l.Subject == of && l.Period == Month })
	}
	for i := range s.Budgets {
		add(s.Budgets[i].Subject, s.Budgets[i].Period, &s.Budgets[i])
	}
	others := []Subject{OfEverything()}
	for _, name := range s.Others {
		others = append(others, OfTenant(name))
	}
	for _, of := range others {
		if !has(of) {
			add(of, Month, nil)
		}
	}
	slices.SortStableFunc(out, compareLines)
	return out
}
