package spend

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
)

// correctionKey is a line that is corrected, and why: at which rate it was charged is no matter.
type correctionKey struct {
	month    string
	cause    Cause
	kind     Kind
	tenant   string
	day      time.Time
	region   string
	account  string
	quantity pricing.BilledQuantity
}

func (k correctionKey) compare(other correctionKey) int {
	return cmp.Or(cmp.Compare(k.month, other.month), cmp.Compare(k.cause, other.cause), cmp.Compare(k.kind, other.kind),
		cmp.Compare(k.tenant, other.tenant), k.day.Compare(other.day), cmp.Compare(k.region, other.region),
		cmp.Compare(k.account, other.account), cmp.Compare(k.quantity, other.quantity))
}

// corrections are the lines that correct closed months and are billed in a period: those that were posted when a month
// of it was closed, and in the first month that is not closed, those that nobody has posted.
func (s Source) corrections(ctx context.Context, in civil.Span, request Request) ([]Charge, error) {
	if len(s.Closed) == 0 {
		return nil, nil
	}
	overlaps := func(first civil.Day) bool {
		return first.UTC().Before(in.To) && in.From.Before(first.AddMonths(1).UTC())
	}
	var out []Charge
	for _, m := range s.Closed {
		if overlaps(civil.MustParse(m.Month + "-01")) {
			out = append(out, m.Posted...)
		}
	}
	if len(s.Closed) > 0 && overlaps(s.OpenMonth()) {
		outstanding, err := s.Outstanding(ctx, request.Filter)
		if err != nil {
			return nil, err
		}
		out = append(out, outstanding...)
	}
	chooses := s.run(request).chooses
	return slices.DeleteFunc(out, func(c Charge) bool { return !chooses(c.Tenant, c.Kind) }), nil
}

// OpenMonth is the first day of the month after the last one that is closed. It is the zero day, 1 January 1970, where
// none is closed: every month is open.
func (s Source) OpenMonth() civil.Day {
	if len(s.Closed) == 0 {
		return 0
	}
	return civil.MustParse(s.Closed[len(s.Closed)-1].Month + "-01").AddMonths(1)
}

// Outstanding are the corrections of closed months that no month has been closed with.
func (s Source) Outstanding(ctx context.Context, filter Filter) ([]Charge, error) {
	if len(s.Closed) == 0 {
		return nil, nil
	}
	sums := map[correctionKey]*Charge{}
	billed := s.OpenMonth().UTC()
	add := func(c Charge, m string, cause Cause, sign int64) {
		key := correctionKey{m, cause, c.Kind, c.Tenant, c.Day, c.Region, c.Account, c.Quantity}
		sum, ok := sums[key]
		if !ok {
			sum = &Charge{
				Kind: c.Kind, Tenant: c.Tenant, Group: c.Group, Day: c.Day, Region: c.Region, Account: c.Account,
				Location: c.Location, Quantity: c.Quantity, Correction: &Correction{Month: m, Cause: cause, Billed: billed},
			}
			sums[key] = sum
		}
		if sign > 0 || !sum.Rate.Known() {
			sum.Rate, sum.ListRate, sum.Discount = c.Rate, c.ListRate, c.Discount
		}
		if sign < 0 {
			c.Used, c.Amount, c.List = c.Used.Neg(), c.Amount.Neg(), c.List.Neg()
		}
		sum.Used, sum.Amount, sum.List = sum.Used.Add(c.Used), sum.Amount.Add(c.Amount), sum.List.Add(c.List)
	}
	request := chargesRequest(filter)
	all := civil.Between(s.Closed[0].From, s.Closed[len(s.Closed)-1].To)
	err := s.eachChange(all, func(before, after Source, m *ClosedMonth, cause Cause) error {
		first, last := m.Days(time.UTC)
		days := civil.Between(first.UTC(), (last + 1).UTC())
		for _, side := range []struct {
			source Source
			sign   int64
		}{{before, -1}, {after, 1}} {
			charges, err := side.source.charges(ctx, days, request)
			if err != nil {
				return err
			}
			for _, line := range charges.Lines {
				add(line, m.Month, cause, side.sign)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	chooses := s.run(request).chooses
	for _, m := range s.Closed {
		for _, line := range m.Posted {
			if chooses(line.Tenant, line.Kind) {
				add(line, line.Correction.Month, line.Correction.Cause, -1)
			}
		}
	}
	var out []Charge
	for _, key := range slices.SortedFunc(maps.Keys(sums), correctionKey.compare) {
		if c := sums[key]; !c.Used.IsZero() || !c.Amount.IsZero() || !c.List.IsZero() {
			c.Correction.Reason = c.Correction.Cause.reason(c.Amount, c.Used)
			out = append(out, *c)
		}
	}
	return out, nil
}
