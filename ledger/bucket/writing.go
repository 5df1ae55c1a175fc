package bucket

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger/parquet"
)

// Grace is how long parts stay that are no longer, or not yet, in force: longer than any reader reads or any import
// takes.
const Grace = 24 * time.Hour

// writing are files that may be changed.
type writing struct {
	*files
	now func() time.Time

	mu     sync.Mutex
	folder string    // of this machine, where an import is staged; "" between imports
	since  time.Time // of the first upload that is not in force yet
	wrote  bool      // whether anything was switched
}

var (
	_ parquet.WritableFiles = (*writing)(nil)
	_ parquet.Uploads       = (*writing)(nil)
)

// Staging implements [parquet.WritableFiles], in a new folder below the one for temporary files.
func (w *writing) Staging() (ownfile.Place, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	folder, err := os.MkdirTemp("", "microspend-import-")
	w.folder, w.since = folder, time.Time{}
	return ownfile.Place(folder), folder, err
}

// Unstage implements [parquet.WritableFiles].
func (w *writing) Unstage() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = os.RemoveAll(w.folder)
	w.folder = ""
}

// Create implements [parquet.WritableFiles].
func (w *writing) Create(path string) (*os.File, error) {
	return ownfile.Place(filepath.Dir(path)).Create(path, filepath.Dir(path))
}

// Add implements [parquet.WritableFiles]: it uploads the part under a name that nothing else has. A part with the same
// content may lie there as garbage, and be deleted at any moment.
func (w *writing) Add(ctx context.Context, day civil.Day, part parquet.PartFile, path string) (string, error) {
	w.mu.Lock()
	if w.since.IsZero() {
		w.since = w.now()
	}
	w.mu.Unlock()
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // which does not fail
	part.Object = part.SHA256 + "-" + hex.EncodeToString(salt[:]) + partSuffix
	sum, err := hex.DecodeString(part.SHA256)
	if err != nil {
		return "", err
	}
	file, err := ownfile.Open(path)
	if err != nil {
		return "", err
	}
	_, err = w.put(ctx, objectOf(day, part), file, base64.StdEncoding.EncodeToString(sum), condition{})
	return part.Object, errors.Join(err, file.Close(), ownfile.Place(filepath.Dir(path)).Remove(path))
}

// Discard implements [parquet.WritableFiles]. What cannot be deleted is tidied up later.
func (w *writing) Discard(day civil.Day, parts []parquet.PartFile) {
	// Also for an import that was interrupted, but not for as long as a server that is down lets one wait.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, part := range parts {
		if part.Object != "" && w.remove(ctx, objectOf(day, part)) != nil {
			return
		}
	}
}

// Ready implements [parquet.WritableFiles]: what was uploaded is there.
func (w *writing) Ready(context.Context) error { return nil }

// AsideName implements [parquet.WritableFiles]: a damaged part stays where no engine looks, under the name that it has.
func (w *writing) AsideName(_ civil.Day, part parquet.PartFile) string {
	if part.Object == "" {
		return part.Name
	}
	return part.Object
}

// SetAside implements [parquet.WritableFiles].
func (w *writing) SetAside(context.Context, civil.Day, parquet.PartFile, string) error { return nil }

// Switch implements [parquet.WritableFiles].
func (w *writing) Switch(ctx context.Context, s parquet.Switch) error {
	w.mu.Lock()
	since := w.since
	w.mu.Unlock()
	if !since.IsZero() && w.now().Sub(since) > Grace/2 {
		return fmt.Errorf(
			"the import has taken longer than %s; what it uploaded first may be deleted soon: import less at a time",
			Grace/2,
		)
	}
	when := condition{etag: s.Before, absent: s.Before == ""}
	name := manifestOf(s.Day)
	_, err := w.putBytes(ctx, name, s.Manifest, when)
	if errors.Is(err, errChanged) || errors.Is(err, fs.ErrNotExist) {
		return &parquet.ConflictError{Day: s.Day}
	}
	if err == nil {
		w.mu.Lock()
		w.wrote = true
		w.mu.Unlock()
	}
	return err
}

// Close implements [parquet.WritableFiles].
func (w *writing) Close() error {
	w.Unstage()
	return nil
}
