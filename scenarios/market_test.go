package scenarios

import (
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// tester is what helpers need of a test, a benchmark, or a run of a property.
type tester interface {
	require.TestingT
	Helper()
}

// today is the day on which the tests look at the rates that are built in: three weeks after the youngest card was
// read.
var today = time.Date(2026, time.October, 10, 12, 0, 0, 0, time.UTC)

var embeddedPrices = sync.OnceValues(pricing.EmbeddedPrices)

// market is the embedded rates and prices, as of today.
func market(t tester) Market {
	t.Helper()
	prices, err := embeddedPrices()
	require.NoError(t, err)
	return Market{Cards: pricing.EmbeddedCards(), Prices: prices, Now: today}
}

// load reads a scenario that must be sound.
func load(t tester, text string) *Scenario {
	t.Helper()
	s, err := Load("test.yaml", []byte(text))
	require.NoError(t, err, text)
	return s
}

// estimate prices a scenario that must be sound.
func estimate(t tester, text string) *Estimate {
	t.Helper()
	e, err := market(t).Estimate(load(t, text))
	require.NoError(t, err, text)
	return e
}

// postRates are the figures of the post that the worked examples are from, as a section of a scenario.
const postRates = `
region: eu-west-1
rates:
  vcpu_second: 0.0000291572
  gb_second: 0.0000038603
  snapshot_read_gb: 0.00164
  snapshot_write_gb: 0.00406
  storage_gb_month: 0.0952
`

// atPostRates completes a scenario with the post's region and rates, and with a MicroVM of 4 GB unless it names one.
func atPostRates(sections ...string) string {
	text := strings.TrimPrefix(postRates, "\n") + strings.Join(sections, "\n") + "\n"
	if !strings.Contains(text, "microvm:") {
		text += "microvm: {memory: 4GB}\n"
	}
	return text
}

func dec(t tester, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	require.NoError(t, err)
	return d
}

// requireDecimal compares by value and shows both in plain notation.
func requireDecimal(t tester, want string, got decimal.Decimal, about ...any) {
	t.Helper()
	if !dec(t, want).Equal(got) {
		require.Equal(t, want, got.String(), about...)
	}
}

func ids(notes []pricing.Note) []string {
	found := make([]string, 0, len(notes))
	for _, note := range notes {
		found = append(found, note.ID)
	}
	return found
}

// note finds the text of the note with that id, which must be there once.
func note(t tester, notes []pricing.Note, id string) string {
	t.Helper()
	var texts []string
	for _, n := range notes {
		if n.ID == id {
			texts = append(texts, n.Text)
		}
	}
	require.Len(t, texts, 1, "notes with the id %s among %v", id, ids(notes))
	return texts[0]
}

// requireConsistent holds an estimate to what every estimate promises.
func requireConsistent(t tester, e *Estimate) {
	t.Helper()
	sum := decimal.Decimal{}
	for _, line := range e.Bill.Lines {
		require.False(t, line.Quantity.IsZero(), "%s is zero and should be left out", line.Component)
		require.False(t, line.Amount.IsNegative(), "%s costs less than nothing", line.Component)
		sum = sum.Add(line.Amount)
	}
	require.True(t, sum.Equal(e.Bill.Total()), "lines add up to %s, the total is %s", sum, e.Bill.Total())
	groups := decimal.Decimal{}
	for _, group := range pricing.Groups() {
		groups = groups.Add(e.Bill.Sum(group))
	}
	require.True(t, groups.Equal(sum), "groups add up to %s, lines to %s", groups, sum)
	count, _ := e.Scenario.PerUnit()
	require.True(t, e.PerUnit.Equal(pricing.Divide(sum, count, pricing.AmountPlaces)), "per unit is %s", e.PerUnit)
	require.Len(t, e.Comparisons, len(e.Scenario.Candidates))
}

// replace changes pieces of a text, each of which must be there once.
func replace(text string, oldNew ...string) string {
	for i := 0; i < len(oldNew); i += 2 {
		if strings.Count(text, oldNew[i]) != 1 {
			panic("not once in the text: " + oldNew[i])
		}
		text = strings.Replace(text, oldNew[i], oldNew[i+1], 1)
	}
	return text
}
