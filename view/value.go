package view

import (
	"bytes"
	"encoding"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
)

// Value is one cell: the exact datum that programs read and the text that people do. JSON and CSV take the datum,
// every other renderer the text, so that rounding happens nowhere else. The zero value is a figure that there is none
// of: null in JSON, empty elsewhere.
type Value struct {
	kind   kind
	form   form
	shown  bool // words count
	omit   bool // from JSON objects
	places int32

	// The datum. Each kind has a field of its own, as a table has a million cells, and boxing each costs more than its
	// size.
	number decimal.Decimal
	count  int64 // of a bool, 1 is true
	text   string
	other  any // a list of strings, or what package encoding/json takes

	words   string                 // what people read, where that does not follow from the datum
	later   func() string          // makes the words when they are asked for
	settled func() decimal.Decimal // makes the figure that people read, where it is not the datum rounded by itself
	state   pricing.State
}

// kind is what a datum is.
type kind uint8

const (
	missingKind kind = iota
	unknownKind
	textKind
	numberKind
	countKind
	boolKind
	nestedKind
)

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
	durationForm
)

// Text is a name or a word.
func Text[S ~string](s S) Value { return Value{kind: textKind, text: string(s)} }

// Number is a figure shown with a fixed number of decimals, rounded half-even.
func Number(d decimal.Decimal, places int32) Value {
	return Value{kind: numberKind, number: d, places: places}
}

// Dollars is an amount of money shown to the cent.
func Dollars(d decimal.Decimal) Value { return Number(d, CentPlaces) }

// Exact is a figure shown in full.
func Exact(d decimal.Decimal) Value { return Value{kind: numberKind, number: d, form: exactForm} }

// UpTo is a figure shown with a limited number of decimals, and no more than it has.
func UpTo(d decimal.Decimal, places int32) Value {
	return Value{kind: numberKind, number: d, places: places, form: upToForm}
}

// Signed is a change, shown with its sign.
func Signed(d decimal.Decimal, places int32) Value {
	return Value{kind: numberKind, number: d, places: places, form: signedForm}
}

// Percent is a part of one, shown as a percentage. The datum stays the part of one.
func Percent(d decimal.Decimal, places int32) Value {
	return Value{kind: numberKind, number: d, places: places, form: percentForm}
}

// PercentDown is a part of one, shown as a percentage that is rounded down, so that 100 % stands only where nothing is
// missing. The datum stays the part of one.
func PercentDown(d decimal.Decimal, places int32) Value {
	return Value{kind: numberKind, number: d, places: places, form: percentDownForm}
}

// SignedPercent is a change that is given in percent already, shown with its sign.
func SignedPercent(d decimal.Decimal, places int32) Value {
	return Value{kind: numberKind, number: d, places: places, form: signedPercentForm}
}

// Duration is a length of time: its seconds for programs, and its two largest units, rounded down, for people.
func Duration(d time.Duration) Value {
	return Value{kind: numberKind, number: decimal.New(int64(d), -9), form: durationForm, places: 9}
}

// Count is a whole number: a number in JSON, with its digits grouped for people.
func Count[N ~int | ~int32 | ~int64](n N) Value { return Value{kind: countKind, count: int64(n)} }

// Bool is true or false.
func Bool(b bool) Value {
	v := Value{kind: boolKind}
	if b {
		v.count = 1
	}
	return v
}

// Moment is a point in time, in UTC to the second.
func Moment(t time.Time) Value { return Text(t.UTC().Format(time.RFC3339)) }

// Day is the calendar day of a moment in a location.
func Day(t time.Time, location *time.Location) Value {
	return Date(t.In(location).Format(time.DateOnly))
}

// Date is a calendar day that is written already, as in 2026-10-01.
func Date(day string) Value { return Value{kind: textKind, text: day, form: dateForm} }

// List is several words: an array in JSON, joined by semicolons elsewhere.
func List(words []string) Value { return Value{kind: nestedKind, other: words} }

// Nested is a JSON object or array in a field, which no other format has.
func Nested(data any) Value {
	if data == nil {
		return Value{}
	}
	return Value{kind: nestedKind, other: data}
}

// Missing is a figure that there is none of, with the words that stand in its place for people.
func Missing(words string) Value { return Value{words: words, shown: true} }

// Unknown is a figure that exists but is not known: null in JSON and the word elsewhere, so that no spreadsheet takes
// it for zero.
func Unknown() Value { return Value{kind: unknownKind, text: "unknown"} }

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

// SettledBy is the same figure shown as another one near it, so that a table adds up as shown. The figure takes those
// of the whole table to work out, and is not worked out where nobody asks, as by programs.
func (v Value) SettledBy(near func() decimal.Decimal) Value {
	v.settled = near
	return v
}

// near is the figure that people read, before it is written.
func (v Value) near() decimal.Decimal {
	if v.settled != nil {
		return v.settled()
	}
	return v.number
}

// Marked is the same datum with a mark behind its text.
func (v Value) Marked(mark string) Value { return v.Shown(v.String() + mark) }

// In is the value of a figure with a state: "≥ 12.30" for a lower bound, "12.30 +?" where rates are unknown, and a
// dash, without a datum, where nothing was measured.
func (v Value) In(state pricing.State) Value {
	if state == pricing.NotMeasured {
		return Missing("–")
	}
	v.state = state
	return v
}

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
func (v Value) IsMissing() bool { return v.kind == missingKind || v.kind == unknownKind }

// Number returns the figure, and reports whether the value is one.
func (v Value) Number() (decimal.Decimal, bool) {
	if v.kind == countKind {
		return decimal.NewFromInt(v.count), true
	}
	return v.number, v.kind == numberKind
}

// Percentage returns the figure in percent, and reports whether people read it as a percentage.
func (v Value) Percentage() (decimal.Decimal, bool) {
	switch v.form {
	case percentForm, percentDownForm:
		return v.number.Shift(2), true
	case signedPercentForm:
		return v.number, true
	default:
		return v.number, false
	}
}

// Seconds returns the figure, and reports whether people read it as a length of time.
func (v Value) Seconds() (decimal.Decimal, bool) { return v.number, v.form == durationForm }

// String is the text for people.
func (v Value) String() string {
	before, behind := v.Marks()
	return before + v.plain() + behind
}

// Marks are what the state adds to the text, before it and behind it.
func (v Value) Marks() (before, behind string) {
	switch v.state {
	case pricing.AtLeast:
		return "≥ ", ""
	case pricing.UnknownRates:
		return "", " +?"
	default:
		return "", ""
	}
}

// plain is the text without what the state adds to it.
func (v Value) plain() string {
	switch {
	case v.shown:
		return v.words
	case v.later != nil:
		return v.later()
	}
	switch v.kind {
	case numberKind:
		return v.form.write(v.near(), v.places)
	case countKind:
		return figures.Int(v.count)
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
	case durationForm:
		return figures.Duration(time.Duration(d.Shift(9).IntPart()))
	default:
		return figures.Fixed(d, places)
	}
}

// Exact is the datum as CSV has it: decimals in plain notation, lists joined by semicolons, "" where there is none.
func (v Value) Exact() string {
	switch v.kind {
	case numberKind:
		return string(appendDecimal(make([]byte, 0, 32), v.number))
	case countKind:
		return strconv.FormatInt(v.count, 10)
	case boolKind:
		return strconv.FormatBool(v.count != 0)
	case nestedKind:
		switch d := v.other.(type) {
		case []string:
			return strings.Join(d, "; ")
		case encoding.TextMarshaler:
			if text, err := d.MarshalText(); err == nil {
				return string(text)
			}
		}
		return ""
	default:
		return v.text
	}
}

// appendDecimal adds a decimal in plain notation, as [decimal.Decimal.String] writes it, which takes three times as
// long.
func appendDecimal(to []byte, d decimal.Decimal) []byte {
	coefficient, exponent := d.Coefficient(), int(d.Exponent())
	if !coefficient.IsInt64() || exponent > 0 {
		return append(to, d.String()...)
	}
	n := coefficient.Int64()
	for ; exponent < 0 && n%10 == 0; exponent++ { // also the zeros of 0.00
		n /= 10
	}
	if n < 0 {
		to = append(to, '-')
	}
	var room [20]byte
	digits := bytes.TrimPrefix(strconv.AppendInt(room[:0], n, 10), []byte("-"))
	whole := len(digits) + exponent
	if whole <= 0 {
		to = append(to, '0')
	} else {
		to = append(to, digits[:whole]...)
	}
	if exponent == 0 {
		return to
	}
	to = append(to, '.')
	for ; whole < 0; whole++ {
		to = append(to, '0')
	}
	return append(to, digits[whole:]...)
}

func (v Value) isEmpty() bool {
	if list, ok := v.other.([]string); ok {
		return len(list) == 0
	}
	return v.IsMissing() || v.kind != nestedKind && v.text == "" && v.count == 0 && v.number.IsZero()
}

// Spreadsheet is a figure as a spreadsheet shows it, and the format in which it does. It reports false for what is no
// figure.
func (v Value) Spreadsheet() (d decimal.Decimal, format string, ok bool) {
	if d, ok = v.Number(); v.settled != nil {
		d = v.settled()
	}
	switch v.form {
	case percentForm, percentDownForm:
		format = pattern("0.0000000000", v.places) + "%"
	case signedPercentForm:
		d, format = d.Shift(-2), pattern("0.0000000000", v.places)+"%"
	case upToForm, durationForm:
		format = pattern("#,##0.##########", v.places)
	case exactForm:
		format = "General"
	default:
		format = pattern("#,##0.0000000000", v.places)
	}
	before, behind := v.Marks()
	return d, literal(before) + format + literal(behind), ok
}

// literal is text in a spreadsheet's format.
func literal(text string) string {
	if text == "" {
		return ""
	}
	return `"` + text + `"`
}

// Calendar is the day of a [Date], and reports false for what is none, such as the name of a row that others were
// folded into.
func (v Value) Calendar() (time.Time, bool) {
	if v.form != dateForm {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, v.text)
	return day, err == nil
}

// pattern cuts a spreadsheet's format of ten decimals to as many as are shown, at most those.
func pattern(format string, places int32) string {
	point := strings.IndexByte(format, '.')
	if places <= 0 {
		return format[:point]
	}
	return format[:min(point+1+int(places), len(format))]
}
