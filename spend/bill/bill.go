package bill

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Format is the kind of file that a bill was read from.
type Format string

// The formats.
const (
	CostExplorer Format = "cost-explorer" // reply of GetCostAndUsage
	CUR          Format = "cur"           // Cost and Usage Report
	FOCUS        Format = "focus"
)

// Bill is what AWS charges for MicroVMs, by day, region and usage type.
type Bill struct {
	Format Format
	Metric string // the file's name for the cost that was read, such as UnblendedCost; "" where nothing was
	SHA256 string // of the file, in hexadecimal
	Path   string // the file, which [Join] tells deliveries of a report apart by; "" where it is unknown

	// The days that the file covers: the first, and the day after the last. A day within them that has no line was
	// billed at zero, unless it is in one of the gaps.
	From, To time.Time
	Gaps     []Span // days that none of several files covers, in order

	Lines []Line // in the order of day, region and usage type, each once
	Apart []Apart

	Replaced []Replaced // older versions of a report that a newer one took the place of

	Rows, Ignored int // rows or groups read and not replaced; of them, of no MicroVM

	estimated map[int64]bool // days that the file calls an estimate, in Unix seconds
	parts     map[partKey]*part
	days      map[int64]bool
}

// Span is a stretch of whole UTC days, the last not included.
type Span struct{ From, To time.Time }

// Line is what one usage type cost on a UTC day in a region.
type Line struct {
	Day       time.Time
	Region    string
	Quantity  pricing.BilledQuantity
	Arch      pricing.Arch    // of compute; "" is the default
	Used      decimal.Decimal // in Quantity.Unit()
	UsedKnown bool            // false where the file does not say how much was used
	Cost      decimal.Decimal // with discounts taken off
	Discount  decimal.Decimal // the part of Cost that the file lists as discounts: zero or below
	Estimated bool            // the file says that it is not final
}

// Rated is what the line is for.
func (l Line) Rated() pricing.Rated { return l.Quantity.On(l.Arch) }

// Sort puts lines into the order of day, region and usage type.
func Sort(lines []Line) {
	slices.SortFunc(lines, func(x, y Line) int {
		return cmp.Or(x.Day.Compare(y.Day), cmp.Compare(x.Region, y.Region), x.Rated().Compare(y.Rated()))
	})
}

// Total is what all lines cost together, exact.
func (b Bill) Total() decimal.Decimal {
	sum := decimal.Decimal{}
	for _, line := range b.Lines {
		sum = sum.Add(line.Cost)
	}
	return sum
}

// MicroVMs reports whether any row has to do with MicroVMs, or may have.
func (b Bill) MicroVMs() bool { return len(b.Lines)+len(b.Apart) > 0 }

// IsEstimated reports whether the file says that a day is not final, also where nothing was billed on it yet.
func (b Bill) IsEstimated(day time.Time) bool { return b.estimated[day.Unix()] }

// Kind says why an amount stands apart from the lines.
type Kind string

// The kinds.
const (
	Credit   Kind = "credit"
	Refund   Kind = "refund"
	Tax      Kind = "tax"
	Fee      Kind = "fee"
	Discount Kind = "discount" // for more than a day; those of a day belong to their line
	Unknown  Kind = "unknown"  // of MicroVMs, but none of their usage types
	Adjust   Kind = "adjustment"
	// Undecided is for rows of AWS Lambda that name no usage type, and that nothing else in the file tells apart.
	Undecided Kind = "undecided"
)

// Apart is a sum of amounts that are no usage of a MicroVM.
type Apart struct {
	Kind   Kind
	Name   string // the usage type, or the file's own word for the kind of row
	Amount decimal.Decimal
	Rows   int
	Place  string // of the first row, such as line 12; "" where it has none
}

type lineKey struct {
	day    int64 // Unix seconds
	region string
	of     pricing.Rated
}

type apartKey struct {
	kind Kind
	name string
}

// partKey is what a report is delivered for: a version of it replaces what versions before had of the same period.
type partKey struct{ period, payer string }

// part is what a file has of one billing period of one payer. Replies of Cost Explorer are of one part.
type part struct {
	lines         map[lineKey]*Line
	apart         map[apartKey]*Apart
	rows, ignored int
	origin        // what tells versions of a report apart
}

func newPart() *part {
	return &part{
		lines: map[lineKey]*Line{}, apart: map[apartKey]*Apart{},
		origin: origin{accounts: map[string]bool{}, ids: map[digest]bool{}, contents: map[digest]bool{}},
	}
}

// add adds one row's part of a line. What is used is not known for the line if it is not known for one of its charges;
// discounts say nothing of use.
func (p *part) add(more Line) {
	key := lineKey{more.Day.Unix(), more.Region, more.Rated()}
	have, ok := p.lines[key]
	if !ok {
		p.lines[key] = &more
		return
	}
	have.Used = have.Used.Add(more.Used)
	have.UsedKnown = have.UsedKnown && more.UsedKnown
	have.Cost = have.Cost.Add(more.Cost)
	have.Discount = have.Discount.Add(more.Discount)
	have.Estimated = have.Estimated || more.Estimated
}

func (p *part) setApart(more Apart) {
	key := apartKey{more.Kind, more.Name}
	have, ok := p.apart[key]
	if !ok {
		p.apart[key] = &more
		return
	}
	have.Amount = have.Amount.Add(more.Amount)
	have.Rows += more.Rows
}

// merge adds everything that another part counts.
func (p *part) merge(other *part) {
	for _, line := range other.lines {
		p.add(*line)
	}
	for _, apart := range other.apart {
		p.setApart(*apart)
	}
	p.rows, p.ignored = p.rows+other.rows, p.ignored+other.ignored
}

const day = 24 * time.Hour

// cover marks the days of a span as covered.
func (b *Bill) cover(from, to time.Time) {
	for at := from; at.Before(to); at = at.Add(day) {
		b.days[at.Unix()] = true
	}
}

// finish puts the parts together. Usage of a day that no file covers, as when AWS bills some usage of last month with
// this one's, cannot be compared with what was measured on that day, since most of it is on another bill.
func (b Bill) finish() Bill {
	all := newPart()
	for _, p := range b.parts {
		all.merge(p)
	}
	b.Rows, b.Ignored = all.rows, all.ignored
	b.From, b.To, b.Gaps = spans(b.days)
	for key, line := range all.lines {
		if !b.days[key.day] {
			all.setApart(Apart{Kind: Adjust, Name: "usage of " + line.Day.Format("2006-01"), Amount: line.Cost, Rows: 1})
			delete(all.lines, key)
		}
	}
	b.Lines, b.Apart = sorted(all.lines), nil
	for _, apart := range all.apart {
		b.Apart = append(b.Apart, *apart)
	}
	slices.SortFunc(b.Apart, func(x, y Apart) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
	})
	return b
}

func sorted(lines map[lineKey]*Line) (out []Line) {
	for _, line := range lines {
		out = append(out, *line)
	}
	Sort(out)
	return out
}

// spans are the first day, the day after the last, and what is missing between them.
func spans(days map[int64]bool) (from, to time.Time, gaps []Span) {
	if len(days) == 0 {
		return from, to, nil
	}
	order := make([]int64, 0, len(days))
	for at := range days {
		order = append(order, at)
	}
	slices.Sort(order)
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	for i, seconds := range order[1:] {
		if after := at(order[i]).Add(day); after.Before(at(seconds)) {
			gaps = append(gaps, Span{after, at(seconds)})
		}
	}
	return at(order[0]), at(order[len(order)-1]).Add(day), gaps
}
