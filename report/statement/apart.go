package statement

import (
	"slices"

	"microspend/spend"
)

// For is the statement of one of the tenants: what [Build] gives where that tenant alone is chosen. It holds no name and
// no figure of anybody else. Nothing is shared between the two but what is never changed.
//
// It needs a statement that was built with [Request.Apart] set and every tenant detailed.
func (s *Statement) For(tenant int) Statement {
	t := s.Tenants[tenant]
	out := Statement{
		From: s.From, To: s.To, Location: s.Location, Now: s.Now, AsOf: s.AsOf,
		Total:        spend.Total{Cost: t.Cost, Shared: t.Shared, Sum: t.Sum, Previous: t.Previous},
		PreviousFrom: s.PreviousFrom, PreviousTo: s.PreviousTo, Policy: s.Policy,
		Days: t.Days, Lines: t.Lines, Tenants: []Tenant{t}, Damaged: s.Damaged,
	}
	out.Budgets = s.Budgets
	out.Budgets.Lines = nil
	for _, line := range s.Budgets.Lines {
		if !line.Total && t.Kind == spend.KindTenant && line.Tenant == t.Name {
			out.Budgets.Lines = append(out.Budgets.Lines, line)
		}
	}
	for _, a := range s.Anomalies {
		if a.Kind == t.Kind && a.Tenant == t.Name {
			out.Anomalies = append(out.Anomalies, a)
		}
	}
	for _, rates := range s.Rates {
		if slices.ContainsFunc(t.Lines, func(l Line) bool { return l.Region == rates.Region }) {
			out.Rates = append(out.Rates, rates)
		}
	}
	out.annotate()
	return out
}
