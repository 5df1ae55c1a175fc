package spend

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/spendtest"
	"microspend/spend/tenants"
	"microspend/usage"
)

// costCenters is a source with tenants in groups: acme and bravo below Eng, one in it, and two in none.
func costCenters(t testing.TB) Source {
	t.Helper()
	day := at(t, "2026-10-05")
	s := dollars(hour(day, "acme", 100), hour(day, "bravo", 50), hour(day, "core", 20), hour(day, "sold", 7),
		hour(day, "alone", 4), hour(day, "", 3))
	s.Tenants = tenants.File{
		Known: []string{"alone", "quiet"},
		Groups: map[string]string{
			"acme": "Eng/Platform", "bravo": "Eng/Platform/Build", "core": "Eng", "sold": "Eng-sales", "quiet": "Sales/EMEA",
		},
	}
	return s
}

func TestByGroup(t *testing.T) {
	of := func(patterns ...string) func(*Source, *Request) {
		return func(_ *Source, r *Request) {
			for _, text := range patterns {
				r.Filter.Groups = append(r.Filter.Groups, pattern(t, text).WithSubgroups())
			}
		}
	}
	for _, tc := range []struct {
		name, reason string
		change       func(*Source, *Request)
		by           []Dimension
		want         []string
	}{
		{
			"paths", "a group's row is what its own tenants spent; a group of quiet tenants is listed; labels come last", nil,
			[]Dimension{ByGroup},
			[]string{
				"Eng 20", "Eng/Platform 100", "Eng/Platform/Build 50", "Eng-sales 7", "Sales/EMEA 0", "(no group) 4",
				"(unallocated) 3",
			},
		},
		{
			"depth", "what lies deeper is added up", func(_ *Source, r *Request) { r.Depth = 1 },
			[]Dimension{ByGroup},
			[]string{"Eng 170", "Eng-sales 7", "Sales 0", "(no group) 4", "(unallocated) 3"},
		},
		{
			"tenants of groups", "each beside its group", of("Eng"),
			[]Dimension{ByGroup, ByTenant},
			[]string{"Eng core 20", "Eng/Platform acme 100", "Eng/Platform/Build bravo 50"},
		},
		{
			"a group chosen", "with all below it, and not with one whose name only begins alike", of("Eng"),
			nil,
			[]string{"170"},
		},
		{"a prefix chosen", "with every group that begins so", of("Eng*"), nil, []string{"177"}},
		{"no group chosen", "by its label", of(NoGroup), []Dimension{ByTenant}, []string{"alone 4"}},
		{"unallocated chosen", "likewise", of(Unallocated), []Dimension{ByTenant}, []string{"(unallocated) 3"}},
		{
			"the group alone", "without those below it",
			func(_ *Source, r *Request) { r.Filter.Groups = []tenants.Pattern{tenants.Exactly("Eng")} },
			[]Dimension{ByTenant},
			[]string{"core 20"},
		},
		{
			"shared evenly", "each group bears the shares of its tenants: 5 tenants bear 5 dollars",
			func(s *Source, _ *Request) {
				s.Sharing = Sharing{Policy: Evenly, Usage: []tenants.Selector{
					{Field: tenants.Tenant, Pattern: tenants.Exactly("shared")},
				}}
				s.Usage = dollars(append(records(s), hour(at(t, "2026-10-05"), "shared", 5))...).Usage
			},
			[]Dimension{ByGroup},
			[]string{
				"Eng 21", "Eng/Platform 101", "Eng/Platform/Build 51", "Eng-sales 8", "Sales/EMEA 0", "(no group) 5",
				"(unallocated) 3",
			},
		},
		{
			"billed", "AWS billed half of the rates: each group bears half, and what is not metered is no group's",
			func(s *Source, r *Request) {
				r.Basis, r.From, r.To = BasisBilled, at(t, "2026-10-05"), at(t, "2026-10-06")
				s.Billed = billOf(t, vcpuLine("2026-10-05", "100", "200"))
			},
			[]Dimension{ByGroup},
			[]string{
				"Eng 10", "Eng/Platform 50", "Eng/Platform/Build 25", "Eng-sales 3.5", "Sales/EMEA 0", "(no group) 2",
				"(unallocated) 1.5", "(unmetered) 8",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, request := costCenters(t), october(t, tc.by...)
			if tc.change != nil {
				tc.change(&s, &request)
			}
			got, err := s.Report(t.Context(), request)
			require.NoError(t, err)
			require.Equal(t, tc.want, amounts(got), tc.reason)
			for _, row := range got.Rows {
				require.Equal(t, row.Group == NoGroup, row.groupKind() == KindNoGroup, row.Group)
			}
		})
	}
}

func records(s *Source) []usage.Record { return s.Usage.(*spendtest.Ledger).Records }

// TestTenantsNamedLikeLabelsOfGroups keeps tenants apart from rows that happen to have their name.
func TestTenantsNamedLikeLabelsOfGroups(t *testing.T) {
	day := at(t, "2026-10-05")
	s := dollars(hour(day, NoGroup, 1), hour(day, "acme", 2))
	s.Tenants.Groups = map[string]string{"acme": "A"}
	got, err := s.Report(t.Context(), october(t, ByGroup, ByTenant))
	require.NoError(t, err)
	require.Equal(t, []string{"A acme 2", "(no group) (no group) 1"}, amounts(got))
	require.Equal(t, KindTenant, got.Rows[1].Kind, "a row of a report by tenant is a tenant's, whatever its name")
}

func TestDepthNeedsGroups(t *testing.T) {
	r := october(t, ByTenant)
	r.Depth = 2
	require.EqualError(t, r.Check(), "a depth needs rows by group")
	r.Depth = -1
	require.EqualError(t, r.Check(), "depth -1 is below zero")
}

func TestByAccountAndArch(t *testing.T) {
	day := at(t, "2026-10-05")
	one, two, unknown := hour(day, "acme", 10), hour(day, "bravo", 5), hour(day, "core", 1)
	one.Account, one.Arch = "111111111111", usage.ArchX86
	two.Account, two.Arch = "222222222222", usage.ArchARM64
	s := dollars(one, two, unknown)
	got, err := s.Report(t.Context(), october(t, ByAccount, ByArch))
	require.NoError(t, err)
	require.Equal(t, []string{"  1", "111111111111 x86_64 10", "222222222222 arm64 5"}, amounts(got),
		"an account and an architecture that are not known have no name")
	request := october(t, ByTenant)
	request.Filter.Accounts = []tenants.Pattern{pattern(t, "1*")}
	got, err = s.Report(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, []string{"acme 10"}, amounts(got))
	request.Filter = Filter{Archs: []tenants.Pattern{pattern(t, "arm64")}}
	got, err = s.Report(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, []string{"bravo 5"}, amounts(got))
}

func TestSubtotals(t *testing.T) {
	s := costCenters(t)
	request := october(t, ByGroup, ByTenant)
	request.Sort = SortAmount
	got, err := s.Report(t.Context(), request)
	require.NoError(t, err)
	var lines []string
	var highest decimal.Decimal
	for _, group := range got.Subtotals() {
		lines = append(lines, fmt.Sprint(group.Depth, " ", group.Group, " ", group.Amount, " ", len(group.Own), "/", len(group.All)))
		if group.Depth == 1 {
			highest = highest.Add(group.Amount)
		}
	}
	require.Equal(t, []string{
		"1 Eng 170 1/3", "2 Eng/Platform 150 1/2", "3 Eng/Platform/Build 50 1/1", "1 Eng-sales 7 1/1", "1 (no group) 4 1/1",
		"1 (unallocated) 3 1/1", "1 Sales 0 0/1", "2 Sales/EMEA 0 1/1",
	}, lines, "a group above all that lies below it, the largest first")
	require.True(t, got.Total.Amount.Equal(highest))

	request.Filter.Groups = []tenants.Pattern{pattern(t, "Eng/Platform").WithSubgroups()}
	some, err := s.Report(t.Context(), request)
	require.NoError(t, err)
	require.Len(t, some.Subtotals(), 2, "no sum stands for a group of which the filter chooses a part")
	require.Equal(t, "Eng/Platform", some.Subtotals()[0].Group)
	require.Equal(t, 1, some.Subtotals()[0].Depth)
	request.Filter = Filter{}

	request.Sort = SortKey
	got, err = s.Report(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, "(unallocated)", got.Subtotals()[7].Group, "by name, labels come last")

	request.Top = 2
	got, err = s.Report(t.Context(), request)
	require.NoError(t, err)
	require.Empty(t, got.Subtotals(), "a group would lack what was folded")
	got, err = s.Report(t.Context(), october(t, ByTenant, ByGroup))
	require.NoError(t, err)
	require.Empty(t, got.Subtotals(), "rows of a group do not stand together")
}

// TestGroupsAddUp: whatever the tree, a group is its own rows and the groups right below it, exactly.
func TestGroupsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
		paths := rapid.SliceOfN(rapid.StringMatching(`[AB](/[AB]){0,3}`), 1, 12).Draw(t, "paths")
		var used []usage.Record
		groups := map[string]string{}
		for i, path := range paths {
			name := fmt.Sprint("t", i)
			groups[name] = path
			used = append(used, hour(day, name, rapid.Int64Range(0, 9999).Draw(t, "seconds")))
		}
		s := sourceOf(used...)
		s.Tenants.Groups = groups
		got, err := s.Report(t.Context(), Request{
			From: day, To: day.AddDate(0, 0, 1), By: []Dimension{ByGroup, ByTenant}, Sort: SortAmount,
		})
		require.NoError(t, err)
		shown, total := got.Cents(AmountOf)
		cents := map[string]decimal.Decimal{}
		for i, row := range got.Rows {
			require.True(t, shown[i].Sub(row.Amount).Abs().LessThan(dec("0.03")), "a cent for each level at most")
			cents[tenants.GroupAt(row.Group, 1)] = cents[tenants.GroupAt(row.Group, 1)].Add(shown[i])
		}
		highest, err := s.Report(t.Context(), Request{From: day, To: day.AddDate(0, 0, 1), By: []Dimension{ByGroup}, Depth: 1})
		require.NoError(t, err)
		above, totalAbove := highest.Cents(AmountOf)
		require.True(t, total.Equal(totalAbove))
		for i, row := range highest.Rows {
			require.True(t, cents[row.Group].Equal(above[i]), "%s shows the same, whatever is shown below it", row.Group)
		}

		below := map[string]decimal.Decimal{}
		subtotals := got.Subtotals()
		for _, group := range subtotals {
			above := group.Group[:max(strings.LastIndex(group.Group, "/"), 0)]
			below[above] = below[above].Add(group.Amount)
		}
		require.True(t, below[""].Equal(got.Total.Amount))
		for _, group := range subtotals {
			sum := below[group.Group]
			for _, i := range group.Own {
				require.Equal(t, group.Group, got.Rows[i].Group)
				sum = sum.Add(got.Rows[i].Amount)
			}
			require.True(t, sum.Equal(group.Amount), "%s: %s and %s", group.Group, sum, group.Amount)
		}
	})
}
