package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"microspend/ledger"
)

// Attempt is when the last run of a source began, and how it ended, if it did. It is a document of a fixed
// size, which in a folder is written in place, before anything else is done: unlike the state of a run, which replaces a
// file, that takes no space on the disk, so that a run that fails as there is none leaves a trace. So does one that is
// killed.
type Attempt struct {
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"`
	Error string    `json:"error,omitempty"` // why it failed
}

const (
	attemptName  = "attempt"
	attemptBytes = 1024
	maxAttempt   = 600 // bytes of its error
)

// ReadAttempt reads it. One that never was, as a former version has collected, is a [fs.ErrNotExist].
func ReadAttempt(ctx context.Context, l ledger.Documents, source string) (Attempt, error) {
	var a Attempt
	text, err := l.Document(ctx, documentOf(source, attemptName))
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// attempt notes that a run has begun, and returns what is to be called with how it ended.
func (c *collection) attempt(ctx context.Context) (end func(error)) {
	a := Attempt{Began: c.summary.Began}
	c.writeAttempt(ctx, a)
	return func(err error) {
		a.Ended = c.Now().UTC()
		if err != nil {
			a.Error = cut(err.Error(), maxAttempt)
		}
		c.writeAttempt(ctx, a)
	}
}

// writeAttempt ends nothing where it fails: it is for those who ask how it is.
func (c *collection) writeAttempt(ctx context.Context, a Attempt) {
	text, err := json.Marshal(a)
	for err == nil && len(text) >= attemptBytes { // characters that JSON escapes
		a.Error = cut(a.Error, len(a.Error)/2)
		text, err = json.Marshal(a)
	}
	if err == nil {
		text = append(text, bytes.Repeat([]byte(" "), attemptBytes-1-len(text))...)
		text = append(text, '\n')
		if c.Ledger.Folder != "" {
			err = overwrite(filepath.Join(c.folder, attemptName), text)
		} else {
			err = c.writer.PutDocument(ctx, documentOf(c.Source.Name(), attemptName), text)
		}
	}
	if err != nil {
		c.Logger.Warn("it cannot be noted how far this run got", "error", err)
	}
}

func overwrite(path string, text []byte) (err error) {
	place := placeOf(filepath.Dir(path))
	if err := place.PrivateFolder(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := place.OpenFile(path, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if n, err := file.WriteAt(text, 0); err != nil || n < len(text) {
		return errors.Join(err, fmt.Errorf("%w: %s", io.ErrShortWrite, path))
	}
	return file.Sync()
}
