package parquet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/internal/lazyregexp"
)

// castagnoli is the polynomial of CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a CRC-32C, in JSON as 8 hexadecimal digits.
type checksum uint32

func checksumOf(data []byte) checksum { return checksum(crc32.Checksum(data, castagnoli)) }

func (c checksum) String() string { return fmt.Sprintf("%08x", uint32(c)) }

// MarshalText implements [encoding.TextMarshaler].
func (c checksum) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *checksum) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 32)
	if err != nil || len(text) != 8 {
		return fmt.Errorf("%.20q is not a checksum", text)
	}
	*c = checksum(n)
	return nil
}

// manifest says what the files of a day must contain. It is the day's switch: what it names is the day's content, from
// the moment at which it takes the place of the manifest before.
type manifest struct {
	Version int       `json:"version"`
	Day     string    `json:"day"`
	Rows    int64     `json:"rows"`
	First   time.Time `json:"first"` // start of the first and of the last period
	Last    time.Time `json:"last"`
	// LastSeconds is the length of the shortest period that starts at Last; 0 where the program before did not say.
	LastSeconds int64 `json:"last_seconds,omitempty"`
	// Seconds is the length of all periods together, CoveredSeconds of those with complete coverage.
	Seconds        int64       `json:"seconds"`
	CoveredSeconds int64       `json:"covered_seconds"`
	Parts          []partEntry `json:"parts"`
	// Rollup is what became of the day's rollup; nil where none was tried, as by programs that do not know of any.
	Rollup *rollupEntry `json:"rollup,omitempty"`
	// Dropped names parts before this manifest that have no successor, for the clean-up after the switch.
	Dropped []string `json:"dropped,omitempty"`
	// Lost names parts that were found damaged and set aside: records that the day lacks until someone accepts it.
	Lost []lostPart `json:"lost,omitempty"`
}

// partEntry describes one Parquet file. Tail and Chunks together cover every byte that is decoded.
type partEntry struct {
	Name   string     `json:"name"`
	Rows   int64      `json:"rows"`
	Bytes  int64      `json:"bytes"`
	SHA256 string     `json:"sha256"`
	Tail   tailEntry  `json:"tail"`
	Chunks []checksum `json:"chunks"`           // CRC-32C of each column chunk, row group by row group
	Object string     `json:"object,omitempty"` // see [PartFile]
}

// sound reports whether a file can be as it is described.
func (p *partEntry) sound() bool {
	return sha256Of.MatchString(p.SHA256) && p.Bytes >= 0 && p.Tail.Offset >= 0 && p.Tail.Offset <= p.Bytes
}

// tailEntry describes what follows the last column chunk: the page indexes and the footer.
type tailEntry struct {
	Offset int64    `json:"offset"`
	CRC32C checksum `json:"crc32c"`
}

type lostPart struct {
	Name   string    `json:"name"` // the name it was given when it was set aside
	Rows   int64     `json:"rows"` // 0 where that is not known
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`

	of PartFile // the part, until it is set aside
}

func (l lostPart) reason() error {
	rows := ""
	if l.Rows > 0 {
		rows = " with " + figures.Count(l.Rows, "row")
	}
	return fmt.Errorf("%s; it was set aside on %s%s", l.Reason, l.At.UTC().Format(time.DateOnly), rows)
}

// newerVersionError comes up for a manifest that is sound but of a version that this program does not know.
type newerVersionError struct{ version int }

func (e *newerVersionError) Error() string {
	return fmt.Sprintf("the manifest is of version %d; this program reads versions up to %d", e.version, writtenVersion)
}

// sealed is a manifest as it is kept: with a checksum over its own bytes.
type sealed struct {
	Manifest json.RawMessage `json:"manifest"`
	CRC32C   checksum        `json:"crc32c"`
}

func (m *manifest) encode() ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(sealed{body, checksumOf(body)})
	return append(text, '\n'), err
}

var (
	partName = lazyregexp.New(`^part-[0-9]{5}\.parquet$`)
	sha256Of = lazyregexp.New(`^[0-9a-f]{64}$`)
)

func partNameOf(index int) string { return fmt.Sprintf("part-%05d.parquet", index) }

func (p *partEntry) file() PartFile { return PartFile{p.Name, p.SHA256, p.Bytes, p.Object} }

// files are all that the manifest names.
func (m *manifest) files() (files []PartFile) {
	for i := range m.Parts {
		files = append(files, m.Parts[i].file())
	}
	if m.Rollup != nil && m.Rollup.Name != "" {
		files = append(files, m.Rollup.file())
	}
	return files
}

func decodeManifest(text []byte, day civil.Day) (*manifest, error) {
	var outer sealed
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&outer); err != nil {
		return nil, fmt.Errorf("the manifest is not readable: %w", err)
	}
	if got := checksumOf(outer.Manifest); got != outer.CRC32C {
		return nil, fmt.Errorf("the manifest's checksum is %s, not %s", got, outer.CRC32C)
	}
	var m manifest
	if err := json.Unmarshal(outer.Manifest, &m); err != nil {
		return nil, fmt.Errorf("the manifest is not readable: %w", err)
	}
	switch {
	case m.Version > writtenVersion:
		return nil, &newerVersionError{m.Version}
	case m.Version < 1:
		return nil, fmt.Errorf("the manifest is of version %d, which never was", m.Version)
	case m.Day != day.String():
		return nil, fmt.Errorf("the manifest is of %.20q, not of %s", m.Day, day)
	}
	for _, part := range m.Parts {
		if !partName.MatchString(part.Name) || !part.sound() {
			return nil, errors.New("the manifest describes a part that cannot be")
		}
	}
	if m.Rollup != nil {
		if err := m.Rollup.check(); err != nil {
			return nil, err
		}
	}
	for _, name := range m.Dropped {
		if !partName.MatchString(name) {
			return nil, errors.New("the manifest drops a file that is no part")
		}
	}
	return &m, nil
}

// current is a day's manifest as it was found.
type current struct {
	text    []byte // nil where there is none
	version string
}

// readManifest reads a day's manifest, which is nil where the day has none.
func readManifest(ctx context.Context, files Files, day civil.Day) (m *manifest, found current, err error) {
	found.text, found.version, err = files.Manifest(ctx, day)
	if err != nil || found.text == nil {
		return nil, found, err
	}
	m, err = decodeManifest(found.text, day)
	return m, found, err
}

// Named lists the objects that a manifest of a day names: those in force, parts first, and those that were set aside.
func Named(text []byte, day civil.Day) (objects []string, err error) {
	m, err := decodeManifest(text, day)
	if err != nil {
		return nil, err
	}
	for i := range m.Parts {
		objects = append(objects, m.Parts[i].Object)
	}
	if m.Rollup != nil && m.Rollup.Object != "" {
		objects = append(objects, m.Rollup.Object)
	}
	for _, lost := range m.Lost {
		objects = append(objects, lost.Name)
	}
	return objects, nil
}
