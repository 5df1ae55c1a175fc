package tui

import (
	"strings"

	"microspend/tui/view/listing"
)

// aView is one of the views: its tab, and the page that it opens with. Its place in views is that of its tab, and its
// key is the number of that place.
type aView struct {
	title string // of its tab; --view and the command line have it in lower case
	page  func() page
}

// The places in views of those that other pages lead to.
const (
	viewOverview = iota
	viewTenants
)

// views are all views, in the order of their tabs. The keys, the tabs, --view and the help are made from it.
func views() []aView {
	all := []aView{{"overview", func() page { return newOverviewPage() }}}
	for _, view := range listing.Views() {
		all = append(all, aView{view.Name, func() page { return newListingPage(view, 0) }})
	}
	all = append(all, aView{"live", func() page { return newLivePage() }})
	return all
}

// Views are the names of the views, in the order of their keys.
func Views() []string {
	var names []string
	for _, view := range views() {
		names = append(names, strings.ToLower(view.title))
	}
	return names
}
