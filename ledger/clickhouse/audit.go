package clickhouse

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"microspend/ledger"
	"microspend/ledger/audit"
)

// maxEntry is the longest entry of the audit log that is read, in bytes.
const maxEntry = 16 << 20

// Audit implements [ledger.Store].
func (s *Store) Audit(e audit.Entry, do func() error) error {
	ctx := context.Background() // what was decided is written down
	if err := s.append(ctx, e); err != nil {
		return fmt.Errorf("nothing was changed, as the audit log cannot be written: %w", err)
	}
	if do == nil {
		return nil
	}
	err := do()
	if err != nil && len(e.Changes) > 0 {
		fault := s.append(ctx, audit.Entry{
			Action: audit.Interrupted, Note: "the entry before may not have been carried out to its end: " + err.Error(),
		})
		if fault != nil {
			s.options.Logger.Error("the audit log does not say that this was not completed", "error", fault)
		}
	}
	return err
}

// append makes an entry the last of the log, while nobody else does.
func (s *Store) append(ctx context.Context, e audit.Entry) error {
	if s.folder == "" {
		return errClosed
	}
	return s.locked(ctx, "the audit log", func() error {
		var last []byte
		table := s.client.schema().table(tableAudit)
		err := s.client.rows(ctx, request{text: "SELECT entry FROM " + table + " ORDER BY seq DESC LIMIT 1"}, func(r *rowReader) error {
			last = bytes.Clone(r.blob(maxEntry))
			return r.err
		})
		if err != nil {
			return err
		}
		line, seq, err := audit.Link(last, e, s.options.Actor, s.options.Now())
		if err != nil {
			return err
		}
		return s.client.run(ctx, request{
			text: "INSERT INTO " + table + " (seq, entry) FORMAT RowBinary", settings: s.client.schema().inserting(),
			body: bytes.NewReader(appendText(appendUint64(nil, uint64(seq)), string(line))),
		})
	})
}

// entries gives the lines of the audit log.
func (l *Ledger) entries(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ended := fmt.Errorf("ended")
		err := l.client.rows(ctx, request{text: "SELECT entry FROM " + l.client.schema().table(tableAudit) + " ORDER BY seq"},
			func(r *rowReader) error {
				if line := r.blob(maxEntry); r.err == nil && !yield(line, nil) {
					return ended
				}
				return r.err
			})
		if err != nil && err != ended {
			yield(nil, err)
		}
	}
}

// AuditLog implements [ledger.Reader].
func (l *Ledger) AuditLog(ctx context.Context, o audit.Options) (audit.Result, error) {
	return audit.VerifyShared(l.entries(ctx), o)
}

// Acknowledge implements [ledger.Store].
func (s *Store) Acknowledge(ctx context.Context, reason string) ([]audit.Fault, error) {
	result, err := s.AuditLog(ctx, audit.Options{Keep: func(*audit.Entry) bool { return false }})
	if err != nil {
		return nil, err
	}
	open, e := result.Open(reason)
	if len(open) == 0 {
		return nil, nil
	}
	return open, s.append(ctx, e)
}

// entry is that of an import.
func (s *Store) entry(n *ledger.Changes) audit.Entry {
	return audit.Entry{Action: s.options.Action, Source: s.from, Counts: n.Counts(), Records: n.CollectedNames()}
}

// audited is what the audit log says of a day: which rows came into it, by the hash of the parts that they are in.
func (p *change) audited(version uint64) audit.Change {
	return audit.Change{Path: fmt.Sprintf("usage/dt=%s/import-%d", p.day, version), After: p.hash}
}
