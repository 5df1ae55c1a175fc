package ledger

import (
	"microspend/usage"
)

// recordReader gives records in the order of their keys, each key once.
type recordReader interface {
	// read sets r to the next record; it reports false after the last one.
	read(r *usage.Record) (more bool, err error)
}

// concatenated reads one reader after the other.
type concatenated []recordReader

func (c *concatenated) read(r *usage.Record) (bool, error) {
	for len(*c) > 0 {
		more, err := (*c)[0].read(r)
		if more || err != nil {
			return more, err
		}
		*c = (*c)[1:]
	}
	return false, nil
}

// head is the record at hand of one of the readers that are merged.
type head struct {
	record usage.Record
	reader recordReader
	rank   int // a higher rank is a later import; 0 is what the ledger has
}

// before reports whether a's record is to come out before b's: by key, the latest first where they have the same.
func (a *head) before(b *head) bool {
	if c := compareKeys(&a.record, &b.record); c != 0 {
		return c < 0
	}
	return a.rank > b.rank
}

// merge gives the records of what is kept and of staged readers in order, of each key the latest.
func merge(kept recordReader, staged []recordReader, take func(*usage.Record) error) (Changes, error) {
	var heads []*head // a heap: the first comes out next
	var n Changes
	for i, reader := range append([]recordReader{kept}, staged...) {
		h := &head{reader: reader, rank: i}
		more, err := reader.read(&h.record)
		if err != nil {
			return n, err
		}
		if more {
			heads = append(heads, h)
		}
	}
	for i := len(heads)/2 - 1; i >= 0; i-- {
		siftDown(heads, i)
	}
	var winner usage.Record
	var rank int
	for first := true; len(heads) > 0; first = false {
		top := heads[0]
		switch {
		case first || compareKeys(&winner, &top.record) != 0:
			if !first {
				if err := take(&winner); err != nil {
					return n, err
				}
			}
			winner, rank = top.record, top.rank
			if rank > 0 {
				n.Added++
			}
		case top.rank > 0:
			n.Superseded++
		case winner == top.record:
			n.Added--
			n.Unchanged++
		default:
			n.Added--
			n.Replaced++
		}
		more, err := top.reader.read(&top.record)
		if err != nil {
			return n, err
		}
		if !more {
			heads[0] = heads[len(heads)-1]
			heads = heads[:len(heads)-1]
		}
		siftDown(heads, 0)
	}
	if winner.Source != "" {
		return n, take(&winner)
	}
	return n, nil
}

func siftDown(heads []*head, i int) {
	for {
		child := 2*i + 1
		if child >= len(heads) {
			return
		}
		if child+1 < len(heads) && heads[child+1].before(heads[child]) {
			child++
		}
		if heads[i].before(heads[child]) {
			return
		}
		heads[i], heads[child] = heads[child], heads[i]
		i = child
	}
}
