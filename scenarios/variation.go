package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// variation is a scenario's file with some of its values changed, many times over. What is not varied is decoded once:
// decoding is most of the time that a point takes, and all but a section or two would give the same each time.
type variation struct {
	of   *Scenario
	axes []Axis
	root *yaml.Node
	keys []string // the sections that the axes lie in

	entries []int // those of the compare list that the axes lie in

	file *scenarioFile
	doc  *strictyaml.Document // nil until the first point
	card *settledCard         // once settled, where no axis changes it
}

func newVariation(s *Scenario, axes []Axis) *variation {
	v := &variation{of: s, axes: axes, root: cloneTree(s.root)}
	for _, axis := range axes {
		v.keys = append(v.keys, axis.Path[:strings.IndexAny(axis.Path+".", ".[")])
	}
	v.entries = comparedEntries(axes)
	v.dropUnpriced()
	return v
}

// dropUnpriced takes the sections off the tree that do not enter the bill, unless one of them is varied.
func (v *variation) dropUnpriced() {
	for i := len(v.root.Content) - 2; i >= 0; i -= 2 {
		key := v.root.Content[i].Value
		if (key == "compare" || key == "documented") && !slices.Contains(v.keys, key) {
			v.root.Content = slices.Delete(v.root.Content, i, i+2)
		}
	}
}

// at is the scenario with these values. Errors name no point; see [within]. The scenario is lent until the next call.
func (v *variation) at(values []string) (*Scenario, error) {
	for i, axis := range v.axes {
		if err := setScalar(v.root, axis.Path, values[i]); err != nil {
			return nil, err
		}
	}
	if v.doc == nil {
		v.file = &scenarioFile{}
		v.doc = strictyaml.Decode(v.of.name, v.root, v.file)
	} else {
		v.doc.Again(v.root, v.file, v.keys...)
	}
	s := &Scenario{file: v.file, doc: v.doc, root: v.root, name: v.of.name, traces: v.of.traces}
	s.resolve()
	s.ratesArch = v.of.ratesArch
	return s, v.doc.Err()
}

// priceAt fills a point with the bill alone, without the rest of an estimate.
func (m Market) priceAt(point *SweepPoint, v *variation) error {
	s, err := v.at(point.Values)
	if s == nil {
		return within(err, v.axes, point.Values)
	}
	if why, only := s.workFault(); only {
		point.Unknown = why
		return nil
	}
	if err == nil {
		err = m.price(point, s, v)
	}
	if err != nil {
		return within(err, v.axes, point.Values)
	}
	return nil
}

// settledCard is the rates of a point, and the warnings about them.
type settledCard struct {
	pricing.RateCard
	warnings []pricing.Note
}

// cardOf settles the rates of a point, once for all points where no axis has a say in them.
func (m Market) cardOf(s *Scenario, v *variation) (settledCard, error) {
	if v.card != nil {
		return *v.card, nil
	}
	card, err := m.card(s)
	if err != nil {
		return settledCard{RateCard: card}, err
	}
	settled := settledCard{card, m.rateWarnings(s, card)}
	varies := func(key string) bool { return key == "region" || key == "rates" || key == "microvm" }
	if !slices.ContainsFunc(v.keys, varies) {
		v.card = &settled
	}
	return settled, nil
}

func (m Market) price(point *SweepPoint, s *Scenario, v *variation) error {
	card, err := m.cardOf(s, v)
	if err != nil {
		return err
	}
	bill, err := s.Workload.Bill(card.RateCard)
	if rates, only := unknownRates(err); only {
		point.Unknown = s.unknownWhy(card.RateCard, rates)
		return nil
	}
	if err != nil {
		return err
	}
	count, _ := s.PerUnit()
	point.Total = bill.Total()
	point.PerUnit = pricing.Divide(point.Total, count, pricing.AmountPlaces)
	point.Warnings = s.warnings(card.RateCard, card.warnings)
	if s.Work != nil {
		point.Seconds, point.OutlivesOne = s.Work.Seconds, s.Work.OutlivesOne()
	}
	return m.compareEntries(point, &Estimate{Scenario: s, Bill: bill}, v.entries)
}

// comparedEntries are the entries of the compare list that axes lie in, in their order.
func comparedEntries(axes []Axis) (entries []int) {
	for _, axis := range axes {
		var entry int
		if n, _ := fmt.Sscanf(axis.Path, "compare[%d]", &entry); n == 1 && !slices.Contains(entries, entry) {
			entries = append(entries, entry)
		}
	}
	return entries
}

// compareEntries sets the point against the alternatives that it varies.
func (m Market) compareEntries(point *SweepPoint, e *Estimate, entries []int) error {
	if len(entries) == 0 {
		return nil
	}
	if err := e.Scenario.faults(func(fault faultFunc) { m.checkNames(e.Scenario, fault) }); err != nil {
		return err
	}
	candidates := make([]pricing.Candidate, len(entries))
	for i, entry := range entries {
		candidates[i] = e.Scenario.Candidates[entry]
	}
	var err error
	point.Compared, err = m.compareAt(e, candidates)
	return err
}
