package spend

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

// everyDay is October, an hour of 100,000 vCPU-seconds on each of its 31 days.
func everyDay(t testing.TB, tenant string) []usage.Record {
	var records []usage.Record
	for day := at(t, "2026-10-01"); day.Month() == time.October; day = day.AddDate(0, 0, 1) {
		records = append(records, hour(day, tenant, 100_000))
	}
	return records
}

// configured is a source with the rates of a configuration over AWS's.
func configured(t testing.TB, text string, records ...usage.Record) Source {
	config, err := loadConfig("microspend.yaml", []byte(text))
	require.NoError(t, err)
	rates, err := config.Rates(pricing.EmbeddedCards(), nil)
	require.NoError(t, err)
	return config.Source(spendtest.Of(records...), rates, tenants.File{})
}

func TestDaysArePricedByWhatHeldOnThem(t *testing.T) {
	whole := Request{From: at(t, "2026-10-01"), To: at(t, "2026-11-01"), By: []Dimension{ByTenant}}
	for _, tc := range []struct{ name, reason, config, want string }{
		{"always", "one mapping holds on every day", "rates: {us-east-1: {vcpu_second: 0.00003}}", "93"},
		{
			"another rate from the 15th", "14 days at $3 and 17 at $2",
			"rates: {us-east-1: [{vcpu_second: 0.00003}, {vcpu_second: 0.00002, from: 2026-10-15}]}", "76",
		},
		{
			"a rate from the 15th only", "14 days at AWS's 2.76944 a day and 17 at $2",
			"rates: {us-east-1: {vcpu_second: 0.00002, from: 2026-10-15}}", "72.77216",
		},
		{
			"a discount from the 22nd", "21 days at $3 and 10 at $2.70",
			"discounts: {all: 10%, from: 2026-10-22}\nrates: {us-east-1: {vcpu_second: 0.00003}}", "90",
		},
		{
			"discounts one after the other", "an entry takes the place of the one before: 10 × 3 + 10 × 2.7 + 11 × 2.4",
			"discounts: [{vcpu: 0%}, {all: 10%, from: 2026-10-11}, {vcpu: 20%, from: 2026-10-21}]\n" +
				"rates: {us-east-1: {vcpu_second: 0.00003}}", "83.4",
		},
		{
			"a region's discount ends", "the entry of the region without one falls back to that of all: 4 × 1.5 + 27 × 2.7",
			"discounts: 10%\nrates: {us-east-1: [{vcpu_second: 0.00003, discount: 50%}, " +
				"{vcpu_second: 0.00003, from: 2026-10-05}]}", "78.9",
		},
		{
			"of another region", "its changes are no concern of this one",
			"rates: {us-east-1: {vcpu_second: 0.00003}, eu-west-1: {vcpu_second: 1, from: 2026-10-15}}", "93",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			source := configured(t, tc.config, everyDay(t, "acme")...)
			report, err := source.Report(t.Context(), whole)
			require.NoError(t, err)
			requireDecimal(t, tc.want, report.Total.Amount, tc.reason)

			charges, err := source.Charges(t.Context(), whole.From, whole.To, Filter{})
			require.NoError(t, err)
			sum := decimal.Decimal{}
			for _, line := range charges.Lines {
				sum = sum.Add(line.Amount)
				requireDecimal(t, line.Amount.String(), line.Rate.Net(line.Discount).Amount(line.Used), "a line has its own day's rate")
			}
			requireDecimal(t, tc.want, sum)

			byDay := whole
			byDay.By, byDay.Location = []Dimension{ByDay}, spendtest.Zone(t, "Asia/Tokyo")
			local, err := source.Report(t.Context(), byDay)
			require.NoError(t, err)
			requireDecimal(t, tc.want, local.Total.Amount, "rates hold on UTC days, wherever days of the report are cut")

			sum = decimal.Decimal{}
			byDay.Location = time.UTC
			_, err = source.EachRow(t.Context(), byDay, func(row *Row) { sum = sum.Add(row.Amount) })
			require.NoError(t, err)
			requireDecimal(t, tc.want, sum)
		})
	}
}

// TestUsageIsDividedOncePerRate: a rate per GB-month leaves a remainder, so where it is divided shows.
func TestUsageIsDividedOncePerRate(t *testing.T) {
	var records []usage.Record
	for day := range 4 {
		r := hour(at(t, "2026-10-01").AddDate(0, 0, day), "acme", 0)
		r.Amounts[pricing.SnapshotStorage] = 1 << 30 // one byte-second of 3600 GB-seconds
		records = append(records, r)
	}
	request := Request{From: at(t, "2026-10-01"), To: at(t, "2026-10-05"), By: []Dimension{ByTenant}}
	source := configured(t, "rates: {us-east-1: [{storage_gb_month: 1}, {storage_gb_month: 2, from: 2026-10-02}, "+
		"{storage_gb_month: 1, from: 2026-10-04}]}", records...)
	report, err := source.Report(t.Context(), request)
	require.NoError(t, err)
	// 2 GB-seconds at 1 a month and 2 at 2: 2/(3600×720) and 4/(3600×720), half-even at the 20th decimal.
	requireDecimal(t, "0.00000231481481481481", report.Total.Amount,
		"0.00000077160493827160 and 0.00000154320987654321; days apart at one rate are one group")

	rows, err := source.Report(t.Context(), Request{
		From: request.From, To: request.To, By: []Dimension{ByRegion, ByComponent}, Rated: true,
	})
	require.NoError(t, err)
	require.Len(t, rows.Rows, 2, "a row for each card that charges differently")
	requireDecimal(t, "1", rows.Rows[0].Card.Rate(pricing.SnapshotStorage).Figure)
	requireDecimal(t, "2", rows.Rows[1].Card.Rate(pricing.SnapshotStorage).Figure)
	require.EqualError(t, Request{From: request.From, To: request.To, Rated: true}.Check(),
		"rate cards are of regions; rows by rate card need rows by region")
}

// TestARefreshedCardDoesNotMoveOctober: neither an imported card nor one of a newer program prices the days before it.
func TestARefreshedCardDoesNotMoveOctober(t *testing.T) {
	card := func(from, figure string) *fstest.MapFile {
		text := "card: aws-list\nregion: us-east-1\ncurrency: USD\nfrom: " + from + "\nrates:\n"
		for _, key := range []string{"vcpu_second", "gb_second", "snapshot_read_gb", "snapshot_write_gb", "storage_gb_hour"} {
			text += "  " + key + ": {figure: " + figure + ", source: test, read_on: 2026-10-01}\n"
		}
		return &fstest.MapFile{Data: []byte(text)}
	}
	request := Request{From: at(t, "2026-10-01"), To: at(t, "2026-12-01"), By: []Dimension{ByMonth}}
	records := append(everyDay(t, "acme"), hour(at(t, "2026-11-20"), "acme", 100_000), hour(at(t, "2026-11-21"), "acme", 100_000))
	amounts := func(files fstest.MapFS) []string {
		source := Source{Usage: spendtest.Of(records...), Rates: pricing.EmbeddedCards().Over(files)}
		report, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		var all []string
		for _, row := range report.Rows {
			all = append(all, row.Amount.String())
		}
		return all
	}
	require.Equal(t, []string{"85.85264", "5.53888"}, amounts(nil), "31 × 2.76944 and 2 × 2.76944")
	require.Equal(t, []string{"85.85264", "5.76944"},
		amounts(fstest.MapFS{"us-east-1@2026-11-21.yaml": card("2026-11-21", "0.00003")}), "2.76944 + 3")
	require.Equal(t, []string{"93", "6"}, amounts(fstest.MapFS{
		"us-east-1@2026-10-01.yaml": card("2026-10-01", "0.00003"),
		"us-east-1@2026-09-19.yaml": card("2026-09-19", "0.00003"),
	}), "unless it is dated back")
}

// TestWhatIsTakenOffIsAsTheCardSays: where a price list was looked up, the assumption that there is no Savings Plan ends.
func TestWhatIsTakenOffIsAsTheCardSays(t *testing.T) {
	card := func(covers string) fstest.MapFS {
		text := "card: aws-list\nregion: us-east-1\ncurrency: USD\nfrom: 2026-11-01\n" +
			"savings_plan: {covers: [" + covers + "], source: the plan's list, read_on: 2026-11-01}\nrates:\n"
		for _, key := range []string{"vcpu_second", "gb_second", "snapshot_read_gb", "snapshot_write_gb", "storage_gb_hour"} {
			text += "  " + key + ": {figure: 0.00001, source: test, read_on: 2026-11-01}\n"
		}
		return fstest.MapFS{"us-east-1@2026-11-01.yaml": &fstest.MapFile{Data: []byte(text)}}
	}
	for _, tc := range []struct {
		name, reason string
		files        fstest.MapFS
		want         []string
	}{
		{"nobody has looked", "said once for both regions", nil, []string{"no-free-tier"}},
		{"no plan", "known of one region, and taken for granted of the other", card(""), []string{"no-free-tier", "no-free-tier-no-plan"}},
		{"a plan", "what it covers is not taken off", card("vcpu"), []string{"no-free-tier", "savings-plan-covers"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			elsewhere := hour(at(t, "2026-10-02"), "acme", 100)
			elsewhere.Region = "eu-west-1"
			source := Source{
				Usage: spendtest.Of(hour(at(t, "2026-10-01"), "acme", 100), elsewhere),
				Rates: pricing.EmbeddedCards().Over(tc.files),
			}
			report, err := source.Report(t.Context(), Request{From: at(t, "2026-10-01"), To: at(t, "2026-11-01")})
			require.NoError(t, err)
			var ids []string
			for _, note := range report.Terms() {
				ids = append(ids, note.ID)
			}
			require.Equal(t, tc.want, ids, tc.reason)
		})
	}
}

func TestUsageBeforeTheFirstKnownRateSaysSo(t *testing.T) {
	source := Source{
		Usage: spendtest.Of(hour(at(t, "2026-09-18"), "acme", 100_000), hour(at(t, "2026-09-19"), "acme", 100_000)),
		Rates: pricing.EmbeddedCards(),
	}
	day, err := pricing.ParseDate("2026-09-19")
	require.NoError(t, err)
	report, err := source.Report(t.Context(), Request{From: at(t, "2026-09-01"), To: at(t, "2026-10-01")})
	require.NoError(t, err)
	requireDecimal(t, "5.53888", report.Total.Amount, "the first card prices the day before it")
	require.Equal(t, []RatesAssumed{{"us-east-1", day}}, report.RatesAssumed)
	report, err = source.Report(t.Context(), Request{From: at(t, "2026-09-19"), To: at(t, "2026-10-01")})
	require.NoError(t, err)
	require.Empty(t, report.RatesAssumed)
}

func TestATenantIsRenamedFromADay(t *testing.T) {
	file, err := tenants.Load("t.csv", []byte("match,value,tenant,from,to\n"+
		"microvm_id,mvm-acme,initech,2026-10-21,\nmicrovm_id,mvm-acme,acme,,\n"))
	require.NoError(t, err)
	source := configured(t, "rates: {us-east-1: [{vcpu_second: 0.00003}, {vcpu_second: 0.00002, from: 2026-10-15}]}",
		everyDay(t, "")...)
	for i := range source.Usage.(*spendtest.Ledger).Records {
		source.Usage.(*spendtest.Ledger).Records[i].Resource.ID = "mvm-acme"
	}
	source.Tenants = file
	report, err := source.Report(t.Context(), Request{
		From: at(t, "2026-10-01"), To: at(t, "2026-11-01"), By: []Dimension{ByTenant},
	})
	require.NoError(t, err)
	require.Len(t, report.Rows, 2)
	requireDecimal(t, "54", report.Rows[0].Amount, "acme: 14 × 3 + 6 × 2")
	requireDecimal(t, "22", report.Rows[1].Amount, "initech: 11 × 2")
}

func TestDatedEntriesAreInOrder(t *testing.T) {
	_, err := loadConfig("c.yaml", []byte(`discounts: [{all: 5%}, {all: 6%}, {all: 7%, from: 2026-10-01}, {all: 101%, from: 2026-10-01}]
rates:
  eu-west-1:
    - {vcpu_second: 1, from: 2026-10-02}
    - {vcpu_second: 1, vcpu_hour: 1, from: 2026-10-01}
    - {vcpu_second: 1, since: 2026-10-03}
`))
	require.EqualError(t, err, `c.yaml:1:24: discounts[1].from: is missing; only the first entry of a list may hold from the beginning
c.yaml:1:70: discounts[3].all: 101% is outside 0% to 100%
c.yaml:1:82: discounts[3].from: 2026-10-01 is not after 2026-10-01, from which the entry before holds
c.yaml:5:35: rates.eu-west-1[1].vcpu_hour: is given beside vcpu_second; give one of the two
c.yaml:5:44: rates.eu-west-1[1].from: 2026-10-01 is not after 2026-10-02, from which the entry before holds
c.yaml:6:7: rates.eu-west-1[2].from: is missing; only the first entry of a list may hold from the beginning
c.yaml:6:24: rates.eu-west-1[2].since: unknown key; allowed here: from, card, vcpu_second, vcpu_hour, gb_second, gb_hour, snapshot_read_gb, snapshot_write_gb, storage_gb_hour, storage_gb_month, vcpu_second_x86, vcpu_hour_x86, gb_second_x86, gb_hour_x86, discount, source, read_on`)
}
