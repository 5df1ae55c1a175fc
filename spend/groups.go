package spend

import (
	"slices"
	"strings"

	"microspend/spend/tenants"
)

// Subtotal is what a group of tenants spent together with all groups below it.
type Subtotal struct {
	Row         // its key has the group and the kind alone
	Depth int   // 1 for the highest groups, as far as the report's filter chooses them, and for labels such as [NoGroup]
	Own   []int // the places of the report's rows that are the group's own, and not of a group below it
	All   []int // those of the groups below it as well
}

// Subtotals are the sums of the groups of a report whose first dimension is the group, in the order of a tree: each
// group right before those below it, siblings in the order that the report has been sorted by. A group is exactly the
// sum of its own rows and of the groups below it, and the highest ones together are the total.
//
// Groups of which a filter chooses only some below them are left out: their sums would look like all of them. There are
// no subtotals of other reports, nor where rows were folded into one: a group would lack what was folded.
func (s Spend) Subtotals() []Subtotal {
	folded := func(r Row) bool { return r.Kind == KindOther }
	if len(s.By) == 0 || s.By[0] != ByGroup || slices.ContainsFunc(s.Rows, folded) {
		return nil
	}
	tree := groupTree{chosen: s.groups, found: map[Key]*Subtotal{}, below: map[Key][]*Subtotal{}}
	for i := range s.Rows {
		tree.add(Key{Kind: s.Rows[i].groupKind(), Group: s.Rows[i].Group}, i)
	}
	for _, group := range tree.found {
		group.Total = s.Only(group.All).Total
	}
	return tree.sorted(Key{}, s.Sort)
}

// groupTree are groups by their keys, and those right below each; the zero key is above all.
type groupTree struct {
	chosen []tenants.Pattern // of groups; none chooses all
	found  map[Key]*Subtotal
	below  map[Key][]*Subtotal
}

// add adds a row to its group and to those above it, which are made where there are none.
func (t groupTree) add(key Key, place int) {
	above := Key{}
	path := strings.Split(key.Group, tenants.GroupSeparator)
	if key.Kind != KindTenant {
		path = []string{key.Group} // a label
	}
	depth := 0
	for n := range path {
		at := Key{Kind: key.Kind, Group: strings.Join(path[:n+1], tenants.GroupSeparator)}
		if n+1 < len(path) && !tenants.MatchAny(t.chosen, at.Group) {
			continue
		}
		depth++
		group, known := t.found[at]
		if !known {
			group = &Subtotal{Row: Row{Key: at}, Depth: depth}
			t.found[at] = group
			t.below[above] = append(t.below[above], group)
		}
		group.All = append(group.All, place)
		if n+1 == len(path) {
			group.Own = append(group.Own, place)
		}
		above = at
	}
}

// sorted are the groups below one, each followed by those below it.
func (t groupTree) sorted(above Key, by Sort) (out []Subtotal) {
	rows := make([]*Row, len(t.below[above]))
	for i, group := range t.below[above] {
		rows[i] = &group.Row
	}
	slices.SortFunc(rows, func(a, b *Row) int { return compareKeys(a.Key, b.Key, []Dimension{ByGroup}) })
	for _, row := range arrange(rows, Request{Sort: by}) {
		out = append(out, *t.found[row.Key])
		out = append(out, t.sorted(row.Key, by)...)
	}
	return out
}
