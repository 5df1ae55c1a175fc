package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/pricing"
)

// mostOutcomes is how many lines of the frontier a table has; JSON and CSV have all.
const mostOutcomes = 14

// idleLives shows the frontier, cheapest first: those that keep state the longest, and the best of those that lose some.
func idleLives(a *idle.Analysis) *Table {
	places := livesPlaces(a.Lives)
	t := &Table{Columns: []Column{
		{Title: ""},
		{Title: "idle s", Align: Right},
		{Title: "suspended s", Align: Right},
		{Title: "cost $", Align: Decimal},
		{Title: "a month $", Align: Decimal, Drop: 2},
		{Title: "waits/day", Align: Right},
		{Title: "state lost/day", Align: Right, Drop: 1},
		{Title: "mean wait ms", Align: Decimal, Drop: 3},
	}}
	for _, o := range shownOutcomes(a.Lives) {
		mark := ""
		switch {
		case sameOutcome(o, a.Lives.Best):
			mark = "◆"
		case !o.Within:
			mark = "✗"
		}
		month := ""
		if monthly, ok := a.Monthly(o.Cost); ok {
			month = fixed(monthly, centPlaces)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{
			mark, idleTimeout(o, a.Lives), heldCell(o, a.Lives), fixed(o.Cost, places), month,
			figures.UpTo(a.PerDay(o.Waits), 0), figures.UpTo(a.PerDay(o.Lost), 0),
			fixed(meanWaitMS(o, a.Lives), 1),
		}})
	}
	return t
}

// livesPlaces are the decimals at which the costs of lives can be told apart.
func livesPlaces(f *idle.Frontier) int32 {
	costs := make([]decimal.Decimal, len(f.Outcomes))
	for i := range f.Outcomes {
		costs[i] = f.Outcomes[i].Cost
	}
	return placesFor(costs)
}

func meanWaitMS(o *idle.Outcome, f *idle.Frontier) decimal.Decimal {
	return pricing.Divide(decimal.NewFromInt(o.WaitMS), decimal.NewFromInt(max(f.Served, 1)), pricing.RatioPlaces)
}

func idleTimeout(o *idle.Outcome, f *idle.Frontier) string {
	if o.TimeoutMS >= f.LifeMS {
		return "never"
	}
	return figures.Int(o.TimeoutMS / 1000)
}

func heldText(o *idle.Outcome) string {
	if o.HeldMS == 0 {
		return "terminated"
	}
	return figures.Int(o.HeldMS / 1000)
}

// heldCell is the suspended duration, which means nothing where nothing is ever suspended.
func heldCell(o *idle.Outcome, f *idle.Frontier) string {
	if o.TimeoutMS >= f.LifeMS {
		return "–"
	}
	return heldText(o)
}

func sameOutcome(o, other *idle.Outcome) bool {
	return other != nil && o.TimeoutMS == other.TimeoutMS && o.HeldMS == other.HeldMS
}

// shownOutcomes picks what a reader needs of the frontier: the best two, and others at even distances in cost.
func shownOutcomes(f *idle.Frontier) []*idle.Outcome {
	var on []*idle.Outcome
	for i := range f.Outcomes {
		o := &f.Outcomes[i]
		if o.Frontier || sameOutcome(o, f.Best) || sameOutcome(o, f.Cheapest) {
			on = append(on, o)
		}
	}
	slices.SortStableFunc(on, func(a, b *idle.Outcome) int { return cmp.Or(a.Cost.Cmp(b.Cost), cmp.Compare(a.WaitMS, b.WaitMS)) })
	if len(on) <= mostOutcomes {
		return on
	}
	var shown []*idle.Outcome
	for i, o := range on {
		evenly := i*(mostOutcomes-1)/(len(on)-1) != (i-1)*(mostOutcomes-1)/(len(on)-1)
		if i == 0 || evenly || sameOutcome(o, f.Best) || sameOutcome(o, f.Cheapest) {
			shown = append(shown, o)
		}
	}
	return shown
}

func idleLivesNotes(a *idle.Analysis) []Note {
	f := a.Lives
	list := []Note{{Text: fmt.Sprintf(
		"Costs here are of everything, requests included. %d policies were played through the trace, with lives of at most %s; "+
			"shown are those that none beats in dollars, waits and state lost at once.", len(f.Outcomes), clockTime(f.LifeMS))}}
	if f.Best != nil {
		what := fmt.Sprintf("The cheapest that keeps state: idle %s s, suspended up to %s s", idleTimeout(f.Best, f), heldText(f.Best))
		if f.Best.HeldMS == 0 {
			what = fmt.Sprintf("The cheapest: idle %s s, then terminated", idleTimeout(f.Best, f))
		}
		list = append(list, Note{Text: fmt.Sprintf(
			"◆ %s, $%s; %s, %s, %s.", what, fixed(f.Best.Cost, livesPlaces(f)), figures.Count(f.Best.Suspends(), "suspend"),
			figures.Count(f.Best.Resumes, "resume"), figures.Count(f.Best.Launches, "launch"))})
	}
	if a.Limited != nil {
		list = append(list, Note{Text: "✗ does not keep the limits."})
	}
	if f.Best != nil && f.Cheapest != nil && f.Cheapest.Cost.LessThan(f.Best.Cost) {
		saved, _ := a.Monthly(f.Best.Cost.Sub(f.Cheapest.Cost))
		what := "with a suspended duration of " + heldText(f.Cheapest) + " s"
		if f.Cheapest.HeldMS == 0 {
			what = "by terminating in place of suspending"
		}
		list = append(list, Note{Text: fmt.Sprintf(
			"Losing state %s times a day more, %s after %s s, would save another $%s a month.",
			figures.UpTo(a.PerDay(f.Cheapest.Lost-f.Best.Lost), 0), what, idleTimeout(f.Cheapest, f), fixed(saved, centPlaces))})
	}
	for i := range f.Outcomes {
		if f.Outcomes[i].Interrupted > 0 {
			list = append(list, Note{Text: fmt.Sprintf("With some of these policies the end of a life cuts requests, %s at idle %s s; a new MicroVM carries on.",
				figures.Int(f.Outcomes[i].Interrupted), idleTimeout(&f.Outcomes[i], f))})
			break
		}
	}
	return list
}
