package spend

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend/bill"
	"microspend/spend/tenants"
	"microspend/usage"
)

// bill covers October 2026 with lines of vCPU-seconds in us-east-1, each "day cost used".
func billOf(t testing.TB, lines ...bill.Line) *Billed {
	t.Helper()
	out := &Billed{Days: map[string]bool{}, Lines: lines}
	for day := at(t, "2026-10-01"); day.Before(at(t, "2026-11-01")); day = day.AddDate(0, 0, 1) {
		out.Days[day.Format(time.DateOnly)] = true
	}
	return out
}

func vcpuLine(day, cost, used string) bill.Line {
	line := bill.Line{Day: civil.MustParse(day).UTC(), Region: "us-east-1", Quantity: pricing.VCPU, Cost: dec(cost)}
	if used != "" {
		line.Used, line.UsedKnown = dec(used), true
	}
	return line
}

func TestBilledBasis(t *testing.T) {
	day := at(t, "2026-10-05")
	next := day.AddDate(0, 0, 1)
	use := []usage.Record{hour(day, "acme", 30), hour(day, "bravo", 10), hour(next, "acme", 60)}
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		lines        []bill.Line
		change       func(*Source, *Request)
		by           []Dimension
		want         []string
	}{
		{
			"as measured", "each gets what it used at the bill's price", use,
			[]bill.Line{vcpuLine("2026-10-05", "80", "40"), vcpuLine("2026-10-06", "60", "60")},
			nil,
			[]Dimension{ByTenant},
			[]string{"acme 120", "bravo 20"},
		},
		{
			"more than measured", "nobody pays for what somebody else may have used", use,
			[]bill.Line{vcpuLine("2026-10-05", "100", "50")},
			nil,
			[]Dimension{ByTenant},
			[]string{"acme 60", "bravo 20", "(unmetered) 20"},
		},
		{
			"less than measured", "the line is shared out, and no more than it", use,
			[]bill.Line{vcpuLine("2026-10-05", "20", "20")},
			nil,
			[]Dimension{ByTenant},
			[]string{"acme 15", "bravo 5"},
		},
		{
			"thirds", "the largest remainder gets what rounding leaves over",
			[]usage.Record{hour(day, "a", 1), hour(day, "b", 1), hour(day, "c", 1)},
			[]bill.Line{vcpuLine("2026-10-05", "1", "3")},
			nil,
			[]Dimension{ByTenant},
			[]string{"a 0.33333333333333333334", "b 0.33333333333333333333", "c 0.33333333333333333333"},
		},
		{
			"nothing measured", "a day that was missed", use[:2],
			[]bill.Line{vcpuLine("2026-10-06", "60", "60")},
			nil,
			[]Dimension{ByTenant, ByDay},
			[]string{"acme 2026-10-05 0", "bravo 2026-10-05 0", "(unmetered) 2026-10-06 60"},
		},
		{
			"no quantity in the bill", "what rates give, at most the line: a dollar a vCPU-second", use[:2],
			[]bill.Line{vcpuLine("2026-10-05", "50", "")},
			nil,
			[]Dimension{ByTenant},
			[]string{"acme 30", "bravo 10", "(unmetered) 10"},
		},
		{
			"not by tenant", "the remainder belongs to its day", use,
			[]bill.Line{vcpuLine("2026-10-05", "100", "50")},
			nil,
			[]Dimension{ByDay},
			[]string{"2026-10-05 100", "2026-10-06 0"},
		},
		{
			"filter", "a tenant's part does not depend on who else is shown", use,
			[]bill.Line{vcpuLine("2026-10-05", "100", "50")},
			func(_ *Source, r *Request) { r.Filter.Tenants = []tenants.Pattern{tenants.Exactly("bravo")} },
			[]Dimension{ByTenant},
			[]string{"bravo 20"},
		},
		{
			"a MicroVM", "nor does a MicroVM's", use,
			[]bill.Line{vcpuLine("2026-10-05", "100", "50")},
			func(_ *Source, r *Request) { r.Filter.MicroVMs = []tenants.Pattern{pattern(t, "mvm-a*")} },
			[]Dimension{ByMicroVM},
			[]string{"mvm-acme 60"},
		},
		{
			"a credit on the line", "goes the same way", use[:2],
			[]bill.Line{vcpuLine("2026-10-05", "-4", "40")},
			nil,
			[]Dimension{ByTenant},
			[]string{"acme -3", "bravo -1"},
		},
		{
			"shared", "what is shared out is the billed part", append([]usage.Record{hour(day, "platform", 40)}, use[:2]...),
			[]bill.Line{vcpuLine("2026-10-05", "160", "80")},
			func(s *Source, _ *Request) {
				s.Sharing = Sharing{Policy: ByDirect, Usage: []tenants.Selector{{
					Field:   tenants.Tenant,
					Pattern: tenants.Exactly("platform"),
				}}}
			},
			[]Dimension{ByTenant},
			[]string{"acme 120", "bravo 40"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source, request := dollars(test.records...), october(t, test.by...)
			request.Basis = BasisBilled
			source.Billed = billOf(t, test.lines...)
			if test.change != nil {
				test.change(&source, &request)
			}
			got, err := source.Report(t.Context(), request)
			require.NoError(t, err)
			require.Equal(t, test.want, amounts(got), test.reason)
		})
	}
}

// What AWS billed for compute on one architecture is shared out among what ran on it, and what no usage accounts for
// is of that architecture: ARM64's 90 for 3,000 vCPU-seconds goes to 2,000 that ran on it or may have, x86-64's 40 for
// 1,000 to as many. The 3 for the GB that each wrote are for whatever they ran on.
func TestBilledByArchitecture(t *testing.T) {
	source := sourceOf(onArch(t, "2026-11-10", "acme", usage.ArchX86), onArch(t, "2026-11-10", "bravo", usage.ArchARM64),
		onArch(t, "2026-11-10", "core", usage.ArchUnknown))
	source.Rates = pricing.EmbeddedCards()
	arm, written := vcpuLine("2026-11-10", "90", "3000"), vcpuLine("2026-11-10", "3", "3")
	x86 := vcpuLine("2026-11-10", "40", "1000")
	x86.Arch, written.Quantity = pricing.ArchX86, pricing.SnapshotWrite
	source.Billed = &Billed{Days: map[string]bool{"2026-11-10": true}, Lines: []bill.Line{arm, x86, written}}
	request := Request{From: at(t, "2026-11-10"), To: at(t, "2026-11-11"), Basis: BasisBilled}
	for _, test := range []struct {
		name  string
		by    Dimension
		archs []tenants.Pattern
		want  []string
	}{
		{"by tenant", ByTenant, nil, []string{"acme 41", "bravo 31", "core 31", "(unmetered) 30"}},
		{"by architecture", ByArch, nil, []string{" 31", "arm64 61", "x86_64 41"}},
		{"of one", ByTenant, []tenants.Pattern{pattern(t, "arm64")}, []string{"bravo 31", "(unmetered) 30"}},
		{"of the other", ByTenant, []tenants.Pattern{pattern(t, "x86_64")}, []string{"acme 41"}},
	} {
		request.By, request.Filter.Archs = []Dimension{test.by}, test.archs
		got, err := source.Report(t.Context(), request)
		require.NoError(t, err, test.name)
		require.Equal(t, test.want, amounts(got), test.name)
	}
	// Where the bill does not say how much it is for, it is taken to be at the rates of the architecture: 1,000 ×
	// 0.0000326557 of a dollar.
	x86.Cost, x86.Used, x86.UsedKnown = dec("1"), decimal.Decimal{}, false
	source.Billed.Lines = []bill.Line{x86}
	request.By, request.Filter.Archs = []Dimension{ByTenant}, nil
	got, err := source.Report(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, []string{"acme 0.0326557", "bravo 0", "core 0", "(unmetered) 0.9673443"}, amounts(got))
}

func TestBilledRefusals(t *testing.T) {
	source, request := dollars(), october(t, ByTenant)
	request.Basis = BasisBilled
	_, err := source.Report(t.Context(), request)
	require.EqualError(t, err, "no bill has been stored; store one with microspend reconcile FILE --allocate")
	source.Billed = billOf(t)
	request.To = at(t, "2026-11-03")
	_, err = source.Report(t.Context(), request)
	require.EqualError(t, err,
		"no bill covers 2026-11-01 and 1 more days up to 2026-11-02; store one with microspend reconcile FILE --allocate")
	request = october(t, ByTenant)
	request.Basis, request.Location = BasisBilled, zoneOf(t, "Asia/Tokyo")
	_, err = source.Report(t.Context(), request)
	require.EqualError(t, err, "bills are by UTC day; the billed basis cannot cut days in another time zone")
	request.Location, request.From = nil, request.From.Add(time.Hour)
	_, err = source.Report(t.Context(), request)
	require.EqualError(t, err, "the billed basis needs whole UTC days")
}

// However it is grouped, and whatever is shared out, the rows are the bill to the last digit.
func TestBilledRowsAreTheBill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		for i := range records {
			records[i].Arch = rapid.SampledFrom(append(pricing.Archs(), pricing.ArchUnknown)).Draw(t, "arch")
		}
		source, request := drawSource(t, records), drawRequest(t)
		request.Basis, request.Location, request.Previous, request.Sort = BasisBilled, nil, false, SortKey
		billed := &Billed{Days: map[string]bool{}}
		total := decimal.Decimal{}
		for day := request.From; day.Before(request.To); day = day.AddDate(0, 0, 1) {
			name := day.Format(time.DateOnly)
			billed.Days[name] = true
			for _, region := range someRegions {
				for _, of := range pricing.AllRated() {
					if !rapid.Bool().Draw(t, "billed") {
						continue
					}
					line := bill.Line{
						Day: day, Region: region, Quantity: of.Quantity, Arch: of.Arch,
						Cost: decimal.New(rapid.Int64Range(-1000, 1<<40).Draw(t, "cost"), -10),
						Used: decimal.New(rapid.Int64Range(0, 1<<40).Draw(t, "used"), -10), UsedKnown: rapid.Bool().Draw(t, "known"),
					}
					billed.Lines = append(billed.Lines, line)
					total = total.Add(line.Cost)
				}
			}
		}
		source.Billed = billed
		got, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		sum := decimal.Decimal{}
		for _, row := range got.Rows {
			sum = sum.Add(row.Amount)
		}
		require.Equal(t, total.String(), sum.String())
		require.Equal(t, total.String(), got.Total.Amount.String())
	})
}
