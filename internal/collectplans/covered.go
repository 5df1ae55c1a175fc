package collectplans

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/internal/emf"
)

// covered reports whether one of the things that a run named says why a period of something is not as it should be.
// Names are all by which it may be called.
func covered(all []named, target collector.Target, start time.Time, length time.Duration, names []string) bool {
	return slices.ContainsFunc(all, func(n named) bool {
		if n.target != (collector.Target{}) && n.target != target {
			return false
		}
		// A datapoint of another time than was asked for is missing from one that it does not tell.
		elsewhere := strings.Contains(n.reason, "outside of the time")
		if !elsewhere && n.window != (collector.Window{}) &&
			(!n.window.From.Before(start.Add(length)) || !n.window.To.After(start)) {
			return false
		}
		return about(n.what, names)
	})
}

// about reports whether what a gap or a quarantine is about may be something of these names. A batch is called by its
// log group, or its namespace and the first of what it has, so it may be about anything.
func about(what string, names []string) bool {
	if what == "" || len(names) == 0 || strings.HasSuffix(what, " and others") ||
		strings.HasPrefix(
			what,
			emf.DefaultNamespace+"/",
		) || strings.HasPrefix(what, "/") || strings.HasPrefix(what, "series that ended before") {
		return true
	}
	decoded, err := url.PathUnescape(what)
	if err != nil {
		decoded = what
	}
	return slices.ContainsFunc(names, func(name string) bool {
		if len(name) > 20 { // long ones are cut where they are shown
			name = name[:20]
		}
		return strings.Contains(what, name) || strings.Contains(decoded, name)
	})
}

// lossWords are what a run says of what will never be read.
var lossWords = []string{
	"lost",
	"no longer",
	"not read again",
	"cannot be seen",
	"can no longer",
	"of an earlier configuration",
}

// isLoss reports whether a gap will never be read.
func isLoss(reason string) bool {
	return slices.ContainsFunc(lossWords, func(word string) bool { return strings.Contains(reason, word) })
}

// forGood is what the runs so far named as lost or quarantined, which is named once. What is quarantined for its name
// is at any time; a datapoint tells its own.
func (p *plan) forGood() []named {
	var all []named
	for _, r := range p.runs {
		for _, g := range r.summary.Gaps {
			if isLoss(g.Reason) {
				all = append(all, named{g.Target, g.Window, g.What, g.Reason})
			}
		}
		for _, q := range r.summary.Quarantined {
			n := named{q.Target, q.Window, q.What, q.Reason}
			if !strings.Contains(q.What, " at 2") {
				n.window = collector.Window{}
			}
			all = append(all, n)
		}
	}
	return all
}
