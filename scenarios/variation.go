package scenarios

import (
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

	file *File
	doc  *strictyaml.Document // nil until the first point
	card *pricing.RateCard    // once settled, where no axis changes it
}

func newVariation(s *Scenario, axes []Axis) *variation {
	v := &variation{of: s, axes: axes, root: cloneTree(s.root)}
	for _, axis := range axes {
		v.keys = append(v.keys, axis.Path[:strings.IndexAny(axis.Path+".", ".[")])
	}
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
		v.file = &File{}
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

// cardOf settles the rates of a point, once for all points where no axis has a say in them.
func (m Market) cardOf(s *Scenario, v *variation) (pricing.RateCard, error) {
	if v.card != nil {
		return *v.card, nil
	}
	card, err := m.card(s)
	varies := func(key string) bool { return key == "region" || key == "rates" || key == "microvm" }
	if err == nil && !slices.ContainsFunc(v.keys, varies) {
		v.card = &card
	}
	return card, err
}

func (m Market) price(point *SweepPoint, s *Scenario, v *variation) error {
	card, err := m.cardOf(s, v)
	if err != nil {
		return err
	}
	bill, err := s.Workload.Bill(card)
	if rates, only := unknownRates(err); only {
		point.Unknown = s.unknownWhy(card, rates)
		return nil
	}
	if err != nil {
		return err
	}
	count, _ := s.PerUnit()
	point.Total = bill.Total()
	point.PerUnit = pricing.Divide(point.Total, count, pricing.AmountPlaces)
	if s.Work != nil {
		point.Seconds, point.OutlivesOne = s.Work.Seconds, s.Work.OutlivesOne()
	}
	return nil
}
