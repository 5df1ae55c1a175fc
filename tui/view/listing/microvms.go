package listing

import "microspend/spend"

// MicroVMs is the view of what each MicroVM cost.
func MicroVMs() View {
	return View{"MicroVMs", []Group{
		{"MicroVMs", []spend.Dimension{spend.ByMicroVM, spend.ByTenant, spend.ByImage}},
		{"MicroVMs by day", []spend.Dimension{spend.ByMicroVM, spend.ByDay}},
		{"MicroVMs by component", []spend.Dimension{spend.ByMicroVM, spend.ByComponent}},
	}}
}
