package view

import (
	"bytes"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// TestTablesAddUp: figures that add up exactly do so as shown, in groups as over all, and others are left as they are.
func TestTablesAddUp(t *testing.T) {
	type line struct {
		name         string
		kind         RowKind
		amount, fare string
	}
	columns := []Column[line]{
		{ID: "name", Title: "name", Value: func(l line) Value { return Text(l.name) }},
		{ID: "amount", Title: "amount", Unit: "$", Value: func(l line) Value { return Dollars(dec(l.amount)) }},
		{ID: "fare", Title: "fare", Unit: "$", Value: func(l line) Value { return Dollars(dec(l.fare)) }},
	}
	table := NewTable(columns, []line{
		{"compute", Group, "0.669", "0.335"},
		{"vcpu", Line, "0.335", "0.335"},
		{"memory", Line, "0.334", "0"},
		{"snapshot", Group, "0.336", "0"},
		{"read", Line, "0.112", "0"},
		{"write", Line, "0.112", "0"},
		{"other", Line, "0.112", "0"},
	}, func(l line) Look { return Look{Kind: l.kind} })
	total := RowOf(columns, line{amount: "1.005", fare: "0.334"}, nil)
	total.Kind = Total
	table.Add(total)
	var amounts, fares []string
	for _, row := range table.ForPeople() {
		amounts, fares = append(amounts, row.Cell(1).String()), append(fares, row.Cell(2).String())
	}
	require.Equal(t, []string{"0.67", "0.34", "0.33", "0.33", "0.11", "0.11", "0.11", "1.00"}, amounts)
	require.Equal(t, []string{"0.34", "0.34", "0.00", "0.00", "0.00", "0.00", "0.00", "0.33"}, fares,
		"0.335 is not 0.334: these are no parts of a total")

	var csv bytes.Buffer
	require.NoError(t, Render(&csv, Options{Format: FormatCSV}, Document{Data: table}))
	require.Contains(t, csv.String(), "memory,0.334,0", "programs get exact figures")
	require.Equal(t, "0.335", table.Row(1).Cell(1).Exact())
	require.True(t, dec("0.34").Equal(table.ForPeople()[1].Cell(1).near()))
	require.Equal(t, "0.34", Dollars(dec("0.335")).SettledBy(func() decimal.Decimal { return dec("0.34") }).String())
}
