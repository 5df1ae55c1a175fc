package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

// Ledger reads a ledger in ClickHouse. It may be used by several goroutines.
type Ledger struct {
	client  *client
	options ledger.Options
	usage   string // the table of records: [tableUsage], or a snapshot's
}

// Store is a ledger that is open for writing. Others may write at the same time.
type Store struct {
	Ledger
	from      audit.Source
	replacing func(before, after *usage.Record) usage.Record
	folder    string       // of this process, in which imports are sorted
	step      func(string) // is told how far an import is, by tests
	sizes     sizes
}

// sizes bound memory.
type sizes struct {
	stageRows int // records of an import that are held before they are spilled
	blockRows int // records of a block that is sent
	// hourlyRows is how many rows a day that still runs may have for its rollup to be made with each import.
	hourlyRows int64
	// hourlyShare is how many rows a day must have for each row of its rollup. With fewer the rows are read as fast.
	hourlyShare int64
	// hourlyFrom is how many rows a day must have for a rollup to be worth another table.
	hourlyFrom int64
	lockStale  time.Duration // after which a lock is of a writer that died: nobody holds one for longer than some statements
}

var defaultSizes = sizes{stageRows: 64 * 1024, blockRows: 64 * 1024, hourlyRows: 8_000_000, hourlyShare: 4, hourlyFrom: 20_000, lockStale: time.Minute}

// Open opens a ledger for reading. There must be one.
func Open(ctx context.Context, name string, options ledger.Options) (*Ledger, error) {
	l, err := connect(ctx, name, options)
	if err != nil {
		return nil, err
	}
	found, err := l.client.schemaFound(ctx)
	if err == nil && found == 0 {
		err = l.client.none(nil)
	}
	return l, err
}

// OpenForWriting opens a ledger for writing: it makes the tables or brings them to today's version, and clears away
// what imports that died have left for more than a day.
func OpenForWriting(ctx context.Context, name string, options ledger.Options) (*Store, error) {
	l, err := connect(ctx, name, options)
	if err != nil {
		return nil, err
	}
	if err := l.client.migrate(ctx); err != nil {
		return nil, err
	}
	s := &Store{Ledger: *l, step: func(string) {}, sizes: defaultSizes}
	if err := s.clearStaging(ctx); err != nil {
		return nil, err
	}
	s.folder, err = os.MkdirTemp("", "microspend-")
	return s, err
}

func connect(ctx context.Context, name string, options ledger.Options) (*Ledger, error) {
	address, err := parseAddress(name, getenv)
	if err != nil {
		return nil, err
	}
	if options.Actor.PID == 0 {
		options.Actor = audit.ThisProcess()
	}
	l := &Ledger{newClient(address), options.WithDefaults(), tableUsage}
	return l, l.client.checkServer(ctx)
}

// Name is the ledger's address, which has no credentials.
func (l *Ledger) Name() string { return l.client.name }

// From implements [ledger.Store].
func (s *Store) From(source audit.Source) { s.from = source }

// Replacing implements [ledger.Store].
func (s *Store) Replacing(decide func(before, after *usage.Record) usage.Record) {
	s.replacing = decide
}

// Close implements [ledger.Store].
func (s *Store) Close() error {
	if s.folder == "" {
		return nil
	}
	folder := s.folder
	s.folder = ""
	s.client.http.CloseIdleConnections()
	return os.RemoveAll(folder)
}

var errClosed = errors.New("the ledger is closed")

// clearStaging drops the tables of imports that ended more than a day ago without doing so. No import takes that long.
func (s *Store) clearStaging(ctx context.Context) error {
	const old = 24 * time.Hour
	var dead []string
	text := `SELECT name FROM system.tables WHERE database = {database:String} AND
 (startsWith(name, {usage:String}) OR startsWith(name, {hourly:String})) AND
 toUInt64OrZero(extract(name, '_in_(\\d+)')) < toUnixTimestamp64Nano(now64(9)) - {age:Int64} OR
 database = {database:String} AND startsWith(name, {dead:String})`
	err := s.client.rows(ctx, request{text: text, parameters: map[string]string{
		"database": s.client.database, "usage": stagingPrefix, "hourly": hourlyPrefix, "dead": deadPrefix, "age": fmt.Sprint(old.Nanoseconds()),
	}}, func(r *rowReader) error {
		dead = append(dead, r.name())
		return nil
	})
	for _, name := range dead {
		if err == nil && !strings.HasSuffix(name, localSuffix) {
			err = s.drop(ctx, name)
			s.options.Logger.Info("the table of an import that was not completed was dropped", "table", name)
		}
	}
	return err
}

// dropAfter drops a table whatever ended what it was for.
func (s *Store) dropAfter(ctx context.Context, name string, err *error) {
	if fault := s.drop(context.WithoutCancel(ctx), name); fault != nil {
		*err = errors.Join(*err, fault)
	}
}

// drop drops a table that something was staged in.
func (s *Store) drop(ctx context.Context, name string) (err error) {
	sc := s.client.schema()
	for _, table := range []string{sc.table(name), sc.stored(name)} {
		drop := request{text: "DROP TABLE IF EXISTS " + table + sc.everywhere() + " SYNC", settings: sc.ddl(), again: true}
		err = errors.Join(err, s.client.run(ctx, drop))
		if sc.cluster == "" {
			break
		}
	}
	return err
}

// Records implements [ledger.Reader]. Nothing is damaged in a database: a fault ends them.
func (l *Ledger) Records(ctx context.Context, from, to time.Time) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		found, err := l.states(ctx)
		if err != nil {
			yield(usage.Record{}, err)
			return
		}
		in := civil.Between(from, to)
		for _, day := range found.days() {
			if !day.Span(time.UTC).Overlaps(in) {
				continue
			}
			for r, err := range l.recordsOf(ctx, day, everything) {
				if err == nil && (r.PeriodStart.Before(from) || !r.PeriodStart.Before(to)) {
					continue
				}
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// everything is a condition on the rows of a day.
var everything = condition{"1", nil}

type condition struct {
	text       string
	parameters map[string]string
}

// rowMark begins every row of records. They are sent while the server reads, so that it cannot tell by the status that
// it has failed in the middle: it writes its error where the next row would be, which then has no mark.
const rowMark = 0x5d

// recordsOf reads the records of a day that meet a condition, in the order of their keys.
func (l *Ledger) recordsOf(ctx context.Context, day civil.Day, of condition) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		names := ""
		for name := range columnNames() {
			names += ", " + name
		}
		response, err := l.client.send(ctx, request{
			text: fmt.Sprintf("SELECT toUInt8(%d)%s FROM %s FINAL WHERE deleted = 0 AND toDate(period_start) = '%s' AND %s "+
				"ORDER BY resource, period_start, source, region, account FORMAT RowBinary", rowMark, names,
				l.client.schema().table(l.usage), day, of.text),
			settings: reading, parameters: of.parameters, again: true,
		})
		if err != nil {
			yield(usage.Record{}, err)
			return
		}
		defer response.Body.Close()
		rows := newRowReader(response.Body)
		var r usage.Record
		for rows.more() {
			if err := rows.marked(); err != nil {
				yield(usage.Record{}, l.client.explain(err))
				return
			}
			if rows.record(&r); rows.err != nil {
				break
			}
			if !yield(r, nil) {
				return
			}
		}
		if rows.err != nil {
			yield(usage.Record{}, l.client.explain(rows.err))
		}
	}
}

// marked reads a row's mark, or the error in its place.
func (r *rowReader) marked() error {
	if mark := r.uint8(); mark == rowMark || r.err != nil {
		return r.err
	}
	_ = r.in.UnreadByte()
	text := make([]byte, 4096)
	n, _ := r.in.Read(text)
	return &serverError{code: codeIn(string(text[:n])), text: "the server failed while it answered: " + firstLine(string(text[:n]))}
}
