package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"microspend/config"
	"microspend/internal/figures"
	"microspend/internal/ledgertest"
	"microspend/pricing"
	"microspend/report"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/report/xlsx"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/usage"
	"microspend/view"
)

var (
	october  = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	november = october.AddDate(0, 1, 0)
)

// names are what tenants may be called: plain, and out for trouble in every format.
var names = []string{
	"acme", "b", "=1+1", "-2", "a|b*", "<b>x</b>", `"q", y`, "\x1b[2Jred", "ev\u202eil", "租户", "2026-10-01", "unknown",
	"total", "",
}

// drawLedger makes up usage of some tenants in regions with all rates, with some and with none.
func drawLedger(t *rapid.T) ledgertest.Records {
	amount := rapid.Int64Range(0, 1<<40)
	var out ledgertest.Records
	for i := range rapid.IntRange(0, 12).Draw(t, "records") {
		r := usage.Record{
			PeriodStart: october.Add(time.Duration(rapid.IntRange(0, 24*40).Draw(t, "hour")) * time.Hour), PeriodSeconds: 3600,
			Region:   rapid.SampledFrom([]string{"us-east-1", "eu-west-1", "eu-central-1", "xx-none-1"}).Draw(t, "region"),
			Resource: usage.Resource{ID: fmt.Sprint("mvm-", i)}, Tenant: rapid.SampledFrom(names).Draw(t, "tenant"),
			Source:   "test",
			Coverage: rapid.SampledFrom([]usage.Coverage{usage.CoverageComplete, usage.CoveragePartial}).Draw(t, "coverage"),
		}
		for _, q := range pricing.BilledQuantities() {
			r.Amounts[q] = amount.Draw(t, q.String()) >> rapid.IntRange(0, 40).Draw(t, "small")
		}
		out = append(out, r)
	}
	return out
}

// TestRenderersAgree asks every format for the same spend by tenant, and that each has the same figures for each.
func TestRenderersAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "timezone: UTC\n" + rapid.SampledFrom([]string{"", "discounts: 10%\n"}).Draw(t, "discount")
		read, err := config.Load("c.yaml", []byte(text))
		require.NoError(t, err)
		rates, err := read.Spend.Rates(pricing.EmbeddedCards(), nil)
		require.NoError(t, err)
		source := read.Spend.Source(drawLedger(t), rates, tenants.File{})
		request := spend.Request{From: october, To: november, Previous: rapid.Bool().Draw(t, "previous")}
		book, err := xlsx.Gather(t.Context(), source, request, november)
		require.NoError(t, err)
		s := book.Tenants

		cents, _ := s.Cents(spend.AmountOf)
		document := report.Spend(s)
		fromCSV, fromJSON, fromTable := readCSV(t, document), readJSON(t, document), tableLines(t, document)
		fromBook, fromPage := readBook(t, book), readPage(t, source)
		require.Len(t, fromCSV, len(s.Rows))
		require.Len(t, fromJSON, len(s.Rows))
		require.Len(t, fromBook, len(s.Rows))
		require.Len(t, fromPage, len(s.Rows))
		for i, row := range s.Rows {
			exact, shown := row.Amount.String(), figures.Fixed(cents[i], 2)
			switch {
			case !row.Known():
				exact, shown = "", "unknown"
			case !row.Complete():
				shown += " +?"
			case row.State() == pricing.AtLeast:
				shown = "≥ " + shown
			}
			require.Equal(t, row.State().String(), fromCSV[i]["state"])
			require.Equal(t, row.State().String(), fromJSON[i]["state"])
			require.Equal(t, view.SafeCell(row.Tenant), fromCSV[i]["tenant"])
			require.Equal(t, row.Tenant, fromJSON[i]["tenant"])
			require.Equal(t, view.Visible(row.Tenant), fromBook[i]["tenant"])
			require.Equal(t, view.Visible(row.Tenant), fromPage[i][0])

			require.Equal(t, exact, fromCSV[i]["amount"])
			if row.Known() {
				require.Equal(t, exact, fromJSON[i]["amount"])
				require.Equal(t, exact, fromBook[i]["amount $, exact"])
			} else {
				require.Contains(t, fromJSON[i], "amount")
				require.Nil(t, fromJSON[i]["amount"])
				require.Equal(t, "unknown", fromBook[i]["amount $, exact"])
			}
			require.Contains(t, fromTable[i], shown)
			if row.Amount.IsPositive() && cents[i].IsZero() && row.State() != pricing.AtLeast {
				shown = strings.Replace(shown, "0.00", "<0.01", 1)
			}
			require.Equal(t, shown, fromPage[i][1])
			for _, q := range pricing.BilledQuantities() {
				used := spend.Quantity(&row.Sum, q).String()
				require.Equal(t, used, fromCSV[i][q.Column()])
				require.Equal(t, used, fromJSON[i][q.Column()])
			}
			if request.Previous {
				require.Equal(t, fromCSV[i]["change"], orEmpty(fromJSON[i]["change"]))
				require.Equal(t, fromCSV[i]["change"], strings.TrimPrefix(fromBook[i]["change $, exact"], "–"))
			}
		}
	})
}

func orEmpty(v any) string {
	text, _ := v.(string)
	return text
}

func rendered(t *rapid.T, d view.Document, format view.Format) []byte {
	var out bytes.Buffer
	require.NoError(t, view.Render(&out, view.Options{Format: format, Width: 400}, d))
	return out.Bytes()
}

func readCSV(t *rapid.T, d view.Document) []map[string]string {
	rows, err := csv.NewReader(bytes.NewReader(rendered(t, d, view.FormatCSV))).ReadAll()
	require.NoError(t, err)
	return named(rows)
}

// named are rows under their header.
func named(rows [][]string) []map[string]string {
	var out []map[string]string
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, cell := range row {
			cells[rows[0][i]] = cell
		}
		out = append(out, cells)
	}
	return out
}

func readJSON(t *rapid.T, d view.Document) []map[string]any {
	var out struct{ Rows []map[string]any }
	require.NoError(t, json.Unmarshal(rendered(t, d, view.FormatJSON), &out))
	return out.Rows
}

// tableLines are the rows of the table in a terminal.
func tableLines(t *rapid.T, d view.Document) []string {
	text := ansi.Strip(string(rendered(t, d, view.FormatTable)))
	_, rows, _ := strings.Cut(text, "─\n")
	return strings.Split(rows, "\n")
}

func readBook(t *rapid.T, r xlsx.Report) []map[string]string {
	var out bytes.Buffer
	require.NoError(t, xlsx.Write(&out, r))
	file, err := excelize.OpenReader(&out)
	require.NoError(t, err)
	defer file.Close()
	rows, err := file.GetRows("Tenants", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	return named(rows)
}

var pageRow = regexp.MustCompile(`<tr><th scope=row><a href=[^>]+>(.*)</a><td><svg.*</svg><td>([^<]*)<td>`)

// readPage are the tenants of the page with their amounts.
func readPage(t *rapid.T, source spend.Source) [][2]string {
	s, err := statement.Build(t.Context(), source, statement.Request{
		From: october, To: november,
		Now: november.AddDate(0, 0, 3),
	})
	require.NoError(t, err)
	page, err := html.Page(s, html.Options{})
	require.NoError(t, err)
	var out [][2]string
	for _, row := range pageRow.FindAllStringSubmatch(string(page), -1) {
		out = append(out, [2]string{stdhtml.UnescapeString(row[1]), stdhtml.UnescapeString(row[2])})
	}
	return out
}
