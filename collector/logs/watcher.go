package logs

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"microspend/collector"
	"microspend/collector/watch"
	"microspend/internal/civil"
	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// Watcher adds to what another watcher finds what the newest lines of meters say: what MicroVMs are billed for now, and
// whose they are. It believes lines as a [Source] does, and writes nothing. It implements [watch.Watcher].
//
// Lines are read once in half a minute, behind the looks, which never wait for them.
type Watcher struct {
	inner  watch.Watcher
	source *Source

	mu    sync.Mutex
	tails map[collector.Target]*tail
}

// Over returns a watcher over another one.
func (s *Source) Over(inner watch.Watcher) *Watcher {
	return &Watcher{inner: inner, source: s, tails: map[collector.Target]*tail{}}
}

const (
	tailEvery   = 30 * time.Second
	tailFirst   = 10 * time.Minute // of lines that are read at first
	tailOverlap = 2 * time.Minute  // that are read again, as lines come late
	tailKept    = time.Hour
	tailLongest = time.Minute // that reading may take
	tailBytes   = 64 << 20    // of lines that are read at a time
	tailGroups  = 100         // of log groups that are read
)

// tail is what was read of an account and region.
type tail struct {
	target collector.Target

	mu      sync.Mutex
	asked   time.Time
	reading bool
	until   time.Time // up to when lines were read
	fault   string
	told    map[string]*heard
}

// heard is what meters said of a MicroVM.
type heard struct {
	tenant string
	gauges []watch.Gauge // in order of time
}

// Look implements [watch.Watcher].
func (w *Watcher) Look(ctx context.Context) (watch.Look, error) {
	look, err := w.inner.Look(ctx)
	if err != nil {
		return look, err
	}
	look.Places, look.MicroVMs = slices.Clone(look.Places), slices.Clone(look.MicroVMs)
	tails := map[collector.Target]*tail{}
	for i := range look.Places {
		p := &look.Places[i]
		t := w.tail(collector.Target{Account: p.Account, Region: p.Region})
		t.follow(ctx, w.source)
		t.mu.Lock()
		p.MetersAt = t.until
		if t.fault != "" {
			p.Lacks = cmp.Or(p.Lacks, "lines of meters: "+t.fault)
		}
		tails[t.target] = t
		t.mu.Unlock()
	}
	for i := range look.MicroVMs {
		m := &look.MicroVMs[i]
		tails[collector.Target{Account: m.Account, Region: m.Region}].add(m)
	}
	return look, nil
}

func (w *Watcher) tail(target collector.Target) *tail {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tails[target]
	if t == nil {
		t = &tail{target: target, told: map[string]*heard{}}
		w.tails[target] = t
	}
	return t
}

// add adds to a MicroVM what meters said of it.
func (t *tail) add(m *watch.MicroVM) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.told[m.ID]
	if of == nil {
		return
	}
	m.Gauges, m.Tenant = slices.Clone(of.gauges), cmp.Or(m.Tenant, of.tenant)
}

// follow reads on where it is time to, and does not wait for it.
func (t *tail) follow(ctx context.Context, s *Source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.options.Now()
	if since := now.Sub(t.asked); t.reading || since >= 0 && since < tailEvery {
		return
	}
	t.asked, t.reading = now, true
	from := civil.Later(now.Add(-tailFirst), t.until.Add(-tailOverlap))
	if from.After(now) { // the clock was set back
		from = now.Add(-tailFirst)
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), tailLongest)
	go func() {
		defer cancel()
		found, err := t.read(bounded, s, from, now)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.reading = false
		if t.fault = ""; err != nil {
			t.fault = s.options.Explain(err).Error()
			return
		}
		t.until = now
		t.keep(found, now)
	}()
}

// read reads the lines that were printed in [from, now).
func (t *tail) read(ctx context.Context, s *Source, from, now time.Time) (map[string]*heard, error) {
	groups, err := s.targets.For(ctx, t.target)
	if err != nil {
		return nil, err
	}
	listed, _, err := s.list(ctx, groups)
	if err != nil {
		return nil, err
	}
	found := map[string]*heard{}
	window := collector.Window{
		From: from.Truncate(finestPeriod), To: now.Truncate(finestPeriod).Add(finestPeriod), Period: finestPeriod,
	}
	for i, group := range listed {
		if i == tailGroups {
			break
		}
		r := newReading(t.target, s.origin(group.name), s.options.Tenants, window)
		r.most = tailBytes
		r.told = func(u *logUsage, c *logCell, line *emf.Line) {
			of := found[u.id]
			if of == nil {
				of = &heard{}
				found[u.id] = of
			}
			var record usage.Record
			r.attribute(&record, u, c)
			of.tenant = record.Tenant
			if gauge, ran := gaugeOf(line); ran {
				of.gauges = append(of.gauges, gauge)
			}
		}
		in := &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: &r.group, FilterPattern: aws.String(`"` + emf.Schema + `"`),
		}
		if _, err := s.pages(ctx, groups.Client, in, from, now, maxPages, r.event); err != nil && !gone(err) {
			return nil, err
		}
	}
	return found, nil
}

// gaugeOf is what a line says was billed on average while the MicroVM ran, and reports whether it ran at all.
func gaugeOf(line *emf.Line) (g watch.Gauge, ran bool) {
	running := line.Amounts[usage.Running]
	if running <= 0 || line.PeriodEnd <= line.PeriodStart {
		return g, false
	}
	vcpu := line.Amounts[pricing.VCPU] * 1000 / running
	return watch.Gauge{
		From: line.Start(), At: line.End(), VCPU: vcpu, PeakVCPU: vcpu, MemoryMiB: line.Amounts[pricing.Memory] / running,
		Billed: true,
	}, true
}

// keep adds what was found to what is known, and forgets what is older than an hour.
func (t *tail) keep(found map[string]*heard, now time.Time) {
	for id, more := range found {
		of := t.told[id]
		if of == nil {
			of = &heard{}
			t.told[id] = of
		}
		of.tenant = cmp.Or(more.tenant, of.tenant)
		of.gauges = append(of.gauges, more.gauges...)
		slices.SortFunc(of.gauges, func(a, b watch.Gauge) int {
			return cmp.Or(a.From.Compare(b.From), b.At.Compare(a.At))
		})
		of.gauges = apart(of.gauges)
	}
	for id, of := range t.told {
		of.gauges = slices.DeleteFunc(of.gauges, func(g watch.Gauge) bool { return g.At.Before(now.Add(-tailKept)) })
		if len(of.gauges) == 0 && found[id] == nil {
			delete(t.told, id)
		}
	}
}

// apart leaves out gauges of a time that another is of already, such as those of lines that were read again.
func apart(gauges []watch.Gauge) []watch.Gauge {
	kept := gauges[:0]
	for _, g := range gauges {
		if n := len(kept); n == 0 || !g.From.Before(kept[n-1].At) {
			kept = append(kept, g)
		}
	}
	return kept
}
