package ledger

import (
	"cmp"

	"microspend/usage"
)

// compareKeys is the order of rows within a day, and across its parts. It tells records with different keys apart.
func compareKeys(a, b *usage.Record) int {
	if c := a.Resource.Compare(b.Resource); c != 0 {
		return c
	}
	if c := cmp.Compare(a.PeriodStart.Unix(), b.PeriodStart.Unix()); c != 0 {
		return c
	}
	return compareOrigin(a, b)
}

// compareOrigin orders records of one resource and one start.
func compareOrigin(a, b *usage.Record) int {
	if c := cmp.Compare(a.Source, b.Source); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Region, b.Region); c != 0 {
		return c
	}
	return cmp.Compare(a.Account, b.Account)
}
