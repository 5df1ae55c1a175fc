package move

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"microspend/ledger"
	"microspend/ledger/audit"
)

// snapshots copies what closed months were made of, before the days as they are now: a target can only keep days as it
// has them, so each snapshot's days are written, kept, and then made what they are.
func (m *mover) snapshots(ctx context.Context) error {
	names, err := m.source.ListDocuments(ctx, "")
	if err != nil {
		return err
	}
	last := ""
	for _, name := range names {
		of := path.Dir(name)
		if of == "." || of == last || !moved(name) {
			continue
		}
		last = of
		kept, err := m.source.OpenSnapshot(ctx, of)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := m.snapshot(ctx, of, kept); err != nil {
			return err
		}
	}
	return nil
}

func (m *mover) snapshot(ctx context.Context, name string, kept ledger.Reader) error {
	info, err := kept.Info(ctx)
	if err != nil {
		return err
	}
	var days []*Day
	own := false // the target has had usage of these days that is not of this move
	for _, of := range info.Days {
		days = append(days, &Day{Day: of.Day, Records: of.Rows})
		_, has := m.has[of.Day]
		own = own || has && m.Merge
	}
	same, err := m.sameSnapshot(ctx, name, kept, days)
	switch {
	case err != nil:
		return err
	case same, m.DryRun:
		m.result.Months = append(m.result.Months, name)
		return nil
	case own, len(days) == 0:
		m.result.Kept = append(m.result.Kept, name)
		return nil
	}
	if err := m.copyMissing(ctx, kept, days); err != nil {
		return err
	}
	for _, of := range info.Days {
		m.has[of.Day], m.written[of.Day] = of, true
	}
	if err := m.target.Snapshot(ctx, name, days[0].Day, days[len(days)-1].Day.Add(day), time.UTC); err != nil {
		return err
	}
	if same, err = m.sameSnapshot(ctx, name, kept, days); err != nil {
		return err
	}
	if !same {
		return fmt.Errorf("the usage that %s was closed with does not add up to the same in the ledger %s", name, m.target.Name())
	}
	m.result.Months = append(m.result.Months, name)
	return nil
}

// sameSnapshot reports whether the target has a snapshot that adds up to the same.
func (m *mover) sameSnapshot(ctx context.Context, name string, kept ledger.Reader, days []*Day) (bool, error) {
	if m.read == nil {
		return false, nil
	}
	has, err := m.read.OpenSnapshot(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, d := range days {
		source, _, err := sums(ctx, kept, d.Day)
		if err != nil {
			return false, err
		}
		target, _, err := sums(ctx, has, d.Day)
		if err != nil || len(differences(source, target)) > 0 {
			return false, err
		}
	}
	return true, nil
}

// documents copies what is kept beside usage. Those by which the audit log holds the ledger to what it was are in an
// entry.
func (m *mover) documents(ctx context.Context) error {
	names, err := m.source.ListDocuments(ctx, "")
	if err != nil {
		return err
	}
	entry := audit.Entry{Action: Action, Note: "documents", Source: audit.Source{Targets: []string{m.result.Source}}}
	var missing []string
	for _, name := range names {
		if !moved(name) {
			continue
		}
		content, err := m.source.Document(ctx, name)
		if errors.Is(err, fs.ErrNotExist) { // it has just gone
			continue
		}
		if err != nil {
			return err
		}
		differs, err := m.differs(ctx, name, content)
		if err != nil {
			return err
		}
		if !differs {
			continue
		}
		m.result.Documents++
		missing = append(missing, name)
		if audit.Follows(name) && !m.DryRun {
			change, err := ledger.ChangeOf(ctx, m.target, name, content)
			if err != nil {
				return err
			}
			entry.Changes = append(entry.Changes, change)
		}
	}
	put := func() error {
		for _, name := range missing {
			content, err := m.source.Document(ctx, name)
			if err != nil {
				return err
			}
			if err := m.target.PutDocument(ctx, name, content); err != nil {
				return err
			}
		}
		return nil
	}
	switch {
	case m.DryRun:
		return nil
	case len(entry.Changes) > 0:
		return m.target.Audit(entry, put)
	}
	return put()
}

// differs reports whether a document is to be written. One that the target had before, or has changed since the move
// ended, it keeps.
func (m *mover) differs(ctx context.Context, name string, content []byte) (bool, error) {
	if m.read == nil {
		return true, nil
	}
	has, err := m.read.Document(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case bytes.Equal(has, content):
		m.result.Documents++
		return false, nil
	case m.Merge || m.note.Ended != nil:
		m.result.Kept = append(m.result.Kept, name)
		return false, nil
	}
	return true, nil
}

// pieceBytes is how much of an audit log one document has, as in a folder.
const pieceBytes = 4 << 20

// auditLog keeps the source's audit log as documents of the target: moved/<source>/audit-000001.jsonl and so on, a line
// for each entry as a folder has them. They could not be entries of the target's own log, which tell what its days were
// before and after by checksums that the source's do not have in common with them.
func (m *mover) auditLog(ctx context.Context) error {
	log, err := m.source.AuditLog(ctx, audit.Options{})
	if err != nil {
		return err
	}
	m.result.Entries = len(log.Entries)
	if m.DryRun {
		return nil
	}
	var piece []byte
	number := 0
	put := func() error {
		number++
		name := fmt.Sprintf("%s/audit-%06d.jsonl", folderOf(m.result.Source), number)
		has, err := m.target.Document(ctx, name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Equal(has, piece) {
			err = m.target.PutDocument(ctx, name, piece)
		}
		piece = piece[:0]
		return err
	}
	for i := range log.Entries {
		line, err := log.Entries[i].Line()
		if err != nil {
			return err
		}
		if len(piece) > 0 && len(piece)+len(line) > pieceBytes {
			if err := put(); err != nil {
				return err
			}
		}
		piece = append(piece, line...)
	}
	if len(piece) == 0 {
		return nil
	}
	m.head = log.Head
	return put()
}
