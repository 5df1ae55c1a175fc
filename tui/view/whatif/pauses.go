package whatif

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/spend/whatif"
)

// Pauses are the tenant's single suspensions, which are read once they are needed.
type Pauses struct {
	Reading bool
	Seen    *whatif.Pauses // nil until they are read, and where they cannot be
	Fault   string         // why they cannot
}

// Longer says whether the choice is for a longer idle timeout, which can be judged by single pauses.
func (s *State) Longer() bool { return s.Choice[TimeoutThen] > s.Choice[TimeoutNow] }

// judged says what the effect of the chosen timeout is worked out from.
func (s *State) judged() string {
	switch {
	case s.Choice[TimeoutThen] == s.Choice[TimeoutNow]:
		return "as it is"
	case !s.Longer():
		return "estimated: the ledger hides short pauses"
	case s.Pauses.Reading:
		return "reading single pauses …"
	case s.Pauses.Seen != nil && s.Pauses.Seen.Count() > 0:
		return fmt.Sprintf("worked out from %s pauses", figures.Grouped(decimal.NewFromInt(s.Pauses.Seen.Count())))
	default:
		return "estimated from averages"
	}
}
