package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
)

type verdictJSON struct {
	Says        string   `json:"says"`
	ForMicroVM  []string `json:"for_microvm"`
	ForFunction []string `json:"for_function"`
	Sentence    string   `json:"sentence"`
	Cheapest    string   `json:"cheapest"`
}

// comparedJSON is the estimate's document with alternatives and the verdict; compare and breakeven share it.
func comparedJSON(e *scenarios.Estimate, comparisons []scenarios.Comparison) estimateJSON {
	out := newEstimateJSON(e)
	out.Alternatives = alternativesJSON(e, comparisons)
	rule := e.Scenario.RuleOfThumb()
	out.Verdict = &verdictJSON{
		Says: string(rule.Says), ForMicroVM: append([]string{}, rule.ForMicroVM...),
		ForFunction: append([]string{}, rule.ForFunction...), Sentence: rule.Sentence,
		Cheapest: cheapest(e, comparisons),
	}
	return out
}

// microvms names the workload's own side of a comparison.
const microvms = "MicroVMs"

func cheapest(e *scenarios.Estimate, comparisons []scenarios.Comparison) string {
	name, least := microvms, e.Bill.Total()
	for _, c := range comparisons {
		if c.Unknown == "" && c.Monthly.LessThan(least) {
			name, least = c.Name, c.Monthly
		}
	}
	return name
}

// option is a row of the comparison: the MicroVMs or an alternative.
type option struct {
	name, givesUp, unknown string
	monthly, perUnit       decimal.Decimal
	own                    bool
}

// options are the MicroVMs and the alternatives, cheapest first, and last those whose price is not known.
func options(e *scenarios.Estimate, comparisons []scenarios.Comparison) []option {
	all := []option{{name: microvms, monthly: e.Bill.Total(), perUnit: e.PerUnit, own: true}}
	for _, c := range comparisons {
		all = append(all, option{
			name: c.Name, givesUp: c.GivesUp, unknown: c.Unknown, monthly: c.Monthly, perUnit: c.PerUnit,
		})
	}
	slices.SortStableFunc(all, func(a, b option) int {
		switch {
		case (a.unknown == "") != (b.unknown == ""):
			if a.unknown == "" {
				return -1
			}
			return 1
		default:
			return a.monthly.Cmp(b.monthly)
		}
	})
	return all
}

// Compare makes the document that sets a workload's MicroVMs beside what else could run it, cheapest first.
func Compare(e *scenarios.Estimate, comparisons []scenarios.Comparison) Document {
	_, noun := e.Scenario.PerUnit()
	d := Document{
		Title: e.Scenario.Name, Subtitle: estimateSubtitle(e), JSON: comparedJSON(e, comparisons),
		CSV: [][]string{{
			"name", "kind", "monthly", "per_" + noun, "ratio", "running_hours_per_month", "hours_per_day", "gives_up", "sentence", "unknown",
		}},
	}
	total := e.Bill.Total()
	t := &Table{Columns: []Column{
		{Title: "cheapest first", Shrink: true},
		{Title: "a month $", Align: Decimal},
		{Title: "× MicroVMs", Align: Decimal},
		{Title: "per " + noun + " $", Align: Decimal, Drop: 1},
		{Title: "what it gives up", MinWidth: 130, Drop: 2},
	}}
	all := options(e, comparisons)
	places := placesFor(unitCosts(all))
	for _, o := range all {
		if o.unknown != "" {
			t.Rows = append(t.Rows, Row{Cells: []string{o.name, "unknown", "", "", o.givesUp}, Warn: true})
			t.Rows = append(t.Rows, Row{Kind: Footnote, Cells: []string{o.unknown}})
			continue
		}
		times, kind := "", Line
		if total.IsPositive() {
			times = fixed(pricing.Divide(o.monthly, total, 2), 2) + "×"
		}
		if o.own {
			kind = Total
		}
		t.Rows = append(t.Rows, Row{Kind: kind, Cells: []string{
			o.name, fixed(o.monthly, centPlaces), times, fixed(o.perUnit, places), o.givesUp,
		}})
	}
	d.CSV = append(d.CSV, compareCSV(e, comparisons)...)
	d.Sections = []Section{{Table: t.view()}}
	if e.Scenario.Low != nil {
		d.Sections = append(d.Sections, Section{Notes: []Note{{Text: fmt.Sprintf(
			"The scenario has ranges; this is for their costlier ends. At the cheaper ones MicroVMs cost $%s a month.",
			fixed(e.Low.Bill.Total(), centPlaces))}}})
	}
	evens := Section{Heading: "Break-even", Notes: breakEvenNotes(comparisons)}
	d.Sections = append(d.Sections, evens, verdictSection(e, comparisons), givesUpSection(comparisons))
	if warnings := notes(e.Warnings, true); len(warnings) > 0 {
		d.Sections = append(d.Sections, Section{Heading: "Warnings", Notes: warnings})
	}
	d.Sections = append(d.Sections, Section{Heading: "Assumed of the alternatives", Notes: alternativeNotes(comparisons)})
	return d
}

func unitCosts(all []option) []decimal.Decimal {
	var costs []decimal.Decimal
	for _, o := range all {
		costs = append(costs, o.perUnit)
	}
	return costs
}

// compareCSV has a row for the MicroVMs and one for each alternative, in the order of the scenario.
func compareCSV(e *scenarios.Estimate, comparisons []scenarios.Comparison) [][]string {
	rows := [][]string{{microvms, "microvm", e.Bill.Total().String(), e.PerUnit.String(), "1", "", "", "", "", ""}}
	for _, c := range comparisons {
		monthly, perUnit := c.Monthly.String(), c.PerUnit.String()
		if c.Unknown != "" {
			monthly, perUnit = "", ""
		}
		rows = append(rows, []string{
			c.Name, string(c.Kind), monthly, perUnit, orEmpty(ratio(c.Ratio)), orEmpty(ratio(c.BreakEven.HoursPerMonth)),
			orEmpty(ratio(c.BreakEven.HoursPerDay)), c.GivesUp, c.BreakEven.Sentence, c.Unknown,
		})
	}
	return rows
}

func verdictSection(e *scenarios.Estimate, comparisons []scenarios.Comparison) Section {
	return Section{Heading: "Verdict", Notes: []Note{
		{Tag: "By rule of thumb", Text: e.Scenario.RuleOfThumb().Sentence},
		{Tag: "By the numbers", Text: numbersSentence(e, comparisons)},
	}}
}

// numbersSentence names the cheapest and how it compares with the MicroVMs.
func numbersSentence(e *scenarios.Estimate, comparisons []scenarios.Comparison) string {
	first := options(e, comparisons)[0]
	if first.own {
		return fmt.Sprintf("MicroVMs cost least, $%s a month.", fixed(first.monthly, centPlaces))
	}
	return fmt.Sprintf("%s costs least, $%s a month against $%s.",
		first.name, fixed(first.monthly, centPlaces), fixed(e.Bill.Total(), centPlaces))
}

// givesUpSection says what alternatives give up, once for all that give up the same.
func givesUpSection(comparisons []scenarios.Comparison) Section {
	section := Section{Heading: "What they give up against a MicroVM"}
	names := map[string][]string{}
	var order []string
	for _, c := range comparisons {
		if len(names[c.GivesUp]) == 0 {
			order = append(order, c.GivesUp)
		}
		names[c.GivesUp] = append(names[c.GivesUp], c.Name)
	}
	for _, givesUp := range order {
		section.Notes = append(section.Notes, Note{Tag: strings.Join(names[givesUp], ", "), Text: givesUp + "."})
	}
	return section
}

func alternativeNotes(comparisons []scenarios.Comparison) []Note {
	list := []Note{{Text: "prices are as last read: JSON has each one's source and date."}}
	var seen []string
	for _, c := range comparisons {
		for _, note := range c.Notes {
			if !slices.Contains(seen, note.Text) {
				seen = append(seen, note.Text)
				list = append(list, Note{Tag: note.ID, Text: note.Text + "."})
			}
		}
	}
	return list
}
