package bucket

import (
	"context"
	"iter"
	"net/http"
	"time"

	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/parquet"
	"microspend/usage"
)

// Ledger reads a ledger in a bucket. It may be used by several goroutines.
type Ledger struct {
	*parquet.Ledger
	files   *files
	options ledger.Options
}

// Open opens the ledger at an address for reading. It asks the server for nothing: what is wrong with the address or the
// credentials comes up with the first question. A prefix that nothing was written to is an empty ledger.
func Open(ctx context.Context, name string, options ledger.Options) (*Ledger, error) {
	return open(ctx, name, options, nil)
}

// through puts itself between the client and the network, for tests.
type through = func(http.RoundTripper) http.RoundTripper

func open(ctx context.Context, name string, options ledger.Options, t through) (*Ledger, error) {
	a, err := ParseAddress(name)
	if err != nil {
		return nil, err
	}
	c, err := newClient(ctx, a, t)
	if err != nil {
		return nil, err
	}
	f := &files{client: c}
	return &Ledger{parquet.Read(f, options), f, options}, nil
}

// Requests are those that were made so far, by what S3 charges for them: reads are GET, writes are PUT and LIST, deletes
// cost nothing. What the SDK asks again is not counted.
type Requests struct{ Reads, Writes, Deletes int64 }

// Requests counts them.
func (l *Ledger) Requests() Requests {
	c := &l.files.count
	return Requests{c.reads.Load(), c.writes.Load(), c.deletes.Load()}
}

// Writer reads and writes a ledger in a bucket. Several may write at once, each in a process of its own.
type Writer struct {
	Ledger
	inner
	files *writing
	mark  mark
}

// inner is below [Ledger], whose methods come first.
type inner struct{ *parquet.Writer }

var _ ledger.Store = (*Writer)(nil)

// OpenForWriting opens the ledger at an address for writing. The error is an [UnconditionalError] where the server does
// not keep the conditions of writes, without which two writers would lose each other's records.
func OpenForWriting(ctx context.Context, name string, options ledger.Options) (*Writer, error) {
	return openForWriting(ctx, name, options, nil)
}

func openForWriting(ctx context.Context, name string, options ledger.Options, t through) (*Writer, error) {
	l, err := open(ctx, name, options, t)
	if err != nil {
		return nil, err
	}
	options = options.WithDefaults()
	f := &writing{files: l.files, now: options.Now}
	if options.Actor.PID == 0 {
		options.Actor = audit.ThisProcess()
	}
	kept := &log{client: f.client, actor: options.Actor, now: options.Now, logger: options.Logger}
	w := &Writer{files: f, inner: inner{parquet.Write(f, kept, options)}}
	w.Ledger = Ledger{&w.inner.Ledger, l.files, options}
	if w.mark, err = f.readMark(ctx); err != nil {
		return nil, err
	}
	if w.mark.Conditions != f.server() {
		if err := f.probe(ctx); err != nil {
			return nil, err
		}
		w.mark.Conditions = f.server()
		if err := w.mark.write(ctx, f.client); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Upsert implements [ledger.Store]. Where another writer switches a day first, the records are merged into what that one
// wrote.
func (w *Writer) Upsert(ctx context.Context, batches iter.Seq2[[]usage.Record, error]) (ledger.Changes, error) {
	return w.inner.Upsert(ctx, batches)
}

// tidyWithin bounds what closing a ledger takes.
const tidyWithin = 2 * time.Minute

// Close ends writing. Once a day, a writer that has changed something deletes what is out of force for longer than
// [Grace]; that this fails is no failure of what was written.
func (w *Writer) Close() error {
	err := w.inner.Close()
	if !w.files.wrote || w.options.Now().Sub(w.mark.Tidied) < tidyEvery {
		return err
	}
	w.files.wrote = false
	ctx, cancel := context.WithTimeout(context.Background(), tidyWithin)
	defer cancel()
	if _, fault := w.Tidy(ctx); fault != nil {
		w.options.Logger.Warn("what is out of force could not be deleted; the next writer will", "reason", fault)
	}
	return err
}

// Tidy deletes the parts that are out of force for longer than [Grace], and returns how many these were.
func (w *Writer) Tidy(ctx context.Context) (deleted int, err error) {
	if deleted, err = w.files.tidy(ctx); err != nil {
		return deleted, err
	}
	w.mark.Tidied = w.options.Now().UTC().Truncate(time.Second)
	return deleted, w.mark.write(ctx, w.files.client)
}
