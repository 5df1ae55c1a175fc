package emf

import "fmt"

// Kind says what a text is that is not one whole line of the meter, in a word for people.
type Kind string

// The kinds.
const (
	Foreign Kind = "foreign" // not the meter's: what another program printed
	Cut     Kind = "cut"     // one of the meter's lines, of which the beginning or the end is missing
	Mixed   Kind = "mixed"   // one of the meter's lines with something before, within or after it, such as another line
	Newer   Kind = "newer"   // of a version of the schema that this program does not know
	// whole, but not what the schema says: a member missing, doubled, unknown, mistyped or out of bounds
	Invalid Kind = "invalid"
	TooLong Kind = "too long" // longer than an event of CloudWatch Logs can be
)

// Error says why a text was not taken for a line of the meter.
type Error struct {
	Kind   Kind
	Offset int // of the byte at which that was seen
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (at byte %d)", e.Kind, e.Reason, e.Offset)
}
