package report

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// capacityColumns set what each alternative offers beside what the workload needs of it, for people: "2 / 4" is two of
// the four that are needed.
var capacityColumns = []view.Column[scenarios.Comparison]{
	{Title: "offered / needed", Shrink: true, Value: func(c scenarios.Comparison) view.Value { return view.Text(c.Name) }},
	{Title: "vCPU", Align: view.Right, Value: func(c scenarios.Comparison) view.Value {
		return view.Text(beside(c.Offers.VCPU, c.Needs.VCPU) + peak(c.Needs.PeakVCPU))
	}},
	{Title: "GB", Align: view.Right, Value: func(c scenarios.Comparison) view.Value {
		return view.Text(beside(c.Offers.GB, c.Needs.GB) + peak(c.Needs.PeakGB))
	}},
	{Title: "one run", Align: view.Right, Drop: 1, Value: func(c scenarios.Comparison) view.Value {
		return view.Text(c.Offers.Life.String() + " / " + c.Needs.Life.String())
	}},
	{Title: "isolation", Drop: 2, Value: func(c scenarios.Comparison) view.Value {
		if c.Needs.Isolation == "" {
			return view.Text(isolation(c.Offers))
		}
		return view.Text(isolation(c.Offers) + " / " + string(c.Needs.Isolation))
	}},
}

const capacityPlaces = 3

func beside(offered, needed decimal.Decimal) string {
	text := "?"
	if offered.IsPositive() {
		text = figures.UpTo(offered, capacityPlaces)
	}
	return text + " / " + figures.UpTo(needed, capacityPlaces)
}

// peak is what bursts would need besides.
func peak(needed decimal.Decimal) string {
	if needed.IsZero() {
		return ""
	}
	return " to " + figures.UpTo(needed, capacityPlaces)
}

func isolation(c pricing.Capacity) string {
	if c.Isolation == "" {
		return "not known"
	}
	return string(c.Isolation)
}

// capacityData are the same for programs: nested in JSON, flat in CSV.
var capacityData = func() []view.Column[scenarios.Comparison] {
	type comparison = scenarios.Comparison
	offers := func(c comparison) pricing.Capacity { return c.Offers }
	needs := func(c comparison) pricing.Capacity { return c.Needs }
	columns := []view.Column[comparison]{
		{ID: "offers", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.Nested(view.ObjectOf(capacityFields, c.Offers))
		}},
		{ID: "needs", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.Nested(view.ObjectOf(capacityFields, c.Needs))
		}},
		{ID: "able", Value: func(c comparison) view.Value { return view.Bool(len(c.Unable()) == 0) }},
		{ID: "unable_because", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.List(append([]string{}, c.Unable()...))
		}},
		{ID: "unable_because", Scope: view.CSVOnly, Value: func(c comparison) view.Value {
			return view.Text(strings.Join(c.Unable(), "; "))
		}},
	}
	flat := slices.DeleteFunc(slices.Clone(capacityFields), func(f view.Column[pricing.Capacity]) bool {
		return f.Scope == view.JSONOnly
	})
	for _, side := range []struct {
		prefix string
		of     func(comparison) pricing.Capacity
	}{{"offers_", offers}, {"needs_", needs}} {
		for _, field := range flat {
			columns = append(columns, view.Column[comparison]{
				ID: side.prefix + field.ID, Scope: view.CSVOnly,
				Value: func(c comparison) view.Value { return field.Value(side.of(c)) },
			})
		}
	}
	return columns
}()

// capacityFields are those of what is offered or needed. What is not known is missing; so is a life without a limit,
// which its words tell from one that is not known.
var capacityFields = []view.Column[pricing.Capacity]{
	{ID: "vcpu", Value: func(c pricing.Capacity) view.Value { return positive(c.VCPU) }},
	{ID: "memory_gb", Value: func(c pricing.Capacity) view.Value { return positive(c.GB) }},
	{ID: "peak_vcpu", Value: func(c pricing.Capacity) view.Value { return positive(c.PeakVCPU).OmitMissing() }},
	{ID: "peak_memory_gb", Value: func(c pricing.Capacity) view.Value { return positive(c.PeakGB).OmitMissing() }},
	{ID: "life_seconds", Value: func(c pricing.Capacity) view.Value { return positive(c.Life.Seconds) }},
	{ID: "life", Value: func(c pricing.Capacity) view.Value { return view.Text(c.Life.String()) }},
	{ID: "isolation", Value: func(c pricing.Capacity) view.Value { return view.Text(c.Isolation).OmitEmpty() }},
	{ID: "sources", Scope: view.JSONOnly, Value: func(c pricing.Capacity) view.Value {
		return view.Nested(view.Records{Table: view.NewTable(limitColumns, c.Limits, nil)}).OmitIf(len(c.Limits) == 0)
	}},
}

var limitColumns = []view.Column[pricing.Limit]{
	{ID: "of", Value: func(l pricing.Limit) view.Value { return view.Text(l.Of) }},
	{ID: "is", Value: func(l pricing.Limit) view.Value { return view.Text(l.Is) }},
	{ID: "source", Value: func(l pricing.Limit) view.Value { return view.Text(l.Source) }},
	{ID: "read_on", Value: func(l pricing.Limit) view.Value { return view.Text(l.ReadOn) }},
	{ID: "confidence", Value: func(l pricing.Limit) view.Value { return view.Text(l.Confidence).OmitEmpty() }},
}

func positive(d decimal.Decimal) view.Value {
	return view.Exact(d.RoundBank(pricing.RatioPlaces)).Or("", d.IsPositive())
}
