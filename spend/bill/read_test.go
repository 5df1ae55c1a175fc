package bill_test

import (
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"microspend/spend/bill"
)

func read(text []byte) (bill.Bill, error) {
	return bill.Read(bytes.NewReader(text), int64(len(text)))
}

// lines writes a bill's lines for comparison: day, region, quantity, used, cost.
func lines(b bill.Bill) []string {
	out := []string{}
	for _, l := range b.Lines {
		used := "?"
		if l.UsedKnown {
			used = l.Used.String()
		}
		text := strings.Join([]string{l.Day.Format(time.DateOnly), l.Region, l.Rated().String(), used, l.Cost.String()}, " ")
		if !l.Discount.IsZero() {
			text += " discount " + l.Discount.String()
		}
		if l.Estimated {
			text += " estimated"
		}
		out = append(out, text)
	}
	return out
}

func apart(b bill.Bill) []string {
	out := []string{}
	for _, a := range b.Apart {
		out = append(out, string(a.Kind)+" "+a.Name+" "+a.Amount.String())
	}
	return out
}

// costExplorer is a reply of GetCostAndUsage with one day of groups.
func costExplorer(groups string) []byte {
	return []byte(`{"GroupDefinitions": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}, {"Type": "DIMENSION", "Key": "REGION"}],
 "ResultsByTime": [{"TimePeriod": {"Start": "2026-10-01", "End": "2026-10-02"}, "Total": {}, "Groups": [` + groups +
		`], "Estimated": false}],
 "DimensionValueAttributes": []}`)
}

func group(usageType, region, amount, used, unit string) string {
	return `{"Keys": ["` + usageType + `", "` + region + `"], "Metrics": {"UnblendedCost": {"Amount": "` + amount +
		`", "Unit": "USD"}, "UsageQuantity": {"Amount": "` + used + `", "Unit": "` + unit + `"}}}`
}

func TestCostExplorer(t *testing.T) {
	made, err := read(costExplorer(strings.Join([]string{
		group("EU-Lambda-MicroVM-vCPU-Second-ARM", "eu-west-1", "2.0995184400", "72000", "vCPU-Seconds"),
		group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "1.0E-7", "0.0001", "GB"),
		group("Lambda-MicroVM-vCPU-Second", "us-east-1", "0.1175605200", "3600", "vCPU-Seconds"),
		group("USE2-Lambda-MicroVM-Network-GB", "us-east-2", "3", "1", "GB"),
		group("EU-Lambda-GB-Second-ARM", "eu-west-1", "0.4", "3", "Second"),
		group("USW2-Lambda-MicroVM-Snapshot-Storage-GB-Hour", "", "0.5", "4", "N/A"),
		group("Lambda-MicroVM-Memory-GB-Second-ARM", "us-east-1", "-5", "0", "GB-Seconds"),
	}, ",")))
	require.NoError(t, err)
	require.Equal(t, []string{
		"2026-10-01 eu-west-1 vcpu 72000 2.09951844",
		"2026-10-01 us-east-1 vcpu.x86_64 3600 0.11756052",
		"2026-10-01 us-east-1 snapshot.read 0.0001 0.0000001",
		"2026-10-01 us-west-2 storage ? 0.5",
	}, lines(made), "exactly as written; the region from the prefix where REGION is empty; no quantity in an unknown unit")
	require.Equal(t, []string{
		"credit Lambda-MicroVM-Memory-GB-Second-ARM -5", "unknown USE2-Lambda-MicroVM-Network-GB 3",
	}, apart(made), "never taken for a line")
	require.Equal(t, 1, made.Ignored, "an ordinary function's")
	require.Equal(t, "UnblendedCost", made.Metric)
}

func TestCostExplorerPages(t *testing.T) {
	first := strings.Replace(string(costExplorer(group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "1", "1", "GB"))),
		`"DimensionValueAttributes"`,
		`"NextPageToken": "abc", "DimensionValueAttributes"`, 1)
	second := string(costExplorer(group("Lambda-MicroVM-Snapshot-Write-GB", "us-east-1", "2", "1", "GB")))
	_, err := read([]byte(first))
	require.EqualError(t, err,
		"the reply is incomplete: it ends with a NextPageToken; concatenate all pages into one file")
	for _, both := range []string{first + "\n" + second, "[" + first + "," + second + "]"} {
		made, err := read([]byte(both))
		require.NoError(t, err)
		require.Equal(t, "3", made.Total().String())
	}
	_, err = read([]byte(second + second))
	require.ErrorContains(t, err, "appears twice")
}

const curHeader = "identity_line_item_id,identity_time_interval,line_item_usage_start_date,line_item_usage_end_date,line_item_product_code," +
	"line_item_usage_type,line_item_line_item_type,line_item_usage_amount,line_item_unblended_cost,line_item_currency_code,product_region_code\n"

func curRow(id, usageType, kind, used, cost string) string {
	return strings.Join([]string{
		id, "2026-10-01T00:00:00Z/2026-10-01T01:00:00Z", "2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z", "AWSLambda",
		usageType, kind, used, cost, "USD", "eu-west-1",
	}, ",") + "\n"
}

func curText() string {
	return curHeader +
		curRow("a", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", "7200", "0.20993184") +
		curRow("b", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", "7200", "2.0993184E-1") +
		curRow("c", "EU-Lambda-MicroVM-vCPU-Second-ARM", "EdpDiscount", "", "-0.04198637") +
		curRow("d", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Credit", "", "-0.1") +
		curRow("e", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Refund", "", "-0.2") +
		curRow("f", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Tax", "", "0.05") +
		curRow("g", "EU-Request", "Usage", "12", "0.0000024")
}

func TestCUR(t *testing.T) {
	want := []string{"2026-10-01 eu-west-1 vcpu 14400 0.37787731 discount -0.04198637"}
	wantApart := []string{"credit Credit -0.1", "refund Refund -0.2", "tax Tax 0.05"}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write([]byte(curText()))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	older := strings.NewReplacer("identity_line_item_id", "identity/LineItemId", "line_item_usage_type",
		"lineItem/UsageType",
		"line_item_usage_start_date", "lineItem/UsageStartDate", "line_item_unblended_cost", "lineItem/UnblendedCost",
		"line_item_line_item_type", "lineItem/LineItemType", "product_region_code", "product/regionCode",
		"line_item_usage_amount", "lineItem/UsageAmount", "line_item_currency_code",
		"lineItem/CurrencyCode").Replace(curText())
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(curText())) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, text := range map[string][]byte{
		"UTF-16": wide, "semicolons": []byte(strings.ReplaceAll(curText(), ",", ";")),
		"CSV": []byte(curText()), "with a byte order mark": []byte("\ufeff" + curText()), "gzip": packed.Bytes(),
		"the older report": []byte(older),
	} {
		made, err := read(text)
		require.NoError(t, err, name)
		require.Equal(t, bill.CUR, made.Format, name)
		require.Equal(t, want, lines(made), name)
		require.Equal(t, wantApart, apart(made), name)
		require.Equal(t, 1, made.Ignored, name)
	}
}

func TestRefusals(t *testing.T) {
	microvm := group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "1", "1", "GB")
	euros := strings.Replace(microvm, "USD", "EUR", 1)
	for _, tc := range []struct {
		name, reason string
		text         string
		err          string
	}{
		{"empty", "an export that failed", "", "it is empty"},
		{"blank", "likewise", " \n\t", "it is empty"},
		{"other JSON", "no bill", `{"a": 1}`, "not a reply of GetCostAndUsage: it has no ResultsByTime"},
		{"half", "a download that broke off", `{"ResultsByTime": [`, "not readable as JSON: unexpected EOF"},
		{
			"another currency", "rates are in dollars", string(costExplorer(euros)),
			`ResultsByTime[0].Groups[0]: it is in "EUR"; rates are in USD, and amounts of different currencies cannot be compared`,
		},
		{
			"mixed currencies", "one of them would be wrong",
			string(costExplorer(microvm + "," + strings.Replace(euros, "us-east-1", "us-east-2", 1))),
			`ResultsByTime[0].Groups[1]: it is in "EUR"; rates are in USD, and amounts of different currencies cannot be compared`,
		},
		{
			"not a number", "it would spread", string(costExplorer(strings.Replace(microvm, `"1"`, `"NaN"`, 1))),
			`ResultsByTime[0].Groups[0]: UnblendedCost: "NaN" is not a number such as 12.5 or 7.2e-05`,
		},
		{
			"huge", "a slip or an attack", string(costExplorer(strings.Replace(microvm, `"1"`, `"1e39"`, 1))),
			`ResultsByTime[0].Groups[0]: UnblendedCost: "1e39" has more than 15 digits before the point`,
		},
		{
			"huge exponent", "would fill the memory", string(costExplorer(strings.Replace(microvm, `"1"`, `"1e999999999"`, 1))),
			`ResultsByTime[0].Groups[0]: UnblendedCost: "1e999999999" is not a number such as 12.5 or 7.2e-05`,
		},
		{
			"monthly", "has no days", strings.Replace(string(costExplorer(microvm)), "2026-10-02", "2026-11-01", 1),
			"ResultsByTime[0]: it covers 2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z; bills are compared by day, so ask for daily or hourly granularity",
		},
		{
			"not grouped", "nothing to go by", `{"ResultsByTime": [{"TimePeriod": {"Start": "2026-10-01", "End": "2026-10-02"},
				"Total": {"UnblendedCost": {"Amount": "1", "Unit": "USD"}}, "Groups": []}]}`,
			"ResultsByTime[0]: it has totals only: the reply is not grouped by USAGE_TYPE, so that MicroVMs cannot be told from " +
				"other usage; ask for it with --group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=REGION",
		},
		{
			"another grouping", "services are not usage types",
			strings.Replace(string(costExplorer(microvm)), "USAGE_TYPE", "SERVICE", 1),
			"the reply is not grouped by USAGE_TYPE",
		},
		{
			"no region", "a prefix nobody knows",
			string(costExplorer(group("XXZ9-Lambda-MicroVM-Snapshot-Read-GB", "", "1", "1", "GB"))),
			`ResultsByTime[0].Groups[0]: the prefix of usage type "XXZ9-Lambda-MicroVM-Snapshot-Read-GB" names no known region; group by REGION as well`,
		},
		{"twice", "would be counted twice", curHeader + strings.Repeat(curRow("a", "EU-Lambda-MicroVM-vCPU-Second-ARM",
			"Usage", "7200", "1"), 2), "line 3: it is the same row as at line 2, and would be counted twice; remove one of them"},
		{"no rows", "an export of nothing", curHeader, "it is a Cost and Usage Report without any rows"},
		{
			"a total of groups that are not there", "part of a reply", strings.Replace(string(costExplorer("")), `"Total": {}`,
				`"Total": {"UnblendedCost": {"Amount": "5", "Unit": "USD"}}`, 1),
			"ResultsByTime[0]: it has a total UnblendedCost of 5, but no groups that it is the total of; save the whole reply",
		},
		{
			"a column that is needed", "somebody chose columns", strings.Replace(curHeader, "line_item_unblended_cost", "cost", 1),
			"it is a Cost and Usage Report without the column line_item_unblended_cost; add it to the export",
		},
		{
			"nothing to tell MicroVMs by", "a bill of nothing would be wrong",
			"BilledCost,ChargePeriodStart,ChargeCategory,BillingCurrency\n1,2026-09-01,Usage,USD\n",
			"it is a FOCUS export without any of the columns SkuMeter, x_UsageType, x_ServiceCode, ServiceName, " +
				"which tell MicroVMs from other usage; add them to the export",
		},
		{
			"our own", "it would agree with itself", "BilledCost,ChargePeriodStart,x_Coverage\n1,2,3\n",
			"it is a FOCUS export that microspend wrote: what was measured, not AWS's bill; " +
				"give the export that AWS delivers (Billing and Cost Management, Data Exports)",
		},
		{"ragged", "a broken line", curHeader + "a,b\n", "line 2: wrong number of fields"},
		{
			"another table", "no bill", "a,b\n1,2\n",
			`it is a table with the columns "a", "b", and thereby neither a Cost and Usage Report (which has ` +
				"line_item_usage_type, line_item_line_item_type, line_item_usage_start_date) nor a FOCUS export " +
				"(which has ChargePeriodStart, BilledCost)",
		},
		{
			"one long row", "would fill the memory", curHeader + `"` + strings.Repeat("x", 2<<20),
			`after line 1: a row is longer than 1024 KiB`,
		},
		{"zip", "AWS never writes it", "PK\x03\x04", "it is a zip archive; unpack it and give the file in it"},
		{"gzip", "a broken download", "\x1f\x8b", "not readable as gzip: unexpected EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := read([]byte(tc.text))
			require.Error(t, err, tc.reason)
			require.Contains(t, err.Error(), tc.err, tc.reason)
		})
	}
}

func TestJoin(t *testing.T) {
	part := func(text string) bill.Bill {
		made, err := read([]byte(text))
		require.NoError(t, err)
		return made
	}
	first := part(curText())
	second := part(curHeader + curRow("z", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", "1", "1") +
		curRow("y", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Tax", "", "0.01"))
	both, err := bill.Join([]bill.Bill{first, second})
	require.NoError(t, err)
	require.Equal(t, []string{"2026-10-01 eu-west-1 vcpu 14401 1.37787731 discount -0.04198637"}, lines(both),
		"chunks of a report")
	require.Equal(t, []string{"credit Credit -0.1", "refund Refund -0.2", "tax Tax 0.06"}, apart(both))
	require.Equal(t, first.Rows+second.Rows, both.Rows)

	reply := part(string(costExplorer(group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "1", "1", "GB"))))
	other := part(string(costExplorer(group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "2", "1", "GB"))))
	_, err = bill.Join([]bill.Bill{reply, other})
	require.EqualError(t, err, "file 1 and file 2 both cover 1 October 2026, which would be counted twice; give one reply for each day")
	_, err = bill.Join([]bill.Bill{first, reply})
	require.EqualError(t, err,
		"file 1 is cur (line_item_unblended_cost) and file 2 is cost-explorer (UnblendedCost): "+
			"files of one bill are of one kind, so compare them one by one")
}

// BenchmarkCUR reads a report of 100,000 rows, of which one in ten is a MicroVM's.
func BenchmarkCUR(b *testing.B) {
	var text strings.Builder
	text.WriteString(curHeader)
	for i := range 100_000 {
		usageType := "EU-Request"
		if i%10 == 0 {
			usageType = "EU-Lambda-MicroVM-vCPU-Second-ARM"
		}
		text.WriteString(curRow(strconv.Itoa(i), usageType, "Usage", "7200", "0.20993184"))
	}
	whole := []byte(text.String())
	b.SetBytes(int64(len(whole)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read(whole); err != nil {
			b.Fatal(err)
		}
	}
}
