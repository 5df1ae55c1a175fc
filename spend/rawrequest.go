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
	From, To string // 2026-10-01, or a moment with its offset
	TimeZone string // IANA name
}

// Period parses a period. From defaults to the start of the month that now lies in, To to the start of the month after
// that of From. Errors name fields as naming says: it turns from, to and tz into --from, say.
func (p RawPeriod) Period(
	s Source, now time.Time, naming func(string) string,
) (from, to time.Time, loc *time.Location, err error) {
	loc = s.Zone(nil)
	if p.TimeZone != "" {
		if loc, err = ParseLocation(p.TimeZone); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("tz"), err)
		}
	}
	from = civil.DayOf(now, loc).FirstOfMonth().Start(loc)
	if p.From != "" {
		if from, err = ParseDayIn(p.From, loc); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("from"), err)
		}
	}
	to = civil.DayOf(from, loc).FirstOfMonth().AddMonths(1).Start(loc)
	if p.To != "" {
		if to, err = ParseDayIn(p.To, loc); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("to"), err)
		}
	}
	if !from.Before(to) {
		return from, to, nil, fmt.Errorf("%s %s is not before %s %s",
			naming("from"), from.Format(time.DateOnly), naming("to"), to.Format(time.DateOnly))
	}
	return from, to, loc, nil
}

// ParseDayIn parses a day, which stands for its start in a location, or a moment with its offset.
func ParseDayIn(text string, loc *time.Location) (time.Time, error) {
	if day, err := civil.Parse(text); err == nil {
		return day.Start(loc), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf(
		"%.40q is neither a day such as 2026-10-01 nor a moment such as 2026-10-01T06:00:00Z", text)
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

// Request parses a request. Errors name fields as naming says; see [RawPeriod.Period].
func (r RawRequest) Request(s Source, now time.Time, naming func(string) string) (request Request, err error) {
	request = Request{Depth: r.Depth, Top: r.Top, Previous: r.Previous, Counts: r.Counts, Strict: r.Strict}
	if request.From, request.To, request.Location, err = r.Period(s, now, naming); err != nil {
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
