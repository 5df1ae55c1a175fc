package emf

import "fmt"

// Kind says what a text is that is not one whole line of the meter.
type Kind uint8

// The kinds.
const (
	Foreign Kind = iota + 1 // not the meter's: what another program printed
	Cut                     // one of the meter's lines, of which the beginning or the end is missing
	Mixed                   // one of the meter's lines with something before, within or after it, such as another line
	Newer                   // of a version of the schema that this program does not know
	// whole, but not what the schema says: a member missing, doubled, unknown, mistyped or out of bounds
	Invalid
	TooLong // longer than an event of CloudWatch Logs can be
)

var kindNames = [...]string{
	Foreign: "foreign", Cut: "cut", Mixed: "mixed", Newer: "newer", Invalid: "invalid", TooLong: "too long",
}

// String is a word for the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{Foreign, Cut, Mixed, Newer, Invalid, TooLong} }

// Error says why a text was not taken for a line of the meter.
type Error struct {
	Kind   Kind
	Offset int // of the byte at which that was seen
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (at byte %d)", e.Kind, e.Reason, e.Offset)
}
