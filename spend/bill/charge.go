package bill

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// discount is the kind of a row that takes something off a line. It belongs to the line if it is of the same day.
const discount = Discount

// entry is one row or group of a bill that has to do with MicroVMs, whatever the format, as texts.
type entry struct {
	usageType string
	region    string // as the file says; "" where it does not
	from, to  time.Time
	kind      Kind   // "" for usage
	word      string // the file's own word for the kind
	negative  Kind   // what usage of less than nothing is

	cost, costName, currency string
	used, usedName, unit     string // used is "" where the file does not say

	estimated bool
	place     string // for messages; "" where those who call say it
}

// amount reads the cost, which must be in dollars.
func (e *entry) amount() (decimal.Decimal, error) {
	cost, err := parseAmount(e.cost)
	if err != nil {
		return cost, fmt.Errorf("%s: %w", e.costName, err)
	}
	return cost, checkCurrency(e.currency)
}

// enter puts a row where it belongs: into its line, or apart. Only usage must lie within a day: taxes, credits and
// discounts of a whole month are listed apart.
func (p *part) enter(e entry) error {
	cost, err := e.amount()
	if err != nil {
		return err
	}
	day, long := oneDay(e.from, e.to)
	switch {
	case e.kind == "" && long != nil:
		return long
	case e.kind == "" && cost.IsNegative():
		e.kind, e.word = e.negative, e.usageType
	}
	if e.kind != "" && (e.kind != discount || long != nil) {
		p.setApart(Apart{e.kind, e.word, cost, 1, e.place})
		return nil
	}
	of, prefix, class := classify(e.usageType)
	if class != billed {
		p.setApart(Apart{Unknown, e.usageType, cost, 1, e.place})
		return nil
	}
	line := Line{
		Day: day, Region: e.region, Quantity: of.Quantity, Arch: of.Arch, Cost: cost, Estimated: e.estimated,
	}
	if e.kind == discount {
		line.Discount, line.UsedKnown = cost, true
	} else if e.used != "" {
		if line.Used, err = parseAmount(e.used); err != nil {
			return fmt.Errorf("%s: %w", e.usedName, err)
		}
		line.UsedKnown = e.unit == "" || sameUnit(e.unit, of.Quantity)
	}
	if !pricing.IsRegionName(line.Region) { // "", "global" or "NoRegion"
		var known bool
		if line.Region, known = pricing.RegionOfPrefix(prefix); !known {
			return fmt.Errorf("the prefix of usage type %.60q names no known region; "+
				"group by REGION as well, or export the region's column", e.usageType)
		}
	}
	p.add(line)
	return nil
}

func checkCurrency(code string) error {
	switch code {
	case "USD":
		return nil
	case "":
		return errors.New("it names no currency")
	default:
		return fmt.Errorf("it is in %.10q; rates are in USD, and amounts of different currencies cannot be compared", code)
	}
}
