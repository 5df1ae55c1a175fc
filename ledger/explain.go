package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
)

// fieldNames are what fields are called in front of people.
var fieldNames = [...]string{
	FieldTenant: "tenant", FieldTenantBy: "tenant_by", FieldImage: "image", FieldArch: "arch", FieldKind: "resource kind",
	FieldResource: "MicroVM", FieldRole: "role", FieldRegion: "region", FieldAccount: "account", FieldSource: "source",
	FieldDay: "day",
}

// Explain says in a few lines what a query asked for and what its answer was read from: how many days from rollups, and
// of all others why their records were read.
func Explain(q Query, answer Result) string {
	by := "no field"
	if len(q.By) > 0 {
		names := make([]string, len(q.By))
		for i, f := range q.By {
			names[i] = fieldNames[f]
		}
		by = strings.Join(names, ", ")
	}
	loc := cmp.Or(q.Location, time.UTC)
	at := func(t time.Time) string { return t.In(loc).Format("2006-01-02 15:04:05") }
	out := fmt.Sprintf("query by %s from %s to %s %s: %s\n", by, at(q.From), at(q.To), loc,
		figures.Count(int64(len(answer.Groups)), "group"))
	var reasons []string
	days := map[string][]civil.Day{}
	for _, read := range answer.Read {
		if days[read.FromRecords] == nil {
			reasons = append(reasons, read.FromRecords)
		}
		days[read.FromRecords] = append(days[read.FromRecords], civil.DayOf(read.Day, time.UTC))
	}
	slices.Sort(reasons) // what rollups answered first
	for _, why := range reasons {
		from := "rollups"
		if why != "" {
			from = "records"
		}
		out += fmt.Sprintf("  from %s: %s, %s", from, figures.Count(int64(len(days[why])), "day"), stretches(days[why]))
		if why != "" {
			out += ": " + why
		}
		out += "\n"
	}
	return out
}

// maxStretches is how many stretches of days are named.
const maxStretches = 4

// stretches names days in order, those that follow each other by the first and the last.
func stretches(days []civil.Day) string {
	var out []string
	for len(days) > 0 {
		n := 1
		for n < len(days) && days[n] == days[n-1]+1 {
			n++
		}
		if len(out) == maxStretches {
			return strings.Join(append(out, "…"), ", ")
		}
		if n == 1 {
			out = append(out, days[0].String())
		} else {
			out = append(out, fmt.Sprintf("%s to %s", days[0], days[n-1]))
		}
		days = days[n:]
	}
	return strings.Join(out, ", ")
}
