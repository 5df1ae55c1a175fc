package listing

import "microspend/spend"

// Images is the view of what each image's MicroVMs cost.
func Images() View {
	return View{"images", []Group{
		{"images", []spend.Dimension{spend.ByImage}},
		{"images by region", []spend.Dimension{spend.ByImage, spend.ByRegion}},
		{"images by tenant", []spend.Dimension{spend.ByImage, spend.ByTenant}},
	}}
}
