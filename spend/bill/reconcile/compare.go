package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
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

	Lines   []Line // by day, region and usage type
	Sums    []Line // the same by region and usage type; their Day is zero
	Total   Line   // of everything; its Region is ""
	Reasons []Reason

	Damaged []ledger.DamagedFile // files of the ledger whose usage is missing from ours
	// ArchAssumed reports whether any compute counts as ARM64's on our side without it being known to be: see
	// [assumption.ArchAssumed].
	ArchAssumed bool
}

// Line is one usage type on one day in one region. Differences are theirs minus ours.
type Line struct {
	Day      time.Time
	Region   string
	Quantity pricing.BilledQuantity
	Arch     pricing.Arch // of compute; "" for what is billed alike on all

	Ours, Theirs         decimal.Decimal
	OursUsed, TheirsUsed decimal.Decimal // in Quantity.Unit(); no meaning in a total
	UsedKnown            bool            // the bill has a quantity; else TheirsUsed is the charge divided by our rate
	RateKnown            bool            // we have a rate; where not, Ours lacks what was used
	InBill               bool
	Estimated            bool // the bill says that it is not final
	Beyond               bool // further off than the tolerance

	Reason ReasonID // what makes most of the difference; "" where there is none
}

// Rated is what the line is for.
func (l Line) Rated() pricing.Rated { return l.Quantity.On(l.Arch) }

// Difference is theirs minus ours.
func (l Line) Difference() decimal.Decimal { return l.Theirs.Sub(l.Ours) }

// Within reports whether the total, and each usage type in each region, is as close as the tolerance asks, and what
// cannot be told to be of MicroVMs or not is not more than that.
func (c Comparison) Within() bool {
	return !c.Total.Beyond && !slices.ContainsFunc(c.Sums, func(l Line) bool { return l.Beyond }) &&
		!c.Undecided().GreaterThan(c.Tolerance.of(c.Total.Theirs))
}

// Undecided is what rows come to that may be of MicroVMs, without their signs.
func (c Comparison) Undecided() decimal.Decimal {
	sum := decimal.Decimal{}
	for _, a := range c.Bill.Apart {
		if a.Kind == bill.Undecided {
			sum = sum.Add(a.Amount.Abs())
		}
	}
	return sum
}

type key struct {
	day    string
	region string
	of     pricing.Rated
}

// lineSet are lines on their way into a comparison.
type lineSet map[key]*Line

// at is the line of a day, region and usage type.
func (s lineSet) at(day time.Time, region string, of pricing.Rated) *Line {
	k := key{day.Format(time.DateOnly), region, of}
	if s[k] == nil {
		s[k] = &Line{
			Day: day, Region: region, Quantity: of.Quantity, Arch: of.Arch, RateKnown: true, UsedKnown: true,
		}
	}
	return s[k]
}

// bill adds what AWS billed in a span, and returns that part of it.
func (s lineSet) bill(lines []bill.Line, from, to time.Time) (within []bill.Line) {
	for _, billed := range lines {
		if billed.Day.Before(from) || !billed.Day.Before(to) {
			continue
		}
		within = append(within, billed)
		l := s.at(billed.Day, billed.Region, billed.Rated())
		l.Theirs, l.TheirsUsed, l.UsedKnown = billed.Cost, billed.Used, billed.UsedKnown
		l.InBill, l.Estimated = true, billed.Estimated
	}
	return within
}

func (s lineSet) sorted() []Line {
	var out []Line
	for _, l := range s {
		out = append(out, *l)
	}
	slices.SortFunc(out, compareLines)
	return out
}

// Compare compares a bill with a source's usage and rates.
func Compare(ctx context.Context, source spend.Source, request Request) (Comparison, error) {
	from, to, err := days(request)
	if err != nil {
		return Comparison{}, err
	}
	ours, err := source.Report(ctx, spend.Request{
		From: from, To: to, By: []spend.Dimension{spend.ByDay, spend.ByRegion, spend.ByComponent, spend.ByArch},
		Location: time.UTC,
	})
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{
		From: from, To: to, Bill: request.Bill, Tolerance: request.Tolerance,
		Damaged: ours.Damaged, ArchAssumed: ours.ArchAssumed,
	}
	lines := lineSet{}
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
		l := lines.at(day, row.Region, q.On(pricing.Arch(row.Arch)))
		l.Ours, l.RateKnown = l.Ours.Add(row.Amount), l.RateKnown && row.Complete()
		l.OursUsed = l.OursUsed.Add(spend.Quantities(&row.Sum)[q])
	}
	out.Bill.Lines = lines.bill(request.Bill.Lines, from, to)
	for _, l := range lines {
		l.Estimated = l.Estimated || request.Bill.IsEstimated(l.Day)
	}
	out.Lines = lines.sorted()
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
	found.netted = nettedDays(out.Lines, cards)
	out.explain(cards, found)
	out.sum()
	return out, nil
}

// Nothing is the comparison of a bill without MicroVMs where nothing was measured either.
func Nothing(request Request) Comparison {
	return Comparison{
		From: request.Bill.From, To: request.Bill.To, Bill: request.Bill, Tolerance: request.Tolerance,
		Total: Line{UsedKnown: true, RateKnown: true},
	}
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
		return from, to, fmt.Errorf("the bill covers %s only",
			civil.Between(request.Bill.From, request.Bill.To).Label(time.UTC))
	case !from.Before(to):
		return from, to, fmt.Errorf("%s is not before %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	for _, gap := range request.Bill.Gaps {
		if gap.From.Before(to) && from.Before(gap.To) {
			return from, to, fmt.Errorf("none of the files covers %s, where nothing can be compared; "+
				"give the file that does, or choose other days with --from and --to", gap)
		}
	}
	return from, to, nil
}

func compareLines(a, b Line) int {
	return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Region, b.Region), a.Rated().Compare(b.Rated()))
}

// sum adds the lines up by region and usage type, and over all, and holds the sums to the tolerance.
func (c *Comparison) sum() {
	c.Total = Line{UsedKnown: true, RateKnown: true}
	byRegion := lineSet{}
	for _, l := range c.Lines {
		c.Total.add(l)
		byRegion.at(time.Time{}, l.Region, l.Rated()).add(l)
	}
	c.Sums = byRegion.sorted()
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
