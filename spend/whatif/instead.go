package whatif

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
)

// Kind is something else that the work could run on.
type Kind uint8

// The kinds, in the order in which they are offered.
const (
	EC2         Kind = iota // the cheapest instance with as many vCPUs and as much memory, all month, as many as the running time fills
	FargateTask             // a task for each launch and resume
	FargateSpot
	E2B
	Lightsail
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{EC2, FargateTask, FargateSpot, E2B, Lightsail} }

// String is the kind in words.
func (k Kind) String() string {
	return [...]string{"EC2 kept busy", "Fargate running", "Fargate Spot", "E2B running", "Lightsail kept busy"}[k]
}

// candidate is the kind of a size in a region.
func (k Kind) candidate(book pricing.PriceBook, d pricing.Demand) pricing.Candidate {
	switch k {
	case EC2:
		instance := "with " + d.Size.String()
		if fitting := book.InstanceTypes(d.Region, "arm64", d.Size.VCPU(), d.Size.GB()); len(fitting) > 0 {
			instance = fitting[0]
		}
		return pricing.EC2{Type: instance}
	case FargateTask:
		return pricing.Fargate{}
	case FargateSpot:
		return pricing.Fargate{Spot: true}
	case Lightsail:
		return pricing.Lightsail{}
	default:
		return pricing.Sandbox{Provider: "e2b"}
	}
}

// Alternative is what usage would cost on something else, a month at the same pace.
type Alternative struct {
	Kind     Kind
	Name     string // with the instance type, where there is one for all
	Month    decimal.Decimal
	Priced   int // parts that have a price
	Unpriced int // parts that do not
	Cheaper  int // parts for which MicroVMs cost less or the same
	Unknown  string
	Formula  string // where there is one part
	GivesUp  string
	Sources  []pricing.Price
	Notes    []pricing.Note

	// BreakEven is the running time a month, in hours, at which both cost the same, where there is one part and the two
	// meet.
	BreakEven *decimal.Decimal
	Sentence  string // what the break-even says
}

// Instead prices usage of some seconds on something else, each part by itself. Its only error is the context's.
func Instead(ctx context.Context, book pricing.PriceBook, kind Kind, parts []Part, seconds int64) (Alternative, error) {
	out := Alternative{Kind: kind, Name: kind.String()}
	var notes noteList
	for i := range parts {
		if i%stopEvery == 0 && ctx.Err() != nil {
			return out, ctx.Err()
		}
		part := &parts[i]
		facts, ran := FactsOf(&part.Sum)
		if !ran {
			if why := part.unmeasured(); why != "" {
				out.Unpriced++
				out.Unknown = why
			}
			continue
		}
		d := demand(part.Region, facts, seconds)
		alt := kind.candidate(book, d).Price(book, d)
		if alt.Unknown() != "" {
			out.Unpriced++
			out.Unknown = alt.Unknown()
			continue
		}
		cost := alt.Curve.At(d.Running)
		out.Month = out.Month.Add(cost)
		out.Priced++
		own, known := ownCurve(part, seconds, d.Running)
		if known && own.At(d.Running).LessThanOrEqual(cost) {
			out.Cheaper++
		}
		for _, note := range alt.Notes {
			notes.addFirst(note)
		}
		if len(parts) == 1 {
			out.Name, out.Formula, out.GivesUp, out.Sources = alt.Name, alt.Formula, alt.GivesUp, alt.Sources
			if known {
				out.meet(own, alt, d.Running)
			}
		}
	}
	out.Notes = notes.list
	return out, nil
}

// stopEvery is after how many parts it is looked whether the work is still wanted: a few milliseconds.
const stopEvery = 128

// ownCurve is what a part costs a month by running time: reads, writes and storage whatever runs, and compute by the
// second. What ran on either architecture is priced as that, at the rates that hold last.
func ownCurve(part *Part, seconds int64, running decimal.Decimal) (pricing.Curve, bool) {
	var compute, rest decimal.Decimal
	for _, each := range priced([]Part{*part}) {
		card, measured := part.Card.For(each.Card.Arch()), each.Sum.Measured()
		for _, q := range pricing.BilledQuantities() {
			amount, _, err := measured[q].Amounts(card, q)
			if err != nil { // the rate is not known
				return pricing.Curve{}, false
			}
			if q.ByArch() {
				compute = compute.Add(amount)
			} else {
				rest = rest.Add(amount)
			}
		}
	}
	return pricing.Curve{Fixed: aMonth(rest, seconds), Rate: aMonth(compute, seconds), Unit: running}, true
}

// meet looks for the running time at which both cost the same.
func (a *Alternative) meet(own pricing.Curve, alt pricing.Alternative, running decimal.Decimal) {
	found := pricing.FindBreakEven(own, alt.Curve, decimal.Decimal{})
	hours := func(seconds decimal.Decimal) string {
		return figures.Fixed(pricing.Divide(seconds, decimal.NewFromInt(pricing.SecondsPerHour), 4), 1)
	}
	if len(found.Crossings) == 0 {
		switch found.Below {
		case pricing.MicroVMs:
			a.Sentence = "MicroVMs cost less at every running time."
		case pricing.Other:
			a.Sentence = alt.Name + " costs less at every running time."
		default:
			a.Sentence = "Both cost the same at every running time."
		}
		return
	}
	at := found.Crossings[0].Seconds
	h := pricing.Divide(at, decimal.NewFromInt(pricing.SecondsPerHour), pricing.RatioPlaces)
	a.BreakEven = &h
	cheaper := "MicroVMs cost less"
	if found.Below == pricing.Other {
		cheaper = alt.Name + " costs less"
	}
	a.Sentence = fmt.Sprintf("Up to %s running hours a month %s; it is %s h at this pace.",
		hours(at), cheaper, hours(running))
}

// replaced puts an alternative in the place of the MicroVMs' bill.
func (o *Outcome) replaced(by Alternative, seconds int64, notes *noteList) {
	o.Alternative = &by
	for i := range o.Lines {
		o.Lines[i].Then, o.Lines[i].ThenAmount, o.Lines[i].ThenKnown = decimal.Decimal{}, decimal.Decimal{}, true
	}
	for _, note := range by.Notes {
		notes.add(note)
	}
	o.ThenMonth, o.ThenComplete = by.Month, by.Unpriced == 0 && by.Priced > 0
	o.Then = pricing.ProrateTime(by.Month, seconds, monthSeconds)
	switch {
	case by.Unknown != "":
		o.unknown(by.Unknown)
	case by.Priced == 0:
		o.unknown("nothing ran, so that there is nothing to run elsewhere")
	}
}
