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

// Bill is what AWS charges for MicroVMs, by day, region and billed quantity.
type Bill struct {
	Format Format
	Metric string // the file's name for the cost that was read, such as UnblendedCost
	SHA256 string // of the file, in hexadecimal

	From, To time.Time // the days that the file covers: the first, and the day after the last

	Lines []Line // in the order of day, region and quantity, each once
	Apart []Apart

	Rows, Ignored int // rows or groups read; of them, of no MicroVM
}

// Line is what one billed quantity cost on a UTC day in a region.
type Line struct {
	Day       time.Time
	Region    string
	Quantity  pricing.BilledQuantity
	Used      decimal.Decimal // in Quantity.Unit()
	UsedKnown bool            // false where the file does not say how much was used
	Cost      decimal.Decimal // with discounts taken off
	Discount  decimal.Decimal // the part of Cost that the file lists as discounts: zero or below
	Estimated bool            // the file says that it is not final
}

// Sort puts lines into the order of day, region and quantity.
func Sort(lines []Line) {
	slices.SortFunc(lines, func(x, y Line) int {
		return cmp.Or(x.Day.Compare(y.Day), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Quantity, y.Quantity))
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

// Kind says why an amount stands apart from the lines.
type Kind string

// The kinds.
const (
	Credit  Kind = "credit"
	Refund  Kind = "refund"
	Tax     Kind = "tax"
	Fee     Kind = "fee"
	X86     Kind = "x86"     // usage types of an architecture that MicroVMs do not run on
	Unknown Kind = "unknown" // of MicroVMs, but none of the five usage types
	Adjust  Kind = "adjustment"
)

// Apart is a sum of amounts that are no usage of an ARM MicroVM.
type Apart struct {
	Kind   Kind
	Name   string // the usage type, or the file's own word for the kind of row
	Amount decimal.Decimal
	Rows   int
}

type lineKey struct {
	day      int64 // Unix seconds
	region   string
	quantity pricing.BilledQuantity
}

type apartKey struct {
	kind Kind
	name string
}

// builder collects a bill.
type builder struct {
	bill  Bill
	lines map[lineKey]*Line
	apart map[apartKey]*Apart
}

func newBuilder(format Format) *builder {
	return &builder{bill: Bill{Format: format}, lines: map[lineKey]*Line{}, apart: map[apartKey]*Apart{}}
}

// cover widens the days that the file covers.
func (b *builder) cover(from, to time.Time) {
	if b.bill.From.IsZero() || from.Before(b.bill.From) {
		b.bill.From = from
	}
	if to.After(b.bill.To) {
		b.bill.To = to
	}
}

// add adds one row's part of a line. What is used is not known for the line if it is not known for one of its charges;
// discounts say nothing of use.
func (b *builder) add(part Line) {
	key := lineKey{part.Day.Unix(), part.Region, part.Quantity}
	have, ok := b.lines[key]
	if !ok {
		b.lines[key] = &part
		return
	}
	have.Used = have.Used.Add(part.Used)
	have.UsedKnown = have.UsedKnown && part.UsedKnown
	have.Cost = have.Cost.Add(part.Cost)
	have.Discount = have.Discount.Add(part.Discount)
	have.Estimated = have.Estimated || part.Estimated
}

func (b *builder) setApart(more Apart) {
	key := apartKey{more.Kind, more.Name}
	have, ok := b.apart[key]
	if !ok {
		have = &Apart{Kind: more.Kind, Name: more.Name}
		b.apart[key] = have
	}
	have.Amount = have.Amount.Add(more.Amount)
	have.Rows += more.Rows
}

func (b *builder) finish() Bill {
	for _, line := range b.lines {
		b.bill.Lines = append(b.bill.Lines, *line)
	}
	Sort(b.bill.Lines)
	for _, apart := range b.apart {
		b.bill.Apart = append(b.bill.Apart, *apart)
	}
	slices.SortFunc(b.bill.Apart, func(x, y Apart) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
	})
	return b.bill
}
