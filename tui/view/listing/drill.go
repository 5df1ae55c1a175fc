package listing

import (
	"slices"
	"strings"
	"time"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
)

// Narrowed is what a row is about: its names as a scope, and its day, week or month as a period. It reports false for rows
// that are no group of usage: what was folded together, or an image that is not known.
func Narrowed(l *data.Listing, row int) (data.Scope, data.Period, bool) {
	scope, period := l.Query.Scope, l.Query.Period
	r := &l.Spend.Rows[row]
	if r.Kind == spend.KindOther {
		return scope, period, false
	}
	for _, d := range l.Query.By {
		value := r.Value(d)
		if value == "" {
			return scope, period, false
		}
		switch d {
		case spend.ByTenant:
			scope.Tenant = &value
		case spend.ByImage:
			scope.Image = &value
		case spend.ByMicroVM:
			scope.MicroVM = &value
		case spend.ByRegion:
			scope.Region = &value
		case spend.ByComponent:
			scope.Component = &value
		case spend.ByDay, spend.ByWeek, spend.ByMonth:
			from, to, ok := stretch(d, value, l.Spend.Location)
			if !ok {
				return scope, period, false
			}
			period = data.Period{Kind: data.Custom, From: later(from, period.From), To: earlier(to, period.To)}
			if !period.From.Before(period.To) {
				return scope, period, false // a day of the period before that this one has none beside
			}
		}
	}
	return scope, period, true
}

func stretch(d spend.Dimension, value string, loc *time.Location) (from, to time.Time, ok bool) {
	switch d {
	case spend.ByDay:
		day, err := time.ParseInLocation(time.DateOnly, value, loc)
		return day, day.AddDate(0, 0, 1), err == nil
	case spend.ByMonth:
		month, err := time.ParseInLocation("2006-01", value, loc)
		return month, month.AddDate(0, 1, 0), err == nil
	default:
		monday, ok := mondayOf(value, loc)
		return monday, monday.AddDate(0, 0, 7), ok
	}
}

// mondayOf is the first day of an ISO week such as 2026-W40: the week that 4 January is in is the first.
func mondayOf(value string, loc *time.Location) (time.Time, bool) {
	year, week, found := strings.Cut(value, "-W")
	start, err := time.ParseInLocation(time.DateOnly, year+"-01-04", loc)
	if !found || err != nil || len(week) != 2 {
		return time.Time{}, false
	}
	number := 0
	for _, digit := range week {
		if digit < '0' || digit > '9' {
			return time.Time{}, false
		}
		number = number*10 + int(digit-'0')
	}
	sinceMonday := (int(start.Weekday()) + 6) % 7
	return start.AddDate(0, 0, (number-1)*7-sinceMonday), true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Opens says whether there are rows inside a scope, and not only the lines of its bill.
func Opens(scope data.Scope) bool { return scope.MicroVM == nil && scope.Component == nil }

// InScope are the groupings of what was drilled into, without those that only one row is left of: the first is what it opens
// with.
func InScope(scope data.Scope) []Group {
	fixed := map[spend.Dimension]bool{
		spend.ByTenant: scope.Tenant != nil, spend.ByImage: scope.Image != nil, spend.ByRegion: scope.Region != nil,
	}
	return slices.DeleteFunc([]Group{
		{"tenants", []spend.Dimension{spend.ByTenant}},
		{"MicroVMs", []spend.Dimension{spend.ByMicroVM}},
		{"images", []spend.Dimension{spend.ByImage}},
		{"days", []spend.Dimension{spend.ByDay}},
		{"regions", []spend.Dimension{spend.ByRegion}},
		{"components", []spend.Dimension{spend.ByComponent}},
	}, func(g Group) bool { return fixed[g.By[0]] })
}

// RowName is a row's name, safe to show.
func RowName(l *data.Listing, row int) string {
	var names []string
	for i := range l.Query.By {
		names = append(names, l.Names[i][row])
	}
	return draw.Cut(strings.Join(names, ", "), 60)
}
