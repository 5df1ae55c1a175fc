package view_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/view"
)

// TestPlain: each figure has its label and unit, and no sign stands for a word.
func TestPlain(t *testing.T) {
	type row struct {
		name  string
		spent decimal.Decimal
		state pricing.State
	}
	columns := []view.Column[row]{
		{ID: "tenant", Title: "tenant", Value: func(r row) view.Value { return view.Text(r.name) }},
		{
			ID:    "amount",
			Unit:  "$",
			Align: view.Decimal,
			Value: func(r row) view.Value { return view.Dollars(r.spent).In(r.state) },
		},
		{Value: func(row) view.Value { return view.Text("━━━") }},
		{ID: "hours", Title: "run", Long: "running", Unit: "h", Align: view.Right, Value: func(row) view.Value {
			return view.Number(decimal.NewFromInt(2), 1)
		}},
	}
	rows := []row{
		{"acme", decimal.RequireFromString("1234.5"), pricing.Exact},
		{"\u202ebob", decimal.NewFromInt(-1), pricing.AtLeast},
		{"cy", decimal.NewFromInt(3), pricing.UnknownRates},
		{"dee", decimal.NewFromInt(3), pricing.NotMeasured},
	}
	var out strings.Builder
	require.NoError(t, view.Render(&out, view.Options{Format: view.FormatPlain}, view.Document{
		Title: "Spend",
		Sections: []view.Section{
			{Heading: "By tenant", Table: view.NewTable(columns, rows, nil)},
			{Notes: []view.Note{{Tag: "weekday-mean", Text: "it is a mean."}, {Text: "stale", Warn: true}}},
		},
	}))
	require.Equal(t, `Spend.

By tenant.
acme: amount $1,234.50, running 2.0 h.
<U+202E>bob: amount at least -$1.00, running 2.0 h.
cy: amount $3.00 or more, as a rate is not known, running 2.0 h.
dee: amount no figure, running 2.0 h.
weekday-mean: it is a mean.
Warning: stale.
`, out.String())
	require.Equal(t, "up 3.1 % on Sun, -1 %", view.Spoken("▲ +3.1 % on Sun · -1 %"))
	require.Equal(t, "no figure, no data before 12 Oct", view.Spoken("– no data before 12 Oct"))
}
