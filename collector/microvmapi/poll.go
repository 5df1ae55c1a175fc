package microvmapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/usage"
)

// poll is one look at a target.
type poll struct {
	source *Source
	api    *Client
	target collector.Target
	state  *state

	now     int64           // when the listing was complete, by the service's clock
	loose   bool            // whether one of the clocks was set since the last poll
	seen    []observed      // by id
	inUse   map[string]bool // the versions of MicroVMs that are listed
	pending map[string]bool // the versions whose sizes could not be asked for this time

	records     []usage.Record
	gaps        []collector.Gap
	quarantined []collector.Quarantine
	counts      map[string]int64
	calls       int64

	running, suspended       bounds
	runningSum, suspendedSum int64
	unseen                   int64
	details                  int // MicroVMs asked about
	told                     map[*life]Microvm

	// Of a look that only shows what there is; see [Watcher].
	pages  int64                             // calls that the listing took
	most   int                               // MicroVMs that may be asked about, whyever; 0 means any number
	passed func(*life, observation, passage) // told of each stretch of time before it is counted; may be nil
	denied error                             // why a MicroVM could not be asked about; the first reason
}

// mayAsk reports whether one more MicroVM may be asked about.
func (p *poll) mayAsk() bool { return p.most == 0 || p.details < p.most }

// observed is a MicroVM in a listing.
type observed struct {
	id, image, version string
	observation
}

// run looks at the target and brings the state up to now. The state is changed only when all of the listing was read.
func (p *poll) run(ctx context.Context) error {
	if err := p.list(ctx); err != nil {
		return err
	}
	first := p.state.At == span{}
	if first {
		p.state.Since = p.seenFrom()
	}
	p.state.Cut = p.state.Cut.wanted(int64(p.source.options.Period/time.Second), p.state.At.To/1000, p.now/1000)
	p.reportSilence(first)
	for _, o := range p.seen {
		p.observe(ctx, o)
	}
	p.missing(ctx)
	p.state.At = span{p.seenFrom(), p.now}

	err := p.storage(ctx)
	for _, v := range p.state.Versions {
		if err := p.learn(ctx, v); err != nil {
			if ctx.Err() != nil {
				return err
			}
			p.pending[v.key()] = true
			p.gap(fmt.Sprintf("the sizes of %s", v.key()), p.source.explain(err))
		}
	}
	p.lifeRecords()
	p.imageRecords()
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		p.gap("the storage of images", p.source.explain(err))
	}
	return nil
}

// seenFrom is when the listing was begun.
func (p *poll) seenFrom() int64 {
	from := p.now
	for _, o := range p.seen {
		from = min(from, o.At.From)
	}
	return from
}

// The bounds of a listing: pages in all, of which each may be empty without being the last.
const mostPages = 20_000

// pages reads a listing to its end. A token that comes a second time ends it as an error: the service has lost its way,
// and what it lists is not all there is.
func pages[T checked](
	ctx context.Context, p *poll, what string, ask func(ctx context.Context, token string) (Page[T], error),
	take func(Page[T]) error,
) error {
	token, seen := "", map[string]bool{}
	for {
		page, err := ask(ctx, token)
		p.calls++
		if err == nil {
			err = take(page)
		}
		if err != nil || page.NextToken == "" {
			return err
		}
		token = page.NextToken
		switch {
		case seen[token]:
			return fmt.Errorf("the listing of %s does not end: a token came twice", what)
		case len(seen) == mostPages:
			return fmt.Errorf("the listing of %s does not end: it has more than %d pages", what, mostPages)
		}
		seen[token] = true
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// bad names the items of a page that cannot be understood, and reports whether there are any.
func (p *poll) bad(what string, items []BadItem) bool {
	for _, item := range items {
		p.quarantine(what+" "+item.ID, item.Reason)
	}
	return len(items) > 0
}

func (p *poll) quarantine(what, reason string) {
	p.quarantined = append(p.quarantined, collector.Quarantine{Target: p.target, What: what, Reason: bounded(reason, 300)})
}

// list reads which MicroVMs there are.
func (p *poll) list(ctx context.Context) error {
	var sent int64
	ask := func(ctx context.Context, token string) (Page[MicrovmItem], error) {
		sent = p.source.options.Now().UnixMilli()
		return p.api.ListMicrovms(ctx, token)
	}
	err := pages(ctx, p, "MicroVMs", ask, func(page Page[MicrovmItem]) error {
		at := span{sent, max(p.source.options.Now().UnixMilli(), sent)}
		p.setClock(page.ServerTime, at)
		at = span{at.From + p.state.Offset, at.To + p.state.Offset}
		p.bad("MicroVM", page.Bad)
		for _, item := range page.Items {
			if err := p.nameable(item); err != nil {
				p.quarantine("MicroVM "+bounded(item.ID, 120), err.Error())
				continue
			}
			p.seen = append(p.seen, observed{item.ID, item.ImageARN, item.ImageVersion, observation{
				State: p.stateOf(item.ID, item.State), At: at, Started: millis(item.StartedAt.V),
			}})
		}
		p.now = at.To
		return nil
	})
	if err != nil {
		return err
	}
	p.seen = once(p.seen)
	for i := range p.seen {
		p.seen[i].Loose = p.loose
	}
	p.counts["MicroVMs listed"] += int64(len(p.seen))
	return nil
}

// nameable returns what keeps the names of an item out of any record.
func (p *poll) nameable(item MicrovmItem) error {
	r := p.recordOf(tally{Start: p.source.options.Now().Unix() / secondsInDay * secondsInDay, Length: 1})
	r.Resource.ID, r.Image = item.ID, imageKey(item.ImageARN, item.ImageVersion)
	return r.Check()
}

// stateOf is a state as the service says it. One that this program does not know is kept, as far as it is a name.
func (p *poll) stateOf(id string, state MicrovmState) MicrovmState {
	if state.known() {
		return state
	}
	state = MicrovmState(bounded(string(state), 64))
	reason := fmt.Sprintf("state %q is not known: time in it counts as neither running nor suspended", state)
	if state == "" {
		state = "(none)"
		reason = "the service gives no state: the time until it does counts as neither running nor suspended"
	}
	p.quarantine("the state of MicroVM "+bounded(id, 120), reason)
	return state
}

// millis is a moment in Unix milliseconds; 0 where there is none, which no moment of the service's is.
func millis(e epoch) int64 {
	if e.IsZero() {
		return 0
	}
	return max(e.UnixMilli(), 0)
}

// once sorts MicroVMs by id and leaves each in once. One that comes twice, because others went away between two pages,
// counts as last seen; but none comes back from its end.
func once(seen []observed) []observed {
	slices.SortStableFunc(seen, func(a, b observed) int { return strings.Compare(a.id, b.id) })
	kept := seen[:0]
	for _, o := range seen {
		switch last := len(kept) - 1; {
		case last < 0 || kept[last].id != o.id:
			kept = append(kept, o)
		case !kept[last].over():
			kept[last] = o
		}
	}
	return kept
}

// setClock compares the machine's clock with the service's, which the times of launches and ends are of. Where they
// differ by more than the service's clock is known to, its time counts from now on, however often the machine's clock
// is set.
func (p *poll) setClock(server time.Time, at span) {
	if server.IsZero() {
		return
	}
	ahead := server.UnixMilli() + 500 - (at.From+at.To)/2 // the header cuts off the fraction of the second
	if off := ahead - p.state.Offset; off > clockTolerance || off < -clockTolerance {
		p.state.Offset, p.loose = ahead, true
		p.counts["times the machine's clock did not go with the service's"]++
	}
	if p.state.Offset != 0 && ahead < clockTolerance && ahead > -clockTolerance {
		p.state.Offset, p.loose = 0, true
	}
}

// reportSilence names the time in which there were no polls.
func (p *poll) reportSilence(first bool) {
	if silent := p.now - p.state.At.To; !first && silent > p.source.options.MaxGap.Milliseconds() {
		p.gaps = append(p.gaps, collector.Gap{
			Target: p.target,
			Window: collector.Window{From: time.UnixMilli(p.state.At.To).UTC(), To: time.UnixMilli(p.now).UTC()},
			Reason: fmt.Sprintf("there was no poll for %v; what MicroVMs did in that time is not known",
				(time.Duration(silent) * time.Millisecond).Round(time.Second)),
		})
	}
}

// observe brings a MicroVM up to what was seen of it.
func (p *poll) observe(ctx context.Context, o observed) {
	p.inUse[imageKey(o.image, o.version)] = true
	l, at := p.state.find(o.id)
	if l != nil && l.Over {
		return
	}
	if l == nil {
		l = &life{ID: o.id, Image: o.image, Version: o.version, Started: o.Started}
		p.state.Lives = slices.Insert(p.state.Lives, at, l)
	}
	before := l.State == "" && o.State == StateTerminated // it may have been over before there was a poll
	first := p.state.At == span{}
	if before && (l.Started == 0 && first || l.Started != 0 && l.Started < p.state.Since) {
		l.Over, l.State, l.At, l.Ended = true, o.State, o.At, l.Started
		return
	}
	p.state.image(l.Image, l.Version)
	details := (!l.Asked || l.Started == 0 && l.State == "") && p.details < p.source.options.Details
	if o.State == StateTerminated || details {
		if !p.mayAsk() {
			return
		}
		if !p.askAbout(ctx, l, &o.observation) && o.State == StateTerminated {
			p.counts["MicroVMs that could not be asked about"]++
			return // the next poll finds out when it ended
		}
	}
	if l.State == "" {
		p.begin(l, &o.observation, first)
	}
	p.advance(l, o.observation)
}

// begin settles since when a MicroVM is known. One whose start nobody tells was launched since the last poll, as it
// would have been listed then; it counts from the moment on at which it was first seen.
func (p *poll) begin(l *life, o *observation, first bool) {
	o.Started = l.Started
	l.Whole = l.Started >= p.state.Since
	if l.Started != 0 {
		return
	}
	p.quarantine("the start of MicroVM "+bounded(l.ID, 120),
		"the service gives no startedAt that can be read; it counts from when it was first seen, as a lower bound")
	l.Whole = false
	if !first {
		l.Started, o.Started = o.At.To, o.At.To
		before := bounds{0, o.At.To - p.state.At.From}
		p.running.add(before)
		p.suspended.add(before)
	}
}

// askAbout gets what a listing does not tell: when a MicroVM ended, its role, and what it was launched with. It reports
// whether there was an answer, which may be that nothing is known.
func (p *poll) askAbout(ctx context.Context, l *life, o *observation) bool {
	out, err := p.api.GetMicrovm(ctx, l.ID)
	p.calls++
	p.details++
	if err != nil {
		p.denied = cmp.Or(p.denied, err)
		l.Asked = unanswerable(err)
		return l.Asked
	}
	p.describe(l, out)
	if o.State == StateTerminated {
		o.Ended = endOf(out)
	}
	return true
}

// endOf is when a MicroVM was terminated; nil where that is not told.
func endOf(m Microvm) *int64 {
	if m.TerminatedAt.V == nil || m.TerminatedAt.V.IsZero() {
		return nil
	}
	ended := m.TerminatedAt.V.UnixMilli()
	return &ended
}

// describe keeps what was told of a MicroVM.
func (p *poll) describe(l *life, out Microvm) {
	l.Asked = true
	p.told[l] = out
	if l.Started == 0 && l.State == "" {
		l.Started = millis(out.StartedAt.V)
	}
	name := "MicroVM " + bounded(l.ID, 120)
	for member, fault := range map[string]string{
		"executionRoleArn": out.Role.Fault, "idlePolicy": out.Idle.Fault, "maximumDurationInSeconds": out.MaxSeconds.Fault,
		"terminatedAt": out.TerminatedAt.Fault,
	} {
		if fault != "" {
			p.quarantine(member+" of "+name, fault)
		}
	}
	if len(out.Role.V) > usage.MaxNameBytes || strings.IndexByte(out.Role.V, 0) >= 0 {
		p.quarantine("executionRoleArn of "+name, "it is not a name that a record may have")
		return
	}
	l.Role = out.Role.V
}

// advance counts what happened to a MicroVM since it was last seen.
func (p *poll) advance(l *life, o observation) {
	maxGap := p.source.options.MaxGap.Milliseconds()
	var passed passage
	if l.State == "" {
		passed = began(o, p.state.Since, maxGap)
	} else {
		passed = between(l.State, l.Slept || l.State.asleep(), l.At, o, maxGap)
	}
	if p.passed != nil {
		p.passed(l, o, passed)
	}
	l.Open.add(passed, p.state.Cut)
	p.running.add(passed.running)
	p.suspended.add(passed.suspended)
	p.unseen += passed.unseen
	for _, s := range passed.stretches {
		switch s.class {
		case running:
			p.runningSum += s.length()
		case suspended:
			p.suspendedSum += s.length()
		}
	}
	for _, e := range passed.events {
		p.counts[[...]string{launch: "launches", suspend: "suspends", resume: "resumes"}[e.kind]]++
	}
	if o.over() {
		l.Ended = end(l.At, o)
		if l.State == "" {
			l.Ended = end(span{l.Started, l.Started}, o)
		}
		l.Over = true
		p.counts["MicroVMs that ended"]++
	}
	l.State, l.At = o.State, o.At
	if o.State.known() {
		l.Slept = o.State.asleep()
	}
}

// missing looks after MicroVMs that are not listed any more.
func (p *poll) missing(ctx context.Context) {
	listed := map[string]bool{}
	for _, o := range p.seen {
		listed[o.id] = true
	}
	for _, l := range p.state.Lives {
		if l.Over || listed[l.ID] || !p.mayAsk() {
			continue
		}
		sent := p.source.options.Now().UnixMilli() + p.state.Offset
		out, err := p.api.GetMicrovm(ctx, l.ID)
		p.calls++
		p.details++
		at := span{sent, max(p.source.options.Now().UnixMilli()+p.state.Offset, sent)}
		o := observation{At: at, Started: l.Started, Loose: p.loose}
		switch {
		case isNotFound(err):
			o.Gone = true
		case err != nil:
			p.counts["MicroVMs that could not be asked about"]++
			continue // the next poll finds out
		default:
			p.describe(l, out)
			o.State, o.Ended = p.stateOf(l.ID, out.State), endOf(out)
		}
		p.inUse[imageKey(l.Image, l.Version)] = true
		p.advance(l, o)
	}
}

func isNotFound(err error) bool { return statusOf(err) == http.StatusNotFound }

// statusOf is the HTTP status that an error comes from, 0 where it comes from none.
func statusOf(err error) int {
	var status interface{ HTTPStatusCode() int }
	if !errors.As(err, &status) {
		return 0
	}
	return status.HTTPStatusCode()
}

func (p *poll) gap(what string, reason error) {
	p.gaps = append(p.gaps, collector.Gap{Target: p.target, What: what, Reason: reason.Error()})
}
