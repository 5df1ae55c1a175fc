package ledger

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
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
