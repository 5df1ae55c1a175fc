package chart_test

import (
	"fmt"

	"microspend/view/chart"
)

func ExampleLine_Text() {
	c := chart.Line{
		Title: "Break-even",
		X:     chart.Axis{Title: "running hours a month", Max: 744},
		Y:     chart.Axis{Title: "dollars a month", Format: func(v float64) string { return fmt.Sprintf("$%.0f", v) }},
		Series: []chart.Series{
			{Name: "MicroVMs", Points: []chart.Point{{X: 0, Y: 4}, {X: 744, Y: 72}}},
			{Name: "EC2", Points: []chart.Point{{X: 0, Y: 27}, {X: 744, Y: 27}}},
		},
		Marks: []chart.Mark{{X: 251.65, Y: 27, Label: "251.65 h, $27.00"}},
	}
	fmt.Println(c.Text(50, 14))
	// Output:
	// Break-even
	// ↑ dollars a month   → running hours a month
	//    │                                            ⣀A
	//    │                                     ⣀⣀⠤⠔⠒⠉⠉
	//    │                              ⣀⣀⠤⠔⠒⠊⠉
	// $50┤                       ⢀⣀⠤⠤⠒⠊⠉
	//    │                ⢀⣀⠤⠤⠒⠊⠉⠁
	//    │⠒⠒⠒ ⠐⠒⠒⠂ ⢒⣒⡲⠤⠒⠒◆⠃ ⠒⠒⠒ ⠐⠒⠒⠂ ⠒⠒⠒ ⠐⠒⠒⠂ ⠒⠒⠒ ⠐⠒⠒⠂ B
	//    │   ⣀⡠⠤⠒⠒⠉⠁      1
	//  $0┤⠒⠉⠉
	//    └┬─────┬─────┬─────┬─────┬─────┬─────┬─────┬──
	//     0    100   200   300   400   500   600   700
	// A MicroVMs   B EC2
	// ◆1 251.65 h, $27.00
}
