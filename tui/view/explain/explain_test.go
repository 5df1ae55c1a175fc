package explain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/internal/frametest"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/tui/view/explain"
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func ref(text string) *decimal.Decimal {
	d := dec(text)
	return &d
}

var (
	from = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2026, time.November, 23, 21, 30, 0, 0, time.UTC)
)

var query = data.Query{Period: data.Period{Kind: data.Month, Span: civil.Between(from, from.AddDate(0, 1, 0))}}

// usage is a bill of two regions, of which one has a rate that is not known.
func usage(t *testing.T) *data.Explanation {
	card, err := pricing.EmbeddedCards().Card("eu-west-1")
	require.NoError(t, err)
	e := &data.Explanation{
		Span:   civil.Between(from, to),
		Query:  query,
		Shared: dec("1.25"),
		Total:  spend.Total{Cost: spend.Cost{Amount: dec("4.750007")}},
		Card:   map[string]pricing.RateCard{"eu-west-1": card},
		Notes:  []pricing.Note{{ID: "transition-billing", Text: "time in PENDING is not billed"}},
	}
	count := pricing.Count{Units: dec("120000123"), Per: pricing.VCPU.Counted().PerUnit}
	e.Lines = []data.Line{
		{
			Region: "eu-west-1", Of: pricing.VCPU, Count: count, Quantity: dec("120000.123"), Rate: card.Rate(pricing.VCPU),
			Amount: dec("3.500007"), Known: true,
		},
		{Region: "mars-north-1", Of: pricing.SnapshotRead, Quantity: dec("12"), Rate: pricing.Rate{Source: "no card"}},
	}
	return e
}

func TestFrames(t *testing.T) {
	report := &budget.Report{From: from, To: from.AddDate(0, 1, 0), AsOf: to, Location: time.UTC}
	line := budget.Line{
		Budget: &budget.Budget{Amount: dec("100"), Threshold: dec("0.8")}, Spent: spend.Cost{Amount: dec("85")},
		Used: ref("0.85"), BurnDay: ref("0.25"), BurnPeriod: ref("0.155"),
		Outlook: budget.Outlook{
			Forecast: ref("121.5"), Low: ref("118.25"), High: ref("130"), Method: budget.WeekdayMean, LevelDays: 14,
		},
		From: from, To: from.AddDate(0, 1, 0),
		RunsOut: &to, Exceeded: true, Status: budget.Warning,
	}
	day := anomaly.Anomaly{
		Tenant: "acme", Day: "2026-11-20", Amount: dec("54.234"), Expected: dec("2.04"), Low: dec("1"), High: dec("3"),
		Up:        true,
		Component: pricing.Memory, Moved: dec("40.1"), SameWeekday: true, Days: 4,
	}
	instead := &data.Instead{Span: civil.Between(from, to), Month: dec("1000")}
	alternative := whatif.Alternative{
		Name: "Fargate", Month: dec("1250"), Priced: 3, Cheaper: 2, Unpriced: 1,
		Unknown: "no size fits",
	}
	scroll := map[string]int{"scrolled": 5}
	for name, state := range map[string]explain.State{
		"bill":     {Title: "acme", Usage: usage(t)},
		"nothing":  {Title: "acme", Usage: &data.Explanation{Span: civil.Between(from, to), Query: query}},
		"reading":  {Title: "acme"},
		"fault":    {Title: "acme", Fault: "the disk is \x1b[31mgone"},
		"scrolled": {Title: "acme", Usage: usage(t)},
		"forecast": {Title: "forecast", Steps: explain.Forecast(report, line)},
		"burn":     {Title: "burn rate", Steps: explain.Burn(report, line)},
		"budget":   {Title: "budget of acme", Steps: explain.Budget(report, line)},
		"anomaly":  {Title: "acme on 2026-11-20", Steps: explain.Anomaly(day, anomaly.Rule{})},
		"alternative": {
			Title: "Fargate in place of MicroVMs", Steps: explain.Alternative(instead, alternative, time.UTC),
			Notes: explain.AlternativeNotes(alternative),
		},
	} {
		frametest.Check(t, name, func(dark bool, colors, width, height int) string {
			state.Theme, state.Location = theme.New(dark, theme.Colors(colors)), time.UTC
			return draw.Scrolled(state.Lines(width), scroll[name], width, height)
		})
	}
}

// TestSteps says what changes the words of a derivation.
func TestSteps(t *testing.T) {
	report := &budget.Report{From: from, To: from.AddDate(0, 1, 0), Location: time.UTC}
	words := func(steps []explain.Step) string {
		var out []string
		for _, step := range steps {
			out = append(out, strings.TrimSpace(step.Label+" "+step.Value+" "+step.Remark))
		}
		return strings.Join(out, "\n")
	}
	over := budget.Line{
		Budget: &budget.Budget{Amount: dec("10")}, Spent: spend.Cost{Amount: dec("20")}, RunsOut: &to,
		Status: budget.Over,
	}
	require.Contains(t, words(explain.Budget(report, over)), "ran out on 23 Nov 2026",
		"what is used up has run out already")
	require.NotContains(t, words(explain.Budget(report, over)), "threshold",
		"a threshold of the whole budget goes without saying")
	require.Contains(t, words(explain.Forecast(report, over)), "without data", "no data, no moment until which it goes")
	require.NotContains(t, words(explain.Forecast(report, over)), "still to come", "nor a forecast")
	require.Contains(t, words(explain.Burn(report, over)), "no data")
	rate := budget.Line{Outlook: budget.Outlook{Forecast: ref("3"), Method: budget.RunRate}}
	require.Contains(t, words(explain.Forecast(report, rate)), "run-rate")
	require.NotContains(t, words(explain.Forecast(report, rate)), "weekday-mean")

	fell := anomaly.Anomaly{Moved: dec("-1.5"), Days: 14, State: pricing.UnknownRates}
	got := words(explain.Anomaly(fell, anomaly.Rule{K: dec("6"), Floor: dec("2.5")}))
	require.Contains(t, got, "-$1.50")
	require.Contains(t, got, "14 days before")
	require.Contains(t, got, "6 median absolute deviations")
	require.Contains(t, got, "$2.5 at least")
	require.Contains(t, got, "no known rate", "an amount that lacks something says so")

	instead := &data.Instead{Span: civil.Between(from, to), Month: dec("0")}
	require.Contains(t, words(explain.Alternative(instead, whatif.Alternative{Name: "EC2", Unknown: "why"}, time.UTC)),
		"EC2 unknown why")
	require.NotContains(t, words(explain.Alternative(instead, whatif.Alternative{Priced: 1}, time.UTC)), "ratio",
		"nothing is a multiple of nothing")
}
