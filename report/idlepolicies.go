package report

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/view"
)

// idleRow is one policy with what it comes to: over the gaps, or over everything in whole lives of MicroVMs.
type idleRow struct {
	id, name, heading string
	lives             bool
	timeout, held     view.Value // in seconds
	cost              decimal.Decimal
	suspends          view.Value
	resumes, launches view.Value
	waits             *int64
	ratio             *decimal.Decimal
	frontier, within  view.Value
}

// idlePolicies are the table that compares every policy, by what they need, and the rows that programs get, the ones
// that are advised first and then those of lives too.
func idlePolicies(a *idle.Analysis) (people, data *view.Table) {
	priced := func(id, name string, timeout view.Value, p idle.Priced) idleRow {
		return idleRow{
			id: id, name: name, timeout: timeout, cost: p.Cost, waits: &p.Suspends, ratio: p.Ratio,
			suspends: view.Count(p.Use.Suspends()), resumes: view.Count(p.Use.Resumes), launches: view.Count(p.Use.Launches),
		}
	}
	timed := func(id, name string, p idle.Priced) idleRow {
		return priced(id, name, view.Count(p.TimeoutSeconds()), p)
	}
	under := func(heading string, rows ...idleRow) []idleRow {
		rows = slices.Clone(rows)
		rows[0].heading = heading
		return rows
	}
	none := view.Missing("–")

	best, current := []idleRow{timed("best", "◆ best of all", a.Best)}, timed("current", inForce(a), a.Current)
	advised := best
	if a.Limited != nil {
		limited := timed("best-within-limits", "◆ best within the limits", *a.Limited)
		best, advised = append(best, limited), append([]idleRow{limited}, best...)
	}
	var fixed, online, grains []idleRow
	listed := false
	for _, p := range a.Policies {
		name := "fixed"
		if p.TimeoutMS == a.Current.TimeoutMS {
			name, listed = "fixed, "+inForce(a), true
		}
		if p.TimeoutMS < a.Trace.SeenFromMS {
			name = "fixed, of gaps seen"
		}
		fixed = append(fixed, timed("fixed", name, p))
	}
	for _, o := range a.Online {
		row := idleRow{id: o.ID, name: o.Name, timeout: none, cost: o.Cost, waits: o.Waits, ratio: o.Ratio}
		if o.Use != nil {
			row.suspends = view.Count(o.Use.Suspends())
			row.resumes = row.suspends
		}
		online = append(online, row)
	}
	for _, c := range a.Choices {
		suspends := view.Count(c.Suspends)
		grains = append(grains, idleRow{
			id: "by-" + string(c.Grain), cost: c.Cost,
			suspends: suspends, resumes: suspends, launches: view.Count(0), waits: &c.Suspends,
		})
	}
	never := priced("never", "never suspended", none, a.Never)
	terminated := timed("terminate", "◆ best", a.Terminated)
	atOnce := priced("at-once", "suspended at once", view.Count(0), a.AtOnce)
	hindsight := priced("hindsight", "hindsight", none, a.Hindsight)

	forAll := slices.Concat(advised, fixed)
	if !listed {
		forAll = append(forAll, current)
	}
	columns := idleColumns(a)
	people = view.NewTable(columns, slices.Concat(
		under("One timeout for every gap", append(forAll, never)...),
		under("Terminated instead: state is lost, the next request launches", terminated),
		under("With suspend calls of your own", append([]idleRow{atOnce}, online...)...),
		under("With every gap known in advance", hindsight),
	), func(r idleRow) view.Look { return view.Look{Heading: r.heading} })
	data = view.NewTable(columns, slices.Concat(
		best, []idleRow{current}, fixed, []idleRow{never, terminated, atOnce, hindsight}, online, grains, lifeRows(a),
	), nil)
	return people, data
}

// lifeRows are the policies that were played through whole lives.
func lifeRows(a *idle.Analysis) []idleRow {
	if a.Lives == nil {
		return nil
	}
	rows := make([]idleRow, len(a.Lives.Outcomes))
	for i := range rows {
		o := &a.Lives.Outcomes[i]
		rows[i] = idleRow{
			id: "fixed", lives: true, timeout: outcomeTimeout(o, a.Lives), held: seconds(o.HeldMS), cost: o.Cost,
			suspends: view.Count(o.Suspends()), resumes: view.Count(o.Resumes), launches: view.Count(o.Launches),
			waits:    &o.Waits,
			frontier: view.Bool(o.Frontier), within: view.Bool(o.Within),
		}
	}
	return rows
}

func idleColumns(a *idle.Analysis) []view.Column[idleRow] {
	places := idlePlaces(a)
	return []view.Column[idleRow]{
		{ID: "kind", Scope: view.CSVOnly, Value: func(r idleRow) view.Value {
			if r.lives {
				return view.Text("lives")
			}
			return view.Text("gaps")
		}},
		{ID: "policy", Title: "policy", Shrink: true, Value: func(r idleRow) view.Value {
			return view.Text(r.id).Shown(r.name)
		}},
		{ID: "idle_timeout_seconds", Title: "timeout s", Align: view.Right, Value: func(r idleRow) view.Value {
			return r.timeout
		}},
		{ID: "suspended_duration_seconds", Scope: view.CSVOnly, Value: func(r idleRow) view.Value { return r.held }},
		{ID: "cost", Title: "cost", Unit: "$", Value: func(r idleRow) view.Value { return view.Number(r.cost, places) }},
		{ID: "cost_per_month", Title: "a month", Unit: "$", Drop: 1, Value: func(r idleRow) view.Value {
			return monthly(a, r.cost)
		}},
		{ID: "suspends", Scope: view.CSVOnly, Value: func(r idleRow) view.Value { return r.suspends }},
		{ID: "resumes", Scope: view.CSVOnly, Value: func(r idleRow) view.Value { return r.resumes }},
		{ID: "launches", Scope: view.CSVOnly, Value: func(r idleRow) view.Value { return r.launches }},
		{ID: "waits", Scope: view.CSVOnly, Value: func(r idleRow) view.Value {
			return view.Maybe(r.waits, view.Count[int64])
		}},
		{ID: "waits_per_day", Title: "waits/day", Align: view.Right, Drop: 2, Value: func(r idleRow) view.Value {
			return view.Maybe(r.waits, func(n int64) view.Value { return perDay(a, n) }).OrDash()
		}},
		{ID: "vs_hindsight", Title: "× hindsight", Align: view.Decimal, Value: func(r idleRow) view.Value {
			return view.Maybe(r.ratio, func(d decimal.Decimal) view.Value { return view.Number(d, 3) }).OrDash()
		}},
		{ID: "frontier", Scope: view.CSVOnly, Value: func(r idleRow) view.Value { return r.frontier }},
		{ID: "within_limits", Scope: view.CSVOnly, Value: func(r idleRow) view.Value { return r.within }},
	}
}
