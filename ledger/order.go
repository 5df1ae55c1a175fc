package ledger

import (
	"cmp"

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
