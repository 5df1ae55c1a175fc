package listing

import "microspend/spend"

// Days is the view of what each day, week or month cost.
func Days() View {
	return View{"days", []Group{
		{"days", []spend.Dimension{spend.ByDay}},
		{"weeks", []spend.Dimension{spend.ByWeek}},
		{"months", []spend.Dimension{spend.ByMonth}},
		{"days by component", []spend.Dimension{spend.ByDay, spend.ByComponent}},
	}}
}
