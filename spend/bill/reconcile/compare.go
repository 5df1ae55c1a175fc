package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/bill"
)

// Request says what is compared.
type Request struct {
	Bill      bill.Bill
	From, To  time.Time // UTC days to compare, within the bill's; zero for all of them
	Tolerance Tolerance
}

// Comparison is a bill beside what was measured.
type Comparison struct {
	From, To  time.Time
	Bill      bill.Bill // its lines are those of the days compared; what stands apart is of the whole file
	Tolerance Tolerance

	Lines   []Line // by day, region and quantity
	Sums    []Line // the same by region and quantity; their Day is zero
	Total   Line   // of everything; its Region is ""
	Reasons []Reason
}

// Line is one quantity on one day in one region. Differences are theirs minus ours.
type Line struct {
	Day      time.Time
	Region   string
	Quantity pricing.BilledQuantity

	Ours, Theirs         decimal.Decimal
	OursUsed, TheirsUsed decimal.Decimal // in Quantity.Unit(); no meaning in a total
	UsedKnown            bool            // the bill has a quantity; else TheirsUsed is the charge divided by our rate
	RateKnown            bool            // we have a rate; where not, Ours lacks what was used
	InBill               bool
	Estimated            bool // the bill says that it is not final
	Beyond               bool // further off than the tolerance

	Reason ReasonID // what makes most of the difference; "" where there is none
}

// Difference is theirs minus ours.
func (l Line) Difference() decimal.Decimal { return l.Theirs.Sub(l.Ours) }

// Within reports whether the total, and each quantity in each region, is as close as the tolerance asks.
func (c Comparison) Within() bool {
	return !c.Total.Beyond && !slices.ContainsFunc(c.Sums, func(l Line) bool { return l.Beyond })
}

type key struct {
	day      string
	region   string
	quantity string
}

// Compare compares a bill with a source's usage and rates.
func Compare(ctx context.Context, source spend.Source, request Request) (Comparison, error) {
	from, to, err := days(request)
	if err != nil {
		return Comparison{}, err
	}
	ours, err := source.Report(ctx, spend.Request{
		From: from, To: to, By: []spend.Dimension{spend.ByDay, spend.ByRegion, spend.ByComponent}, Location: time.UTC,
	})
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{From: from, To: to, Bill: request.Bill, Tolerance: request.Tolerance}
	out.Bill.Lines = nil
	lines := map[key]*Line{}
	line := func(day time.Time, region string, q pricing.BilledQuantity) *Line {
		k := key{day.Format(time.DateOnly), region, q.String()}
		if lines[k] == nil {
			lines[k] = &Line{Day: day, Region: region, Quantity: q, RateKnown: true, UsedKnown: true}
		}
		return lines[k]
	}
	for i := range ours.Rows {
		row := &ours.Rows[i]
		q, ok := row.Quantity()
		if !ok {
			continue // a day on which nothing was used
		}
		day, err := time.Parse(time.DateOnly, row.Day)
		if err != nil {
			return Comparison{}, err
		}
		l := line(day, row.Region, q)
		l.Ours, l.RateKnown = row.Amount, row.Complete()
		l.OursUsed = spend.Quantities(&row.Sum)[q]
	}
	for _, billed := range request.Bill.Lines {
		if billed.Day.Before(from) || !billed.Day.Before(to) {
			continue
		}
		out.Bill.Lines = append(out.Bill.Lines, billed)
		l := line(billed.Day, billed.Region, billed.Quantity)
		l.Theirs, l.TheirsUsed, l.UsedKnown = billed.Cost, billed.Used, billed.UsedKnown
		l.InBill, l.Estimated = true, billed.Estimated
	}
	for _, l := range lines {
		out.Lines = append(out.Lines, *l)
	}
	slices.SortFunc(out.Lines, compareLines)
	cards, err := cardsOf(source, out.Lines)
	if err != nil {
		return Comparison{}, err
	}
	for i := range out.Lines {
		out.Lines[i].inferUse(cards.of(&out.Lines[i]))
	}
	found, err := gather(ctx, source, from, to, out.Lines)
	if err != nil {
		return Comparison{}, err
	}
	out.explain(cards, found)
	out.sum()
	return out, nil
}

// days settles which days are compared.
func days(request Request) (from, to time.Time, err error) {
	from, to = request.Bill.From, request.Bill.To
	if !request.From.IsZero() {
		from = request.From
	}
	if !request.To.IsZero() {
		to = request.To
	}
	switch {
	case from != from.UTC().Truncate(24*time.Hour) || to != to.UTC().Truncate(24*time.Hour):
		return from, to, errors.New("bills are by UTC day; give whole days")
	case from.Before(request.Bill.From) || to.After(request.Bill.To):
		return from, to, fmt.Errorf("the bill covers %s to %s only, the last day not included",
			request.Bill.From.Format(time.DateOnly), request.Bill.To.Format(time.DateOnly))
	case !from.Before(to):
		return from, to, fmt.Errorf("%s is not before %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	return from, to, nil
}

func compareLines(a, b Line) int {
	return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Quantity, b.Quantity))
}

// sum adds the lines up by region and quantity, and over all, and holds the sums to the tolerance.
func (c *Comparison) sum() {
	type regionQuantity struct {
		region   string
		quantity pricing.BilledQuantity
	}
	sums := map[regionQuantity]*Line{}
	c.Total = Line{UsedKnown: true, RateKnown: true}
	for _, l := range c.Lines {
		at := regionQuantity{l.Region, l.Quantity}
		if sums[at] == nil {
			sums[at] = &Line{Region: l.Region, Quantity: l.Quantity, UsedKnown: true, RateKnown: true}
		}
		sums[at].add(l)
		c.Total.add(l)
	}
	for _, l := range sums {
		c.Sums = append(c.Sums, *l)
	}
	slices.SortFunc(c.Sums, compareLines)
	most := c.Tolerance.of(c.Total.Theirs)
	for i := range c.Sums {
		c.Sums[i].Beyond = c.Sums[i].Difference().Abs().GreaterThan(most)
	}
	for i := range c.Lines {
		c.Lines[i].Beyond = c.Lines[i].Difference().Abs().GreaterThan(most)
	}
	c.Total.Beyond = c.Total.Difference().Abs().GreaterThan(most)
}

func (l *Line) add(part Line) {
	l.Ours, l.Theirs = l.Ours.Add(part.Ours), l.Theirs.Add(part.Theirs)
	l.OursUsed, l.TheirsUsed = l.OursUsed.Add(part.OursUsed), l.TheirsUsed.Add(part.TheirsUsed)
	l.UsedKnown, l.RateKnown = l.UsedKnown && part.UsedKnown, l.RateKnown && part.RateKnown
	l.InBill, l.Estimated = l.InBill || part.InBill, l.Estimated || part.Estimated
}
