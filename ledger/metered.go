package ledger

// Metered is a [Reader] of a ledger whose server charges for each request.
type Metered interface {
	Reader
	// WriteCost says in sentences what writing to a number of days costs at least, with what that rests on. The tag of
	// a sentence comes before a colon.
	WriteCost(days int) ([]string, error)
}
