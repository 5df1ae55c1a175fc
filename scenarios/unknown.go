package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// unknownRates are the rates that an error of pricing says are not known, in the order of a bill. It reports false
// where nothing is wrong, or something else as well.
func unknownRates(err error) (rates []pricing.Rated, only bool) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, each := range all {
		unknown, ok := errors.AsType[*pricing.UnknownRateError](each)
		if !ok {
			return nil, false
		}
		if !slices.Contains(rates, unknown.Rated) {
			rates = append(rates, unknown.Rated)
		}
	}
	slices.SortStableFunc(rates, func(a, b pricing.Rated) int { return cmp.Compare(a.Quantity, b.Quantity) })
	return rates, true
}

// faultFunc takes a fault: the path whose place in the file it has, the path that it is about, and what is wrong.
type faultFunc func(place, path, format string, args ...any)

// faults runs checks and returns what they find as an error, in the order of the file, and nil where that is nothing.
func (s *Scenario) faults(check func(faultFunc)) error {
	found := &strictyaml.Faults{File: s.name}
	check(func(place, path, format string, args ...any) {
		if !s.doc.Broken(place) {
			fault := s.doc.At(place, format, args...)
			fault.Path = path
			found.List = append(found.List, fault)
		}
	})
	if len(found.List) == 0 {
		return nil
	}
	return found.Sorted()
}

// checkKnown reports the rates that the scenario needs and nobody knows, where an error of pricing says so, each under
// the key by which it could be given. A region of which nothing is known is one fault, not one for each rate.
func (s *Scenario) checkKnown(card pricing.RateCard, err error, fault faultFunc) {
	rates, only := unknownRates(err)
	if !only {
		return
	}
	if card.Empty() {
		fault("region", "region", "%s", s.noRates())
		return
	}
	for _, r := range rates {
		fault(s.ratesPlace(), "rates."+string(s.rateKey(r)), "%s; give it in the workload, or refresh the rates",
			&pricing.UnknownRateError{Region: s.Region, Rated: r})
	}
}

// noRates says that nothing is known of the scenario's region, and what can be done about it.
func (s *Scenario) noRates() string {
	unknown := &pricing.NoCardError{Region: s.Region}
	return fmt.Sprintf("%s; fetch them with microspend rates update --region %s, or give them under rates", unknown,
		s.Region)
}

// ratesPlace is the path in the file where a rate could be given: beside those that it gives, or else its region's.
func (s *Scenario) ratesPlace() string {
	if s.file.Rates == nil {
		return "region"
	}
	return "rates"
}

// GivesRates reports whether the file gives any rate itself.
func (s *Scenario) GivesRates() bool { return len(s.inlineRates()) > 0 }

// unknownWhy says of a variation of the scenario, in another region say, which rates it needs that are not known and
// where they could be given: the place is that in the user's file.
func (s *Scenario) unknownWhy(card pricing.RateCard, rates []pricing.Rated) string {
	place := s.doc.At(s.ratesPlace(), "")
	var why string
	if card.Empty() {
		why = s.noRates()
	} else {
		names := make([]string, len(rates))
		for i, r := range rates {
			names[i] = r.Name()
		}
		noun, verb := "rate", "is"
		if len(rates) > 1 {
			noun, verb = "rates", "are"
		}
		why = fmt.Sprintf("the %s %s of %s %s not known; give them under rates, or refresh the rates",
			list(names), noun, s.Region, verb)
	}
	return fmt.Sprintf("%s:%d:%d: %s", s.name, place.Line, place.Column, why)
}

// likely is the workload as far as the file says what happens in it at all: once where anything is at fault, so that
// the rates that it will need once the faults are gone can be told already.
func (s *Scenario) likely() pricing.Workload {
	w, one := s.file.Workload, decimal.NewFromInt(1)
	out := pricing.Workload{Size: s.Size, Running: one, Image: pricing.Image{GB: one, Count: one}, StateGB: one}
	if w.Launches == nil || w.Launches.IsPositive() {
		out.Launches = one
	}
	if w.Cycles != nil && w.Cycles.IsPositive() {
		out.Cycles = one
	}
	if w.Suspended != nil && w.Suspended.Seconds.IsPositive() {
		out.Suspended = one
	}
	if c := s.file.Image.Count; c != nil && c.IsZero() {
		out.Image = pricing.Image{GB: one, NotStored: true}
	}
	return out
}

// check reports what only a market can tell is wrong with a scenario, beside what is wrong with the file: names of
// providers and runners, and rates that nobody knows.
func (m Market) check(s *Scenario, fault faultFunc) {
	m.checkNames(s, fault)
	if !pricing.IsRegionName(s.Region) || s.doc.Broken("rates") || s.doc.BrokenBelow("rates") {
		return
	}
	card, err := m.card(s)
	if err != nil {
		return // of a card that cannot be read, which is said when it is priced
	}
	w := s.Workload
	if s.doc.Err() != nil {
		w = s.likely()
	}
	_, err = w.Bill(card)
	s.checkKnown(card, err, fault)
}

// within says of an error in a variation of a scenario which one it is; places in it are those of the user's file.
func within(err error, axes []Axis, values []string) error {
	parts := make([]string, len(axes))
	for i, axis := range axes {
		parts[i] = axis.Path + "=" + values[i]
	}
	with := " (with " + strings.Join(parts, ", ") + ")"
	faults, ok := errors.AsType[*strictyaml.Faults](err)
	if !ok {
		return err // about the axis, which it names
	}
	for i := range faults.List {
		faults.List[i].Message += with
	}
	return faults
}
