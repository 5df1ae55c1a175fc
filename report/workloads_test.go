package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/idle"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

var testDay = time.Date(2026, time.October, 10, 12, 0, 0, 0, time.UTC)

var testMarket = sync.OnceValue(func() scenarios.Market {
	prices, err := pricing.EmbeddedPrices()
	if err != nil {
		panic(err)
	}
	return scenarios.Market{Cards: pricing.EmbeddedCards(), Prices: prices, Now: testDay}
})

func estimated(t require.TestingT, text string) *scenarios.Estimate {
	s, err := scenarios.Load("test.yaml", []byte(text))
	require.NoError(t, err, text)
	e, err := testMarket().Estimate(s)
	require.NoError(t, err, text)
	return e
}

// scenarioText is a random scenario: users or jobs, with or without suspends, rates of its own, a discount, ranges.
func scenarioText(t *rapid.T) string {
	one := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "choice") }
	upTo := func(most int) int { return rapid.IntRange(0, most).Draw(t, "number") }
	text := "name: " + one("a", "b-2") + "\nregion: " + one("us-east-1", "eu-west-1") + "\n"
	text += one(
		"",
		"",
		"rates: {discount: 12.5%}\n",
		"rates: {discount: {vcpu: 10%, storage: 33.3%}}\n",
		"rates: {vcpu_hour: 0.09975, gb_hour: 0.0132, snapshot_read_gb: 0.0015, snapshot_write_gb: 0.0038, storage_gb_month: 0.08}\n",
	)
	text += "microvm: {memory: " + one("0.5GB", "2GB", "8GB") + "}\n"
	text += fmt.Sprintf("image: {count: %d, size: %d.%dGB}\n", upTo(3), 1+upTo(3), upTo(9))
	units := one(fmt.Sprintf("users: %d, days: 31", 1+upTo(40)), fmt.Sprintf("jobs: %d", 1+upTo(50_000)))
	running := one(fmt.Sprintf("%ds/month", upTo(600*3600)), "1h..2h", "0s")
	text += fmt.Sprintf("workload: {%s, running: %s, launches: %d/month, cycles: %d/month, suspended: %ds/month%s}\n",
		units, running, upTo(40), upTo(100), upTo(100*3600), one("", ", burst: {share: 12.5%}"))
	return text + "compare: [" + strings.Join([]string{
		fmt.Sprintf("{ec2: {type: t4g.medium, users_per_instance: %d}}", 1+upTo(5)), "{fargate: active}",
		"{function: {memory: 2GB, requests: 100}}", "{sandbox: e2b}",
		fmt.Sprintf("{fixed: {name: offer, per_month: %d}}", upTo(200)),
	}, ", ") + "]\n"
}

// written renders a document as JSON and CSV and reads both back.
func written(t require.TestingT, d view.Document) (document any, rows []map[string]string) {
	var out bytes.Buffer
	require.NoError(t, view.Render(&out, view.Options{Format: view.FormatJSON}, d))
	decoder := json.NewDecoder(&out)
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&document))
	out.Reset()
	require.NoError(t, view.Render(&out, view.Options{Format: view.FormatCSV}, d))
	table, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	for _, cells := range table[min(1, len(table)):] {
		row := map[string]string{}
		for i, id := range table[0] {
			row[id] = cells[i]
		}
		rows = append(rows, row)
	}
	return document, rows
}

// at is a part of a JSON document.
func at(t require.TestingT, document any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, ok := document.(map[string]any)
			require.True(t, ok, "%v in %v", step, path)
			require.Contains(t, fields, step)
			document = fields[step]
		case int:
			list, ok := document.([]any)
			require.True(t, ok && step < len(list), "%v in %v", step, path)
			document = list[step]
		}
	}
	return document
}

func requireFigure(t require.TestingT, want decimal.Decimal, document any, path ...any) {
	require.Equal(t, want.String(), at(t, document, path...), "%v", path)
}

// requireSame holds each row of CSV against that of JSON: a field that both have is the same, but for what CSV says
// where JSON has null or leaves a field out.
func requireSame(t require.TestingT, records any, rows []map[string]string) {
	list, ok := records.([]any)
	require.True(t, ok)
	require.Len(t, rows, len(list))
	for i, record := range list {
		for id, field := range record.(map[string]any) {
			cell, both := rows[i][id]
			switch field := field.(type) {
			case string:
				if both {
					require.Equal(t, view.SafeCell(field), cell, "row %d, %s", i, id)
				}
			case nil:
				require.Contains(t, []string{"", "unknown"}, cell, "row %d, %s", i, id)
			case json.Number, bool:
				if both {
					require.Equal(t, fmt.Sprint(field), cell, "row %d, %s", i, id)
				}
			}
		}
	}
}

var shownFigure = regexp.MustCompile(`^[+-]?[\d,]+(\.\d+)?`)

// requireRounded holds what people read in tables against the exact figures behind it: what begins with a number is
// less than one unit of the last place that is shown away from that figure, which is what [figures.Settle] promises of
// columns that add up as shown. What is made of such figures is off by more:
//   - a change is the difference of two, and off by less than two units;
//   - its part by quantity is all of it where nothing changed by rate, and is rounded by itself otherwise: less than two;
//   - its part by rate is the rest, and so off by another half at most: less than two and a half;
//   - the total of either part is the sum of the lines, and off by as much for each of them.
func requireRounded(t require.TestingT, d view.Document) {
	for _, section := range d.Sections {
		if section.Table == nil {
			continue
		}
		rows := section.Table.ForPeople()
		lines := decimal.Decimal{}
		for _, row := range rows {
			if row.Kind != view.Total {
				lines = lines.Add(decimal.NewFromInt(1))
			}
		}
		for _, row := range rows {
			for c, head := range section.Table.Columns {
				cell := row.Cell(c)
				exact, isNumber := cell.Number()
				words := cell.String()
				if _, high, both := strings.Cut(words, "…"); both { // of two ends the datum is the latter
					words = high
				}
				text := shownFigure.FindString(words)
				if !isNumber || text == "" || head.ID == "figure" { // that of a card is shown with its discount off
					continue
				}
				_, fraction, _ := strings.Cut(text, ".")
				shown := decimal.RequireFromString(strings.ReplaceAll(strings.TrimPrefix(text, "+"), ",", ""))
				unit := decimal.New(1, -int32(len(fraction)))
				switch strings.TrimPrefix(head.ID, "low_") { // either end of ranges
				case "change", "quantity_effect":
					unit = unit.Mul(decimal.NewFromInt(2))
				case "rate_effect":
					unit = unit.Mul(decimal.New(25, -1))
				}
				if row.Kind == view.Total && strings.HasSuffix(head.ID, "_effect") {
					unit = unit.Mul(lines)
				}
				off := exact.Sub(shown).Abs()
				require.True(t, off.LessThan(unit), "%s: %s for %s", head.Heading(), cell, exact)
			}
		}
	}
}

// requireReadable renders a document for people at several widths, which none of its lines may exceed.
func requireReadable(t require.TestingT, d view.Document) {
	for _, width := range []int{60, 80, 120, 160} {
		var out bytes.Buffer
		require.NoError(t, view.Render(&out, view.Options{Format: view.FormatTable, Width: width}, d))
	}
	var out bytes.Buffer
	require.NoError(t, view.Render(&out, view.Options{Format: view.FormatMarkdown}, d))
	if d.SVG != nil {
		require.NoError(t, d.SVG(&out))
	}
	requireRounded(t, d)
}

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

func TestPrices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card, err := testMarket().Cards.Card("eu-west-1")
		require.NoError(t, err)
		card.Discounts[pricing.VCPU] = decimal.New(int64(rapid.IntRange(0, 50).Draw(t, "discount")), -2)
		var quantities pricing.Quantities
		for q := range quantities {
			quantities[q] = decimal.New(rapid.Int64Range(0, 1e9).Draw(t, "quantity"), -3)
		}
		bill, err := quantities.Bill(card)
		require.NoError(t, err)
		d := Price(bill, testDay)
		requireReadable(t, d)
		document, rows := written(t, d)
		requireSame(t, at(t, document, "lines"), rows)
		requireFigure(t, bill.Total(), document, "total")
		for i, line := range bill.Lines {
			requireFigure(t, line.Amount, document, "lines", i, "amount")
			require.Equal(t, "eu-west-1", rows[i]["region"])
		}
		if bill.Negotiated() {
			requireFigure(t, bill.ListTotal(), document, "list_total")
		}
	})
}

func TestCards(t *testing.T) {
	var cards []pricing.RateCard
	var series []pricing.Series
	for _, region := range testMarket().Cards.Regions() {
		card, err := testMarket().Cards.Card(region)
		require.NoError(t, err)
		cards, series = append(cards, card), append(series, pricing.OneCard(card))
	}
	all := Cards(series, testDay)
	requireReadable(t, all)
	list, rows := written(t, all)
	for i, card := range cards {
		card.Discounts = pricing.FlatDiscount(decimal.New(5, -2))
		for _, card := range []pricing.RateCard{cards[i], card} {
			d := Card(pricing.OneCard(card), testDay)
			requireReadable(t, d)
			document, cardRows := written(t, d)
			requireSame(t, at(t, document, "rates"), cardRows)
			for j, q := range pricing.BilledQuantities() {
				rate := card.Rate(q)
				if !rate.Known() {
					require.Nil(t, at(t, document, "rates", j, "figure"))
					require.Equal(t, "unknown", cardRows[j]["figure"])
					continue
				}
				requireFigure(t, rate.Figure, document, "rates", j, "figure")
				columns := d.Sections[0].Table.Columns
				figure := slices.IndexFunc(columns, func(h view.Head) bool { return h.ID == "figure" })
				shown := d.Sections[0].Table.Row(j).Cell(figure).String()
				require.Equal(t, card.Charged(q).Figure.String(), shown, "people see what is charged")
				if card.Negotiated() {
					requireFigure(t, card.Charged(q).Figure, document, "rates", j, "effective_figure")
					require.Equal(t, "5%", cardRows[j]["discount"])
				}
			}
		}
		count := len(pricing.AllRated())
		requireSame(t, at(t, list, i, "rates"), rows[i*count:(i+1)*count])
	}
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
