package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/idle"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

func TestEstimates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := estimated(t, scenarioText(t))
		d := Estimate(e, EstimateOptions{Explain: rapid.Bool().Draw(t, "explain")})
		document, rows := written(t, d)
		requireReadable(t, d)
		requireSame(t, at(t, document, "lines"), rows)
		requireBill(t, e, document)
		if e.Low != nil {
			requireBill(t, e.Low, at(t, document, "low"))
		}
		low := e.Bill
		if e.Low != nil {
			low = e.Low.Bill
		}
		for i, line := range e.Bill.Lines {
			require.Equal(t, low.Sum(line.Component).String(), rows[i]["low_amount"])
			if e.Bill.Negotiated() {
				require.Equal(t, line.ListAmount.String(), rows[i]["list_amount"])
			}
		}
		requireAlternatives(t, e, e.Comparisons, at(t, document, "alternatives"))
	})
}

// requireBill holds lines, groups and totals against the bill, and against each other.
func requireBill(t require.TestingT, e *scenarios.Estimate, document any) {
	lines := at(t, document, "lines").([]any)
	require.Len(t, lines, len(e.Bill.Lines))
	sum, groups := decimal.Decimal{}, decimal.Decimal{}
	for i, line := range e.Bill.Lines {
		require.Equal(t, line.Component.String(), at(t, lines, i, "component"))
		requireFigure(t, line.Quantity, lines, i, "quantity")
		requireFigure(t, line.Amount, lines, i, "amount")
		requireFigure(t, line.EffectiveRate(), lines, i, "rate")
		if line.Negotiated() {
			requireFigure(t, line.ListAmount, lines, i, "list_amount")
		} else {
			require.NotContains(t, lines[i], "list_amount")
		}
		_, hasUnits := lines[i].(map[string]any)["list_rate_units"]
		require.Equal(t, line.Negotiated() && line.ListRate.Per != line.Rate.Per, hasUnits)
		sum = sum.Add(line.Amount)
	}
	for _, group := range pricing.Groups() {
		requireFigure(t, e.Bill.Sum(group), document, "groups", group.String())
		groups = groups.Add(e.Bill.Sum(group))
	}
	requireFigure(t, sum, document, "total")
	require.True(t, groups.Equal(sum))
	_, noun := e.Scenario.PerUnit()
	requireFigure(t, e.PerUnit, document, "per_"+noun)
}

func requireAlternatives(t require.TestingT, e *scenarios.Estimate, comparisons []scenarios.Comparison, list any) {
	_, noun := e.Scenario.PerUnit()
	require.Len(t, list, len(comparisons))
	for i, c := range comparisons {
		require.Equal(t, c.Name, at(t, list, i, "name"))
		require.Equal(t, c.BreakEven.Sentence, at(t, list, i, "break_even", "sentence"))
		if !known(c) {
			require.Nil(t, at(t, list, i, "monthly"), "a price that is not known is not zero")
			require.NotContains(t, at(t, list, i), "per_"+noun)
			continue
		}
		requireFigure(t, c.Monthly, list, i, "monthly")
		requireFigure(t, c.PerUnit, list, i, "per_"+noun)
		require.Len(t, at(t, list, i, "sources"), len(c.Sources))
		hours := at(t, list, i, "break_even", "running_hours_per_month")
		if c.BreakEven.HoursPerMonth == nil {
			require.Nil(t, hours)
		} else {
			require.Equal(t, c.BreakEven.HoursPerMonth.RoundBank(pricing.RatioPlaces).String(), hours)
		}
	}
}

func TestComparisons(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := estimated(t, scenarioText(t))
		comparisons, err := testMarket().Compare(e)
		require.NoError(t, err)
		d := Compare(e, comparisons, EstimateOptions{})
		requireReadable(t, d)
		document, rows := written(t, d)
		requireAlternatives(t, e, comparisons, at(t, document, "alternatives"))
		// The rows are cheapest first, the JSON in the order of the scenario.
		byName := map[string]map[string]string{}
		for _, row := range rows {
			byName[row["name"]] = row
		}
		var inOrder []map[string]string
		for _, c := range comparisons {
			inOrder = append(inOrder, byName[view.SafeCell(c.Name)])
		}
		require.Len(t, rows, len(comparisons)+1)
		requireSame(t, at(t, document, "alternatives"), inOrder)
		require.Equal(t, e.Bill.Total().String(), byName["MicroVMs"]["monthly"])

		table := d.Sections[0].Table
		monthly := slices.IndexFunc(table.Columns, func(h view.Head) bool { return h.ID == "monthly" })
		least := decimal.Decimal{}
		for i := range table.Len() {
			if figure, isKnown := table.Row(i).Cell(monthly).Number(); isKnown {
				require.False(t, figure.LessThan(least), "cheapest first")
				least = figure
			}
		}
		ranking := e.Rank(comparisons)
		require.Equal(t, len(ranking.Able)+len(ranking.Unknown), table.Len(), "what cannot do the job stands apart")
		if cheapest := at(t, document, "verdict", "cheapest"); cheapest != nil {
			require.Equal(t, table.Row(0).Cell(0).String(), cheapest)
		} else {
			require.LessOrEqual(t, len(ranking.Able), 1)
		}

		evens := BreakEven(e, comparisons)
		requireReadable(t, evens)
		same, evenRows := written(t, evens)
		require.Equal(t, document, same, "both commands have one JSON document")
		for i := range comparisons {
			point := at(t, same, "alternatives", i, "break_even").(map[string]any)
			delete(point, "crossings")
			requireSame(t, []any{point}, evenRows[i:i+1])
		}
	})
}

func TestUnknownPrices(t *testing.T) {
	e := estimated(t, "workload: {users: 1, days: 20, running: 2h}\nregion: us-east-1\nmicrovm: {memory: 2GB}\n")
	c := scenarios.Comparison{Alternative: pricing.Alternative{
		Name: "Elsewhere", Kind: "fixed",
		Err: errors.New("nobody publishes it; give it"),
	}}
	for name, d := range map[string]view.Document{
		"compare": Compare(e, []scenarios.Comparison{c}, EstimateOptions{}), "breakeven": BreakEven(e, []scenarios.Comparison{c}),
	} {
		document, rows := written(t, d)
		requireAlternatives(t, e, []scenarios.Comparison{c}, at(t, document, "alternatives"))
		require.Nil(t, at(t, document, "alternatives", 0, "ratio"))
		require.Nil(t, at(t, document, "verdict", "cheapest"), "with nothing to compare, nothing is the cheapest")
		require.Equal(
			t,
			"MicroVMs cost $5.27 a month, and there is nothing to compare them with: the price is not known of Elsewhere.",
			at(t, document, "verdict", "by_numbers"),
		)
		require.Empty(t, rows[len(rows)-1]["monthly"], name)
		var out bytes.Buffer
		require.NoError(t, view.Render(&out, view.Options{Format: view.FormatTable}, d))
		if name == "compare" {
			require.Contains(t, out.String(), "nobody publishes it; give it")
			require.Contains(t, out.String(), "unknown")
		}
	}
}

func TestDiffs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := estimated(t, scenarioText(t)), estimated(t, scenarioText(t))
		diff := scenarios.Compare(before, after)
		d := Diff(diff)
		requireReadable(t, d)
		document, rows := written(t, d)
		requireSame(t, at(t, document, "lines"), rows)
		requireFigure(t, before.Bill.Total(), document, "total", "before")
		requireFigure(t, after.Bill.Total(), document, "total", "after")
		change := decimal.Decimal{}
		for i, line := range diff.Lines {
			lineChange := decimal.RequireFromString(rows[i]["change"])
			effects := decimal.RequireFromString(rows[i]["quantity_effect"]).
				Add(decimal.RequireFromString(rows[i]["rate_effect"]))
			require.True(t, lineChange.Equal(effects), "a change is explained in full")
			change = change.Add(lineChange)
			for side, of := range map[string]*pricing.Line{"before": line.Before, "after": line.After} {
				if of == nil {
					require.Nil(t, at(t, document, "lines", i, side))
					require.Equal(t, "0", rows[i][side+"_amount"])
					continue
				}
				requireFigure(t, of.Amount, document, "lines", i, side, "amount")
				require.Equal(t, of.Amount.String(), rows[i][side+"_amount"])
				require.Equal(t, of.Quantity.String(), rows[i][side+"_quantity"])
			}
		}
		requireFigure(t, change, document, "total", "change")
		if diff.Low != nil {
			low := decimal.Decimal{}
			for i := range diff.Lines {
				low = low.Add(decimal.RequireFromString(rows[i]["low_change"]))
			}
			requireFigure(t, low, document, "low", "change")
		}
	})
}

func TestFleets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var estimates []*scenarios.Estimate
		total := decimal.Decimal{}
		for range rapid.IntRange(1, 4).Draw(t, "count") {
			e := estimated(t, scenarioText(t))
			estimates, total = append(estimates, e), total.Add(e.Bill.Total())
		}
		d := Fleet(scenarios.NewFleet(estimates))
		requireReadable(t, d)
		document, rows := written(t, d)
		requireSame(t, at(t, document, "lines"), rows)
		requireFigure(t, total, document, "total")
		sum := decimal.Decimal{}
		for _, row := range rows {
			sum = sum.Add(decimal.RequireFromString(row["amount"]))
		}
		require.True(t, sum.Equal(total), "lines sum to the total")
		for i, e := range estimates {
			requireFigure(t, e.Bill.Total(), document, "scenarios", i, "total")
			if total.IsPositive() {
				share := pricing.Divide(e.Bill.Total().Shift(2), total, pricing.RatioPlaces)
				requireFigure(t, share, document, "scenarios", i, "share_percent")
			}
		}
	})
}

func TestSweeps(t *testing.T) {
	e := estimated(
		t,
		"region: us-east-1\nmicrovm: {memory: 2GB}\nworkload: {users: 3, days: 20, running: 1h..2h, cycles: 2}\n",
	)
	for _, axes := range [][]string{
		{"workload.running=0h..3h/30m"},
		{"region=us-east-1,eu-west-1"},
		{"workload.running=1h..2h/1h", "microvm.memory=0.5GB..8GB"},
	} {
		var list []scenarios.Axis
		for _, text := range axes {
			axis, err := scenarios.ParseAxis(text)
			require.NoError(t, err)
			list = append(list, axis)
		}
		sweep, err := testMarket().Sweep(e.Scenario, list...)
		require.NoError(t, err)
		d := Sweep(sweep)
		requireReadable(t, d)
		document, rows := written(t, d)
		requireSame(t, at(t, document, "points"), rows)
		require.Equal(t, axes[0] != "region=us-east-1,eu-west-1", d.SVG != nil, "a line needs numbers")
		for i, p := range sweep.Points {
			requireFigure(t, p.Total, document, "points", i, "total")
			requireFigure(t, p.PerUnit, document, "points", i, "per_user")
			for j, value := range p.Values {
				require.Equal(t, value, at(t, document, "points", i, "values", j))
				require.Equal(t, value, rows[i][list[j].Path])
			}
		}
	}
}

func TestSensitivities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := estimated(t, scenarioText(t))
		s, err := testMarket().Sensitivity(e, decimal.New(2, -1))
		require.NoError(t, err)
		d := Sensitivity(s)
		requireReadable(t, d)
		document, rows := written(t, d)
		requireSame(t, at(t, document, "inputs"), rows)
		for i, in := range s.Inputs {
			requireFigure(t, in.Low, document, "inputs", i, "low")
			requireFigure(t, in.High, document, "inputs", i, "high")
			requireFigure(t, in.High.Sub(in.Low), document, "inputs", i, "swing")
		}
	})
}

func TestExampleDocuments(t *testing.T) {
	examples, err := scenarios.Examples()
	require.NoError(t, err)
	var estimates []*scenarios.Estimate
	for _, example := range examples {
		s, err := example.Load()
		require.NoError(t, err)
		e, err := testMarket().Estimate(s)
		require.NoError(t, err)
		estimates = append(estimates, e)
	}
	d, drifted := Examples(estimates)
	require.Zero(t, drifted)
	requireReadable(t, d)
	document, rows := written(t, d)
	n := 0
	for i, e := range estimates {
		checks := at(t, document, "examples", i, "checks").([]any)
		requireSame(t, checks, rows[n:n+len(checks)])
		for j, check := range e.Documented {
			requireFigure(t, check.Exact, checks, j, "exact")
			require.Equal(t, e.Scenario.Name, rows[n+j]["example"])
		}
		n += len(checks)
	}
	require.Len(t, rows, n)
	figures, follow, differ := at(t, document, "figures"), at(t, document, "follow"), at(t, document, "differ")
	require.Equal(t, json.Number(fmt.Sprint(n)), figures)
	require.NotEqual(t, follow, differ)

	estimates[0].Documented[0].Drift = "is no longer what the file states"
	_, drifted = Examples(estimates)
	require.Equal(t, 1, drifted)

	names := ExampleList(estimates)
	requireReadable(t, names)
	document, rows = written(t, names)
	requireSame(t, document, rows)
}

func TestIdleDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "microvm_id,tenant,image,gap_seconds\n"
		for range rapid.IntRange(1, 60).Draw(t, "gaps") {
			vm := rapid.IntRange(0, 4).Draw(t, "vm")
			gap := rapid.SampledFrom([]int{1, 59, 60, 90, 400, 1799, 1801, 20_000}).Draw(t, "gap")
			text += fmt.Sprintf("vm-%d,t%d,i%d,%d.5\n", vm, vm%3, vm%2, gap)
		}
		trace, err := idle.ReadGaps(idle.Named{Name: "gaps.csv", Reader: strings.NewReader(text)})
		require.NoError(t, err)
		card, err := testMarket().Cards.Card("us-east-1")
		require.NoError(t, err)
		size, err := pricing.ParseSize("2GB")
		require.NoError(t, err)
		model, err := idle.NewModel(card, size, size.GB(), size.GB())
		require.NoError(t, err)
		half := decimal.New(5, -1)
		options := idle.Options{Validate: &half, NoLives: rapid.Bool().Draw(t, "no lives")}
		if rapid.Bool().Draw(t, "limits") {
			options.Limits.ResumesPerHour = &half
		}
		a, err := model.Analyse(trace, options)
		require.NoError(t, err)
		d := Idle("gaps.csv", a, IdleShow{By: rapid.SampledFrom([]idle.Grain{"", idle.GrainTenant, idle.GrainImage}).Draw(t,
			"by"), Now: testDay})
		requireReadable(t, d)
		document, rows := written(t, d)

		requireFigure(t, a.Best.Cost, document, "best", "cost")
		requireFigure(t, a.Hindsight.Cost, document, "hindsight", "cost")
		requireFigure(t, a.Saving(), document, "recommendation", "saving")
		for i, p := range a.Policies {
			requireFigure(t, p.Cost, document, "policies", i, "cost")
		}
		costs := map[string]string{}
		for _, row := range rows {
			if row["kind"] == "gaps" && row["policy"] != "fixed" {
				costs[row["policy"]] = row["cost"]
			}
		}
		for id, cost := range map[string]decimal.Decimal{
			"best": a.Best.Cost, "current": a.Current.Cost, "never": a.Never.Cost, "terminate": a.Terminated.Cost,
			"at-once": a.AtOnce.Cost, "hindsight": a.Hindsight.Cost,
		} {
			require.Equal(t, cost.String(), costs[id], id)
		}
		require.Equal(t, fmt.Sprint(a.Best.Use.Resumes), rows[0]["resumes"])
		require.Equal(t, fmt.Sprint(a.Best.Use.Launches), rows[0]["launches"])
		for i, c := range a.Choices {
			require.Equal(t, c.Cost.String(), costs["by-"+string(c.Grain)])
			requireFigure(t, a.Current.Cost.Sub(c.Cost), document, "choices", i, "saving")
		}
		if a.Lives == nil {
			require.Nil(t, at(t, document, "lifecycle"))
			return
		}
		outcomes := len(a.Lives.Outcomes)
		requireSame(t, at(t, document, "lifecycle", "policies"), rows[len(rows)-outcomes:])
		for i := range a.Lives.Outcomes {
			requireFigure(t, a.Lives.Outcomes[i].Cost, document, "lifecycle", "policies", i, "cost")
		}
	})
}
