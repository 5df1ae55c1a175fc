package spend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/usage"
)

// Cost is an amount of money together with what it lacks. The zero value is nothing spent.
type Cost struct {
	Amount  decimal.Decimal // in US dollars, exact, of everything that has a rate; for cents see [Spend.Cents]
	List    decimal.Decimal // the same at AWS's public rates; equal to Amount where none is negotiated
	Unknown []Unknown       // usage without a known rate, by region and quantity; none if Amount is complete

	priced bool // at least one quantity that was used has a rate
}

// Unknown is usage that cannot be priced.
type Unknown struct {
	Region   string
	Quantity pricing.BilledQuantity
	Arch     pricing.Arch  // whose rate of compute is not known; "" for what is billed alike on all
	NoCard   bool          // there is no rate card for the region at all
	Used     pricing.Count // how much was used; no units in a row that has only a share of it
}

// String says what is missing and what to do.
func (u Unknown) String() string {
	reason := "is not known"
	if u.NoCard {
		reason = "is not known, as there is no rate card for the region"
	}
	return fmt.Sprintf("the %s rate of %s %s; give it under rates.%s.%s in microspend.yaml or refresh the rates",
		u.Rated().Name(), u.Region, reason, u.Region, u.Rated().RateKeys()[0])
}

// Rated is what has no known rate.
func (u Unknown) Rated() pricing.Rated { return u.Quantity.On(u.Arch) }

// Complete reports whether the amount lacks nothing.
func (c Cost) Complete() bool { return len(c.Unknown) == 0 }

// Known reports whether the amount means anything: it is complete, or some part of it could be priced. Where it is
// false the cost is unknown, and is to be shown as that and not as zero.
func (c Cost) Known() bool { return c.priced || c.Complete() }

// Plus adds two costs exactly; neither is changed. What is unknown in one of them is unknown in the sum.
func (c Cost) Plus(d Cost) Cost {
	if !c.priced && c.Complete() && c.Amount.IsZero() && c.List.IsZero() {
		return d
	}
	sum := Cost{Amount: c.Amount.Add(d.Amount), Unknown: c.Unknown, priced: c.priced || d.priced}
	if c.List == c.Amount && d.List == d.Amount { // the very same numbers, not only as large: nothing was agreed
		sum.List = sum.Amount
	} else {
		sum.List = c.List.Add(d.List)
	}
	if len(d.Unknown) > 0 {
		sum.Unknown = mergeUnknown(c.Unknown, d.Unknown)
	}
	return sum
}

func mergeUnknown(a, b []Unknown) []Unknown {
	merged := slices.Clone(a)
	for _, u := range b {
		at, found := slices.BinarySearchFunc(merged, u, func(x, y Unknown) int {
			return cmp.Or(cmp.Compare(x.Region, y.Region), cmp.Compare(x.Quantity, y.Quantity), cmp.Compare(x.Arch, y.Arch))
		})
		if found {
			merged[at].Used.Units = merged[at].Used.Units.Add(u.Used.Units)
			merged[at].Used.Per = max(merged[at].Used.Per, u.Used.Per)
		} else {
			merged = slices.Insert(merged, at, u)
		}
	}
	return merged
}

// UnknownRatesError says that usage needs rates that are not known. A report returns it only where it is asked to.
type UnknownRatesError struct{ Unknown []Unknown }

func (e *UnknownRatesError) Error() string {
	lines := make([]string, len(e.Unknown))
	for i, u := range e.Unknown {
		lines[i] = u.String()
	}
	return strings.Join(lines, "\n")
}

// componentCosts are the costs of the billed quantities of one sum in one region.
type componentCosts [pricing.QuantityCount]Cost

// used reports whether a cost is of a quantity that was used, be its rate known or not.
func (c Cost) used() bool { return c.priced || !c.Complete() }

// price prices the usage of a cell: once per quantity, all of the group's usage at one rate together. A cell with a
// part of AWS's bill costs that.
func (p *priceList) price(of *cell) (out componentCosts) {
	if of.billed != nil {
		return *of.billed
	}
	rc := p.at(of.cellPlace)
	for q, count := range of.Measured() {
		q := pricing.BilledQuantity(q)
		if count.Units.IsZero() {
			continue
		}
		amount, list, err := count.Amounts(rc.card, q)
		if err != nil { // the rate is not known
			out[q] = Cost{Unknown: []Unknown{rc.unknown(of.region, q, count)}}
			continue
		}
		out[q] = Cost{Amount: amount, List: list, priced: true}
	}
	return out
}

// unknown is usage that the card has no rate for.
func (c *regionCard) unknown(region string, q pricing.BilledQuantity, count pricing.Count) Unknown {
	return Unknown{region, q, q.On(c.card.Arch()).Arch, c.noCard, count}
}

// Plus adds two sets of costs. Neither is changed; c may be nil.
func (c *componentCosts) Plus(d *componentCosts) *componentCosts {
	sum := *d
	if c != nil {
		for q := range sum {
			sum[q] = c[q].Plus(d[q])
		}
	}
	return &sum
}

func (c *componentCosts) total() (sum Cost) {
	for _, cost := range c {
		if cost.used() {
			sum = sum.Plus(cost)
		}
	}
	return sum
}

// each hands on the cost of a cell with these costs by component. A cell without usage has a row all the same.
func (c *componentCosts) each(of *cell, yield func(Key, Cost, *usage.Sum)) {
	if !slices.ContainsFunc(c[:], Cost.used) {
		yield(of.Key, Cost{}, &of.Sum)
		return
	}
	key := of.Key
	for q, cost := range c {
		if cost.used() {
			q := pricing.BilledQuantity(q)
			key.Component = q.String()
			only := onlyComponent(&of.Sum, q)
			yield(key, cost, &only)
		}
	}
}
