package microvmapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/watch"
	"microspend/internal/civil"
	"microspend/ledger/lifecycle"
)

// WatchOptions are what a [Watcher] works with. Targets and Client are required.
type WatchOptions struct {
	Targets collector.TargetsFunc
	Client  func(context.Context, collector.Target) (*Client, error) // asked once per target
	Sizes   []Sizing                                                 // in place of what the API tells
	Quota   func(region string) int64                                // of memory, in MiB; nil where it is not known

	// State is what the collector last remembered of a target, and Launched what it wrote down of launches; both may be
	// nil. What they know is not asked for again.
	State    func(context.Context, collector.Target) (json.RawMessage, error)
	Launched func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error)

	Patience time.Duration // the longest that a look waits for accounts and regions while others are told; 0 means 8 s
	Now      func() time.Time
	Explain  func(error) error
}

// Watcher looks at the fleets of accounts and regions, by the rules by which a [Source] polls them. It writes nothing.
// It implements [watch.Watcher] and may be used by several goroutines, of which one looks at a time.
//
// However often it is asked, it keeps within the service's limits: an account and region is listed again when it is its
// turn, at two pages a second on average and less often once it was throttled. Until then, what was found last is given
// again. What a listing does not tell is asked for little by little, over several looks.
type Watcher struct {
	options WatchOptions
	source  *Source

	turn chan struct{} // of listings: so many at once

	mu     sync.Mutex
	places map[collector.Target]*place
}

// NewWatcher returns a watcher.
func NewWatcher(options WatchOptions) (*Watcher, error) {
	options.Patience = cmp.Or(options.Patience, 8*time.Second)
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Quota == nil {
		options.Quota = func(string) int64 { return 0 }
	}
	source, err := New(Options{
		Client: options.Client, Sizes: options.Sizes, Now: options.Now, Explain: options.Explain,
		Poll: time.Minute, MaxGap: 3 * time.Minute, ImagesEvery: -1, Details: mostAsked,
	})
	if err != nil {
		return nil, err
	}
	return &Watcher{
		options: options, source: source, places: map[collector.Target]*place{}, turn: make(chan struct{}, lookedAtOnce),
	}, nil
}

// What a look may ask beyond the listing, of an account and region.
const (
	mostAsked   = 25 // MicroVMs
	mostLearned = 6  // versions of images, each a few calls
)

// When an account and region is listed again.
const (
	shortestWait = 2 * time.Second
	longestWait  = 2 * time.Minute
	pageWait     = 500 * time.Millisecond // for each call of the listing before
	lookedAtOnce = 8                      // accounts and regions

	// longestList is how long a listing may take, whoever waits for it: 10,000 MicroVMs are 200 calls, of which AWS's
	// limits allow 20 a second.
	longestList = time.Minute
)

// Look implements [watch.Watcher].
func (w *Watcher) Look(ctx context.Context) (watch.Look, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return watch.Look{}, err
	}
	targets, gaps := w.options.Targets(ctx)
	if len(targets) == 0 {
		return watch.Look{}, noTargets(ctx, gaps)
	}
	w.lookAt(ctx, targets)
	if err := ctx.Err(); err != nil {
		return watch.Look{}, err
	}
	return w.found(targets)
}

// noTargets is why there is nothing to look at.
func noTargets(ctx context.Context, gaps []collector.Gap) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	faults := []error{errors.New("there is no account and region to look at")}
	if len(gaps) > 0 {
		faults = faults[:0]
	}
	for _, gap := range gaps {
		faults = append(faults, errors.New(gap.Reason))
	}
	return errors.Join(faults...)
}

// lookAt lists those of the targets whose turn it is, several at once, and waits for them: for a while if some can be
// told, and else for as long as it takes. What takes longer goes on, and is there for a later look.
func (w *Watcher) lookAt(ctx context.Context, targets []collector.Target) {
	for _, target := range targets {
		p := w.places[target]
		if p == nil {
			p = newPlace(target, w.options.Quota(target.Region))
			w.places[target] = p
		}
		if p.took() || p.listing != nil || !p.due(w.options.Now()) {
			continue
		}
		p.asked, p.listing = w.options.Now(), make(chan outcome, 1)
		long, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestList)
		go func() {
			defer cancel()
			w.turn <- struct{}{}
			defer func() { <-w.turn }()
			p.listing <- p.look(long, w)
		}()
	}
	patience := w.options.Patience
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline)*9/10)
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, target := range targets {
		w.places[target].await(patient)
	}
	for _, target := range targets {
		if w.places[target].told() {
			return
		}
	}
	for _, target := range targets { // nothing could be told yet: the first to be there is worth waiting for
		if w.places[target].await(ctx); w.places[target].told() {
			return
		}
	}
}

// found puts together what the places have.
func (w *Watcher) found(targets []collector.Target) (look watch.Look, err error) {
	slices.SortFunc(targets, func(a, b collector.Target) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	var faults []error
	for _, target := range targets {
		p := w.places[target]
		look.Places = append(look.Places, p.Place)
		look.MicroVMs = append(look.MicroVMs, p.microvms...)
		if p.ListedAt.After(look.At) {
			look.At = p.ListedAt
		}
		if p.ListedAt.IsZero() {
			place := &look.Places[len(look.Places)-1]
			place.Fault = cmp.Or(p.Fault, "it is still being listed")
			faults = append(faults, errors.New(target.String()+": "+place.Fault))
		}
	}
	if len(faults) == len(targets) {
		return watch.Look{}, errors.Join(faults...)
	}
	return look, nil
}

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

// passed keeps the stretches of a life as they become known.
func (p *place) passed(l *life, o observation, passed passage) {
	of := p.of(l.ID)
	add := func(s span, state MicrovmState, sure bool) {
		of.life = append(
			of.life,
			watch.Stretch{From: moment(s.From), To: moment(s.To), State: watch.State(state), Sure: sure},
		)
	}
	seen := l.At.To
	switch {
	case l.State == "" && len(passed.stretches) == 0 && l.Started != 0: // it was there before anybody looked
		add(span{l.Started, o.At.To}, before(o.State), false)
		return
	case l.State == "":
		seen = l.Started
	case len(of.life) == 0 && l.Started != 0 && l.Started < l.At.To: // the collector knows it from before
		add(span{l.Started, l.At.To}, before(l.State), false)
	}
	for i, s := range passed.stretches {
		state := o.State
		switch {
		case s.class == running:
			state = StateRunning
		case s.class == suspended:
			state = StateSuspended
		case i == 0 && l.State.class() == idle:
			state = cmp.Or(l.State, StatePending)
		case o.over():
			state = StateTerminating
		}
		add(s.span, state, s.sure)
	}
	if passed.unseen > 0 { // too long between two looks: if nothing seems to have changed, nothing did, as far as is known
		state := MicrovmState("")
		if o.State == l.State {
			state = l.State
		}
		add(span{seen, end(span{seen, seen}, o)}, state, false)
	}
	of.life = joined(of.life)
	if o.over() && o.Ended != nil {
		of.ended = moment(*o.Ended)
	}
}

// before is the state that counts for a time that nobody saw, up to a state that was seen.
func before(state MicrovmState) MicrovmState {
	switch state {
	case StateSuspending, StateTerminating, StatePending:
		return StateRunning
	case StateTerminated:
		return ""
	default:
		return state
	}
}

// mostStretches is how many stretches of a life are kept, the newest: what changes its state every minute for 8 hours
// has fewer.
const mostStretches = 1000

// joined puts stretches of one state that follow each other together. Where the clock was set back, the earlier stretch
// counts.
func joined(life []watch.Stretch) []watch.Stretch {
	kept := life[:0]
	for _, s := range life {
		last := len(kept) - 1
		if last >= 0 {
			s.From = civil.Later(s.From, kept[last].To)
		}
		switch {
		case !s.From.Before(s.To):
		case last >= 0 && kept[last].State == s.State && kept[last].Sure == s.Sure && kept[last].To.Equal(s.From):
			kept[last].To = s.To
		default:
			kept = append(kept, s)
		}
	}
	return kept[max(len(kept)-mostStretches, 0):]
}

// show is what a look found, for whoever shows it.
func (p *place) show(w *Watcher, look *poll) []watch.MicroVM {
	out := make([]watch.MicroVM, 0, len(look.seen))
	for _, o := range look.seen {
		m := watch.MicroVM{
			ID: o.id, Region: p.Region, Account: p.Account, Image: o.image, ImageVersion: o.version,
			State: watch.State(o.State), SeenAt: moment(o.At.To),
		}
		if o.Started != 0 {
			m.StartedAt = moment(o.Started)
		}
		if l, _ := p.state.find(o.id); l != nil {
			v, of := p.state.image(l.Image, l.Version), p.of(l.ID)
			size := w.source.sizes(v)
			m.MemoryMiB, m.StateBytes, m.ImageBytes = size.memory, size.state, size.image
			m.Role, m.Arch, m.Policy, m.MaxLife = l.Role, v.Arch, of.policy, of.maxLife
			m.EndedAt, m.Life = of.ended, slices.Clone(of.life)
			if l.Started != 0 {
				m.StartedAt = moment(l.Started)
			}
			if l.Over && l.Ended != l.Started && m.EndedAt.IsZero() {
				m.EndedAt = moment(l.Ended) // the service does not say; it was about then
			}
		}
		out = append(out, m)
	}
	return out
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// policyOf is an idle policy as it was told; unknown where nothing was.
func policyOf(maxIdle, suspended *int64, autoResume *bool) watch.Policy {
	p := watch.Policy{Known: maxIdle != nil || suspended != nil || autoResume != nil}
	p.MaxIdle, p.Suspended = lengthOf(maxIdle), lengthOf(suspended)
	p.AutoResume = autoResume != nil && *autoResume
	return p
}

func lengthOf(seconds *int64) time.Duration {
	if seconds == nil {
		return 0
	}
	return time.Duration(*seconds) * time.Second
}
