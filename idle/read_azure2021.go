package idle

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/tabular"
)

// The layout of the Azure Functions Trace 2021 is a list of invocations: app, func, end_timestamp and duration, both in
// seconds of the trace's own clock. A function is a MicroVM and its app the image, as in [ReadAzure]; no owner is
// named. An invocation begins at end_timestamp − duration, and gaps are those between invocations of a function, to
// the millisecond.
//
// Source: Zhang et al., "Faster and Cheaper Serverless Computing on Harvested Resources", SOSP 2021; data CC-BY 4.0,
// Microsoft.
var azure2021Columns = []string{"app", "func", "end_timestamp", "duration"}

// isAzure2021 reports whether a table has that layout.
func (t *table) isAzure2021() bool {
	for _, name := range azure2021Columns {
		if t.column(name) < 0 {
			return false
		}
	}
	return true
}

// invocations reads files of the layout, which are all on one clock.
type invocations struct {
	*builder
	requests [][]request // by function
	count    int
}

func (v *invocations) read(t *table) error {
	app, function, end, length := t.column("app"), t.column("func"), t.column("end_timestamp"), t.column("duration")
	err := t.rows(func() {
		key := microVMKey{id: t.field(function), image: t.field(app)}
		r, rounded, ok := t.invocation(end, length)
		if !ok || !t.areNames(key.id, key.image) {
			return
		}
		if rounded {
			v.trace.Rounded++
		}
		if v.count++; v.count > MaxRequests {
			return
		}
		at, fresh := v.microVM(key)
		if fresh {
			v.requests = append(v.requests, nil)
		}
		v.requests[at] = append(v.requests[at], r)
	})
	if err == nil && v.count > MaxRequests {
		err = fmt.Errorf("%s: there are more than the %d invocations that are read; "+
			"give the gaps between them as CSV with a column gap_seconds", t.name, MaxRequests)
	}
	return err
}

// invocation reads the times of a row. The start is worked out before it is rounded.
func (t *table) invocation(end, length int) (r request, rounded, ok bool) {
	seconds := func(column int) (decimal.Decimal, bool) {
		plain, _, err := tabular.Number(t.field(column))
		if err != nil {
			t.fault("%s: %s", t.columns[column], err)
			return decimal.Decimal{}, false
		}
		value, err := decimal.NewFromString(plain)
		if err != nil || value.Abs().GreaterThan(decimal.New(maxSeconds, 0)) {
			t.fault("%s: %.40q %s", t.columns[column], plain, errFar)
			return value, false
		}
		return value, true
	}
	ended, endOK := seconds(end)
	ran, ranOK := seconds(length)
	if !endOK || !ranOK {
		return r, false, false
	}
	if ran.IsNegative() {
		t.fault("%s: %.40q is below zero", t.columns[length], t.field(length))
		return r, false, false
	}
	start := ended.Sub(ran).Shift(3)
	ran = ran.Shift(3)
	r = request{start.RoundBank(0).IntPart(), ran.RoundBank(0).IntPart()}
	return r, !start.IsInteger() || !ran.IsInteger(), true
}

// readAzure2021 reads a single file.
func (b *builder) readAzure2021(t *table) error {
	v := invocations{builder: b}
	if err := v.read(t); err != nil {
		return err
	}
	b.fromRequests(v.requests)
	return nil
}
