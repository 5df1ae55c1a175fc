package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The actions that the log itself, or the ledger, makes entries of. Others are named by whoever acts: "import",
// "collect", "close".
const (
	// Genesis begins the chain of a ledger that was written before there was one: it records what was found.
	Genesis = "genesis"
	// Interrupted says which files an entry before it announced and did not replace, as its run was killed or failed.
	Interrupted = "interrupted"
	// Unrecorded names files that were changed, added or deleted by something other than a writer of the ledger.
	Unrecorded = "unrecorded"
	// Broken begins the chain anew after one that does not hold, and records what was found.
	Broken = "broken"
	// Acknowledged says that faults were looked into, and why they need not be reported any more.
	Acknowledged = "acknowledge"
)

// Entry is one thing that was done to a ledger.
type Entry struct {
	Seq    int64     `json:"seq"` // 1 for the first
	At     time.Time `json:"at"`  // UTC
	Action string    `json:"action"`
	Actor
	Source
	// Counts are what became of records, by what: "added", "replaced", "unchanged" and so on. What is 0 is left out.
	Counts map[string]int64 `json:"counts,omitempty"`
	// Records name some of the records that the entry is about, where it is about particular ones.
	Records []string `json:"records,omitempty"`
	Note    string   `json:"note,omitempty"`
	// Faults are those that an entry of the action Acknowledged is about, as [Verify] names them.
	Faults  []string `json:"faults,omitempty"`
	Changes []Change `json:"changes,omitempty"`
	Prev    string   `json:"prev"`
	Hash    string   `json:"-"` // of this entry; it stands beside it
}

// Source is where an entry's records are from.
type Source struct {
	Files   []File   `json:"files,omitempty"`
	Targets []string `json:"targets,omitempty"` // the source that was collected from, accounts and regions
}

// File is one that was read.
type File struct {
	Name   string `json:"name"` // as it was given, or "standard input"
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Change says that a file of the ledger was replaced. The hashes are SHA-256 in hexadecimal digits, "" for a file that
// is not there.
type Change struct {
	Path   string `json:"path"` // within the ledger's folder, with slashes
	Before string `json:"before"`
	After  string `json:"after"`
}

// Day is the UTC day whose usage was changed, as in 2026-10-01; ok is false where the file is something else.
func (c Change) Day() (day string, ok bool) {
	folder, below := strings.CutPrefix(c.Path, "usage/dt=")
	day, _, isFile := strings.Cut(folder, "/")
	return day, below && isFile
}

// Concerns reports whether the entry is about usage of a UTC day, written 2026-10-01.
func (e *Entry) Concerns(day string) bool {
	return slices.ContainsFunc(e.Changes, func(c Change) bool {
		of, ok := c.Day()
		return ok && of == day
	})
}

// Sum is the hash of a file's content.
func Sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// What entries hold is partly from outside: names of files, command lines, records.
const (
	maxText    = 500 // bytes of a text
	maxRecords = 10  // records that are named
)

// bound cuts what is longer than an entry needs, and makes texts what they are once they have been through JSON.
func (e *Entry) bound() {
	e.Note = bound(e.Note)
	e.Records = boundAll(e.Records[:min(len(e.Records), maxRecords)])
	e.Command = boundAll(e.Command)
	e.Targets = boundAll(e.Targets)
	files := make([]File, len(e.Files))
	for i, f := range e.Files {
		f.Name = bound(f.Name)
		files[i] = f
	}
	e.Files = files
}

func bound(text string) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

func boundAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = bound(text)
	}
	return out
}

var (
	lineBegin  = []byte(`{"entry":`)
	lineMiddle = []byte(`,"sha256":"`)
	lineEnd    = []byte("\"}\n")
)

// encode makes the line of an entry and sets its hash.
func (e *Entry) encode() ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	e.Hash = Sum(body)
	return bytes.Join([][]byte{lineBegin, body, lineMiddle, []byte(e.Hash), lineEnd}, nil), nil
}

// Line is an entry as a log has it, with its hash, for a copy of the log that can be verified by itself. An entry that
// was edited stays at odds with its hash.
func (e *Entry) Line() ([]byte, error) {
	copied := *e
	line, err := copied.encode()
	if err != nil || e.Hash == "" {
		return line, err
	}
	body := line[:len(line)-len(lineMiddle)-len(copied.Hash)-len(lineEnd)]
	return slices.Concat(body, lineMiddle, []byte(e.Hash), lineEnd), nil
}

var errNoEntry = errors.New("it is not an entry")

// decode reads a line with its end. An entry whose hash is not that of its bytes is returned with an error that says
// so, so that what follows can still be read.
func decode(line []byte) (*Entry, error) {
	rest, begins := bytes.CutPrefix(line, lineBegin)
	rest, ends := bytes.CutSuffix(rest, lineEnd)
	body := len(rest) - sha256.Size*2 - len(lineMiddle)
	if !begins || !ends || body < 0 || !bytes.Equal(rest[body:body+len(lineMiddle)], lineMiddle) {
		return nil, errNoEntry
	}
	e := Entry{}
	if err := json.Unmarshal(rest[:body], &e); err != nil {
		return nil, errNoEntry
	}
	e.Hash = string(rest[body+len(lineMiddle):])
	if got := Sum(rest[:body]); got != e.Hash {
		return &e, fmt.Errorf("entry %d was edited: its SHA-256 is %s, not %.64s", e.Seq, got, e.Hash)
	}
	return &e, nil
}
