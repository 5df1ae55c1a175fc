package overview_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/internal/frametest"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/compare"
	"microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/theme"
	"microspend/tui/view/overview"
)

var (
	from = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	to   = from.AddDate(0, 1, 0)
	out  = from.AddDate(0, 0, 24)
	now  = from.AddDate(0, 0, 22).Add(21*time.Hour + 30*time.Minute)
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func ref(text string) *decimal.Decimal {
	d := dec(text)
	return &d
}

func cost(text string) spend.Cost { return spend.Cost{Amount: dec(text)} }

func compared(before, change, percent string) *spend.Comparison {
	return &spend.Comparison{Cost: cost(before), Change: ref(change), Percent: ref(percent)}
}

// full has everything that the overview shows.
func full() overview.State {
	s := overview.State{Location: time.UTC}
	s.Sums = &data.Sums{
		Today: spend.Total{Cost: cost("222.42"), Previous: compared("155.1", "67.32", "43.4042")},
		Month: spend.Total{Cost: cost("5097.17"), Previous: compared("5200", "-102.83", "-1.9775")}, MonthFrom: from,
		TodayCompared: compare.Pair{
			Before: civil.Between(now.AddDate(0, 0, -1).Truncate(24*time.Hour), now.AddDate(0, 0, -1)),
		},
		MonthCompared: compare.Pair{Before: civil.Between(from.AddDate(0, -1, 0), now.AddDate(0, -1, 0))},
	}
	s.Sums.Today.Sum.Records = 1
	line := func(tenant, spent, monthly, used string, status budget.Status, runsOut *time.Time) budget.Line {
		of := budget.OfTenant(tenant)
		if tenant == "" {
			of = budget.OfEverything()
		}
		return budget.Line{
			Subject: of, Budget: &budget.Budget{Amount: dec(monthly)}, Spent: cost(spent), SpentShown: dec(spent),
			Used:   ref(used),
			Status: status, RunsOut: runsOut,
		}
	}
	total := line("", "5097.17", "7500", "0.6796", budget.OK, nil)
	total.Forecast, total.BurnDay, total.BurnPeriod = ref("6668.72"), ref("9.69"), ref("9.28")
	unknown := line("mars", "0", "50", "0", budget.Unknown, nil)
	unknown.State = pricing.UnknownRates
	unknown.Spent.Unknown = []spend.Unknown{{Region: "mars-north-1", NoCard: true}}
	s.Budgets = &budget.Report{From: from, To: to, Location: time.UTC, Lines: []budget.Line{
		line("acme", "94", "100", "0.94", budget.Warning, &out), line("cinder", "89", "50", "1.78", budget.Over, &out),
		unknown,
		{Subject: budget.OfTenant("without a budget")},
		total,
	}}
	s.Anomalies = &anomaly.Report{Anomalies: []anomaly.Anomaly{
		{Tenant: "acme", Day: "2026-11-03", Amount: dec("12.44"), Expected: dec("9.73"), Up: true, Moved: dec("2.1")},
		{
			Tenant: "\u202ehidden", Day: "2026-11-20", Amount: dec("54.234"), Expected: dec("2.04"), Component: pricing.Memory,
			Up: true, Moved: dec("40"),
		},
	}}
	s.Days = &data.Days{Until: now, Coverage: ref("0.997"), Total: dec("300")}
	for i := range s.Days.Days {
		day := data.Day{Start: from.AddDate(0, 0, i-7), End: from.AddDate(0, 0, i-6), HasData: i > 2}
		switch i {
		case 10:
			day.State = pricing.UnknownRates
		case 20:
			day.State = pricing.AtLeast
		}
		day.Parts[pricing.VCPU], day.Parts[pricing.Memory] = decimal.NewFromInt(int64(i)), dec("4")
		s.Days.Days[i] = day
	}
	s.Days.Totals[pricing.VCPU], s.Days.Totals[pricing.Memory] = dec("290"), dec("10")
	s.Instead = &data.Instead{
		Span: civil.Between(from, to), Month: dec("6753.88"),
		Alternatives: []whatif.Alternative{
			{Name: "EC2 kept busy", Month: dec("1610.09"), Priced: 2},
			{Name: "Fargate", Month: dec("8000"), Priced: 2},
			{Name: "E2B", Month: dec("12"), Priced: 1, Unpriced: 1},
			{Name: "Lightsail"},
		},
	}
	rows := []spend.Row{
		{Key: spend.Key{Tenant: "acme"}},
		{Key: spend.Key{Tenant: "borealis"}},
		{Key: spend.Key{Kind: spend.KindShared, Tenant: "(shared)"}},
	}
	rows[0].Cost, rows[0].Previous = cost("3000"), compared("2000", "1000", "50")
	rows[1].Cost, rows[1].Previous = cost("97.17"), &spend.Comparison{Change: ref("97.17")}
	rows[2].Cost, rows[2].Previous = cost("2000"), compared("2000", "0", "0")
	spent := spend.Spend{Location: time.UTC, Rows: rows, Total: s.Sums.Month}
	spent.By = []spend.Dimension{spend.ByTenant}
	s.Tenants = &data.Listing{
		Query: data.Query{Period: data.Period{Kind: data.Month, Span: civil.Between(from, to)}, By: spent.By}, Spend: spent,
		Names: [][]string{{"acme", "borealis", "(shared)"}}, Columns: report.SpendColumns(spent, report.SpendLook{}),
	}
	return s
}

func TestFrames(t *testing.T) {
	reading := overview.State{}
	nothing := full()
	nothing.Budgets, nothing.Anomalies = &budget.Report{From: from, Location: time.UTC}, &anomaly.Report{}
	nothing.Tenants.Spend.Rows, nothing.Days = nil, &data.Days{}
	focused := full()
	focused.Focus = overview.Item{Panel: overview.StandsOut, Index: 1}
	faults := overview.State{Faults: [overview.PanelCount]string{
		overview.Figures: "the disk is gone", overview.TopTenants: "the disk is gone", overview.BudgetBars: "\x1b[31mred",
		overview.Chart: "x",
	}}
	for name, s := range map[string]overview.State{
		"full": full(), "reading": reading, "nothing": nothing, "focused": focused, "faults": faults, "empty": {Empty: true},
	} {
		frametest.Check(t, name, func(dark bool, colors, width, height int) string {
			s.Theme, s.Location = theme.New(dark, theme.Colors(colors)), time.UTC
			return overview.Render(s, width, height)
		})
	}
}

// TestFocus goes through all figures, and over panels.
func TestFocus(t *testing.T) {
	s := full()
	items := s.Items()
	require.Len(t, items, 4+3+4+2+4, "figures, tenants, budgets, anomalies, alternatives")
	for i := range items {
		require.Equal(t, items[i], s.Focus)
		s.Move(1)
	}
	require.Equal(t, items[len(items)-1], s.Focus, "the last stays the last")
	s.Move(-1 << 20)
	require.Equal(t, items[0], s.Focus)
	for _, panel := range []overview.Panel{
		overview.TopTenants, overview.BudgetBars, overview.StandsOut,
		overview.InsteadOf, overview.Figures, // around
	} {
		s.Jump(1)
		require.Equal(t, overview.Item{Panel: panel}, s.Focus)
	}
	s.Jump(-1)
	require.Equal(t, overview.InsteadOf, s.Focus.Panel)

	s.Focus = overview.Item{Panel: overview.BudgetBars, Index: 3}
	s.Budgets.Lines = s.Budgets.Lines[3:]
	s.Move(0)
	require.Equal(t, overview.Item{Panel: overview.BudgetBars}, s.Focus, "what is gone leaves the focus in its panel")
	line, ok := s.Budget(0)
	require.True(t, ok && line.Scope == budget.Everything)
	_, ok = s.Budget(1)
	require.False(t, ok)
	latest, ok := s.Anomaly(0)
	require.True(t, ok)
	require.Equal(t, "2026-11-20", latest.Day, "54.23 is further from 2.04 than 12.44 from 9.73")
}
