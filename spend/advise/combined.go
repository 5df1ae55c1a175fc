package advise

import (
	"slices"

	"github.com/shopspring/decimal"
)

// overlap names, for each piece of advice, those on some of the same usage that change the same about it.
func overlap(all []Advice) {
	byCell := map[*cell][]int{}
	for i := range all {
		for _, e := range all[i].edits {
			if at := byCell[e.cell]; len(at) == 0 || at[len(at)-1] != i {
				byCell[e.cell] = append(at, i)
			}
		}
	}
	for i := range all {
		seen := map[int]bool{i: true}
		for _, e := range all[i].edits {
			for _, j := range byCell[e.cell] {
				if !seen[j] && all[i].Kind.touches()&all[j].Kind.touches() != 0 {
					all[i].Overlaps = append(all[i].Overlaps, all[j].ID)
				}
				seen[j] = true
			}
		}
		slices.Sort(all[i].Overlaps)
	}
}

// combine applies advice one after the other, the largest saving first, to usage that advice before it has changed. A
// piece that changes what another has changed already, or that saves nothing any more, is left out.
func (f *fleet) combine(all []Advice, actual decimal.Decimal) Combined {
	type changed struct {
		edit
		touched touch
	}
	var (
		out   Combined
		cells = map[*cell]changed{}
	)
	for i := range all {
		a := &all[i]
		before, after, free := []edit{}, []edit{}, true
		for _, e := range a.edits {
			have, found := cells[e.cell]
			if !found {
				have.edit = edit{cell: e.cell}
			}
			free = free && have.touched&a.Kind.touches() == 0
			before, after = append(before, have.edit), append(after, have.edit.then(e))
		}
		if !free {
			continue
		}
		was, errWas := f.bill(before, nil)
		is, errIs := f.bill(after, a.Instead)
		if errWas != nil || errIs != nil {
			continue
		}
		_, cost := totals(was)
		_, then := totals(is)
		if a.Instead != nil {
			then = then.Add(a.Instead.Month)
		}
		if !then.LessThan(cost) {
			continue
		}
		out.IDs, a.Adds = append(out.IDs, a.ID), true
		out.Saving = out.Saving.Add(cost.Sub(then))
		for j, e := range a.edits {
			touched := cells[e.cell].touched | a.Kind.touches()
			cells[e.cell] = changed{after[j], touched}
		}
	}
	out.Actual, out.Changed = actual, actual.Sub(out.Saving)
	return out
}
