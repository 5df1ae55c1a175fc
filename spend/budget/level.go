package budget

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
)

// Habits are looked for in whole numbers, so that they are the same on every machine: a day's spend in millionths of
// the largest one, and a weekday's share in millionths of the mean of all. They decide which days an amount is taken
// from and how it is spread over the days to come; the amount itself stays a decimal.
const millionths = 1_000_000

const (
	// patternDays is how many complete days it takes to tell weekdays apart: two weeks, as one week has each of them once
	// and would take the odd day for the rule.
	patternDays = 14

	// rangeDays is how far ahead past forecasts are checked at least, where the present one reaches as far: a week has
	// every weekday, and eight weeks have enough weeks, overlapping, to take a tenth off either end.
	rangeDays = 7

	// rangeOrigins is the least number of past forecasts that make a range.
	rangeOrigins = 7
)

// levelWindows are the stretches over which the present level may be taken, in days. The shortest sees a change of
// level within a week; the longer ones average out the noise of spend that has no level but its mean.
var levelWindows = [...]int{56, 28, 14, 7}

// history is what was spent on each day from the first day with any on, up to the day before the last.
type history struct {
	first   civil.Day
	amounts []decimal.Decimal
	units   []int64 // the amounts in millionths of the largest
	known   []bool  // measured and priced; other days are left out of everything
}

// newHistory takes the days of a subject. Those that are not known count for nothing.
func newHistory(first civil.Day, amounts []decimal.Decimal, known []bool) history {
	h := history{first: first, amounts: amounts, known: known, units: make([]int64, len(amounts))}
	most := decimal.Decimal{}
	for i, amount := range amounts {
		if known[i] {
			most = decimal.Max(most, amount)
		}
	}
	for i, amount := range amounts {
		if known[i] && most.IsPositive() {
			h.units[i] = pricing.Divide(amount, most, 6).Shift(6).IntPart()
		}
	}
	return h
}

func (h history) knownDays() (n int) {
	for _, known := range h.known {
		if known {
			n++
		}
	}
	return n
}

func (h history) weekday(i int) int { return int((h.first + civil.Day(i)).Weekday()) }

// before is the history as it was on the day with an index, which is not part of it.
func (h history) before(i int) history {
	return history{h.first, h.amounts[:i], h.units[:i], h.known[:i]}
}

// shape is what weekdays are to the mean of all, in millionths of it.
type shape [7]int64

// flat is a week of equal days.
func flat() shape {
	return shape{millionths, millionths, millionths, millionths, millionths, millionths, millionths}
}

// shape is the means of weekdays, drawn towards the mean of all days by as much as the difference between weekdays can
// be the noise of single days: the estimate of James and Stein. Days that differ by weekday alone keep all of it, and
// days that have nothing to do with the week nothing, where plain means would take eight accidents for a rule.
func (h history) shape() shape {
	var sums, counts [7]int64
	var all, days, squares int64
	for i, known := range h.known {
		if known {
			w := h.weekday(i)
			sums[w], counts[w] = sums[w]+h.units[i], counts[w]+1
			all, days, squares = all+h.units[i], days+1, squares+h.units[i]*h.units[i]
		}
	}
	out := flat()
	if all == 0 {
		return out
	}
	var explained, weekdays int64 // squares of the means of weekdays, once for each day
	for w, n := range counts {
		if n > 0 {
			explained, weekdays = explained+sums[w]*sums[w]/n, weekdays+1
		}
	}
	between, within := explained-all*all/days, squares-explained
	if between <= 0 || days <= weekdays {
		return out
	}
	noise := pricing.Divide(decimal.NewFromInt(within*(weekdays-1)), decimal.NewFromInt(between), 6)
	noise = pricing.Divide(noise, decimal.NewFromInt(days-weekdays), 6)
	trust := max(0, millionths-noise.Shift(6).IntPart())
	for w, n := range counts {
		if n > 0 {
			mean := sums[w] * days * millionths / (n * all)
			out[w] += (mean - millionths) * trust / millionths
		}
	}
	return out
}

// level is how much is being spent: the days from an index on, in the light of the weekdays that they are.
type level struct {
	shape shape
	from  int
}

// level finds the stretch of the latest days that stands for those to come: of [levelWindows] the one whose mean would
// have foretold each day of the history best, by squared errors. Where they do equally well it is the longest, so that
// one bad day is not taken for a new level.
//
// No single length will do: a week follows a tenant that quadrupled on the first of the month, and makes a mess of one
// with a few large jobs a month, for which eight weeks are right.
func (h history) level() level {
	out := level{shape: h.shape()}
	sum := h.running(out.shape)
	best := int64(-1)
	for _, window := range levelWindows {
		errors := int64(0)
		for i := rangeDays; i < len(h.units); i++ {
			if !h.known[i] {
				continue
			}
			units, share := sum.between(h.start(window, i, sum), i)
			if share == 0 {
				continue
			}
			e := h.units[i] - units*out.shape[h.weekday(i)]/share
			e = min(max(e, -mostError), mostError)
			errors += e * e
		}
		if best < 0 || errors < best {
			best, out.from = errors, h.start(window, len(h.units), sum)
		}
	}
	return out
}

// mostError bounds an error, in the same millionths, so that the sum of its squares stays within 64 bits.
const mostError = 100 * millionths

// start is the index at which a window before an index begins. One in which too few days are known to stand for a week,
// say no more than a weekend, begins with the history.
func (h history) start(window, before int, sum running) int {
	from := max(0, before-window)
	if _, share := sum.between(from, before); share < rangeDays*millionths/2 {
		return 0
	}
	return from
}

// running are sums of known days up to each index: of units, and of the shares of their weekdays.
type running struct{ units, shares []int64 }

func (h history) running(s shape) running {
	out := running{make([]int64, len(h.units)+1), make([]int64, len(h.units)+1)}
	for i, units := range h.units {
		out.units[i+1], out.shares[i+1] = out.units[i], out.shares[i]
		if h.known[i] {
			out.units[i+1] += units
			out.shares[i+1] += s[h.weekday(i)]
		}
	}
	return out
}

func (r running) between(from, to int) (units, share int64) {
	return r.units[to] - r.units[from], r.shares[to] - r.shares[from]
}

// errorRange is how far from their forecasts the days that followed were, in millionths of what was forecast: from the
// tenth to the ninetieth percentile over the days of the history. It reports false where there are too few to tell.
//
// Forecasts for a week are many, and show what single days do. Those for as long as is asked for now are few, as half
// of the history has to come before them, and show what growth does, week after week. The range has room for both.
func (h history) errorRange(days int) (low, high int64, ok bool) {
	far := min(max(days, 1), (len(h.units)-patternDays)/2)
	low, high = millionths, millionths
	for _, ratios := range h.errors(min(far, rangeDays), far) {
		if len(ratios) >= rangeOrigins {
			low, high, ok = min(low, percentile(ratios, 10)), max(high, percentile(ratios, 90)), true
		}
	}
	return low, high, ok
}

// errors are what was spent on the next days after each day of the history, for two numbers of days, as parts of what
// would have been forecast on it by what was known then, in order.
func (h history) errors(near, far int) (ratios [2][]int64) {
	for origin := patternDays; near > 0 && origin+near <= len(h.units); origin++ {
		past := h.before(origin)
		if past.knownDays() < patternDays {
			continue
		}
		l := past.level()
		sum := h.running(l.shape)
		units, share := sum.between(l.from, origin)
		for i, days := range [...]int{near, far} {
			if share == 0 || origin+days > len(h.units) {
				continue
			}
			actual, ahead := sum.between(origin, origin+days)
			if expected := units * ahead / share; expected > 0 {
				ratios[i] = append(ratios[i], actual*millionths/expected)
			}
		}
	}
	slices.Sort(ratios[0])
	slices.Sort(ratios[1])
	return ratios
}

// percentile is the p-th percentile of sorted numbers: the one at p % of one more than there are, between two of them
// in proportion, which for few numbers is wider than at p % of as many as there are.
func percentile(sorted []int64, p int) int64 {
	place := (len(sorted) + 1) * p // in hundredths, from 1
	i := min(max(place/100, 1), len(sorted)) - 1
	if i+1 == len(sorted) || place < 100 {
		return sorted[i]
	}
	return sorted[i] + (sorted[i+1]-sorted[i])*int64(place%100)/100
}
