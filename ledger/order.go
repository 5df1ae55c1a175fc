package ledger

import (
	"cmp"
	"strings"

	"microspend/usage"
)

// CompareKeys is the order of the records of a day. It tells records with different keys apart.
func CompareKeys(a, b *usage.Record) int {
	if c := a.Resource.Compare(b.Resource); c != 0 {
		return c
	}
	if c := cmp.Compare(a.PeriodStart.Unix(), b.PeriodStart.Unix()); c != 0 {
		return c
	}
	return CompareOrigin(a, b)
}

// CompareOrigin orders records of one resource and one start.
func CompareOrigin(a, b *usage.Record) int {
	if c := cmp.Compare(a.Source, b.Source); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Region, b.Region); c != 0 {
		return c
	}
	return cmp.Compare(a.Account, b.Account)
}

// CompareGroups is the order of a result's groups: by the names of the fields as they are declared, those of kinds and
// resources as files have them, then by day.
func CompareGroups(a, b *Group) int {
	for f := range FieldDay {
		if c := strings.Compare(a.Name(f), b.Name(f)); c != 0 {
			return c
		}
	}
	return a.Day.Compare(b.Day)
}
