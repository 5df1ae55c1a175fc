package collectplans

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/logs"
	"microspend/internal/civil"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

const logGroup = "/aws/lambda-microvms/plans"

// logsFleet is a fleet whose meters print lines.
type logsFleet struct {
	*plan
	logs    *fakecloudwatch.Logs
	places  []collector.Target
	meters  []*meter
	printed map[linesKey]*printed
	dead    map[string]bool
	timing  collector.Timing
	names   []string

	losing, late, hostile float64 // how often a line is lost, comes late, or has trouble for a neighbour
}

// linesKey is a MicroVM and five minutes of it, the shortest period of records.
type linesKey struct {
	place   collector.Target
	microVM string
	start   int64
}

// printed is what was printed of five minutes.
type printed struct {
	lines []printedLine
	// flawed says that something about it is not as a meter prints it: lines are lost, or others stand in their place.
	flawed bool
	tenant string
	image  string
}

type printedLine struct {
	amounts usage.Amounts
	arrives time.Time
}

// meter is a MicroVM that prints.
type meter struct {
	place     collector.Target
	group     string
	line      emf.Line
	now       time.Time
	suspended bool
}

func newLogs(p *plan) *logsFleet {
	l := &logsFleet{
		plan: p, printed: map[linesKey]*printed{}, dead: map[string]bool{}, names: tenantNames(),
		losing: pick(p.random, 0, 0, 0.01), late: pick(p.random, 0, 0.2), hostile: pick(p.random, 0, 0.02),
	}
	accounts := map[string]string{}
	for i := range 1 + p.random.IntN(2) {
		account := fmt.Sprintf("%012d", 123456789012+i)
		accounts["AK"+account] = account
		l.places = append(l.places, collector.Target{Account: account, Region: "eu-west-1"})
	}
	l.logs = fakecloudwatch.NewLogs(fakecloudwatch.LogsOptions{
		Now: func() time.Time { return p.service }, Accounts: accounts, Faults: l.fault,
		Scan: pick(p.random, 50, 100_000), PageEvents: pick(p.random, 7, 10_000),
	})
	for _, place := range l.places {
		for i := range 1 + p.random.IntN(2) {
			l.logs.AddGroup(fakecloudwatch.Place(place), fakecloudwatch.LogGroup{Name: fmt.Sprint(logGroup, i)})
		}
	}
	p.wire.handler, p.wire.empty = l.logs, []byte("{}")
	l.timing = collector.Timing{
		Period: pick(p.random, 5*time.Minute, 5*time.Minute, time.Hour), Lookback: pick(p.random, 3*time.Hour, 30*time.Hour),
		Overlap: 48 * time.Hour, Reread: pick(p.random, 0, time.Hour, 6*time.Hour),
	}
	for range 1 + p.random.IntN(4) {
		l.start(p.service.Add(-time.Duration(p.random.IntN(8*60)) * time.Minute))
	}
	l.live(p.service.Add(-9*time.Hour), p.service)
	return l
}

// start begins a life.
func (l *logsFleet) start(at time.Time) {
	at = at.Truncate(time.Millisecond)
	place := pick(l.random, l.places...)
	id := fmt.Sprintf("mvm-%d", len(l.meters))
	if l.random.IntN(20) == 0 {
		id = pick(l.random, "(fleet) x", "(image) "+id, strings.Repeat("m v%", 255)) + id
	}
	id, _ = emf.Name(id)
	m := &meter{place: place, group: logGroup + "0", now: at, line: emf.Line{
		Life: fmt.Sprintf("%032x", l.random.Uint64()), MicroVMID: id, Tenant: pick(l.random, l.names...), Image: "plans0",
		Publication: emf.Publication{Namespace: emf.DefaultNamespace, Metrics: emf.NoMetrics},
	}}
	if m.line.Tenant == emf.NoTenant {
		m.line.Tenant = ""
	}
	l.meters = append(l.meters, m)
	l.print(m, emf.Launch, at, at, usage.Amounts{usage.Launches: 1, pricing.SnapshotRead: 3 << 30})
}

// print prints a line about [from, to), a little later than the meter's now.
func (l *logsFleet) print(m *meter, event emf.Event, from, to time.Time, amounts usage.Amounts) {
	m.line.Sequence++
	line := m.line
	line.Event, line.PeriodStart, line.PeriodEnd, line.Amounts = event, from.UnixMilli(), to.UnixMilli(), amounts
	key := linesKey{m.place, line.MicroVMID, from.Truncate(5 * time.Minute).Unix()}
	of := l.printed[key]
	if of == nil {
		of = &printed{tenant: line.Tenant, image: line.Image}
		l.printed[key] = of
	}
	at := m.now.Add(120 * time.Millisecond)
	e := fakecloudwatch.LogEvent{At: at, Arrives: at.Add(time.Second), Message: string(line.AppendTo(nil))}
	if l.random.Float64() < l.late {
		e.Arrives = at.Add(time.Duration(l.random.IntN(40*60)) * time.Minute)
	}
	put := func(e fakecloudwatch.LogEvent) {
		l.logs.Put(fakecloudwatch.Place(m.place), m.group, line.MicroVMID, e)
	}
	if l.random.Float64() < l.losing {
		l.flaw(m, from, to)
		return
	}
	put(e)
	of.lines = append(of.lines, printedLine{amounts, e.Arrives})
	switch {
	case l.random.Float64() < 0.02:
		put(e) // once more
	case l.random.Float64() < l.hostile:
		l.disturb(m, e, line, put)
	}
}

// flaw marks the five minutes that a missing line may have been about, and their neighbours.
func (l *logsFleet) flaw(m *meter, from, to time.Time) {
	for _, at := range []time.Time{from.Add(-5 * time.Minute), from, to, to.Add(5 * time.Minute)} {
		key := linesKey{m.place, m.line.MicroVMID, at.Truncate(5 * time.Minute).Unix()}
		if l.printed[key] == nil {
			l.printed[key] = &printed{tenant: m.line.Tenant, image: m.line.Image}
		}
		l.printed[key].flawed = true
	}
}

// disturb prints something beside a line that is not to be believed, and must cost nothing else than that line's
// period.
func (l *logsFleet) disturb(m *meter, e fakecloudwatch.LogEvent, line emf.Line, put func(fakecloudwatch.LogEvent)) {
	switch l.random.IntN(7) {
	case 0:
		e.Message = e.Message[:len(e.Message)/2]
	case 1:
		e.Message = "panic: \x1b[31m" + e.Message
	case 2:
		e.Message = `{"Schema":"microspend.meter/v1","Sequence":-1}`
	case 3:
		e.Message = strings.Repeat(`[`, 20_000) + `"microspend.meter/v1"`
	case 4: // another line of the same number
		line.Amounts[usage.Running] += 7
		e.Message = string(line.AppendTo(nil))
		l.flaw(m, line.Start(), line.End())
	case 5: // more than a MicroVM can use; it takes the next number, so the life goes on after it
		m.line.Sequence++
		line.Sequence = m.line.Sequence
		line.Amounts[pricing.VCPU] = emf.MaxValue
		e.Message = string(line.AppendTo(nil))
		l.flaw(m, line.Start(), line.End())
	case 6:
		e.Message = strings.Replace(e.Message, "microspend.meter/v1", "microspend.meter/v9", 1)
	}
	put(e)
}

// live lets the fleet run, suspend, resume and end.
func (l *logsFleet) live(from, to time.Time) {
	if l.random.IntN(2) == 0 && len(l.meters) < 12 {
		l.start(from)
	}
	for _, m := range l.meters {
		// A line is printed at its end, so a meter's now may be before from. It lives eight hours at most.
		for m.now.Before(to) && m.line.Event != emf.Terminate {
			l.act(m, to)
		}
	}
}

// act lets a MicroVM run or sleep for a while, until a time at most.
func (l *logsFleet) act(m *meter, until time.Time) {
	while := time.Duration(1+l.random.Int64N(int64(50*time.Minute))).Truncate(time.Millisecond) + time.Millisecond
	end := civil.Earlier(m.now.Add(while), until.Truncate(time.Millisecond))
	if !end.After(m.now) {
		m.now = until
		return
	}
	if !m.suspended {
		last := pick(l.random, emf.Suspend, emf.Suspend, emf.Suspend, emf.Terminate)
		for m.now.Before(end) {
			from, to, event := m.now, m.now.Truncate(time.Minute).Add(time.Minute), emf.Interval
			if !to.Before(end) {
				to, event = end, last
			}
			m.now = to
			ms := to.Sub(from).Milliseconds()
			amounts := usage.Amounts{usage.Running: ms, pricing.VCPU: ms, pricing.Memory: ms * 2048}
			if event == emf.Suspend {
				amounts[usage.Suspends], amounts[pricing.SnapshotWrite] = 1, 2<<30
			}
			l.print(m, event, from, to, amounts)
		}
		m.suspended = last == emf.Suspend
		if last == emf.Terminate {
			m.line.Event = emf.Terminate
		}
		return
	}
	from := m.now
	m.now = end // which it finds out when it is resumed
	for from.Before(end) {
		to := civil.Earlier(from.Truncate(5*time.Minute).Add(5*time.Minute), end)
		ms := to.Sub(from).Milliseconds()
		l.print(m, emf.Suspended, from, to, usage.Amounts{usage.Suspended: ms, pricing.SnapshotStorage: ms * (2 << 30) / 1000})
		from = to
	}
	l.print(m, emf.Resume, end, end, usage.Amounts{usage.Resumes: 1, pricing.SnapshotRead: 2 << 30})
	m.suspended = false
}

func (l *logsFleet) length() int { return 2 + l.random.IntN(9) }

func (l *logsFleet) step() time.Duration {
	if l.random.IntN(4) == 0 {
		return time.Duration(1+l.random.IntN(300)) * time.Second
	}
	return time.Duration(1+l.random.IntN(8*60)) * time.Minute
}

func (l *logsFleet) heal() []time.Duration {
	clear(l.dead)
	return []time.Duration{time.Hour, 25 * time.Hour, 25 * time.Hour, 25 * time.Hour}
}

func (l *logsFleet) configure() {
	switch l.random.IntN(3) {
	case 0:
		account := pick(l.random, l.places...).Account
		l.dead[account] = !l.dead[account]
	case 1:
		l.skew = pick(l.random, 0, time.Hour, -time.Hour, -26*time.Hour)
	case 2:
		l.timing.Period = pick(l.random, 5*time.Minute, time.Hour)
	}
}

func (l *logsFleet) targets() []collector.Target { return l.places }

func (l *logsFleet) ended(run) {}

func (l *logsFleet) source() (collector.Source, collector.Timing, error) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	if err != nil {
		return nil, l.timing, err
	}
	source, err := logs.New(logs.Options{
		Prices: prices, Now: l.now, Explain: awssource.Explain,
		Client: func(_ context.Context, of collector.Target) (*logs.Client, error) {
			return logs.NewClient(l.config(of, l.dead)), nil
		},
	})
	return source, l.timing, err
}

func (l *logsFleet) fault(fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
	if !l.wire.fails(l.wire.mood / 2) {
		return fault
	}
	switch l.wire.random.IntN(7) {
	case 0:
		return fakecloudwatch.LogsFault{Fault: fakecloudwatch.Throttled}
	case 1:
		return fakecloudwatch.LogsFault{Fault: fakecloudwatch.Internal}
	case 2:
		return fakecloudwatch.LogsFault{Fault: fakecloudwatch.Down}
	case 3:
		return fakecloudwatch.LogsFault{Fault: pick(l.wire.random, fakecloudwatch.Expired, fakecloudwatch.Denied)}
	case 4, 5:
		return fakecloudwatch.LogsFault{Empty: true}
	default:
		return fakecloudwatch.LogsFault{Twice: true}
	}
}

// truth is what a period's lines come to at a time, and whether they are all there is.
func (l *logsFleet) truth(place collector.Target, microVM string, start time.Time, length time.Duration, at time.Time) (
	amounts usage.Amounts, lines int, whole bool,
) {
	whole = true
	for part := start; part.Before(start.Add(length)); part = part.Add(5 * time.Minute) {
		of := l.printed[linesKey{place, microVM, part.Unix()}]
		if of == nil {
			continue
		}
		whole = whole && !of.flawed
		for _, line := range of.lines {
			if line.arrives.After(at) {
				whole = false
				continue
			}
			lines++
			for m, amount := range line.amounts {
				amounts[m] += amount
			}
		}
	}
	return amounts, lines, whole
}

func (l *logsFleet) check(content []usage.Record, last run, final bool) {
	type key struct {
		place   collector.Target
		microVM string
		start   int64
	}
	ledger := map[key]*usage.Record{}
	lengths := map[collector.Target]map[int64]time.Duration{}
	for i := range content {
		r := &content[i]
		place := place(r)
		length := time.Duration(r.PeriodSeconds) * time.Second
		ledger[key{place, r.Resource.ID, r.PeriodStart.Unix()}] = r
		if lengths[place] == nil {
			lengths[place] = map[int64]time.Duration{}
		}
		lengths[place][r.PeriodStart.Unix()/86400] = length
		l.checkRecord(r, place, length)
	}
	excuses := append(l.forGood(), last.named()...)
	if final {
		l.gapsClose(last)
	}
	for of, printed := range l.printed {
		at := time.Unix(of.start, 0).UTC()
		length := cmp.Or(lengths[of.place][of.start/86400], l.timing.Period)
		start := at.Truncate(length)
		since := l.lastRead(of.place, start, length, []string{of.microVM}).seen
		amounts, lines, whole := l.truth(of.place, of.microVM, start, length, since)
		r := ledger[key{of.place, of.microVM, start.Unix()}]
		switch {
		case since.IsZero() || lines == 0:
		case covered(excuses, of.place, start, length, []string{of.microVM}):
			l.Excused++
		case r == nil:
			l.wrong("%.60s at %s (%s) is lacking and nothing says why; %d lines of tenant %.40q come to %v", of.microVM, start,
				length, lines, printed.tenant, amounts)
		case final && whole && !printed.flawed && r.Amounts != amounts:
			l.wrong("%.60s at %s is %+v, and its lines come to %v", of.microVM, start, r, amounts)
		}
	}
}

// checkRecord checks that a record has nothing but what lines said, and that a complete one has all of it.
func (l *logsFleet) checkRecord(r *usage.Record, place collector.Target, length time.Duration) {
	microVM := r.Resource.ID
	amounts, lines, _ := l.truth(place, microVM, r.PeriodStart, length, l.service.AddDate(1, 0, 0))
	if lines == 0 {
		flawed := false
		for part := r.PeriodStart; part.Before(r.PeriodStart.Add(length)); part = part.Add(5 * time.Minute) {
			of := l.printed[linesKey{place, microVM, part.Unix()}]
			flawed = flawed || of != nil && of.flawed
		}
		if !flawed {
			l.wrong("nobody printed this: %+v", r)
		}
		return
	}
	for m := range r.Amounts {
		if r.Amounts[m] > amounts[m] && r.Coverage != usage.CoverageUnknown {
			l.wrong("a record has more than was printed, %v: %+v", amounts, r)
			return
		}
	}
	if r.Coverage != usage.CoverageComplete {
		return
	}
	for _, run := range l.runs {
		if at, _, _ := l.truth(place, microVM, r.PeriodStart, length, run.at); at == r.Amounts {
			return
		}
	}
	l.wrong("a complete record is not what was printed, %v: %+v", amounts, r)
}
