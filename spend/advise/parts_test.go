package advise

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// Two tenants in eu-west-1 ran an hour and two hours of 1 vCPU and 2 GB, on ARM64: that is one move, which saves
// 3,600 × (0.0000295444 − 0.0000276944) an hour on vCPUs, and nothing on memory.
func twoToMove() *world {
	w := &world{}
	for n, tenant := range []string{"acme", "beta", "beta"} {
		ran(w.hourOf("mvm-"+tenant, "eu-west-1", 200+n), hour, 2048).Tenant = tenant
	}
	return w
}

func TestAMoveIsOnePieceForAllTenants(t *testing.T) {
	a := twoToMove().the(t, Region)
	require.Equal(t, "2 tenants in eu-west-1", a.Subject)
	require.Equal(t, "eu-west-1", a.From)
	require.Equal(t, "us-east-1", a.To)
	require.Empty(t, a.Tenant)
	require.Equal(t, "base", a.Image, "what all have in common")
	same(t, "0.01998", a.Saving)
	require.Len(t, a.Parts, 2)
	require.Equal(t, "beta in eu-west-1", a.Parts[0].Subject, "the largest first")
	same(t, "0.01332", a.Parts[0].Saving)
	same(t, "0.00666", a.Parts[1].Saving)
	requireParts(t, a)
	require.Len(t, a.Lines, 2, "a line for each quantity, not for each tenant")

	alone := &world{records: twoToMove().records[:1]}
	one := alone.the(t, Region)
	require.Equal(t, a.ID, one.ID, "an id is of kind and region, whoever is there")
	require.Equal(t, "acme in eu-west-1", one.Subject)
	require.Empty(t, one.Parts)
}

// What somebody says no to is the whole move, or a tenant's part of it.
func TestDismissingAMoveOrAPartOfIt(t *testing.T) {
	whole := twoToMove().the(t, Region)
	dismissing := func(id string) *Report {
		in := twoToMove().inputs(t)
		in.Dismissed = func(context.Context) (Dismissals, error) {
			return Dismissals{id: {ID: id, Saving: whole.Saving}}, nil
		}
		report, err := Make(t.Context(), in, Request{Now: december, From: november, To: december, Kinds: []Kind{Region}})
		require.NoError(t, err)
		require.Len(t, report.Dismissed, 1)
		return report
	}
	report := dismissing(whole.ID)
	require.Empty(t, report.Advice)
	require.Equal(t, "2 tenants in eu-west-1", report.Dismissed[0].Subject)

	report = dismissing(whole.Parts[0].ID)
	require.Equal(t, "beta in eu-west-1", report.Dismissed[0].Subject)
	require.Len(t, report.Advice, 1)
	require.Equal(t, "acme in eu-west-1", report.Advice[0].Subject)
	same(t, "0.00666", report.Advice[0].Saving)
	require.Equal(t, whole.ID, report.Advice[0].ID)
}

// The least saving is that of the whole, of which each part may be less.
func TestLeastSavingIsOfTheWhole(t *testing.T) {
	least := twoToMove().the(t, Region).Saving
	request := Request{Kinds: []Kind{Region}, Least: least}
	require.Len(t, twoToMove().advise(t, request).Advice, 1)
}

// Where a part of a move is taken by what saves more, the others still count: an hour on x86-64 of one tenant costs
// less on ARM64, which leaves the move of both.
func TestSettingsAreCountedByThemselves(t *testing.T) {
	w := twoToMove()
	w.records[0].Arch = usage.ArchX86
	report := w.advise(t, Request{Kinds: []Kind{Region, Architecture}})
	require.Len(t, report.Advice, 2)
	var arch Advice
	for _, a := range report.Advice {
		require.True(t, a.Adds)
		if a.Kind == Architecture {
			arch = a
		}
	}
	require.Equal(t, []string{arch.ID}, report.Settings.IDs)
	require.True(t, report.Settings.Saving.Equal(arch.Saving))
	require.True(t, report.Combined.Saving.GreaterThan(report.Settings.Saving))
	require.True(t, report.Settings.Actual.Sub(report.Settings.Changed).Equal(report.Settings.Saving))
}
