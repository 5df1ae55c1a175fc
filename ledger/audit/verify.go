package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"microspend/internal/figures"
	"microspend/internal/ownfile"
)

// Options say what [Verify] looks for.
type Options struct {
	// Expect is the hash of an entry that the chain must have, as it was noted outside the ledger; "" for none.
	Expect string
	// Keep says which entries to return; nil returns all.
	Keep func(*Entry) bool
}

// Result is what [Verify] found.
type Result struct {
	Count   int64   // of all entries
	Entries []Entry // those that were asked for, in order
	Head    string  // the hash of the last entry, to be noted elsewhere; "" where there is none
	Faults  []Fault
	// Unfinished are files that the last entries announced and that have not been replaced: a writer is at work, or one
	// was killed and the next will say so.
	Unfinished []string
}

// OK reports whether there is no fault but those that were acknowledged.
func (r Result) OK() bool {
	return !slices.ContainsFunc(r.Faults, func(f Fault) bool { return !f.Acknowledged })
}

// Fault is something that does not hold.
type Fault struct {
	Where        string // a file, with the line where that helps
	Reason       string
	Acknowledged bool
}

// String is what the fault is known by once it is acknowledged.
func (f Fault) String() string { return f.Where + ": " + f.Reason }

// Verify reads the whole log of a ledger, checks that each entry follows from the one before, that the log ends where
// its head says, and that the ledger's files are what the last entry about each says. It takes no lock; what a writer
// does meanwhile is no fault.
func Verify(ledger string, o Options) (Result, error) {
	for try := 0; ; try++ {
		before := marker(ledger)
		v := verifier{options: o, acknowledged: map[string]bool{}, state: map[string]string{}}
		err := v.verify(ledger)
		if after := marker(ledger); after == before || try == 4 {
			return v.result, err
		}
	}
}

// marker differs once a writer has done something.
func marker(ledger string) string {
	head, _ := ownfile.ReadFile(filepath.Join(ledger, Folder, headName))
	numbers, _ := fileNumbers(filepath.Join(ledger, Folder))
	var size int64
	if len(numbers) > 0 {
		if info, err := os.Stat(filepath.Join(ledger, Folder, fileName(numbers[len(numbers)-1]))); err == nil {
			size = info.Size()
		}
	}
	return fmt.Sprint(Sum(head), numbers, size)
}

type verifier struct {
	options      Options
	result       Result
	acknowledged map[string]bool
	state        map[string]string // by the entries so far
	last         Entry             // without its changes
	head         head
	headFault    error
	headFound    bool // whether the entry that the head is at is in the chain
	expected     bool
	allowed      []Change // of entries that the head does not know
}

func (v *verifier) fault(where, format string, args ...any) {
	v.result.Faults = append(v.result.Faults, Fault{Where: where, Reason: fmt.Sprintf(format, args...)})
}

func (v *verifier) verify(ledger string) error {
	dir := filepath.Join(ledger, Folder)
	numbers, err := fileNumbers(dir)
	if err != nil {
		return err
	}
	if v.head, v.headFault = readHead(dir); v.headFault != nil {
		if _, damaged := errors.AsType[*brokenError](v.headFault); !damaged && !errors.Is(v.headFault, fs.ErrNotExist) {
			return v.headFault
		}
	}
	found, err := trackedFiles(ledger)
	if err != nil {
		return err
	}
	if len(numbers) == 0 && v.head.Seq == 0 && (v.headFault == nil || errors.Is(v.headFault, fs.ErrNotExist)) {
		if len(found) > 0 || v.options.Expect != "" {
			v.fault(Folder, "there is no audit log; the next command that writes to the ledger begins one")
		}
		v.conclude()
		return nil
	}
	next := 1
	for _, number := range numbers {
		if number != next {
			v.fault(Folder+"/"+fileName(next), "it is missing")
		}
		next = number + 1
		if err := v.file(dir, number, number == numbers[len(numbers)-1]); err != nil {
			return err
		}
	}
	v.checkHead()
	v.checkFiles(found)
	v.conclude()
	return nil
}

func (v *verifier) file(dir string, number int, last bool) error {
	n := 0
	return readLines(filepath.Join(dir, fileName(number)), 0, func(_ int64, line []byte, whole bool) error {
		n++
		where := fmt.Sprintf("%s/%s:%d", Folder, fileName(number), n)
		if !whole {
			if !last {
				v.fault(where, "the entry has no end")
			}
			return nil // it is being written, or was by a writer that was killed
		}
		e, err := decode(line)
		if err != nil {
			v.fault(where, "%v", err)
		}
		if e != nil {
			v.entry(where, e)
		}
		return nil
	})
}

func (v *verifier) entry(where string, e *Entry) {
	switch {
	case e.Action == Broken:
		v.fault(where, "entry %d begins the log anew, because it did not hold: %s", e.Seq, e.Note)
		clear(v.state)
	case e.Prev != v.last.Hash || e.Seq != v.last.Seq+1:
		v.fault(where, "entry %d does not follow entry %d: entries were removed, edited or put in between", e.Seq, v.last.Seq)
	}
	if e.Action == Unrecorded {
		v.fault(where, "entry %d found files that no writer of the ledger had changed: %s", e.Seq, pathsOf(e.Changes))
	}
	if e.Action == Acknowledged {
		for _, f := range e.Faults {
			v.acknowledged[f] = true
		}
	}
	if v.headFault == nil && e.Seq == v.head.Seq {
		v.headFound = e.Hash == v.head.Hash
	}
	if v.headFault == nil && e.Seq > v.head.Seq {
		for _, c := range e.Changes {
			v.allowed = append(v.allowed, Change{c.Path, v.state[c.Path], c.After})
		}
	}
	for _, c := range e.Changes {
		v.state[c.Path] = c.After
		if c.After == "" {
			delete(v.state, c.Path)
		}
	}
	v.expected = v.expected || e.Hash == v.options.Expect
	v.result.Count++
	v.last = Entry{Seq: e.Seq, Hash: e.Hash}
	if v.options.Keep == nil || v.options.Keep(e) {
		v.result.Entries = append(v.result.Entries, *e)
	}
}

func (v *verifier) checkHead() {
	where := Folder + "/" + headName
	switch {
	case errors.Is(v.headFault, fs.ErrNotExist):
		v.fault(where, "it is missing")
	case v.headFault != nil:
		v.fault(where, "it is not readable")
	case v.headFound || v.head.Seq == 0:
	case v.last.Seq < v.head.Seq:
		v.fault(where, "the log was cut: it ends at entry %d and must have entry %d", v.last.Seq, v.head.Seq)
	default:
		v.fault(where, "entry %d is not the one that was written", v.head.Seq)
	}
	if v.options.Expect != "" && !v.expected {
		v.fault(Folder, "no entry has the expected hash %s", v.options.Expect)
	}
	v.result.Head = v.last.Hash
}

func (v *verifier) checkFiles(found map[string]string) {
	for _, c := range differences(v.state, found) {
		switch {
		case slices.ContainsFunc(v.allowed, func(p Change) bool {
			return p.Path == c.Path && (p.Before == c.After || p.After == c.After)
		}):
			v.result.Unfinished = append(v.result.Unfinished, c.Path)
		case c.Before == "":
			v.fault(c.Path, "no entry is about it: something other than a writer of the ledger added it")
		case c.After == "":
			v.fault(c.Path, "it is missing, and no entry says that it was removed")
		default:
			v.fault(c.Path, "it is not what the last entry about it says: its SHA-256 is %s, not %s", c.After, c.Before)
		}
	}
}

func (v *verifier) conclude() {
	for i := range v.result.Faults {
		f := &v.result.Faults[i]
		f.Acknowledged = v.acknowledged[f.String()]
	}
}

// pathsOf names the first few files.
func pathsOf(changes []Change) string {
	const most = 5
	var names []string
	for _, c := range changes[:min(len(changes), most)] {
		names = append(names, c.Path)
	}
	text := strings.Join(names, ", ")
	if more := len(changes) - most; more > 0 {
		text += " and " + figures.Int(int64(more)) + " more"
	}
	return text
}

// Acknowledge makes an entry of the faults that there are, after which [Verify] still names them and no longer takes
// them for a failure. It returns those that were not acknowledged before.
func (l *Log) Acknowledge(reason string) ([]Fault, error) {
	result, err := Verify(l.ledger, Options{Keep: func(*Entry) bool { return false }})
	if err != nil {
		return nil, err
	}
	open, e := result.Open(reason)
	if len(open) == 0 {
		return nil, nil
	}
	return open, l.Do(e, nil)
}
