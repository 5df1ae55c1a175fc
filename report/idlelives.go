package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/view"
)

// outcomeColumns are a policy played through whole lives. A table has the frontier, cheapest first; JSON has all.
func outcomeColumns(a *idle.Analysis) []view.Column[*idle.Outcome] {
	type outcome = *idle.Outcome
	count := func(of func(outcome) int64) func(outcome) view.Value {
		return func(o outcome) view.Value { return view.Count(of(o)) }
	}
	time := func(of func(outcome) int64) func(outcome) view.Value {
		return func(o outcome) view.Value { return seconds(of(o)) }
	}
	places := livesPlaces(a.Lives)
	return []view.Column[outcome]{
		{Value: func(o outcome) view.Value {
			switch {
			case sameOutcome(o, a.Lives.Best):
				return view.Missing("◆")
			case !o.Within:
				return view.Missing("✗")
			default:
				return view.Value{}
			}
		}},
		{ID: "idle_timeout_seconds", Title: "idle s", Align: view.Right, Value: func(o outcome) view.Value {
			return outcomeTimeout(o, a.Lives)
		}},
		{ID: "suspended_duration_seconds", Title: "suspended s", Align: view.Right, Value: func(o outcome) view.Value {
			return seconds(o.HeldMS).Shown(heldCell(o, a.Lives))
		}},
		{ID: "cost", Title: "cost", Unit: "$", Value: func(o outcome) view.Value { return view.Number(o.Cost, places) }},
		{Title: "a month", Unit: "$", Drop: 2, Value: func(o outcome) view.Value { return monthly(a, o.Cost) }},
		{ID: "running_seconds", Value: time(func(o outcome) int64 { return o.RunningMS })},
		{ID: "idle_seconds", Value: time(func(o outcome) int64 { return o.IdleMS })},
		{ID: "suspended_seconds", Value: time(func(o outcome) int64 { return o.SuspendedMS })},
		{ID: "suspends", Value: count(func(o outcome) int64 { return o.Suspends() })},
		{ID: "resumes", Value: count(func(o outcome) int64 { return o.Resumes })},
		{ID: "launches", Value: count(func(o outcome) int64 { return o.Launches })},
		{ID: "terminations", Value: count(func(o outcome) int64 { return o.Terminated })},
		{ID: "interrupted_requests", Value: count(func(o outcome) int64 { return o.Interrupted })},
		{ID: "waits", Value: count(func(o outcome) int64 { return o.Waits })},
		{ID: "waits_per_day", Title: "waits/day", Align: view.Right, Value: func(o outcome) view.Value {
			return perDay(a, o.Waits)
		}},
		{ID: "wait_seconds", Value: time(func(o outcome) int64 { return o.WaitMS })},
		{Title: "state lost/day", Align: view.Right, Drop: 1, Value: func(o outcome) view.Value { return perDay(a, o.Lost) }},
		{ID: "mean_added_ms", Title: "mean wait ms", Align: view.Decimal, Drop: 3, Value: func(o outcome) view.Value {
			served := decimal.NewFromInt(max(a.Lives.Served, 1))
			return view.Number(pricing.Divide(decimal.NewFromInt(o.WaitMS), served, pricing.RatioPlaces), 1)
		}},
		{ID: "state_lost", Value: count(func(o outcome) int64 { return o.Lost })},
		{ID: "frontier", Value: func(o outcome) view.Value { return view.Bool(o.Frontier) }},
		{ID: "within_limits", Value: func(o outcome) view.Value { return view.Bool(o.Within) }},
	}
}

// maxOutcomes is how many lines of the frontier a table has; JSON and CSV have all.
const maxOutcomes = 14

// livesPlaces are the decimals at which the costs of lives can be told apart.
func livesPlaces(f *idle.Frontier) int32 {
	costs := make([]decimal.Decimal, len(f.Outcomes))
	for i := range f.Outcomes {
		costs[i] = f.Outcomes[i].Cost
	}
	return view.PlacesFor(costs)
}

// outcomeTimeout is the idle timeout in seconds; one as long as a life is never reached, and is null in JSON.
func outcomeTimeout(o *idle.Outcome, f *idle.Frontier) view.Value {
	return seconds(o.TimeoutMS).Shown(figures.Int(o.TimeoutMS/1000)).Or("never", o.TimeoutMS < f.LifeMS)
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
	slices.SortStableFunc(on, func(a, b *idle.Outcome) int {
		return cmp.Or(a.Cost.Cmp(b.Cost), cmp.Compare(a.WaitMS, b.WaitMS))
	})
	if len(on) <= maxOutcomes {
		return on
	}
	var shown []*idle.Outcome
	for i, o := range on {
		evenly := i*(maxOutcomes-1)/(len(on)-1) != (i-1)*(maxOutcomes-1)/(len(on)-1)
		if i == 0 || evenly || sameOutcome(o, f.Best) || sameOutcome(o, f.Cheapest) {
			shown = append(shown, o)
		}
	}
	return shown
}

func idleLivesNotes(a *idle.Analysis) []string {
	f := a.Lives
	list := []string{fmt.Sprintf(
		"Costs here include the requests. %d policies were replayed over the trace, "+
			"with lives of at most %s; shown are those that no other beats on dollars, waits and lost state at once.",
		len(f.Outcomes), clockTime(f.LifeMS))}
	if f.Best != nil {
		what := fmt.Sprintf(
			"The cheapest that keeps state: idle %s s, suspended up to %s s", outcomeTimeout(f.Best, f), heldText(f.Best))
		if f.Best.HeldMS == 0 {
			what = fmt.Sprintf("The cheapest: idle %s s, then terminated", outcomeTimeout(f.Best, f))
		}
		list = append(list, fmt.Sprintf(
			"◆ %s, $%s; %s, %s, %s.", what, figures.Fixed(f.Best.Cost, livesPlaces(f)),
			figures.Count(f.Best.Suspends(), "suspend"),
			figures.Count(f.Best.Resumes, "resume"), figures.Count(f.Best.Launches, "launch")))
	}
	if a.Limited != nil {
		list = append(list, "✗ exceeds the limits.")
	}
	if f.Best != nil && f.Cheapest != nil && f.Cheapest.Cost.LessThan(f.Best.Cost) {
		saved, _ := a.Monthly(f.Best.Cost.Sub(f.Cheapest.Cost))
		what := "with a suspended duration of " + heldText(f.Cheapest) + " s"
		if f.Cheapest.HeldMS == 0 {
			what = "by terminating in place of suspending"
		}
		list = append(list, fmt.Sprintf(
			"Losing state %s times a day more, %s after %s s, would save another %s a month.",
			figures.UpTo(a.PerDay(f.Cheapest.Lost-f.Best.Lost), 0), what, outcomeTimeout(f.Cheapest, f), dollars(saved)))
	}
	for i := range f.Outcomes {
		if f.Outcomes[i].Interrupted > 0 {
			list = append(list, fmt.Sprintf(
				"Some of these policies reach the end of a life during a request, %s times at idle %s s; a new MicroVM carries on.",
				figures.Int(f.Outcomes[i].Interrupted), outcomeTimeout(&f.Outcomes[i], f)))
			break
		}
	}
	return list
}
