package listing

import (
	"slices"

	"microspend/spend"
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

// sortDown says how a listing opens: days in order, everything else the largest first.
func (g Group) sortDown() (word string, down bool) {
	if isTime(g.By[0]) {
		return g.By[0].String(), false
	}
	return "amount", true
}

// Sort is the order in which a group opens: by the word of a column, the largest first or not.
func (g Group) Sort() (word string, down bool) { return g.sortDown() }

// The largest number of rows that are read: what is beyond is folded into one row, which says how many.
const most = 20_000

// Most is how many rows of a group are read at most; 0 is all.
func (g Group) Most() int {
	if slices.Contains(g.By, spend.ByMicroVM) {
		return most
	}
	return 0
}
