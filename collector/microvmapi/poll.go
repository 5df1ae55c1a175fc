package microvmapi

import (
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

	records []usage.Record
	gaps    []collector.Gap
	counts  map[string]int64
	calls   int64

	running, suspended       bounds
	runningSum, suspendedSum int64
	unseen                   int64
	details                  int // MicroVMs asked about
}

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

// endless is how many pages in a row may be empty, or say the same: more are taken for a service that will not end.
const endless = 100

// pages reads a listing to its end. A page may be empty and not be the last.
func pages[T checked](
	ctx context.Context, p *poll, what string, ask func(ctx context.Context, token string) (Page[T], error),
	take func(Page[T]) error,
) error {
	token := ""
	for barren := 0; ; {
		page, err := ask(ctx, token)
		p.calls++
		if err == nil {
			err = take(page)
		}
		if err != nil || page.NextToken == "" {
			return err
		}
		if len(page.Items) == 0 || page.NextToken == token {
			if barren++; barren == endless {
				return fmt.Errorf("the listing of %s does not end: %d pages in a row without anything new", what, barren)
			}
		} else {
			barren = 0
		}
		token = page.NextToken
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// list reads which MicroVMs there are. One that comes twice, because others went away between two pages, counts as
// last seen.
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
		for _, item := range page.Items {
			if !item.State.known() {
				return fmt.Errorf("%.60q is not a state that this program knows", item.State)
			}
			p.seen = append(p.seen, observed{item.ID, item.ImageARN, item.ImageVersion, observation{
				State: item.State, At: at, Started: item.StartedAt.UnixMilli(),
			}})
		}
		p.now = at.To
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(p.seen, func(a, b observed) int { return strings.Compare(a.id, b.id) })
	slices.Reverse(p.seen)
	p.seen = slices.CompactFunc(p.seen, func(a, b observed) bool { return a.id == b.id })
	slices.Reverse(p.seen)
	for i := range p.seen {
		p.seen[i].Loose = p.loose
	}
	p.counts["MicroVMs listed"] += int64(len(p.seen))
	return nil
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
		l.Whole = o.Started >= p.state.Since
		p.state.Lives = slices.Insert(p.state.Lives, at, l)
		if o.State == StateTerminated && !l.Whole { // it was over before there was a poll
			l.Over, l.State, l.At, l.Ended = true, o.State, o.At, o.Started
			return
		}
	}
	p.state.image(l.Image, l.Version)
	details := !l.Asked && p.details < p.source.options.Details
	if o.State == StateTerminated || details {
		if !p.askAbout(ctx, l, &o.observation) && o.State == StateTerminated {
			p.counts["MicroVMs that could not be asked about"]++
			return // the next poll finds out when it ended
		}
	}
	p.advance(l, o.observation)
}

// askAbout gets what a listing does not tell: when a MicroVM ended, and its role. It reports whether there was an
// answer, which may be that nothing is known.
func (p *poll) askAbout(ctx context.Context, l *life, o *observation) bool {
	out, err := p.api.GetMicrovm(ctx, l.ID)
	p.calls++
	p.details++
	if err != nil {
		l.Asked = unanswerable(err)
		return l.Asked
	}
	l.Asked, l.Role = true, out.Role
	if o.State == StateTerminated && out.TerminatedAt != nil {
		ended := out.TerminatedAt.UnixMilli()
		o.Ended = &ended
	}
	return true
}

// advance counts what happened to a MicroVM since it was last seen.
func (p *poll) advance(l *life, o observation) {
	maxGap := p.source.options.MaxGap.Milliseconds()
	var passed passage
	if l.State == "" {
		passed = began(o, p.state.Since, maxGap)
	} else {
		passed = between(l.State, l.At, o, maxGap)
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
}

// missing looks after MicroVMs that are not listed any more.
func (p *poll) missing(ctx context.Context) {
	listed := map[string]bool{}
	for _, o := range p.seen {
		listed[o.id] = true
	}
	for _, l := range p.state.Lives {
		if l.Over || listed[l.ID] {
			continue
		}
		sent := p.source.options.Now().UnixMilli() + p.state.Offset
		out, err := p.api.GetMicrovm(ctx, l.ID)
		p.calls++
		at := span{sent, max(p.source.options.Now().UnixMilli()+p.state.Offset, sent)}
		o := observation{At: at, Started: l.Started, Loose: p.loose}
		switch {
		case isNotFound(err):
			o.Gone = true
		case err != nil || !out.State.known():
			p.counts["MicroVMs that could not be asked about"]++
			continue // the next poll finds out
		default:
			o.State = out.State
			if out.TerminatedAt != nil {
				ended := out.TerminatedAt.UnixMilli()
				o.Ended = &ended
			}
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
