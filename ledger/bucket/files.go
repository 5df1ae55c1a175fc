package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"microspend/internal/civil"
	"microspend/ledger/parquet"
)

const (
	usageFolder  = "usage"
	partsFolder  = "parts"
	dayPrefix    = "dt="
	manifestName = "_manifest.json"
	partSuffix   = ".parquet"

	// daysAhead are opened while one is read.
	daysAhead = 16
	// heldBytes of parts are kept in memory. What is beyond is kept in temporary files: to wait for room would be to wait
	// for a day that is read later.
	heldBytes = 256 << 20
)

// files are the days' files of a ledger in a bucket.
type files struct {
	*client
	held atomic.Int64 // bytes of parts in memory
	// readOnly, where it is not nil, has the manifests of a snapshot, by day.
	readOnly map[string][]byte
}

var _ parquet.Files = (*files)(nil)

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func manifestOf(day civil.Day) string {
	return usageFolder + "/" + dayPrefix + day.String() + "/" + manifestName
}

// dayOf is the day of an object below a folder, such as usage/dt=2026-10-01/_manifest.json.
func dayOf(folder, name string) (day civil.Day, rest string, ok bool) {
	rest, below := strings.CutPrefix(name, folder+"/"+dayPrefix)
	text, rest, inDay := strings.Cut(rest, "/")
	if !below || !inDay {
		return 0, "", false
	}
	day, err := civil.Parse(text)
	return day, rest, err == nil
}

func objectOf(day civil.Day, part parquet.PartFile) string {
	return partsFolder + "/" + dayPrefix + day.String() + "/" + part.Object
}

// Name implements [parquet.Files].
func (f *files) Name() string { return f.Address.String() }

// Path implements [parquet.Files]: within the prefix. A part is called by its number, which the manifest lists beside
// the name of the object.
func (f *files) Path(day civil.Day, name string) string {
	return usageFolder + "/" + dayPrefix + day.String() + "/" + name
}

// Location implements [parquet.Files].
func (f *files) Location(day civil.Day, part parquet.PartFile) string {
	return f.url(f.key(objectOf(day, part)))
}

// Ahead implements [parquet.Files].
func (f *files) Ahead() int { return daysAhead }

// manifests lists the days' manifests.
func (f *files) manifests(ctx context.Context) (found map[civil.Day]object, err error) {
	objects, _, err := f.list(ctx, usageFolder+"/")
	found = map[civil.Day]object{}
	for _, o := range objects {
		if day, name, ok := dayOf(usageFolder, o.key); ok && name == manifestName {
			found[day] = o
		}
	}
	return found, err
}

// Days implements [parquet.Files]: one request for each thousand of them.
func (f *files) Days(ctx context.Context) (days []civil.Day, err error) {
	if f.readOnly != nil {
		for text := range f.readOnly {
			day, err := civil.Parse(text)
			if err != nil {
				return nil, fmt.Errorf("the snapshot has a day %q", text)
			}
			days = append(days, day)
		}
		slices.Sort(days)
		return days, nil
	}
	found, err := f.manifests(ctx)
	return slices.Sorted(maps.Keys(found)), err
}

// Manifest implements [parquet.Files]. The version is the ETag.
func (f *files) Manifest(ctx context.Context, day civil.Day) (text []byte, version string, err error) {
	if f.readOnly != nil {
		text = f.readOnly[day.String()]
		return text, string(text), nil
	}
	text, of, err := f.read(ctx, manifestOf(day))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	return text, of.etag, err
}

// Open implements [parquet.Files]: it fetches the part as a whole.
func (f *files) Open(ctx context.Context, day civil.Day, part parquet.PartFile) (parquet.File, error) {
	for try := 1; ; try++ {
		file, err := f.fetch(ctx, objectOf(day, part), part.Bytes)
		if err == nil || !cutOff(err) || try == tries || ctx.Err() != nil {
			return file, err
		}
	}
}

// fetch gets a whole object of a known size. Of one that has another size, no more than that is read, and whoever compares it
// with the manifest finds out.
func (f *files) fetch(ctx context.Context, name string, size int64) (file parquet.File, err error) {
	take := func(r io.Reader, o object) error { file, err = f.inMemory(r, o, size); return err }
	if f.held.Add(size) > heldBytes {
		f.held.Add(-size)
		take = func(r io.Reader, o object) error { file, err = onDisk(r, o, size); return err }
	}
	return file, f.get(ctx, name, take)
}

// inMemory takes over the size that was added to what is held.
func (f *files) inMemory(r io.Reader, o object, size int64) (parquet.File, error) {
	if o.size != size {
		f.held.Add(-size)
		return &held{size: o.size, files: f}, nil
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		f.held.Add(-size)
		return nil, cutShort(err)
	}
	return &held{*bytes.NewReader(content), size, size, f}, nil
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// held is a part in memory.
type held struct {
	bytes.Reader
	size  int64
	room  int64
	files *files
}

// Size implements [parquet.File].
func (h *held) Size() int64 { return h.size }

// Version implements [parquet.File]: what comes over a network is checked each time.
func (h *held) Version() string { return "" }

// Close implements [parquet.File].
func (h *held) Close() error {
	h.files.held.Add(-h.room)
	h.room = 0
	h.Reader = bytes.Reader{}
	return nil
}

// spooled is a part in a temporary file.
type spooled struct {
	*os.File
	size int64
}

func (s *spooled) Size() int64     { return s.size }
func (s *spooled) Version() string { return "" }

// Close removes the file.
func (s *spooled) Close() error {
	return errors.Join(s.File.Close(), os.Remove(s.Name()))
}

func onDisk(r io.Reader, o object, size int64) (parquet.File, error) {
	file, err := os.CreateTemp("", "microspend-part-")
	if err != nil {
		return nil, fmt.Errorf("no room to keep a part while it is read: %w", err)
	}
	out := &spooled{file, o.size}
	n, err := io.Copy(file, io.LimitReader(r, size))
	if err == nil && n < size && o.size == size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

// Visible implements [parquet.Files]: engines read lists, which name what is in force.
func (f *files) Visible(context.Context, civil.Day) ([]string, error) { return nil, nil }

// Fingerprint implements [parquet.Files], by the ETags of all manifests: one request for each thousand days.
func (f *files) Fingerprint(ctx context.Context) (string, error) {
	found, err := f.manifests(ctx)
	if err != nil {
		return "", err
	}
	sum := fnv.New64a()
	for _, day := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(sum, "%s %s\n", day, found[day].etag)
	}
	return fmt.Sprintf("%016x", sum.Sum64()), nil
}
