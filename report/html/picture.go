package html

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/view"
	"microspend/view/chart"
)

// mostBars is how many days are drawn as days; longer periods are drawn by week.
const mostBars = 100

// bucket is a day or a week of a chart.
type bucket struct {
	first, last time.Time
	amount      decimal.Decimal
	cents       decimal.Decimal // the amount as shown, which is that of its days
	parts       [pricing.QuantityCount]decimal.Decimal
	known       bool
	rest        bool          // all of it are days on which the ledger never has anything
	state       pricing.State // of the amount
}

// buckets are the days of a period, or its weeks from Monday where it is long. Cents are beside the days.
func buckets(days []statement.Day, cents func(day int) decimal.Decimal) []bucket {
	var out []bucket
	for i, d := range days {
		day := dated(d.Day)
		if len(days) <= mostBars || len(out) == 0 || day.Weekday() == time.Monday {
			out = append(out, bucket{first: day, rest: true})
		}
		b := &out[len(out)-1]
		b.last, b.rest = day, b.rest && d.Rest
		if d.Recorded {
			b.known, b.state = true, max(b.state, d.State())
		}
		b.amount, b.cents = b.amount.Add(d.Amount), b.cents.Add(cents(i))
		for q := range d.Parts {
			b.parts[q] = b.parts[q].Add(d.Parts[q].Amount)
		}
	}
	return out
}

// words are the amount as it is shown.
func (b bucket) words() string { return view.Text("$" + fixed(b.cents, 2)).In(b.state).String() }

func (b bucket) name() string {
	if b.first.Equal(b.last) {
		return b.first.Format("Monday 2 January")
	}
	return civil.Between(b.first, b.last.AddDate(0, 0, 1)).Words(time.UTC, false)
}

// chart draws spend by day in two widths, and says in words what it shows.
func (r renderer) chart() (wide, narrow template.HTML, caption string) {
	s := chart.Stacked{Title: "Spend by day and component", X: "days", Y: chart.Axis{Format: dollars}}
	for _, q := range pricing.BilledQuantities() {
		s.Parts = append(s.Parts, q.Name())
	}
	all := buckets(r.statement.Days, func(day int) decimal.Decimal { return r.cents.days[day].amount })
	weekly := len(r.statement.Days) > mostBars
	if weekly {
		s.Title, s.X = "Spend by week and component", "weeks"
	}
	for i, b := range all {
		stack := chart.Stack{Label: b.first.Format("2"), Told: b.name() + ": still to come"}
		if !b.known && !b.rest && r.past(b.last.Format(time.DateOnly)) {
			stack.Told, stack.Unknown = b.name()+": not known", true
		}
		if weekly || (i > 0 && b.first.Day() == 1) {
			stack.Label = b.first.Format("2 Jan")
		}
		if b.known {
			stack.Told = b.name() + ": " + b.words()
			stack.Lacking = b.state == pricing.UnknownRates
		}
		stack.Shaded = !weekly && weekend(b.first)
		for _, part := range b.parts {
			stack.Parts = append(stack.Parts, part.InexactFloat64()) // for a picture, which has no cents
		}
		s.Bars = append(s.Bars, stack)
	}
	draw := func(s chart.Stacked) template.HTML {
		var out strings.Builder
		// A strings.Builder takes every write.
		_ = s.Figure(&out)
		return template.HTML(out.String()) //nolint:gosec // package chart escapes every label
	}
	wide = draw(s)
	s.Narrow = true
	return wide, draw(s), r.caption(all, weekly)
}

// dollars writes a round number of a chart's axis.
func dollars(v float64) string {
	d := decimal.NewFromFloat(v).Round(6)
	if d.GreaterThanOrEqual(one) {
		d = d.RoundBank(2)
	}
	if d.Equal(d.Truncate(0)) {
		return "$" + figures.Grouped(d)
	}
	return "$" + figures.Fixed(d, max(2, min(-d.Exponent(), 6)))
}

// caption is the chart in words.
func (r renderer) caption(all []bucket, weekly bool) string {
	noun := "day"
	if weekly {
		noun = "week"
	}
	known := slices.DeleteFunc(slices.Clone(all), func(b bucket) bool { return !b.known })
	if len(known) == 0 {
		return "The ledger has nothing for this period."
	}
	highest := slices.MaxFunc(known, func(a, b bucket) int {
		return cmp.Or(a.amount.Cmp(b.amount), b.first.Compare(a.first))
	})
	lowest := slices.MinFunc(known, func(a, b bucket) int {
		return cmp.Or(a.amount.Cmp(b.amount), a.first.Compare(b.first))
	})
	words := "The highest " + noun + " was " + highest.name() + " with " + highest.words() +
		", the lowest " + lowest.name() + " with " + lowest.words() + "."
	if largest, part := r.largestComponent(); part != "" {
		words += " " + upper(largest) + " is " + part + " of the spend."
	}
	unknown := 0
	for _, b := range all {
		if !b.known && !b.rest && r.past(b.last.Format(time.DateOnly)) {
			unknown++
		}
	}
	if unknown > 0 {
		words += " Of " + figures.Count(unknown, noun) + " the ledger has nothing, which a dotted line marks."
	}
	if !weekly {
		words += " Bands mark weekends."
	}
	return words + " The figures are under “Day by day”."
}

func (r renderer) largestComponent() (name, part string) {
	sums := [pricing.QuantityCount]decimal.Decimal{}
	for _, line := range r.statement.Lines {
		sums[line.Quantity] = sums[line.Quantity].Add(line.Amount)
	}
	most := pricing.VCPU
	for _, q := range pricing.BilledQuantities() {
		if sums[q].GreaterThan(sums[most]) {
			most = q
		}
	}
	if !r.statement.Total.Amount.IsPositive() {
		return "", ""
	}
	return most.Name(), percentOf(sums[most], r.statement.Total.Amount)
}

// typicalDay is the median of the days that are over.
func (r renderer) typicalDay() (name, figure, words string, ok bool) {
	var over []int
	days := r.statement.Days
	for i := range days {
		if days[i].Recorded && r.past(days[i].Day) {
			over = append(over, i)
		}
	}
	if len(over) < 3 {
		return "", "", "", false
	}
	slices.SortStableFunc(over, func(a, b int) int { return days[a].Amount.Cmp(days[b].Amount) })
	median := over[len(over)/2]
	shown := amount(days[median].Figure, r.cents.days[median].amount)
	return "A typical day", shown, "the median of " + figures.Count(len(over), "day"), true
}

// sparkHeight is how finely a line in a table is drawn.
const sparkHeight = 9

// How many points a line has at most: a day each for a month, or every second day where there are many tenants, which
// keeps the page small.
const (
	mostPoints, fewPoints = 31, 16
	manyTenants           = 200
)

// spark is the path of a line through a tenant's days in a field of 30 × 9 units, upside down as pictures are. Where
// there are more days than points, a point is the highest of the days it stands for. Where the ledger has nothing there
// is a gap in the line, and where nothing could be priced a stroke at the bottom. Steps are written relative to the
// point before, and straight stretches as one, which keeps the page small. It is empty where nothing was spent.
func spark(days []statement.Day, points int) string {
	levels := sparkLevels(days, points)
	step := max(30/max(len(levels)-1, 1), 1)
	var out []byte
	for i := 0; i < len(levels); {
		switch {
		case levels[i] == sparkGap:
			i++
			continue
		case levels[i] == sparkUnknown:
			out = fmt.Appendf(out, "M%d %dv-2", i*step, sparkHeight)
			i++
			continue
		}
		out = fmt.Appendf(out, "M%d %d", i*step, levels[i])
		i++
		if i == len(levels) || levels[i] < 0 {
			out = append(out, "h1"...)
		}
		for first := true; i < len(levels) && levels[i] >= 0; first = false {
			rise, run := levels[i]-levels[i-1], 1
			for i+run < len(levels) && levels[i+run] >= 0 && levels[i+run]-levels[i+run-1] == rise {
				run++
			}
			out = append(out, " l"[btoi(first)])
			out = strconv.AppendInt(out, int64(run*step), 10)
			if rise >= 0 {
				out = append(out, ' ')
			}
			out = strconv.AppendInt(out, int64(run*rise), 10)
			i += run
		}
	}
	return string(out)
}

// Levels of a spark's points that are no height.
const (
	sparkGap     = -1 // the ledger has nothing
	sparkUnknown = -2 // nothing of it could be priced
)

// sparkLevels are the heights of a spark's points from the top, none where nothing was spent.
func sparkLevels(days []statement.Day, points int) (levels []int) {
	most := zero
	for i := range days {
		most = decimal.Max(most, days[i].Amount)
	}
	if most.IsZero() {
		return nil
	}
	for chunk := range slices.Chunk(days, (len(days)+points-1)/points) {
		level, highest := sparkGap, zero
		for i := range chunk {
			switch {
			case chunk[i].Recorded && chunk[i].Known():
				highest = decimal.Max(highest, chunk[i].Amount)
				level = sparkHeight - int(share(highest, most)*sparkHeight+0.5)
			case chunk[i].Recorded && level == sparkGap:
				level = sparkUnknown
			}
		}
		levels = append(levels, level)
	}
	return levels
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bar is the path of a bar, 100 units long for a part of one.
func bar(part float64) string {
	if part <= 0 {
		return ""
	}
	return "M0 10h" + strconv.Itoa(max(int(part*100+0.5), 1))
}

// mini is the path of a bar for each day, in a field of as many units as there are days times 20. A day on which
// nothing was spent is a line at the bottom, one of which nothing could be priced a narrow stroke, and one of which the
// ledger has nothing is left empty.
func mini(days []statement.Day) (path string, width int) {
	all := buckets(days, func(int) decimal.Decimal { return zero })
	most := zero
	for _, b := range all {
		most = decimal.Max(most, b.amount)
	}
	var out strings.Builder
	for i, b := range all {
		switch height := max(int(share(b.amount, most)*20+0.5), 1); {
		case !b.known || most.IsZero():
		case b.amount.IsZero() && b.state == pricing.UnknownRates:
			out.WriteString("M" + strconv.Itoa(i*10+4) + " 20h2v-6h-2z")
		default:
			out.WriteString("M" + strconv.Itoa(i*10+1) + " 20h8v-" + strconv.Itoa(height) + "h-8z")
		}
	}
	return out.String(), len(all) * 10
}

// miniCaption is the same in words.
func miniCaption(t statement.Tenant, cents []decimal.Decimal) string {
	highest, recorded, spent := -1, 0, 0
	for i := range t.Days {
		if !t.Days[i].Recorded {
			continue
		}
		recorded++
		if t.Days[i].Amount.IsPositive() {
			spent++
		}
		if highest < 0 || t.Days[i].Amount.GreaterThan(t.Days[highest].Amount) {
			highest = i
		}
	}
	if recorded == 0 || t.Amount.IsZero() {
		return ""
	}
	top := t.Days[highest]
	words := "Highest on " + dated(top.Day).Format("Monday 2 January") + " with " + amount(top.Figure, cents[highest]) +
		"; spend on " + figures.Count(spent, "day") + " of " + strconv.Itoa(recorded) + "."
	if t.Kind != spend.KindTenant {
		return words
	}
	if c := spend.Coverage(&t.Sum); c != nil && !c.Equal(one) {
		words += " Coverage " + coverageText(&t.Sum) + "."
	}
	return words
}
