package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/scalar"
	"microspend/pricing"
)

// flagReader reads the values of flags and collects what is wrong with them.
type flagReader struct{ faults []error }

func (r *flagReader) add(flag string, err error) {
	if err != nil {
		r.faults = append(r.faults, fmt.Errorf("%s: %w", flag, err))
	}
}

func (r *flagReader) gb(flag, text string, otherwise decimal.Decimal) decimal.Decimal {
	if text == "" {
		return otherwise
	}
	var gb scalar.GB
	r.add(flag, gb.ParseScalar(text))
	return gb.Decimal
}

// duration reads a duration, or a plain number of seconds.
func (r *flagReader) duration(flag, text string) decimal.Decimal {
	if _, err := strconv.ParseUint(text, 10, 40); err == nil {
		text += "s"
	}
	var d scalar.Duration
	r.add(flag, d.ParseScalar(text))
	return d.Seconds
}

func (r *flagReader) wholeSeconds(flag, text string, least int64) int64 {
	before := len(r.faults)
	seconds := r.duration(flag, text)
	switch {
	case len(r.faults) > before:
	case !seconds.IsInteger():
		r.add(flag, fmt.Errorf("%s is not a whole number of seconds, which is what the service takes", text))
	case seconds.LessThan(decimal.NewFromInt(least)):
		r.add(flag, fmt.Errorf("%s is below %d s, the least that is accepted", text, least))
	}
	return seconds.IntPart()
}

func (r *flagReader) milliseconds(flag, text string) int64 {
	ms := r.duration(flag, text).Shift(3)
	if !ms.IsInteger() {
		r.add(flag, fmt.Errorf("%s is not a whole number of milliseconds", text))
	}
	return ms.IntPart()
}

// latency reads how long a request waits.
func (r *flagReader) latency(flag, text string) int64 {
	ms := r.milliseconds(flag, text)
	if ms > idle.MaxLatencyMS {
		r.add(flag, fmt.Errorf("%s is longer than an hour", text))
	}
	return ms
}

func (r *flagReader) number(flag, text string) *decimal.Decimal {
	var n scalar.Count
	r.add(flag, n.ParseScalar(text))
	return &n.Decimal
}

func (r *flagReader) share(flag, text string) *decimal.Decimal {
	var p scalar.Percent
	err := p.ParseScalar(text)
	if err == nil && (p.Fraction.IsZero() || p.Fraction.Equal(decimal.NewFromInt(1))) {
		err = fmt.Errorf("%s leaves one of the two parts empty", text)
	}
	r.add(flag, err)
	return &p.Fraction
}

// rates puts rates that were given in the place of a card's.
func (r *flagReader) rates(card pricing.RateCard, given []string) pricing.RateCard {
	seen := map[pricing.BilledQuantity]bool{}
	for _, text := range given {
		key, figure, ok := strings.Cut(text, "=")
		quantity, per, known := pricing.RateKey(key).Meaning()
		if !ok || !known {
			r.add("--rate", fmt.Errorf("%.60q is not a rate such as snapshot_write_gb=0.0038", text))
			continue
		}
		if seen[quantity] {
			r.add("--rate", fmt.Errorf("the %s rate is given twice", quantity.Name()))
		}
		var price scalar.Price
		r.add("--rate", price.ParseScalar(figure))
		card = card.With(quantity, pricing.Rate{
			Figure: price.Decimal, Per: per, Source: "given on the command line",
			Inline: true,
		})
		seen[quantity] = true
	}
	switch len(seen) {
	case 0:
	case len(pricing.BilledQuantities()):
		card.Name = "inline"
	default:
		card.Name += " with inline figures"
	}
	return card
}
