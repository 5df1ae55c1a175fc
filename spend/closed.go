package spend

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

// ClosedMonth is a month that finance has closed, with everything that its figures follow from, as it was then. Reports
// work out usage in it from these in place of the source's own, so that every figure of the month stays what it was, by
// whatever it is grouped.
type ClosedMonth struct {
	Month string // 2026-10
	civil.Span
	At      time.Time // when it was closed
	By      string    // by whom; "" where that is not known
	Usage   Usage
	Rates   Rates
	Tenants tenants.File
	Sharing Sharing

	// Changed reports whether one of these may differ from what the source has now. A cause that it denies is not looked
	// into.
	Changed func(Cause) (bool, error)
	// Posted are the corrections of earlier months that were billed in this one when it was closed.
	Posted []Charge
}

// Cause is why a closed month comes to something else by now. The causes are told apart by replacing one input after
// the other, in this order, so that they add up to the whole difference.
type Cause uint8

// The causes.
const (
	UsageChanged Cause = iota // records that were imported, replaced or removed since: late-usage or usage-removed
	TenantsChanged
	RatesChanged
	DiscountsChanged

	causeCount = 4
)

// Restatement is what has to be added to a row of a closed month for one cause, to have what the row comes to by now.
type Restatement struct {
	Month string
	Cause Cause
	Key
	Amount, List decimal.Decimal
	Used         pricing.Quantities // in the units of the bill; below zero where usage has gone
	Unknown      []Unknown          // usage without a known rate, which is in no amount
}

// Reason is the cause in a word: late-usage, usage-removed, tenant-rules, rates or discounts. Usage was removed where
// the row comes to less by it, or to as much with less of something.
func (r Restatement) Reason() string { return r.Cause.reason(r.Amount, r.Used[:]...) }

func (c Cause) reason(amount decimal.Decimal, used ...decimal.Decimal) string {
	less := amount.IsNegative() || amount.IsZero() && slices.ContainsFunc(used, decimal.Decimal.IsNegative)
	if c == UsageChanged && less {
		return "usage-removed"
	}
	return c.String()
}

// String is the cause in a word: late-usage, tenant-rules, rates or discounts. See [Restatement.Reason].
func (c Cause) String() string { return figures.Word("cause", causes[:], c) }

var causes = [...]string{
	UsageChanged: "late-usage", TenantsChanged: "tenant-rules", RatesChanged: "rates", DiscountsChanged: "discounts",
}

// Restated is what the report comes to by now: its total and all restatements.
func (s Spend) Restated() decimal.Decimal {
	sum := s.Total.Amount
	for _, r := range s.Restatements {
		sum = sum.Add(r.Amount)
	}
	return sum
}

// at is the source as it is at a moment: with the inputs of the closed month that the moment lies in, or its own.
func (s Source) at(moment time.Time) Source {
	for i := range s.Closed {
		if m := &s.Closed[i]; !moment.Before(m.From) && moment.Before(m.To) {
			s.Usage, s.Rates, s.Tenants, s.Sharing, s.month = m.Usage, m.Rates, m.Tenants, m.Sharing, m.Month
		}
	}
	return s
}

// within is the source with the tenants and the sharing of a closed month where a span lies within it: a report on more
// than that has rows for which one policy must hold, which is today's.
func (s Source) within(span civil.Span) Source {
	for i := range s.Closed {
		if m := &s.Closed[i]; !span.From.Before(m.From) && !m.To.Before(span.To) {
			s.Tenants, s.Sharing = m.Tenants, m.Sharing
		}
	}
	return s
}

// WithPolicy is the source with shared cost treated otherwise, in closed months as well.
func (s Source) WithPolicy(policy Policy) Source {
	s.Sharing.Policy, s.Closed = policy, slices.Clone(s.Closed)
	for i := range s.Closed {
		s.Closed[i].Sharing.Policy = policy
	}
	return s
}

// closedIn are the closed months that a span overlaps.
func (s Source) closedIn(span civil.Span) []ClosedMonth {
	return slices.DeleteFunc(slices.Clone(s.Closed), func(m ClosedMonth) bool {
		return !m.From.Before(span.To) || !span.From.Before(m.To)
	})
}

// boundaries are the moments inside a span at which a closed month begins or ends, in order.
func (s Source) boundaries(span civil.Span) []time.Time {
	var cuts []time.Time
	for _, m := range s.Closed {
		for _, at := range []time.Time{m.From, m.To} {
			if span.From.Before(at) && at.Before(span.To) {
				cuts = append(cuts, at)
			}
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	return slices.CompactFunc(cuts, time.Time.Equal)
}

// cuts are the moments inside a span at which something else holds: closed months, rates, or rules of tenants where
// these matter.
func (s Source) cuts(span civil.Span, byTenant bool) []time.Time {
	cuts := s.boundaries(span)
	from := span.From
	for _, to := range append(s.boundaries(span), span.To) {
		in, part := s.at(from), civil.Between(from, to)
		if byTenant {
			cuts = append(cuts, in.Tenants.Cuts(part)...)
		}
		for _, day := range in.listed().Changes() {
			if at := day.Start(); part.From.Before(at) && at.Before(part.To) {
				cuts = append(cuts, at)
			}
		}
		from = to
	}
	slices.SortFunc(cuts, time.Time.Compare)
	return slices.CompactFunc(cuts, time.Time.Equal)
}

// reopened is the source with an input of one closed month as it is now, and those of the causes before it as well.
func (s Source) reopened(month int, through Cause) Source {
	s.Closed = slices.Clone(s.Closed)
	m := &s.Closed[month]
	m.Usage = s.Usage
	if through >= TenantsChanged {
		m.Tenants, m.Sharing = s.Tenants, s.Sharing
	}
	switch {
	case through >= DiscountsChanged:
		m.Rates = s.Rates
	case through == RatesChanged:
		m.Rates = discountedAs{s.listed(), m.Rates}
	}
	return s
}

// discountedAs are rates with the discounts of others.
type discountedAs struct{ rates, discounts Rates }

// Changes implements [Rates].
func (d discountedAs) Changes() []pricing.Date {
	return pricing.SortedDays(append(slices.Clone(d.rates.Changes()), d.discounts.Changes()...))
}

// Series implements [Rates].
func (d discountedAs) Series(region string) (pricing.Series, error) {
	rates, err := d.rates.Series(region)
	if err != nil {
		return nil, err
	}
	discounts, err := d.discounts.Series(region)
	if err != nil {
		return rates, nil // the month had no card for the region, and so no discount
	}
	days := []pricing.Date{{}}
	for _, card := range slices.Concat(rates, discounts) {
		days = append(days, card.From)
	}
	var out pricing.Series
	for _, day := range pricing.SortedDays(days) {
		card := rates.On(day)
		card.From, card.Discounts = day, discounts.On(day).Discounts
		out = append(out, card)
	}
	return out, nil
}

// eachChange calls step with the source before and after one more input of a closed month is replaced by what it is
// now, for each month that a span overlaps and each cause that may have changed anything. At the end nothing of these
// months is closed.
func (s Source) eachChange(span civil.Span, step func(before, after Source, m *ClosedMonth, cause Cause) error) error {
	for i := range s.Closed {
		m := &s.Closed[i]
		if !m.From.Before(span.To) || !span.From.Before(m.To) {
			continue
		}
		base := s
		for cause := range Cause(causeCount) {
			changed, err := m.Changed(cause)
			if err == nil && changed {
				after := base.reopened(i, cause)
				err, s = step(s, after, m, cause), after
			}
			if err != nil {
				return err
			}
		}
		s = base.reopened(i, DiscountsChanged)
	}
	return nil
}

// restatements are the differences that each cause makes to the rows of a report.
func (s Source) restatements(ctx context.Context, request Request) ([]Restatement, error) {
	request.Top, request.Min, request.Sort, request.MostRows = 0, decimal.Decimal{}, SortKey, 0
	request.Previous, request.Restated, request.Rated, request.Strict = false, false, false, false
	before := map[Key]*Row(nil)
	rows := func(s Source) (map[Key]*Row, error) {
		report, err := s.Report(ctx, request)
		byKey := make(map[Key]*Row, len(report.Rows))
		for i := range report.Rows {
			byKey[report.Rows[i].Key] = &report.Rows[i]
		}
		return byKey, err
	}
	var out []Restatement
	err := s.eachChange(civil.Between(request.From, request.To), func(was, is Source, m *ClosedMonth, cause Cause) error {
		var err error
		if before == nil {
			if before, err = rows(was); err != nil {
				return err
			}
		}
		after, err := rows(is)
		if err != nil {
			return err
		}
		out = append(out, differences(before, after, m.Month, cause, request.By)...)
		before = after
		return nil
	})
	return out, err
}

// differences are what rows after a change have more than those before, in the order of their keys.
func differences(before, after map[Key]*Row, month string, cause Cause, by []Dimension) []Restatement {
	keys := make([]Key, 0, len(after))
	for key := range after {
		keys = append(keys, key)
	}
	for key := range before {
		if after[key] == nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return compareKeys(a, b, by) })
	var out []Restatement
	for _, key := range keys {
		was, is := cmp.Or(before[key], &Row{}), cmp.Or(after[key], &Row{})
		r := Restatement{
			Month: month, Cause: cause, Key: key, Amount: is.Amount.Sub(was.Amount), List: is.List.Sub(was.List),
			Used: usedMore(&was.Sum, &is.Sum),
		}
		if len(is.Unknown) != len(was.Unknown) {
			r.Unknown = is.Unknown
		}
		moved := slices.ContainsFunc(r.Used[:], func(used decimal.Decimal) bool { return !used.IsZero() })
		if moved || !r.Amount.IsZero() || !r.List.IsZero() || len(r.Unknown) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func usedMore(was, is *usage.Sum) (more pricing.Quantities) {
	before := Quantities(was)
	for q, used := range Quantities(is) {
		more[q] = used.Sub(before[q])
	}
	return more
}
