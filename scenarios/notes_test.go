package scenarios

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestAssumptions: every figure that rests on something not established carries a note, and no other does.
func TestAssumptions(t *testing.T) {
	const (
		measured = "image: {size: 2GB}\nstate: {size: 1GB}\n"
		simple   = "workload: {users: 1, days: 20, running: 4h, launches: 1"
	)
	standing := []string{"transition-billing", "launch-read", "image-builds", "no-free-tier"}
	for _, tc := range []struct {
		name, reason, sections string
		adds, lacks            []string // against the standing four
		id, says               string   // what one of them says
	}{
		{
			"all is given", "what rests on AWS's silence stays", measured + simple + "}", nil, nil, "transition-billing",
			"AWS does not say",
		},
		{
			"launches by default, users", "each active day", measured + "workload: {users: 1, days: 20, running: 4h}",
			[]string{"launches-default"},
			nil, "launches-default", "each user's active day starts one MicroVM",
		},
		{
			"launches by default, jobs", "each job", measured + "workload: {jobs: 1, running: 4h}",
			[]string{"launches-default"},
			nil, "launches-default", "each job starts one MicroVM, which reads the image once.",
		},
		{
			"image by default", "as large as the memory", "state: {size: 1GB}\n" + simple + "}",
			[]string{"image-size"},
			nil, "image-size", "as large as the baseline memory (4GB)",
		},
		{
			"state by default, cycles", "as in AWS's examples", "image: {size: 2GB}\n" + simple + ", cycles: 1}",
			[]string{"state-size"},
			nil, "state-size", "0.61 to 0.92 GiB",
		},
		{
			"state by default, suspended", "it is held", "image: {size: 2GB}\n" + simple + ", cycles: 0.1, suspended: 1h}",
			[]string{"state-size", "suspend-minimum"},
			nil, "suspend-minimum", "with no minimum",
		},
		{
			"state by default, never suspended", "it does not enter the bill", "image: {size: 2GB}\n" + simple + "}", nil, nil,
			"launch-read", "not established",
		},
		{
			"image for six days", "a week is billed", "image: {size: 2GB, hours: 144h}\nstate: {size: 1GB}\n" + simple + "}",
			[]string{"image-minimum"},
			nil, "image-minimum", "stored for 144 hours; a week (168 hours) is billed",
		},
		{
			"image for a week", "the minimum is included", "image: {size: 2GB, hours: 7d}\nstate: {size: 1GB}\n" + simple + "}",
			nil, nil, "image-builds", "not priced",
		},
		{
			"no image stored", "nothing is stored for less than a week",
			"image: {size: 2GB, count: 0, hours: 1h}\nstate: {size: 1GB}\n" + simple + "}",
			nil,
			[]string{"image-builds"},
			"launch-read", "the whole image",
		},
		{
			"no launches", "nothing is read", measured + "workload: {users: 1, days: 20, running: 4h, launches: 0}",
			nil,
			[]string{"launch-read"},
			"image-builds", "builds",
		},
		{
			"burst, envelope", "the peak is not given", measured + simple + ", burst: {share: 10%}}",
			[]string{"burst-envelope"},
			nil, "burst-envelope", "4 times the baseline",
		},
		{
			"burst, half the envelope", "one of the two is not given", measured + simple + ", burst: {share: 10%, vcpu: 4}}",
			[]string{"burst-envelope"},
			nil, "burst-envelope", "that burst does not give",
		},
		{
			"burst, given", "nothing is assumed", measured + simple + ", burst: {share: 10%, vcpu: 4, memory: 8GB}}", nil, nil,
			"no-free-tier", "none for MicroVMs",
		},
		{
			"discount", "the user knows of a price agreed", measured + simple + "}\n",
			nil,
			[]string{"no-free-tier"},
			"launch-read", "a launch reads",
		},
		{
			"burst, compared", "alternatives do not burst", measured + simple +
				", burst: {share: 10%, vcpu: 4, memory: 8GB}}\ncompare: [ec2: t4g.medium]",
			[]string{"alternatives-baseline", "burstable-cpu"},
			nil, "alternatives-baseline", "without bursts",
		},
		{
			"tasks", "the alternatives' assumptions are lifted, each once", measured + simple +
				"}\ncompare: [fargate: active, fargate: {spot: true}]",
			[]string{"fargate-tasks"},
			nil, "fargate-tasks", "one Fargate task of equal length",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := atPostRates(tc.sections)
			if tc.name == "discount" {
				text = "region: eu-west-1\nrates: {discount: 10%}\nmicrovm: {memory: 4GB}\n" + tc.sections
			}
			e := estimate(t, text)
			var want []string
			for _, id := range standing {
				if !slices.Contains(tc.lacks, id) {
					want = append(want, id)
				}
			}
			require.ElementsMatch(t, append(want, tc.adds...), ids(e.Assumptions), tc.reason)
			require.Contains(t, note(t, e.Assumptions, tc.id), tc.says)
		})
	}
}

func TestWarnings(t *testing.T) {
	const workload = "\nmicrovm: {memory: 4GB}\nworkload: {users: 1, days: 20, running: 4h}\n"
	const allRates = "\nrates: {vcpu_hour: 0.1, gb_hour: 0.01, snapshot_read_gb: 0.001, snapshot_write_gb: 0.004, storage_gb_month: 0.1}"
	readOn := time.Date(2026, time.September, 19, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, reason, text string
		now                time.Time
		id, says           string // "" for no warning at all
	}{
		{"fresh rates", "as of today", "region: eu-west-1" + workload, today, "", ""},
		{"rates of 90 days", "the bound is included", "region: eu-west-1" + workload, readOn.AddDate(0, 0, 90), "", ""},
		{
			"rates of 91 days", "AWS may have changed them", "region: eu-west-1" + workload, readOn.AddDate(0, 0, 91),
			"stale-rates", "the rates of eu-west-1 were read on 2026-09-19, 91 days ago; AWS may have changed them",
		},
		{
			"the last second of day 90", "days are counted whole, in UTC", "region: eu-west-1" + workload,
			readOn.AddDate(0, 0, 91).Add(-time.Second), "", "",
		},
		{
			"one stale rate among inline ones", "the card's age counts where it is used",
			"region: ap-northeast-1\nrates: {vcpu_second: 0.00003, read_on: 2026-12-01}" + workload, readOn.AddDate(0, 0, 91),
			"stale-rates", "read on 2026-08-07, 134 days ago",
		},
		{
			"old rates of the user's own", "the user knows their age", "region: eu-west-1" + allRates + workload,
			today.AddDate(9, 0, 0), "", "",
		},
		{
			"region without a card", "a new region, or a slip of the pen", "region: eu-west-9" + allRates + workload, today,
			"region-unlisted", "eu-west-9 is not a region with a known rate card (ap-northeast-1, ",
		},
		{
			"suspended without cycles", "who suspends also writes and reads",
			"region: eu-west-1\nmicrovm: {memory: 4GB}\nworkload: {users: 1, days: 20, running: 4h, suspended: 1h}\n", today,
			"suspended-without-cycles", "no suspend is priced; give workload.cycles.",
		},
		{
			"alternative without a price", "unknown is not zero",
			"region: eu-west-1" + workload + "compare: [ec2: t9g.nano]", today,
			"unknown-alternative", "the price of EC2 t9g.nano in eu-west-1 is not known; give it as hourly.",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := market(t)
			m.Now = tc.now
			e, err := m.Estimate(load(t, tc.text))
			require.NoError(t, err)
			if tc.id == "" {
				require.Empty(t, e.Warnings, tc.reason)
				return
			}
			require.Equal(t, []string{tc.id}, ids(e.Warnings), tc.reason)
			require.Contains(t, note(t, e.Warnings, tc.id), tc.says)
		})
	}
}

// TestNotesReadAsSentences holds every note that the examples bring about to one form.
func TestNotesReadAsSentences(t *testing.T) {
	examples, err := Examples()
	require.NoError(t, err)
	m := market(t)
	m.Now = today.AddDate(1, 0, 0)
	for _, example := range examples {
		s, err := example.Load()
		require.NoError(t, err)
		e, err := m.Estimate(s)
		require.NoError(t, err)
		comparisons, err := m.Compare(e)
		require.NoError(t, err)
		notes := append(append([]pricing.Note{}, e.Assumptions...), e.Warnings...)
		for _, c := range comparisons {
			notes = append(notes, pricing.Note{ID: "break-even", Text: c.BreakEven.Sentence})
		}
		for _, n := range notes {
			require.Regexp(t, `^[a-z0-9-]+$`, n.ID)
			require.Regexp(t, `[^.]\.$`, n.Text, "%s: %s ends in one full stop", example.Name, n.ID)
			require.NotContains(t, n.Text, "%!", "%s: %s", example.Name, n.ID)
		}
	}
}
