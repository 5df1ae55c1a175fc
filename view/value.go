package view

import (
	"encoding"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// Value is one cell: the exact datum that programs read and the text that people do. JSON and CSV take the datum,
// every other renderer the text, so that rounding happens nowhere else. The zero value is a figure that there is none
// of: null in JSON, empty elsewhere.
type Value struct {
	data   any           // nil, string, decimal.Decimal, int64, bool, []string, or what package encoding/json takes
	words  string        // what people read, where that does not follow from the datum
	shown  bool          // words count
	later  func() string // makes the words when they are asked for
	form   form
	places int32
	omit   bool // from JSON objects
}

// form is how a decimal is written for people.
type form uint8

const (
	fixedForm form = iota
	exactForm
	upToForm
	signedForm
	percentForm
	signedPercentForm
	percentDownForm
	dateForm
)

// Text is a name or a word.
func Text[S ~string](s S) Value { return Value{data: string(s)} }

// Number is a figure shown with a fixed number of decimals, rounded half-even.
func Number(d decimal.Decimal, places int32) Value { return Value{data: d, places: places} }

// Dollars is an amount of money shown to the cent.
func Dollars(d decimal.Decimal) Value { return Number(d, CentPlaces) }

// Exact is a figure shown in full.
func Exact(d decimal.Decimal) Value { return Value{data: d, form: exactForm} }

// UpTo is a figure shown with at most so many decimals, and no more than it has.
func UpTo(d decimal.Decimal, places int32) Value {
	return Value{data: d, places: places, form: upToForm}
}

// Signed is a change, shown with its sign.
func Signed(d decimal.Decimal, places int32) Value {
	return Value{data: d, places: places, form: signedForm}
}

// Percent is a part of one, shown as a percentage. The datum stays the part of one.
func Percent(d decimal.Decimal, places int32) Value {
	return Value{data: d, places: places, form: percentForm}
}

// PercentDown is a part of one, shown as a percentage that is rounded down, so that 100 % stands only where nothing is
// missing. The datum stays the part of one.
func PercentDown(d decimal.Decimal, places int32) Value {
	return Value{data: d, places: places, form: percentDownForm}
}

// SignedPercent is a change that is given in percent already, shown with its sign.
func SignedPercent(d decimal.Decimal, places int32) Value {
	return Value{data: d, places: places, form: signedPercentForm}
}

// Count is a whole number: a number in JSON, with its digits grouped for people.
func Count[N ~int | ~int32 | ~int64](n N) Value { return Value{data: int64(n)} }

// Bool is true or false.
func Bool(b bool) Value { return Value{data: b} }

// Moment is a point in time, in UTC to the second.
func Moment(t time.Time) Value { return Text(t.UTC().Format(time.RFC3339)) }

// Day is the calendar day of a moment in a location.
func Day(t time.Time, location *time.Location) Value {
	return Date(t.In(location).Format(time.DateOnly))
}

// Date is a calendar day that is written already, as in 2026-10-01.
func Date(day string) Value { return Value{data: day, form: dateForm} }

// List is several words: an array in JSON, joined by semicolons elsewhere.
func List(words []string) Value { return Value{data: words} }

// Nested is a JSON object or array in a field, which no other format has.
func Nested(data any) Value { return Value{data: data} }

// Missing is a figure that there is none of, with the words that stand in its place for people.
func Missing(words string) Value { return Value{words: words, shown: true} }

// Unknown is a figure that exists but is not known: null in JSON and the word elsewhere, so that no spreadsheet takes
// it for zero.
func Unknown() Value { return Value{data: unknown("unknown")} }

type unknown string

// Maybe is a value of something that may not be there; where it is not, the cell is empty.
func Maybe[T any](p *T, of func(T) Value) Value {
	if p == nil {
		return Value{}
	}
	return of(*p)
}

// Or is the value, or one that is missing where the condition does not hold, with the words that stand in its place.
func (v Value) Or(words string, holds bool) Value {
	if holds {
		return v
	}
	return Missing(words)
}

// OrDash is the value, with a dash for people where it is missing.
func (v Value) OrDash() Value { return v.Or("–", !v.IsMissing()) }

// Shown is the same datum with another text for people.
func (v Value) Shown(words string) Value {
	v.words, v.shown = words, true
	return v
}

// ShownBy is the same datum with another text for people that takes a while to work out, and is not where nobody asks.
func (v Value) ShownBy(words func() string) Value {
	v.later = words
	return v
}

// Marked is the same datum with a mark behind its text.
func (v Value) Marked(mark string) Value { return v.Shown(v.String() + mark) }

// OmitIf leaves the field out of a JSON object where the condition holds. CSV has the datum all the same.
func (v Value) OmitIf(holds bool) Value {
	v.omit = holds
	return v
}

// OmitMissing leaves the field out of a JSON object where there is no datum.
func (v Value) OmitMissing() Value { return v.OmitIf(v.IsMissing()) }

// OmitEmpty leaves the field out of a JSON object where the value is missing, zero, false or without words.
func (v Value) OmitEmpty() Value { return v.OmitIf(v.isEmpty()) }

// IsMissing reports whether there is no datum.
func (v Value) IsMissing() bool { _, is := v.data.(unknown); return is || v.data == nil }

// Number returns the figure, and reports whether the value is one.
func (v Value) Number() (decimal.Decimal, bool) {
	switch d := v.data.(type) {
	case decimal.Decimal:
		return d, true
	case int64:
		return decimal.NewFromInt(d), true
	default:
		return decimal.Decimal{}, false
	}
}

// Percentage returns the figure in percent, and reports whether people read it as a percentage.
func (v Value) Percentage() (decimal.Decimal, bool) {
	d, ok := v.data.(decimal.Decimal)
	switch v.form {
	case percentForm, percentDownForm:
		return d.Shift(2), ok
	case signedPercentForm:
		return d, ok
	default:
		return d, false
	}
}

// String is the text for people.
func (v Value) String() string {
	switch {
	case v.shown:
		return v.words
	case v.later != nil:
		return v.later()
	}
	switch d := v.data.(type) {
	case decimal.Decimal:
		return v.form.write(d, v.places)
	case int64:
		return figures.Int(d)
	default:
		return v.Exact()
	}
}

func (f form) write(d decimal.Decimal, places int32) string {
	switch f {
	case exactForm:
		return d.String()
	case upToForm:
		return figures.UpTo(d, places)
	case signedForm:
		return figures.Signed(d, places)
	case percentForm:
		return figures.Fixed(d.Shift(2), places) + " %"
	case percentDownForm:
		if d.Equal(decimal.NewFromInt(1)) {
			return "100 %"
		}
		return figures.Fixed(d.Shift(2+places).Floor().Shift(-places), places) + " %"
	case signedPercentForm:
		return figures.Signed(d, places) + " %"
	default:
		return figures.Fixed(d, places)
	}
}

// Exact is the datum as CSV has it: decimals in plain notation, lists joined by semicolons, "" where there is none.
func (v Value) Exact() string {
	switch d := v.data.(type) {
	case nil:
		return ""
	case string:
		return d
	case unknown:
		return string(d)
	case decimal.Decimal:
		return d.String()
	case int64:
		return decimal.NewFromInt(d).String()
	case bool:
		if d {
			return "true"
		}
		return "false"
	case []string:
		return strings.Join(d, "; ")
	case encoding.TextMarshaler:
		text, err := d.MarshalText()
		if err != nil {
			return ""
		}
		return string(text)
	default:
		return ""
	}
}

func (v Value) isEmpty() bool {
	switch d := v.data.(type) {
	case nil, unknown:
		return true
	case string:
		return d == ""
	case decimal.Decimal:
		return d.IsZero()
	case int64:
		return d == 0
	case bool:
		return !d
	case []string:
		return len(d) == 0
	default:
		return false
	}
}

// Spreadsheet is a figure as a spreadsheet takes it, with the format in which it is shown there. It reports false for
// what is no figure.
func (v Value) Spreadsheet() (d decimal.Decimal, format string, ok bool) {
	if n, isCount := v.data.(int64); isCount {
		return decimal.NewFromInt(n), "#,##0", true
	}
	d, ok = v.data.(decimal.Decimal)
	point := ""
	if v.places > 0 {
		point = "." + strings.Repeat("0", int(v.places))
	}
	switch v.form {
	case percentForm, percentDownForm:
		return d, "0" + point + "%", ok
	case signedPercentForm:
		return d.Shift(-2), "0" + point + "%", ok
	case upToForm:
		return d, "#,##0." + strings.Repeat("#", int(v.places)), ok
	case exactForm:
		return d, "General", ok
	default:
		return d, "#,##0" + point, ok
	}
}

// Calendar is the day of a [Date], and reports false for what is none, such as the name of a row that others were
// folded into.
func (v Value) Calendar() (time.Time, bool) {
	text, ok := v.data.(string)
	if !ok || v.form != dateForm {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, text)
	return day, err == nil
}
