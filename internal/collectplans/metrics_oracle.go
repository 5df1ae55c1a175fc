package collectplans

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"microspend/collector"
	"microspend/internal/emf"
	"microspend/usage"
)

// measured is what a period of a series should come to, of what could be read at a time.
type measured struct {
	amounts usage.Amounts
	given   uint8 // metrics of which there is a datapoint that can be usage
	bad     uint8 // metrics of which there is one that cannot
}

const allGiven = 1<<metricCount - 1

func (m measured) complete() bool { return m.given == allGiven }

// kept is the shortest period that CloudWatch has data of an age in; 0 where it has none.
func kept(age time.Duration) time.Duration {
	const day = 24 * time.Hour
	switch {
	case age <= 15*day:
		return time.Minute
	case age <= 63*day:
		return 5 * time.Minute
	case age <= 455*day:
		return time.Hour
	}
	return 0
}

// truth works out what a period comes to at a time.
func (p *published) truth(start time.Time, length time.Duration, at time.Time) (m measured) {
	var sums [metricCount]float64
	var seen uint8
	first, _ := slices.BinarySearchFunc(p.points, start, func(p point, at time.Time) int { return p.at.Compare(at) })
	for _, point := range p.points[first:] {
		if !point.at.Before(start.Add(length)) {
			break
		}
		shortest := kept(at.Sub(point.at))
		if point.arrives.After(at) || shortest == 0 || length%shortest != 0 {
			continue
		}
		for i, value := range point.values {
			if !math.IsNaN(value) {
				sums[i] += value
				seen |= 1 << i
			}
		}
	}
	for i, sum := range sums {
		switch {
		case seen&(1<<i) == 0:
		case sum < 0 || sum > math.MaxInt64:
			m.bad |= 1 << i
		default:
			m.given |= 1 << i
			m.amounts[i] = int64(sum)
		}
	}
	return m
}

// matches reports whether a record is what a period comes to. Nil is no record.
func (m measured) matches(r *usage.Record) bool {
	if r == nil {
		return m.given == 0
	}
	return m.given != 0 && r.Amounts == m.amounts && m.complete() == (r.Coverage == usage.CoverageComplete)
}

// within reports whether a record that is partial has nothing but what some run can have read.
func (m *metricsFleet) within(r *usage.Record, of *published) bool {
	if r.Coverage == usage.CoverageComplete {
		return false
	}
	length := time.Duration(r.PeriodSeconds) * time.Second
	for i, amount := range r.Amounts {
		if amount != 0 && !slices.ContainsFunc(m.runs, func(run run) bool {
			return of.truth(r.PeriodStart, length, run.at).amounts[i] == amount
		}) {
			return false
		}
	}
	return true
}

// recordKey is what of a record tells whose it is.
func recordKey(r *usage.Record) seriesKey {
	key := seriesKey{place: place(r), tenant: r.Tenant, image: r.Image}
	if r.Resource.Kind == usage.KindMicroVM {
		key.microVM = r.Resource.ID
	}
	return key
}

// asRecorded is the key of a series as its records have it.
func (k seriesKey) asRecorded() seriesKey {
	k.tenant, k.image = asRead(k.tenant, emf.NoTenant), asRead(k.image, emf.NoImage)
	return k
}

// asRead is a name as people know it: what the meter has encoded is decoded, unless it would be seen as something else.
func asRead(name, none string) string {
	if name == none {
		return ""
	}
	if decoded, err := url.PathUnescape(name); err == nil {
		hidden := func(r rune) bool { return !unicode.IsGraphic(r) }
		if encoded, _ := emf.Name(decoded); encoded == name && !strings.ContainsFunc(decoded, hidden) {
			return decoded
		}
	}
	return name
}

// names are all by which a gap or a quarantine may call a series.
func (k seriesKey) names() []string {
	if k.microVM != "" {
		return []string{k.microVM}
	}
	return []string{url.PathEscape(k.tenant) + "/" + url.PathEscape(k.image), k.tenant}
}

// period is a period of a series.
type period struct {
	seriesKey
	start int64
}

func (m *metricsFleet) check(content []usage.Record, last run, final bool) {
	recorded := map[seriesKey]seriesKey{}
	for key := range m.series {
		recorded[key.asRecorded()] = key
	}
	excuses := append(m.forGood(), last.named()...)
	if final {
		m.gapsClose(last)
	}
	ledger := map[period]*usage.Record{}
	lengths := map[collector.Target]map[int64][]time.Duration{} // of a day, the shortest first
	for i := range content {
		r := &content[i]
		key, known := recorded[recordKey(r)]
		if !known {
			m.wrong("nobody published this: %+v", r)
			continue
		}
		ledger[period{key, r.PeriodStart.Unix()}] = r
		length := time.Duration(r.PeriodSeconds) * time.Second
		if lengths[key.place] == nil {
			lengths[key.place] = map[int64][]time.Duration{}
		}
		day := r.PeriodStart.Unix() / 86400
		if of := lengths[key.place][day]; !slices.Contains(of, length) {
			lengths[key.place][day] = slices.Sorted(slices.Values(append(of, length)))
		}
		of := m.series[key]
		if !m.sometime(of, r.PeriodStart, length, r, time.Time{}) && !(m.within(r, of) && (m.excused(
			key, r.PeriodStart, length) || m.wasYoung(of))) {
			m.wrong("a record is not what was published: %+v\n  published %+v", r, of.truth(r.PeriodStart, length, m.service))
		}
	}
	for key, of := range m.series {
		begin := m.begin(key.place)
		if key.microVM != "" || begin.IsZero() {
			continue
		}
		checked := map[int64]bool{}
		for _, p := range of.points {
			length := m.lastLength(key.place, p.at)
			if known := lengths[key.place][p.at.Unix()/86400]; len(known) > 0 {
				length = m.lengthAt(key, p.at, known, ledger)
			}
			start := p.at.Truncate(length)
			if checked[start.Unix()] || start.Before(begin) || length == 0 {
				continue
			}
			checked[start.Unix()] = true
			m.checkPeriod(key, start, length, ledger, excuses, final)
		}
	}
}

// excused reports whether any run named a reason for a period that is partial.
func (m *metricsFleet) excused(key seriesKey, start time.Time, length time.Duration) bool {
	for _, r := range m.runs {
		if r.unknown || covered(r.named(), key.place, start, length, key.names()) {
			return true
		}
	}
	return covered(m.forGood(), key.place, start, length, key.names())
}

// lengthAt is the length of the record that has a moment of a tenant and image; the shortest of the day where none has.
func (m *metricsFleet) lengthAt(
	key seriesKey, at time.Time, known []time.Duration, ledger map[period]*usage.Record,
) time.Duration {
	for _, length := range known {
		has := func(key seriesKey) bool {
			r := ledger[period{key, at.Truncate(length).Unix()}]
			return r != nil && r.PeriodSeconds == int64(length/time.Second)
		}
		if has(key) || slices.ContainsFunc(m.subjects, func(s *subject) bool {
			return has(seriesKey{key.place, key.tenant, key.image, s.microVM})
		}) {
			return length
		}
	}
	return known[0]
}

// lastLength is the length of the periods of a day of which there are no records.
func (m *metricsFleet) lastLength(_ collector.Target, at time.Time) time.Duration {
	return max(m.timing.Period, kept(m.service.Sub(at)+time.Hour))
}

// begin is where reading of a target began.
func (m *metricsFleet) begin(target collector.Target) (begin time.Time) {
	for _, r := range m.runs {
		for _, w := range r.windows[target] {
			if !r.unknown && (begin.IsZero() || w.From.Before(begin)) {
				begin = w.From
			}
		}
	}
	return begin
}

// end is up to where a run had a target read.
func (r run) end(target collector.Target) (end time.Time) {
	for _, w := range r.windows[target] {
		if w.To.After(end) {
			end = w.To
		}
	}
	return end
}

// sometime reports whether a record, or that there is none, is what a period came to when one of the runs read it that
// began at a time or later.
func (m *metricsFleet) sometime(
	of *published,
	start time.Time,
	length time.Duration,
	r *usage.Record,
	from time.Time,
) bool {
	return slices.ContainsFunc(m.runs, func(run run) bool {
		return !run.at.Before(from) && of.truth(start, length, run.at).matches(r)
	})
}

// checkPeriod holds a period of a tenant and an image against the ledger: it is there once, for all MicroVMs together
// or for each, and is right or its fault is named.
func (m *metricsFleet) checkPeriod(
	key seriesKey, start time.Time, length time.Duration, ledger map[period]*usage.Record, excuses []named, final bool,
) {
	one := func(key seriesKey) (there, ok bool) {
		r := ledger[period{key, start.Unix()}]
		of := m.series[key]
		since := m.lastRead(key.place, start, length, key.names()).at
		switch {
		case since.IsZero(), m.young(of, since):
			since = time.Time{}
			if !final {
				return r != nil, true
			}
		}
		if final && !start.Add(length).After(m.runs[len(m.runs)-1].end(key.place)) {
			since = m.mustHaveRead(of, start, length, since)
		}
		if m.sometime(of, start, length, r, since) {
			return r != nil, true
		}
		if covered(excuses, key.place, start, length, key.names()) {
			m.Excused++
			return r != nil, true
		}
		return r != nil, false
	}
	tenantThere, tenantOK := one(key)
	microVMThere, microVMOK := false, true
	for _, s := range m.subjects {
		microVM := seriesKey{key.place, key.tenant, key.image, s.microVM}
		if m.series[microVM] != nil {
			there, ok := one(microVM)
			microVMThere, microVMOK = microVMThere || there, microVMOK && ok
		}
	}
	switch {
	case tenantThere && microVMThere:
		m.wrong("%v at %s is there twice, for the tenant and per MicroVM", key, start)
	case m.kinds[false] && tenantOK, m.kinds[true] && microVMOK:
	default:
		m.wrong("%.200v at %s (%s): the ledger has %+v, published is %+v, and nothing says why", key, start, length,
			ledger[period{key, start.Unix()}], m.series[key].truth(start, length, m.service))
	}
}

// young reports whether a series may not have been listed yet when a run read it.
func (m *metricsFleet) young(of *published, at time.Time) bool {
	return slices.ContainsFunc(of.first[:], func(first time.Time) bool {
		return !first.IsZero() && at.Sub(first) < m.delisted+awsListing && !first.After(at)
	})
}

// wasYoung reports whether a series may not have been listed with all of its metrics yet when some run read it.
func (m *metricsFleet) wasYoung(of *published) bool {
	return slices.ContainsFunc(m.runs, func(r run) bool { return m.young(of, r.at) })
}

const awsListing = 15 * time.Minute

// mustHaveRead is when a period was last read at the latest, if nothing of it came later than what is read again.
func (m *metricsFleet) mustHaveRead(of *published, start time.Time, length time.Duration, since time.Time) time.Time {
	if len(m.switched) > 0 {
		return since
	}
	arrived := since
	for _, p := range of.points {
		if p.at.Before(start) || !p.at.Before(start.Add(length)) {
			continue
		}
		if p.arrives.After(p.at.Add(m.leastReread)) || p.arrives.After(m.runs[len(m.runs)-1].at) {
			return since
		}
		if p.arrives.After(arrived) {
			arrived = p.arrives
		}
	}
	return arrived
}
