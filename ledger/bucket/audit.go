package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"

	"microspend/ledger/audit"
)

const (
	auditFolder = "audit"
	// segmentBytes is when a segment of the log is full: nothing is appended to it any more, so that the next one can be
	// begun by whoever comes first. Each entry writes the segment again.
	segmentBytes = 256 << 10
	auditTries   = 100
	auditWithin  = 5 * time.Minute
)

func segmentName(number int) string { return fmt.Sprintf("%s/audit-%06d.jsonl", auditFolder, number) }

// log is the audit log, to which many may append: a segment is written on condition that it still is as it was read.
type log struct {
	*client
	actor  audit.Actor
	now    func() time.Time
	logger *slog.Logger
	number int // of the segment that was the last when it was looked at; 0 before
}

// Do implements [parquet.Auditor]. An entry says what is about to be done; one about days that another writer switches
// first is followed by one for each of them, with what came of it.
func (l *log) Do(e audit.Entry, do func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), auditWithin) // what was decided is written down
	defer cancel()
	if err := l.append(ctx, e); err != nil {
		return fmt.Errorf("nothing was changed, as the audit log cannot be written: %w", err)
	}
	if do == nil {
		return nil
	}
	err := do()
	if err != nil && len(e.Changes) > 0 {
		fault := l.append(ctx, audit.Entry{
			Action: audit.Interrupted, Note: "the entry before may not have been carried out to its end: " + err.Error(),
		})
		if fault != nil {
			l.logger.Error("the audit log does not say that this was not completed", "reason", fault)
		}
	}
	return err
}

func (l *log) append(ctx context.Context, e audit.Entry) error {
	for try := 1; ; try++ {
		err := l.tryAppend(ctx, e)
		if !errors.Is(err, errChanged) || try == auditTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(rand.Int64N(int64(100 * time.Millisecond)))):
		}
	}
}

// tryAppend is [errChanged] where another writer was faster.
func (l *log) tryAppend(ctx context.Context, e audit.Entry) error {
	segment, when, err := l.last(ctx)
	if err != nil {
		return err
	}
	var last []byte
	if len(segment) > 0 {
		begin := bytes.LastIndexByte(segment[:len(segment)-1], '\n') + 1
		last = segment[begin:]
	}
	line, _, err := audit.Link(last, e, l.actor, l.now())
	if err != nil {
		return err
	}
	number := l.number // which stays until there is one after it: a chain must never begin anew
	if len(segment) >= segmentBytes {
		number++
		segment, when = nil, condition{absent: true}
	}
	_, err = l.putBytes(ctx, segmentName(number), append(segment, line...), when)
	if errors.Is(err, errChanged) || errors.Is(err, fs.ErrNotExist) {
		return errChanged
	}
	return err
}

// last reads the last segment, and says when it may be written. It looks on from where it was the last time.
func (l *log) last(ctx context.Context) (segment []byte, when condition, err error) {
	if l.number == 0 {
		objects, _, err := l.list(ctx, auditFolder+"/")
		if err != nil {
			return nil, when, err
		}
		for _, o := range objects {
			var number int
			if _, err := fmt.Sscanf(o.key, auditFolder+"/audit-%d.jsonl", &number); err == nil {
				l.number = max(l.number, number)
			}
		}
		if l.number == 0 {
			l.number = 1
			return nil, condition{absent: true}, nil
		}
	}
	for {
		text, of, err := l.read(ctx, segmentName(l.number))
		switch {
		case errors.Is(err, fs.ErrNotExist) && segment != nil: // the one before is full, and is the last
			l.number--
			return segment, when, nil
		case errors.Is(err, fs.ErrNotExist):
			return nil, condition{absent: true}, nil
		case err != nil:
			return nil, when, err
		case len(text) < segmentBytes:
			return text, condition{etag: of.etag}, nil
		}
		segment = text
		l.number++
	}
}

// entries gives the lines of the log.
func (c *client) entries(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		objects, _, err := c.list(ctx, auditFolder+"/")
		for _, o := range objects {
			if err != nil {
				break
			}
			var text []byte
			text, _, err = c.read(ctx, o.key)
			for line := range bytes.Lines(text) {
				if err == nil && !yield(line, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// AuditLog implements [ledger.Reader].
func (l *Ledger) AuditLog(ctx context.Context, o audit.Options) (audit.Result, error) {
	return audit.VerifyShared(l.files.entries(ctx), o)
}

// Acknowledge implements [ledger.Store].
func (w *Writer) Acknowledge(ctx context.Context, reason string) ([]audit.Fault, error) {
	result, err := w.AuditLog(ctx, audit.Options{Keep: func(*audit.Entry) bool { return false }})
	if err != nil {
		return nil, err
	}
	open, e := result.Open(reason)
	if len(open) == 0 {
		return nil, nil
	}
	return open, w.Audit(e, nil)
}

// Audit implements [ledger.Store].
func (w *Writer) Audit(e audit.Entry, do func() error) error { return w.inner.Audit(e, do) }

// Holder reports that nobody keeps other writers away: see [ledger.Lockable].
func (l *Ledger) Holder() (holder string, held bool, err error) { return "", false, nil }
