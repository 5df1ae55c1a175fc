package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"microspend/spend"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"golang.org/x/net/html"
)

// TestViewsAgree renders what 20 random ledgers cost in every form that there is, reads each form back, and requires
// that all of them say the same: what each tenant spent, the total, what either rests on, how it changed or why that is
// not known, and what was spent of each budget.
func TestViewsAgree(t *testing.T) {
	t.Parallel()
	seeds := uint64(20)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newSample(t, seed)
			exact := exactViews(t, s)
			shownViews(t, s, exact)
			focusViews(t, s, exact)
			comparedViews(t, s)
			budgetViews(t, s, exact)
			servedViews(t, s, exact)
		})
	}
}

// amounts are what rows and their total are said to be.
type amounts struct {
	rows   [][]string // name, amount and, where it stands apart, state; sorted
	total  string
	states map[string]string // of exact amounts, by name; that of the total under ""
}

func sorted(rows [][]string) [][]string {
	slices.SortFunc(rows, func(a, b []string) int { return slices.Compare(a, b) })
	return rows
}

// exactViews compares the views that have every digit: JSON, CSV and the workbook's twin columns.
func exactViews(t *testing.T, s *sampleViews) amounts {
	t.Helper()
	code, out, errs := s.run(t, "spend", "--format", "json")
	damaged := s.damaged != ""
	require.Equal(t, damaged, code == exitCheckFailed, "exit code %d\n%s", code, errs)
	require.Equal(t, damaged, strings.Contains(errs, s.damaged) && damaged, errs)
	document := decode(t, out)
	want := amounts{total: document.text("total"), states: map[string]string{"": document.text("state")}}
	sum := decimal.Decimal{}
	var named [][]string // as programs read them, where a tenant may be named like one of our labels
	for _, row := range document.objects(t, "rows") {
		name := printed(row)
		named = append(named, []string{row.text("tenant"), row.text("amount"), row.text("state")})
		want.rows = append(want.rows, []string{name, row.text("amount"), row.text("state")})
		want.states[name] = row.text("state")
		if row.text("amount") != "" {
			sum = sum.Add(number(t, row.text("amount")))
		}
	}
	want.rows = sorted(want.rows)
	require.NotEmpty(t, want.rows)
	require.True(t, number(t, want.total).Equal(sum), "rows add up to the total")

	table := csvGrid(t, s.must(t, "spend", "--format", "csv"))
	assert.Equal(t, sorted(named), sorted(table.pick(table.column(t, "tenant"), table.column(t, "amount"),
		table.column(t, "state"))), "CSV")

	sheets := workbook(t, s.must(t, "spend", "--format", "xlsx"))
	tenants := sheets["Tenants"]
	assert.Equal(t, want.rows,
		sorted(tenants.pick(tenants.column(t, "tenant"), tenants.column(t, "amount $, exact"), tenants.column(t, "state"))),
		"workbook")
	for _, row := range sheets["Summary"].rows {
		if len(row) > 2 && row[0] == "total" {
			assert.Equal(t, want.total, row[2], "workbook's total")
		}
	}
	days := sheets["Tenant-days"]
	parts := addedUp(t, want.rows)
	assert.Equal(t, parts, addedUp(t, days.pick(days.column(t, "tenant"), days.column(t, "amount $, exact"))),
		"workbook by day")
	for _, by := range []string{"tenant,day", "tenant,region,account", "tenant,component,week", "tenant,image,microvm"} {
		table = csvGrid(t, s.must(t, "spend", "--by", by, "--format", "csv"))
		assert.Equal(t, addedUp(t, named), addedUp(t, table.pick(table.column(t, "tenant"), table.column(t, "amount"))), by)
	}
	return want
}

// printed is a row's tenant as people read it: a tenant that is named like one of our labels is told apart.
func printed(row object) string {
	if row.text("kind") == "tenant" {
		return spend.OwnerName(row.text("tenant"), spend.KindTenant)
	}
	return row.text("tenant")
}

// addedUpPlaces is how far the sum of parts is the whole: each part has been divided for itself, at 20 decimals.
const addedUpPlaces = 15

// addedUp sums amounts by name.
func addedUp(t *testing.T, rows [][]string) (out [][]string) {
	t.Helper()
	sums := map[string]decimal.Decimal{}
	known := map[string]bool{}
	for _, row := range rows {
		amount := decimal.Zero
		if row[1] != "" {
			amount, known[row[0]] = number(t, row[1]), true
		}
		sums[row[0]] = sums[row[0]].Add(amount)
	}
	for name, sum := range sums {
		text := sum.Round(addedUpPlaces).String()
		if !known[name] {
			text = ""
		}
		out = append(out, []string{name, text})
	}
	return sorted(out)
}

// shownViews compares the views that people read: terminal, Markdown, page, workbook and dashboard. They round to cents
// that add up, all in the same way.
func shownViews(t *testing.T, s *sampleViews, exact amounts) {
	t.Helper()
	table := terminal(t, s.must(t, "spend", "--width", "200"))
	want := shownAmounts(t, table.pick(table.column(t, "tenant"), table.column(t, "$")))
	checkCents(t, want, exact)

	table = markdown(t, s.must(t, "spend", "--format", "markdown"))
	assert.Equal(t, want, shownAmounts(t, table.pick(table.column(t, "tenant"), table.column(t, "$"))), "Markdown")

	sheet := workbook(t, s.must(t, "spend", "--format", "xlsx"))["Tenants"]
	assert.Equal(t, want.rows, sorted(sheet.pick(sheet.column(t, "tenant"), sheet.column(t, "amount $"))), "workbook")

	page := parsePage(t, s.must(t, "report"))
	table = page.table(t, "What each spent")
	assert.Equal(t, want, shownAmounts(t, table.pick(table.column(t, "Tenant"), table.column(t, "Spend $"))), "page")
	headline := page.find("p", func(n *html.Node) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "class" && a.Val == "sum" })
	})
	assert.Equal(t, want.total, strings.ReplaceAll(shownText(headline), "$", ""), "the page's headline")
	shownBudgets(t, s, page, want)

	table = frame(t, s.must(t, "dash", "--once", "--view", "tenants", "--width", "300", "--height", "60"))
	assert.Equal(t, want, shownAmounts(t, table.pick(table.column(t, "tenant"), table.column(t, "amount $"))), "dashboard")
}

// shownBudgets compares what was spent of budgets, as shown in the terminal and on the page, with what spend shows.
func shownBudgets(t *testing.T, s *sampleViews, page page, shown amounts) {
	t.Helper()
	spent := map[string]string{}
	for _, row := range shown.rows {
		spent[row[0]] = row[1]
	}
	listed := page.table(t, "How the")
	budgets := terminal(t, s.must(t, "budget", "--width", "200"))
	for _, rows := range [][][]string{
		budgets.pick(budgets.column(t, "budget of"), budgets.column(t, "spent $")),
		listed.pick(listed.column(t, "Budget of"), listed.column(t, "Spent $")),
	} {
		for i, row := range rows {
			want, ok := spent[row[0]]
			switch {
			case i == len(rows)-1: // the budget of everything
				want = shown.total
			case !ok: // a tenant without usage has a budget all the same
				continue
			}
			assert.Equal(t, want, row[1], "what was spent of the budget of %s", row[0])
		}
	}
}

// shownAmounts takes the total from the last row.
func shownAmounts(t *testing.T, rows [][]string) amounts {
	t.Helper()
	require.NotEmpty(t, rows)
	last := len(rows) - 1
	return amounts{rows: sorted(slices.Clone(rows[:last])), total: rows[last][1]}
}

// shownFigure splits an amount from the mark of its state.
var shownFigure = regexp.MustCompile(`^(≥ )?(-?[0-9,]+\.[0-9][0-9])( \+\?)?$`)

// stateShown is the state that the mark of an amount says.
func stateShown(text string) string {
	found := shownFigure.FindStringSubmatch(text)
	switch {
	case text == "–":
		return "not-measured"
	case found == nil || found[3] != "":
		return "unknown-rates"
	case found[1] != "":
		return "at-least"
	default:
		return "exact"
	}
}

// checkCents requires that cents as shown add up, and that each is at most a cent from what it stands for.
func checkCents(t *testing.T, shown, exact amounts) {
	t.Helper()
	cent := decimal.New(1, -2)
	sum := decimal.Decimal{}
	require.Len(t, shown.rows, len(exact.rows))
	for i, row := range shown.rows {
		require.Equal(t, exact.rows[i][0], row[0])
		require.Equal(t, exact.rows[i][2], stateShown(row[1]), row)
		if exact.rows[i][1] == "" {
			require.NotRegexp(t, shownFigure, row[1], "an unknown change shows no number")
			continue
		}
		require.Regexp(t, shownFigure, row[1])
		amount := number(t, shownFigure.FindStringSubmatch(row[1])[2])
		require.True(t, amount.Sub(number(t, exact.rows[i][1])).Abs().LessThan(cent), "%s of %s", row, exact.rows[i])
		sum = sum.Add(amount)
	}
	require.Equal(t, exact.states[""], stateShown(shown.total))
	total := number(t, shownFigure.FindStringSubmatch(shown.total)[2])
	require.True(t, total.Equal(sum), "cents add up to %s, not %s", sum, total)
	require.True(t, total.Sub(number(t, exact.total)).Abs().LessThan(cent))
}

// comparedViews compares how each tenant's spend changed, and why that is not known.
func comparedViews(t *testing.T, s *sampleViews) {
	t.Helper()
	document := decode(t, s.must(t, "spend", "--previous", "--format", "json"))
	var named, exact [][]string // as programs name tenants, and as people do
	for _, row := range document.objects(t, "rows") {
		figures := []string{
			row.text("previous"), row.text("change"), row.text("change_percent"), row.text("change_reason"),
		}
		named = append(named, append([]string{row.text("tenant")}, figures...))
		exact = append(exact, append([]string{printed(row)}, figures...))
	}
	table := csvGrid(t, s.must(t, "spend", "--previous", "--format", "csv"))
	exact = sorted(exact)
	assert.Equal(t, sorted(named), sorted(table.pick(table.column(t, "tenant"), table.column(t, "previous"),
		table.column(t, "change"), table.column(t, "change_percent"), table.column(t, "change_reason"))), "CSV")

	table = terminal(t, s.must(t, "spend", "--previous", "--width", "200"))
	rows := table.pick(table.column(t, "tenant"), table.column(t, "change $"))
	want := sorted(slices.Clone(rows[:len(rows)-1]))
	total := rows[len(rows)-1][1]
	for i, row := range want {
		switch change, reason := exact[i][2], exact[i][4]; {
		case reason == "new":
			require.Equal(t, "new", row[1], exact[i])
		case change == "":
			require.NotEmpty(t, reason, exact[i])
			require.Equal(t, "–", row[1], exact[i])
		default:
			moved := number(t, strings.TrimPrefix(row[1], "+")).Sub(number(t, change)).Abs()
			require.True(t, moved.LessThan(decimal.New(2, -2)), "%s of %s", row, exact[i])
		}
	}
	before, ok := document["previous"].(map[string]any)
	require.True(t, ok)
	sentence, reason := object(before).text("sentence"), object(before).text("reason")
	text := strings.Join(strings.Fields(s.must(t, "spend", "--previous", "--width", "200")), " ")
	assert.Contains(t, text, sentence, "what is compared")
	assert.Contains(t, text, reason, "why there is no change")
	assert.Equal(t, reason == "", total != "–", "%s: %s", total, reason)

	table = markdown(t, s.must(t, "spend", "--previous", "--format", "markdown"))
	rows = table.pick(table.column(t, "tenant"), table.column(t, "change $"))
	assert.Equal(t, want, sorted(slices.Clone(rows[:len(rows)-1])), "Markdown")
	page := parsePage(t, s.must(t, "report"))
	table = page.table(t, "What each spent")
	rows = table.pick(table.column(t, "Tenant"), table.column(t, "Change $"))
	assert.Equal(t, want, sorted(slices.Clone(rows[:len(rows)-1])), "page")
	assert.Equal(t, total, rows[len(rows)-1][1], "page's total")
	assert.Contains(t, shownText(page.root), reason, "why the page has no change")
	table = frame(t, s.must(t, "dash", "--once", "--view", "tenants", "--width", "300", "--height", "60"))
	rows = table.pick(table.column(t, "tenant"), table.column(t, "change $"))
	assert.Equal(t, want, sorted(slices.Clone(rows[:len(rows)-1])), "dashboard")
	assert.Equal(t, total, rows[len(rows)-1][1], "dashboard's total")
}

// focusViews compares FOCUS, which is refused where it could not be whole.
func focusViews(t *testing.T, s *sampleViews, exact amounts) {
	t.Helper()
	code, out, errs := s.run(t, "spend", "--format", "focus-csv", "--billing-account", "111122223330")
	if s.damaged != "" || strings.Contains(errs, "not known") {
		assert.NotEqual(t, exitDone, code, "what is not whole is refused")
		assert.Empty(t, out)
		assert.True(t, s.unknown || strings.Contains(errs, s.damaged), errs)
		return
	}
	require.Equal(t, exitDone, code, errs)
	if s.zone != "UTC" {
		return // FOCUS goes by UTC days, so that the month is another
	}
	table := csvGrid(t, out)
	var rows [][]string
	tags, cost := table.column(t, "Tags"), table.column(t, "BilledCost")
	for _, row := range table.rows {
		rows = append(rows, []string{decode(t, row[tags]).text("tenant"), row[cost]})
	}
	want := slices.DeleteFunc(addedUp(t, exact.rows), func(row []string) bool { return row[1] == "0" })
	assert.Equal(t, want, addedUp(t, rows), "FOCUS")
}

// budgetViews compares what was spent of budgets with what spend says.
func budgetViews(t *testing.T, s *sampleViews, exact amounts) {
	t.Helper()
	spent := map[string]string{}
	for _, row := range exact.rows {
		spent[row[0]] = row[1]
	}
	document := decode(t, s.must(t, "budget", "--format", "json"))
	for _, line := range document.objects(t, "budgets") {
		name, want := line.text("tenant"), exact.total
		assert.Equal(t, exact.states[name], line.text("state"), "what the budget of %q rests on", name)
		if name != "" { // the budget of everything has no tenant
			want = cmp.Or(spent[name], "0")
		}
		assert.Equal(t, addedUp(t, [][]string{{name, want}}), addedUp(t, [][]string{{name, line.text("spent")}}), "budget")
	}
}

var sample = regexp.MustCompile(`^(\w+)\{(.*)\} (\S+)$`)

// servedViews compares what the server answers.
func servedViews(t *testing.T, s *sampleViews, exact amounts) {
	t.Helper()
	base := s.serve(t)
	get := func(path string) string {
		response, err := http.Get(base + path)
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, string(text))
		return string(text)
	}
	assert.Equal(t, s.must(t, "spend", "--format", "json"), get("/api/v1/spend"))
	require.Eventually(t, func() bool {
		response, err := http.Get(base + "/readyz")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, time.Minute, 20*time.Millisecond)
	if s.policy != "own-row" {
		return // metrics have shared cost as a row of its own
	}
	document := decode(t, s.must(t, "spend", "--from", "2026-01-01", "--to", "2027-01-01", "--format", "json"))
	want, states := map[string]float64{}, map[string]string{}
	for _, row := range document.objects(t, "rows") {
		states[printed(row)] = row.text("state")
		if amount := row.text("amount"); amount != "" && amount != "0" {
			want[printed(row)] = number(t, amount).InexactFloat64()
		}
	}
	got, complete := map[string]float64{}, map[string]bool{}
	for line := range strings.SplitSeq(get("/metrics"), "\n") {
		found := sample.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		value, err := strconv.ParseFloat(found[3], 64)
		require.NoError(t, err)
		switch found[1] {
		case "microspend_spend_dollars_total":
			got[label(t, found[2], "tenant")] += value
		case "microspend_spend_complete":
			name := label(t, found[2], "tenant")
			before, seen := complete[name]
			complete[name] = value == 1 && (before || !seen)
		}
	}
	for name, whole := range complete {
		assert.Equal(t, whole, states[name] == "exact", "metrics of %s: complete", name)
	}
	require.Len(t, got, len(want))
	for name, amount := range want {
		assert.InEpsilon(t, amount, got[name], 1e-9, "metrics of %s", name)
	}
}

// label is the value of a label of a metric.
func label(t *testing.T, labels, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?:^|,)` + name + `=("(?:[^"\\]|\\.)*")`).FindStringSubmatch(labels)
	require.NotNil(t, found, labels)
	value, err := strconv.Unquote(found[1])
	require.NoError(t, err)
	return value
}
