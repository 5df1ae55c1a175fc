package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"microspend/ledger/audit"
)

// Reserved are the first parts of names that no document can have, as a ledger keeps other things under them.
var Reserved = []string{"usage", "audit", ".staging", "writer.lock"}

// What every store can keep a document under: S3's keys are of 1,024 bytes, of which a ledger's prefix takes some, and
// file systems' names of 255, of which one that is being written takes some.
const (
	maxDocumentName = 800
	maxDocumentPart = 200
)

// CheckDocumentName refuses a name that no document can have, in any store, with an [fs.ErrInvalid].
func CheckDocumentName(name string) error {
	parts := strings.Split(name, "/")
	if !fs.ValidPath(name) || name == "." || slices.Contains(Reserved, parts[0]) || strings.ContainsRune(name, 0) ||
		len(name) > maxDocumentName || slices.ContainsFunc(parts, func(part string) bool { return len(part) > maxDocumentPart }) {
		return fmt.Errorf("%.100q cannot be the name of a document: %w", name, fs.ErrInvalid)
	}
	return nil
}

// IsLocal reports whether a file in a ledger's folder is this machine's alone and no document, so that no copy of the
// ledger takes it along: a collector's journal, and what of one was set aside.
func IsLocal(name string) bool {
	isLocal, _ := path.Match(".collect/*/journal*", name)
	return isLocal
}

// ConflictError says that a document is no longer what it was when a writer read it.
type ConflictError struct{ Document string }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s was changed by another writer in the meantime", e.Document)
}

// maxConflicts is how often in a row others may be faster: they would have to write without a pause.
const maxConflicts = 20

// UpdateDocument changes a document to what change makes of it, nil where there is none and for one that is to go.
// Where another writer has changed it meanwhile, change is asked again, with what that one wrote.
func UpdateDocument(
	ctx context.Context, s Store, name string, change func(before []byte) (after []byte, err error),
) error {
	for try := 1; ; try++ {
		before, err := s.Document(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			before, err = nil, nil
		}
		if err != nil {
			return err
		}
		after, err := change(before)
		if err != nil {
			return err
		}
		err = s.SwapDocument(ctx, name, before, after)
		if _, conflict := errors.AsType[*ConflictError](err); !conflict || try == maxConflicts {
			return err
		}
	}
}

// ChangeOf is what replacing a document by a content will be to its entry in the audit log; nil removes it.
func ChangeOf(ctx context.Context, of Documents, name string, content []byte) (audit.Change, error) {
	change := audit.Change{Path: name}
	before, err := of.Document(ctx, name)
	switch {
	case err == nil:
		change.Before = audit.Sum(before)
	case !errors.Is(err, fs.ErrNotExist):
		return change, err
	}
	if content != nil {
		change.After = audit.Sum(content)
	}
	return change, nil
}
