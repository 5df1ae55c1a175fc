package microvmapi

import "slices"

// tally is what was counted of one MicroVM in one period.
type tally struct {
	Start     int64 `json:"start"`  // Unix seconds
	Length    int64 `json:"length"` // seconds
	Running   int64 `json:"run,omitempty"`
	Suspended int64 `json:"susp,omitempty"`
	Launches  int64 `json:"launches,omitempty"`
	Suspends  int64 `json:"suspends,omitempty"`
	Resumes   int64 `json:"resumes,omitempty"`
	Sure      int64 `json:"sure,omitempty"`  // milliseconds of which the state is known for certain
	Extra     int64 `json:"extra,omitempty"` // byte-seconds of storage besides: the rest of an image's first week
}

func (t tally) end() int64 { return t.Start + t.Length }

// periods says how time is divided: by one length of whole seconds that divides a day, and by another from a midnight
// on where the configuration has changed, because a day's records are of one length.
type periods struct {
	Length int64 `json:"length"`         // seconds
	Next   int64 `json:"next,omitempty"` // seconds; 0 where none comes
	From   int64 `json:"from,omitempty"` // Unix seconds of the midnight that Next takes effect at
}

const secondsInDay = 86_400

// wanted takes note of the length that is configured. Another than now takes effect at the next midnight. What lies
// after the last poll still has to be cut, however long ago that was: a midnight counts as past once polls have seen
// it, and not just the clock.
func (p periods) wanted(length, last, now int64) periods {
	changed := periods{Length: p.Length, Next: length, From: (now/secondsInDay + 1) * secondsInDay}
	switch switched := p.Next != 0 && now >= p.From; {
	case switched && last < p.From+secondsInDay && p.Length != 0:
		return p // launches of the day before are still listed; another length has to wait for the next poll
	case p.Length == 0, switched && length == p.Next:
		return periods{Length: length}
	case p.Next == length: // on its way, or there: what lies before the midnight may still have to be cut
		return p
	case switched:
		changed.Length = p.Next
		return changed
	case p.Length == length:
		return periods{Length: length}
	}
	return changed
}

// at is the period that a moment lies in.
func (p periods) at(ms int64) (start, length int64) {
	length = p.Length
	if p.Next != 0 && ms >= p.From*1000 {
		length = p.Next
	}
	seconds := ms / 1000
	return seconds - seconds%length, length
}

// tallies are those of a MicroVM that are not written down yet, in order of time.
type tallies []tally

// of finds the tally of the period that a moment lies in.
func (t *tallies) of(ms int64, p periods) *tally {
	start, length := p.at(ms)
	i, found := slices.BinarySearchFunc(*t, start, func(t tally, start int64) int { return int(t.Start - start) })
	if !found {
		*t = slices.Insert(*t, i, tally{Start: start, Length: length})
	}
	return &(*t)[i]
}

// add counts what a passage has.
func (t *tallies) add(p passage, cut periods) {
	for _, s := range p.stretches {
		for from := s.From; from < s.To; {
			tally := t.of(from, cut)
			to := min(s.To, tally.end()*1000)
			switch s.class {
			case running:
				tally.Running += to - from
			case suspended:
				tally.Suspended += to - from
			}
			if s.sure {
				tally.Sure += to - from
			}
			from = to
		}
	}
	for _, e := range p.events {
		tally := t.of(e.at, cut)
		switch e.kind {
		case launch:
			tally.Launches++
		case suspend:
			tally.Suspends++
		case resume:
			tally.Resumes++
		}
	}
}

// closed takes out the tallies whose period has ended by a moment.
func (t *tallies) closed(ms int64) tallies {
	n := 0
	for n < len(*t) && (*t)[n].end()*1000 <= ms {
		n++
	}
	done := slices.Clone((*t)[:n])
	*t = slices.Delete(*t, 0, n)
	return done
}
