package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"microspend/internal/atomicfile"
	"microspend/internal/ownfile"
)

// Folder is where the log lies within a ledger's folder.
const Folder = "audit"

const (
	headName    = "head.json"
	maxFileSize = 4 << 20 // bytes after which another file is begun; what a writer reads of the log at most is one entry
)

func fileName(number int) string { return fmt.Sprintf("audit-%06d.jsonl", number) }

// head is where the chain ends, and what the entries up to there say the ledger's files contain.
type head struct {
	Seq    int64             `json:"seq"`
	Hash   string            `json:"hash"` // of the last entry
	File   int               `json:"file"` // the number of the file that it is in
	Offset int64             `json:"offset"`
	State  map[string]string `json:"state"` // the hash of each file, by its path
}

func (h *head) apply(e *Entry) {
	h.Seq, h.Hash = e.Seq, e.Hash
	for _, c := range e.Changes {
		if c.After == "" {
			delete(h.State, c.Path)
			continue
		}
		h.State[c.Path] = c.After
	}
}

// Log is the audit log of a ledger, for the one writer that holds the ledger's lock.
type Log struct {
	ledger, dir string
	actor       Actor
	now         func() time.Time
	head        head // of all entries on the disk
	saved       bool // whether head.json says the same
	// pending are the changes of entries that head.json does not know.
	pending []Change
	begun   bool  // whether head.json is there: it comes before the first entry, so that its absence tells something
	max     int64 // see maxFileSize
	failed  error // why nothing can be appended any more
}

// Open opens the log of a ledger, whose lock the caller holds, and makes entries for what was done without one. A
// ledger that has neither a log nor a file that one would follow stays without until something is done.
func Open(ledger string, actor Actor, now func() time.Time) (*Log, error) {
	l := &Log{
		ledger: ledger, dir: filepath.Join(ledger, Folder), actor: actor, now: now, max: maxFileSize,
		head: head{State: map[string]string{}, File: 1},
	}
	found, err := trackedFiles(ledger)
	if err != nil {
		return nil, err
	}
	numbers, err := fileNumbers(l.dir)
	if err != nil {
		return nil, err
	}
	known, err := readHead(l.dir)
	switch {
	case len(numbers) == 0 && (errors.Is(err, fs.ErrNotExist) || err == nil && known.Seq == 0):
		l.saved, l.begun = true, err == nil
		if len(found) == 0 {
			return l, nil
		}
		return l, l.note(Genesis, "the ledger has no audit log yet; this is the state that was found", found)
	case err == nil:
		l.head, l.saved, l.begun = known, true, true
		if reason := l.readOn(numbers); reason == nil {
			return l, l.reconcile(found)
		} else if fault, ok := errors.AsType[*brokenError](reason); !ok {
			return nil, reason
		} else {
			err = fault
		}
	}
	return l, l.restart(numbers, found, err)
}

// brokenError says that the log is not what was written.
type brokenError struct{ reason string }

func (e *brokenError) Error() string { return e.reason }

func broken(format string, args ...any) error { return &brokenError{fmt.Sprintf(format, args...)} }

// readHead is a [brokenError] for a head that is not one.
func readHead(dir string) (h head, err error) {
	text, err := ownfile.ReadFile(filepath.Join(dir, headName))
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil || h.File < 1 || h.Offset < 0 || h.Seq < 0 {
		return h, broken("%s is not readable", headName)
	}
	if h.State == nil {
		h.State = map[string]string{}
	}
	return h, nil
}

// fileNumbers lists the log's files.
func fileNumbers(dir string) (numbers []int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	for _, entry := range entries {
		var n int
		if _, err := fmt.Sscanf(entry.Name(), "audit-%d.jsonl", &n); err == nil && entry.Name() == fileName(n) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// readOn takes in the entries that follow the head, and removes the beginning of one that was being written. Such an
// entry was not on the disk yet, so nothing of what it is about was done.
func (l *Log) readOn(numbers []int) error {
	if l.head.Seq > 0 {
		if err := l.checkLast(); err != nil {
			return err
		}
	}
	next, from := l.head.File, l.head.Offset
	for _, number := range numbers {
		if number < l.head.File {
			continue
		}
		if number != next {
			return broken("%s is missing", fileName(next))
		}
		switch torn, err := l.readFile(number, from); {
		case err != nil:
			return err
		case torn >= 0 && number != numbers[len(numbers)-1]:
			return broken("%s ends within an entry", fileName(number))
		case torn >= 0:
			return l.truncate(number, torn)
		}
		next, from = number+1, 0
	}
	return nil
}

// readFile takes in the entries of a file from an offset on. It returns where a line begins that has no end, -1 where
// none does.
func (l *Log) readFile(number int, from int64) (torn int64, err error) {
	torn = -1
	err = readLines(filepath.Join(l.dir, fileName(number)), from, func(offset int64, line []byte, whole bool) error {
		if !whole {
			torn = offset
			return nil
		}
		e, err := decode(line)
		if err == nil && (e.Prev != l.head.Hash || e.Seq != l.head.Seq+1) {
			err = fmt.Errorf("it does not follow entry %d", l.head.Seq)
		}
		if err != nil {
			return broken("%s: the entry after byte %d: %v", fileName(number), offset, err)
		}
		l.head.apply(e)
		l.head.File, l.head.Offset = number, offset+int64(len(line))
		l.pending, l.saved = append(l.pending, e.Changes...), false
		return nil
	})
	return torn, err
}

// checkLast compares the entry that the head is at with the head, without reading what comes before.
func (l *Log) checkLast() error {
	file, err := ownfile.Open(filepath.Join(l.dir, fileName(l.head.File)))
	if errors.Is(err, fs.ErrNotExist) {
		return broken("%s is missing", fileName(l.head.File))
	}
	if err != nil {
		return err
	}
	defer file.Close()
	want := slices.Concat(lineMiddle, []byte(l.head.Hash), lineEnd)
	got := make([]byte, len(want))
	if _, err := file.ReadAt(got, l.head.Offset-int64(len(want))); err != nil || string(got) != string(want) {
		return broken("%s does not have entry %d, with which it ended", fileName(l.head.File), l.head.Seq)
	}
	return nil
}

// restart begins a new chain, in a file of its own, that says why.
func (l *Log) restart(numbers []int, found map[string]string, why error) error {
	if fault, ok := errors.AsType[*brokenError](why); ok {
		why = fault
	} else if errors.Is(why, fs.ErrNotExist) {
		why = fmt.Errorf("%s is missing", headName)
	} else if why != nil {
		return why
	}
	last := 0
	if len(numbers) > 0 {
		last = numbers[len(numbers)-1]
	}
	l.head = head{Seq: l.head.Seq, File: last + 1, State: map[string]string{}}
	l.pending, l.begun = nil, true // what is there of the head must not be replaced before the entry that tells of it
	return l.note(Broken, why.Error(), found)
}

// note appends an entry of the log's own about the files that were found, and whose changes have happened.
func (l *Log) note(action, note string, found map[string]string) error {
	return l.Do(Entry{Action: action, Note: note, Changes: differences(l.head.State, found)}, nil)
}

// differences are the changes from one state to another, by path.
func differences(before, after map[string]string) []Change {
	paths := maps.Clone(before)
	maps.Copy(paths, after)
	var changes []Change
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if before[path] != after[path] {
			changes = append(changes, Change{path, before[path], after[path]})
		}
	}
	return changes
}

// reconcile makes entries for files that are not as the chain says.
func (l *Log) reconcile(found map[string]string) error {
	var interrupted, unrecorded []Change
	for _, c := range differences(l.head.State, found) {
		if slices.ContainsFunc(l.pending, func(p Change) bool {
			return p.Path == c.Path && (p.Before == c.After || p.After == c.After)
		}) {
			interrupted = append(interrupted, c)
		} else {
			unrecorded = append(unrecorded, c)
		}
	}
	l.pending = nil
	if len(interrupted) > 0 {
		err := l.Do(Entry{
			Action: Interrupted, Changes: interrupted,
			Note: "the run before was ended before it had changed these; they are as they were",
		}, nil)
		if err != nil {
			return err
		}
	}
	if len(unrecorded) > 0 {
		err := l.Do(Entry{
			Action: Unrecorded, Changes: unrecorded,
			Note: "these were changed by something other than a writer of this ledger",
		}, nil)
		if err != nil {
			return err
		}
	}
	l.save()
	return nil
}

// Do puts an entry on the disk, which must name every file of the ledger that do replaces, and then does it; do may be
// nil where it has been done. Where do fails, an entry follows about what it did not do. Seq, At, Prev and, unless it
// is given, the actor are set here. Where the entry cannot be written nothing is done.
func (l *Log) Do(e Entry, do func() error) error {
	if err := l.append(e); err != nil {
		return fmt.Errorf("nothing was changed, as the audit log cannot be written: %w", err)
	}
	var err error
	if do != nil {
		err = do()
	}
	if err != nil {
		found, fault := trackedFiles(l.ledger)
		if fault == nil {
			fault = l.reconcile(found)
		}
		// What fails here, too, for lack of space for example, is left to the next writer, and this one must not go on.
		l.failed = fault
		return err
	}
	l.pending = nil
	l.save()
	return nil
}

func (l *Log) append(e Entry) error {
	if l.failed != nil {
		return l.failed
	}
	e.Seq, e.Prev, e.At = l.head.Seq+1, l.head.Hash, l.now().UTC().Truncate(time.Millisecond)
	if e.PID == 0 {
		e.Actor = l.actor
	}
	e.bound()
	line, err := e.encode()
	if err != nil {
		return err
	}
	if err := l.place().PrivateFolder(l.dir); err != nil {
		return err
	}
	if !l.begun {
		if err := l.writeHead(); err != nil {
			return err
		}
	}
	number, offset := l.head.File, l.head.Offset
	if offset > 0 && offset+int64(len(line)) > l.max {
		number, offset = number+1, 0
	}
	if err := l.write(number, offset, line); err != nil {
		return errors.Join(err, l.truncate(number, offset))
	}
	l.head.apply(&e)
	l.head.File, l.head.Offset = number, offset+int64(len(line))
	l.pending, l.saved = append(l.pending, e.Changes...), false
	return nil
}

func (l *Log) place() ownfile.Place { return ownfile.Place(l.ledger) }

func (l *Log) write(number int, offset int64, line []byte) (err error) {
	path := filepath.Join(l.dir, fileName(number))
	file, err := l.place().OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != offset {
		l.failed = fmt.Errorf("%s was changed by something else while this writer was at work", path)
		return l.failed
	}
	if _, err := file.Write(line); err != nil {
		return err
	}
	if err := file.Sync(); err != nil || offset > 0 {
		return err
	}
	return errors.Join(atomicfile.SyncDir(l.dir), atomicfile.SyncDir(l.ledger))
}

// truncate removes what a write that failed, or a writer that died, left of an entry. What cannot be removed now the
// next writer removes.
func (l *Log) truncate(number int, offset int64) error {
	if l.failed != nil {
		return nil // what is there is not this writer's
	}
	file, err := l.place().OpenFile(filepath.Join(l.dir, fileName(number)), os.O_WRONLY)
	if err == nil {
		err = errors.Join(file.Truncate(offset), file.Close())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.failed = err
		return err
	}
	return nil
}

// save notes that all that the entries say has taken effect. Where that fails the entries tell it as well, and the next
// time makes up for it: what was done must not be called a failure.
func (l *Log) save() {
	if l.saved {
		return
	}
	l.saved = l.writeHead() == nil
}

func (l *Log) writeHead() error {
	text, err := json.Marshal(l.head)
	if err == nil {
		err = l.place().Write(filepath.Join(l.dir, headName), append(text, '\n'))
	}
	l.begun = l.begun || err == nil
	return err
}

// Head is the hash of the last entry, "" where there is none.
func (l *Log) Head() string { return l.head.Hash }

// tracked are the files of a ledger that everything else in it is checked against: the manifests of days, which name
// their parts with checksums, the closings of months, the bills that were kept, and the advice that was dismissed.
// Hidden ones are being written.
var tracked = []string{
	"usage/dt=*/_manifest.json", "closed/[^.]*/closing.json", "billed/[^.]*.json", "advise/dismissed.json",
}

// Follows reports whether the log holds a document to what an entry says of it: entries must name its changes.
func Follows(name string) bool {
	return slices.ContainsFunc(tracked, func(pattern string) bool {
		matched, _ := path.Match(pattern, name)
		return matched
	})
}

// trackedFiles gives the hashes of the files that the log follows.
func trackedFiles(ledger string) (map[string]string, error) {
	found := map[string]string{}
	root := os.DirFS(ledger)
	for _, pattern := range tracked {
		paths, err := fs.Glob(root, pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			sum, err := sumOf(root, path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("comparing the ledger with its audit log: %w", err)
			}
			found[path] = sum
		}
	}
	return found, nil
}

func sumOf(root fs.FS, path string) (string, error) {
	file, err := root.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return sumReader(file)
}

// sumReader is [Sum] of what a reader has.
func sumReader(r io.Reader) (string, error) {
	h := newHash()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return h.sum(), nil
}
