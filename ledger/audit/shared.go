package audit

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// A log can also be kept by a store that several writers write to at once: lines in a table, or in objects of a bucket.
// Whoever appends to it makes sure that nobody else does so at the same time, with [Link], and [VerifyShared] reads it.
// What such a store holds besides is not compared with the log, which has no moment when nobody is writing.

// Link makes an entry the one after the last line of a log, nil where there is none. Seq, At, Prev and, unless it is
// given, the actor are set here. A last line that is not what was written is an error: nothing can follow it.
func Link(last []byte, e Entry, actor Actor, now time.Time) (line []byte, seq int64, err error) {
	before := &Entry{}
	if last != nil {
		if before, err = decode(last); err != nil {
			return nil, 0, fmt.Errorf("the last entry of the audit log: %w", err)
		}
	}
	e.Seq, e.Prev, e.At = before.Seq+1, before.Hash, now.UTC().Truncate(time.Millisecond)
	if e.PID == 0 {
		e.Actor = actor
	}
	e.bound()
	line, err = e.encode()
	return line, e.Seq, err
}

// VerifyShared checks that each line is what was written and follows from the one before.
func VerifyShared(lines iter.Seq2[[]byte, error], o Options) (Result, error) {
	v := verifier{options: o, acknowledged: map[string]bool{}, state: map[string]string{}, headFault: errors.ErrUnsupported}
	n := 0
	for line, err := range lines {
		if err != nil {
			return v.result, err
		}
		n++
		where := fmt.Sprintf("%s:%d", Folder, n)
		e, err := decode(line)
		if err != nil {
			v.fault(where, "%v", err)
		}
		if e != nil {
			v.entry(where, e)
		}
	}
	if o.Expect != "" && !v.expected {
		v.fault(Folder, "no entry has the expected hash %s", o.Expect)
	}
	v.result.Head = v.last.Hash
	v.conclude()
	return v.result, nil
}

// Open are the faults that were not acknowledged, and the entry that does so.
func (r Result) Open(reason string) (open []Fault, acknowledge Entry) {
	acknowledge = Entry{Action: Acknowledged, Note: reason}
	for _, f := range r.Faults {
		if !f.Acknowledged {
			open = append(open, f)
			acknowledge.Faults = append(acknowledge.Faults, f.String())
		}
	}
	return open, acknowledge
}
