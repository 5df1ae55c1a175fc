package report

import (
	"slices"
	"strings"

	"microspend/scenarios"
	"microspend/view"
)

// microvms is what the MicroVMs are called in pictures.
const microvms = "MicroVMs"

func isOwn(c scenarios.Comparison) bool { return c.IsOwn() }

// comparedObject is the estimate's document with alternatives and the verdict; compare and breakeven share it.
func comparedObject(e *scenarios.Estimate, comparisons []scenarios.Comparison) view.Object {
	rule, numbers := e.Scenario.RuleOfThumb(), e.Rank(comparisons).ByNumbers()
	return estimateObject(e, comparisons, view.Object{
		{ID: "says", Value: string(rule.Says)},
		{ID: "for_microvm", Value: append([]string{}, rule.ForMicroVM...)},
		{ID: "for_function", Value: append([]string{}, rule.ForFunction...)},
		{ID: "sentence", Value: rule.Sentence},
		{ID: "cheapest", Value: view.Text(numbers.Cheapest).Or("", numbers.Cheapest != "")},
		{ID: "by_numbers", Value: numbers.Sentence},
	}.With(e.Low != nil, "cheapest_low", view.Text(numbers.CheapestLow).Or("", numbers.CheapestLow != "")).
		With(e.Low != nil, "flips", numbers.Flips))
}

// Compare makes the document that sets a workload's MicroVMs against what else could run it: cheapest first, then what
// has no known price, and apart what cannot do the job.
func Compare(e *scenarios.Estimate, comparisons []scenarios.Comparison, options EstimateOptions) view.Document {
	columns, ranking := comparisonColumns(e, comparisons, compareWords), e.Rank(comparisons)
	rows := slices.Concat(ranking.Able, ranking.Unknown)
	all := append(rows, ranking.Unable...)
	look := func(c scenarios.Comparison) view.Look {
		switch {
		case !c.Known():
			return view.Look{Warn: true, Notes: []string{c.Unknown()}}
		case isOwn(c):
			return view.Look{Kind: view.Total}
		default:
			return view.Look{}
		}
	}
	d := view.Document{
		Title: e.Scenario.Name, Subtitle: estimateSubtitle(e), JSON: comparedObject(e, comparisons),
		Data:     view.NewTable(columns, all, nil),
		Sections: []view.Section{{Table: view.NewTable(columns, rows, look)}},
	}
	d.Add(unableSections(ranking)...)
	if e.Low != nil {
		d.Add(view.Section{Notes: plainNotes("The workload has ranges: low is at their cheap ends, high at their " +
			"expensive ends.")})
	}
	d.Add(view.Section{Heading: "What each offers, of what is needed", Table: view.NewTable(capacityColumns, all, nil)})
	if points := breakEvenNotes(comparisons); len(points) > 0 {
		d.Add(view.Section{Heading: "Break-even", Notes: points})
	}
	d.Add(
		view.Section{Heading: "Verdict", Notes: []view.Note{
			{Tag: "By rule of thumb", Text: e.Scenario.RuleOfThumb().Sentence},
			{Tag: "By the numbers", Text: ranking.ByNumbers().Sentence},
		}},
		givesUpSection(comparisons))
	if len(e.Warnings) > 0 {
		d.Add(view.Section{Heading: "Warnings", Notes: notes(e.Warnings, true)})
	}
	d.Add(assumptionSection("Assumed of the alternatives", alternativeNotes(comparisons), options.Explain))
	return d
}

// unableSections list what cannot do the job, why, and what it would cost; there are none where all can.
func unableSections(ranking scenarios.Ranking) []view.Section {
	if len(ranking.Unable) == 0 {
		return nil
	}
	section := view.Section{Heading: "Cannot do the job"}
	for _, c := range ranking.Unable {
		price := "its price is not known"
		if c.Known() {
			price = "it would be " + dollars(c.Monthly) + " a month"
		}
		text := "cannot do the job, because " + strings.Join(c.Unable(), "; ") + " (" + price + ")."
		section.Notes = append(section.Notes, view.Note{Tag: c.Name, Text: text, Warn: true})
	}
	return []view.Section{section}
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
		section.Notes = append(section.Notes, view.Note{Tag: strings.Join(names[givesUp], "; "), Text: givesUp + "."})
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
