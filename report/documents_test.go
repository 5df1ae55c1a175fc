package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
