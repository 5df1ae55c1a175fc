package meter

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Limits are what a life may spend. The zero value limits nothing but its length, to the longest that the service
// allows.
type Limits struct {
	Dollars *decimal.Decimal // nil without a budget; zero or less is a budget that is exhausted from the start
	Running time.Duration    // the longest running time; 0 without
	Life    time.Duration    // the longest time from the launch on, running and suspended; 0 for the service's own

	// Faults say which limits of flags or of the run hook's payload could not be read. A flag's limit holds where that of
	// the payload could not be.
	Faults []string
}

// longestLife is the service's own limit.
const longestLife = pricing.MaxLifeSeconds * time.Second

// life is the longest time from the launch on.
func (l Limits) life() time.Duration {
	if l.Life > 0 {
		return l.Life
	}
	return longestLife
}

// set reads one limit as it is written in a flag or a payload. A fault leaves it as it was.
func (l *Limits) set(field, text string) error {
	switch field {
	case "budget":
		dollars, err := pricing.ParseDecimal(text)
		if err != nil {
			return fmt.Errorf("%.40q: %w", text, err)
		}
		l.Dollars = &dollars
		return nil
	case "max_running":
		return setDuration(&l.Running, text)
	default:
		return setDuration(&l.Life, text)
	}
}

// setDuration reads a duration such as 30m or 1h30m, or a number of seconds as the service's API has them, up to the
// longest life.
func setDuration(d *time.Duration, text string) error {
	parsed, err := time.ParseDuration(text)
	if err != nil {
		parsed, err = time.ParseDuration(text + "s")
	}
	switch {
	case err != nil:
		return fmt.Errorf("%.40q is neither a duration such as 30m nor a number of seconds", text)
	case parsed <= 0:
		return fmt.Errorf("%.40s is not above zero", text)
	case parsed > longestLife:
		return fmt.Errorf("%.40s is longer than a MicroVM lives, which is %s", text, longestLife)
	}
	*d = parsed
	return nil
}

// limitsOf reads the limits that flags give; what is empty is not given. An application that runs all the same is told
// that there may be a limit.
func limitsOf(budget, running, life string, fault func(name string, err error) bool) (l Limits) {
	for _, given := range []struct{ field, flag, text string }{
		{"budget", "budget", budget},
		{"max_running", "max-running", running},
		{"max_life", "max-life", life},
	} {
		if given.text != "" {
			err := l.set(given.field, given.text)
			if err == nil && l.Dollars != nil && l.Dollars.IsNegative() {
				l.Dollars, err = nil, errors.New("a budget is not below zero")
			}
			if fault(given.flag, err) {
				l.Faults = append(l.Faults, fmt.Sprintf("--%s: %v", given.flag, err))
			}
		}
	}
	return l
}
