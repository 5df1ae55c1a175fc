// Package whatif draws a tenant's bill beside what it would have been: with another idle timeout, another size, in
// another region, or on something else than MicroVMs. It is the program's own and promises nothing.
package whatif

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// Knob is one thing that can be changed.
type Knob uint8

// The knobs, in order.
const (
	TimeoutNow Knob = iota // what the idle timeout is taken to be at present
	TimeoutThen
	Memory
	Region
	RunOn
	KnobCount
)

// usualTimeouts are the idle timeouts to choose from, in seconds: the service's minimum is 60.
var usualTimeouts = [...]int64{60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400}

// Choice is where each knob stands: a place among its values.
type Choice [KnobCount]int

// State is everything that a what-if is drawn from.
type State struct {
	Theme    *theme.Theme
	Location *time.Location
	Tenant   string
	From, To time.Time
	Fault    string

	Read     bool // Parts were
	Parts    []whatif.Part
	Measured pricing.State // how far the usage of the parts was measured, which every amount rests on
	Pauses   Pauses
	Regions  []string
	Timeouts []int64 // to choose from in place of the usual ones: with those that are recorded
	Choice   Choice
	Advised  Choice // what it started from, where that was advised
	Focus    Knob
	Outcome  *whatif.Outcome // of the choice; nil until it is worked out
}

func (s *State) timeouts() []int64 {
	if s.Timeouts != nil {
		return s.Timeouts
	}
	return usualTimeouts[:]
}

// Recall puts the timeout that most MicroVMs were launched with in the place of the one that is assumed. A change that
// was chosen already stays.
func (s *State) Recall(present whatif.Present) {
	if present.Recorded == 0 {
		return
	}
	now, then := s.timeouts()[s.Choice[TimeoutNow]], s.timeouts()[s.Choice[TimeoutThen]]
	if now == then {
		then = present.Usual()
	}
	s.Timeouts = append(usualTimeouts[:len(usualTimeouts):len(usualTimeouts)], then)
	for _, t := range present.Timeouts {
		s.Timeouts = append(s.Timeouts, t.Seconds)
	}
	slices.Sort(s.Timeouts)
	s.Timeouts = slices.Compact(s.Timeouts)
	s.Choice[TimeoutNow] = slices.Index(s.Timeouts, present.Usual())
	s.Choice[TimeoutThen] = slices.Index(s.Timeouts, then)
}

// Preset starts from a change, as far as there is a knob for it.
func (s *State) Preset(c whatif.Change, instead *whatif.Alternative) {
	if at := slices.Index(s.Regions, c.Region); at >= 0 {
		s.Choice[Region] = at + 1
	}
	if instead != nil {
		s.Choice[RunOn] = slices.Index(whatif.Kinds(), instead.Kind) + 1
	}
	if c.TimeoutNow == c.TimeoutThen {
		return
	}
	s.Timeouts = append(usualTimeouts[:len(usualTimeouts):len(usualTimeouts)], c.TimeoutNow, c.TimeoutThen)
	slices.Sort(s.Timeouts)
	s.Timeouts = slices.Compact(s.Timeouts)
	s.Choice[TimeoutNow], s.Choice[TimeoutThen] = slices.Index(
		s.Timeouts,
		c.TimeoutNow,
	), slices.Index(
		s.Timeouts,
		c.TimeoutThen,
	)
}

// Present is what is recorded of the timeouts that were in force.
func (s *State) Present() whatif.Present {
	if s.Pauses.Seen == nil {
		return whatif.Present{}
	}
	return s.Pauses.Seen.Present()
}

// defaultTimeout is the place among usual timeouts that both knobs start at: five minutes.
const defaultTimeout = 2

// Start is a choice that changes nothing.
func Start() Choice { return Choice{TimeoutNow: defaultTimeout, TimeoutThen: defaultTimeout} }

// options are the values to choose from, of which the first of the last three changes nothing.
func (s *State) options(k Knob) []string {
	var options []string
	switch k {
	case TimeoutNow, TimeoutThen:
		for _, seconds := range s.timeouts() {
			options = append(options, duration(seconds))
		}
	case Memory:
		options = append(options, "as it is")
		for _, size := range pricing.Sizes() {
			options = append(options, size.String())
		}
	case Region:
		options = append([]string{"as it is"}, s.Regions...)
	default:
		options = append(options, "MicroVMs")
		for _, kind := range whatif.Kinds() {
			options = append(options, kind.String())
		}
	}
	return options
}

// Turn moves the focused knob by a number of values, around at the ends.
func (s *State) Turn(by int) {
	n := len(s.options(s.Focus))
	s.Choice[s.Focus] = ((s.Choice[s.Focus]+by)%n + n) % n
}

// Label is the knob's name.
func (k Knob) Label() string {
	return [...]string{"idle timeout now", "idle timeout then", "memory", "region", "run on"}[k]
}

func (s *State) value(k Knob) string { return s.options(k)[s.Choice[k]] }

// remark is what to know about the value that a knob is at.
func (s *State) remark(k Knob) string {
	switch {
	case k == TimeoutNow:
		if present := s.Present(); present.Recorded > 0 {
			return present.String()
		}
		return "assumed: the ledger does not have it"
	case k == TimeoutThen:
		return s.judged()
	case k == Memory && s.Choice[k] == 0:
		return s.sizes()
	case k == Region && s.Choice[k] != 0 && s.Choice[k] == s.Advised[k]:
		return "what would save most"
	case k == Region && s.Choice[k] == 0:
		return s.regions()
	default:
		return ""
	}
}

// Values are what each knob is at, by its name.
func (s *State) Values() map[string]string {
	values := map[string]string{}
	for k := range KnobCount {
		values[k.Label()] = s.value(k)
	}
	return values
}

func duration(seconds int64) string {
	switch {
	case seconds >= 3600 && seconds%3600 == 0:
		return fmt.Sprintf("%d h", seconds/3600)
	case seconds%60 == 0:
		return fmt.Sprintf("%d min", seconds/60)
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

// sizes are those that were measured.
func (s *State) sizes() string {
	var sizes []string
	for i := range s.Parts {
		if facts, ran := whatif.FactsOf(&s.Parts[i].Sum); ran {
			if text := "about " + facts.Size.String(); !slices.Contains(sizes, text) {
				sizes = append(sizes, text)
			}
		}
	}
	return strings.Join(sizes, ", ")
}

func (s *State) regions() string {
	var regions []string
	for i := range s.Parts {
		regions = append(regions, draw.Name(s.Parts[i].Region))
	}
	return strings.Join(regions, ", ")
}

// low is the height below which only the knob in hand is shown.
const low = 15

// Work prices the choice. Card gives the rates of a region.
func Work(
	ctx context.Context, s *State, book pricing.PriceBook, card func(string) (pricing.RateCard, error),
) (*whatif.Outcome, error) {
	change := whatif.Change{
		TimeoutNow: s.timeouts()[s.Choice[TimeoutNow]], TimeoutThen: s.timeouts()[s.Choice[TimeoutThen]],
	}
	if at := s.Choice[Memory]; at > 0 {
		size := pricing.Sizes()[at-1]
		change.Memory = &size
	}
	if at := s.Choice[Region]; at > 0 {
		var err error
		change.Region = s.Regions[at-1]
		if change.Card, err = card(change.Region); err != nil {
			return nil, err
		}
	}
	length := int64(s.To.Sub(s.From) / time.Second)
	if at := s.Choice[RunOn]; at > 0 {
		alt, err := whatif.Instead(ctx, book, whatif.Kinds()[at-1], s.Parts, length)
		if err != nil {
			return nil, err
		}
		change.Alternative = &alt
	}
	if s.Pauses.Seen != nil {
		change.Idle = s.Pauses.Seen
	}
	outcome, err := whatif.Apply(s.Parts, length, change)
	if s.Longer() && s.Pauses.Fault != "" {
		outcome.Notes = append(outcome.Notes, assumption.IdleNotRead.Clause(s.Pauses.Fault))
	}
	return &outcome, err
}

// Pauses are the tenant's single suspensions, which are read once they are needed.
type Pauses struct {
	Reading bool
	Seen    *whatif.Pauses // nil until they are read, and where they cannot be
	Fault   string         // why they cannot
}

// Longer reports whether the choice is for a longer idle timeout, which can be judged by single pauses.
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
