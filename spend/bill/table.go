package bill

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// rows gives the rows of a table one by one, as texts by the place of wanted columns; "" where a row has no value. It
// ends with [io.EOF].
type rows interface {
	next(into []string) error
	place() string // of the last row, for messages
}

// layout is a kind of table.
type layout struct {
	format Format
	needs  []string            // columns without which it is not this layout
	wants  []string            // all that are read; needs are among them
	take   func(*taker) error  // takes one row in
	names  map[string][]string // other names of a column, in the order of preference
}

var layouts = []layout{curLayout(), focusLayout()}

// layoutOf tells the layout from a table's columns, and where each wanted column is: -1 where it is not.
func layoutOf(columns []string) (layout, []int, error) {
	at := map[string]int{}
	for i, name := range columns {
		name = normal(name)
		if _, twice := at[name]; !twice {
			at[name] = i
		}
	}
	for _, l := range layouts {
		places := make([]int, len(l.wants))
		for i, want := range l.wants {
			places[i] = -1
			for _, name := range append([]string{want}, l.names[want]...) {
				if place, ok := at[name]; ok {
					places[i] = place
					break
				}
			}
		}
		complete := true
		for i, want := range l.wants {
			for _, need := range l.needs {
				complete = complete && (want != need || places[i] >= 0)
			}
		}
		if complete {
			return l, places, nil
		}
	}
	return layout{}, nil, fmt.Errorf("neither a Cost and Usage Report (it has no %s) nor a FOCUS export (no %s)",
		strings.Join(missing(at, layouts[0].needs), ", "), strings.Join(missing(at, layouts[1].needs), ", "))
}

func missing(have map[string]int, need []string) (names []string) {
	for _, name := range need {
		if _, ok := have[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// normal writes a column's name in lower case with underscores: lineItem/UsageType and line_item_usage_type are the
// same. Names of FOCUS come out as charge_period_start.
func normal(name string) string {
	var out strings.Builder
	before := rune(0)
	for _, r := range strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")) {
		switch {
		case r == '/' || r == ' ' || r == '.':
			r = '_'
		case unicode.IsUpper(r):
			if before != 0 && before != '_' && !unicode.IsUpper(before) {
				out.WriteByte('_')
			}
		}
		out.WriteRune(unicode.ToLower(r))
		before = r
	}
	return out.String()
}

// taker is one row on its way into a bill.
type taker struct {
	*builder
	at   map[string]int
	row  []string
	seen map[[16]byte]bool
}

func (t *taker) text(name string) string { return t.row[t.at[name]] }

// day is the day that a row's start and end lie in.
func (t *taker) day(start, end string) (day time.Time, err error) {
	from, err := parseMoment(t.text(start))
	if err != nil {
		return day, fmt.Errorf("%s: %w", start, err)
	}
	to := from
	if text := t.text(end); text != "" {
		if to, err = parseMoment(text); err != nil {
			return day, fmt.Errorf("%s: %w", end, err)
		}
	}
	return oneDay(from, to)
}

// refuseTwice refuses a row that has been read before: it would be counted twice.
func (t *taker) refuseTwice(key ...string) error {
	var sum [16]byte
	whole := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	copy(sum[:], whole[:])
	if t.seen[sum] {
		return fmt.Errorf("duplicate row")
	}
	t.seen[sum] = true
	return nil
}

// fields are the columns that both kinds of tables have, under the names that each gives them.
type fields struct{ usageType, start, end, cost, currency, region, used, unit, metric string }

// take takes in the row, unless it is of no MicroVM. What identifies it and what kind it is differ between tables.
func (t *taker) take(f fields, key func(*taker) []string, kind func(*taker) (Kind, string)) error {
	q, prefix, class := classify(t.text(f.usageType))
	if class == unrelated {
		t.bill.Ignored++
		return nil
	}
	t.bill.Metric = f.metric
	day, err := t.day(f.start, f.end)
	if err != nil {
		return err
	}
	if err := t.refuseTwice(key(t)...); err != nil {
		return err
	}
	c := charge{
		day: day, usageType: t.text(f.usageType), region: t.text(f.region), prefix: prefix, quantity: q, class: class,
	}
	c.kind, c.kindName = kind(t)
	if c.cost, err = parseAmount(t.text(f.cost)); err != nil {
		return fmt.Errorf("%s: %w", f.metric, err)
	}
	if err := checkCurrency(t.text(f.currency)); err != nil {
		return err
	}
	if c.kind == "" {
		t.cover(day, day.AddDate(0, 0, 1))
		if text := t.text(f.used); text != "" {
			if c.used, err = parseAmount(text); err != nil {
				return fmt.Errorf("%s: %w", f.used, err)
			}
			unit := t.text(f.unit)
			c.usedKnown = unit == "" || sameUnit(unit, q)
		}
		if c.cost.IsNegative() {
			c.kind, c.kindName = Adjust, c.usageType
		}
	}
	return t.builder.take(c)
}

// readTable takes in all rows.
func readTable(l layout, table rows) (Bill, error) {
	t := taker{
		builder: newBuilder(l.format), at: map[string]int{}, row: make([]string, len(l.wants)), seen: map[[16]byte]bool{},
	}
	for i, want := range l.wants {
		t.at[want] = i
	}
	for {
		err := table.next(t.row)
		if err == io.EOF {
			break
		}
		if err == nil {
			t.bill.Rows++
			err = l.take(&t)
		}
		if err != nil {
			return Bill{}, fmt.Errorf("%s: %w", table.place(), err)
		}
	}
	if t.bill.From.IsZero() {
		return Bill{}, fmt.Errorf("none of its %d rows is of a MicroVM", t.bill.Rows)
	}
	return t.finish(), nil
}
