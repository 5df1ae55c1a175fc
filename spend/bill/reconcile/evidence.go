package reconcile

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// place is a day in a region.
type place struct{ day, region string }

// evidence is what the ledger and the bill say beside the amounts.
type evidence struct {
	recorded map[place]bool
	damaged  map[string]bool           // days of which the ledger has files that cannot be read
	unseen   map[place]decimal.Decimal // the part of the recorded time that was not seen as a whole
	sources  map[place]int
	images   map[string]bool // regions in which storage of images is metered

	used map[place]*[pricing.QuantityCount]quantities // on all architectures together

	netted map[string]bool // days whose amounts are all the same part of their quantities' price
}

// quantities are what was used by either side.
type quantities struct{ ours, theirs decimal.Decimal }

func (q quantities) more() decimal.Decimal { return q.theirs.Sub(q.ours) }

// excess is theirs minus ours as a part of theirs, zero where they have nothing.
func (q quantities) excess() decimal.Decimal {
	if q.theirs.IsZero() {
		return decimal.Decimal{}
	}
	return pricing.Divide(q.more(), q.theirs, pricing.RatioPlaces)
}

func (l *Line) used() quantities { return quantities{l.OursUsed, l.TheirsUsed} }

// gather asks the ledger for what the reasons look at.
func gather(ctx context.Context, source spend.Source, from, to time.Time, lines []Line) (evidence, error) {
	e := evidence{
		recorded: map[place]bool{}, unseen: map[place]decimal.Decimal{}, sources: map[place]int{}, images: map[string]bool{},
		used: map[place]*[pricing.QuantityCount]quantities{}, damaged: map[string]bool{},
	}
	result, err := source.Usage.Aggregate(ctx, ledger.Query{
		From: from, To: to, By: []ledger.Field{ledger.FieldRegion, ledger.FieldSource, ledger.FieldDay}, Location: time.UTC,
	})
	if err != nil {
		return e, err
	}
	for _, file := range result.Damaged {
		e.damaged[file.Day.Format(time.DateOnly)] = true
	}
	sums := map[place]*usage.Sum{}
	for _, g := range result.Groups {
		if g.Sum.Empty() {
			continue
		}
		at := place{g.Day.UTC().Format(time.DateOnly), g.Region}
		if sums[at] == nil {
			sums[at] = &usage.Sum{}
		}
		sums[at].Merge(&g.Sum)
		e.recorded[at] = true
		e.sources[at]++
	}
	for at, sum := range sums {
		e.unseen[at] = decimal.NewFromInt(1)
		if coverage := spend.Coverage(sum); coverage != nil {
			e.unseen[at] = e.unseen[at].Sub(*coverage)
		}
	}
	stored, err := source.Usage.Aggregate(ctx, ledger.Query{
		From: from, To: to, By: []ledger.Field{ledger.FieldKind, ledger.FieldRegion},
	})
	if err != nil {
		return e, err
	}
	for _, g := range stored.Groups {
		if g.Resource.Kind == usage.KindImage {
			e.images[g.Region] = !g.Sum.Amounts[pricing.SnapshotStorage].IsZero()
		}
	}
	for _, l := range lines {
		at := place{l.Day.Format(time.DateOnly), l.Region}
		if e.used[at] == nil {
			e.used[at] = &[pricing.QuantityCount]quantities{}
		}
		q := &e.used[at][l.Quantity]
		q.ours, q.theirs = q.ours.Add(l.OursUsed), q.theirs.Add(l.TheirsUsed)
	}
	return e, nil
}

// agreement is how close two quantities must be to be taken for the same: a hundredth.
var agreement = decimal.New(1, -2)

// gapFactor is how much more than its part of the time a gap may hide.
var gapFactor = decimal.NewFromInt(2)

// quantityReason is the likeliest reason why AWS billed another quantity than was measured.
func (e evidence) quantityReason(l *Line) ReasonID {
	at := place{l.Day.Format(time.DateOnly), l.Region}
	excess := func(q pricing.BilledQuantity) decimal.Decimal { return e.used[at][q].excess() }
	// Compute agrees, or is billed less: then nothing points at MicroVMs that nobody measured.
	compute := !excess(pricing.VCPU).GreaterThan(agreement) && !excess(pricing.Memory).GreaterThan(agreement)
	if l.TheirsUsed.GreaterThan(l.OursUsed) {
		switch {
		case e.onOtherArch(l):
			return OtherArch
		case e.damaged[at.day]:
			return Damaged
		case !e.recorded[at]:
			return MissingDays
		case l.Quantity == pricing.SnapshotStorage && (!e.images[l.Region] || compute):
			return ImageStorage
		case !l.used().excess().GreaterThan(e.unseen[at].Mul(gapFactor)):
			return Gaps
		case l.Quantity == pricing.SnapshotWrite && compute:
			return ImageBuilds
		case l.Quantity == pricing.SnapshotRead && compute:
			return LaunchReads
		case l.Quantity.ByArch() && l.OursUsed.IsPositive() && excess(pricing.SnapshotRead).Abs().LessThan(agreement):
			return Burst
		default:
			return UnknownVMs
		}
	}
	switch {
	case e.onOtherArch(l):
		return OtherArch
	case l.Estimated:
		return NotFinal
	case !l.InBill:
		return NotListed
	case e.sources[at] > 1:
		return CountedTwice
	case l.Quantity == pricing.SnapshotRead:
		return LaunchReads
	case l.Quantity == pricing.SnapshotWrite || l.Quantity == pricing.SnapshotStorage:
		return StateSize
	default:
		return Transitions
	}
}

// onOtherArch reports whether what AWS billed more or less of on one architecture, it billed as much less or more of on
// the others: then it is the architecture that the ledger has wrong, or has not.
func (e evidence) onOtherArch(l *Line) bool {
	all := e.used[place{l.Day.Format(time.DateOnly), l.Region}][l.Quantity].more()
	others := all.Sub(l.used().more())
	return !others.IsZero() && pricing.Divide(all, others, pricing.RatioPlaces).Abs().LessThan(agreement)
}

// nettedDays are the days on which AWS's quantities are whole and every amount is the same part of what its quantity
// costs, or nothing. Credits and discounts of a whole account do that, where the bill is net of them; a rate that
// changed does it to one usage type.
func nettedDays(lines []Line, cards rateCards) map[string]bool {
	byDay, all := map[string]parts{}, parts{}
	for i := range lines {
		l := &lines[i]
		gross := cards.of(l).Charged(l.Quantity)
		if !l.InBill || !l.UsedKnown || !l.TheirsUsed.IsPositive() || !gross.Known() {
			continue
		}
		cost := gross.Amount(l.TheirsUsed)
		if cost.LessThan(leastTold) {
			continue // it is rounded too much to tell
		}
		part, day := pricing.Divide(l.Theirs, cost, pricing.RatioPlaces), l.Day.Format(time.DateOnly)
		byDay[day], all = append(byDay[day], part), append(all, part)
	}
	out := map[string]bool{}
	for day, of := range byDay {
		out[day] = of.alike() || all.alike()
	}
	return out
}

// leastTold is the least that a quantity must cost for its amount to be worth comparing: bills have ten decimals.
var leastTold = decimal.New(1, -6)

// parts are what amounts are of what their quantities cost.
type parts []decimal.Decimal

// alikeWithin is how far parts may differ that are the same before rounding.
var alikeWithin = decimal.New(1, -3)

// alike reports whether there are several, all the same, and less than the whole.
func (p parts) alike() bool {
	if len(p) < 2 {
		return false
	}
	least, most := decimal.Min(p[0], p[1:]...), decimal.Max(p[0], p[1:]...)
	return most.Sub(least).LessThan(alikeWithin) && most.LessThan(decimal.NewFromInt(1).Sub(alikeWithin))
}
