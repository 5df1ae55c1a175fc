package scenarios

import (
	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Fleet is several estimates as one bill.
type Fleet struct {
	Estimates []*Estimate
	Lines     []FleetLine // every component that any of them has, in the order of a bill
	Total     decimal.Decimal
}

// FleetLine is one component over all estimates. Rates may differ between them, so it has a quantity and an amount.
type FleetLine struct {
	Component pricing.Component
	Of        pricing.BilledQuantity
	Quantity  decimal.Decimal
	Amount    decimal.Decimal
}

// NewFleet adds estimates up. The amounts are sums of the estimates' own, so its total is the sum of theirs exactly.
func NewFleet(estimates []*Estimate) Fleet {
	fleet := Fleet{Estimates: estimates}
	for _, component := range pricing.Components() {
		line, found := FleetLine{Component: component}, false
		for _, e := range estimates {
			if l := findLine(e.Bill, component); l != nil {
				line.Of, found = l.Of, true
				line.Quantity, line.Amount = line.Quantity.Add(l.Quantity), line.Amount.Add(l.Amount)
			}
		}
		if found {
			fleet.Lines = append(fleet.Lines, line)
		}
	}
	for _, e := range estimates {
		fleet.Total = fleet.Total.Add(e.Bill.Total())
	}
	return fleet
}

// Sum adds the lines of a component or a group.
func (f Fleet) Sum(c pricing.Component) decimal.Decimal {
	sum := decimal.Decimal{}
	for _, line := range f.Lines {
		if line.Component.Within(c) {
			sum = sum.Add(line.Amount)
		}
	}
	return sum
}
