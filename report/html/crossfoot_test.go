package html_test

import (
	"fmt"
	stdhtml "html"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/pricing"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/usage"
)

var (
	sectionOf = func(text, id string) string {
		_, after, _ := strings.Cut(text, ` id="`+id+`"`)
		before, _, _ := strings.Cut(after, "</section>")
		return before
	}
	rowEnd  = regexp.MustCompile(`<tr[^>]*>`)
	cellEnd = regexp.MustCompile(`<t[hd][^>]*>`)
	markup  = regexp.MustCompile(`<[^>]*>`)
)

// rowsOf are the texts of the cells of the first table in some markup, its header first.
func rowsOf(text string) (rows [][]string) {
	_, text, _ = strings.Cut(text, "<thead>")
	text, _, _ = strings.Cut(text, "</table>")
	for _, row := range rowEnd.Split(text, -1)[1:] {
		var cells []string
		for _, cell := range cellEnd.Split(row, -1)[1:] {
			cells = append(cells, strings.TrimSpace(stdhtml.UnescapeString(markup.ReplaceAllString(cell, ""))))
		}
		rows = append(rows, cells)
	}
	return rows
}

// shown reads an amount as a page shows it; a dash and what comes to less than a cent are nothing to a reader who adds.
func shown(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	text = strings.TrimLeft(strings.TrimSuffix(text, " +?"), "≥ ")
	if text == "–" || strings.HasPrefix(text, "<") {
		return decimal.Decimal{}
	}
	d, err := decimal.NewFromString(strings.NewReplacer("$", "", ",", "", "−", "-").Replace(text))
	require.NoError(t, err, text)
	return d
}

func add(t *testing.T, rows [][]string, column int) (sum decimal.Decimal) {
	for _, row := range rows {
		sum = sum.Add(shown(t, row[column]))
	}
	return sum
}

// twoRegions has 25 days alike in two regions. A day's storage comes to a little more than two cents, of which rounding
// each by itself loses ten in the column.
func twoRegions(t *testing.T) statement.Statement {
	var records ledgertest.Records
	for day := range 25 {
		for _, region := range []string{"us-east-1", "eu-west-1"} {
			records = append(records, usage.Record{
				PeriodStart: november.AddDate(0, 0, day), PeriodSeconds: 3600, Region: region,
				Resource: usage.Resource{ID: "mvm-" + region}, Image: "sandbox-python", Tenant: "acme", Source: "test",
				Coverage: usage.CoverageComplete,
				Amounts: usage.Amounts{
					pricing.VCPU: 1_360_000_000, pricing.Memory: 2_720_000 * 1024 * 1000,
					pricing.SnapshotRead: 9 << 30, pricing.SnapshotWrite: 8 << 30,
					pricing.SnapshotStorage: 99 << 30 * 3600,
				},
			})
		}
	}
	s, err := statement.Build(t.Context(), spend.Source{Usage: records, Rates: pricing.EmbeddedCards()}, statement.Request{
		From: november, To: november.AddDate(0, 1, 0), Now: november.AddDate(0, 0, 25),
	})
	require.NoError(t, err)
	return s
}

// TestEveryTableAddsUp reads pages as a person with a calculator does.
func TestEveryTableAddsUp(t *testing.T) {
	whole := demo(t)
	regions := twoRegions(t)
	alone := whole.For(0)
	for name, s := range map[string]statement.Statement{"demo": whole, "two regions": regions, "a tenant": alone} {
		t.Run(name, func(t *testing.T) {
			text := rendered(t, s, html.Options{MaxBytes: 10 << 20})
			sum := shown(t, regexp.MustCompile(`class="sum">([^<]*)<`).FindStringSubmatch(text)[1])
			require.True(t, sum.Equal(s.Total.Amount.RoundBank(2)))

			days := rowsOf(sectionOf(text, "calendar"))
			head, lines, foot := days[0], days[1:len(days)-1], days[len(days)-1]
			last := len(head) - 2 // before coverage
			require.True(t, strings.HasPrefix(head[last], "Spend"), head)
			for _, row := range days[1:] {
				parts := decimal.Decimal{}
				for c := 1; c < last; c++ {
					parts = parts.Add(shown(t, row[c]))
				}
				require.Equal(t, shown(t, row[last]).String(), parts.String(), "components of %s", row[0])
			}
			for c := 1; c <= last; c++ {
				require.Equal(t, shown(t, foot[c]).String(), add(t, lines, c).String(), "days of %s", head[c])
			}
			require.True(t, shown(t, foot[last]).Equal(sum))

			rates := rowsOf(sectionOf(text, "lines"))
			amount := len(rates[0]) - 1
			require.True(t, add(t, rates[1:len(rates)-1], amount).Equal(sum), "quantities and rates")
			for c := 1; c < last; c++ {
				of := decimal.Decimal{}
				for _, row := range rates[1 : len(rates)-1] {
					if strings.EqualFold(strings.TrimPrefix(row[1], pricing.ArchX86.Name()+" "), head[c]) {
						of = of.Add(shown(t, row[amount]))
					}
				}
				require.Equal(t, shown(t, foot[c]).String(), of.String(), "regions of %s", head[c])
			}
			if len(s.Tenants) > 1 {
				tenantsAddUp(t, text, sum)
			}
		})
	}
}

func tenantsAddUp(t *testing.T, text string, sum decimal.Decimal) {
	rows := rowsOf(sectionOf(text, "tenants"))
	tenants := rows[1 : len(rows)-1]
	require.True(t, add(t, tenants, 2).Equal(sum), "tenants")
	shares := decimal.Decimal{}
	for i, row := range tenants {
		shares = shares.Add(shown(t, strings.TrimSuffix(strings.Replace(row[3], "<0.1", "0", 1), " %")))
		detail := sectionOf(text, fmt.Sprint("t", i))
		heading := strings.TrimSpace(markup.ReplaceAllString(regexp.MustCompile(`<b>[^<]*`).FindString(detail), ""))
		require.Equal(t, shown(t, row[2]).String(), shown(t, strings.Replace(heading, "&lt;", "<", 1)).String(),
			"%s is the same in the list and in its own section", row[0])
		_, calendar, _ := strings.Cut(detail, "Dollars by day of")
		calendar, _, _ = strings.Cut(calendar, "</pre>")
		_, calendar, _ = strings.Cut(calendar, ">")
		days := decimal.Decimal{}
		for _, week := range strings.Split(calendar, "\n") {
			for _, day := range strings.Split(week, "\t")[1:] {
				if day != "" && !strings.HasPrefix(day, "&lt;") {
					days = days.Add(shown(t, day))
				}
			}
		}
		require.Equal(t, shown(t, row[2]).String(), days.String(), "days of %s", row[0])
		if _, table, ok := strings.Cut(detail, "Each billed quantity"); ok {
			lines := rowsOf(table)
			require.Equal(t, shown(t, row[2]).String(), add(t, lines[1:], len(lines[0])-1).String(), "lines of %s", row[0])
		}
	}
	require.Equal(t, "100", shares.String(), "shares")
}

// TestStorageOfTwoRegions has the column that printed 0.50 over a total of 0.60.
func TestStorageOfTwoRegions(t *testing.T) {
	days := rowsOf(sectionOf(rendered(t, twoRegions(t), html.Options{}), "calendar"))
	storage := len(days[0]) - 3
	require.Equal(t, "Snapshot storage", days[0][storage])
	require.Equal(t, "0.60", days[len(days)-1][storage])
	require.Equal(t, "0.6", add(t, days[1:len(days)-1], storage).String())
}
