package bucket

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"microspend/ledger"
	"microspend/ledger/audit"
)

const documentsFolder = "documents"

// Longest names of documents, in bytes, as everywhere: file systems allow little more, and objects' names may have 1,024.
const (
	maxName    = 800
	maxElement = 200
)

func documentName(name string) (string, error) {
	first, _, _ := strings.Cut(name, "/")
	ok := fs.ValidPath(name) && name != "." && len(name) <= maxName && utf8.ValidString(name) && !strings.ContainsRune(name, 0)
	for _, own := range []string{"usage", "audit", "writer.lock", ".staging"} { // names that are taken in a folder
		ok = ok && first != own
	}
	for element := range strings.SplitSeq(name, "/") {
		ok = ok && len(element) <= maxElement
	}
	if !ok {
		return "", fmt.Errorf("%q cannot be the name of a document: %w", name, fs.ErrInvalid)
	}
	return documentsFolder + "/" + name, nil
}

// Document implements [ledger.Documents].
func (l *Ledger) Document(ctx context.Context, name string) ([]byte, error) {
	key, err := documentName(name)
	if err != nil {
		return nil, err
	}
	content, _, err := l.files.read(ctx, key)
	return content, err
}

// ListDocuments implements [ledger.Documents].
func (l *Ledger) ListDocuments(ctx context.Context, folder string) (names []string, err error) {
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
		names = append(names, strings.TrimPrefix(o.key, documentsFolder+"/"))
	}
	return names, err
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

// Audit implements [ledger.Store].
func (w *Writer) Audit(e audit.Entry, do func() error) error { return w.inner.Audit(e, do) }

var _ ledger.Documents = (*Ledger)(nil)

// unaudited does what it is given.
type unaudited struct{}

func (unaudited) Do(_ audit.Entry, do func() error) error {
	if do == nil {
		return nil
	}
	return do()
}
