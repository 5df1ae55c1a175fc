package cloudwatch

import (
	"fmt"
	"time"

	"microspend/collector"
	"microspend/usage"
)

// nameAfter gives a record the names of the series that have data in its period, all of one owner. Such series are
// parts of what the owner used, so their amounts add up: the meter makes them when it is told the tenant in the
// middle of a period. A name that some have and the others have not is that of all. Of different names none may win:
// the record has none, so that nobody is charged for what may be another's, and nameAfter says why.
//
// A fleet is a tenant's and an image's, and has MicroVMs of several roles without anything being wrong: it has no role.
func nameAfter(record *usage.Record, series []*usage.Record) (quarrels []string) {
	for _, name := range []struct {
		what string
		of   func(*usage.Record) *string
	}{
		{"tenants", func(r *usage.Record) *string { return &r.Tenant }},
		{"images", func(r *usage.Record) *string { return &r.Image }},
		{"roles", func(r *usage.Record) *string { return &r.Role }},
	} {
		first, second := "", ""
		for _, s := range series {
			switch value := *name.of(s); {
			case first == "":
				first = value
			case value != "" && value != first && second == "":
				second = value
			}
		}
		if second != "" && record.Resource.Kind == usage.KindMicroVM {
			quarrels = append(quarrels, fmt.Sprintf("it is metered under the %s %q and %q at the same time; its usage then "+
				"counts for neither of them", name.what, shown(first), shown(second)))
		}
		if second != "" {
			first = ""
		}
		*name.of(record) = first
	}
	return quarrels
}

// quarrel is why series of one owner did not agree, from the first period to the end of the last.
type quarrel struct {
	reason string
	window collector.Window
}

// addQuarrels notes those of a period.
func addQuarrels(all []quarrel, reasons []string, start time.Time, length time.Duration) []quarrel {
	for _, reason := range reasons {
		i := 0
		for i < len(all) && all[i].reason != reason {
			i++
		}
		if i == len(all) {
			all = append(all, quarrel{reason, collector.Window{From: start, Period: length}})
		}
		all[i].window.To = start.Add(length)
	}
	return all
}
