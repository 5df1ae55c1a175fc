package draw

import (
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/internal/lazyregexp"
)

// figure is a figure as it is shown: the mark of a bound, a sign, the currency, digits in groups, what they
// count, and the mark of a rate that is not known.
var figure = lazyregexp.New(`^([≥≤] )?([+-]?)(\$?)([+-]?[\d,]+(?:\.\d+)?)( %| /h)?( \+\?)?$`)

// Fit is a figure in at most width cells. One that is longer loses its cents, then all but three digits: 20,483,944.12
// is 20,483,944, and 20.5 M where that does not fit either. Its marks stay, and a bound is rounded towards zero. Where
// even that does not fit, the cells are filled with #, as in a spreadsheet: a figure is never cut. What is no figure is
// cut as by [Cut].
func Fit(text string, width int) string {
	if width <= 0 || Width(text) <= width {
		return Cut(text, width)
	}
	part := figure.FindStringSubmatch(text)
	if part == nil {
		if strings.ContainsAny(text, "0123456789") {
			return strings.Repeat("#", width)
		}
		return Cut(text, width)
	}
	bound, sign, currency, unit, mark := part[1], part[2], part[3], part[5], part[6]
	d, err := decimal.NewFromString(strings.ReplaceAll(part[4], ",", ""))
	if err != nil {
		return strings.Repeat("#", width)
	}
	whole := d.RoundBank(0)
	if bound != "" {
		whole = d.Truncate(0)
	}
	var forms []string
	if whole.Abs().GreaterThanOrEqual(decimal.NewFromInt(100)) { // less would say too little
		forms = append(forms, figures.Fixed(whole, 0))
	}
	for _, form := range append(forms, figures.Short(d, bound != "")) {
		for _, blank := range []string{" ", ""} {
			short := strings.TrimSuffix(bound, " ")
			if bound != "" {
				short += blank
			}
			short += sign + currency + form + unit + strings.ReplaceAll(mark, " ", blank)
			if Width(short) <= width {
				return short
			}
		}
	}
	return strings.Repeat("#", width)
}

// FitRight is [Fit], against the right of exactly width cells.
func FitRight(text string, width int) string { return Right(Fit(text, width), width) }

// CutWords shortens a sentence to width cells, between words and never behind a figure, nor between it and the mark
// before it.
func CutWords(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	for {
		at := strings.LastIndexByte(s, ' ')
		if at < 0 {
			return ""
		}
		s = strings.TrimRight(s[:at], ",;:")
		if end, _ := utf8.DecodeLastRuneInString(s); Width(s)+1 <= width && !strings.ContainsRune("0123456789≥≈=+", end) {
			return s + "…"
		}
	}
}
