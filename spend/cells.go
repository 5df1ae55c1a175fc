package spend

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"

	"microspend/usage"
)

// cellKey is a row's key and what of the row is priced alike. Where the report is not by tenant but needs to know the
// tenant, the key has it all the same.
type cellKey struct {
	Key
	cellPlace
}

// cellPlace tells the cells of one row apart.
type cellPlace struct {
	region    string
	place     int // of the card that holds among the region's, see [priceList.place]
	billedKey     // zero but while billed amounts are shared out
}

// with is the key of the same usage under another row, and of no part of a bill.
func (k cellKey) with(row Key) cellKey {
	return cellKey{row, cellPlace{region: k.region, place: k.place}}
}

// cell is the usage of a key. Where it is priced by what AWS billed, billed is its part of that.
type cell struct {
	cellKey
	usage.Sum
	billed *componentCosts
	next   *cell // of the same row
}

// cells are cells by row. There may be a hundred thousand rows, with keys of a dozen strings: a map by key would hash
// them again each time it grows, and keep each in memory of its own.
type cells struct {
	seed maphash.Seed
	at   map[uint64]int32 // the place of a row, by the hash of its key or, where that is taken, the next free number
	rows []*cell          // the first cell of each row
}

// newCells makes room for a number of rows.
func newCells(rows int) *cells {
	return &cells{maphash.MakeSeed(), make(map[uint64]int32, rows), make([]*cell, 0, rows)}
}

// find is the cell of a key, nil where there is none, and otherwise its row: the place of that, or a place to add it
// at.
func (c *cells) find(key cellKey) (have *cell, hash uint64, place int32, known bool) {
	for hash = maphash.Comparable(c.seed, key.Key); ; hash++ {
		if place, known = c.at[hash]; !known {
			return nil, hash, 0, false
		}
		if c.rows[place].Key == key.Key {
			break
		}
	}
	for have = c.rows[place]; have != nil && have.cellPlace != key.cellPlace; {
		have = have.next
	}
	return have, hash, place, true
}

func (c *cells) add(key cellKey, more *usage.Sum, billed *componentCosts) {
	have, hash, place, known := c.find(key)
	switch {
	case have != nil:
		have.Merge(more)
		if billed != nil {
			have.billed = have.billed.Plus(billed)
		}
	case known:
		first := c.rows[place]
		first.next = &cell{key, *more, billed, first.next}
	default:
		c.at[hash] = int32(len(c.rows))
		c.rows = append(c.rows, &cell{key, *more, billed, nil})
	}
}

// all goes through the cells, those of a row one after the other.
func (c *cells) all() iter.Seq[*cell] {
	return func(yield func(*cell) bool) {
		for _, at := range c.rows {
			for ; at != nil; at = at.next {
				if !yield(at) {
					return
				}
			}
		}
	}
}

// sorted returns the cells in the order of their keys.
func (c *cells) sorted(by []Dimension) []*cell {
	return slices.SortedFunc(c.all(), func(a, b *cell) int {
		return cmp.Or(compareKeys(a.Key, b.Key, by), compareKeys(a.Key, b.Key, []Dimension{ByTenant}),
			cmp.Compare(a.region, b.region), cmp.Compare(a.place, b.place), a.billedKey.compare(b.billedKey))
	})
}
