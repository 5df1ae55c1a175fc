package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// Documents are where the log of a ledger is kept that several writers write to at once, without a lock.
type Documents interface {
	Document(ctx context.Context, name string) ([]byte, error)
	ListDocuments(ctx context.Context, folder string) ([]string, error)
	PutDocument(ctx context.Context, name string, content []byte) error
	SwapDocument(ctx context.Context, name string, before, content []byte) error
}

// Shared is the audit log of a ledger for one of several writers. Each has a chain of its own, in a document of its own
// below [Folder]: nothing that another one does can come between two entries. What ties the chains together is that the
// first entry of each names the last entries of those that had ended before and that no other follows yet, which
// audit/heads.json lists. So a chain that was followed can be neither edited nor cut nor removed without the one that
// follows it being at odds with it.
//
// A document has a line for each entry, as a file of [Log] has, and a last line that says which have taken effect.
type Shared struct {
	ctx      context.Context
	docs     Documents
	actor    Actor
	now      func() time.Time
	name     string // of the chain
	text     []byte // its entries' lines
	seq      int64
	hash     string
	effect   effect
	follows  map[string]string // see [Entry.Heads]
	conflict func(error) bool
	failed   error // why nothing can be appended any more
}

// effect is the last line of a chain.
type effect struct {
	Done int64   `json:"done"`          // entries up to this one have taken effect
	Not  []int64 `json:"not,omitempty"` // but for these, which failed and may have in part
}

const headsName = Folder + "/heads.json"

// OpenShared opens the log for a writer; nothing is written before its first entry. A conflict is the error of
// SwapDocument that says that another writer was faster.
func OpenShared(
	ctx context.Context, docs Documents, actor Actor, now func() time.Time, conflict func(error) bool,
) *Shared {
	if actor.PID == 0 {
		actor = ThisProcess()
	}
	return &Shared{ctx: context.WithoutCancel(ctx), docs: docs, actor: actor, now: now, conflict: conflict}
}

// Do puts an entry into the log, which must name every document and manifest that do replaces, and then does it; do may
// be nil. Where the entry cannot be written nothing is done. See [Log.Do].
func (l *Shared) Do(e Entry, do func() error) error {
	if err := l.append(e); err != nil {
		return fmt.Errorf("nothing was changed, as the audit log cannot be written: %w", err)
	}
	var err error
	if do != nil {
		err = do()
	}
	l.effect.Done = l.seq
	if err != nil {
		l.effect.Not = append(l.effect.Not, l.seq)
	}
	// Where this fails the entry counts as one that may have taken effect, which the next time makes up for.
	_ = l.put()
	return err
}

func (l *Shared) append(e Entry) error {
	if l.failed != nil {
		return l.failed
	}
	if l.name == "" {
		heads, _, err := readHeads(l.ctx, l.docs)
		if err != nil {
			return err
		}
		l.name = fmt.Sprintf("%s/%s-%s.jsonl", Folder, l.now().UTC().Format("20060102T150405.000Z"), rand.Text()[:10])
		e.Heads, l.follows = heads, heads
	}
	e.Seq, e.Prev, e.At = l.seq+1, l.hash, l.now().UTC().Truncate(time.Millisecond)
	if e.PID == 0 {
		e.Actor = l.actor
	}
	e.bound()
	line, err := e.encode()
	if err != nil {
		return err
	}
	before := l.text
	l.text = slices.Concat(l.text, line)
	if err := l.put(); err != nil {
		l.text = before
		if l.seq == 0 {
			l.name = "" // there may be a chain of that name by now, which says nothing
		}
		l.failed = err
		return err
	}
	l.seq, l.hash = e.Seq, e.Hash
	return nil
}

func (l *Shared) put() error {
	last, err := json.Marshal(l.effect)
	if err != nil {
		return err
	}
	return l.docs.PutDocument(l.ctx, l.name, slices.Concat(l.text, last, []byte("\n")))
}

// Close has the chains that come after this one follow it. Until that is done they follow those before it.
func (l *Shared) Close() error {
	if l.seq == 0 {
		return nil
	}
	for try := 1; ; try++ {
		heads, before, err := readHeads(l.ctx, l.docs)
		if err != nil {
			return err
		}
		maps.DeleteFunc(heads, func(name, hash string) bool { return l.follows[name] == hash })
		if heads == nil {
			heads = map[string]string{}
		}
		heads[l.name] = l.hash
		text, err := json.Marshal(heads)
		if err == nil {
			err = l.docs.SwapDocument(l.ctx, headsName, before, append(text, '\n'))
		}
		if err == nil || !l.conflict(err) || try == 20 {
			return err
		}
	}
}

// readHeads reads the last entries of the chains that no other follows. What cannot be read as such is nothing to
// follow; [VerifyShared] says so.
func readHeads(ctx context.Context, docs Documents) (heads map[string]string, text []byte, err error) {
	text, err = docs.Document(ctx, headsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err == nil {
		_ = json.Unmarshal(text, &heads)
	}
	return heads, text, err
}

// Acknowledge makes an entry of the faults that there are: see [Log.Acknowledge]. State is as for [VerifyShared].
func (l *Shared) Acknowledge(reason string, state map[string]string) ([]Fault, error) {
	result, err := VerifyShared(l.ctx, l.docs, state, Options{Keep: func(*Entry) bool { return false }})
	if err != nil {
		return nil, err
	}
	open := slices.DeleteFunc(result.Faults, func(f Fault) bool { return f.Acknowledged })
	if len(open) == 0 {
		return nil, nil
	}
	e := Entry{Action: Acknowledged, Note: reason}
	for _, f := range open {
		e.Faults = append(e.Faults, f.String())
	}
	return open, l.Do(e, nil)
}

// chain is what a document of the log has.
type chain struct {
	entries []*Entry
	effect  effect
	faults  []Fault
}

// readChain reads the entries of a document. A line that is none, or does not follow from the one before, is a fault.
func readChain(name string, text []byte) (c chain) {
	fault := func(line int, format string, args ...any) {
		c.faults = append(c.faults, Fault{Where: fmt.Sprintf("%s:%d", name, line), Reason: fmt.Sprintf(format, args...)})
	}
	last, ended := Entry{}, false
	for i, line := range bytes.SplitAfter(text, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		if !bytes.HasPrefix(line, lineBegin) && json.Unmarshal(line, &c.effect) == nil {
			ended = true
			continue
		}
		e, err := decode(line)
		if err != nil {
			fault(i+1, "%v", err)
		}
		if e == nil {
			continue
		}
		if e.Prev != last.Hash || e.Seq != last.Seq+1 {
			fault(i+1, "entry %d does not follow entry %d: entries were removed, edited or put in between", e.Seq, last.Seq)
		}
		last = *e
		c.entries = append(c.entries, e)
	}
	if !ended || c.effect.Done > last.Seq {
		fault(1, "it was cut: what says which of its entries have taken effect is missing, or an entry is")
	}
	return c
}

// ofLog are the names of the chains.
func ofLog(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return !strings.HasPrefix(name, Folder+"/") || !strings.HasSuffix(name, ".jsonl")
	})
}
