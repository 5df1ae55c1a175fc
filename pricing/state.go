package pricing

import "microspend/internal/figures"

// State says what a figure rests on, so that no renderer has to guess whether a small figure is small or unfinished.
// The zero value is an exact figure. Every figure derived from others takes the state of what it was made from: see
// [State.And].
type State uint8

// The states, from nothing missing to nothing there.
const (
	Exact        State = iota // nothing is missing
	AtLeast                   // some of the time was not measured, or its data is damaged: the figure is a lower bound
	UnknownRates              // some of what was used has no known rate: the figure is what could be priced
	NotMeasured               // nothing of it was measured: there is no figure, and it is not zero
)

// String is the word used in outputs.
func (s State) String() string { return figures.Word("state", stateNames[:], s) }

var stateNames = [...]string{
	Exact: "exact", AtLeast: "at-least", UnknownRates: "unknown-rates", NotMeasured: "not-measured",
}

// MarshalText writes what String does.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// And is the state of a sum of two figures. The worse of the two counts, but that a part which was not measured makes a
// lower bound of the other: something of the sum is known.
func (s State) And(t State) State {
	low, high := min(s, t), max(s, t)
	if high == NotMeasured && low != NotMeasured {
		return max(low, AtLeast)
	}
	return high
}
