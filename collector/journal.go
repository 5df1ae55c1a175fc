package collector

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"microspend/usage"
)

// The journal is the spool of a run: the plans that were made and the batches that were read, until they are in the
// ledger. It is a file of entries, each with its length and checksum, appended to and synced every second. An entry
// that is cut off, as a kill leaves the last one, and whatever follows it, does not count and is overwritten. One that
// is whole and makes no sense all the same is set aside: see aside.go.
const (
	journalName  = "journal"
	journalMagic = "microspend journal 1\n"

	entryPlan  = 'p'
	entryBatch = 'b'

	headBytes = 8 // length and CRC-32C of the content
	maxEntry  = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// planEntry says what was going to be read.
type planEntry struct {
	Target   Target    `json:"target"`
	Window   Window    `json:"window"` // zero for what was left of earlier ones
	Batches  []Batch   `json:"batches"`
	From     time.Time `json:"from"` // where the run began
	ReadAt   time.Time `json:"readAt"`
	Goal     time.Time `json:"goal"`
	Backfill bool      `json:"aside,omitempty"` // it does not move the checkpoint
	Part     string    `json:"part,omitempty"`  // all that is read of the window; "" where it is everything

	// Replanned says that the window is one that was planned before, with another configuration: see replan.
	Replanned bool     `json:"replanned,omitempty"`
	Series    []string `json:"series,omitempty"` // of a replanned window
	Lost      *Gap     `json:"lost,omitempty"`   // what the new plan no longer has

	Passed []owedDay `json:"passed,omitempty"` // damaged days that are left behind with it

	State json.RawMessage `json:"state,omitempty"` // see [Plan.State]
	Shape string          `json:"shape"`

	Quarantined []Quarantine `json:"quarantined,omitempty"` // what the plan leaves out
}

// batchEntry is a batch that was read. Its records follow it in the entry.
type batchEntry struct {
	Target  Target           `json:"target"`
	Key     string           `json:"key"`
	Gaps    []Gap            `json:"gaps,omitempty"`
	Counts  map[string]int64 `json:"counts,omitempty"`
	Notes   []string         `json:"notes,omitempty"`
	State   json.RawMessage  `json:"state,omitempty"`
	Reason  string           `json:"reason,omitempty"` // why it could not be read; "" where it was
	Records int              `json:"records"`

	Quarantined []Quarantine     `json:"quarantined,omitempty"`
	FirstSeen   map[string]int64 `json:"firstSeen,omitempty"`
}

type journal struct {
	file  *os.File
	size  int64          // of the entries that count
	aside map[int64]bool // where entries begin that are set aside

	entries chan []byte   // to the goroutine that writes
	written chan struct{} // closed when it is through
	err     error         // of that goroutine; read once it is through
	failed  chan struct{} // closed once it has failed
}

// openJournal opens a journal, or begins one. Its folder is made.
func openJournal(path string) (*journal, error) {
	place := placeOf(filepath.Dir(path))
	if err := place.PrivateFolder(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("creating the folder of the journal: %w", err)
	}
	file, err := place.OpenFile(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("the journal cannot be opened: %w", err)
	}
	return &journal{file: file, aside: map[int64]bool{}}, nil
}

func (j *journal) close() { _ = j.file.Close() }

// replay gives the entries in order: for each plan, plan is called, for each batch, batch, with its records. What
// follows a damaged entry is left out, and so is what was set aside.
func (j *journal) replay(plan func(planEntry) error, batch func(batchEntry, []byte) error) error {
	return j.entriesDo(func(at int64, content []byte) error {
		if j.aside[at] {
			return nil
		}
		return readEntry(content, plan, batch)
	})
}

// entriesDo gives the content of every entry that counts, with where the entry begins.
func (j *journal) entriesDo(do func(at int64, content []byte) error) error {
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(j.file, 1<<18)
	magic := make([]byte, len(journalMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != journalMagic {
		j.size = 0
		return nil
	}
	j.size = int64(len(journalMagic))
	var content []byte
	for {
		var head [headBytes]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return ended(err)
		}
		length, sum := binary.LittleEndian.Uint32(head[:4]), binary.LittleEndian.Uint32(head[4:])
		if length == 0 || length > maxEntry {
			return nil
		}
		if cap(content) < int(length) {
			content = make([]byte, length)
		}
		content = content[:length]
		if _, err := io.ReadFull(in, content); err != nil {
			return ended(err)
		}
		if crc32.Checksum(content, castagnoli) != sum {
			return nil
		}
		if err := do(j.size, content); err != nil {
			return err
		}
		j.size += headBytes + int64(length)
	}
}

// ended tells the end of what was written, which a kill may have put anywhere, from a disk that cannot be read.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return fmt.Errorf("the journal cannot be read: %w", err)
}

// eachRecord gives the records of a batch's entry.
func eachRecord(text []byte, do func(*usage.Record)) error {
	decoder := recordDecoder{rest: text}
	for {
		var r usage.Record
		more, err := decoder.next(&r)
		if err != nil || !more {
			return err
		}
		do(&r)
	}
}

func readEntry(content []byte, plan func(planEntry) error, batch func(batchEntry, []byte) error) error {
	switch kind, rest := content[0], content[1:]; kind {
	case entryPlan:
		var p planEntry
		if err := json.Unmarshal(rest, &p); err != nil {
			return fmt.Errorf("the journal holds a plan that cannot be read: %w", err)
		}
		return plan(p)
	case entryBatch:
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return errors.New("the journal holds a batch that cannot be read")
		}
		var b batchEntry
		if err := json.Unmarshal(rest[n:n+int(length)], &b); err != nil {
			return fmt.Errorf("the journal holds a batch that cannot be read: %w", err)
		}
		return batch(b, rest[n+int(length):])
	default:
		return fmt.Errorf("the journal holds an entry of an unknown kind %q", kind)
	}
}

// begin starts the goroutine that appends entries. What was in the journal beyond its entries is cut off.
func (j *journal) begin() error {
	if j.size == 0 {
		if err := j.reset(); err != nil {
			return err
		}
	}
	if err := j.file.Truncate(j.size); err != nil {
		return fmt.Errorf("the journal cannot be written: %w", err)
	}
	j.entries, j.written, j.failed, j.err = make(chan []byte, 2), make(chan struct{}), make(chan struct{}), nil
	go j.write()
	return nil
}

// syncEvery is how much of what was read a power cut may cost. A kill costs nothing that was written.
const syncEvery = time.Second

// write appends entries as they come, syncs them every so often and at the end.
func (j *journal) write() {
	defer close(j.written)
	synced := time.Now()
	defer func() {
		if j.err == nil {
			j.err = j.file.Sync()
		}
	}()
	for entry := range j.entries {
		if j.err != nil {
			continue
		}
		if _, j.err = j.file.WriteAt(entry, j.size); j.err == nil {
			j.size += int64(len(entry))
			if now := time.Now(); now.Sub(synced) >= syncEvery {
				j.err, synced = j.file.Sync(), now
			}
		}
		if j.err != nil {
			j.err = fmt.Errorf("the journal cannot be written: %w", j.err)
			close(j.failed)
		}
	}
}

// add hands an entry to the goroutine that writes. Whether it was written shows end.
func (j *journal) add(entry []byte) {
	content := entry[headBytes:]
	binary.LittleEndian.PutUint32(entry[:4], uint32(len(content)))
	binary.LittleEndian.PutUint32(entry[4:], crc32.Checksum(content, castagnoli))
	j.entries <- entry
}

func (j *journal) addPlan(p planEntry) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	entry := append(make([]byte, headBytes, headBytes+1+len(text)), entryPlan)
	j.add(append(entry, text...))
	return nil
}

func (j *journal) addBatch(b batchEntry, records []usage.Record) error {
	b.Records = len(records)
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	entry := append(make([]byte, headBytes, headBytes+len(text)+64+40*len(records)), entryBatch)
	entry = binary.AppendUvarint(entry, uint64(len(text)))
	entry = appendRecords(append(entry, text...), records)
	if len(entry)-headBytes > maxEntry { // it could not be read back, nor anything behind it
		return fmt.Errorf("%d records of one batch are too many for the journal", len(records))
	}
	j.add(entry)
	return nil
}

// end waits until everything is written.
func (j *journal) end() error {
	if j.entries == nil {
		return nil
	}
	close(j.entries)
	<-j.written
	j.entries = nil
	return j.err
}

// resetIf empties the journal where there is nothing in it but what was set aside.
func (j *journal) resetIf(useless bool) error {
	if !useless {
		return nil
	}
	return j.reset()
}

// reset empties the journal, through to the disk.
func (j *journal) reset() error {
	err := j.file.Truncate(0)
	if err == nil {
		_, err = j.file.WriteAt([]byte(journalMagic), 0)
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("the journal cannot be emptied: %w", err)
	}
	j.size = int64(len(journalMagic))
	clear(j.aside)
	return nil
}
