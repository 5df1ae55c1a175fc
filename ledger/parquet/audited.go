package parquet

import (
	"context"

	"microspend/ledger"

	"microspend/ledger/audit"
)

// From says where the records of the following imports are from, for their entries in the audit log. It may be called
// while an import asks for its records, by when a file has been read for example.
func (w *Writer) From(source audit.Source) { w.from = source }

// Audit makes an entry in the audit log and then does what it is about: see [audit.Log.Do]. It is for what is kept
// beside usage; whatever changes a day makes its own. do may be nil for an entry that only says something.
func (w *Writer) Audit(e audit.Entry, do func() error) error {
	if w.closed {
		return errClosed
	}
	return w.audit.Do(e, do)
}

// AuditLog implements [ledger.Reader].
func (l *Ledger) AuditLog(_ context.Context, o audit.Options) (audit.Result, error) {
	return audit.Verify(l.dir, o)
}

// Acknowledge implements [ledger.Store].
func (w *Writer) Acknowledge(_ context.Context, reason string) ([]audit.Fault, error) {
	if w.closed {
		return nil, errClosed
	}
	return w.audit.(*audit.Log).Acknowledge(reason) // a folder's
}

// audited makes an entry about days and then puts them into effect, which do does by commit. There is no other way to
// commit: the manifest that commit writes is made here.
func (w *Writer) audited(e audit.Entry, days []*prepared, do func() error) error {
	for _, day := range days {
		change, err := w.seal(day)
		if err != nil {
			return err
		}
		e.Changes = append(e.Changes, change)
	}
	return w.audit.Do(e, func() error {
		w.step("audited")
		return do()
	})
}

// commitOne puts a day into effect that something else than an import has changed.
func (w *Writer) commitOne(ctx context.Context, e audit.Entry, p *prepared) (aside []ledger.DamagedFile, err error) {
	err = w.audited(e, []*prepared{p}, func() (err error) {
		aside, err = w.commit(ctx, p)
		return err
	})
	return aside, err
}

// seal makes the text of a day's next manifest, with the names that its damaged parts are going to get.
func (w *Writer) seal(p *prepared) (audit.Change, error) {
	for _, lost := range p.aside {
		lost.Name = w.files.AsideName(p.day, lost.of)
		p.manifest.Lost = append(p.manifest.Lost, lost)
	}
	var err error
	if p.text, err = p.manifest.encode(); err != nil {
		return audit.Change{}, err
	}
	change := audit.Change{Path: shownPath(p.day, manifestName), After: audit.Sum(p.text)}
	if p.before.text != nil {
		change.Before = audit.Sum(p.before.text)
	}
	return change, nil
}

// entry is that of an import.
func (w *Writer) entry(n *ledger.Changes) audit.Entry {
	return audit.Entry{Action: w.options.Action, Source: w.from, Counts: n.Counts(), Records: n.CollectedNames()}
}
