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

// combine applies advice of some kinds one after the other, the largest saving first, to usage that advice before it
// has changed. A piece that changes what another has changed already, or that saves nothing any more, is left out; of
// one that has parts, those are.
func (f *fleet) combine(all []Advice, actual decimal.Decimal, of func(Kind) bool) Combined {
	var (
		out   Combined
		cells = map[*cell]changed{}
	)
	for i := range all {
		a := &all[i]
		a.Adds, a.Added = false, decimal.Decimal{}
		if !of(a.Kind) {
			continue
		}
		for _, piece := range a.pieces() {
			saving, ok := f.apply(piece, cells)
			piece.Adds = ok
			if ok {
				a.Adds, a.Added = true, a.Added.Add(saving)
			}
		}
		if a.Adds {
			out.IDs, out.Saving = append(out.IDs, a.ID), out.Saving.Add(a.Added)
		}
	}
	out.Actual, out.Changed = actual, actual.Sub(out.Saving)
	return out
}

// changed is a cell after some advice.
type changed struct {
	edit
	touched touch
}

// apply applies a piece to cells as they are by now. It reports false, and changes nothing, where another piece has
// changed the same or it saves nothing any more.
func (f *fleet) apply(a *Advice, cells map[*cell]changed) (saving decimal.Decimal, ok bool) {
	var before, after []edit
	for _, e := range a.edits {
		have, found := cells[e.cell]
		if !found {
			have.edit = edit{cell: e.cell}
		}
		if have.touched&a.Kind.touches() != 0 {
			return saving, false
		}
		before, after = append(before, have.edit), append(after, have.edit.then(e))
	}
	was, errWas := f.bill(before, nil)
	is, errIs := f.bill(after, a.Instead)
	if errWas != nil || errIs != nil {
		return saving, false
	}
	_, cost := totals(was)
	_, then := totals(is)
	if saving = cost.Sub(then.Add(a.Elsewhere())); !saving.IsPositive() {
		return saving, false
	}
	for i, e := range a.edits {
		cells[e.cell] = changed{after[i], cells[e.cell].touched | a.Kind.touches()}
	}
	return saving, true
}
