package whatif

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// Present is the idle timeouts that suspended MicroVMs were launched with.
type Present struct {
	Timeouts []PresentTimeout // from the shortest; none where none is recorded
	Recorded int              // MicroVMs
	Unknown  int              // MicroVMs whose timeout is not recorded
	ReadOn   pricing.Date     // the day on which the API last told one
}

// PresentTimeout is how many MicroVMs have one.
type PresentTimeout struct {
	Seconds  int64
	MicroVMs int
}

// Usual is the timeout that most MicroVMs have, the shortest of several; 0 where none is recorded.
func (p Present) Usual() int64 {
	usual := PresentTimeout{}
	for _, t := range p.Timeouts {
		if t.MicroVMs > usual.MicroVMs {
			usual = t
		}
	}
	return usual.Seconds
}

// String says where the timeouts come from: from the MicroVM API, 2026-11-20, 142 MicroVMs.
func (p Present) String() string {
	text := fmt.Sprintf("from the MicroVM API, %s, %s MicroVMs", p.ReadOn, figures.Int(int64(p.Recorded)))
	if len(p.Timeouts) > 1 {
		var each []string
		for _, t := range p.Timeouts {
			each = append(each, fmt.Sprintf("%s s on %s", figures.Int(t.Seconds), figures.Int(int64(t.MicroVMs))))
		}
		text += ": " + strings.Join(each, ", ")
	}
	if p.Unknown > 0 {
		text += fmt.Sprintf("; not recorded for %s more", figures.Int(int64(p.Unknown)))
	}
	return text
}

// Present are the timeouts of all MicroVMs with a suspension.
func (p *Pauses) Present() Present {
	var out Present
	for _, groups := range p.groups {
		out.add(groups)
	}
	return out
}

func (p *Present) add(groups []*pauseGroup) {
	readAt := time.Time{}
	for _, g := range groups {
		if g.timeout == 0 {
			p.Unknown += len(g.microvms)
			continue
		}
		p.Recorded += len(g.microvms)
		i, found := slices.BinarySearchFunc(p.Timeouts, g.timeout, func(t PresentTimeout, s int64) int {
			return int(t.Seconds - s)
		})
		if !found {
			p.Timeouts = slices.Insert(p.Timeouts, i, PresentTimeout{Seconds: g.timeout})
		}
		p.Timeouts[i].MicroVMs += len(g.microvms)
		if g.readAt.After(readAt) {
			readAt = g.readAt
		}
	}
	if day := pricing.DateOf(readAt); !readAt.IsZero() && p.ReadOn.Before(day) {
		p.ReadOn = day
	}
}

// present says what the timeout at present is known from. Of models that know of none it is taken for granted.
func present(model IdleModel, region string, now int64) []pricing.Note {
	taken := assumption.IdleTimeoutNow.Clause(now)
	pauses, ok := model.(*Pauses)
	if !ok {
		return []pricing.Note{taken}
	}
	var known Present
	known.add(pauses.groups[region])
	switch {
	case known.Recorded == 0:
		return []pricing.Note{taken}
	case known.Unknown > 0:
		return []pricing.Note{recorded(known, region), taken}
	}
	return []pricing.Note{recorded(known, region)}
}

func recorded(p Present, region string) pricing.Note {
	each := []string{}
	for _, t := range p.Timeouts {
		each = append(each, fmt.Sprintf("%d s", t.Seconds))
	}
	return assumption.IdleTimeoutRecorded.Clause(region, strings.Join(each, ", "), p)
}
