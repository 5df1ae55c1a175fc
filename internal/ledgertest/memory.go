package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

// Memory is a ledger in memory that several may write to at once, without a lock, as to a database: nothing of it is in
// any folder. It merges no overlaps.
type Memory struct {
	// Down is why it cannot be reached; nil where it can.
	Down error

	mu        sync.Mutex
	version   int
	records   map[usage.Key]usage.Record
	documents map[string][]byte
	snapshots map[string]Records
}

// Open opens it for reading.
func (m *Memory) Open(context.Context, ledger.Options) (ledger.Reader, error) {
	if m.Down != nil {
		return nil, &ledger.UnreachableError{Name: m.Name(), Err: m.Down}
	}
	return &reader{m, nil, true}, nil
}

// OpenForWriting opens it for writing.
func (m *Memory) OpenForWriting(ctx context.Context, o ledger.Options) (ledger.Store, error) {
	r, err := m.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	w := &writer{reader: *r.(*reader), options: o.WithDefaults()}
	w.log = audit.OpenShared(ctx, raw{m}, o.Actor, w.options.Now, func(err error) bool {
		_, conflict := errors.AsType[*ledger.ConflictError](err)
		return conflict
	})
	return w, nil
}

// Name is that of a URL.
func (m *Memory) Name() string { return "memory://test" }

// Documents names all that is kept beside usage, the audit log among it.
func (m *Memory) Documents() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.documents))
}

// raw has the documents without a look at their names, for the audit log.
type raw struct{ *Memory }

func (m raw) Document(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, there := m.documents[name]
	if !there {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return bytes.Clone(content), nil
}

func (m raw) ListDocuments(_ context.Context, folder string) (names []string, err error) {
	for _, name := range m.Documents() {
		if folder == "" || strings.HasPrefix(name, folder+"/") {
			names = append(names, name)
		}
	}
	return names, nil
}

func (m raw) PutDocument(_ context.Context, name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(name, content)
	return nil
}

func (m raw) put(name string, content []byte) {
	if m.documents == nil {
		m.Memory.documents = map[string][]byte{}
	}
	if content == nil {
		delete(m.documents, name)
		return
	}
	m.documents[name] = append([]byte{}, content...)
}

func (m raw) SwapDocument(_ context.Context, name string, before, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, there := m.documents[name]
	if there != (before != nil) || !bytes.Equal(now, before) {
		return &ledger.ConflictError{Document: name}
	}
	m.put(name, content)
	return nil
}

// reader reads it, or a snapshot of it.
type reader struct {
	m        *Memory
	snapshot Records
	live     bool
}

func (r *reader) all() Records {
	if !r.live {
		return r.snapshot
	}
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	return Latest(slices.Collect(maps.Values(r.m.records)))
}

func (r *reader) Name() string { return r.m.Name() }

func (r *reader) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	return r.all().Aggregate(ctx, q)
}

func (r *reader) Extent(ctx context.Context) (ledger.Extent, error) { return r.all().Extent(ctx) }

func (r *reader) Records(ctx context.Context, from, to time.Time) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		for _, of := range r.all() {
			if err := ctx.Err(); err != nil {
				yield(usage.Record{}, err)
				return
			}
			if !of.PeriodStart.Before(from) && of.PeriodStart.Before(to) && !yield(of, nil) {
				return
			}
		}
	}
}

func (r *reader) Fingerprint(context.Context) (string, error) {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	return fmt.Sprint(r.m.version), nil
}

func (r *reader) Info(context.Context) (info ledger.Info, err error) {
	for _, of := range r.all() {
		if n := len(info.Days); n == 0 || info.Days[n-1].Day != of.Day() {
			info.Days = append(info.Days, ledger.DayInfo{Day: of.Day(), First: of.PeriodStart})
		}
		day := &info.Days[len(info.Days)-1]
		day.Rows, day.Last, info.Rows = day.Rows+1, of.PeriodStart, info.Rows+1
	}
	return info, nil
}

func (r *reader) DayHashes(_ context.Context, from, to time.Time, loc *time.Location) (map[string]string, error) {
	if loc == nil {
		loc = time.UTC
	}
	texts := map[string][]byte{}
	for _, of := range r.all().within(from, to, loc) {
		day := of.Day().Format(time.DateOnly)
		texts[day] = fmt.Appendf(texts[day], "%+v\n", of)
	}
	hashes := map[string]string{}
	for day, text := range texts {
		hashes[day] = audit.Sum(text)
	}
	return hashes, nil
}

// within are the records of the days that can hold usage in [from, to), with days cut in a location.
func (r Records) within(from, to time.Time, loc *time.Location) (within Records) {
	for _, of := range r {
		day := of.Day()
		inZone := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, loc)
		overlaps := func(start, end time.Time) bool { return start.Before(to) && end.After(from) }
		if overlaps(day, day.AddDate(0, 0, 1)) || overlaps(inZone, inZone.AddDate(0, 0, 1)) {
			within = append(within, of)
		}
	}
	return within
}

func (r *reader) OpenSnapshot(_ context.Context, name string) (ledger.Reader, error) {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	kept, there := r.m.snapshots[name]
	if !there {
		return nil, fmt.Errorf("no snapshot %s: %w", name, fs.ErrNotExist)
	}
	return &reader{r.m, kept, false}, nil
}

func (r *reader) AuditLog(ctx context.Context, o audit.Options) (audit.Result, error) {
	return audit.VerifyShared(ctx, raw{r.m}, r.m.followed(), o)
}

// followed is what the audit log of a ledger without files follows: closings and bills.
func (m *Memory) followed() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	state := map[string]string{}
	for name, content := range m.documents {
		if audit.Follows(name) {
			state[name] = audit.Sum(content)
		}
	}
	return state
}

func (r *reader) Document(ctx context.Context, name string) ([]byte, error) {
	if err := ledger.CheckDocumentName(name); err != nil {
		return nil, err
	}
	return raw{r.m}.Document(ctx, name)
}

func (r *reader) ListDocuments(ctx context.Context, folder string) ([]string, error) {
	names, err := raw{r.m}.ListDocuments(ctx, folder)
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, audit.Folder+"/") }), err
}

// writer writes it.
type writer struct {
	reader
	options   ledger.Options
	log       *audit.Shared
	from      audit.Source
	replacing func(before, after *usage.Record) usage.Record
}

func (w *writer) From(source audit.Source) { w.from = source }

func (w *writer) Replacing(decide func(before, after *usage.Record) usage.Record) {
	w.replacing = decide
}

func (w *writer) Upsert(
	_ context.Context, batches iter.Seq2[[]usage.Record, error],
) (n ledger.Changes, err error) {
	given := map[usage.Key]usage.Record{}
	var marks []usage.Record
	for batch, err := range batches {
		if err != nil {
			return n, err
		}
		for _, r := range batch {
			if ledger.IsWithdrawal(&r) {
				marks = append(marks, r)
				continue
			}
			if err := r.Check(); err != nil {
				return n, err
			}
			if _, again := given[r.Key()]; again {
				n.Superseded++
			}
			n.Read++
			given[r.Key()] = r
		}
	}
	return n, w.log.Do(audit.Entry{Action: w.options.Action, Source: w.from}, func() error {
		w.m.mu.Lock()
		defer w.m.mu.Unlock()
		w.merge(given, marks, &n)
		return nil
	})
}

func (w *writer) merge(given map[usage.Key]usage.Record, marks []usage.Record, n *ledger.Changes) {
	if w.m.records == nil {
		w.m.records = map[usage.Key]usage.Record{}
	}
	days := map[time.Time]bool{}
	for key, r := range w.m.records {
		gone := func(mark usage.Record) bool {
			return r.Day() == mark.Day() && ledger.Withdraws(&mark, &r) &&
				!r.PeriodStart.Before(mark.PeriodStart)
		}
		if _, again := given[key]; !again && slices.ContainsFunc(marks, gone) {
			delete(w.m.records, key)
			n.Removed, days[r.Day()] = n.Removed+1, true
		}
	}
	for key, r := range given {
		before, known := w.m.records[key]
		if known && before != r && w.replacing != nil {
			r = w.replacing(&before, &r)
		}
		switch {
		case known && before == r:
			n.Unchanged++
			continue
		case known:
			n.Replaced++
		default:
			n.Added++
		}
		w.m.records[key], days[r.Day()] = r, true
	}
	n.Days = slices.SortedFunc(maps.Keys(days), time.Time.Compare)
	if len(n.Days) > 0 {
		w.m.version++
	}
}

func (w *writer) PutDocument(ctx context.Context, name string, content []byte) error {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	if content == nil {
		content = []byte{}
	}
	return raw{w.m}.PutDocument(ctx, name, content)
}

func (w *writer) SwapDocument(ctx context.Context, name string, before, content []byte) error {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	return raw{w.m}.SwapDocument(ctx, name, before, content)
}

func (w *writer) RemoveDocument(ctx context.Context, name string) error {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	return raw{w.m}.PutDocument(ctx, name, nil)
}

func (w *writer) Snapshot(_ context.Context, name string, from, to time.Time, loc *time.Location) error {
	if loc == nil {
		loc = time.UTC
	}
	kept := w.all().within(from, to, loc)
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	if w.m.snapshots == nil {
		w.m.snapshots = map[string]Records{}
	}
	w.m.snapshots[name] = kept
	return nil
}

func (w *writer) RemoveSnapshot(_ context.Context, name string) error {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	delete(w.m.snapshots, name)
	return nil
}

func (w *writer) Audit(e audit.Entry, do func() error) error { return w.log.Do(e, do) }

func (w *writer) Acknowledge(_ context.Context, reason string) ([]audit.Fault, error) {
	return w.log.Acknowledge(reason, w.m.followed())
}

func (w *writer) Close() error { return w.log.Close() }
