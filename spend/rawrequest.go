package spend

import (
	"fmt"
	"time"

	"microspend/internal/scalar"
	"microspend/spend/tenants"
)

// RawPeriod is a period as people write it, in flags or in the query of an address. What is left out is "".
type RawPeriod struct {
	From, To string // 2026-10-01, or a moment with its offset
	TimeZone string // IANA name
}

// Period reads a period. Without From it begins with the month that now lies in, without To it ends with the month that it
// begins in. Where names are given to people, naming says how: it turns from, to and tz into --from, say.
func (a RawPeriod) Period(s Source, now time.Time, naming func(string) string) (from, to time.Time, loc *time.Location, err error) {
	loc = s.Zone(nil)
	if a.TimeZone != "" {
		if loc, err = ParseLocation(a.TimeZone); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("tz"), err)
		}
	}
	here := now.In(loc)
	from = time.Date(here.Year(), here.Month(), 1, 0, 0, 0, 0, loc)
	if a.From != "" {
		if from, err = ParseDayIn(a.From, loc); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("from"), err)
		}
	}
	to = time.Date(from.In(loc).Year(), from.In(loc).Month()+1, 1, 0, 0, 0, 0, loc)
	if a.To != "" {
		if to, err = ParseDayIn(a.To, loc); err != nil {
			return from, to, nil, fmt.Errorf("%s: %w", naming("to"), err)
		}
	}
	if !from.Before(to) {
		return from, to, nil, fmt.Errorf("%s %s is not before %s %s", naming("from"), from.Format(time.DateOnly), naming("to"), to.Format(time.DateOnly))
	}
	return from, to, loc, nil
}

// ParseDayIn reads a day, or a moment with its offset.
func ParseDayIn(text string, loc *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return day, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("%.40q is neither a day such as 2026-10-01 nor a moment such as 2026-10-01T06:00:00Z", text)
}

// RawRequest is a request as people write it.
type RawRequest struct {
	RawPeriod
	By   string // dimensions with commas between them
	Sort string // "" is the order in which people read such rows
	Min  string // dollars; "" is 0
	Top  int

	Previous, Strict bool

	Tenants, Images, MicroVMs, Regions []string // patterns
}

// Request reads a request. Naming says what its fields are called where people wrote them; see [RawPeriod.Period].
func (a RawRequest) Request(s Source, now time.Time, naming func(string) string) (request Request, err error) {
	request = Request{Top: a.Top, Previous: a.Previous, Strict: a.Strict}
	if request.From, request.To, request.Location, err = a.Period(s, now, naming); err != nil {
		return Request{}, err
	}
	if request.By, err = ParseDimensions(a.By); err != nil {
		return Request{}, fmt.Errorf("%s: %w", naming("by"), err)
	}
	if a.Sort == "" {
		a.Sort = defaultSort(request.By)
	}
	if request.Sort, err = ParseSort(a.Sort); err != nil {
		return Request{}, fmt.Errorf("%s: %w", naming("sort"), err)
	}
	if a.Min != "" {
		var least scalar.Price
		if err := least.ParseScalar(a.Min); err != nil {
			return Request{}, fmt.Errorf("%s: %w", naming("min"), err)
		}
		request.Min = least.Decimal
	}
	for _, filter := range []struct {
		field string
		texts []string
		into  *[]tenants.Pattern
	}{
		{"tenant", a.Tenants, &request.Filter.Tenants},
		{"image", a.Images, &request.Filter.Images},
		{"microvm", a.MicroVMs, &request.Filter.MicroVMs},
		{"region", a.Regions, &request.Filter.Regions},
	} {
		if *filter.into, err = tenants.ParsePatterns(filter.texts); err != nil {
			return Request{}, fmt.Errorf("%s: %w", naming(filter.field), err)
		}
	}
	return request, request.Check()
}

// defaultSort is how people read rows: in the order of time, or the largest first.
func defaultSort(by []Dimension) string {
	for _, d := range by {
		if d == ByDay || d == ByWeek || d == ByMonth {
			return "key"
		}
	}
	return "amount"
}
