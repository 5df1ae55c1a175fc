package events

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/tabular"
	"microspend/pricing"
	"microspend/usage"
)

// Options say how a file is read.
type Options struct {
	Config   Config
	Sessions bool      // a table of sessions rather than a log of events
	Now      time.Time // when what has no end is taken to be still there

	DefaultSource string // the source of the records; "" means import
	SkipBad       bool   // whether rows that cannot be read are left out, rather than make the reading fail at the end
	MaxFaults     int    // how many bad rows are kept with their reason; 0 means 20
}

// Reader reads records from a log of events or a table of sessions. It takes memory for each MicroVM that lives at the
// same time as others, not for each event.
type Reader struct {
	in       *counted
	options  Options
	defaults Defaults
	places   [len(columns)]int
	row      []string
	line     int
	report   usage.ReadReport
	marks    usage.Places
	batch    []usage.Record

	lives  map[string]*life
	ended  map[string]end
	latest int64 // event, in milliseconds
	now    int64

	open, capped int64
	assumed      bool // whether an image's or a state's size was taken for the memory's
	others       map[string]int64
}

// end is when a MicroVM was terminated, and the line that says so.
type end struct {
	at   int64
	line int
}

type counted struct {
	io.Reader
	bytes int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	return n, err
}

// Read returns a reader of a file. Nothing is read before [Reader.Batches] is.
func Read(in io.Reader, options Options) *Reader {
	if options.DefaultSource == "" {
		options.DefaultSource = "import"
	}
	if options.MaxFaults == 0 {
		options.MaxFaults = 20
	}
	return &Reader{
		in: &counted{Reader: in}, options: options, defaults: options.Config.Defaults, now: options.Now.UnixMilli(),
		lives: map[string]*life{}, ended: map[string]end{}, others: map[string]int64{},
	}
}

// Report says what was read so far.
func (r *Reader) Report() usage.ReadReport {
	report := r.report
	report.Bytes = r.in.bytes
	return report
}

// Place says which line a record was made at: that of the event which ends its stretch of time.
func (r *Reader) Place(record int64) string { return r.marks.Name("line", record) }

// Notes are sentences on what the usage rests on, for whoever imports it.
func (r *Reader) Notes() (notes []string) {
	what := map[bool]string{true: "sessions", false: "MicroVMs"}[r.options.Sessions]
	if r.open > 0 {
		notes = append(notes,
			fmt.Sprintf("%s without an end: %d; they count until now, 8 hours at most, with partial coverage", what, r.open))
	}
	if r.capped > 0 {
		notes = append(notes, fmt.Sprintf("%s that ended after more than 8 hours: %d; no MicroVM lives longer, so they count "+
			"for 8 hours", what, r.capped))
	}
	if r.assumed && !r.options.Sessions {
		notes = append(notes, "image or state sizes that were not given are taken to be the memory's; give them with columns "+
			"image_gb and state_gb, or as events.defaults.image and .state in microspend.yaml")
	}
	for _, provider := range slices.Sorted(maps.Keys(r.others)) {
		notes = append(notes,
			fmt.Sprintf("rows of another provider that were left out: %d of %.40q", r.others[provider], provider))
	}
	return notes
}

const (
	batchRows = 2048
	sweepRows = 1 << 16
	remember  = 24 * 3600 * 1000 // milliseconds that an end is remembered, and a life without one waited for
)

// Batches gives the records in batches, each of which is valid until the next is asked for. It can be used once. A
// header that cannot be used and a failing reader end it with an error; bad rows end it with a [usage.RowsError] after
// the last batch, unless they are to be skipped.
func (r *Reader) Batches() iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		table, err := r.begin()
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			r.row, err = table.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				r.line = parse.StartLine
				r.fault(parse.Err)
				continue
			}
			if err != nil {
				yield(nil, fmt.Errorf("after line %d: %w", r.line, err))
				return
			}
			r.line, _ = table.FieldPos(0)
			if err := r.take(); err != nil {
				r.fault(err)
			} else {
				r.report.Rows++
			}
			if (r.report.Rows+r.report.Bad)%sweepRows == 0 {
				r.sweep()
			}
			if len(r.batch) >= batchRows {
				if !yield(r.batch, nil) {
					return
				}
				r.batch = r.batch[:0]
			}
		}
		r.finish()
		if len(r.batch) > 0 && !yield(r.batch, nil) {
			return
		}
		if r.report.Bad > 0 && !r.options.SkipBad {
			yield(nil, &usage.RowsError{ReadReport: r.Report()})
		}
	}
}

func (r *Reader) begin() (*csv.Reader, error) {
	text, err := tabular.Decode(r.in)
	if err != nil {
		return nil, err
	}
	table, err := tabular.Rows(text)
	if err != nil {
		return nil, err
	}
	names, err := table.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("there is no header: the file is empty")
	}
	if err != nil {
		return nil, err
	}
	return table, r.header(names)
}

func (r *Reader) fault(err error) {
	r.report.AddFault(fmt.Sprintf("line %d", r.line), err, r.options.MaxFaults)
}

// text is a field of the row, "" where there is none.
func (r *Reader) text(c int) string {
	if place := r.places[c]; place >= 0 && place < len(r.row) {
		return strings.TrimSpace(r.row[place])
	}
	return ""
}

// take takes in the row.
func (r *Reader) take() error {
	if r.options.Sessions {
		return r.session()
	}
	kind, err := r.kind()
	if err != nil || kind == Ignored {
		return err
	}
	id := r.text(columnID)
	if id == "" {
		return errors.New("microvm_id is missing")
	}
	moment, err := tabular.Moment(r.text(columnAt))
	if err != nil {
		return fmt.Errorf("%s: %w", columns[columnAt].name, err)
	}
	at := moment.UnixMilli()
	l, ended := r.lives[id], r.ended[id]
	if err := r.check(kind, id, at, l, ended); err != nil {
		return err
	}
	r.latest = max(r.latest, at)
	if kind == Provisioned {
		l, err := r.launch(id, at)
		if err != nil {
			return err
		}
		if before := r.lives[id]; before != nil { // which has outlived every MicroVM
			r.expire(before)
		}
		r.withdraw(l)
		l.pending[usage.Launches], l.pending[pricing.SnapshotRead] = 1, l.image
		r.lives[id] = l
		delete(r.ended, id)
		return nil
	}
	return r.event(kind, id, at, l)
}

// kind is what the row's event means.
func (r *Reader) kind() (Kind, error) {
	text := strings.ToLower(r.text(columnEvent))
	if kind, ok := r.options.Config.Names[text]; ok {
		return kind, nil
	}
	var kind Kind
	if err := kind.ParseScalar(text); err != nil {
		return 0, fmt.Errorf("%w; events of other names are mapped by events.names in microspend.yaml", err)
	}
	return kind, nil
}

// check refuses an event that cannot follow those before it.
func (r *Reader) check(kind Kind, id string, at int64, l *life, ended end) error {
	clock := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }
	switch {
	case l == nil && ended.line > 0 && at < ended.at, l != nil && at < l.last:
		before, line := ended.at, ended.line
		if l != nil {
			before, line = l.last, l.line
		}
		return fmt.Errorf("%s of %.60q at %s is before its event at %s on line %d; sort the file by time", kind, id, clock(at),
			clock(before), line)
	case kind == Provisioned && l != nil && at < l.end():
		return fmt.Errorf("%.60q is provisioned while it lives, since line %d", id, l.line)
	case kind == Provisioned:
		return nil
	case l == nil && ended.line > 0:
		return fmt.Errorf("%.60q is %s after it was terminated on line %d", id, kind, ended.line)
	case l == nil:
		return fmt.Errorf("%.60q is %s, but nothing before says that it was provisioned", id, kind)
	case kind == Suspended && l.state == Suspended:
		return fmt.Errorf("%.60q is suspended twice, since line %d", id, l.line)
	case kind == Resumed && l.state != Suspended:
		return fmt.Errorf("%.60q is resumed, but it was not suspended", id)
	case kind != Terminated && at > l.end():
		return fmt.Errorf("%.60q is %s %s after its launch; a MicroVM lives 8 hours at most", id, kind,
			time.Duration(at-l.launched)*time.Millisecond)
	}
	return nil
}

// event ends the stretch at hand of a life, and begins the next.
func (r *Reader) event(kind Kind, id string, at int64, l *life) error {
	if at > l.end() {
		r.capped++
	}
	r.close(l, min(at, l.end()), usage.CoverageComplete, kind == Terminated)
	switch kind {
	case Suspended:
		l.pending[usage.Suspends]++
		l.pending[pricing.SnapshotWrite] += l.stored
		l.state = Suspended
	case Resumed:
		l.pending[usage.Resumes]++
		l.pending[pricing.SnapshotRead] += l.stored
		l.state = Provisioned
	case Terminated:
		delete(r.lives, id)
		r.ended[id] = end{at, r.line}
	}
	l.line = r.line
	return nil
}

// launch makes a life of a row.
func (r *Reader) launch(id string, at int64) (*life, error) {
	l := &life{
		state: Provisioned, launched: at, last: at, from: at / 1000, line: r.line, record: usage.Record{
			Region: r.text(columnRegion), Account: r.text(columnAccount), Resource: usage.Resource{ID: id},
			Image: r.text(columnImage), Arch: usage.Arch(r.text(columnArch)), Tenant: r.text(columnTenant),
			Source: r.options.DefaultSource, Coverage: usage.CoverageComplete,
		},
	}
	if l.record.Region == "" {
		l.record.Region = r.defaults.Region
	}
	if l.record.Arch == "" {
		l.record.Arch = r.defaults.Arch
	}
	var faults []error
	if err := r.memory(l); err != nil {
		faults = append(faults, err)
	}
	for _, size := range []struct {
		column   int
		fallback *decimal.Decimal
		to       *int64
	}{{columnImageGB, r.defaults.Image, &l.image}, {columnStateGB, r.defaults.State, &l.stored}} {
		err := r.bytes(size.column, size.fallback, l.memory, size.to)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", columns[size.column].name, err))
		}
	}
	check := l.record
	check.PeriodStart, check.PeriodSeconds = time.Unix(at/1000, 0).UTC(), 1
	faults = append(faults, check.Check())
	return l, errors.Join(faults...)
}

func (r *Reader) memory(l *life) error {
	text := r.text(columnMemory)
	switch {
	case text == "" && r.defaults.Memory != nil:
		l.memory = *r.defaults.Memory
		return nil
	case text == "":
		return errors.New("memory_gb is missing")
	}
	if plain, _, err := tabular.Number(text); err == nil {
		text = plain + "GB"
	}
	var err error
	if l.memory, err = pricing.ParseSize(text); err != nil {
		return fmt.Errorf("memory_gb: %w", err)
	}
	return nil
}

// bytes reads a size in GB: of the column, or of the default, or of the memory.
func (r *Reader) bytes(c int, fallback *decimal.Decimal, memory pricing.Size, to *int64) error {
	gb := memory.GB()
	switch text := r.text(c); {
	case text != "":
		plain, _, err := tabular.Number(text)
		if err != nil {
			return err
		}
		if gb, err = decimal.NewFromString(plain); err != nil {
			return err
		}
	case fallback != nil:
		gb = *fallback
	default:
		r.assumed = true
	}
	if gb.IsNegative() || gb.GreaterThan(maxGB) {
		return fmt.Errorf("%s GB is not from 0 to %s", gb, maxGB)
	}
	*to = gb.Shift(0).Mul(bytesPerGB).RoundBank(0).IntPart()
	return nil
}

var (
	maxGB      = decimal.NewFromInt(1 << 20)
	bytesPerGB = decimal.NewFromInt(1 << 30)
)

// sweep forgets ends that are long over, and ends lives of which no more can be heard, so that memory does not grow
// with the file.
func (r *Reader) sweep() {
	for id, l := range r.lives {
		if l.end()+remember < r.latest {
			r.expire(l)
			delete(r.lives, id)
		}
	}
	maps.DeleteFunc(r.ended, func(_ string, e end) bool { return e.at+remember < r.latest })
}

// expire ends a life that has no end: at its longest, or now.
func (r *Reader) expire(l *life) {
	r.open++
	r.close(l, max(l.last, min(l.end(), r.now)), usage.CoveragePartial, true)
}

// finish ends what is still there at the end of the file, in a fixed order.
func (r *Reader) finish() {
	for _, id := range slices.Sorted(maps.Keys(r.lives)) {
		r.expire(r.lives[id])
	}
	clear(r.lives)
}
