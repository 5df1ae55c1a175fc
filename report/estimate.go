package report

import (
	"fmt"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// EstimateOptions say how much of an estimate a table shows.
type EstimateOptions struct {
	Explain bool // each line's formula under it, how the month's totals come about, and assumptions in full
}

// Estimate makes the document of one estimate.
func Estimate(e *scenarios.Estimate, options EstimateOptions) view.Document {
	d := view.Document{
		Title: e.Scenario.Name, Subtitle: estimateSubtitle(e),
		JSON:     estimateObject(e, e.Comparisons, nil),
		Sections: []view.Section{{Table: billTable(e.Bill, e, options.Explain)}},
	}
	if options.Explain {
		d.Add(view.Section{Heading: "How the monthly total is derived", Notes: plainNotes(e.Scenario.Basis()...)})
	}
	d.Add(view.Section{Notes: plainNotes(ratesSentence(e.Bill.Card))})
	if len(e.Comparisons) > 0 {
		d.Add(view.Section{
			Heading: "Alternatives", Notes: breakEvenNotes(e.Comparisons),
			Table: view.NewTable(comparisonColumns(e, e.Comparisons, estimateWords), able(e.Comparisons), lookOfComparison),
		})
		d.Add(unableSections(e.Rank(e.Comparisons))...)
	}
	if len(e.Documented) > 0 {
		d.Add(documentedSection(e))
	}
	if len(e.Warnings) > 0 {
		d.Add(view.Section{Heading: "Warnings", Notes: notes(e.Warnings, true)})
	}
	if len(e.Assumptions) > 0 {
		d.Add(assumptionSection("Assumptions", notes(e.Assumptions, false), options.Explain))
	}
	return d
}

func estimateSubtitle(e *scenarios.Estimate) string {
	s := e.Scenario
	machine := fmt.Sprintf("%s, MicroVM of %s GB / %s vCPU", s.Region, s.Size.GB(), s.Size.VCPU())
	if s.Arch != pricing.ArchARM64 {
		machine += " on " + s.Arch.Name()
	}
	if s.Title == "" {
		return machine
	}
	return s.Title + "\n" + machine
}

// estimateObject is the document microspend.estimate/v1, which compare and breakeven share; only they have a verdict.
// Its fields are a contract: they are added to, never changed.
func estimateObject(e *scenarios.Estimate, comparisons []scenarios.Comparison, verdict view.Object) view.Object {
	s := e.Scenario
	head := view.Object{
		{ID: "schema", Value: "microspend.estimate/v1"},
		{ID: "name", Value: s.Name},
		{ID: "title", Value: view.Text(s.Title).OmitEmpty()},
		{ID: "region", Value: s.Region},
		{ID: "currency", Value: "USD"},
		{
			ID: "microvm",
			Value: view.Object{
				{ID: "memory_gb", Value: s.Size.GB()},
				{ID: "vcpu", Value: s.Size.VCPU()},
				{ID: "arch", Value: string(s.Arch)},
			},
		},
		{ID: "rates", Value: ratesObject(e.Bill.Card)},
	}
	tail := view.Object{
		{ID: "work", Value: workValue(s)},
		{ID: "basis", Value: s.Basis()},
		{ID: "assumptions", Value: noteRecords(e.Assumptions)},
		{ID: "warnings", Value: noteRecords(e.Warnings)},
		{ID: "alternatives", Value: view.Records{
			Table: view.NewTable(comparisonColumns(e, comparisons, compareWords), comparisons, nil),
		}},
	}
	tail = tail.With(verdict != nil, "verdict", verdict)
	tail = tail.With(len(e.Documented) > 0, "documented", view.Records{Table: checkTable(checksOf(e))})
	return append(append(head, billFields(e)...), tail...)
}

// billFields are an estimate's bill, and under low that at the cheaper ends of its ranges: the others are at the
// costlier.
func billFields(e *scenarios.Estimate) view.Object {
	groups := view.Object{}
	for _, group := range pricing.Groups() {
		groups = append(groups, view.Field{ID: group.String(), Value: e.Bill.Sum(group)})
	}
	_, noun := e.Scenario.PerUnit()
	o := view.Object{
		{ID: "lines", Value: view.Records{Table: billTable(e.Bill, e, false)}},
		{ID: "groups", Value: groups},
		{ID: "total", Value: e.Bill.Total()},
		{ID: "list_total", Value: view.Exact(e.Bill.ListTotal()).OmitIf(!e.Bill.Negotiated())},
		{ID: "per_" + noun, Value: e.PerUnit},
	}
	if e.Low != nil {
		o = append(o, view.Field{ID: "low", Value: billFields(e.Low)})
	}
	return o
}

func plainNotes(texts ...string) []view.Note {
	list := make([]view.Note, len(texts))
	for i, text := range texts {
		list[i] = view.Note{Text: text}
	}
	return list
}

func notes(from []pricing.Note, warn bool) []view.Note {
	list := make([]view.Note, len(from))
	for i, n := range from {
		list[i] = view.Note{Tag: n.ID, Text: n.Text, Warn: warn}
	}
	return list
}

// assumptionSection is what figures rest on, after them and each in a line, or explained in full.
func assumptionSection(heading string, list []view.Note, explain bool) view.Section {
	if explain {
		return view.Section{Heading: heading, Notes: list}
	}
	for i := range list {
		list[i].Brief = list[i].Tag != ""
	}
	heading += " (--explain has them in full)"
	return view.Section{Heading: heading, Notes: list}
}

func noteRecords(from []pricing.Note) view.Records {
	return view.Records{Table: view.NewTable([]view.Column[pricing.Note]{
		{ID: "id", Value: func(n pricing.Note) view.Value { return view.Text(n.ID) }},
		{ID: "text", Value: func(n pricing.Note) view.Value { return view.Text(n.Text) }},
	}, from, nil)}
}
