package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/view"
)

// A check says of each file what is the matter, what was done about it and what is left to do.
func TestLedgerCheck(t *testing.T) {
	day := time.Date(2026, time.October, 3, 0, 0, 0, 0, time.UTC)
	of := func(reason string) []ledger.DamagedFile {
		return []ledger.DamagedFile{{Path: "usage/dt=2026-10-03/_manifest.json", Day: day, Reason: reason}}
	}
	for _, test := range []struct {
		name, reason string
		result       ledger.CheckResult
		want         []view.Note
		json         string
	}{
		{"found", "nothing was repaired yet", ledger.CheckResult{Damaged: of("cut off")}, []view.Note{
			{Text: "0 days, 0 files, 0 rows in order."},
			{Tag: "damaged", Text: "usage/dt=2026-10-03/_manifest.json: cut off", Warn: true},
			{Text: "microspend ledger check --repair sets what is damaged aside, so that no engine reads it, and makes " +
				"manifests anew."},
		}, ""},
		{"not repaired", "to repair again is of no use", ledger.CheckResult{
			Damaged: of("cut off"), Unrepaired: of("no log; import again"),
		}, []view.Note{
			{Text: "0 days, 0 files, 0 rows in order."},
			{Tag: "damaged", Text: "usage/dt=2026-10-03/_manifest.json: cut off", Warn: true},
			{Tag: "not repaired", Text: "usage/dt=2026-10-03/_manifest.json: no log; import again", Warn: true},
		}, "unrepaired"},
		{"rebuilt", "nothing is left to do", ledger.CheckResult{
			Damaged: of("cut off"), Rebuilt: of("from the day's parts"),
		}, []view.Note{
			{Text: "0 days, 0 files, 0 rows in order."},
			{Tag: "damaged", Text: "usage/dt=2026-10-03/_manifest.json: cut off", Warn: true},
			{Tag: "made anew", Text: "usage/dt=2026-10-03/_manifest.json: from the day's parts"},
		}, "rebuilt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			document := LedgerCheck("ledger", test.result, nil)
			require.Len(t, document.Sections, 1)
			assert.Equal(t, test.want, document.Sections[0].Notes, test.reason)
			for _, id := range []string{"unrepaired", "rebuilt"} {
				has := false
				for _, field := range document.JSON.(view.Object) {
					has = has || field.ID == id
				}
				assert.Equal(t, id == test.json, has, id)
			}
		})
	}
}
