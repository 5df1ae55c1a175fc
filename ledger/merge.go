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

// numbered is a reader of records that an import gave, which tells the place of the last one among them, from 1.
type numbered interface{ place() int64 }

// merger gives the records of what is kept and of staged readers in order, of each key the latest.
type merger struct {
	overlaps  Overlaps
	replacing func(before, after *usage.Record) usage.Record // nil takes what is after
	take      func(*usage.Record) error

	n        Changes
	mark     usage.Record // the last, see [Withdraw]
	finder   overlapFinder
	replaced replacements
	held     []arrived // of one resource, where overlaps are merged
}

func (m *merger) merge(keeps recordReader, staged []recordReader) error {
	var heads []*head // a heap: the first comes out next
	for i, reader := range append([]recordReader{keeps}, staged...) {
		h := &head{reader: reader, rank: i}
		more, err := reader.read(&h.record)
		if err != nil {
			return err
		}
		if more {
			heads = append(heads, h)
		}
	}
	for i := len(heads)/2 - 1; i >= 0; i-- {
		siftDown(heads, i)
	}
	var winner arrived
	for first := true; len(heads) > 0; first = false {
		top := heads[0]
		switch {
		case first || compareKeys(&winner.Record, &top.record) != 0:
			if !first {
				if err := m.winner(&winner); err != nil {
					return err
				}
			}
			winner = arrived{Record: top.record}
			if top.rank > 0 {
				winner.how, winner.read = added, top.reader.(numbered).place()
			}
		case top.rank > 0:
			if !isMark(&top.record) {
				m.n.Superseded++
			}
		case winner.Record == top.record:
			winner.how = unchanged
		default:
			winner.how = replaced
			if m.replacing != nil && !isMark(&winner.Record) {
				if winner.Record = m.replacing(&top.record, &winner.Record); winner.Record == top.record {
					winner.how = unchanged
				}
			}
			if winner.how == replaced && !isMark(&winner.Record) {
				m.replaced.next(&top.record, &winner)
			}
		}
		more, err := top.reader.read(&top.record)
		if err != nil {
			return err
		}
		if !more {
			heads[0] = heads[len(heads)-1]
			heads = heads[:len(heads)-1]
		}
		siftDown(heads, 0)
	}
	if winner.Source != "" {
		if err := m.winner(&winner); err != nil {
			return err
		}
	}
	return m.release()
}

// winner takes in the record of a key.
func (m *merger) winner(r *arrived) error {
	switch {
	case isMark(&r.Record):
		m.mark = r.Record
		return nil
	case r.how == kept && withdraws(&m.mark, &r.Record):
		m.n.Removed++
		return nil
	}
	switch m.overlaps {
	case MergeOverlaps:
		if len(m.held) > 0 && m.held[0].Resource != r.Resource {
			if err := m.release(); err != nil {
				return err
			}
		}
		m.held = append(m.held, *r)
		return nil
	case RefuseOverlaps:
		m.finder.next(r, false)
	}
	return m.give(r)
}

// release gives what is held of a resource.
func (m *merger) release() error {
	left, cut := union(m.held)
	m.n.Merged += cut
	for i := range left {
		if err := m.give(&left[i]); err != nil {
			return err
		}
	}
	m.held = m.held[:0]
	return nil
}

func (m *merger) give(r *arrived) error {
	switch r.how {
	case added:
		m.n.Added++
	case replaced:
		m.n.Replaced++
	case unchanged:
		m.n.Unchanged++
	}
	return m.take(&r.Record)
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
