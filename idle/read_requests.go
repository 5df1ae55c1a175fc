package idle

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// MaxRequests is how many requests with their times are read; each takes 16 bytes, as they have to be put in order.
// Who has more works the gaps out and gives those.
const MaxRequests = 50_000_000

// A file of few bytes has few requests, whatever it unpacks to: beyond this many, a request takes half a byte of the
// file at least. A row takes two, and gzip makes no less than half a byte of a time unlike the one before.
const (
	freeRequests    = 1 << 20
	requestsPerByte = 2
)

// request is when one came and how long it ran.
type request struct{ start, length int64 }

// ReadRequests reads CSV with a column time, one row a request: in RFC 3339, or in seconds of any one clock. Columns
// microvm_id, tenant and image say whose it is, and duration_seconds how long it ran, which is no time where it is not
// given. A gap is from the end of one request to the start of the next of the same MicroVM, or of the same tenant where
// MicroVMs are not named. Rows may come in any order. A file in the layout of the Azure Functions Trace 2021 is read as
// one, too.
func ReadRequests(in Named) (*Trace, error) { return readFile(in, (*builder).readRequests) }

var timeColumns = []string{"time", "timestamp", "request_time"}

func (b *builder) readRequests(t *table) error {
	if t.isAzure2021() {
		return b.readAzure2021(t)
	}
	at, length := t.column(timeColumns...), t.column("duration_seconds")
	if at < 0 {
		return t.missing(timeColumns...)
	}
	b.trace.Ignored = t.ignored(at, length)
	var (
		requests [][]request // by MicroVM
		count    int
		dated    bool
	)
	err := t.rows(func() {
		r, ok := t.request(b, at, length, count == 0, &dated)
		key, named := t.identity()
		if !ok || !named {
			return
		}
		if count++; count > MaxRequests {
			return
		}
		if int64(count) > freeRequests+requestsPerByte*t.packed.bytes {
			t.stop = fmt.Errorf("%s: there are more than %d requests to each of its %d bytes; unpack it and give that file",
				t.name, requestsPerByte, t.packed.bytes)
			return
		}
		vm, fresh := b.microVM(key)
		if fresh {
			requests = append(requests, nil)
		}
		requests[vm] = append(requests[vm], r)
	})
	if err != nil {
		return err
	}
	if count > MaxRequests {
		return fmt.Errorf("%s: there are %d requests, more than the %d that are read; "+
			"give the gaps between them as CSV with a column gap_seconds", t.name, count, MaxRequests)
	}
	b.fromRequests(requests)
	return nil
}

// request reads the times of a row. All rows have to give the time in the same way as the first.
func (t *table) request(b *builder, at, length int, first bool, dated *bool) (request, bool) {
	start, isDate, rounded, err := parseMoment(t.field(at))
	if err != nil {
		t.fault("%s: %.40q %s", t.columns[at], t.field(at), err)
		return request{}, false
	}
	if first {
		*dated = isDate
	}
	if isDate != *dated {
		t.fault("%s: %.40q mixes dates with seconds; give all times in one way", t.columns[at], t.field(at))
		return request{}, false
	}
	r := request{start: start}
	if text := t.field(length); text != "" {
		var roundedLength bool
		if r.length, roundedLength, err = parseGap(text); err != nil {
			t.fault("duration_seconds: %.40q %s", text, err)
			return r, false
		}
		rounded = rounded || roundedLength
	}
	if rounded {
		b.trace.Rounded++
	}
	return r, true
}

// fromRequests makes gaps of the pauses between requests.
func (b *builder) fromRequests(requests [][]request) {
	first := int64(math.MaxInt64)
	for _, list := range requests {
		slices.SortFunc(list, func(x, y request) int {
			return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(x.length, y.length))
		})
		first = min(first, list[0].start)
	}
	for at, list := range requests {
		var work stretch
		for _, r := range list {
			from := r.start - first
			if b.request(at, &work, from, from+r.length) {
				b.trace.Overlaps++
			}
		}
		b.close(at, work)
		b.trace.PeriodMS = max(b.trace.PeriodMS, work.to)
		b.trace.Requests += int64(len(list))
	}
	b.trace.Dated = len(requests) > 0
}
