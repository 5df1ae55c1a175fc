package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// states are the rows' keys and states, and last the total's.
func states(s Spend) (out []string) {
	for i := range s.Rows {
		name := ""
		for _, d := range s.By {
			name += s.Rows[i].Value(d) + " "
		}
		out = append(out, name+s.Rows[i].State().String())
	}
	return append(out, s.Total.State().String())
}

// TestStatesOfFigures: three tenants on two days of which one is damaged, with time that was not measured and a rate
// that is not known.
func TestStatesOfFigures(t *testing.T) {
	first, second := at(t, "2026-10-05"), at(t, "2026-10-06")
	part := hour(second, "bravo", 1)
	part.Coverage = usage.CoveragePartial
	source := sourceOf(hour(first, "acme", 1), hour(second, "acme", 1), part, frankfurt(first, "cinder"))
	source.Tenants.Known = []string{"idle"}
	require.Equal(t, []string{
		"acme exact", "bravo at-least", "cinder unknown-rates", "idle exact", "unknown-rates",
	}, states(report(t, source, october(t, ByTenant))), "idle is known to have spent nothing")

	source.Usage.(*memory).Damaged = []ledger.DamagedFile{{Path: "part", Day: second, Reason: "checksum"}}
	require.Equal(t, []string{
		"acme at-least", "bravo at-least", "cinder unknown-rates", "idle at-least", "unknown-rates",
	}, states(report(t, source, october(t, ByTenant))), "any of them may have had some of what is lost")
	require.Equal(t, []string{"2026-10-05 unknown-rates", "2026-10-06 at-least", "unknown-rates"},
		states(report(t, source, october(t, ByDay))), "only the day that is damaged lacks it")

	september := Request{From: at(t, "2026-09-01"), To: at(t, "2026-10-01"), By: []Dimension{ByTenant}}
	require.Equal(t, []string{"idle not-measured", "not-measured"}, states(report(t, source, september)),
		"before all data nothing is known to be zero")
}

// TestSharesOfALowerBoundAreLowerBounds: what is shared out was measured for a part of the time only.
func TestSharesOfALowerBoundAreLowerBounds(t *testing.T) {
	day := at(t, "2026-10-05")
	image := stored(day, "base", 1)
	image.Coverage = usage.CoveragePartial
	source := dollars(hour(day, "acme", 1), image)
	source.Sharing.Policy = Evenly
	require.Equal(t, []string{"acme at-least", "at-least"}, states(report(t, source, october(t, ByTenant))))
}

// TestChangesThatCannotBeTold: what is missing is neither zero nor gone.
func TestChangesThatCannotBeTold(t *testing.T) {
	day := func(text string, tenant string, seconds int64) usage.Record {
		return hour(at(t, text), tenant, seconds)
	}
	var records []usage.Record
	for d := at(t, "2026-09-24"); d.Before(at(t, "2026-10-15")); d = d.AddDate(0, 0, 1) {
		if d.Day() != 6 && d.Day() != 8 {
			records = append(records, day(d.Format("2006-01-02"), "acme", 2))
		}
	}
	records = append(records, day("2026-10-02", "gone", 5), day("2026-10-13", "fresh", 7))
	week := Request{From: at(t, "2026-10-09"), To: at(t, "2026-10-16"), By: []Dimension{ByTenant}, Previous: true}
	require.Equal(t, []string{
		"acme 12 was 10: no data on 6 Oct", "fresh 7 was 0: no data on 6 Oct", "gone 0 was 5: no data on 6 Oct",
		"19 was 15: no data on 6 Oct",
	}, compared(report(t, dollars(records...), week)), "neither new nor gone can be told")

	whole := append(records, day("2026-10-06", "acme", 2), day("2026-10-08", "acme", 2))
	require.Equal(t, []string{
		"acme 12 was 12: 0%", "fresh 7 was 0: new", "gone 0 was 5: gone", "19 was 17: 11.7647058824%",
	}, compared(report(t, dollars(whole...), week)), "19 − 17 is 2, and 2 of 17 are 11.76 %")

	days := Request{From: at(t, "2026-10-13"), To: at(t, "2026-10-16"), By: []Dimension{ByDay}, Previous: true}
	got := report(t, dollars(records...), days)
	require.Equal(t, []string{
		"2026-10-13 9 was 0: no data on 6 Oct", "2026-10-14 2 was 2: 0%", "11 was 4: 175%",
	}, compared(got), "the 10th, and the 11th until one o'clock, are 2 + 2")
	require.Equal(t, pricing.NotMeasured, got.Rows[0].Previous.State(), "the 6th is no zero")

	gap := Request{From: at(t, "2026-10-12"), To: at(t, "2026-10-15"), By: []Dimension{ByDay}, Previous: true}
	var without []usage.Record
	for _, r := range whole {
		if r.PeriodStart.Day() != 13 {
			without = append(without, r)
		}
	}
	got = report(t, dollars(without...), gap)
	require.Equal(t, "2026-10-13 0 was 2: no data on 13 Oct", compared(got)[1])
	require.Equal(t, pricing.NotMeasured, got.Rows[1].State(), "the day before it is there for what it was a week before")
}

// TestWhatNoSourceCountedIsNotZero: an import of billed quantities alone says nothing of running time and launches.
func TestWhatNoSourceCountedIsNotZero(t *testing.T) {
	sum := func(amounts usage.Amounts) *usage.Sum {
		var s usage.Sum
		s.Add(&usage.Record{PeriodSeconds: 3600, Amounts: amounts})
		return &s
	}
	all := []usage.Measure{usage.Running, usage.Suspended, usage.Launches, usage.Suspends, usage.Resumes}
	for _, test := range []struct {
		name, reason string
		amounts      usage.Amounts
		want         []bool // in the order of all
	}{
		{"nothing", "it was idle", usage.Amounts{}, []bool{true, true, true, true, true}},
		{"billed alone", "it ran, but nobody says how long", usage.Amounts{pricing.VCPU: 1}, make([]bool, 5)},
		{"runs on", "launched before", usage.Amounts{pricing.VCPU: 1, usage.Running: 1}, []bool{true, true, true, true, true}},
		{
			"read", "by a launch or a resume that nobody counted",
			usage.Amounts{pricing.VCPU: 1, usage.Running: 1, pricing.SnapshotRead: 1},
			[]bool{true, true, false, true, false},
		},
		{
			"launched", "so resumes were counted, too",
			usage.Amounts{usage.Running: 1, pricing.SnapshotRead: 1, usage.Launches: 1},
			[]bool{true, true, true, true, true},
		},
		{
			"written", "by a suspend that nobody counted",
			usage.Amounts{usage.Running: 1, pricing.SnapshotWrite: 1},
			[]bool{true, true, true, false, true},
		},
	} {
		for i, m := range all {
			require.Equal(t, test.want[i], Counted(sum(test.amounts), m), "%s, %s: %s", test.name, m.Column(), test.reason)
		}
	}
}
