package chart

// dash is how a line is broken up so that it can be told from others without colour. The two patterns of a row look
// alike: dots of terminal cells drawn and left out, and the same as the stroke-dasharray of an SVG.
type dash struct {
	dots []int
	svg  string
}

// dashOf is the pattern of a series. Only the first, the subject of the chart, is solid. The first ten have each their
// own dash and their own hue, and no two of mostSeries series share both.
func dashOf(series int) dash {
	if series == 0 {
		return dash{}
	}
	patterns := [...]dash{
		{[]int{6, 3}, "9 5"},
		{[]int{1, 2}, "1.5 4"},
		{[]int{7, 2, 1, 2}, "11 4 1.5 4"},
		{[]int{3, 3}, "5 5"},
		{[]int{12, 3}, "18 5"},
		{[]int{5, 2, 1, 2, 1, 2}, "8 4 1.5 4 1.5 4"},
		{[]int{2, 2, 6, 2}, "3 4 10 4"},
		{[]int{1, 5}, "1.5 8"},
		{[]int{9, 6}, "14 9"},
		{[]int{3, 2, 3, 5}, "5 3 5 9"},
	}
	return patterns[(series-1)%len(patterns)]
}
