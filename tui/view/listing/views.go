package listing

import (
	"slices"

	"microspend/spend"
	"microspend/tui/data"
)

// View is one of the views that are listings.
type View struct {
	Name   string // of its tab
	Groups []Group
}

// Group is something that the rows of a view can be grouped by. The first is what the view opens with.
type Group struct {
	Noun string // what its rows are, in the plural
	By   []spend.Dimension
}

// Views are the views that are listings, in the order of their keys.
func Views() []View {
	return []View{
		{"tenants", []Group{
			{"tenants", []spend.Dimension{spend.ByTenant}},
			{"tenants by region", []spend.Dimension{spend.ByTenant, spend.ByRegion}},
			{"tenants by component", []spend.Dimension{spend.ByTenant, spend.ByComponent}},
			{"regions", []spend.Dimension{spend.ByRegion}},
			{"accounts", []spend.Dimension{spend.ByAccount}},
			{"architectures", []spend.Dimension{spend.ByArch}},
			{"groups", []spend.Dimension{spend.ByGroup}},
			{"groups by tenant", []spend.Dimension{spend.ByGroup, spend.ByTenant}},
		}},
		{"images", []Group{
			{"images", []spend.Dimension{spend.ByImage}},
			{"images by region", []spend.Dimension{spend.ByImage, spend.ByRegion}},
			{"images by tenant", []spend.Dimension{spend.ByImage, spend.ByTenant}},
		}},
		{"MicroVMs", []Group{
			{"MicroVMs", []spend.Dimension{spend.ByMicroVM, spend.ByTenant, spend.ByImage}},
			{"MicroVMs by day", []spend.Dimension{spend.ByMicroVM, spend.ByDay}},
			{"MicroVMs by component", []spend.Dimension{spend.ByMicroVM, spend.ByComponent}},
		}},
		{"days", []Group{
			{"days", []spend.Dimension{spend.ByDay}},
			{"weeks", []spend.Dimension{spend.ByWeek}},
			{"months", []spend.Dimension{spend.ByMonth}},
			{"days by component", []spend.Dimension{spend.ByDay, spend.ByComponent}},
		}},
	}
}

// InScope are the groupings of what was drilled into, without those that only one row is left of: the first is what it
// opens with.
func InScope(scope data.Scope) []Group {
	return slices.DeleteFunc([]Group{
		{"tenants", []spend.Dimension{spend.ByTenant}},
		{"MicroVMs", []spend.Dimension{spend.ByMicroVM}},
		{"images", []spend.Dimension{spend.ByImage}},
		{"days", []spend.Dimension{spend.ByDay}},
		{"regions", []spend.Dimension{spend.ByRegion}},
		{"components", []spend.Dimension{spend.ByComponent}},
		{"accounts", []spend.Dimension{spend.ByAccount}},
		{"architectures", []spend.Dimension{spend.ByArch}},
		{"groups", []spend.Dimension{spend.ByGroup}},
	}, func(g Group) bool {
		return scope[g.By[0]] != nil || g.By[0] == spend.ByGroup && scope[spend.ByTenant] != nil // which is in one
	})
}

// Sort is the order in which a group opens: days in order, everything else with the largest amount first.
func (g Group) Sort() (column string, down bool) {
	if isTime(g.By[0]) {
		return g.By[0].String(), false
	}
	return amountID, true
}

// mostMicroVMs is how many rows of MicroVMs are read: the rest is folded into one row, which says how many.
const mostMicroVMs = 20_000

// Most is how many rows of a group are read at most; 0 is all.
func (g Group) Most() int {
	if slices.Contains(g.By, spend.ByMicroVM) {
		return mostMicroVMs
	}
	return 0
}
