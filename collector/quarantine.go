package collector

import "strings"

// Quarantine is something that is left out for what it is, not for what became of a call: a name that no record may
// have, a value that cannot be usage, an item that cannot be understood. It costs itself and nothing else: everything
// beside it is read, and the records that lack a value because of it are partial.
//
// A [Gap] is asked for again because asking may help. What is quarantined would be the same again, so it is named once
// and remembered; it is read like anything else should it ever be right.
type Quarantine struct {
	Target Target
	Window Window // what lacks it; zero where no time can be named
	What   string // a series, a MicroVM, a log stream, a datapoint
	Reason string // why, and where it helps what to do
}

// String names it in a message.
func (q Quarantine) String() string {
	return strings.TrimSuffix(Gap{Target: q.Target, Window: q.Window, What: q.What, Reason: q.Reason}.String(), ": ")
}
