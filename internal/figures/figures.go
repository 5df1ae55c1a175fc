// Package figures writes numbers the way people read them: in plain notation, with commas between thousands, rounded
// half-even where they are rounded at all.
//
// What it writes is for eyes only. Programs get the exact figure, as [decimal.Decimal] marshals itself.
package figures

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Word is the word for a value that stands for one of a list, and "side 99" for one that stands for none.
func Word[T ~uint8](what string, words []string, value T) string {
	if int(value) < len(words) {
		return words[value]
	}
	return fmt.Sprintf("%s %d", what, value)
}

// Grouped writes d exactly, as in 2,592,000 or 1,234.5. It never rounds.
func Grouped(d decimal.Decimal) string { return group(d.String()) }

// Fixed writes d rounded half-even to a fixed number of decimals, as in 1,234.50.
func Fixed(d decimal.Decimal, places int32) string { return group(d.StringFixedBank(places)) }

// UpTo writes d rounded half-even to at most the given number of decimals, and no more than it has.
func UpTo(d decimal.Decimal, places int32) string { return Grouped(d.RoundBank(places)) }

// Cents writes an amount of money exactly, with cents at least, as in 0.30, 15,000.00 or 0.0000291572.
func Cents(d decimal.Decimal) string {
	if d.Equal(d.Truncate(2)) {
		return Fixed(d, 2)
	}
	return Grouped(d)
}

// RatioPlaces is how many decimals a ratio is shown with: two, and as many more as a small one needs to have two digits
// that say something, so that 0.0013 is not 0.00.
func RatioPlaces(ratio decimal.Decimal) (places int32) {
	for places = 2; places < 10 && !ratio.IsZero() && ratio.Abs().LessThan(decimal.New(1, 1-places)); places++ {
	}
	return places
}

// Ratio is a ratio as it is read: 0.62×.
func Ratio(ratio decimal.Decimal) string { return Fixed(ratio, RatioPlaces(ratio)) + "×" }

// Signed writes a change as [Fixed] does, with a plus where there is an increase. A change of exactly zero has no
// sign; one that rounds to zero keeps its own, so that it does not pass for none.
func Signed(d decimal.Decimal, places int32) string {
	text := Fixed(d, places)
	if d.IsPositive() {
		return "+" + text
	}
	return text
}

// Int writes a whole number.
func Int[N ~int | ~int64](n N) string { return Grouped(decimal.NewFromInt(int64(n))) }

// Count writes a number with what it counts, as in "1 day", "1,200 days" or "2 launches".
func Count[N ~int | ~int64](n N, noun string) string {
	return CountOf(decimal.NewFromInt(int64(n)), noun)
}

// CountOf is [Count] for numbers that need not be whole, as in "0.5 instances".
func CountOf(n decimal.Decimal, noun string) string {
	if n.Equal(decimal.NewFromInt(1)) {
		return "1 " + noun
	}
	return Grouped(n) + " " + Plural(noun)
}

// Duration writes a length of time in its two largest units, rounded down, as in 52s, 4m12s, 7h05m or 3d04h. It is
// never longer than seven characters below a thousand days, and what it writes is what filters take.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%s%ds", sign, d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%s%dm%02ds", sign, d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%s%dh%02dm", sign, d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%s%dd%02dh", sign, d/day, d%day/time.Hour)
	}
}

// Plural is a regular noun in the plural. Nouns in -y are not among those we count.
func Plural(noun string) string {
	for _, ending := range []string{"ch", "sh", "s", "x"} {
		if strings.HasSuffix(noun, ending) {
			return noun + "es"
		}
	}
	return noun + "s"
}

// group puts commas between the thousands of a number in plain notation, of which the digits after the point are not
// grouped.
func group(number string) string {
	whole, fraction, hasPoint := strings.Cut(number, ".")
	sign, digits := "", whole
	if strings.HasPrefix(whole, "-") {
		sign, digits = "-", whole[1:]
	}
	if len(digits) <= 3 {
		return number
	}
	var out strings.Builder
	out.WriteString(sign)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteByte(digits[i])
	}
	if hasPoint {
		out.WriteString("." + fraction)
	}
	return out.String()
}
