package focus_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/ledgertest"
	"microspend/internal/simulate"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/report/focus"
	"microspend/spend"
	"microspend/spend/bill"
	"microspend/spend/tenants"
	"microspend/usage"
)

var update = flag.Bool("update", false, "rewrite the golden file of this package")

var end = time.Date(2026, time.November, 3, 0, 0, 0, 0, time.UTC)

// fleet is six days of the made-up fleet, over the turn of a month, in a ledger; with discounts, private rates in one
// region and shared cost shared out.
func fleet(t testing.TB, policy spend.Policy) spend.Source {
	t.Helper()
	dir := t.TempDir()
	writer, err := parquet.OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	made := simulate.Fleet{Seed: 7, End: end, Days: 6}
	_, err = writer.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) {
		for batch := range made.Batches() {
			for i := range batch {
				if batch[i].Tenant == "acme" {
					batch[i].Tenant = `=1+1 "x", ü`
				}
			}
			if !yield(batch, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	opened, err := parquet.Open(dir, ledger.Options{})
	require.NoError(t, err)
	read, err := config.Load("c.yaml", []byte(`
discounts: {all: 3%, vcpu: 12.5%}
rates:
  eu-west-1: {vcpu_hour: 0.09, storage_gb_month: 0.08, discount: {storage: 0%}}
`))
	require.NoError(t, err)
	rates, err := read.Spend.Rates(pricing.EmbeddedCards(), nil)
	require.NoError(t, err)
	tenants, err := tenants.Load("tenants.csv", made.TenantsFile())
	require.NoError(t, err)
	source := read.Spend.Source(opened, rates, tenants)
	source.Sharing.Policy = policy
	return source
}

func charges(t testing.TB, source spend.Source) spend.Charges {
	t.Helper()
	made, err := source.Charges(context.Background(), end.AddDate(0, 0, -6), end, spend.Filter{})
	require.NoError(t, err)
	require.NotEmpty(t, made.Lines)
	return made
}

// finest is the report whose rows the charges are.
func finest(t testing.TB, source spend.Source, made spend.Charges) spend.Spend {
	t.Helper()
	report, err := source.Report(t.Context(), spend.Request{
		From: made.From, To: made.To, By: []spend.Dimension{spend.ByTenant, spend.ByDay, spend.ByRegion, spend.ByAccount, spend.ByComponent},
	})
	require.NoError(t, err)
	return report
}

func readCSV(t testing.TB, text []byte) ([]string, []record) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	var records []record
	for _, row := range rows[1:] {
		r := record{}
		for i, name := range rows[0] {
			r[name] = row[i]
		}
		records = append(records, r)
	}
	return rows[0], records
}

// TestSpecification holds every row, under every policy, to the specification.
func TestSpecification(t *testing.T) {
	for _, policy := range []spend.Policy{spend.OwnRow, spend.Evenly, spend.ByDirect} {
		t.Run(policy.String(), func(t *testing.T) {
			source := fleet(t, policy)
			made := charges(t, source)
			var out bytes.Buffer
			require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: made}))
			columns, records := readCSV(t, out.Bytes())
			require.Empty(t, check(columns, records, -1))

			allocated := slices.ContainsFunc(records, func(r record) bool { return r["AllocatedMethodId"] != "" })
			require.Equal(t, policy != spend.OwnRow, allocated)

			report := finest(t, source, made)
			sums, total, seen := map[string]decimal.Decimal{}, decimal.Decimal{}, map[string]bool{}
			for _, r := range records {
				tenant, _ := r.object("Tags")["tenant"].(string)
				sums[tenant] = sums[tenant].Add(r.number("EffectiveCost"))
				total = total.Add(r.number("BilledCost"))
				key := fmt.Sprint(tenant, r["ChargePeriodStart"], r["SkuPriceId"], r["SubAccountId"], r["AllocatedMethodId"])
				require.False(t, seen[key], "one row for each tenant, day and usage type: %s", key)
				seen[key] = true
			}
			require.Equal(t, report.Total.Amount.String(), total.String(), "the rows are the report")
			for _, row := range report.Rows {
				sums[row.Tenant] = sums[row.Tenant].Sub(row.Amount)
			}
			for tenant, rest := range sums {
				require.True(t, rest.IsZero(), "%s is off by %s", tenant, rest)
			}
		})
	}
}

// TestGolden shows a small dataset as it is written: two tenants of eu-west-1 with a discount, of which one is in a
// group, the image that both share, and a region whose price is published per hour.
func TestGolden(t *testing.T) {
	day := time.Date(2026, time.October, 31, 0, 0, 0, 0, time.UTC)
	use := func(region, microvm, tenant string, q usage.Amounts) usage.Record {
		return usage.Record{
			PeriodStart: day, PeriodSeconds: 3600, Region: region, Account: "111122223333",
			Resource: usage.ParseResource(microvm), Tenant: tenant, Source: "test",
			Coverage: usage.CoverageComplete, Amounts: q,
		}
	}
	made := ledgertest.Records{
		use("eu-west-1", "mvm-1", "acme", usage.Amounts{
			pricing.VCPU: 7_200_000, pricing.Memory: 4096 * 3_600_000,
			pricing.SnapshotRead: 3 << 30, pricing.SnapshotWrite: 1 << 29,
		}),
		use("eu-west-1", "mvm-2", "bravo", usage.Amounts{pricing.VCPU: 3_600_000}),
		use("eu-north-1", "mvm-3", "bravo", usage.Amounts{pricing.VCPU: 5_400_000}),
		use("eu-west-1", "(image) base", "", usage.Amounts{pricing.SnapshotStorage: 2 << 30 * 86_400}),
	}
	read, err := config.Load("c.yaml", []byte("shared: {policy: direct}\ndiscounts: {vcpu: 10%}\n"))
	require.NoError(t, err)
	rates, err := read.Spend.Rates(pricing.EmbeddedCards(), nil)
	require.NoError(t, err)
	named := tenants.File{Groups: map[string]string{"acme": "Engineering/Platform"}}
	charges, err := read.Spend.Source(made, rates, named).Charges(t.Context(), day, day.AddDate(0, 0, 1), spend.Filter{})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: charges}))
	columns, records := readCSV(t, out.Bytes())
	require.Empty(t, check(columns, records, -1))
	golden := filepath.Join("testdata", "small.csv")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

// A checker that finds nothing wrong with anything is worth nothing.
func TestCheckerFindsFaults(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: charges(t, fleet(t, spend.Evenly))}))
	columns, records := readCSV(t, out.Bytes())
	at := slices.IndexFunc(records, func(r record) bool { return r["AllocatedMethodId"] != "" })
	for _, change := range []struct{ column, value, rule string }{
		{"BilledCost", "", "BilledCost is not null"},
		{"ListCost", "1", "ListCost is ListUnitPrice × PricingQuantity"},
		{"ContractedUnitPrice", "5", "ContractedCost is"},
		{"BillingCurrency", "$", "BillingCurrency is"},
		{"ChargePeriodEnd", records[at]["ChargePeriodStart"], "ChargePeriod is half-open"},
		{"ChargePeriodStart", "2026-10-30T00:00:00+02:00", "ChargePeriodStart is in UTC"},
		{"ChargeCategory", "usage", "ChargeCategory is allowed"},
		{"PricingCategory", "", "PricingCategory is allowed"},
		{"SkuPriceId", "", "SkuPriceId is there"},
		{"ConsumedQuantity", "1e5", "ConsumedQuantity is a plain number"},
		{"Tags", "tenant=a", "Tags is JSON"},
		{"AllocatedResourceId", "", "allocation columns are null together"},
		{"AllocatedMethodDetails", `{"Elements":[{"AllocatedRatio":2}]}`, "AllocatedMethodDetails has elements"},
	} {
		broken := record{}
		for name, value := range records[at] {
			broken[name] = value
		}
		broken[change.column] = change.value
		faults := func() (faults []string) {
			defer func() {
				if fault := recover(); fault != nil {
					faults = append(faults, change.rule+fmt.Sprint(fault))
				}
			}()
			return check(columns, []record{broken}, -1)
		}()
		require.True(t, slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, change.rule) }),
			"%s: %v", change.rule, faults)
	}
	require.Contains(t, strings.Join(check(slices.DeleteFunc(columns, func(c string) bool { return c == "ListCost" }), nil,
		-1), "\n"),
		"ListCost is mandatory and missing")
}

func TestHostileNamesAreData(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: charges(t, fleet(t, spend.Evenly))}))
	rows, err := csv.NewReader(bytes.NewReader(out.Bytes())).ReadAll()
	require.NoError(t, err)
	found := false
	for _, row := range rows {
		for _, cell := range row {
			require.False(t, strings.HasPrefix(cell, "="), "%q is a formula", cell)
			found = found || cell == `{"tenant":"=1+1 \"x\", ü"}`
		}
	}
	require.True(t, found)
}

func TestAccount(t *testing.T) {
	made := charges(t, fleet(t, spend.OwnRow))
	made.Accounts = []string{"111122223333", "444455556666"}
	err := focus.WriteCSV(&bytes.Buffer{}, focus.Dataset{Charges: made})
	require.EqualError(t, err,
		"FOCUS names the billed account, which the ledger does not know for all usage or has several of; "+
			"set it with --billing-account")
	require.NoError(t, focus.WriteCSV(&bytes.Buffer{}, focus.Dataset{Charges: made, Billing: focus.Account{ID: "999999999999"}}))
	made.Lines = nil
	var out bytes.Buffer
	require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: made}), "nothing was used")
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "a header says so")
}

// What is exported is no bill: compared with the ledger that it came from, it would always agree.
func TestExportsAreNoBill(t *testing.T) {
	made := charges(t, fleet(t, spend.ByDirect))
	for name, write := range map[string]func(*bytes.Buffer) error{
		"CSV":     func(out *bytes.Buffer) error { return focus.WriteCSV(out, focus.Dataset{Charges: made}) },
		"Parquet": func(out *bytes.Buffer) error { return focus.WriteParquet(out, focus.Dataset{Charges: made}) },
	} {
		var out bytes.Buffer
		require.NoError(t, write(&out))
		_, err := bill.Read(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.ErrorContains(t, err, "it is a FOCUS export that microspend wrote", name)
	}
}

const chdbQuery = `
const { query } = require(process.env.MICROSPEND_CHDB);
process.stdout.write(query("SELECT toTypeName(BilledCost) AS type, toString(sum(toDecimal256(BilledCost, 20))) AS billed, " +
  "toString(sum(toDecimal256(ListCost, 20))) AS list, toString(count()) AS rows, toString(uniqExact(JSONExtractString(Tags, 'tenant'))) AS tenants, " +
  "toString(min(ChargePeriodStart)) AS first, toString(countIf(AllocatedMethodId IS NOT NULL)) AS shares " +
  "FROM file('" + process.argv[1] + "', Parquet)", "JSONEachRow"));
`

// TestClickHouseReadsTheExport compares what a real ClickHouse reads with what was written. It needs Node and the npm
// package chdb; CI installs it and names its folder in MICROSPEND_CHDB.
func TestClickHouseReadsTheExport(t *testing.T) {
	if os.Getenv("MICROSPEND_CHDB") == "" {
		t.Skip("MICROSPEND_CHDB does not name the folder of the npm package chdb")
	}
	made := charges(t, fleet(t, spend.ByDirect))
	path := filepath.Join(t.TempDir(), "focus.parquet")
	var out bytes.Buffer
	require.NoError(t, focus.WriteParquet(&out, focus.Dataset{Charges: made}))
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
	cmd := exec.Command("node", "-e", chdbQuery, path)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	text, err := cmd.Output()
	require.NoError(t, err, errs.String())
	var got struct{ Type, Billed, List, Rows, Tenants, First, Shares string }
	require.NoError(t, json.Unmarshal(text, &got))

	var exact bytes.Buffer
	require.NoError(t, focus.WriteCSV(&exact, focus.Dataset{Charges: made}))
	_, records := readCSV(t, exact.Bytes())
	billed, list, shares, tenants := decimal.Decimal{}, decimal.Decimal{}, 0, map[string]bool{}
	for _, r := range records {
		billed, list = billed.Add(r.number("BilledCost").RoundBank(20)), list.Add(r.number("ListCost").RoundBank(20))
		tenants[r["Tags"]] = true
		if r["AllocatedMethodId"] != "" {
			shares++
		}
	}
	require.Equal(t, "Decimal(38, 20)", got.Type)
	require.Equal(t, billed.String(), got.Billed)
	require.Equal(t, list.String(), got.List)
	require.Equal(t, fmt.Sprint(len(records)), got.Rows)
	require.Equal(t, fmt.Sprint(len(tenants)), got.Tenants)
	require.Equal(t, fmt.Sprint(shares), got.Shares)
	require.Equal(t, "2026-10-28 00:00:00.000", got.First)
}

func BenchmarkCSV(b *testing.B) {
	made := charges(b, fleet(b, spend.ByDirect))
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := focus.WriteCSV(&out, focus.Dataset{Charges: made}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(made.Lines)), "rows")
}

func BenchmarkParquet(b *testing.B) {
	made := charges(b, fleet(b, spend.ByDirect))
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := focus.WriteParquet(&out, focus.Dataset{Charges: made}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(made.Lines)), "rows")
}

// A region with rates of its own has both prices, each from its own card: AWS's as the list price, and what was
// agreed, in the unit of the list price.
func TestListPriceIsAWSAndContractedPriceIsAgreed(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: charges(t, fleet(t, spend.Evenly))}))
	_, records := readCSV(t, out.Bytes())
	for _, test := range []struct{ usageType, list, contracted, unit, reason string }{
		{
			"Lambda-MicroVM-vCPU-Second-ARM", "0.0000291572", "0.000021875", "vCPU-Seconds",
			"0.09 an hour less 12.5% over 3,600",
		},
		{"Lambda-MicroVM-Memory-GB-Second-ARM", "0.0000038603", "0.000003744491", "GB-Seconds", "no rate of its own; 3% off"},
		{
			"Lambda-MicroVM-Snapshot-Storage-GB-Hour", "0.0001322222", "0.00011111111111111111", "GB-Hours",
			"0.08 a month over 720, without a discount",
		},
	} {
		found := 0
		for _, r := range records {
			if r["RegionId"] != "eu-west-1" || r["x_UsageType"] != test.usageType {
				continue
			}
			found++
			require.Equal(t, test.list, r["ListUnitPrice"], test.reason)
			require.Equal(t, test.contracted, r["ContractedUnitPrice"], test.reason)
			require.Equal(t, test.unit, r["PricingUnit"])
			require.Equal(t, r.number("ListUnitPrice").Mul(r.number("ConsumedQuantity")).String(), r["ListCost"])
			require.Equal(t, r.number("ContractedUnitPrice").Mul(r.number("ConsumedQuantity")).String(), r["ContractedCost"])
		}
		require.NotZero(t, found, test.usageType)
	}
}
