package intake

import (
	"slices"

	"microspend/ledger"
	"microspend/usage"
)

// Reader gives records in the order of their keys, each key once.
type Reader interface {
	// Read sets r to the next record; it reports false after the last one.
	Read(r *usage.Record) (more bool, err error)
}

// Concatenated reads one reader after the other.
type Concatenated []Reader

// Read implements [Reader].
func (c *Concatenated) Read(r *usage.Record) (bool, error) {
	for len(*c) > 0 {
		more, err := (*c)[0].Read(r)
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
	reader Reader
	rank   int // a higher rank is a later import; 0 is what the ledger has
}

// before reports whether a's record is to come out before b's: by key, the latest first where they have the same.
func (a *head) before(b *head) bool {
	if c := ledger.CompareKeys(&a.record, &b.record); c != 0 {
		return c < 0
	}
	return a.rank > b.rank
}

// numbered is a reader of records that an import gave, which tells the place of the last one among them, from 1.
type numbered interface{ Place() int64 }

// Merger gives the records of what is kept and of staged readers in order, of each key the latest.
type Merger struct {
	Overlaps  ledger.Overlaps
	Replacing func(before, after *usage.Record) usage.Record // nil takes what is after
	Take      func(*usage.Record) error
	// Collected are the sources of records whose replacement is remembered.
	Collected []string

	Outcome Outcome

	mark   usage.Record // the last, see [ledger.Withdraw]
	finder OverlapFinder
	held   []arrived // of one resource, where overlaps are merged
}

// Merge gives every record that is to be kept to Take.
func (m *Merger) Merge(keeps Reader, staged []Reader) error {
	var heads []*head // a heap: the first comes out next
	for i, reader := range append([]Reader{keeps}, staged...) {
		h := &head{reader: reader, rank: i}
		more, err := reader.Read(&h.record)
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
		case first || ledger.CompareKeys(&winner.Record, &top.record) != 0:
			if !first {
				if err := m.winner(&winner); err != nil {
					return err
				}
			}
			winner = arrived{Record: top.record}
			if top.rank > 0 {
				winner.how, winner.read = added, top.reader.(numbered).Place()
			}
		case top.rank > 0:
			if !ledger.IsWithdrawal(&top.record) {
				m.Outcome.Changes.Superseded++
			}
		case winner.Record == top.record:
			winner.how = unchanged
		default:
			winner.how = replaced
			if m.Replacing != nil && !ledger.IsWithdrawal(&winner.Record) {
				if winner.Record = m.Replacing(&top.record, &winner.Record); winner.Record == top.record {
					winner.how = unchanged
				}
			}
			if winner.how == replaced && !ledger.IsWithdrawal(&winner.Record) && slices.Contains(m.Collected, top.record.Source) {
				m.Outcome.replaced(&top.record, &winner)
			}
		}
		more, err := top.reader.Read(&top.record)
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
	if err := m.release(); err != nil {
		return err
	}
	m.Outcome.Overlaps = m.finder.Found
	return nil
}

// winner takes in the record of a key.
func (m *Merger) winner(r *arrived) error {
	switch {
	case ledger.IsWithdrawal(&r.Record):
		m.mark = r.Record
		return nil
	case r.how == kept && ledger.Withdraws(&m.mark, &r.Record):
		m.Outcome.Changes.Removed++
		return nil
	}
	switch m.Overlaps {
	case ledger.MergeOverlaps:
		if len(m.held) > 0 && m.held[0].Resource != r.Resource {
			if err := m.release(); err != nil {
				return err
			}
		}
		m.held = append(m.held, *r)
		return nil
	case ledger.RefuseOverlaps:
		m.finder.next(r, false)
	}
	return m.give(r)
}

// release gives what is held of a resource.
func (m *Merger) release() error {
	left, cut := union(m.held)
	m.Outcome.Changes.Merged += cut
	for i := range left {
		if err := m.give(&left[i]); err != nil {
			return err
		}
	}
	m.held = m.held[:0]
	return nil
}

func (m *Merger) give(r *arrived) error {
	switch r.how {
	case added:
		m.Outcome.Changes.Added++
	case replaced:
		m.Outcome.Changes.Replaced++
	case unchanged:
		m.Outcome.Changes.Unchanged++
	}
	return m.Take(&r.Record)
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
