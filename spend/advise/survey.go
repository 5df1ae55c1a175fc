package advise

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
	"microspend/usage"
)

// MostLives is how many MicroVMs are looked at one by one, and MostPauses how many readings with a suspension are: what
// they are kept in stays below some hundred megabytes.
const (
	MostLives  = 1_000_000
	MostPauses = 2_000_000
)

// launched is what the MicroVMs of a cell did one by one.
type launched struct {
	lives  []life                  // in order of their beginning: see sort
	groups map[int64]*timeoutGroup // by the idle timeout that they were launched with, in seconds; 0 where it is not known

	imageBytes, imageReads int64 // read by launches in periods without a resume, and how many

	// leastRun is the shortest running time per suspend of a life, in milliseconds: no idle timeout in force was longer.
	leastRun int64
	fleets   int64 // records of MicroVMs that the source does not tell apart
}

// sort puts lives in order of their beginning, and those that began at once in order of their ids. Lives are closed in the
// order of a map, and of two that are alike in all that a question looks at, the answer may depend on which is first.
func (l *launched) sort() {
	slices.SortFunc(l.lives, func(a, b life) int {
		return cmp.Or(cmp.Compare(a.startFrom, b.startFrom), cmp.Compare(a.endUntil, b.endUntil),
			strings.Compare(a.account, b.account), strings.Compare(a.id, b.id))
	})
}

// timeoutGroup are those that were launched with one idle timeout.
type timeoutGroup struct {
	suspends int64
	paused   idle.Distribution // suspensions that a resume ended, by their length
}

// life is a MicroVM from its first period to its last. Times are in Unix milliseconds; where in a period it began or
// ended is known only where it lived in more than one.
type life struct {
	account, id           string
	startFrom, startUntil int64
	endFrom, endUntil     int64
	maxLife, held         int64 // what it was launched with: longest life and suspension, in seconds; 0 where not known

	lived    int64 // running and suspended
	trailing int64 // suspended at its end, with no resume after it
	suspends int64
	resumes  int64
	used     [pricing.QuantityCount]int64
	over     bool // it is over: usage reaches beyond its last period
	began    bool // its launch was seen
}

// capped reports whether a life reached the longest that it could.
func (l *life) capped() bool {
	most := cmp.Or(l.maxLife, pricing.MaxLifeSeconds)
	return l.lived >= (most-capSlack)*1000
}

// capSlack is by how many seconds a life that was ended by its cap may come out shorter: sources see its ends late.
const capSlack = 60

// busy is how much MicroVMs of a tenant were there at once, at the most.
type busy struct {
	day     int64
	current [24]moment
	last    [24]string // the MicroVM that was counted last, by hour
	peak    moment
}

// moment is an hour: how long MicroVMs ran in it, were there at all, and how many.
type moment struct{ runningMS, aliveMS, microvms int64 }

// flush takes the day that is over into the peak.
func (b *busy) flush() {
	for _, m := range b.current {
		b.peak = moment{
			max(b.peak.runningMS, m.runningMS), max(b.peak.aliveMS, m.aliveMS), max(b.peak.microvms, m.microvms),
		}
	}
	b.current, b.last = [24]moment{}, [24]string{}
}

func (b *busy) add(r *usage.Record) {
	if day := r.PeriodStart.Unix() / 86_400; day != b.day {
		b.flush()
		b.day = day
	}
	first := r.PeriodStart.Unix() % 86_400
	until := first + r.PeriodSeconds
	running, alive := r.Amounts[usage.Running], r.Amounts[usage.Running]+r.Amounts[usage.Suspended]
	for hour := first / 3600; hour*3600 < until; hour++ {
		from, to := max(hour*3600, first)-first, min((hour+1)*3600, until)-first
		m := &b.current[hour]
		m.runningMS += usage.PartOf(running, from, to, r.PeriodSeconds)
		m.aliveMS += usage.PartOf(alive, from, to, r.PeriodSeconds)
		if id := r.Resource.ID; id != b.last[hour] || m.microvms == 0 { // a day is in the order of ids
			m.microvms, b.last[hour] = m.microvms+1, id
		}
	}
}

// place is a tenant in a region.
type place struct{ tenant, region string }

// storedImage is a version of an image whose storage was recorded.
type storedImage struct {
	cell          *cell
	account, id   string
	image         string
	byteSeconds   int64
	first, latest int64 // Unix seconds
}

// survey is what single records tell.
type survey struct {
	fleet    *fleet
	table    *lifecycle.Table
	open     map[lifeKey]*openLife
	busy     map[place]*busy
	images   map[string]*storedImage
	launches map[string]bool // images, and versions of them, that anything was launched from or ran on: see launchKey
	count    int
	readings int
	err      error // why lives are not complete
	pausing  error // why pauses are not
	day      int64
}

type lifeKey struct{ region, account, id string }

// openLife is a life that may go on.
type openLife struct {
	life
	cell        *cell
	timeout     int64
	first       [2]int64 // the first period, Unix ms
	firstUsed   int64
	last        [2]int64
	lastUsed    int64
	begun, done int64 // suspends and resumes since they were last even
	away        int64 // suspended since then
	ran         int64
}

// staleAfter is how long after its last period a life is known to be over: no MicroVM lives longer than 8 hours.
const staleAfter = int64(9 * time.Hour / time.Millisecond)

// read goes through records once. Where they are too many to be looked at one by one, or cannot be read, the survey
// says so and advice that needs them is not given.
func (s *survey) read(records iter.Seq2[usage.Record, error]) error {
	owner := s.fleet.source.RecordOwner()
	key := ""
	trace, err := idle.FromRecords(func(yield func(usage.Record, error) bool) {
		for r, err := range records {
			if damaged := (*ledger.DamagedError)(nil); errors.As(err, &damaged) {
				continue // it is named where sums are read
			}
			if err != nil {
				yield(r, err)
				return
			}
			c, timeout := s.add(&r, owner)
			if c == nil || s.pausing != nil || !pauses(&r) {
				continue
			}
			if s.readings++; s.readings > MostPauses {
				s.pausing = fmt.Errorf("there are more than %s suspensions; narrow the time or the tenants",
					figures.Int(MostPauses))
				continue
			}
			key = pauseKey(c, timeout)
			if !yield(r, nil) {
				return
			}
		}
	}, idle.RecordOptions{Owner: func(*usage.Record) string { return key }})
	if err != nil && !errors.Is(err, idle.ErrNoGaps) {
		return err
	}
	for _, l := range s.open {
		s.finish(l)
	}
	for _, c := range s.fleet.cells {
		c.launched.sort()
	}
	for _, b := range s.busy {
		b.flush()
	}
	if err != nil || s.pausing != nil {
		return nil
	}
	byKey, err := trace.ByTenant()
	if err != nil {
		s.pausing = err
		return nil
	}
	for _, c := range s.fleet.cells {
		for timeout, group := range c.launched.groups {
			group.paused = byKey[pauseKey(c, timeout)]
		}
	}
	return nil
}

func pauses(r *usage.Record) bool {
	return r.Amounts[usage.Suspends] != 0 || r.Amounts[usage.Resumes] != 0 || r.Amounts[usage.Suspended] != 0
}

func pauseKey(c *cell, timeout int64) string {
	return strconv.Itoa(c.index) + " " + strconv.FormatInt(timeout, 10)
}

// add takes a record in, and returns the cell that it is of, nil where it is of none, and the idle timeout that its
// MicroVM was launched with.
func (s *survey) add(r *usage.Record, owner func(*usage.Record) string) (*cell, int64) {
	end := r.PeriodStart.UnixMilli() + r.PeriodSeconds*1000
	if day := r.PeriodStart.Unix() / 86_400; day != s.day {
		s.day = day
		s.retire(r.PeriodStart.UnixMilli())
	}
	c := s.fleet.find(cellKey{owner(r), r.Image, r.Region, r.Arch})
	if r.Resource.Kind == usage.KindImage {
		s.stored(r, c, end)
		return nil, 0
	}
	if r.Amounts[usage.Launches]+r.Amounts[usage.Running]+r.Amounts[pricing.VCPU] > 0 {
		s.launches[launchKey(r.Region, r.Account, r.Image)] = true
	}
	if c == nil {
		return nil, 0
	}
	if r.Resource.Kind == usage.KindFleet {
		c.launched.fleets++
		return nil, 0
	}
	at := place{c.tenant, c.region}
	if s.busy[at] == nil {
		s.busy[at] = &busy{}
	}
	s.busy[at].add(r)
	if r.Amounts[usage.Launches] > 0 && r.Amounts[usage.Resumes] == 0 {
		c.launched.imageBytes += r.Amounts[pricing.SnapshotRead]
		c.launched.imageReads += r.Amounts[usage.Launches]
	}
	l := s.life(r, c)
	if l == nil {
		return c, 0
	}
	l.add(r)
	return c, l.timeout
}

// launchKey is under what an image that something runs on is noted.
func launchKey(region, account, image string) string {
	return region + "\x00" + account + "\x00" + image
}

func (s *survey) stored(r *usage.Record, c *cell, end int64) {
	if c == nil {
		return
	}
	key := launchKey(r.Region, r.Account, r.Resource.ID)
	image := s.images[key]
	if image == nil {
		image = &storedImage{cell: c, account: r.Account, id: r.Resource.ID, image: r.Image, first: r.PeriodStart.Unix()}
		s.images[key] = image
	}
	image.cell = c
	image.byteSeconds += r.Amounts[pricing.SnapshotStorage]
	image.latest = max(image.latest, end/1000)
}

// life finds the life that a record is of, or begins it; nil where there are too many.
func (s *survey) life(r *usage.Record, c *cell) *openLife {
	key := lifeKey{r.Region, r.Account, r.Resource.ID}
	if l := s.open[key]; l != nil {
		return l
	}
	if s.count++; s.count > MostLives {
		s.err = fmt.Errorf("there are more than %s MicroVMs; narrow the time or the tenants", figures.Int(MostLives))
		return nil
	}
	l := &openLife{cell: c}
	l.account, l.id = r.Account, r.Resource.ID
	if m, found := s.table.Of(r); found {
		l.timeout, l.maxLife, l.held = value(m.MaxIdle), value(m.MaxLife), value(m.Suspended)
		if m.ImageVersion != "" {
			s.launches[launchKey(r.Region, r.Account, r.Image+":"+m.ImageVersion)] = true
		}
	}
	s.open[key] = l
	return l
}

func value(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

func (l *openLife) add(r *usage.Record) {
	from := r.PeriodStart.UnixMilli()
	to := from + r.PeriodSeconds*1000
	alive := r.Amounts[usage.Running] + r.Amounts[usage.Suspended]
	if l.first[1] == 0 {
		l.first, l.firstUsed = [2]int64{from, to}, alive
	}
	if from > l.last[0] || l.last[1] == 0 {
		l.last, l.lastUsed = [2]int64{from, to}, alive
	}
	l.began = l.began || r.Amounts[usage.Launches] > 0
	l.lived += alive
	l.ran += r.Amounts[usage.Running]
	l.suspends += r.Amounts[usage.Suspends]
	l.resumes += r.Amounts[usage.Resumes]
	for q := range l.used {
		l.used[q] += r.Amounts[q]
	}
	l.begun += r.Amounts[usage.Suspends]
	l.done += r.Amounts[usage.Resumes]
	l.away += r.Amounts[usage.Suspended]
	if l.done >= l.begun {
		l.begun, l.done, l.away = 0, 0, 0
	}
}

// retire closes lives that are over, so that few are open at a time.
func (s *survey) retire(now int64) {
	for key, l := range s.open {
		if l.last[1] < now-staleAfter {
			s.finish(l)
			delete(s.open, key)
		}
	}
}

func (s *survey) finish(open *openLife) {
	l := open.life
	l.startFrom, l.startUntil = open.first[0], open.first[1]-open.firstUsed
	l.endFrom, l.endUntil = open.last[0]+open.lastUsed, open.last[1]
	if open.first != open.last { // alive at the end of the first period and at the start of the last
		l.startFrom, l.endUntil = l.startUntil, l.endFrom
	}
	if open.begun > open.done { // those that share a period are taken to be equally long, as in package idle
		l.trailing = usage.PartOf(open.away, 0, open.begun-open.done, open.begun)
	}
	l.over = open.last[1] < s.fleet.span.To.UnixMilli() || l.capped()
	c := &open.cell.launched
	if c.groups == nil {
		c.groups = map[int64]*timeoutGroup{}
	}
	if c.groups[open.timeout] == nil {
		c.groups[open.timeout] = &timeoutGroup{}
	}
	c.groups[open.timeout].suspends += l.suspends
	if l.suspends > 0 && l.began {
		least := open.ran / l.suspends
		if c.leastRun == 0 {
			c.leastRun = math.MaxInt64
		}
		c.leastRun = min(c.leastRun, least)
	}
	c.lives = append(c.lives, l)
}
