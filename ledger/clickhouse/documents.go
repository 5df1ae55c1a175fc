package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"

	"microspend/ledger"
)

var _ ledger.Store = (*Store)(nil)

// maxDocument is the largest document that is read, in bytes.
const maxDocument = 1 << 30

// documents is the query for the current rows of documents: of each name the one that was written last. A snapshot has
// none.
func (l *Ledger) documents(columns string) string {
	where := "deleted = 0"
	if l.isSnapshot() {
		where = "false"
	}
	return "SELECT " + columns + " FROM " + l.client.schema().table(tableDocuments) + " FINAL WHERE " + where + " AND "
}

// Document implements [ledger.Documents].
func (l *Ledger) Document(ctx context.Context, name string) (content []byte, err error) {
	if err := ledger.CheckDocumentName(name); err != nil {
		return nil, err
	}
	found := false
	err = l.client.rows(ctx, request{
		text: l.documents("content") + "name = {name:String}", parameters: map[string]string{"name": name},
	}, func(r *rowReader) error {
		content, found = bytes.Clone(r.blob(maxDocument)), true
		return r.err
	})
	if err == nil && !found {
		err = &fs.PathError{Op: "reading", Path: name, Err: fs.ErrNotExist}
	}
	return content, err
}

// ListDocuments implements [ledger.Documents].
func (l *Ledger) ListDocuments(ctx context.Context, folder string) (names []string, err error) {
	if folder != "" {
		if err := ledger.CheckDocumentName(folder); err != nil {
			return nil, err
		}
		folder += "/"
	}
	err = l.client.rows(ctx, request{
		text: l.documents("name") + "startsWith(name, {folder:String})", parameters: map[string]string{"folder": folder},
	}, func(r *rowReader) error {
		names = append(names, string(r.blob(1<<16)))
		return r.err
	})
	slices.Sort(names)
	return names, err
}

// PutDocument implements [ledger.Store].
func (s *Store) PutDocument(ctx context.Context, name string, content []byte) error {
	return s.change(ctx, name, func() error { return s.write(ctx, name, content, false) })
}

// SwapDocument implements [ledger.Store].
func (s *Store) SwapDocument(ctx context.Context, name string, before, content []byte) error {
	return s.change(ctx, name, func() error {
		now, err := s.Document(ctx, name)
		switch absent := errors.Is(err, fs.ErrNotExist); {
		case err != nil && !absent:
			return err
		case absent != (before == nil) || !bytes.Equal(now, before):
			return &ledger.ConflictError{Document: name}
		case content == nil && absent:
			return nil
		}
		return s.write(ctx, name, content, content == nil)
	})
}

// RemoveDocument implements [ledger.Store].
func (s *Store) RemoveDocument(ctx context.Context, name string) error {
	return s.change(ctx, name, func() error {
		_, err := s.Document(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.write(ctx, name, nil, true)
	})
}

// change has a document changed by nobody else meanwhile.
func (s *Store) change(ctx context.Context, name string, do func() error) error {
	if s.folder == "" {
		return errClosed
	}
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	return s.locked(ctx, "document "+name, do)
}

// write writes a document with a version above those that it had, also where the server's clock was set back.
func (s *Store) write(ctx context.Context, name string, content []byte, deleted bool) error {
	version, err := s.number(ctx, "SELECT toUInt64(greatest(toUnixTimestamp64Nano(now64(9)), toInt64(max(version)) + 1)) FROM "+
		s.client.schema().table(tableDocuments)+" WHERE name = {name:String}", map[string]string{"name": name})
	if err != nil {
		return err
	}
	row := appendText(nil, name)
	row = appendText(row, string(content))
	row = appendUint64(row, version)
	row = append(row, bit(deleted))
	return s.client.run(ctx, request{
		text:     "INSERT INTO " + s.client.schema().table(tableDocuments) + " (name, content, version, deleted) FORMAT RowBinary",
		settings: s.client.schema().inserting(), body: bytes.NewReader(row),
	})
}

// number asks for a single number.
func (l *Ledger) number(ctx context.Context, text string, parameters map[string]string) (n uint64, err error) {
	err = l.client.rows(ctx, request{text: text, parameters: parameters}, func(r *rowReader) error {
		n = r.uint64()
		return r.err
	})
	return n, err
}

// now is the server's time in nanoseconds since 1970, which the versions of rows are.
func (l *Ledger) now(ctx context.Context) (uint64, error) {
	return l.number(ctx, "SELECT toUInt64(toUnixTimestamp64Nano(now64(9)))", nil)
}
