package report

import (
	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/pricing"
	"microspend/view"
)

// idleObject is the document microspend.idle/v1. Costs are over the trace; those under recommendation that say so are
// a month's, of 30 days. What there is none of is null: requests that the trace doesn't count, a break-even where
// suspending never pays, lives that cannot be followed.
func idleObject(a *idle.Analysis, warnings []pricing.Note) view.Object {
	t, m := a.Trace, a.Model
	advised := a.Advised()
	var lifecycle any
	if a.Lives != nil {
		lifecycle = lifecycleObject(a)
	}
	o := view.Object{
		{ID: "schema", Value: "microspend.idle/v1"},
		{ID: "currency", Value: "USD"},
		{ID: "region", Value: m.Card.Region},
		{ID: "memory_gb", Value: m.Size.GB()},
		{ID: "state_gb", Value: m.StateGB},
		{ID: "image_gb", Value: m.ImageGB},
		{ID: "rates", Value: ratesObject(m.Card)},
		{ID: "gaps", Value: t.All.Gaps()},
		{ID: "gap_seconds", Value: seconds(t.All.TotalMS())},
		{ID: "gap_percentiles_seconds", Value: view.Object{
			{ID: "p50", Value: seconds(t.All.Percentile(50))},
			{ID: "p90", Value: seconds(t.All.Percentile(90))},
			{ID: "p99", Value: seconds(t.All.Percentile(99))},
			{ID: "max", Value: seconds(t.All.LongestMS())},
		}},
		{ID: "gaps_under_a_minute_left_out", Value: t.Adjacent},
		{ID: "microvms", Value: t.Count},
		{ID: "requests", Value: view.Count(t.Requests).Or("", t.Requests > 0)},
		{ID: "period_seconds", Value: seconds(a.PeriodMS)},
		{ID: "period_stated", Value: a.PeriodStated},
		{ID: "policies", Value: view.Records{Table: view.NewTable(pricedColumns, a.Policies, nil)}},
		{ID: "never_suspend", Value: costObject(a.Never)},
		{ID: "hindsight", Value: costObject(a.Hindsight)},
		{ID: "break_even_seconds", Value: view.Maybe(a.BreakEven, view.Exact)},
		{ID: "best", Value: view.ObjectOf(pricedColumns, a.Best)},
	}
	if a.Limited != nil {
		o = append(o, view.Field{ID: "best_within_limits", Value: view.ObjectOf(pricedColumns, *a.Limited)})
	}
	o = append(o, view.Object{
		{ID: "current", Value: view.ObjectOf(pricedColumns, a.Current)},
		{ID: "suspend_at_once", Value: costObject(a.AtOnce)},
		{ID: "terminate_instead", Value: view.Object{
			{ID: "timeout_seconds", Value: a.Terminated.TimeoutSeconds()},
			{ID: "cost", Value: a.Terminated.Cost},
			{ID: "terminations", Value: a.Terminated.Suspends},
			{ID: "vs_hindsight", Value: view.Maybe(a.Terminated.Ratio, view.Exact)},
			{ID: "trade", Value: "the MicroVM's state is lost; the next request launches, which reads the image"},
		}},
		{ID: "online", Value: view.Records{Table: view.NewTable(onlineColumns, a.Online, nil)}},
		{ID: "choices", Value: view.Records{Table: view.NewTable(choiceColumns(a), a.Choices, nil)}},
	}...)
	if v := a.Validation; v != nil {
		o = append(o, view.Field{ID: "validation", Value: view.Object{
			{ID: "share", Value: v.Share},
			{ID: "first_gaps", Value: v.FirstGaps},
			{ID: "rest_gaps", Value: v.RestGaps},
			{ID: "choices", Value: view.Records{Table: validationTable(a)}},
			{ID: "best_for_the_rest", Value: view.Object{
				{ID: "timeout_seconds", Value: v.BestOnRest.TimeoutSeconds()}, {ID: "cost", Value: v.BestCost},
			}},
			{ID: "current_cost", Value: v.CurrentCost},
		}})
	}
	return append(o, view.Object{
		{ID: "lifecycle", Value: lifecycle},
		{ID: "curve", Value: view.Records{Table: view.NewTable(curveColumns, a.Curve, nil)}},
		{ID: "recommendation", Value: view.Object{
			{ID: "text", Value: a.Recommendation()},
			{ID: "timeout_seconds", Value: advised.TimeoutSeconds()},
			{ID: "saving", Value: a.Saving()},
			{ID: "saving_per_month", Value: monthly(a, a.Saving())},
		}},
		{ID: "assumptions", Value: noteRecords(a.Assumptions())},
		{ID: "warnings", Value: noteRecords(warnings)},
	}...)
}

func seconds(ms int64) view.Value { return view.Exact(decimal.New(ms, -3)) }

// pricedColumns are a timeout with its cost; vs_hindsight is null where hindsight costs nothing.
var pricedColumns = append([]view.Column[idle.Priced]{
	{ID: "timeout_seconds", Value: func(p idle.Priced) view.Value { return view.Count(p.TimeoutSeconds()) }},
}, costColumns...)

var costColumns = []view.Column[idle.Priced]{
	{ID: "cost", Value: func(p idle.Priced) view.Value { return view.Exact(p.Cost) }},
	{ID: "suspends", Value: func(p idle.Priced) view.Value { return view.Count(p.Suspends) }},
	{ID: "vs_hindsight", Value: func(p idle.Priced) view.Value { return view.Maybe(p.Ratio, view.Exact) }},
}

func costObject(p idle.Priced) view.Object { return view.ObjectOf(costColumns, p) }

// onlineColumns have no suspends where only an expectation is known.
var onlineColumns = []view.Column[idle.Scored]{
	{ID: "policy", Value: func(o idle.Scored) view.Value { return view.Text(o.ID) }},
	{ID: "rule", Value: func(o idle.Scored) view.Value { return view.Text(o.Rule) }},
	{ID: "cost", Value: func(o idle.Scored) view.Value { return view.Exact(o.Cost) }},
	{ID: "suspends", Value: func(o idle.Scored) view.Value {
		return view.Maybe(o.Use, func(u idle.Use) view.Value { return view.Count(u.Suspends()) })
	}},
	{ID: "waits", Value: func(o idle.Scored) view.Value { return view.Maybe(o.Waits, view.Count[int64]) }},
	{ID: "vs_hindsight", Value: func(o idle.Scored) view.Value { return view.Maybe(o.Ratio, view.Exact) }},
}

var curveColumns = []view.Column[idle.CurvePoint]{
	{ID: "timeout_seconds", Value: func(p idle.CurvePoint) view.Value { return view.Count(p.TimeoutMS / 1000) }},
	{ID: "cost", Value: func(p idle.CurvePoint) view.Value { return view.Exact(p.Cost) }},
}

// lifecycleObject has the best of the policies that keep state, and the cheapest whatever state it loses; both are null
// where the limits allow none.
func lifecycleObject(a *idle.Analysis) view.Object {
	f, columns := a.Lives, outcomeColumns(a)
	outcomes := make([]*idle.Outcome, len(f.Outcomes))
	for i := range outcomes {
		outcomes[i] = &f.Outcomes[i]
	}
	orNull := func(o *idle.Outcome) any {
		if o == nil {
			return nil
		}
		return view.ObjectOf(columns, o)
	}
	return view.Object{
		{ID: "max_life_seconds", Value: seconds(f.LifeMS)},
		{ID: "resume_latency_seconds", Value: seconds(f.Latency.ResumeMS)},
		{ID: "launch_latency_seconds", Value: seconds(f.Latency.LaunchMS)},
		{ID: "requests", Value: f.Served},
		{ID: "policies", Value: view.Records{Table: view.NewTable(columns, outcomes, nil)}},
		{ID: "best", Value: orNull(f.Best)},
		{ID: "cheapest", Value: orNull(f.Cheapest)},
	}
}
