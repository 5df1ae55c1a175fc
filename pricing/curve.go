package pricing

import "github.com/shopspring/decimal"

// Curve is a month's cost as a function of running time, which is how every alternative and the MicroVM itself can be
// set against each other. All users and jobs are together. The zero value costs nothing.
//
// The cost of R seconds is Fixed + Rate × billed(R) / Unit, where billed(R) splits R evenly into Stretches, raises
// each stretch to Minimum seconds, rounds each up to a multiple of Step, and takes Free off the sum.
type Curve struct {
	Fixed     decimal.Decimal // dollars a month, whatever runs
	Rate      decimal.Decimal // dollars per Unit of billed time
	Unit      decimal.Decimal // seconds; 0 stands for an hour
	Stretches decimal.Decimal // tasks, requests or jobs that are each billed by themselves; 0 for one flow of seconds
	Minimum   decimal.Decimal // seconds billed at least for each stretch
	Step      decimal.Decimal // seconds; 0 for exact seconds
	Free      decimal.Decimal // billed seconds a month that cost nothing
}

// At is the cost of a month's running time, in seconds: exact by the second, and otherwise but for one division by the
// unit, half-even at AmountPlaces.
func (c Curve) At(running decimal.Decimal) decimal.Decimal {
	if c.unit().Equal(one) {
		return c.Fixed.Add(c.Rate.Mul(c.Billed(running))) // which may have more decimals than a division keeps
	}
	return c.Fixed.Add(Divide(c.Rate.Mul(c.Billed(running)), c.unit(), AmountPlaces))
}

func (c Curve) unit() decimal.Decimal { return orElse(c.Unit, secondsPerHour) }

// Billed is how many seconds are charged for a month's running time, in seconds.
func (c Curve) Billed(running decimal.Decimal) decimal.Decimal {
	if least := c.Stretches.Mul(c.Minimum); running.LessThan(least) {
		running = least
	}
	if step := c.Stretches.Mul(c.Step); step.IsPositive() {
		whole, rest := running.QuoRem(step, 0)
		if rest.IsPositive() {
			whole = whole.Add(one)
		}
		running = whole.Mul(step)
	}
	return decimal.Max(running.Sub(c.Free), decimal.Decimal{})
}

// Curve gives the MicroVMs' own cost by running time: what the scenario's launches, cycles and storage cost is fixed,
// and each running hour costs the same, its share of bursts included.
func (w Workload) Curve(card RateCard) (Curve, error) {
	hour := w
	hour.Launches, hour.Cycles, hour.Unresumed = decimal.Decimal{}, decimal.Decimal{}, decimal.Decimal{}
	hour.Suspended, hour.Image = decimal.Decimal{}, Image{}
	hour.Running = secondsPerHour
	perHour, err := hour.Bill(card)
	if err != nil {
		return Curve{}, err
	}
	idle := w
	idle.Running = decimal.Decimal{}
	fixed, err := idle.Bill(card)
	if err != nil {
		return Curve{}, err
	}
	return Curve{Fixed: fixed.Total(), Rate: perHour.Total()}, nil
}
