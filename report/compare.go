package report

import (
	"fmt"
	"slices"
	"strings"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// The MicroVMs are a row among the alternatives, under this name and kind.
const (
	microvms = "MicroVMs"
	ownKind  = pricing.Kind("microvm")
)

func isOwn(c scenarios.Comparison) bool { return c.Kind == ownKind }

// ownSide is the MicroVMs as a row among the alternatives.
func ownSide(e *scenarios.Estimate) scenarios.Comparison {
	ratio := one
	return scenarios.Comparison{
		Alternative: pricing.Alternative{Name: microvms, Kind: ownKind},
		Monthly:     e.Bill.Total(), PerUnit: e.PerUnit, Ratio: &ratio,
	}
}

// cheapestFirst sorts alternatives by cost, with those of unknown price last. Of several that cost the same, the one
// listed first comes first.
func cheapestFirst(all []scenarios.Comparison) []scenarios.Comparison {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b scenarios.Comparison) int {
		switch {
		case known(a) == known(b):
			return a.Monthly.Cmp(b.Monthly)
		case known(a):
			return -1
		default:
			return 1
		}
	})
	return all
}

// comparedObject is the estimate's document with alternatives and the verdict; compare and breakeven share it.
func comparedObject(e *scenarios.Estimate, comparisons []scenarios.Comparison) view.Object {
	rule := e.Scenario.RuleOfThumb()
	all := append([]scenarios.Comparison{ownSide(e)}, comparisons...)
	return estimateObject(e, comparisons, view.Object{
		{ID: "says", Value: string(rule.Says)},
		{ID: "for_microvm", Value: append([]string{}, rule.ForMicroVM...)},
		{ID: "for_function", Value: append([]string{}, rule.ForFunction...)},
		{ID: "sentence", Value: rule.Sentence},
		{ID: "cheapest", Value: cheapestFirst(all)[0].Name},
	})
}

// Compare makes the document that sets a workload's MicroVMs against what else could run it, cheapest first. Its CSV
// is in the order of the scenario.
func Compare(e *scenarios.Estimate, comparisons []scenarios.Comparison, options EstimateOptions) view.Document {
	columns := comparisonColumns(e, comparisons, compareWords)
	all := append([]scenarios.Comparison{ownSide(e)}, comparisons...)
	d := view.Document{
		Title: e.Scenario.Name, Subtitle: estimateSubtitle(e), JSON: comparedObject(e, comparisons),
		Data: view.NewTable(columns, all, nil),
		Sections: []view.Section{{Table: view.NewTable(columns, cheapestFirst(all), func(c scenarios.Comparison) view.Look {
			switch {
			case !known(c):
				return view.Look{Warn: true, Notes: []string{c.Unknown}}
			case isOwn(c):
				return view.Look{Kind: view.Total}
			default:
				return view.Look{}
			}
		})}},
	}
	if e.Scenario.Low != nil {
		d.Add(view.Section{Notes: plainNotes(fmt.Sprintf(
			"The scenario has ranges; this is for their expensive ends. At the cheap ends MicroVMs cost %s a month.",
			dollars(e.Low.Bill.Total())))})
	}
	d.Add(view.Section{Heading: "Break-even", Notes: breakEvenNotes(comparisons)},
		view.Section{Heading: "Verdict", Notes: []view.Note{
			{Tag: "By rule of thumb", Text: e.Scenario.RuleOfThumb().Sentence},
			{Tag: "By the numbers", Text: numbersSentence(e, cheapestFirst(all)[0])},
		}},
		givesUpSection(comparisons))
	if len(e.Warnings) > 0 {
		d.Add(view.Section{Heading: "Warnings", Notes: notes(e.Warnings, true)})
	}
	d.Add(assumptionSection("Assumed of the alternatives", alternativeNotes(comparisons), options.Explain))
	return d
}

// numbersSentence names the cheapest and how it compares with the MicroVMs.
func numbersSentence(e *scenarios.Estimate, cheapest scenarios.Comparison) string {
	if isOwn(cheapest) {
		return fmt.Sprintf("MicroVMs cost least, %s a month.", dollars(cheapest.Monthly))
	}
	return fmt.Sprintf("%s costs least, %s a month against %s.",
		cheapest.Name, dollars(cheapest.Monthly), dollars(e.Bill.Total()))
}

// givesUpSection says what alternatives give up, once for all that give up the same.
func givesUpSection(comparisons []scenarios.Comparison) view.Section {
	section := view.Section{Heading: "What they give up against a MicroVM"}
	names := map[string][]string{}
	var order []string
	for _, c := range comparisons {
		if len(names[c.GivesUp]) == 0 {
			order = append(order, c.GivesUp)
		}
		names[c.GivesUp] = append(names[c.GivesUp], c.Name)
	}
	for _, givesUp := range order {
		section.Notes = append(section.Notes, view.Note{Tag: strings.Join(names[givesUp], ", "), Text: givesUp + "."})
	}
	return section
}

func alternativeNotes(comparisons []scenarios.Comparison) []view.Note {
	list := []view.Note{{Text: "prices are as of the last refresh; --format json has each one's source and date."}}
	var seen []string
	for _, c := range comparisons {
		for _, note := range c.Notes {
			if !slices.Contains(seen, note.Text) {
				seen = append(seen, note.Text)
				list = append(list, view.Note{Tag: note.ID, Text: note.Text + "."})
			}
		}
	}
	return list
}
