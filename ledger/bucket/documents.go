package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"microspend/ledger"
)

const documentsFolder = "documents"

func documentName(name string) (string, error) {
	return documentsFolder + "/" + name, ledger.CheckDocumentName(name)
}

// Document implements [ledger.Documents].
func (l *Ledger) Document(ctx context.Context, name string) ([]byte, error) {
	content, _, err := l.current(ctx, name)
	return content, err
}

// removed is the content of a document that was removed on a condition, for which not every server has a request. It is
// what no document is.
var removed = []byte("microspend: this document was removed 0b6c1ff4-2a5d-4e33-9d7c-5d1b9b9e6f1a\n")

// ListDocuments implements [ledger.Documents].
func (l *Ledger) ListDocuments(ctx context.Context, folder string) (names []string, err error) {
	if l.files.readOnly != nil {
		return nil, nil
	}
	below := documentsFolder + "/"
	if folder != "" {
		key, err := documentName(folder)
		if err != nil {
			return nil, err
		}
		below = key + "/"
	}
	objects, _, err := l.files.list(ctx, below)
	for _, o := range objects {
		name := strings.TrimPrefix(o.key, documentsFolder+"/")
		if o.size == int64(len(removed)) {
			if _, err := l.Document(ctx, name); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		names = append(names, name)
	}
	return names, err
}

// current is a document as it is, and the condition under which a write takes its place.
func (l *Ledger) current(ctx context.Context, name string) (content []byte, same condition, err error) {
	key, err := documentName(name)
	if err == nil && l.files.readOnly != nil {
		err = fmt.Errorf("a snapshot has no %s: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, same, err
	}
	content, of, err := l.files.read(ctx, key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, condition{absent: true}, err
	case err == nil && bytes.Equal(content, removed):
		return nil, condition{etag: of.etag}, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return content, condition{etag: of.etag}, err
}

// SwapDocument implements [ledger.Store].
func (w *Writer) SwapDocument(ctx context.Context, name string, before, content []byte) error {
	now, same, err := w.current(ctx, name)
	switch absent := errors.Is(err, fs.ErrNotExist); {
	case err != nil && !absent:
		return err
	case absent != (before == nil) || !bytes.Equal(now, before):
		return &ledger.ConflictError{Document: name}
	case absent && content == nil:
		return nil
	case content == nil:
		content = removed
	}
	_, err = w.files.putBytes(ctx, documentsFolder+"/"+name, content, same)
	if errors.Is(err, errChanged) || errors.Is(err, fs.ErrNotExist) {
		return &ledger.ConflictError{Document: name}
	}
	return err
}

// PutDocument implements [ledger.Store].
func (w *Writer) PutDocument(ctx context.Context, name string, content []byte) error {
	key, err := documentName(name)
	if err != nil {
		return err
	}
	_, err = w.files.putBytes(ctx, key, content, condition{})
	return err
}

// RemoveDocument implements [ledger.Store].
func (w *Writer) RemoveDocument(ctx context.Context, name string) error {
	key, err := documentName(name)
	if err != nil {
		return err
	}
	return w.files.remove(ctx, key)
}

var _ ledger.Documents = (*Ledger)(nil)
