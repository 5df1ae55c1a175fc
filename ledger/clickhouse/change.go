package clickhouse

import (
	"cmp"
	"context"
	"io"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/intake"
	"microspend/usage"
)

// change is what an import changes of a day: rows of the staging table.
type change struct {
	day     civil.Day
	outcome intake.Outcome
	rows    int64
	hash    string // of the parts that the rows are in
}

// changeWriter finds out what changes between the rows that a day has and those that it is to have, which both come in
// the order of their keys, and sends that.
type changeWriter struct {
	store *Store
	ctx   context.Context
	to    staging
	day   civil.Day

	before  []usage.Record // rows that the day has, and that were not come to yet
	at      int            // the first of them
	records []usage.Record // of the block at hand
	deleted []bool
	block   []byte
	rows    int64
	pipe    *io.PipeWriter
	sent    chan error
}

// storedRows reads what a day has, and remembers it for the comparison.
type storedRows struct {
	next   func() (usage.Record, error, bool)
	writer *changeWriter
}

// Read implements [intake.Reader].
func (s *storedRows) Read(r *usage.Record) (bool, error) {
	if s.next == nil {
		return false, nil
	}
	record, err, more := s.next()
	if err != nil || !more {
		return false, err
	}
	*r = record
	w := s.writer
	if w.at == len(w.before) {
		w.before, w.at = w.before[:0], 0
	}
	w.before = append(w.before, record)
	return true, nil
}

// take is given the records that the day is to have.
func (w *changeWriter) take(r *usage.Record) error {
	if err := w.gone(r); err != nil {
		return err
	}
	if w.at < len(w.before) && ledger.CompareKeys(&w.before[w.at], r) == 0 {
		w.at++
		if w.before[w.at-1] == *r {
			return nil
		}
	}
	return w.add(r, false)
}

// gone says of the rows before a record, nil for all, that they are no more.
func (w *changeWriter) gone(until *usage.Record) error {
	for ; w.at < len(w.before); w.at++ {
		r := &w.before[w.at]
		if until != nil && ledger.CompareKeys(r, until) >= 0 {
			break
		}
		if err := w.add(r, true); err != nil {
			return err
		}
	}
	return nil
}

func (w *changeWriter) add(r *usage.Record, deleted bool) error {
	w.records, w.deleted = append(w.records, *r), append(w.deleted, deleted)
	w.rows++
	if len(w.records) < w.store.sizes.blockRows {
		return nil
	}
	return w.flush()
}

// flush sends the block at hand. The first one begins the INSERT.
func (w *changeWriter) flush() error {
	if w.pipe == nil {
		var in *io.PipeReader
		in, w.pipe = io.Pipe()
		w.sent = make(chan error, 1)
		names := ""
		for _, c := range columns {
			if names != "" {
				names += ", "
			}
			names += c.name
		}
		go func() {
			err := w.store.client.insert(
				w.ctx,
				"INSERT INTO "+w.store.client.schema().table(w.to.name)+" ("+names+") FORMAT Native",
				w.store.client.schema().inserting(),
				in,
			)
			_ = in.CloseWithError(err) // so that nobody goes on writing
			w.sent <- err
		}()
	}
	w.block = appendNative(w.block[:0], w.records, w.deleted)
	w.records, w.deleted = w.records[:0], w.deleted[:0]
	_, err := w.pipe.Write(w.block)
	return err
}

// inserting are the settings of an INSERT into a staging table. What is sent has each key once, and need not be looked
// through for others, which takes a third of the time. On a cluster it ends when the shards have the rows.
func (s schema) inserting() map[string]string {
	settings := map[string]string{"max_partitions_per_insert_block": "0", "async_insert": "0", "optimize_on_insert": "0"}
	if s.cluster != "" {
		settings["distributed_foreground_insert"] = "1"
	}
	return settings
}

// finish ends the INSERT, if one was begun. With a fault the server gets no end of it, and the staging table is
// dropped.
func (w *changeWriter) finish(fault error) (rows int64, err error) {
	if fault == nil && len(w.records) > 0 {
		fault = w.flush()
	}
	if w.pipe == nil {
		return w.rows, fault
	}
	_ = w.pipe.CloseWithError(fault) // io.EOF without one
	return w.rows, cmp.Or(fault, <-w.sent)
}
