package spend

import (
	"fmt"
	"time"

	"microspend/internal/civil"
	"microspend/internal/scalar"
	"microspend/spend/tenants"
)

// RawPeriod is a period as a user writes it, in flags or in a query string. A field that is left out is "".
type RawPeriod struct {
	Period   string // see [civil.ParsePeriod]; excludes From and To
	From, To string // [From, To); see [civil.ParseStart]
	TimeZone string // IANA name
}

// Given reports whether any time is named.
func (p RawPeriod) Given() bool { return p.Period != "" || p.From != "" || p.To != "" }

// Bounds parses the period around a moment in the days of a location, whatever TimeZone says. A bound that is left out
// is zero. Errors name fields as naming says: it turns period, from and to into --from, say.
func (p RawPeriod) Bounds(now time.Time, loc *time.Location, naming func(string) string) (from, to time.Time, err error) {
	if p.Period != "" {
		if p.From != "" || p.To != "" {
			return from, to, fmt.Errorf("%s cannot be combined with %s or %s", naming("period"), naming("from"), naming("to"))
		}
		span, err := civil.ParsePeriod(p.Period, now, loc)
		if err != nil {
			return from, to, fmt.Errorf("%s: %w", naming("period"), err)
		}
		return span.From, span.To, nil
	}
	for _, bound := range []struct {
		field, text string
		into        *time.Time
	}{{"from", p.From, &from}, {"to", p.To, &to}} {
		if bound.text == "" {
			continue
		}
		if *bound.into, err = civil.ParseStart(bound.text, now, loc); err != nil {
			return from, to, fmt.Errorf("%s: %w", naming(bound.field), err)
		}
	}
	if p.From != "" && p.To != "" && !from.Before(to) {
		return from, to, fmt.Errorf("%s %s is not before %s %s", naming("from"), p.From, naming("to"), p.To)
	}
	return from, to, nil
}

// Resolve parses a period in the days of its time zone, or of the source where it names none. From defaults to the start
// of the month that now lies in, To to the start of the month after that of From. See [RawPeriod.Bounds] for naming.
func (p RawPeriod) Resolve(
	s Source, now time.Time, naming func(string) string,
) (from, to time.Time, loc *time.Location, err error) {
	loc = s.Zone(nil)
	if p.TimeZone != "" {
		if loc, err = ParseLocation(p.TimeZone); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("tz"), err)
		}
	}
	if from, to, err = p.Bounds(now, loc, naming); err != nil {
		return from, to, nil, err
	}
	if p.Period == "" && p.From == "" {
		if from = civil.DayOf(now, loc).FirstOfMonth().Start(loc); p.To != "" && !from.Before(to) {
			return from, to, nil, fmt.Errorf("%s %s is not after %s, where the period begins without %s",
				naming("to"), p.To, civil.DayOf(from, loc), naming("from"))
		}
	}
	if p.Period == "" && p.To == "" {
		to = civil.DayOf(from, loc).FirstOfMonth().AddMonths(1).Start(loc)
	}
	return from, to, loc, nil
}

// RawRequest is a request as a user writes it.
type RawRequest struct {
	RawPeriod
	By    string // dimensions with commas between them
	Depth int    // of groups; see [Request.Depth]
	Sort  string // "" is key for rows by day, week or month, and amount for others
	Min   string // dollars; "" is 0
	Top   int

	Previous, Counts, Strict bool

	Names [DimensionCount][]string // patterns, of the dimensions of [NamedDimensions]; a group's also match those below it
}

// Request parses a request. Errors name fields as naming says; see [RawPeriod.Bounds].
func (r RawRequest) Request(s Source, now time.Time, naming func(string) string) (request Request, err error) {
	request = Request{Depth: r.Depth, Top: r.Top, Previous: r.Previous, Counts: r.Counts, Strict: r.Strict}
	if request.From, request.To, request.Location, err = r.Resolve(s, now, naming); err != nil {
		return Request{}, err
	}
	if request.By, err = ParseDimensions(r.By); err != nil {
		return Request{}, fmt.Errorf("%s: %w", naming("by"), err)
	}
	if r.Sort == "" {
		r.Sort = defaultSort(request.By)
	}
	if request.Sort, err = ParseSort(r.Sort); err != nil {
		return Request{}, fmt.Errorf("%s: %w", naming("sort"), err)
	}
	if r.Min != "" {
		var least scalar.Dollars
		if err := least.ParseScalar(r.Min); err != nil {
			return Request{}, fmt.Errorf("%s: %w", naming("min"), err)
		}
		request.Min = least.Decimal
	}
	for _, d := range NamedDimensions() {
		patterns, err := tenants.ParsePatterns(r.Names[d])
		if err != nil {
			return Request{}, fmt.Errorf("%s: %w", naming(d.String()), err)
		}
		if d == ByGroup {
			for i := range patterns {
				patterns[i] = patterns[i].WithSubgroups()
			}
		}
		*request.Filter.Of(d) = patterns
	}
	return request, request.Check()
}

// defaultSort is chronological where there is a time, and the largest first otherwise.
func defaultSort(by []Dimension) string {
	for _, d := range by {
		if d == ByDay || d == ByWeek || d == ByMonth {
			return "key"
		}
	}
	return "amount"
}
