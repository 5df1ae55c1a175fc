package spend

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOnlyKeepsRestatementsOfItsRows: a part of a report is restated by what concerns its rows, all of it by
// everything.
func TestOnlyKeepsRestatementsOfItsRows(t *testing.T) {
	acme, bravo, late := Key{Tenant: "acme"}, Key{Tenant: "bravo"}, Key{Tenant: "late"}
	row := func(key Key, amount string) Row { return Row{Key: key, Total: Total{Cost: Cost{Amount: dec(amount)}}} }
	all := Spend{
		Rows: []Row{row(acme, "9"), row(bravo, "4")},
		Restatements: []Restatement{
			{Key: acme, Amount: dec("-6")}, {Key: bravo, Amount: dec("1")}, {Key: late, Amount: dec("3")},
		},
	}
	for name, tc := range map[string]struct {
		places   []int
		restated string
	}{
		"one row":                    {[]int{1}, "5"},
		"no row":                     {nil, "0"},
		"all rows, in another order": {[]int{1, 0}, "11"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.restated, all.Only(tc.places).Restated().String())
		})
	}
	require.Len(t, all.Restatements, 3, "the whole report keeps its own")
}
