package microvmapi

import (
	"cmp"
	"slices"
	"time"

	"microspend/collector/watch"
	"microspend/internal/civil"
)

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
