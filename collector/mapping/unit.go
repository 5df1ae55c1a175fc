package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Unit is what one of a metric's number means. The zero value is a whole unit of the record.
type Unit struct {
	name   string
	factor decimal.Decimal // units of the record for one, or for one during a second where it is a level
	level  bool            // how much is in use, for as long as the period
}

// String is the word used in the configuration.
func (u Unit) String() string { return u.name }

// Level reports whether the unit is of how much is in use, rather than of what was used.
func (u Unit) Level() bool { return u.level }

const (
	kib = 1 << 10
	mib = 1 << 20
	gb  = 1 << 30
)

// unitsOf are the units of a quantity, the record's own first. Every factor is a finite decimal, as 2^20 divides 10^20.
func unitsOf(q Quantity) []Unit {
	amount := func(name string, factor int64) Unit { return Unit{name, decimal.NewFromInt(factor), false} }
	level := func(name string, perSecond int64) Unit { return Unit{name, decimal.NewFromInt(perSecond), true} }
	// perMiB is a factor for bytes where the record counts MiB: times 1000 over 2^20, which is 5^20 × 1000 over 10^20.
	perMiB := decimal.RequireFromString("1000").Mul(decimal.NewFromInt(5).Pow(decimal.NewFromInt(20))).Shift(-20)
	switch q {
	case VCPU:
		return []Unit{
			amount("vcpu-milliseconds", 1), amount("vcpu-seconds", 1000), amount("vcpu-hours", 3_600_000),
			level("vcpus", 1000),
		}
	case Memory:
		return []Unit{
			amount("mib-milliseconds", 1), amount("mib-seconds", 1000),
			amount("gb-seconds", 1000*kib), amount("gb-hours", 3_600_000*kib),
			{"byte-seconds", perMiB, false},
			level("mib", 1000), level("gb", 1000*kib),
			{"bytes", perMiB, true},
		}
	case SnapshotRead, SnapshotWrite:
		return []Unit{amount("bytes", 1), amount("kib", kib), amount("mib", mib), amount("gb", gb)}
	case SnapshotStorage:
		return []Unit{
			amount("byte-seconds", 1), amount("gb-seconds", gb), amount("gb-hours", 3600*gb),
			level("bytes", 1), level("mib", mib), level("gb", gb),
		}
	case Running, Suspended:
		return []Unit{amount("milliseconds", 1), amount("seconds", 1000), amount("hours", 3_600_000), level("microvms", 1000)}
	default:
		return []Unit{amount("count", 1)}
	}
}

// RecordUnit is the unit in which the record has a quantity.
func RecordUnit(q Quantity) Unit { return unitsOf(q)[0] }

// ParseUnit reads the unit of a quantity.
func ParseUnit(q Quantity, word string) (Unit, error) {
	units := unitsOf(q)
	if i := slices.IndexFunc(units, func(u Unit) bool { return u.name == word }); i >= 0 {
		return units[i], nil
	}
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.name
	}
	return Unit{}, fmt.Errorf("unknown unit %.40q for %s; valid units: %s", word, Word(q), strings.Join(names, ", "))
}

// Converter turns the numbers of a metric into the record's units, for periods of one length.
type Converter struct {
	factor decimal.Decimal
	whole  int64 // the factor where it is a small whole number, otherwise 0
}

// Converter of a metric for a period.
func (m Metric) Converter(period time.Duration) Converter {
	factor := decimal.NewFromInt(1)
	if m.Unit.name != "" {
		factor = m.Unit.factor
	}
	if m.Unit.level {
		factor = factor.Mul(decimal.NewFromInt(int64(period / time.Second)))
	}
	if !m.Scale.IsZero() {
		factor = factor.Mul(m.Scale)
	}
	c := Converter{factor: factor}
	if factor.IsInteger() && factor.LessThanOrEqual(decimal.NewFromInt(1<<31)) {
		c.whole = factor.IntPart()
	}
	return c
}
