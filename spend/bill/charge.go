package bill

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// discount is the kind of a row that takes something off a line. It belongs to the line.
const discount Kind = "discount"

// charge is one row of a bill that has to do with MicroVMs, whatever the format.
type charge struct {
	day       time.Time
	usageType string
	region    string // as the file says; "" where it does not
	prefix    string // before the usage type
	quantity  pricing.BilledQuantity
	class     class
	kind      Kind   // "" for usage
	kindName  string // the file's own word for it
	cost      decimal.Decimal
	used      decimal.Decimal
	usedKnown bool
	estimated bool
}

// take puts a charge where it belongs.
func (b *builder) take(c charge) error {
	switch {
	case c.kind != "" && c.kind != discount:
		b.setApart(Apart{c.kind, c.kindName, c.cost, 1})
		return nil
	case c.class == x86:
		b.setApart(Apart{X86, c.usageType, c.cost, 1})
		return nil
	case c.class == other:
		b.setApart(Apart{Unknown, c.usageType, c.cost, 1})
		return nil
	}
	region := c.region
	if !pricing.IsRegionName(region) { // "", "global" or "NoRegion"
		var ok bool
		if region, ok = regionOfPrefix(c.prefix); !ok {
			return fmt.Errorf("the prefix of usage type %.60q names no known region; group by REGION as well", c.usageType)
		}
	}
	part := Line{Day: c.day, Region: region, Quantity: c.quantity, Cost: c.cost, Estimated: c.estimated}
	if c.kind == discount {
		part.Discount, part.UsedKnown = c.cost, true
	} else {
		part.Used, part.UsedKnown = c.used, c.usedKnown
	}
	b.add(part)
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
