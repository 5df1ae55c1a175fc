package clickhouse

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// statement is the text of a query for sums, with what its rows are read as.
type statement struct {
	text     string
	names    []ledger.Field
	byDay    bool
	measures []usage.Measure
}

// expressionOf is a field that is a name, and what rows are grouped by for it. Kinds of usage are grouped by as
// numbers, which are names only in the answer.
func expressionOf(f ledger.Field, from string) (name, by string) {
	if f == ledger.FieldKind && from == tableUsage {
		return "[" + kindNames() + "][kind]", "kind"
	}
	name = [...]string{
		ledger.FieldTenant: "tenant", ledger.FieldTenantBy: "tenant_by", ledger.FieldImage: "image", ledger.FieldArch: "arch",
		ledger.FieldKind: kindColumn, ledger.FieldResource: "resource", ledger.FieldRole: "role", ledger.FieldRegion: "region",
		ledger.FieldAccount: "account", ledger.FieldSource: "source",
	}[f]
	return name, name
}

// list writes numbers as an array.
func list(numbers []int64) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = fmt.Sprint(n)
	}
	return "[" + strings.Join(texts, ",") + "]::Array(Int64)"
}

// dayList writes days as what a column of dates is looked for in.
func dayList(days []civil.Day) string {
	texts := make([]string, len(days))
	for i, day := range days {
		texts[i] = "'" + day.String() + "'"
	}
	return "(" + strings.Join(texts, ",") + ")"
}

// starts is the expression of where days begin in the location, by the number of a date since the first.
func (b *bounds) starts() string {
	var starts []int64
	for day := b.first; day <= b.last+1; day++ {
		starts = append(starts, day.Start(b.loc).Unix())
	}
	return list(starts)
}

// edges are all moments at which time is cut, with both ends.
func (b *bounds) edges() []int64 {
	return slices.Concat([]int64{b.from}, b.midnights, []int64{b.to})
}

// cuts reports whether the query can cut a period: periods lie within days of UTC.
func (b *bounds) cuts() bool {
	return !b.uncut && (b.loc != time.UTC || slices.ContainsFunc(b.edges(), func(at int64) bool {
		return at%usage.MaxPeriodSeconds != 0
	}))
}

// part is [usage.PartOf] in SQL, of an amount and a piece [pieceFrom, pieceTo) of a period of some length. At the ends
// of a period there is nothing to divide, which is all that most pieces have.
func part(amount, length string) string {
	return fmt.Sprintf(
		"toUInt128(if(pieceTo = %[2]s, toUInt64(%[1]s), %[3]s) - if(pieceFrom = 0, 0, %[4]s))",
		amount,
		length,
		usedBy(amount, "pieceTo", length, usage.MaxPeriodSeconds),
		usedBy(amount, "pieceFrom", length, usage.MaxPeriodSeconds),
	)
}

// usedBy is what of an amount was used by some seconds, at most so many, after a period's start. Products of small
// amounts fit into 64 bits, whose division takes a tenth of the time that 128 bits take. Branches are worked out for
// their own rows alone.
func usedBy(amount, at, length string, mostSeconds int) string {
	small := uint64(1) << (62 - bits.Len(uint(mostSeconds))) // times 2 × the seconds it is below 2^63
	return fmt.Sprintf(
		"if(%[1]s < %[4]d, intDiv(2 * toUInt64(%[1]s) * toUInt64(%[2]s) + toUInt64(%[3]s), 2 * toUInt64(%[3]s)), "+
			"toUInt64(intDiv(toUInt128(2) * toUInt128(%[1]s) * toUInt128(%[2]s) + toUInt128(%[3]s), toUInt128(2) * toUInt128(%[3]s))))",
		amount,
		at,
		length,
		small,
	)
}

// rawStatement sums up the rows of days.
func (l *Ledger) rawStatement(q *ledger.Query, b *bounds, days []civil.Day) *statement {
	st := newStatement(q)
	// begin and end are the period's as in [usage.Record.Period]; a record of a whole day is spread over the location's.
	begin, end := "toInt64(toUnixTimestamp(period_start))", "begin + period_seconds"
	if b.loc != time.UTC {
		begin = fmt.Sprintf(
			"if(period_seconds = %d, dayStarts[intDiv(toUnixTimestamp(period_start), %[1]d) - %[2]d + 1], toInt64(toUnixTimestamp(period_start)))",
			usage.MaxPeriodSeconds,
			int(b.first),
		)
		end = fmt.Sprintf(
			"if(period_seconds = %d, dayStarts[intDiv(toUnixTimestamp(period_start), %[1]d) - %[2]d + 2], begin + period_seconds)",
			usage.MaxPeriodSeconds,
			int(b.first),
		)
	}
	value := func(column string) string { return "toUInt128(" + column + ")" }
	records := "count()"
	with := []string{b.starts() + " AS dayStarts", list(b.edges()) + " AS edges"}
	in := fmt.Sprintf("begin >= %d AND begin < %d", b.from, b.to)
	day := "roundDown(begin, edges)"
	if b.cuts() {
		in = fmt.Sprintf("begin < %d AND end > %d", b.to, b.from)
		day = "piece"
		value = func(column string) string {
			return part(column, "(end - begin)")
		}
		records = "countIf(begins)"
	}
	sums := []string{records}
	byDate := "toUInt64(0)"
	if b.loc != time.UTC {
		byDate = fmt.Sprintf(
			"countIf(%s period_seconds = %d)",
			map[bool]string{true: "begins AND "}[b.cuts()],
			usage.MaxPeriodSeconds,
		)
	}
	sums = append(sums, byDate, "sum("+value("period_seconds")+")",
		"sumIf("+value("period_seconds")+", coverage = 'complete')")
	for _, m := range st.measures {
		sums = append(sums, "sum("+value(m.Counted().Column)+")")
	}
	inner := []string{begin + " AS begin", end + " AS end", "*"}
	if slices.Contains(st.names, ledger.FieldKind) {
		inner = append(inner, kindNumber()+" AS kind")
	}
	if b.cuts() {
		inner = append(inner, "roundDown(begin, edges) AS low", "roundDown(end - 1, edges) AS high",
			fmt.Sprintf("low = high AND begin >= %d AS single", b.from),
			fmt.Sprintf("if(single, [low], arrayFilter(e -> e >= low AND e <= high AND e < %d, edges)) AS pieces", b.to))
	}
	text := "SELECT " + strings.Join(
		inner,
		", ",
	) + " FROM " + l.client.schema().
		table(l.usage) +
		" FINAL WHERE deleted = 0 AND toDate(period_start) IN " +
		dayList(
			days,
		) + " AND " + in
	if b.cuts() {
		text = fmt.Sprintf("SELECT *, piece, greatest(begin, piece) - begin AS pieceFrom, "+
			"if(single, end, least(end, edges[indexOf(edges, piece) + 1])) - begin AS pieceTo, pieceFrom = 0 AS begins FROM (%s) ARRAY JOIN pieces AS piece",
			text)
	}
	st.write(with, day, tableUsage, sums, text)
	return st
}

// hourlyStatement sums up the rollups of days. None of their rows is cut: see [ledger.Hourly].
func (s schema) hourlyStatement(q *ledger.Query, b *bounds, days []civil.Day, of states) *statement {
	st := newStatement(q)
	begin := "toInt64(toUnixTimestamp(hour))"
	if b.loc != time.UTC {
		begin = fmt.Sprintf(
			"if(whole, dayStarts[intDiv(toUnixTimestamp(hour), %d) - %d + 1], toInt64(toUnixTimestamp(hour)))",
			usage.MaxPeriodSeconds,
			int(b.first),
		)
	}
	where := inForce(days, of)
	sums := []string{"sum(records)", "toUInt64(0)", "sum(seconds)", "sum(covered)"}
	if b.loc != time.UTC {
		sums[1] = "sumIf(records, whole)"
	}
	for _, m := range st.measures {
		sums = append(sums, "sum("+m.Counted().Column+")")
	}
	// A rollup that is replaced between the plan and this query must not read as nothing.
	sums = append(
		sums,
		fmt.Sprintf("assumeNotNull((SELECT uniqExact(toDate(hour)) FROM %s WHERE %s))", s.table(tableHourly), where),
	)
	with := []string{b.starts() + " AS dayStarts", list(b.edges()) + " AS edges"}
	text := fmt.Sprintf("SELECT %s AS begin, * FROM %s WHERE %s AND begin >= %d AND begin < %d",
		begin, s.table(tableHourly), where, b.from, b.to)
	st.write(with, "roundDown(begin, edges)", tableHourly, sums, text)
	return st
}

// inForce is the condition that a row is of a rollup of days as they are.
func inForce(days []civil.Day, of states) string {
	made := make([]string, len(days))
	for i, day := range days {
		made[i] = fmt.Sprintf("('%s',%d)", day, of[day].content)
	}
	return fmt.Sprintf("toDate(hour) IN %s AND (toDate(hour), made_of) IN (%s)", dayList(days), strings.Join(made, ","))
}

func newStatement(q *ledger.Query) *statement {
	st := &statement{names: q.Names(), byDay: slices.Contains(q.By, ledger.FieldDay)}
	for _, m := range usage.Measures() {
		if q.Sums.Has(m) {
			st.measures = append(st.measures, m)
		}
	}
	return st
}

// write puts the text together: names, the day, sums.
func (st *statement) write(with []string, day, from string, sums []string, source string) {
	var keys, grouped []string
	for _, f := range st.names {
		if f == ledger.FieldKind && slices.Contains(st.names, ledger.FieldResource) {
			continue // the resource's name has it
		}
		name, by := expressionOf(f, from)
		keys, grouped = append(keys, name), append(grouped, by)
	}
	if st.byDay {
		keys, grouped = append(keys, day+" AS keyDay"), append(grouped, "keyDay")
	}
	st.text = "WITH " + strings.Join(
		with,
		", ",
	) + " SELECT " + strings.Join(
		append(keys, sums...),
		", ",
	) + " FROM (" + source + ")"
	if len(grouped) > 0 {
		st.text += " GROUP BY " + strings.Join(grouped, ", ")
	} else {
		st.text += " HAVING count() > 0" // a sum of nothing is no group
	}
}
