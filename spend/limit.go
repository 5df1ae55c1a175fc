package spend

import (
	"errors"
	"fmt"
	"slices"

	"microspend/internal/figures"
	"microspend/ledger"
)

// groupsPerRow is how many groups of usage, or rows that are folded into others, a report may be made of for each row
// that it may have: tenants are told by more than one name, weeks are made of days, and Top looks at all rows.
const groupsPerRow = 3

// TooLargeError says that a report has more rows than [Request.MostRows], or would be made of several times as many.
type TooLargeError struct {
	Most   int
	Groups bool // what there are more of than Most is not rows but groups of usage
}

func (e *TooLargeError) Error() string {
	if e.Groups {
		return fmt.Sprintf("more than %s groups of usage would have to be added up; "+
			"choose a shorter period, or fewer dimensions", figures.Int(int64(e.Most)))
	}
	return fmt.Sprintf("the answer has more than %s rows; choose a shorter period, fewer dimensions, or use top",
		figures.Int(int64(e.Most)))
}

// mostGroups limits the groups of one query; 0 is no limit. By MicroVM each group is a row, or several by component, so
// that the ledger can tell beforehand that there are too many.
func (r Request) mostGroups() int {
	has := func(d Dimension) bool { return slices.Contains(r.By, d) }
	filtered := slices.ContainsFunc(NamedDimensions(), func(d Dimension) bool { return len(*r.Filter.Of(d)) > 0 })
	if !r.folds() && !filtered && has(ByMicroVM) && (has(ByDay) || !has(ByWeek) && !has(ByMonth)) {
		return r.MostRows
	}
	return r.MostRows * groupsPerRow
}

// folds reports whether some rows may be folded into one, so that the report has fewer than it is made of.
func (r Request) folds() bool { return r.Top > 0 || r.Min.IsPositive() }

// mostMade limits the rows before they are folded.
func (r Request) mostMade() int {
	if r.folds() {
		return r.mostGroups()
	}
	return r.MostRows
}

// tooLarge is what a report says of a query that was refused.
func (r Request) tooLarge(err error) error {
	if many, ok := errors.AsType[*ledger.TooManyGroupsError](err); ok {
		return &TooLargeError{many.Most, true}
	}
	return err
}

// checkRows refuses rows that are too many, or of which not all could be made because their table was full.
func (r Request) checkRows(rows int, full bool) error {
	switch {
	case full && r.folds():
		return &TooLargeError{r.mostGroups(), true}
	case full || (r.MostRows > 0 && rows > r.MostRows):
		return &TooLargeError{r.MostRows, false}
	default:
		return nil
	}
}
