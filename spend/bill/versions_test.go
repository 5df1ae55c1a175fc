package bill_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/spend/bill"
)

const reportHeader = "identity_line_item_id,identity_time_interval,bill_invoice_id,bill_payer_account_id," +
	"bill_billing_period_start_date,line_item_usage_account_id,line_item_line_item_type,line_item_usage_start_date," +
	"line_item_usage_end_date,line_item_usage_type,line_item_usage_amount,line_item_currency_code," +
	"line_item_unblended_cost,product_region_code\n"

// reportRow is a day of vCPU in September 2026 with a cost in cents.
type reportRow struct {
	id      string
	day     int
	cents   int
	account string // "1" unless given
	invoice string
}

func reportOf(t *testing.T, path string, rows ...reportRow) bill.Bill {
	t.Helper()
	text := reportHeader
	for _, r := range rows {
		day := time.Date(2026, time.September, r.day, 0, 0, 0, 0, time.UTC)
		from, to := day.Format(time.RFC3339), day.AddDate(0, 0, 1).Format(time.RFC3339)
		account := r.account
		if account == "" {
			account = "1"
		}
		text += strings.Join([]string{
			r.id, from + "/" + to, r.invoice, "payer", "2026-09-01T00:00:00Z", account, "Usage", from, to,
			"Lambda-MicroVM-vCPU-Second-ARM", fmt.Sprint(r.cents), "USD", fmt.Sprintf("0.%02d", r.cents), "us-east-1",
		}, ",") + "\n"
	}
	made, err := read([]byte(text))
	require.NoError(t, err)
	made.Path = path
	return made
}

// AWS delivers a report once a day with everything since the month began, so that two of them count the same usage.
// Whichever order they are given in, the newest counts, in whole.
func TestVersions(t *testing.T) {
	report := func(path string, rows ...reportRow) bill.Bill { return reportOf(t, path, rows...) }
	for _, tc := range []struct {
		name, reason string
		files        []bill.Bill
		total        string
		replaced     []string
	}{
		{
			"the next day", "the second reaches a day further",
			[]bill.Bill{
				report("v1/cur-00001.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("v2/cur-00001.csv", reportRow{id: "a", day: 15, cents: 9}, reportRow{id: "b", day: 16, cents: 1}),
			},
			"0.1",
			[]string{"v1/cur-00001.csv by v2/cur-00001.csv: its usage reaches further, to 2026-09-16"},
		},
		{
			"other ids", "AWS gives rows new ids in each delivery",
			[]bill.Bill{
				report("a.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("b.csv", reportRow{id: "p", day: 15, cents: 9}, reportRow{id: "q", day: 16, cents: 1}),
			},
			"0.1",
			[]string{"a.csv by b.csv: its usage reaches further, to 2026-09-16"},
		},
		{
			"a row was withdrawn", "the newer version is the bill as a whole, not row by row",
			[]bill.Bill{
				report("v1/cur.csv", reportRow{id: "a", day: 15, cents: 9}, reportRow{id: "x", day: 15, cents: 50}),
				report("v2/cur.csv", reportRow{id: "a", day: 15, cents: 9}, reportRow{id: "b", day: 16, cents: 1}),
			},
			"0.1",
			[]string{"v1/cur.csv by v2/cur.csv: its usage reaches further, to 2026-09-16"},
		},
		{
			"several files each", "two deliveries of two files",
			[]bill.Bill{
				report("v1/cur-1.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("v1/cur-2.csv", reportRow{id: "b", day: 15, cents: 5}),
				report("v2/cur-1.csv", reportRow{id: "a", day: 15, cents: 9}, reportRow{id: "c", day: 16, cents: 1}),
				report("v2/cur-2.csv", reportRow{id: "b", day: 15, cents: 5}),
			},
			"0.15",
			[]string{
				"v1/cur-1.csv by v2/cur-1.csv: its usage reaches further, to 2026-09-16",
				"v1/cur-2.csv by v2/cur-1.csv: its usage reaches further, to 2026-09-16",
			},
		},
		{
			"amounts were corrected", "same days, and only the later has invoices",
			[]bill.Bill{
				report("v1/cur.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("v2/cur.csv", reportRow{id: "p", day: 15, cents: 8, invoice: "123"}),
			},
			"0.08",
			[]string{"v1/cur.csv by v2/cur.csv: its rows are invoiced"},
		},
		{
			"folders with times", "an earlier delivery may not win because it reaches as far",
			[]bill.Bill{
				report("d/20260917T010203Z-b1/cur.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("d/20260918T010203Z-a1/cur.csv", reportRow{id: "p", day: 15, cents: 8}),
			},
			"0.08",
			[]string{
				"d/20260917T010203Z-b1/cur.csv by d/20260918T010203Z-a1/cur.csv: it was delivered later, as its folder says",
			},
		},
		{
			"the same file twice", "a slip",
			[]bill.Bill{
				report("cur.csv", reportRow{id: "a", day: 15, cents: 9}), report("cur.csv", reportRow{id: "a", day: 15, cents: 9}),
			},
			"0.09",
			[]string{"cur.csv by cur.csv: they are the same"},
		},
		{
			"files of one delivery", "no row is in both",
			[]bill.Bill{
				report("v1/cur-1.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("v1/cur-2.csv", reportRow{id: "b", day: 16, cents: 5}),
			},
			"0.14", nil,
		},
		{
			"reports of two member accounts", "called alike, each of its own usage",
			[]bill.Bill{
				report("team-a/cur.csv", reportRow{id: "a", day: 15, cents: 9}),
				report("team-b/cur.csv", reportRow{id: "a", day: 15, cents: 9, account: "2"}),
			},
			"0.18", nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			made, err := bill.Join(tc.files)
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.total, made.Total().String(), tc.reason)
			var replaced []string
			for _, r := range made.Replaced {
				require.Equal(t, "2026-09", r.Period)
				replaced = append(replaced, r.File+" by "+r.By+": "+r.Why)
			}
			require.ElementsMatch(t, tc.replaced, replaced, tc.reason)
			back := make([]bill.Bill, len(tc.files))
			for i, file := range tc.files {
				back[len(back)-1-i] = file
			}
			made, err = bill.Join(back)
			require.NoError(t, err)
			require.Equal(t, tc.total, made.Total().String(), "whatever the order")
		})
	}
}

// Where nothing tells which version is newer, the one that was given last counts, and the note says so.
func TestVersionsOfOneAge(t *testing.T) {
	made, err := bill.Join([]bill.Bill{
		reportOf(t, "v1/cur.csv", reportRow{id: "a", day: 15, cents: 9}),
		reportOf(t, "v2/cur.csv", reportRow{id: "p", day: 15, cents: 8}),
	})
	require.NoError(t, err)
	require.Equal(t, "0.08", made.Total().String())
	require.Equal(t, "it was given last, and nothing else says which is newer", made.Replaced[0].Why)
}

// A bill covers what its file spans, whatever services its rows are of: days without MicroVMs were billed at zero.
func TestCoverage(t *testing.T) {
	row := func(id, usageType, kind, from, to string) string {
		return strings.Join([]string{id, "", from, to, "AWSLambda", usageType, kind, "1", "0.5", "USD", "us-east-1"}, ",") + "\n"
	}
	const vcpu, other = "Lambda-MicroVM-vCPU-Second-ARM", "BoxUsage:t3.micro"
	for _, tc := range []struct{ name, text, from, to, reason string }{
		{
			"other services", row("1", other, "Usage", "2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z") +
				row("2", vcpu, "Usage", "2026-09-15T03:00:00Z", "2026-09-15T04:00:00Z") +
				row("3", other, "Usage", "2026-09-30T23:00:00Z", "2026-10-01T00:00:00Z"), "2026-09-01", "2026-10-01",
			"the report is of the whole month",
		},
		{
			"a tax of the month", row("1", vcpu, "Usage", "2026-09-15T03:00:00Z", "2026-09-15T04:00:00Z") +
				row("2", vcpu, "Tax", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"), "2026-09-15", "2026-09-16",
			"it says nothing of what was used",
		},
		{
			"no MicroVM", row("1", other, "Usage", "2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"), "2026-09-01", "2026-09-02",
			"nothing was billed on a day",
		},
	} {
		made, err := read([]byte(curHeader + tc.text))
		require.NoError(t, err, tc.name)
		require.Equal(t, tc.from, made.From.Format(time.DateOnly), tc.reason)
		require.Equal(t, tc.to, made.To.Format(time.DateOnly), tc.reason)
	}

	gap, err := bill.Join([]bill.Bill{
		reportOf(t, "a.csv", reportRow{id: "a", day: 3, cents: 9}), reportOf(t, "b.csv", reportRow{id: "b", day: 8, cents: 1}),
	})
	require.NoError(t, err)
	require.Equal(t, "4–7 September 2026", gap.Gaps[0].String(), "no file says anything of these days")

	// AWS bills usage that came late with the next month, beside that month's own.
	late, err := read([]byte(reportHeader +
		"a,,,p,2026-10-01T00:00:00Z,1,Usage,2026-09-30T00:00:00Z,2026-10-01T00:00:00Z," + vcpu + ",1,USD,0.25,us-east-1\n" +
		"b,,,p,2026-10-01T00:00:00Z,1,Usage,2026-10-05T00:00:00Z,2026-10-06T00:00:00Z," + vcpu + ",1,USD,0.5,us-east-1\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"2026-09-30 us-east-1 vcpu 1 0.25", "2026-10-05 us-east-1 vcpu 1 0.5"}, lines(late),
		"without the period's end nothing says that it is of another bill")
	withEnd := strings.Replace(reportHeader, ",line_item_usage_account_id", ",bill_billing_period_end_date", 1)
	late, err = read([]byte(withEnd +
		"a,,,p,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,2026-09-30T00:00:00Z,2026-10-01T00:00:00Z," + vcpu +
		",1,USD,0.25,us-east-1\n" +
		"b,,,p,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,2026-10-05T00:00:00Z,2026-10-06T00:00:00Z," + vcpu +
		",1,USD,0.5,us-east-1\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"2026-10-05 us-east-1 vcpu 1 0.5"}, lines(late))
	require.Equal(t, []string{"adjustment usage of 2026-09 0.25"}, apart(late), "most of September is on another bill")
}

// Taxes, credits and discounts of a whole month never keep a file from being read.
func TestRowsOfAMonth(t *testing.T) {
	text := curText()
	for _, kind := range []string{"Tax", "Refund", "Credit", "EdpDiscount", "RIFee"} {
		row := curRow(kind, "EU-Lambda-MicroVM-vCPU-Second-ARM", kind, "1", "-0.5")
		text += strings.Replace(row, ",2026-10-01T01:00:00Z,", ",2026-11-01T00:00:00Z,", 1)
	}
	made, err := read([]byte(text))
	require.NoError(t, err)
	require.Equal(t, []string{"2026-10-01 eu-west-1 vcpu 14400 0.37787731 discount -0.04198637"}, lines(made))
	require.Equal(t, []string{
		"credit Credit -0.6", "discount EdpDiscount -0.5", "fee RIFee -0.5", "refund Refund -0.7", "tax Tax -0.45",
	}, apart(made))
	usage := strings.Replace(curRow("u", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", "1", "1"), ",2026-10-01T01:00:00Z,",
		",2026-11-01T00:00:00Z,", 1)
	_, err = read([]byte(curHeader + usage))
	require.EqualError(t, err, "line 2: it covers 2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z; "+
		"bills are compared by day, so ask for daily or hourly granularity")
}

// A reply whose last day has no usage yet has totals of zero for it, and no groups.
func TestCostExplorerEmptyDay(t *testing.T) {
	reply := string(costExplorer(group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "1", "1", "GB")))
	empty := `{"TimePeriod": {"Start": "2026-10-02", "End": "2026-10-03"}, "Total": {"UnblendedCost": {"Amount": "0",
		"Unit": "USD"}, "UsageQuantity": {"Amount": "0", "Unit": "N/A"}}, "Groups": [], "Estimated": true}`
	made, err := read([]byte(strings.Replace(reply, "],\n \"Dimension", ","+empty+"],\n \"Dimension", 1)))
	require.NoError(t, err)
	require.Equal(t, []string{"2026-10-01 us-east-1 snapshot.read 1 1"}, lines(made))
	require.Equal(t, "2026-10-03", made.To.Format(time.DateOnly), "billed at zero so far")
	require.True(t, made.IsEstimated(time.Date(2026, time.October, 2, 0, 0, 0, 0, time.UTC)))
	require.False(t, made.IsEstimated(made.From))
}
