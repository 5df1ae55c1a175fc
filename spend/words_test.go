package spend

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWordsOfFlags(t *testing.T) {
	for _, test := range []struct {
		name, reason, text string
		want               []Dimension
		message            string
	}{
		{"none", "one row over all", " ", nil, ""},
		{"some", "blanks around a word are no fault", "tenant, day", []Dimension{ByTenant, ByDay}, ""},
		{
			"unknown", "says what there is", "tenant,colour", nil,
			`unknown dimension "colour"; choose from tenant, group, image, microvm, region, account, arch, day, week, month, component`,
		},
		{"twice", "a column would come twice", "day,day", []Dimension{ByDay, ByDay}, "day is given twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseDimensions(test.text)
			if test.message != "" {
				require.EqualError(t, err, test.message, test.reason)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got, test.reason)
		})
	}
	for _, d := range Dimensions() {
		got, err := ParseDimensions(d.String())
		require.NoError(t, err)
		require.Equal(t, []Dimension{d}, got, "every dimension is read as it is written")
	}
	order, err := ParseSort("change")
	require.NoError(t, err)
	require.Equal(t, SortChange, order)
	_, err = ParseSort("size")
	require.EqualError(t, err, `unknown order "size"; choose from key, amount, change`)
	require.Equal(t, "direct", ByDirect.String())
}

func TestEveryQuestionStopsWhenToldTo(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	source := dollars(hour(at(t, "2026-10-05"), "acme", 1))
	_, err := source.AsOf(stopped, at(t, "2026-10-06"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = source.Report(stopped, october(t, ByTenant))
	require.ErrorIs(t, err, context.Canceled)
}

func TestUnusualNamesComeThroughUnchanged(t *testing.T) {
	day := at(t, "2026-10-05")
	source := dollars()
	data := source.Usage.(*memory)
	for i, name := range hostileNames {
		data.Records = append(data.Records, hour(day, name, int64(i)+1))
	}
	data.Records = append(data.Records, hour(day, "", 1000))
	got := report(t, source, october(t, ByTenant))
	require.Len(t, got.Rows, len(hostileNames)+1, "a tenant who calls itself (unallocated) is not what is")
	names := []string{}
	for _, row := range got.Rows[:len(hostileNames)] {
		require.Equal(t, KindTenant, row.Kind)
		names = append(names, row.Tenant)
	}
	require.ElementsMatch(t, hostileNames, names)
	last := got.Rows[len(got.Rows)-1]
	require.Equal(t, KindUnallocated, last.Kind)
	requireDecimal(t, "1000", last.Amount)
}

func TestTheMachinesOwnZoneIsRefused(t *testing.T) {
	for _, name := range []string{"", "Local", "Nowhere/Else", "../etc/passwd"} {
		_, err := ParseLocation(name)
		require.Error(t, err, name)
	}
}
