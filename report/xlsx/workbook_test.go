package xlsx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"microspend/config"
	"microspend/internal/ledgertest"
	"microspend/pricing"
	"microspend/report/xlsx"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/usage"
)

var october = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// fleet is so many tenants over so many days, of which the first have names that are out for trouble.
func fleet(tenants, days int) ledgertest.Records {
	hostile := []string{
		"=1+1", "+49 30", "-2", "@SUM(A1)", "\t=x", "acme\x1b[2J", "ünï 租户", strings.Repeat("long ", 400),
		`"quoted", <b>`, "_x0041_",
	}
	var out ledgertest.Records
	for i := range tenants {
		name := fmt.Sprintf("tenant-%03d", i)
		if i < len(hostile) {
			name = hostile[i]
		}
		for day := range days {
			out = append(out, usage.Record{
				PeriodStart: october.AddDate(0, 0, day), PeriodSeconds: 3600, Region: []string{"us-east-1", "eu-west-1"}[i%2],
				Resource: usage.Resource{ID: fmt.Sprint("mvm-", i)}, Tenant: name, Source: "test", Coverage: usage.CoverageComplete,
				Amounts: usage.Amounts{
					pricing.VCPU: int64(7_200_001 + i*1009 + day), pricing.Memory: int64(4096*3_600_000 + i),
					pricing.SnapshotRead: int64(3<<30 + day), pricing.SnapshotWrite: 2<<30 + 1,
					pricing.SnapshotStorage: 5<<30*3600 + 7,
				},
			})
		}
	}
	return out
}

func gather(t testing.TB, r ledgertest.Records, request spend.Request, text string) xlsx.Report {
	t.Helper()
	read, err := config.Load("c.yaml", []byte("timezone: UTC\n"+text))
	require.NoError(t, err)
	rates, err := read.Spend.Rates(pricing.EmbeddedCards(), nil)
	require.NoError(t, err)
	request.From, request.To = october, october.AddDate(0, 1, 0)
	made, err := xlsx.Gather(context.Background(), read.Spend.Source(r, rates, tenants.File{}), request,
		october.AddDate(0, 1, 3))
	require.NoError(t, err)
	return made
}

func write(t testing.TB, r xlsx.Report) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, xlsx.Write(&out, r))
	return out.Bytes()
}

func open(t testing.TB, text []byte) *excelize.File {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(text))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	return file
}

// column finds a column of a sheet by its header.
func column(t testing.TB, rows [][]string, title string) int {
	t.Helper()
	for i, cell := range rows[0] {
		if cell == title {
			return i
		}
	}
	require.Fail(t, "no column", title)
	return -1
}

// TestGroupsAndCurrency: the summary has the highest groups, the sheet of groups what each one's own tenants spent, and
// both a second currency whose figures add up to its own total.
func TestGroupsAndCurrency(t *testing.T) {
	read, err := config.Load("c.yaml", []byte("currency: {code: KWD, per_usd: 0.3061, as_of: 2026-11-20, source: CBK}\n"))
	require.NoError(t, err)
	named, err := tenants.Load("t.csv", []byte("match,value,tenant,group\n,,tenant-010,Eng\n,,tenant-011,Eng/Build\n"))
	require.NoError(t, err)
	source := read.Spend.Source(fleet(12, 3), pricing.EmbeddedCards(), named)
	made, err := xlsx.Gather(t.Context(), source, spend.Request{From: october, To: october.AddDate(0, 1, 0)}, october)
	require.NoError(t, err)
	file := open(t, write(t, made))
	require.Equal(t, []string{"Summary", "Tenants", "Groups", "Tenant-days", "Rates", "Assumptions"}, file.GetSheetList())

	rows, err := file.GetRows("Groups", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	exact, dinars, name := column(t, rows, "amount $, exact"), column(t, rows, "amount in KWD"), column(t, rows, "group")
	var total, inDinars decimal.Decimal
	groups := map[string]decimal.Decimal{}
	for _, row := range rows[1:] {
		groups[row[name]] = decimal.RequireFromString(row[exact])
		total = total.Add(groups[row[name]])
		inDinars = inDinars.Add(decimal.RequireFromString(row[dinars]))
	}
	require.True(t, total.Equal(made.Tenants.Total.Amount))
	require.Equal(t, made.Tenants.Currency.Of(total).RoundBank(3).String(), inDinars.String(), "a dinar has 1,000 fils")

	rows, err = file.GetRows("Summary", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	summary := fmt.Sprint(rows)
	require.Contains(t, summary, "[Eng "+groups["Eng"].Add(groups["Eng/Build"]).RoundBank(2).String()+" ", "with all below it")
	require.NotContains(t, summary, "Eng/Build", "as it is in its parent already")
	require.Contains(t, summary, "KWD at 0.3061 to the dollar, the rate of 2026-11-20 (CBK)")
}

// TestComparison: the summary says what is compared with what, why there is no change, and marks what lacks something.
func TestComparison(t *testing.T) {
	records := fleet(1, 3)
	records[2].Coverage = usage.CoveragePartial
	for name, tc := range map[string]struct {
		before       bool // whether September was measured
		change, note string
	}{
		"the ledger begins in October": {false, "–", "The change cannot be told: no data before 1 Oct."},
		"September was measured":       {true, "0.30", ""},
	} {
		t.Run(name, func(t *testing.T) {
			all := records
			if tc.before {
				for day := range 30 {
					r := records[0]
					r.Amounts[pricing.VCPU] -= 3_600_000 // of three days at $0.0000276944 a second
					r.PeriodStart = october.AddDate(0, 0, day-30)
					all = append(all[:len(all):len(all)], r)
				}
			}
			made := gather(t, all, spend.Request{Previous: true}, "")
			rows, err := open(t, write(t, made)).GetRows("Summary")
			require.NoError(t, err)
			cells := map[string]string{}
			for _, row := range rows {
				if len(row) > 1 {
					cells[row[0]] = row[1]
				} else if len(row) == 1 {
					cells[row[0]] = ""
				}
			}
			require.Regexp(t, `^≥ \d`, cells["total"])
			require.Equal(t, tc.change, cells["change"])
			require.Contains(t, cells, "Compared: "+made.Tenants.Compared.Sentence+".")
			if tc.note != "" {
				require.Contains(t, cells, tc.note)
			}
		})
	}
}

func TestReadBack(t *testing.T) {
	made := gather(t, fleet(12, 3), spend.Request{}, "discounts: 10%\n")
	file := open(t, write(t, made))
	require.Equal(t, []string{"Summary", "Tenants", "Tenant-days", "Rates", "Assumptions"}, file.GetSheetList())

	for sheet, want := range map[string]*spend.Spend{"Tenants": &made.Tenants, "Tenant-days": &made.TenantDays} {
		rows, err := file.GetRows(sheet, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Len(t, rows, len(want.Rows)+1)
		exact, shown, list := column(t, rows, "amount $, exact"), column(t, rows, "amount $"),
			column(t, rows, "list $, exact")
		sum, atList := decimal.Decimal{}, decimal.Decimal{}
		cents, total := want.Cents(spend.AmountOf)
		for i, row := range rows[1:] {
			require.Equal(t, want.Rows[i].Amount.String(), row[exact], "the exact amount, as text")
			near, err := decimal.NewFromString(row[shown])
			require.NoError(t, err)
			require.True(t, near.Equal(cents[i]), "and a number for reading beside it, which every other format shows")
			total = total.Sub(near)
			sum, atList = sum.Add(decimal.RequireFromString(row[exact])), atList.Add(decimal.RequireFromString(row[list]))
		}
		require.Equal(t, want.Total.Amount.String(), sum.String(), "the exact column adds up to the total")
		require.True(t, total.IsZero(), "and so does the other, to the total as shown")
		require.Equal(t, want.Total.List.String(), atList.String())

		panes, err := file.GetPanes(sheet)
		require.NoError(t, err)
		require.True(t, panes.Freeze && panes.YSplit == 1, "%s: the header stays in sight", sheet)
		tables, err := file.GetTables(sheet)
		require.NoError(t, err)
		require.Len(t, tables, 1, "%s: a table with filters", sheet)
	}
	formatted, err := file.GetCellValue("Tenants", "B2")
	require.NoError(t, err)
	require.Regexp(t, `^[0-9,]+\.[0-9]{2}$`, formatted, "amounts are formatted to cents")
	day, err := file.GetCellValue("Tenant-days", "B2")
	require.NoError(t, err)
	require.Equal(t, "2026-10-01", day, "days are dates")
	summary, err := file.GetRows("Summary")
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(summary), made.Tenants.Total.Amount.String())
	rates, err := file.GetRows("Rates")
	require.NoError(t, err)
	require.Len(t, rates, 15, "two regions, compute on two architectures")
	require.Contains(t, rates[1], "AWS Price List, group AWS-Lambda-MicroVM-vCPU-Second-ARM")
	require.Contains(t, rates[1], "10.0%")
}

// TestNoFormulas looks at the XML itself: no cell is a formula, whatever tenants are called.
func TestNoFormulas(t *testing.T) {
	text := write(t, gather(t, fleet(10, 2), spend.Request{}, ""))
	files, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	for _, file := range files.File {
		require.False(t, strings.Contains(file.Name, "vba") || strings.Contains(file.Name, "externalLink"), file.Name)
		if !strings.HasPrefix(file.Name, "xl/worksheets/sheet") {
			continue
		}
		in, err := file.Open()
		require.NoError(t, err)
		xml, err := io.ReadAll(in)
		require.NoError(t, err)
		require.NotContains(t, string(xml), "<f>", file.Name)
		require.NotContains(t, string(xml), "<f ", file.Name)
		require.NotContains(t, string(xml), "\x1b", file.Name)
	}
	rows, err := open(t, text).GetRows("Tenants")
	require.NoError(t, err)
	var names []string
	for _, row := range rows[1:] {
		names = append(names, row[0])
	}
	require.Subset(t, names, []string{
		"=1+1", "+49 30", "-2", "@SUM(A1)", "␉=x", "acme␛[2J", "ünï 租户", `"quoted", <b>`,
		"_x0041_",
	})
}

func TestSharedAndBefore(t *testing.T) {
	use := fleet(3, 2)
	image := use[0]
	image.Resource, image.Tenant = usage.Resource{Kind: usage.KindImage, ID: "base"}, ""
	use = append(use, image)
	made := gather(t, use, spend.Request{Previous: true}, "shared: {policy: even}\n")
	rows, err := open(t, write(t, made)).GetRows("Tenants", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	shared, change := column(t, rows, "of it shared cost $, exact"), column(t, rows, "change $, exact")
	reason := column(t, rows, "why no percentage")
	sum := decimal.Decimal{}
	for i, row := range rows[1:] {
		require.Equal(t, made.Tenants.Rows[i].Shared.String(), row[shared])
		require.Equal(t, "–", row[change], "nothing was measured before")
		require.Equal(t, "no data before 1 Oct", row[reason])
		sum = sum.Add(decimal.RequireFromString(row[shared]))
	}
	require.Equal(t, made.Tenants.SharedOut.Amount.String(), sum.String())
}

func TestEmptyAndUnknown(t *testing.T) {
	rows, err := open(t, write(t, gather(t, nil, spend.Request{Previous: true}, ""))).GetRows("Tenants")
	require.NoError(t, err)
	require.Len(t, rows, 1, "a header says that there is nothing")

	unknown := fleet(1, 1)
	unknown[0].Region = "eu-central-1"
	file := open(t, write(t, gather(t, unknown, spend.Request{}, "")))
	rows, err = file.GetRows("Tenants")
	require.NoError(t, err)
	require.Equal(t, "snapshot read in eu-central-1, snapshot write in eu-central-1, snapshot storage in eu-central-1",
		rows[1][column(t, rows, "rates not known")], "what is missing is named beside the figure")
	nowhere := fleet(1, 1)
	nowhere[0].Region = "xx-none-1"
	file = open(t, write(t, gather(t, nowhere, spend.Request{}, "")))
	cell, err := file.GetCellValue("Tenants", "B2")
	require.NoError(t, err)
	require.Equal(t, "unknown", cell, "unknown is not zero")
}

func TestTooManyRows(t *testing.T) {
	made := gather(t, fleet(1, 1), spend.Request{}, "")
	made.TenantDays.Rows = make([]spend.Row, 1<<20)
	require.EqualError(t, xlsx.Write(io.Discard, made),
		"sheet Tenant-days would have 1048576 rows; a sheet holds 1048575: choose fewer days or tenants")
}

// BenchmarkMonth is the workbook of 500 tenants over 31 days, from reports to bytes.
func BenchmarkMonth(b *testing.B) {
	made := gather(b, fleet(500, 31), spend.Request{}, "")
	b.ReportAllocs()
	for b.Loop() {
		if err := xlsx.Write(io.Discard, made); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMonthWhole is the same from a source, with everything that has to be worked out.
func BenchmarkMonthWhole(b *testing.B) {
	r := fleet(500, 31)
	b.ReportAllocs()
	for b.Loop() {
		if err := xlsx.Write(io.Discard, gather(b, r, spend.Request{}, "")); err != nil {
			b.Fatal(err)
		}
	}
}
