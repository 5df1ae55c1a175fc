package move

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

// Difference is what two sides do not agree about.
type Difference struct {
	Of             string // a tenant, with what else its records are grouped by
	What           string // the records, their seconds, or the column of a measure
	Source, Target string
}

// String says it in words.
func (d Difference) String() string {
	return fmt.Sprintf("%s of %s: %s in the source, %s in the target", d.What, d.Of, d.Source, d.Target)
}

// mostDifferences is how many of a day are named.
const mostDifferences = 10

// by are the fields by which the sums of a day are compared: all but the MicroVM, so that rollups answer.
var by = []ledger.Field{
	ledger.FieldTenant, ledger.FieldTenantBy, ledger.FieldImage, ledger.FieldArch, ledger.FieldKind, ledger.FieldRole,
	ledger.FieldRegion, ledger.FieldAccount, ledger.FieldSource,
}

// compare says in what a day differs on both sides, and what of it is damaged.
func (m *mover) compare(ctx context.Context, d *Day) error {
	d.Damaged, d.Differences = nil, nil
	source, damaged, err := sums(ctx, m.source, d.Day)
	if err != nil {
		return err
	}
	d.Damaged = damaged
	target, damaged, err := m.targetSums(ctx, m.read, d.Day)
	if err != nil {
		return err
	}
	d.Damaged = append(d.Damaged, damaged...)
	d.Differences = differences(source, target)
	if len(d.Differences) == 0 || !m.Merge || m.read == nil {
		return nil
	}
	target = map[ledger.Group]*usage.Sum{} // what the target has of its own does not count
	for pair, err := range m.both(ctx, m.source, d.Day) {
		if err != nil {
			return err
		}
		if pair.source != nil && pair.target != nil {
			add(target, pair.target)
		}
	}
	d.Differences = differences(source, target)
	return nil
}

func (m *mover) targetSums(ctx context.Context, of ledger.Reader, at time.Time) (
	map[ledger.Group]*usage.Sum, []ledger.DamagedFile, error,
) {
	if of == nil {
		return nil, nil, nil
	}
	return sums(ctx, of, at)
}

func sums(ctx context.Context, of ledger.Aggregator, at time.Time) (
	map[ledger.Group]*usage.Sum, []ledger.DamagedFile, error,
) {
	result, err := of.Aggregate(ctx, ledger.Query{From: at, To: at.Add(day), By: by})
	if err != nil {
		return nil, nil, err
	}
	groups := make(map[ledger.Group]*usage.Sum, len(result.Groups))
	for _, group := range result.Groups {
		sum := group.Sum
		group.Sum = usage.Sum{}
		groups[group] = &sum
	}
	return groups, result.Damaged, nil
}

// add adds a record to the sums of its group.
func add(groups map[ledger.Group]*usage.Sum, r *usage.Record) {
	group := ledger.Group{
		Tenant: r.Tenant, TenantBy: r.TenantBy, Image: r.Image, Arch: r.Arch, Resource: usage.Resource{Kind: r.Resource.Kind},
		Role: r.Role, Region: r.Region, Account: r.Account, Source: r.Source,
	}
	if groups[group] == nil {
		groups[group] = &usage.Sum{}
	}
	groups[group].Add(r)
}

func differences(source, target map[ledger.Group]*usage.Sum) (found []Difference) {
	compare := func(group *ledger.Group, a, b *usage.Sum) {
		of := fmt.Sprintf("%q in %s from %s", group.Tenant, group.Region, group.Source)
		differ := func(what, a, b string) {
			if a != b {
				found = append(found, Difference{of, what, a, b})
			}
		}
		differ("records", fmt.Sprint(a.Records), fmt.Sprint(b.Records))
		differ("period_seconds", a.Seconds.String(), b.Seconds.String())
		differ("covered seconds", a.CoveredSeconds.String(), b.CoveredSeconds.String())
		for _, m := range usage.Measures() {
			differ(m.Counted().Column, a.Amounts[m].String(), b.Amounts[m].String())
		}
	}
	none := &usage.Sum{}
	for group, sum := range source {
		other := target[group]
		if other == nil {
			other = none
		}
		if *sum != *other {
			compare(&group, sum, other)
		}
	}
	for group, sum := range target {
		if source[group] == nil {
			compare(&group, none, sum)
		}
	}
	return sorted(found)
}

// sorted are the first differences, so that the same ones are named each time.
func sorted(found []Difference) []Difference {
	slices.SortFunc(found, func(a, b Difference) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.What, b.What)) })
	return found[:min(len(found), mostDifferences)]
}

// Status is what was done about a day: copied, already there, or, in a dry run, to copy.
func (d Day) Status() string {
	switch {
	case d.Same:
		return "already there"
	case d.Planned:
		return "to copy"
	}
	return "copied"
}

// Check is what comparing both sides found: equal, differs, or damaged; "" where there was nothing to compare.
func (d Day) Check() string {
	switch {
	case len(d.Differences) > 0:
		return "differs"
	case len(d.Damaged) > 0:
		return "damaged"
	case d.Planned && !d.Same:
		return ""
	}
	return "equal"
}
