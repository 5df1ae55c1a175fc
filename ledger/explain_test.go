package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"microspend/ledger"
)

func TestExplain(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, time.October, d, 0, 0, 0, 0, time.UTC) }
	answer := ledger.Result{Groups: make([]ledger.Group, 2)}
	for d := 1; d <= 10; d++ {
		why := ""
		switch {
		case d == 4:
			why = "the query is cut"
		case d == 6, d == 8:
			why = "there is no rollup"
		}
		answer.Read = append(answer.Read, ledger.DayRead{Day: day(d), FromRecords: why})
	}
	assert.Equal(t, `query by tenant, day from 2026-10-01 00:00:00 to 2026-10-10 12:30:00 UTC: 2 groups
  from rollups: 7 days, 2026-10-01 to 2026-10-03, 2026-10-05, 2026-10-07, 2026-10-09 to 2026-10-10
  from records: 1 day, 2026-10-04: the query is cut
  from records: 2 days, 2026-10-06, 2026-10-08: there is no rollup
`, ledger.Explain(ledger.Query{
		From: day(1), To: day(10).Add(12*time.Hour + 30*time.Minute), By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay},
	}, answer))
	assert.Equal(t, "query by no field from 2026-10-01 00:00:00 to 2026-10-02 00:00:00 UTC: 0 groups\n",
		ledger.Explain(ledger.Query{From: day(1), To: day(2)}, ledger.Result{}), "a ledger without days reads nothing")
}
