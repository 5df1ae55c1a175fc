package prices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Mirror is where the files of the Price List are: AWS's own server, or something laid out like it.
type Mirror interface {
	// Open opens a file by its path below the mirror, such as offers/v1.0/aws/index.json. Its error is an [ErrUnchanged]
	// where the file is the one that known describes, and a [*MissingError] where there is none.
	Open(ctx context.Context, path string, known Validators) (*File, error)
	// Folders are the names of the folders in a folder, nil where the mirror does not tell.
	Folders(path string) []string
	// String names the mirror in messages.
	String() string
}

// Validators tell one state of a file from another, as a server or a folder gives them. The zero value describes none.
type Validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// File is a file being read. A read that ends with io.EOF has read all of it.
type File struct {
	io.ReadCloser
	Validators
	Size int64 // bytes to be transferred; 0 where that is not known
}

// ErrUnchanged says that a file is still the one that was read before.
var ErrUnchanged = errors.New("the file has not changed")

// ErrChanged says that a file became another one while it was read.
var ErrChanged = errors.New("the file changed while it was being read")

// MissingError says that a mirror has no such file.
type MissingError struct{ Mirror, Path, Why string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s has no %s (%s)", e.Mirror, e.Path, e.Why)
}

// StatusError is an answer that is neither a file nor worth another try.
type StatusError struct {
	URL, Status string
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s answered %.60q", e.URL, e.Status) }

// Watch is told how far a file has been read: bytes transferred, of a total that is 0 where it is not known.
type Watch func(done, total int64)

type watchKey struct{}

// withWatch has a file that is opened in a context tell how far it has been read.
func withWatch(ctx context.Context, watch Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, watch)
}

func watchOf(ctx context.Context) Watch {
	if watch, ok := ctx.Value(watchKey{}).(Watch); ok && watch != nil {
		return watch
	}
	return func(int64, int64) {}
}

// within checks a path that a file of the mirror names: /offers/… as AWS writes them. It is below the mirror and
// nothing else, so that no file can send a reader elsewhere.
func within(path string) (string, error) {
	trimmed := strings.TrimPrefix(path, "/")
	if trimmed == path || !plainPath(trimmed) {
		return "", fmt.Errorf("%.100q is not a path on the mirror, such as /offers/v1.0/aws/AWSLambda/index.json", path)
	}
	return trimmed, nil
}

func plainPath(path string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/"
	if path == "" || len(path) > 300 || strings.Trim(path, allowed) != "" {
		return false
	}
	for _, element := range strings.Split(path, "/") {
		if element == "" || strings.Trim(element, ".") == "" {
			return false
		}
	}
	return true
}
