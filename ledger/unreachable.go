package ledger

import "fmt"

// UnreachableError says that what keeps a ledger did not answer, or refused to: nothing of it can be read or written at
// the moment. Commands exit with 3.
type UnreachableError struct {
	Name string // of the ledger, without credentials
	Err  error  // without credentials, too
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the ledger %s cannot be reached: %v", e.Name, e.Err)
}

// Unwrap returns why.
func (e *UnreachableError) Unwrap() error { return e.Err }
