package audit

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"microspend/internal/ownfile"
)

// maxLine bounds an entry, so that a file that is none is not read into memory: a genesis of a hundred years is 5 MB.
const maxLine = 16 << 20

// readLines gives the lines of a file from an offset on, with their ends. The last one may have none, and is then not
// whole. A line is valid until the next.
func readLines(path string, from int64, each func(offset int64, line []byte, whole bool) error) error {
	file, err := ownfile.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(file, 64<<10)
	for offset := from; ; {
		line, err := readLine(in)
		if len(line) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			if err := each(offset, line, err == nil); err != nil {
				return err
			}
			offset += int64(len(line))
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}

func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxLine {
			return nil, errors.New("a line is too long to be an entry")
		}
	}
}

type fileHash struct {
	hash.Hash
	bytes int64
}

func newHash() *fileHash { return &fileHash{Hash: sha256.New()} }

// Write implements [io.Writer].
func (h *fileHash) Write(p []byte) (int, error) {
	h.bytes += int64(len(p))
	return h.Hash.Write(p)
}

func (h *fileHash) sum() string { return hex.EncodeToString(h.Sum(nil)) }

// Reading passes a file on to whoever reads it, and tells afterwards what it was.
type Reading struct {
	name string
	from io.Reader
	hash *fileHash
}

// NewReading returns a reader of a file with a name.
func NewReading(name string, from io.Reader) *Reading { return &Reading{name, from, newHash()} }

// Read implements [io.Reader].
func (r *Reading) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	_, _ = r.hash.Write(p[:n])
	return n, err
}

// File is what has been read by now, after reading what is left.
func (r *Reading) File() (File, error) {
	_, err := io.Copy(io.Discard, r)
	return File{r.name, r.hash.sum(), r.hash.bytes}, err
}
