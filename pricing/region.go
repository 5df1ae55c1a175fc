package pricing

import (
	"errors"
	"fmt"

	"microspend/internal/lazyregexp"
	"microspend/internal/nearest"
)

// regionForm is how AWS names regions: an area, where in it, and a number.
var regionForm = lazyregexp.New(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)

// compass are the words before the number in every region there is. Another one is likelier a slip than a region to
// come, but it is not refused: a region that opened since this was built must pass.
var compass = lazyregexp.New(`-(central|north|south|(north|south)?(east|west))-[0-9]+$`)

// RegionsOpened is how many regions have MicroVMs: five since 2026-06-22, five more since 2026-08-19 and four more
// since 2026-10-22. The names of the last four could not be established, so that they have no card here.
const RegionsOpened = 14

// IsRegionName reports whether a text has the form of a region's name, such as eu-west-1. Whether there is such a
// region, and at which rates, is another question: see [NoCardError].
func IsRegionName(text string) bool { return regionForm.MatchString(text) }

// NotARegion says that a text has not the form of a region's name, and which region may have been meant.
func NotARegion(text string) string {
	if likely := nearest.Near(text, EmbeddedCards().Regions()); likely != "" {
		return fmt.Sprintf("%.60q is not an AWS region; did you mean %s?", text, likely)
	}
	return fmt.Sprintf("%.60q is not an AWS region such as eu-west-1", text)
}

// ErrNoCard is what every [NoCardError] is, for errors.Is.
var ErrNoCard = errors.New("there is no rate card of the region")

// NoCardError says that no rates are known of a region. That the name has the form of one makes it an unknown region,
// not a wrong one: its rates can be fetched, or given.
type NoCardError struct{ Region string }

func (e *NoCardError) Error() string {
	if !IsRegionName(e.Region) {
		return NotARegion(e.Region)
	}
	unknown := fmt.Sprintf("the rates of %s are not known", e.Region)
	if !compass.MatchString(e.Region) {
		if likely := nearest.Near(e.Region, EmbeddedCards().Regions()); likely != "" {
			unknown += fmt.Sprintf(" (did you mean %s?)", likely)
		}
	}
	return unknown
}

// Is reports whether the target is [ErrNoCard].
func (e *NoCardError) Is(target error) bool { return target == ErrNoCard }
