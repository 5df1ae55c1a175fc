package collectplans

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"microspend/collector"
)

// covered reports whether one of the things that a run named says why a period of something is not as it should be.
// Names are all by which it may be called.
func covered(all []named, target collector.Target, start time.Time, length time.Duration, names []string) bool {
	return slices.ContainsFunc(all, func(n named) bool {
		if n.target != (collector.Target{}) && n.target != target {
			return false
		}
		if n.window != (collector.Window{}) && (!n.window.From.Before(start.Add(length)) || !n.window.To.After(start)) {
			return false
		}
		return about(n.what, names)
	})
}

// about reports whether what a gap or a quarantine is about may be something of these names. A batch is called by the
// first of what it has, so it may be about anything.
func about(what string, names []string) bool {
	if what == "" || len(names) == 0 || strings.HasSuffix(what, " and others") {
		return true
	}
	if number, _, found := strings.Cut(what, "/"); found && strings.Trim(number, "0123456789") == "" {
		return true
	}
	decoded, err := url.PathUnescape(what)
	if err != nil {
		decoded = what
	}
	return slices.ContainsFunc(names, func(name string) bool {
		if len(name) > 40 { // long ones are cut where they are shown
			name = name[:40]
		}
		return strings.Contains(what, name) || strings.Contains(decoded, name)
	})
}

// lossWords are what a run says of what will never be read.
var lossWords = []string{"lost", "no longer", "not read again", "cannot be seen", "can no longer"}

// isLoss reports whether a gap will never be read.
func isLoss(reason string) bool {
	return slices.ContainsFunc(lossWords, func(word string) bool { return strings.Contains(reason, word) })
}

// losses are what any run so far named as lost.
func (p *plan) losses() []named {
	var all []named
	for _, r := range p.runs {
		for _, n := range r.named() {
			if isLoss(n.reason) {
				all = append(all, n)
			}
		}
	}
	return all
}
