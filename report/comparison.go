package report

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

type alternativeJSON struct {
	Name      string        `json:"name"`
	Kind      string        `json:"kind"`
	Monthly   *string       `json:"monthly"` // null where the price is not known; then unknown says why
	PerUser   string        `json:"per_user,omitempty"`
	PerJob    string        `json:"per_job,omitempty"`
	Ratio     *string       `json:"ratio"` // MicroVMs' total over monthly
	Formula   string        `json:"formula,omitempty"`
	GivesUp   string        `json:"gives_up"`
	Sources   []sourceJSON  `json:"sources,omitempty"`
	Unknown   string        `json:"unknown,omitempty"`
	BreakEven breakEvenJSON `json:"break_even"`
}

type sourceJSON struct {
	USD    string `json:"usd"`
	Source string `json:"source"`
	ReadOn string `json:"read_on,omitempty"`
}

type breakEvenJSON struct {
	RunningHoursPerMonth *string  `json:"running_hours_per_month"`
	HoursPerDay          *string  `json:"hours_per_day"`
	HoursPerDay20        *string  `json:"hours_per_day_20_days,omitempty"`
	HoursPerDay22        *string  `json:"hours_per_day_22_days,omitempty"`
	HoursPerDay30        *string  `json:"hours_per_day_30_days,omitempty"`
	SecondsPerJob        *string  `json:"seconds_per_job,omitempty"`
	UsersPerInstance     *string  `json:"users_per_instance,omitempty"`
	Crossings            []string `json:"crossings,omitempty"` // where there are 2 to 100, in running hours per month
	Sentence             string   `json:"sentence"`
}

// mostCrossings is how many crossings are listed; where billing in steps makes more, the list says nothing to anyone.
const mostCrossings = 100

// ratio writes a ratio or a break-even as the contract has it: half-even at pricing.RatioPlaces.
func ratio(d *decimal.Decimal) *string {
	if d == nil {
		return nil
	}
	text := d.RoundBank(pricing.RatioPlaces).String()
	return &text
}

func alternativesJSON(e *scenarios.Estimate, comparisons []scenarios.Comparison) []alternativeJSON {
	list := make([]alternativeJSON, len(comparisons))
	_, noun := e.Scenario.PerUnit()
	for i, c := range comparisons {
		out := alternativeJSON{
			Name: c.Name, Kind: string(c.Kind), GivesUp: c.GivesUp, Unknown: c.Unknown,
			BreakEven: newBreakEvenJSON(e.Scenario, c.BreakEven),
		}
		if c.Unknown == "" {
			monthly := c.Monthly.String()
			out.Monthly, out.Ratio, out.Formula = &monthly, ratio(c.Ratio), c.Formula
			if noun == "job" {
				out.PerJob = c.PerUnit.String()
			} else {
				out.PerUser = c.PerUnit.String()
			}
			for _, source := range c.Sources {
				out.Sources = append(out.Sources, sourceJSON{source.USD.String(), source.Source, source.ReadOn})
			}
		}
		list[i] = out
	}
	return list
}

func newBreakEvenJSON(s *scenarios.Scenario, p scenarios.BreakEvenPoint) breakEvenJSON {
	out := breakEvenJSON{
		RunningHoursPerMonth: ratio(p.HoursPerMonth), HoursPerDay: ratio(p.HoursPerDay),
		SecondsPerJob: ratio(p.SecondsPerJob), Sentence: p.Sentence,
	}
	if s.Jobs.IsZero() {
		out.HoursPerDay20 = ratio(p.HoursPerDayOver(20))
		out.HoursPerDay22 = ratio(p.HoursPerDayOver(22))
		out.HoursPerDay30 = ratio(p.HoursPerDayOver(30))
	}
	if p.UsersPerInstance != nil {
		users := p.UsersPerInstance.String()
		out.UsersPerInstance = &users
	}
	if len(p.Crossings) > 1 && len(p.Crossings) <= mostCrossings {
		for i := range p.Crossings {
			out.Crossings = append(out.Crossings, *ratio(&p.Crossings[i]))
		}
	}
	return out
}

// comparisonSection is the alternatives' table with the break-even sentences under it.
func comparisonSection(e *scenarios.Estimate, comparisons []scenarios.Comparison) view.Section {
	_, noun := e.Scenario.PerUnit()
	perUnit := []decimal.Decimal{e.PerUnit}
	for _, c := range comparisons {
		perUnit = append(perUnit, c.PerUnit)
	}
	places := view.PlacesFor(perUnit)
	known := func(c scenarios.Comparison) bool { return c.Unknown == "" }
	columns := []view.Column[scenarios.Comparison]{
		{Title: "instead", Shrink: true, Value: func(c scenarios.Comparison) view.Value { return view.Text(c.Name) }},
		{Title: "a month", Unit: "$", Align: view.Decimal, Value: func(c scenarios.Comparison) view.Value {
			return view.Dollars(c.Monthly).Or("unknown", known(c))
		}},
		{Title: "MicroVMs are", Align: view.Right, Drop: 1, Value: func(c scenarios.Comparison) view.Value {
			return view.Maybe(c.Ratio, times)
		}},
		{Title: "per " + noun, Unit: "$", Align: view.Decimal, Drop: 2, Value: func(c scenarios.Comparison) view.Value {
			return view.Number(c.PerUnit, places).Or("", known(c))
		}},
	}
	return view.Section{
		Heading: "Alternatives",
		Table: view.NewTable(columns, comparisons, func(c scenarios.Comparison) view.Look {
			return view.Look{Warn: !known(c)}
		}),
		Notes: breakEvenNotes(comparisons),
	}
}

// times is a ratio, as in "0.62×".
func times(ratio decimal.Decimal) view.Value { return view.Number(ratio, 2).Marked("×") }

// breakEvenNotes says where each alternative costs the same, and in one sentence each which are always cheaper or always
// dearer.
func breakEvenNotes(comparisons []scenarios.Comparison) []Note {
	var (
		list            []Note
		cheaper, dearer []string
	)
	for _, c := range comparisons {
		switch {
		case c.Unknown != "":
		case c.BreakEven.Always == pricing.Other:
			cheaper = append(cheaper, c.Name)
		case c.BreakEven.Always == pricing.MicroVMs:
			dearer = append(dearer, c.Name)
		default:
			list = append(list, Note{Text: c.BreakEven.Sentence})
		}
	}
	if len(cheaper) > 0 {
		list = append(list, Note{Text: "Cheaper than MicroVMs at every running time: " + strings.Join(cheaper, "; ") + "."})
	}
	if len(dearer) > 0 {
		list = append(list, Note{Text: "Dearer than MicroVMs at every running time: " + strings.Join(dearer, "; ") + "."})
	}
	return list
}
