package pricing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// Workload is what MicroVMs of one size do in one month, all users and jobs together. Times are in seconds. The zero
// value does nothing and costs nothing.
type Workload struct {
	Size    Size
	Running decimal.Decimal // seconds in state RUNNING, busy or idle
	Burst   Burst

	Launches decimal.Decimal // starts, each of which reads the image
	Image    Image

	Cycles    decimal.Decimal // suspends, each followed by a resume
	Unresumed decimal.Decimal // suspends that no resume follows, as the MicroVM is terminated while suspended
	StateGB   decimal.Decimal // written by one suspend, read by one resume, and held while suspended
	Suspended decimal.Decimal // seconds in state SUSPENDED
}

// Burst is the part of the running time that is billed at a peak instead of the baseline. The zero value is no burst.
type Burst struct {
	Share decimal.Decimal // of the running time, 0 to 1 inclusive
	VCPU  decimal.Decimal // in use during the burst, baseline included; at most BurstFactor × baseline
	GB    decimal.Decimal // likewise
}

// Image is the snapshot that launches read and that is stored whether or not anything runs.
type Image struct {
	GB    decimal.Decimal // of one image version, as stored and as read by one launch
	Count decimal.Decimal // versions stored, active or not
	Hours decimal.Decimal // each is stored in the month: zero for all of it, fewer than MinImageHours are billed as those

	// NotStored leaves storage out of the bill: it is counted elsewhere. An image that launches read is stored
	// somewhere, so that without it, launches of an image of no versions are an error, and not storage for nothing.
	NotStored bool
}

// billedHours are those that each version is billed for.
func (i Image) billedHours() decimal.Decimal {
	if i.Hours.IsZero() {
		return monthHours
	}
	return decimal.Max(i.Hours, minImageHours)
}

func (w Workload) checkImage() error {
	switch counted := w.Image.Count.IsPositive(); {
	case w.Image.NotStored && counted:
		return fmt.Errorf("image count is %s, but the image is not stored", w.Image.Count)
	case !w.Image.NotStored && !counted && w.Launches.IsPositive() && w.Image.GB.IsPositive():
		return errors.New("launches read an image of which no version is stored; set Image.Count, or Image.NotStored " +
			"where its storage is counted elsewhere")
	}
	return nil
}

// Bill prices the workload. This is the rule of the bill, in one place:
//
//   - Running time is split in two: the burst's share is billed at the burst's vCPU and memory, the rest at the
//     baseline of the size. That is the same sum as the baseline over all seconds plus what the burst adds.
//   - Each launch reads the image, each resume reads the state, each suspend writes it.
//   - Image versions are stored by the hour, at least a week each; suspended MicroVMs hold their state by the hour.
//
// Lines that come to a zero quantity are left out. A rate that a line needs and the card does not have is an
// [UnknownRateError]; all of them are reported together. Quantities below zero, and bursts outside the size's
// envelope, are errors.
//
// Source: AWS Lambda pricing page, section MicroVMs, with its worked example 1, read 2026-09-19.
func (w Workload) Bill(card RateCard) (Bill, error) {
	if err := w.check(); err != nil {
		return Bill{}, err
	}
	var (
		burst    = w.Running.Mul(w.Burst.Share)
		baseline = w.Running.Sub(burst)
		held     = Factor{w.Suspended, "s"}
		perHour  = int64(SecondsPerHour)
	)
	if inHours, exact := secondsInHours(w.Suspended); exact {
		held, perHour = Factor{inHours, "h"}, 1
	}

	b := biller{card: card, bill: Bill{Card: card, Lines: make([]Line, 0, 9)}}
	b.add(BaselineVCPU, VCPU, 1, Factor{baseline, "s"}, Factor{w.Size.VCPU(), "vCPU"})
	b.add(BaselineMemory, Memory, 1, Factor{baseline, "s"}, Factor{w.Size.GB(), "GB"})
	b.add(PeakVCPU, VCPU, 1, Factor{burst, "s"}, Factor{w.Burst.VCPU, "vCPU"})
	b.add(PeakMemory, Memory, 1, Factor{burst, "s"}, Factor{w.Burst.GB, "GB"})
	b.add(WriteSuspend, SnapshotWrite, 1, Factor{w.Cycles.Add(w.Unresumed), "suspend"}, Factor{w.StateGB, "GB"})
	b.add(ReadLaunch, SnapshotRead, 1, Factor{w.Launches, "launch"}, Factor{w.Image.GB, "GB"})
	b.add(ReadResume, SnapshotRead, 1, Factor{w.Cycles, "resume"}, Factor{w.StateGB, "GB"})
	b.add(StorageImage, SnapshotStorage, 1,
		Factor{w.Image.Count, "image"}, Factor{w.Image.GB, "GB"}, Factor{w.Image.billedHours(), "h"})
	b.add(StorageSuspended, SnapshotStorage, perHour, held, Factor{w.StateGB, "GB"})
	return b.bill, b.err()
}

var (
	minImageHours = decimal.NewFromInt(MinImageHours)
	monthHours    = decimal.NewFromInt(HoursPerGBMonth)
)

// secondsInHours converts exactly where the hours have a finite decimal expansion of up to six places.
func secondsInHours(seconds decimal.Decimal) (decimal.Decimal, bool) {
	hours, rest := seconds.QuoRem(secondsPerHour, 6)
	return hours, rest.IsZero()
}

func (w Workload) check() error {
	var faults []error
	for _, f := range []struct {
		name  string
		value decimal.Decimal
	}{
		{"running time", w.Running},
		{"burst share", w.Burst.Share},
		{"launches", w.Launches},
		{"image size", w.Image.GB},
		{"image count", w.Image.Count},
		{"image hours", w.Image.Hours},
		{"cycles", w.Cycles},
		{"number of suspends without a resume", w.Unresumed},
		{"state size", w.StateGB},
		{"suspended time", w.Suspended},
	} {
		if f.value.IsNegative() {
			faults = append(faults, fmt.Errorf("%s is %s; it cannot be below zero", f.name, f.value))
		}
	}
	if err := w.checkImage(); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 || w.Burst.Share.IsZero() {
		return errors.Join(faults...)
	}
	return errors.Join(
		between("burst share", w.Burst.Share, decimal.Decimal{}, one),
		between("burst vCPU", w.Burst.VCPU, w.Size.VCPU(), w.Size.PeakVCPU()),
		between("burst memory in GB", w.Burst.GB, w.Size.GB(), w.Size.PeakGB()),
	)
}

func between(name string, value, low, high decimal.Decimal) error {
	if value.LessThan(low) || value.GreaterThan(high) {
		return fmt.Errorf("%s is %s; it must be from %s to %s", name, value, low, high)
	}
	return nil
}

// Bill prices plain quantities: one line each, under the quantity's own id.
func (q Quantities) Bill(card RateCard) (Bill, error) {
	b := biller{card: card, bill: Bill{Card: card}}
	for _, quantity := range BilledQuantities() {
		if q[quantity].IsNegative() {
			return Bill{}, fmt.Errorf("%s is %s; it cannot be below zero", quantity.Name(), q[quantity])
		}
		b.add(plainComponents[quantity], quantity, 1, Factor{q[quantity], quantity.Unit()})
	}
	return b.bill, b.err()
}

// Bill is what a workload costs at the rates of one card. Its lines are in the order of [Components].
type Bill struct {
	Card  RateCard
	Lines []Line
}

// ListTotal is what all lines come to at AWS's public rates, exact.
func (b Bill) ListTotal() decimal.Decimal { return b.ListSum(Everything) }

// ListSum adds list amounts, of the lines that [Bill.Sum] adds.
func (b Bill) ListSum(c Component) decimal.Decimal { return b.sum(c, Line.listAmount) }

// Negotiated reports whether any line is charged differently from list.
func (b Bill) Negotiated() bool { return slices.ContainsFunc(b.Lines, Line.Negotiated) }

// Total is the sum of all lines, exact.
func (b Bill) Total() decimal.Decimal { return b.Sum(Everything) }

// Sum adds the lines of a component or a group, exact; zero where the bill has none of them.
func (b Bill) Sum(c Component) decimal.Decimal { return b.sum(c, Line.amount) }

// Cents are the amounts of the lines, beside them, and the total as they are shown: in whole cents, so that the lines
// add up to the total, which is the exact one rounded half-even. Each line is less than a cent away from its amount;
// rounded by themselves, they would not add up.
func (b Bill) Cents() (lines []decimal.Decimal, total decimal.Decimal) {
	exact := make([]decimal.Decimal, len(b.Lines))
	for i, line := range b.Lines {
		exact[i] = line.Amount
	}
	return figures.Settled(exact, 2)
}

func (b Bill) sum(in Component, of func(Line) decimal.Decimal) decimal.Decimal {
	sum := decimal.Decimal{}
	for _, line := range b.Lines {
		if line.Component.Within(in) {
			sum = sum.Add(of(line))
		}
	}
	return sum
}

func (l Line) amount() decimal.Decimal     { return l.Amount }
func (l Line) listAmount() decimal.Decimal { return l.ListAmount }

// Line is one line of a bill: quantity × rate = amount.
type Line struct {
	Component Component
	Of        BilledQuantity
	Rate      Rate
	ListRate  Rate            // AWS's public one, where the card knows both; otherwise Rate
	Discount  decimal.Decimal // the card's, for this quantity

	Quantity   decimal.Decimal // in Of.Unit(); rounded at AmountPlaces only where seconds make no finite hours
	ListAmount decimal.Decimal // at ListRate, without a discount
	Amount     decimal.Decimal // what is charged: at Rate, after the discount

	factors []Factor
	divisor int64 // 3,600 where the factors are in seconds and the unit in hours, otherwise 1
}

// Factor is one of the numbers whose product is a quantity, with its unit: a symbol such as GB, or a noun in the
// singular.
type Factor struct {
	Value decimal.Decimal
	Unit  string
}

// String writes the factor with its unit, as in "20 resumes" or "2 vCPU".
func (f Factor) String() string {
	text := figures.Grouped(f.Value) + " " + f.Unit
	if nouns[f.Unit] != "" && !f.Value.Equal(one) {
		text = figures.Grouped(f.Value) + " " + nouns[f.Unit]
	}
	return text
}

// Negotiated reports whether the line is charged differently from list.
func (l Line) Negotiated() bool {
	return !l.Discount.IsZero() || !l.Rate.Equal(l.ListRate)
}

// nouns are the units that have a plural.
var nouns = map[string]string{"image": "images", "launch": "launches", "suspend": "suspends", "resume": "resumes"}

// EffectiveRate is the rate after the discount, per the unit in which it is published.
func (l Line) EffectiveRate() decimal.Decimal { return l.Rate.Net(l.Discount).Figure }

// Formula writes the line out so that it can be checked by hand, as in "288,000 s × 2 vCPU × $0.0000291572". Divisions
// come last, as they are carried out.
func (l Line) Formula() string {
	var out strings.Builder
	for _, f := range l.factors {
		out.WriteString(f.String())
		out.WriteString(" × ")
	}
	out.WriteByte('$')
	out.WriteString(l.Rate.Figure.String())
	if !l.Discount.IsZero() {
		fmt.Fprintf(&out, " × %s%%", ChargedPercent(l.Discount))
	}
	for _, by := range []int64{l.divisor, int64(l.Rate.Per)} {
		if by != 1 {
			out.WriteString(" / ")
			out.WriteString(figures.Grouped(decimal.NewFromInt(by)))
		}
	}
	return out.String()
}

// biller collects the lines of a bill and the rates it could not find.
type biller struct {
	card    RateCard
	bill    Bill
	unknown []BilledQuantity // each once
}

// add appends the line whose quantity is the product of the factors over divisor, unless that is zero.
func (b *biller) add(c Component, q BilledQuantity, divisor int64, factors ...Factor) {
	units := factors[0].Value
	for _, f := range factors[1:] {
		units = units.Mul(f.Value)
	}
	if units.IsZero() {
		return
	}
	rate := b.card.Rate(q)
	if !rate.Known() {
		if !slices.Contains(b.unknown, q) {
			b.unknown = append(b.unknown, q)
		}
		return
	}
	line := Line{
		Component: c, Of: q, Rate: rate, ListRate: b.card.ListRate(q), Discount: b.card.Discounts[q],
		Quantity: units, factors: factors, divisor: divisor,
	}
	if divisor != 1 {
		line.Quantity = Divide(units, decimal.NewFromInt(divisor), AmountPlaces)
	}
	line.ListAmount = line.ListRate.price(units, divisor)
	line.Amount = line.ListAmount
	if line.Negotiated() {
		line.Amount = rate.Net(line.Discount).price(units, divisor)
	}
	b.bill.Lines = append(b.bill.Lines, line)
}

// err reports each unknown rate once, however many lines need it.
func (b *biller) err() error {
	var faults []error
	for _, q := range b.unknown {
		faults = append(faults, b.card.unknownRate(q))
	}
	return errors.Join(faults...)
}
