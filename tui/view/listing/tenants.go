package listing

import "microspend/spend"

// Tenants is the view of what each tenant spent.
func Tenants() View {
	return View{"tenants", []Group{
		{"tenants", []spend.Dimension{spend.ByTenant}},
		{"tenants by region", []spend.Dimension{spend.ByTenant, spend.ByRegion}},
		{"tenants by component", []spend.Dimension{spend.ByTenant, spend.ByComponent}},
		{"regions", []spend.Dimension{spend.ByRegion}},
	}}
}
