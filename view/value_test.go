package view

import (
	"bytes"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

type colour string

func TestValues(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	moment := time.Date(2026, 10, 31, 23, 30, 15, 999, time.UTC)
	figure := dec("1234.565")
	for _, tc := range []struct {
		name, reason      string
		value             Value
		text, csv, asJSON string
	}{
		{"text", "", Text("a <b> & c"), "a <b> & c", "a <b> & c", `"a <b> & c"`},
		{"kind of string", "typed words need no conversion", Text(colour("red")), "red", "red", `"red"`},
		{"no words", "an empty text is a datum", Text(""), "", "", `""`},
		{"number", "half-even", Number(figure, 2), "1,234.56", "1234.565", `"1234.565"`},
		{"number in full places", "", Number(dec("7"), 3), "7.000", "7", `"7"`},
		{"dollars", "half-even", Dollars(dec("0.015")), "0.02", "0.015", `"0.015"`},
		{"dollars to even", "", Dollars(dec("0.025")), "0.02", "0.025", `"0.025"`},
		{"exact", "never rounded, never grouped", Exact(dec("12345.000010")), "12345.00001", "12345.00001", `"12345.00001"`},
		{"small", "plain notation", Exact(dec("1e-12")), "0.000000000001", "0.000000000001", `"0.000000000001"`},
		{
			"large", "plain notation", Exact(dec("1e21")), "1000000000000000000000", "1000000000000000000000",
			`"1000000000000000000000"`,
		},
		{"up to", "no more places than there are", UpTo(dec("1234.50"), 4), "1,234.5", "1234.5", `"1234.5"`},
		{
			"lower bound", "the datum is the same", Dollars(figure).In(pricing.AtLeast), "≥ 1,234.56", "1234.565", `"1234.565"`,
		},
		{
			"rates unknown", "the datum is what could be priced",
			Dollars(figure).In(pricing.UnknownRates), "1,234.56 +?", "1234.565", `"1234.565"`,
		},
		{"not measured", "not zero, but nothing", Dollars(dec("0")).In(pricing.NotMeasured), "–", "", "null"},
		{"up to, rounded", "", UpTo(dec("0.00005"), 4), "0", "0.00005", `"0.00005"`},
		{"rise", "", Signed(dec("1.5"), 2), "+1.50", "1.5", `"1.5"`},
		{"fall", "", Signed(dec("-1.5"), 2), "-1.50", "-1.5", `"-1.5"`},
		{"no change", "has no sign", Signed(dec("0"), 2), "0.00", "0", `"0"`},
		{"percent", "the datum stays the part of one", Percent(dec("0.1255"), 1), "12.6 %", "0.1255", `"0.1255"`},
		{"change in percent", "given in percent", SignedPercent(dec("8.3333"), 2), "+8.33 %", "8.3333", `"8.3333"`},
		{
			"duration", "seconds for programs, rounded down for people", Duration(7*time.Hour + 42*time.Minute + 59500*time.Millisecond),
			"7h42m", "27779.5", `"27779.5"`,
		},
		{"count", "a number in JSON", Count(int64(1234567)), "1,234,567", "1234567", `1234567`},
		{"true", "", Bool(true), "true", "true", `true`},
		{"false", "", Bool(false), "false", "false", `false`},
		{
			"moment", "in UTC, to the second", Moment(moment.In(berlin)), "2026-10-31T23:30:15Z", "2026-10-31T23:30:15Z",
			`"2026-10-31T23:30:15Z"`,
		},
		{"day", "of the location", Day(moment, berlin), "2026-11-01", "2026-11-01", `"2026-11-01"`},
		{"list", "", List([]string{"a", "b"}), "a; b", "a; b", `["a","b"]`},
		{"nothing", "the zero value is a missing figure", Value{}, "", "", `null`},
		{"missing", "words are for people", Missing("–"), "–", "", `null`},
		{"unknown", "not zero in any format", Unknown(), "unknown", "unknown", `null`},
		{"unknown in other words", "", Unknown().Shown("?"), "?", "unknown", `null`},
		{"pointer to none", "", Maybe(nil, Dollars), "", "", `null`},
		{"pointer", "", Maybe(&figure, Dollars), "1,234.56", "1234.565", `"1234.565"`},
		{"or, where it holds", "", Dollars(figure).Or("new", true), "1,234.56", "1234.565", `"1234.565"`},
		{"or, where it does not", "", Dollars(figure).Or("new", false), "new", "", `null`},
		{"dash", "", Value{}.OrDash(), "–", "", `null`},
		{"no dash", "", Count(1).OrDash(), "1", "1", `1`},
		{"shown", "the datum stays", Text("vcpu").Shown("vCPU"), "vCPU", "vcpu", `"vcpu"`},
		{"shown as nothing", "", Count(0).Shown(""), "", "0", `0`},
		{"marked", "", Number(dec("0.6249"), 2).Marked("×"), "0.62×", "0.6249", `"0.6249"`},
		{"nested", "JSON alone", Nested(Object{{"a", dec("1.50")}}), "", "", `{"a":"1.5"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.text, tc.value.String(), tc.reason)
			require.Equal(t, tc.csv, tc.value.Exact(), tc.reason)
			var out bytes.Buffer
			require.NoError(t, WriteJSON(&out, tc.value))
			text, err := tc.value.MarshalJSON()
			require.NoError(t, err)
			require.Equal(t, tc.asJSON, string(text), tc.reason)
			require.JSONEq(t, tc.asJSON, out.String())
		})
	}
}

func TestNumberOfValue(t *testing.T) {
	for _, tc := range []struct {
		value Value
		want  string
	}{
		{Dollars(dec("1.005")), "1.005"},
		{Count(7), "7"},
		{Text("7"), ""},
		{Value{}, ""},
		{Unknown(), ""},
		{Bool(true), ""},
	} {
		number, ok := tc.value.Number()
		require.Equal(t, tc.want != "", ok)
		if ok {
			require.Equal(t, tc.want, number.String())
		}
	}
}

func TestOmittedFields(t *testing.T) {
	zero := decimal.Decimal{}
	for _, tc := range []struct {
		name    string
		value   Value
		omitted bool
	}{
		{"a value is kept", Text(""), false},
		{"empty text", Text("").OmitEmpty(), true},
		{"text", Text("a").OmitEmpty(), false},
		{"no figure", Value{}.OmitEmpty(), true},
		{"unknown figure", Unknown().OmitEmpty(), true},
		{"zero", Exact(zero).OmitEmpty(), true},
		{"zero is a figure", Exact(zero).OmitMissing(), false},
		{"zero count", Count(0).OmitEmpty(), true},
		{"false", Bool(false).OmitEmpty(), true},
		{"true", Bool(true).OmitEmpty(), false},
		{"empty list", List(nil).OmitEmpty(), true},
		{"list", List([]string{""}).OmitEmpty(), false},
		{"missing", Missing("–").OmitMissing(), true},
		{"missing, kept", Missing("–"), false},
		{"condition", Count(1).OmitIf(true), true},
		{"no condition", Value{}.OmitIf(false), false},
		{"object", Nested(Object{}).OmitEmpty(), false},
		{"text for people changes nothing", Text("").OmitEmpty().Shown("(none)"), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			columns := []Column[Value]{
				{ID: "v", Value: func(v Value) Value { return v }},
				{ID: "w", Scope: CSVOnly, Value: func(Value) Value { return Text("w") }},
			}
			for _, object := range []any{
				Object{{"v", tc.value}}, ObjectOf(columns, tc.value), Records{NewTable(columns, []Value{tc.value}, nil)},
			} {
				var out bytes.Buffer
				require.NoError(t, WriteJSON(&out, object))
				require.Equal(t, tc.omitted, !bytes.Contains(out.Bytes(), []byte(`"v"`)), out.String())
			}
			require.Equal(t, tc.value.Exact(), csvOf(t, NewTable(columns, []Value{tc.value}, nil))[1][0],
				"CSV keeps its columns")
		})
	}
}

// Decimals are written without package decimal's detours, and read the same.
func TestDecimalsReadAsTheLibraryWritesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coefficient := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2000, 2000)).Draw(t, "coefficient")
		d := decimal.New(coefficient, rapid.Int32Range(-30, 5).Draw(t, "exponent"))
		if rapid.Bool().Draw(t, "large") {
			d = d.Mul(decimal.New(1<<62, -20))
		}
		require.Equal(t, d.String(), Exact(d).Exact())
	})
}
