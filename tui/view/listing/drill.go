package listing

import (
	"strings"

	"microspend/internal/civil"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
)

// Narrowed is what a row is about: its names as a scope, and its day, week or month as a period. It reports false for
// rows that are no group of usage: what was folded together, or an image that is not known.
func Narrowed(l *data.Listing, row int) (scope data.Scope, period data.Period, ok bool) {
	scope, period = l.Query.Scope, l.Query.Period
	r := &l.Spend.Rows[row]
	if r.Kind == spend.KindOther {
		return scope, period, false
	}
	for _, d := range l.Query.By {
		value := r.Value(d)
		if value == "" {
			return scope, period, false
		}
		if !isTime(d) {
			name := r.Name(d)
			scope[d] = &name
		} else {
			// Not found is a day of the period before that this one has no counterpart of.
			if period, ok = period.Labelled(value, dayLabels[d], l.Spend.Location); !ok {
				return scope, period, false
			}
		}
	}
	return scope, period, true
}

// dayLabels are how the rows of a dimension of time are named by their days.
var dayLabels = map[spend.Dimension]func(civil.Day) string{
	spend.ByDay: civil.Day.String, spend.ByWeek: civil.Day.Week, spend.ByMonth: civil.Day.Month,
}

func isTime(d spend.Dimension) bool { return dayLabels[d] != nil }

// Opens reports whether there are rows inside a scope, and not only the lines of its bill.
func Opens(scope data.Scope) bool {
	return scope[spend.ByMicroVM] == nil && scope[spend.ByComponent] == nil
}

// RowName is a row's name, safe to show.
func RowName(l *data.Listing, row int) string {
	var names []string
	for i := range l.Query.By {
		names = append(names, l.Names[i][row])
	}
	return draw.Cut(strings.Join(names, ", "), 60)
}
