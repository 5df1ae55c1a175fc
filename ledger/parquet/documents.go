package parquet

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"microspend/internal/atomicfile"
	"microspend/internal/ownfile"
	"microspend/ledger"
)

var (
	_ ledger.Store      = (*Writer)(nil)
	_ ledger.Repairer   = (*Writer)(nil)
	_ ledger.Damageable = (*Ledger)(nil)
	_ ledger.Lockable   = (*Ledger)(nil)
)

// documentPath is the file of a document.
func (l *Ledger) documentPath(name string) (string, error) {
	if err := ledger.CheckDocumentName(name); err != nil {
		return "", err
	}
	return filepath.Join(l.dir, filepath.FromSlash(name)), nil
}

// Document implements [ledger.Documents].
func (l *Ledger) Document(_ context.Context, name string) ([]byte, error) {
	path, err := l.documentPath(name)
	if err != nil {
		return nil, err
	}
	return ownfile.ReadFile(path)
}

// ListDocuments implements [ledger.Documents]. Files that are being written are not among them.
func (l *Ledger) ListDocuments(_ context.Context, folder string) (names []string, err error) {
	root := l.dir
	if folder != "" {
		if root, err = l.documentPath(folder); err != nil {
			return nil, err
		}
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just gone
		}
		if err != nil {
			return err
		}
		within, err := filepath.Rel(l.dir, path)
		name := filepath.ToSlash(within)
		switch {
		case err != nil:
			return err
		case slices.Contains(ledger.Reserved, name), entry.Name() == usageFolder, entry.Name() == hiddenUsage: // of a snapshot
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && !atomicfile.IsTemporary(entry.Name()) && !ledger.IsLocal(name):
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// PutDocument implements [ledger.Store].
func (w *Writer) PutDocument(_ context.Context, name string, content []byte) error {
	path, err := w.documentPath(name)
	if err != nil {
		return err
	}
	if err := w.place().Folder(filepath.Dir(path)); err != nil {
		return err
	}
	return w.place().Write(path, content)
}

// SwapDocument implements [ledger.Store]. There is one writer, so what is compared cannot change before it is replaced.
func (w *Writer) SwapDocument(ctx context.Context, name string, before, content []byte) error {
	w.swapping.Lock()
	defer w.swapping.Unlock()
	now, err := w.Document(ctx, name)
	switch absent := errors.Is(err, fs.ErrNotExist); {
	case err != nil && !absent:
		return err
	case absent != (before == nil) || !bytes.Equal(now, before):
		return &ledger.ConflictError{Document: name}
	case content == nil:
		return w.RemoveDocument(ctx, name)
	}
	return w.PutDocument(ctx, name, content)
}

// RemoveDocument implements [ledger.Store].
func (w *Writer) RemoveDocument(_ context.Context, name string) error {
	path, err := w.documentPath(name)
	if err != nil {
		return err
	}
	if err := w.place().Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
