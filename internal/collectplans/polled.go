package collectplans

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/usage"
)

const (
	polledImage = "arn:aws:lambda:eu-west-1:123456789012:microvm-image:web"
	longestGap  = 3 * time.Minute // between two polls that is filled in
)

// polledFleet is a fleet whose states are polled. Every state that is billed lasts longer than the longest time that
// is filled in, so that no two polls miss a cycle: that is what the source says it cannot see.
type polledFleet struct {
	*plan
	service *fakemicrovms.Service
	target  collector.Target
	ids     []string
	odd     map[string]bool // of which the service tells what nobody understands, now and then
	dead    map[string]bool
	timing  collector.Timing
}

func newPolled(p *plan) *polledFleet {
	l := &polledFleet{
		plan: p, target: collector.Target{Account: "123456789012", Region: "eu-west-1"}, dead: map[string]bool{},
		odd: map[string]bool{}, timing: collector.Timing{Period: pick(p.random, 5*time.Minute, 5*time.Minute, time.Minute)},
	}
	l.service = fakemicrovms.New(fakemicrovms.Options{
		Now: func() time.Time { return p.service }, Faults: l.fault, PageItems: 1 + p.random.IntN(5),
	})
	l.service.AddImage(fakemicrovms.Image{
		ARN: polledImage, Version: "1.0", MemoryMiB: 2048, CreatedAt: p.service.Add(-time.Hour),
		Builds: []fakemicrovms.Build{{ID: "g3", Memory: 1000, Disk: 100, Code: 10}},
	})
	p.wire.handler, p.wire.empty, p.wire.rewrite = l.service, []byte("{}"), l.rewrite
	for range 1 + p.random.IntN(5) {
		l.start(p.service.Add(time.Duration(p.random.IntN(40)-20) * time.Minute))
	}
	return l
}

// start begins a life whose whole course is drawn.
func (l *polledFleet) start(at time.Time) {
	millis := func(from, to time.Duration) time.Duration {
		return from + time.Duration(l.random.Int64N((to-from).Milliseconds()))*time.Millisecond
	}
	id := fmt.Sprintf("mvm-%d", len(l.ids))
	l.ids = append(l.ids, id)
	l.odd[id] = l.random.IntN(4) == 0
	m := fakemicrovms.MicroVM{
		ID: id, Image: polledImage, Version: "1.0", Role: "arn:aws:iam::123456789012:role/" + id, StartedAt: at,
	}
	now := at.Add(millis(0, 40*time.Second))
	change := func(state microvmapi.MicrovmState) {
		m.Changes = append(m.Changes, fakemicrovms.Change{At: now, State: state})
	}
	state := microvmapi.StateRunning
	for range 1 + l.random.IntN(8) {
		change(state)
		now = now.Add(millis(longestGap+time.Minute, 15*time.Minute))
		if state == microvmapi.StateRunning {
			if l.random.IntN(2) == 0 {
				change(microvmapi.StateSuspending)
				now = now.Add(millis(0, 20*time.Second))
			}
			state = microvmapi.StateSuspended
		} else {
			state = microvmapi.StateRunning
		}
	}
	if l.random.IntN(3) > 0 {
		change(microvmapi.StateTerminated)
	}
	l.service.Add(m)
}

func (l *polledFleet) live(from, to time.Time) {
	if l.random.IntN(8) == 0 && len(l.ids) < 12 {
		l.start(from.Add(time.Duration(l.random.Int64N(int64(to.Sub(from))))))
	}
}

func (l *polledFleet) length() int { return 10 + l.random.IntN(50) }

func (l *polledFleet) step() time.Duration {
	switch l.random.IntN(60) {
	case 0:
		return 20 * time.Minute
	case 1:
		return time.Duration(1+l.random.IntN(20*24)) * time.Hour
	}
	return time.Duration(2000+l.random.IntN(148_000)) * time.Millisecond
}

func (l *polledFleet) heal() []time.Duration {
	clear(l.dead)
	steps := []time.Duration{15 * time.Minute} // the clock may have been ahead
	for range 8 {
		steps = append(steps, time.Minute)
	}
	return steps
}

func (l *polledFleet) configure() {
	switch l.random.IntN(4) {
	case 0:
		l.dead[l.target.Account] = !l.dead[l.target.Account]
	case 1:
		l.skew = pick(l.random, 0, 30*time.Second, 10*time.Minute, -10*time.Minute)
	case 2:
		l.timing.Period = pick(l.random, 5*time.Minute, time.Minute)
	}
}

func (l *polledFleet) targets() []collector.Target { return []collector.Target{l.target} }

func (l *polledFleet) ended(run) {}

func (l *polledFleet) source() (collector.Source, collector.Timing, error) {
	source, err := microvmapi.New(microvmapi.Options{
		Poll: time.Minute, MaxGap: longestGap, Period: l.timing.Period, ImagesEvery: -1, Now: l.now,
		Explain: awssource.Explain,
		Client: func(ctx context.Context, of collector.Target) (*microvmapi.Client, error) {
			wait := func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
			return microvmapi.NewClient(ctx, l.config(of, l.dead), awssource.Clock{Now: l.now, Sleep: wait}), nil
		},
	})
	return source, l.timing, err
}

func (l *polledFleet) fault(fakemicrovms.Call) fakemicrovms.Fault {
	if !l.wire.fails(l.wire.mood / 2) {
		return fakemicrovms.Fault{}
	}
	return pick(l.wire.random, fakemicrovms.Throttled, fakemicrovms.Internal, fakemicrovms.Denied, fakemicrovms.Quota,
		fakemicrovms.Fault{Empty: true}, fakemicrovms.Fault{Repeat: true})
}

// rewrite has the listing say what nobody understands of the MicroVMs that are odd.
func (l *polledFleet) rewrite(r *http.Request, body []byte) []byte {
	if !strings.HasSuffix(r.URL.Path, "/microvms") {
		return body
	}
	var page struct {
		Items     []map[string]any `json:"items"`
		NextToken string           `json:"nextToken,omitempty"`
	}
	if json.Unmarshal(body, &page) != nil {
		return body
	}
	for _, item := range page.Items {
		if id, _ := item["microvmId"].(string); !l.odd[id] || l.wire.random.IntN(3) > 0 {
			continue
		}
		switch l.wire.random.IntN(5) {
		case 0, 1:
			item["state"] = "HIBERNATING"
		case 2:
			delete(item, "startedAt")
		case 3:
			item["startedAt"] = "soon"
		case 4:
			delete(item, "state")
		}
	}
	changed, err := json.Marshal(page)
	if err != nil {
		return body
	}
	return changed
}

func (l *polledFleet) check(content []usage.Record, last run, final bool) {
	type key struct {
		id    string
		start int64
	}
	ledger := map[key]bool{}
	length := time.Duration(0)
	for i := range content {
		r := &content[i]
		ledger[key{r.Resource.ID, r.PeriodStart.Unix()}] = true
		length = max(length, time.Duration(r.PeriodSeconds)*time.Second)
		end := r.PeriodStart.Add(time.Duration(r.PeriodSeconds) * time.Second)
		if r.Resource.Kind != usage.KindMicroVM || !slices.Contains(l.ids, r.Resource.ID) {
			l.wrong("nobody saw this: %+v", r)
			continue
		}
		if r.Amounts[usage.Running]+r.Amounts[usage.Suspended] > end.Sub(r.PeriodStart).Milliseconds() {
			l.wrong("more than a period: %+v", r)
		}
		truth := l.service.Truth(r.PeriodStart, end, r.Resource.ID)
		if r.Coverage == usage.CoverageComplete && (truth.Running.Milliseconds() != r.Amounts[usage.Running] ||
			truth.Suspended.Milliseconds() != r.Amounts[usage.Suspended]) {
			l.wrong("a complete record is not exact: %+v, it was %+v", r, truth)
		}
	}
	if final {
		l.gapsClose(last)
	}
	if final && length > 0 { // a first poll that was good is where it begins
		first := slices.IndexFunc(l.runs, func(r run) bool { return !r.unknown && len(r.summary.Gaps) == 0 })
		for _, id := range l.ids {
			for at := l.runs[first].at.Truncate(length); at.Before(last.at.Add(-2 * length)); at = at.Add(length) {
				truth := l.service.Truth(at, at.Add(length), id)
				if truth.Running+truth.Suspended == 0 || ledger[key{id, at.Unix()}] {
					continue
				}
				if l.unknown(at, at.Add(length), id) {
					l.Excused++
				} else {
					l.wrong("%s at %s is lacking and nothing says why; it was %+v", id, at, truth)
				}
			}
		}
	}
}

// unknown reports whether something says that a time is not known: a gap of any run, or that the polls around it were
// not all seen through.
func (l *polledFleet) unknown(from, to time.Time, id string) bool {
	before := false
	for _, r := range l.runs {
		near := !r.at.Before(from.Add(-longestGap)) && !r.at.After(to.Add(longestGap))
		before = before || !r.unknown && !r.at.After(from)
		if near && r.unknown || covered(r.named(), l.target, from, to.Sub(from), []string{id}) {
			return true
		}
	}
	return !before
}
