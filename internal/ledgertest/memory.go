package ledgertest

import (
	"bytes"
	"context"
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
	log       [][]byte // of audit
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
	return &writer{reader: *r.(*reader), options: o.WithDefaults()}, nil
}

// CopyFrom has the ledger be what another one is at the moment.
func (m *Memory) CopyFrom(of *Memory) {
	of.mu.Lock()
	defer of.mu.Unlock()
	m.version, m.records, m.documents = of.version, maps.Clone(of.records), maps.Clone(of.documents)
	m.snapshots, m.log = maps.Clone(of.snapshots), slices.Clone(of.log)
}

// Name is that of a URL.
func (m *Memory) Name() string { return "memory://test" }

// Documents names all that is kept beside usage.
func (m *Memory) Documents() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.documents))
}

func (m *Memory) put(name string, content []byte) {
	if m.documents == nil {
		m.documents = map[string][]byte{}
	}
	m.documents[name] = append([]byte{}, content...)
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
	r.m.mu.Lock()
	lines := slices.Clone(r.m.log)
	r.m.mu.Unlock()
	return audit.VerifyShared(func(yield func([]byte, error) bool) {
		for _, line := range lines {
			if !yield(line, ctx.Err()) {
				return
			}
		}
	}, o)
}

func (r *reader) Document(ctx context.Context, name string) ([]byte, error) {
	if err := ledger.CheckDocumentName(name); err != nil {
		return nil, err
	}
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	content, there := r.m.documents[name]
	if !there {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return bytes.Clone(content), ctx.Err()
}

func (r *reader) ListDocuments(ctx context.Context, folder string) (names []string, err error) {
	for _, name := range r.m.Documents() {
		if folder == "" || strings.HasPrefix(name, folder+"/") {
			names = append(names, name)
		}
	}
	return names, ctx.Err()
}

// writer writes it.
type writer struct {
	reader
	options   ledger.Options
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
	return n, w.Audit(audit.Entry{Action: w.options.Action, Source: w.from}, func() error {
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
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	w.m.put(name, content)
	return ctx.Err()
}

func (w *writer) SwapDocument(ctx context.Context, name string, before, content []byte) error {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	now, there := w.m.documents[name]
	switch {
	case there != (before != nil) || !bytes.Equal(now, before):
		return &ledger.ConflictError{Document: name}
	case content == nil:
		delete(w.m.documents, name)
	default:
		w.m.put(name, content)
	}
	return ctx.Err()
}

func (w *writer) RemoveDocument(ctx context.Context, name string) error {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	delete(w.m.documents, name)
	return ctx.Err()
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

func (w *writer) Audit(e audit.Entry, do func() error) error {
	if err := w.append(e); err != nil || do == nil {
		return err
	}
	return do()
}

func (w *writer) append(e audit.Entry) error {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	var last []byte
	if n := len(w.m.log); n > 0 {
		last = w.m.log[n-1]
	}
	line, _, err := audit.Link(last, e, audit.ThisProcess(), w.options.Now())
	if err == nil {
		w.m.log = append(w.m.log, line)
	}
	return err
}

func (w *writer) Acknowledge(ctx context.Context, reason string) ([]audit.Fault, error) {
	result, err := w.AuditLog(ctx, audit.Options{Keep: func(*audit.Entry) bool { return false }})
	if err != nil {
		return nil, err
	}
	open, e := result.Open(reason)
	if len(open) == 0 {
		return nil, nil
	}
	return open, w.append(e)
}

func (w *writer) Close() error { return nil }
