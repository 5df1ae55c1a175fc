package parquet

import (
	"cmp"
	"slices"
	"strings"

	"microspend/usage"
)

// rollup adds up a day's records. It takes them in the order of the ledger, in which those of one MicroVM follow each
// other: their names are compared with those of the record before, and looked up where they differ.
type rollup struct {
	limit  int // of rows; beyond it there is no rollup
	series []seriesNames
	places map[seriesNames]int32
	rows   []rollupRow
	slots  [][wholeDayHour + 1]int32 // of each series: the rows that are added to, from 1, as 0 is none
	last   int32                     // the series of the record before
	at     int32                     // the row that was added to last
	entry  rollupEntry
}

// seriesNames are what a rollup tells apart besides the time, in the order of its rows.
type seriesNames struct {
	tenant, tenantBy, image, arch string
	kind                          usage.ResourceKind
	role, region, account, source string
}

func (n *seriesNames) of(r *usage.Record) {
	*n = seriesNames{
		r.Tenant, string(r.TenantBy), r.Image, string(r.Arch), r.Resource.Kind, r.Role, r.Region, r.Account, r.Source,
	}
}

// is reports whether a record has these names.
func (n *seriesNames) is(r *usage.Record) bool {
	return n.tenant == r.Tenant && n.image == r.Image && n.role == r.Role && n.region == r.Region &&
		n.account == r.Account && n.source == r.Source && n.tenantBy == string(r.TenantBy) && n.arch == string(r.Arch) &&
		n.kind == r.Resource.Kind
}

func (n *seriesNames) compare(other *seriesNames) int {
	return cmp.Or(
		strings.Compare(n.tenant, other.tenant),
		strings.Compare(n.tenantBy, other.tenantBy),
		strings.Compare(n.image, other.image),
		strings.Compare(n.arch, other.arch),
		cmp.Compare(n.kind, other.kind),
		strings.Compare(n.role, other.role),
		strings.Compare(n.region, other.region),
		strings.Compare(n.account, other.account),
		strings.Compare(n.source, other.source),
	)
}

// rollupKey tells rows apart. The hour of records of a whole day is [wholeDayHour].
type rollupKey struct {
	series int32
	hour   int8
}

const wholeDayHour = 24

type rollupRow struct {
	rollupKey
	amounts                   usage.Amounts
	seconds, covered, records int64
}

func newRollup() *rollup {
	return &rollup{
		limit: maxRollupRows, places: map[seriesNames]int32{}, last: -1, at: -1,
	}
}

// over reports whether there are more rows than there may be. The rest is of no use then.
func (b *rollup) over() bool { return len(b.rows) > b.limit }

// add takes in a record of the day.
func (b *rollup) add(r *usage.Record) {
	if b.over() {
		return
	}
	if b.last < 0 || !b.series[b.last].is(r) {
		b.last = b.seriesOf(r)
	}
	begin := r.PeriodStart.Unix() % secondsInDay
	if usage.WholeDay(begin, r.PeriodSeconds) {
		b.entry.WholeDays++
		b.to(wholeDayHour, r, &r.Amounts, r.PeriodSeconds, 1)
		return
	}
	end := begin + r.PeriodSeconds
	if b.entry.Until == 0 || begin < b.entry.From {
		b.entry.From = begin
	}
	b.entry.Until = max(b.entry.Until, end)
	hour := begin / hourSeconds
	if end <= (hour+1)*hourSeconds {
		b.to(int8(hour), r, &r.Amounts, r.PeriodSeconds, 1)
		return
	}
	var part usage.Amounts
	records := int64(1) // where the period begins
	for from := begin; from < end; hour++ {
		to := min(end, (hour+1)*hourSeconds)
		for m, amount := range r.Amounts {
			part[m] = usage.PartOf(amount, from-begin, to-begin, r.PeriodSeconds)
		}
		b.to(int8(hour), r, &part, to-from, records)
		from, records = to, 0
	}
}

func (b *rollup) seriesOf(r *usage.Record) int32 {
	var names seriesNames
	names.of(r)
	place, known := b.places[names]
	if !known {
		place = int32(len(b.series))
		b.series, b.slots = append(b.series, names), append(b.slots, [wholeDayHour + 1]int32{})
		b.places[names] = place
	}
	return place
}

// to adds what a record has in an hour to the hour's row.
func (b *rollup) to(hour int8, r *usage.Record, amounts *usage.Amounts, seconds, records int64) {
	key := rollupKey{b.last, hour}
	if b.at < 0 || b.rows[b.at].rollupKey != key {
		if b.at = b.slots[key.series][key.hour] - 1; b.at < 0 {
			b.at = b.begin(key)
		}
	}
	more := rollupRow{amounts: *amounts, seconds: seconds, records: records}
	if r.Coverage == usage.CoverageComplete {
		more.covered = seconds
	}
	if !b.rows[b.at].plus(&more) { // so that the row is complete as it is
		b.at = b.begin(key)
		b.rows[b.at].plus(&more)
	}
}

func (b *rollup) begin(key rollupKey) int32 {
	at := int32(len(b.rows))
	b.rows = append(b.rows, rollupRow{rollupKey: key})
	b.slots[key.series][key.hour] = at + 1
	return at
}

// sorted are the rows in the order of the file: hours follow each other, as sums of a name are then of rows that do;
// and what they add up to in the whole day.
func (b *rollup) sorted() (hours, days []rollupRow) {
	order := make([]int32, len(b.series))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return b.series[x].compare(&b.series[y]) })
	rank := make([]int32, len(order))
	for place, of := range order {
		rank[of] = int32(place)
	}
	slices.SortStableFunc(b.rows, func(x, y rollupRow) int {
		return cmp.Or(cmp.Compare(rank[x.series], rank[y.series]), cmp.Compare(x.hour, y.hour))
	})
	b.slots, b.at = nil, -1 // their places are others now
	for i := range b.rows {
		row := &b.rows[i]
		if n := len(days); n == 0 || days[n-1].series != row.series || !days[n-1].plus(row) {
			days = append(days, *row)
			days[n].hour = wholeDayHour
		}
	}
	return b.rows, days
}

// plus adds another row's sums, unless one of them does not fit into 63 bits then.
func (r *rollupRow) plus(more *rollupRow) bool {
	sums, signs := r.amounts, int64(0)
	for m, amount := range more.amounts {
		sums[m] += amount
		signs |= sums[m]
	}
	if signs < 0 {
		return false
	}
	r.amounts = sums
	r.seconds += more.seconds
	r.covered += more.covered
	r.records += more.records
	return true
}
