package statement

import (
	"slices"

	"microspend/spend"
	"microspend/spend/budget"
)

// For is the statement of one of the tenants: what [Build] gives where that tenant alone is chosen. It holds no name
// and no figure of anybody else. Nothing is shared between the two but what is never changed.
//
// It needs a statement that was built with [Request.Apart] set and every tenant detailed.
func (s *Statement) For(tenant int) Statement {
	t := s.Tenants[tenant]
	out := Statement{Spend: s.Spend, Now: s.Now, AsOf: s.AsOf, Days: t.Days, Lines: t.Lines, Tenants: []Tenant{t}}
	out.Rows, out.Total, out.SharedOut = []spend.Row{t.Row}, t.Total, nil
	out.Doubts = s.DoubtsOf(t.Key)
	out.Restatements = nil
	for _, r := range s.Restatements {
		if r.Kind == t.Kind && r.Tenant == t.Tenant {
			out.Restatements = append(out.Restatements, r)
		}
	}
	out.Budgets = s.Budgets
	out.Budgets.Lines = nil
	for _, line := range s.Budgets.Lines {
		if line.Subject == budget.OfTenant(t.Name(spend.ByTenant)) {
			out.Budgets.Lines = append(out.Budgets.Lines, line)
		}
	}
	for _, a := range s.Anomalies {
		if a.Kind == t.Kind && a.Tenant == t.Tenant {
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
