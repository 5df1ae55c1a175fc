package bill

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"microspend/internal/tabular"
)

// rows gives the rows of a table one by one, as texts by the place of wanted columns; "" where a row has no value. It
// ends with [io.EOF].
type rows interface {
	next(into []string) error
	place() string   // of the last row, for messages
	whole() []string // the last row with all its columns; nil where those cannot be had
}

// layout is a kind of table.
type layout struct {
	format Format
	name   string              // in messages
	marks  []string            // columns that only this kind of table has
	needs  []string            // columns without which it cannot be read
	oneOf  []string            // columns of which it must have one
	wants  []string            // others that are read
	names  map[string][]string // other names of a column, in the order of preference
	fields fields
	kind   func(*table) (Kind, string)

	has map[string]bool // columns that a file has, by the names here
}

// fields are the columns that kinds of tables have, under the names that each gives them; "" for one that it has not.
type fields struct {
	usageType                                  []string // the first that says something
	start, end, cost, currency, region, metric string
	used, unit, otherUsed, otherUnit           string
	service, serviceName, description          string
	skus                                       []string // what a price is known by, the narrowest first
	id, invoice, account, payer                string
	periodStart, periodEnd                     string
}

var layouts = []layout{curLayout(), focusLayout()}

// ownColumn is a column that microspend's own FOCUS exports have, and AWS's never.
const ownColumn = "x_coverage"

var errOwn = errors.New("it is a FOCUS export that microspend wrote: what was measured, not AWS's bill; " +
	"give the export that AWS delivers (Billing and Cost Management, Data Exports)")

// layoutOf tells the layout from a table's columns, and where each column is that it needs and wants: -1 where it is
// not.
func layoutOf(columns []string) (layout, []int, error) {
	at := map[string]int{}
	for i, name := range columns {
		name = normal(name)
		if _, twice := at[name]; !twice {
			at[name] = i
		}
	}
	for _, l := range layouts {
		if len(missing(at, l.marks)) > 0 {
			continue
		}
		if _, own := at[normal(ownColumn)]; own {
			return layout{}, nil, errOwn
		}
		if lacks := missing(at, l.needs); len(lacks) > 0 {
			return layout{}, nil, fmt.Errorf("it is %s without the column %s; add it to the export", l.name,
				strings.Join(lacks, ", "))
		}
		if len(l.oneOf) > 0 && len(missing(at, l.oneOf)) == len(l.oneOf) {
			return layout{}, nil, fmt.Errorf("it is %s without any of the columns %s, which tell MicroVMs from other usage; "+
				"add them to the export", l.name, strings.Join(l.oneOf, ", "))
		}
		l.wants = slices.Concat(l.needs, l.wants)
		places := make([]int, len(l.wants))
		l.has = map[string]bool{}
		for i, want := range l.wants {
			places[i] = -1
			for _, name := range append([]string{want}, l.names[want]...) {
				if place, ok := at[normal(name)]; ok {
					places[i], l.has[want] = place, true
					break
				}
			}
		}
		return l, places, nil
	}
	return layout{}, nil, fmt.Errorf("it is a table with the columns %s, and thereby neither a Cost and Usage Report "+
		"(which has %s) nor a FOCUS export (which has %s)", some(columns),
		strings.Join(layouts[0].marks, ", "), strings.Join(layouts[1].marks, ", "))
}

// some names the first few columns.
func some(columns []string) string {
	const most = 6
	names := make([]string, 0, most)
	for _, name := range columns {
		if len(names) == most {
			return strings.Join(names, ", ") + ", …"
		}
		names = append(names, fmt.Sprintf("%.40q", name))
	}
	return strings.Join(names, ", ")
}

func missing(have map[string]int, need []string) (names []string) {
	for _, name := range need {
		if _, ok := have[normal(name)]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// normal is what is left of a column's name, since engines and people change the rest of it: lineItem/UsageType,
// line_item_usage_type and LINEITEM_USAGETYPE are the same.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// table is a table on its way into a bill.
type table struct {
	layout
	Bill
	in    rows
	at    map[string]int
	row   []string
	part  *part
	month int // of the row's part, and
	payer string

	nameless bool // the file has no column that names the service

	seen      map[digest]string    // rows that were read, and their places
	moments   map[string]time.Time // texts of times, of which there are few
	skus      map[string]string    // usage types of prices
	undecided []pending
	untimed   error // of the first row without a time

	usage, any, periods stretch // what rows of usage within a day, all rows, and billing periods span
}

// stretch is from the earliest to the latest.
type stretch struct{ from, to time.Time }

func (s *stretch) widen(from, to time.Time) {
	if s.from.IsZero() || from.Before(s.from) {
		s.from = from
	}
	if to.After(s.to) {
		s.to = to
	}
}

// pending is a row of AWS Lambda without a usage type, which other rows of the file may tell.
type pending struct {
	entry
	part        *part
	skus        [2]string
	description string
}

// text is a column's value in the row; "" where there is none, however that is written.
func (t *table) text(column string) string {
	if column == "" {
		return ""
	}
	text := t.row[t.at[column]]
	if tabular.Missing(text) {
		return ""
	}
	return text
}

func (t *table) firstText(columns ...string) string {
	for _, column := range columns {
		if text := t.text(column); text != "" {
			return text
		}
	}
	return ""
}

// moment reads a time; the zero time for none.
func (t *table) moment(column string) (time.Time, error) {
	text := t.text(column)
	if text == "" {
		return time.Time{}, nil
	}
	if at, ok := t.moments[text]; ok {
		return at, nil
	}
	at, err := parseMoment(text)
	if err != nil {
		return at, fmt.Errorf("%s: %w", column, err)
	}
	const most = 10_000
	if len(t.moments) < most {
		t.moments[strings.Clone(text)] = at
	}
	return at, nil
}

// period is when the row was used.
func (t *table) period() (from, to time.Time, err error) {
	if from, err = t.moment(t.fields.start); err != nil {
		return from, to, err
	}
	if from.IsZero() {
		return from, to, fmt.Errorf("%s: it is empty", t.fields.start)
	}
	if to, err = t.moment(t.fields.end); to.IsZero() {
		to = from
	}
	return from, to, err
}

// take takes in the row, unless it is of no MicroVM.
func (t *table) take() error {
	f := t.fields
	from, to, wrong := t.period()
	t.part = t.partOf(from)
	t.part.rows++
	kind, word := t.kind(t)
	if wrong == nil {
		t.reach(kind, from, to)
	} else if t.untimed == nil {
		t.untimed = fmt.Errorf("%s: %w", t.in.place(), wrong)
	}
	usageType := t.firstText(f.usageType...)
	isLambda := t.isLambda()
	_, _, class := classify(usageType)
	if isLambda && usageType != "" {
		t.learn(usageType)
	}
	switch {
	case class == unrelated && (usageType != "" || !isLambda):
		t.part.ignored++
		return nil
	case wrong != nil:
		return wrong
	}
	e := entry{
		usageType: usageType, region: t.text(f.region), from: from, to: to, kind: kind, word: word,
		negative: Adjust, cost: t.text(f.cost), costName: f.metric, currency: t.text(f.currency),
		used: t.text(f.used), usedName: f.used, unit: t.text(f.unit), place: t.in.place(),
	}
	if e.used == "" && f.otherUsed != "" {
		e.used, e.usedName, e.unit = t.text(f.otherUsed), f.otherUsed, t.text(f.otherUnit)
	}
	if err := t.refuseTwice(); err != nil {
		return err
	}
	t.Metric = f.metric
	switch {
	case class != unrelated:
		t.identify(&e)
		return t.part.enter(e)
	case kind != "":
		cost, err := e.amount()
		t.part.setApart(Apart{kind, word + " of AWS Lambda as a whole", cost, 1, e.place})
		return err
	default:
		p := pending{entry: e, part: t.part, description: t.text(f.description)}
		for i, column := range f.skus {
			p.skus[i] = t.text(column)
		}
		t.undecided = append(t.undecided, p)
		return nil
	}
}

// isLambda reports whether the row is of AWS Lambda, or may be, as the file does not say of which service rows are.
func (t *table) isLambda() bool {
	code, name := t.text(t.fields.service), t.text(t.fields.serviceName)
	return code == "AWSLambda" || (code == "" && name == "AWS Lambda") || t.nameless
}

// partOf is the part that the row belongs to: of its billing period, or where the file has no such column of the month
// in which it starts.
func (t *table) partOf(from time.Time) *part {
	start, err := t.moment(t.fields.periodStart)
	end, ended := t.moment(t.fields.periodEnd)
	if err == nil && ended == nil && !start.IsZero() && !end.IsZero() {
		t.periods.widen(dayOf(start), dayOf(end))
	}
	if start.IsZero() {
		start = from
	}
	month, payer := start.Year()*12+int(start.Month()), t.text(t.fields.payer)
	if t.part != nil && month == t.month && payer == t.payer { // as nearly always
		return t.part
	}
	t.month, t.payer = month, strings.Clone(payer)
	key := partKey{start.Format("2006-01"), t.payer}
	if t.parts[key] == nil {
		t.parts[key] = newPart()
	}
	return t.parts[key]
}

// reach notes which days the file has usage of, of whatever service: those it covers.
func (t *table) reach(kind Kind, from, to time.Time) {
	if account := t.text(t.fields.account); !t.part.accounts[account] {
		t.part.accounts[strings.Clone(account)] = true
	}
	t.any.widen(from, to)
	if _, long := oneDay(from, to); long != nil || kind != "" {
		return
	}
	t.usage.widen(from, to)
	if to.After(t.part.reach) {
		t.part.reach = to
	}
}

// identify notes what tells versions of a report apart.
func (t *table) identify(e *entry) {
	if e.kind != "" {
		return
	}
	t.part.usage++
	if t.text(t.fields.invoice) != "" {
		t.part.invoiced++
	}
	said := slices.Clone(t.row)
	for _, column := range []string{t.fields.id, t.fields.invoice} {
		if column != "" {
			said[t.at[column]] = ""
		}
	}
	t.part.contents[digestOf(said)] = true
	if id := t.rowID(); id != nil {
		t.part.ids[digestOf(id)] = true
	}
}

// rowID is what the file itself knows a row by; nil where it does not.
func (t *table) rowID() []string {
	id := t.text(t.fields.id)
	if id == "" {
		return nil
	}
	return []string{
		id, t.text("identity_time_interval"), t.text("line_item_line_item_type"), t.text(t.fields.start),
		t.text(t.fields.usageType[0]), t.text(t.fields.account), t.text("line_item_operation"),
		t.text("line_item_resource_id"), t.text(t.fields.description),
	}
}

// refuseTwice refuses a row that has been read before, as it would be counted twice: one of the same id, or where rows
// have none, the same in every column, also in those that are not read otherwise, as tags.
func (t *table) refuseTwice() error {
	key := t.rowID()
	if key == nil {
		if key = t.in.whole(); key == nil {
			return nil
		}
	}
	sum := digestOf(key)
	if before, twice := t.seen[sum]; twice {
		return fmt.Errorf("it is the same row as at %s, and would be counted twice; remove one of them", before)
	}
	t.seen[sum] = t.in.place()
	return nil
}

// learn notes which usage type a price is of.
func (t *table) learn(usageType string) {
	for _, column := range t.fields.skus {
		if sku := t.text(column); sku != "" && t.skus[sku] == "" {
			t.skus[strings.Clone(sku)] = strings.Clone(usageType)
		}
	}
}

// decide settles the rows of AWS Lambda without a usage type: by their price, if that of other rows is the same, or by
// their description. What remains open is named.
func (t *table) decide() error {
	for _, p := range t.undecided {
		usageType := cmp.Or(t.skus[p.skus[0]], t.skus[p.skus[1]])
		decided := usageType != ""
		if !decided {
			usageType, decided = usageTypeOf(p.description, p.unit)
		}
		_, _, class := classify(usageType)
		p.usageType = usageType
		var err error
		switch {
		case !decided:
			var amount Apart
			amount.Amount, err = p.amount()
			amount.Kind, amount.Name, amount.Rows, amount.Place = Undecided, p.named(), 1, p.place
			p.part.setApart(amount)
		case class == unrelated:
			p.part.ignored++
		default:
			p.part.usage++
			err = p.part.enter(p.entry)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.place, err)
		}
	}
	return nil
}

// named is what an undecided row is called.
func (p pending) named() string {
	return cmp.Or(p.description, p.skus[0], p.skus[1], "AWS Lambda")
}

func newBill(format Format) Bill {
	return Bill{Format: format, parts: map[partKey]*part{}, days: map[int64]bool{}, estimated: map[int64]bool{}}
}

// readTable takes in all rows.
func readTable(l layout, in rows) (Bill, error) {
	t := table{
		layout: l, Bill: newBill(l.format), in: in, at: map[string]int{}, row: make([]string, len(l.wants)),
		seen: map[digest]string{}, moments: map[string]time.Time{}, skus: map[string]string{},
	}
	for i, want := range l.wants {
		t.at[want] = i
	}
	t.nameless = !l.has[l.fields.service] && !l.has[l.fields.serviceName]
	for {
		err := in.next(t.row)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = t.take()
		}
		if err != nil {
			return Bill{}, fmt.Errorf("%s: %w", in.place(), err)
		}
	}
	if err := t.decide(); err != nil {
		return Bill{}, err
	}
	if len(t.parts) == 0 {
		return Bill{}, fmt.Errorf("it is %s without any rows", l.name)
	}
	if err := t.coverTable(); err != nil {
		return Bill{}, err
	}
	return t.finish(), nil
}

// coverTable settles which days the file covers: from the first to the last that it has usage of, whatever service that
// is of, within its billing periods. Without usage of single days it is whatever its rows span.
func (t *table) coverTable() error {
	s := t.usage
	if s.from.IsZero() {
		s = t.any
	}
	if p := t.periods; !p.from.IsZero() && s.from.Before(p.to) && p.from.Before(s.to) {
		if s.from.Before(p.from) {
			s.from = p.from
		}
		if s.to.After(p.to) {
			s.to = p.to
		}
	}
	if s.from.IsZero() {
		return fmt.Errorf("none of its rows says when it is of: %w", t.untimed)
	}
	to := dayOf(s.to)
	if to.Before(s.to) || !to.After(dayOf(s.from)) {
		to = to.Add(day)
	}
	t.cover(dayOf(s.from), to)
	return nil
}
