package microvmapi

import (
	"context"
	"errors"
	"slices"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/watch"
	"microspend/ledger/lifecycle"
)

// place is an account and region that is watched. While it is listed, state and known are the listing's alone.
type place struct {
	outcome
	target collector.Target
	state  *state // nil until it was looked at
	known  map[string]*watched

	asked   time.Time    // when it was last asked, by the machine's clock
	listing chan outcome // of the listing that is under way; nil where none is
}

// outcome is what came of a listing.
type outcome struct {
	watch.Place
	microvms []watch.MicroVM
	wait     time.Duration // from when it was asked until its next turn
}

// took takes the outcome of a listing that has ended.
func (p *place) took() bool {
	select {
	case p.outcome = <-p.listing:
		p.listing = nil
		return true
	default: // a listing that is not there never ends
		return false
	}
}

// await waits for the listing that is under way.
func (p *place) await(ctx context.Context) {
	if p.listing == nil || p.took() {
		return
	}
	select {
	case p.outcome = <-p.listing:
		p.listing = nil
	case <-ctx.Done():
	}
}

// told reports whether there is anything to tell of the place: what was listed, or why it could not be.
func (p *place) told() bool { return !p.ListedAt.IsZero() || p.Fault != "" }

// watched is what is known of a MicroVM beyond its [life].
type watched struct {
	life     []watch.Stretch
	policy   watch.Policy
	maxLife  time.Duration
	ended    time.Time
	endAsked bool
}

func newPlace(target collector.Target, quota int64) *place {
	return &place{
		outcome: outcome{Place: watch.Place{Account: target.Account, Region: target.Region, Quota: quota}},
		target:  target, known: map[string]*watched{},
	}
}

// due reports whether it is the place's turn. A clock that was set back makes it so.
func (p *place) due(now time.Time) bool {
	return p.asked.IsZero() || now.Before(p.asked) || now.Sub(p.asked) >= p.wait
}

// look lists the place. What was known before stays where that fails.
func (p *place) look(ctx context.Context, w *Watcher) outcome {
	next := p.outcome
	look, err := p.list(ctx, w)
	if look != nil {
		next.Calls = look.calls
	}
	if err != nil {
		next.failed(w, err)
		return next
	}
	next.Fault, next.Throttled, next.Denied, next.Lacks = "", false, false, p.lacking(w, look)
	next.ListedAt, next.Listed = moment(look.now), len(look.seen)
	next.wait = max(shortestWait, time.Duration(look.pages)*pageWait)
	next.microvms = p.show(w, look)
	return next
}

// failed says why a place could not be listed, and how long to leave it alone: twice as long each time.
func (o *outcome) failed(w *Watcher, err error) {
	explained := w.source.explain(err)
	var fault *awssource.Fault
	o.Throttled = awssource.IsThrottled(err)
	o.Denied = awssource.EndsTarget(err) || errors.As(explained, &fault) && fault.Configuration()
	o.Fault = explained.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		o.Fault = "AWS did not answer within " + longestList.String()
	}
	o.wait = min(max(2*o.wait, shortestWait), longestWait)
}

// lacking says what of a place could not be read beside its listing.
func (p *place) lacking(w *Watcher, look *poll) string {
	switch {
	case look.denied != nil:
		return "details of MicroVMs: " + w.source.explain(look.denied).Error()
	case len(look.gaps) > 0:
		return look.gaps[0].String()
	}
	return ""
}

// list polls the place as a source would, but for what only records need.
func (p *place) list(ctx context.Context, w *Watcher) (*poll, error) {
	api, err := w.source.apis.For(ctx, p.target)
	if err != nil {
		return nil, err
	}
	if p.state == nil {
		if p.state, err = p.begin(ctx, w); err != nil {
			return nil, err
		}
	}
	look := &poll{
		source: w.source, api: api, target: p.target, state: p.state,
		inUse: map[string]bool{}, pending: map[string]bool{}, counts: map[string]int64{}, told: map[*life]Microvm{},
		most: mostAsked, passed: p.passed,
	}
	if err := look.list(ctx); err != nil {
		return look, err
	}
	look.pages = look.calls
	p.follow(ctx, look)
	return look, nil
}

// begin is what the collector knows of the place, or nothing.
func (p *place) begin(ctx context.Context, w *Watcher) (*state, error) {
	if w.options.State == nil {
		return decodeState(nil)
	}
	text, err := w.options.State(ctx, p.target)
	if err != nil {
		return nil, err
	}
	s, err := decodeState(text)
	if err != nil {
		return nil, err
	}
	var launched *lifecycle.Table
	if now := w.options.Now(); w.options.Launched != nil {
		if launched, err = w.options.Launched(ctx, now.Add(-24*time.Hour), now); err != nil {
			return nil, err
		}
	}
	for _, l := range s.Lives {
		m, found := launched.Find(p.Account, p.Region, l.ID)
		if l.Asked = found; !found {
			continue
		}
		of := p.of(l.ID)
		of.policy, of.maxLife = policyOf(m.MaxIdle, m.Suspended, m.AutoResume), lengthOf(m.MaxLife)
	}
	return s, nil
}

// follow brings what is known of the place up to a listing.
func (p *place) follow(ctx context.Context, look *poll) {
	if first := p.state.At == (span{}); first {
		p.state.Since = look.seenFrom()
	}
	p.state.Cut = p.state.Cut.wanted(int64(look.source.options.Period/time.Second), p.state.At.To/1000, look.now/1000)
	for _, o := range look.seen {
		look.observe(ctx, o)
	}
	look.missing(ctx)
	p.state.At = span{look.seenFrom(), look.now}
	p.askEnds(ctx, look)
	p.learn(ctx, look)
	for l, told := range look.told {
		of := p.of(l.ID)
		of.policy, of.maxLife = watch.Policy{}, lengthOf((*int64)(told.MaxSeconds.V))
		if idle := told.Idle.V; idle != nil {
			of.policy = policyOf((*int64)(idle.MaxIdle), (*int64)(idle.Suspended), idle.AutoResume)
		}
		if ended := endOf(told); ended != nil {
			of.ended = moment(*ended)
		}
	}
	p.forget(look)
}

// askEnds asks when MicroVMs ended that had ended before the first look, with what is left of what may be asked.
func (p *place) askEnds(ctx context.Context, look *poll) {
	for _, l := range p.state.Lives {
		of := p.of(l.ID)
		if !l.Over || of.endAsked || !of.ended.IsZero() || l.Ended != l.Started || !look.mayAsk() || ctx.Err() != nil {
			continue
		}
		of.endAsked = look.askAbout(ctx, l, &observation{State: StateTerminated})
	}
}

// learn asks for the sizes of some of the versions whose sizes are not known.
func (p *place) learn(ctx context.Context, look *poll) {
	most := look.calls + 4*mostLearned
	for _, v := range p.state.Versions {
		if look.calls >= most || ctx.Err() != nil {
			return
		}
		if err := look.learn(ctx, v); err != nil && ctx.Err() == nil {
			look.gap("the sizes of "+v.key(), look.source.explain(err))
		}
	}
}

// forget drops what is not listed any more, and counts that nobody writes down.
func (p *place) forget(look *poll) {
	listed := map[string]bool{}
	for _, o := range look.seen {
		listed[o.id] = true
	}
	p.state.Lives = slices.DeleteFunc(p.state.Lives, func(l *life) bool {
		l.Open = nil
		if listed[l.ID] || !l.Over {
			return false
		}
		delete(p.known, l.ID)
		return true
	})
	p.state.Versions = slices.DeleteFunc(p.state.Versions, func(v *image) bool {
		v.Open = nil
		return !look.inUse[v.key()]
	})
}

func (p *place) of(id string) *watched {
	known := p.known[id]
	if known == nil {
		known = &watched{}
		p.known[id] = known
	}
	return known
}
