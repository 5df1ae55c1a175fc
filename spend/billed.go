package spend

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend/bill"
	"microspend/spend/tenants"
)

// Billed is what AWS charged for MicroVMs on the UTC days that its bills cover. On [BasisBilled] it takes the place
// of rates:
//
//   - Measured usage is allocated its share of each line of the bill: a day, a region and a billed quantity, which of
//     compute is on one architecture. Where AWS billed more than was measured, only the measured share is allocated;
//     where it billed less, the whole line is.
//   - A share is allocated in proportion to measured usage, exactly, by largest remainder.
//   - The rest of a line is its own row, [Unmetered]: no tenant is charged for usage that may be another's.
//
// So rows add up to the bill exactly. Where the bill does not say how much was used, the share is the cost at our
// rates, at most the line.
type Billed struct {
	Days  map[string]bool // the days that are covered, written 2026-10-01
	Lines []bill.Line     // each day, region and usage type once at most
}

var errBilledZone = errors.New("bills are by UTC day; the billed basis cannot cut days in another time zone")

// billedKey tells cells apart that a report would put together, while the bill is shared out among them.
type billedKey struct {
	day  civil.Day
	left bool // out by the filter
}

func (k billedKey) compare(other billedKey) int {
	return cmp.Or(cmp.Compare(k.day, other.day), cmp.Compare(btoi(k.left), btoi(other.left)))
}

// check refuses a span of which some day is in no bill: it would look as if nothing had been spent.
func (b *Billed) check(s civil.Span) error {
	if b == nil {
		return errors.New("no bill has been stored; store one with microspend reconcile FILE --allocate")
	}
	if !s.WholeDays(time.UTC) {
		return errors.New("the billed basis needs whole UTC days")
	}
	var without []string
	for day := civil.DayOf(s.From, time.UTC); day < civil.DayOf(s.To, time.UTC); day++ {
		if !b.Days[day.String()] {
			without = append(without, day.String())
		}
	}
	if len(without) == 0 {
		return nil
	}
	more := ""
	if len(without) > 1 {
		more = fmt.Sprintf(" and %d more days up to %s", len(without)-1, without[len(without)-1])
	}
	return fmt.Errorf("no bill covers %s%s; store one with microspend reconcile FILE --allocate", without[0], more)
}

// lineKey is where a line and the usage that it is for meet.
type lineKey struct {
	day    civil.Day
	region string
	of     pricing.Rated
}

// billedTable shares the bill out among all cells, puts what is left into rows of its own, and returns the cells that
// the filters choose.
func (r *run) billedTable(s civil.Span, all *cells, t *table) (*cells, error) {
	if err := r.source.Billed.check(s); err != nil {
		return nil, err
	}
	order := all.sorted(r.request.By)
	measured := make(map[*cell]pricing.Measured, len(order))
	users := map[lineKey][]*cell{}
	for _, of := range order {
		counts := of.Measured()
		measured[of] = counts
		costs := &componentCosts{}
		for _, q := range pricing.BilledQuantities() {
			if counts[q].Units.IsZero() {
				continue
			}
			costs[q] = Cost{priced: true} // where the bill has no line for it
			line := lineKey{of.day, of.region, q.On(r.prices.at(of.cellPlace).card.Arch())}
			users[line] = append(users[line], of)
		}
		of.billed = costs
	}
	for _, line := range r.source.Billed.Lines {
		day := civil.DayOf(line.Day, time.UTC)
		if line.Day.Before(s.From) || !line.Day.Before(s.To) {
			continue
		}
		using := users[lineKey{day, line.Region, line.Rated()}]
		weights, units := make([]decimal.Decimal, len(using)), decimal.Decimal{}
		for i, of := range using {
			weights[i] = measured[of][line.Quantity].Units
			units = units.Add(weights[i])
		}
		part := decimal.Decimal{}
		if len(using) > 0 {
			var err error
			count := pricing.Count{Units: units, Per: measured[using[0]][line.Quantity].Per}
			if part, err = r.metered(line, count); err != nil {
				return nil, err
			}
			for i, share := range allocate(part, weights) {
				using[i].billed[line.Quantity] = Cost{Amount: share, List: share, priced: true}
			}
		}
		if rest := line.Cost.Sub(part); !rest.IsZero() {
			r.unmetered(line, day, rest, t)
		}
	}
	return r.chosen(all), nil
}

// metered is the part of a line that measured usage accounts for, half-even at [pricing.AmountPlaces] decimals.
func (r *run) metered(line bill.Line, count pricing.Count) (decimal.Decimal, error) {
	if line.UsedKnown {
		billed := line.Used.Mul(decimal.NewFromInt(count.Per))
		if !count.Units.LessThan(billed) {
			return line.Cost, nil
		}
		return pricing.Prorate(line.Cost, count.Units, billed), nil
	}
	holds, err := r.prices.on(r.source, line.Region, pricing.DateOf(line.Day))
	card := holds.card.For(line.Arch)
	if err != nil || !card.Rate(line.Quantity).Known() {
		return line.Cost, err
	}
	amount, _, err := count.Amounts(card, line.Quantity)
	return decimal.Min(line.Cost, amount), err
}

// unmetered adds what is left of a line to a row of its own: with its label where rows are by anything that a bill does
// not tell, such as the tenant, and else as a part of its day, region, quantity or, of compute, architecture.
func (r *run) unmetered(line bill.Line, day civil.Day, rest decimal.Decimal, t *table) {
	arch := string(line.Rated().Arch)
	filter := r.request.Filter
	filter.Regions = nil // which a line has
	if arch != "" && tenants.MatchAny(filter.Archs, arch) {
		filter.Archs = nil
	}
	for _, d := range ledgerDimensions {
		if len(*filter.Of(d)) > 0 {
			return
		}
	}
	if !tenants.MatchAny(r.request.Filter.Regions, line.Region) || !r.chooses(Unmetered, KindUnmetered) {
		return
	}
	var key Key
	names := r.names(day.Start(time.UTC))
	for _, d := range r.request.By {
		switch {
		case d == ByRegion:
			key.Region = line.Region
		case d == ByArch && arch != "":
			key.Arch = arch
		case d == ByDay, d == ByWeek, d == ByMonth:
			*key.field(d) = names[d]
		case d == ByComponent:
			key.Component = line.Quantity.String()
		default:
			if key.Kind != KindUnmetered { // the label stands once, in the first of them
				key.Kind, *key.field(d) = KindUnmetered, Unmetered
			}
		}
	}
	row := t.row(key)
	row.Cost = row.Plus(Cost{Amount: rest, List: rest, priced: true})
}

// chosen are the cells that the filters leave, put together as the report does.
func (r *run) chosen(all *cells) *cells {
	out := newCells(0)
	for used := range all.all() {
		if !used.left {
			out.add(used.with(used.Key), &used.Sum, used.billed)
		}
	}
	return out
}
