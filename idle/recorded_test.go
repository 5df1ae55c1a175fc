package idle

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// TestARecordedTimeoutIsThatOfItsMicroVM: suspensions of 100 s each, at 300 s, at 900 s, and at one that is not known
// and taken for 60 s, are gaps of 400, 1,000 and 160 s.
func TestARecordedTimeoutIsThatOfItsMicroVM(t *testing.T) {
	var records []usage.Record
	for i := range 3 {
		records = append(records, usage.Record{
			PeriodStart: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), PeriodSeconds: 3600, Region: "eu-west-1",
			Resource: usage.Resource{ID: fmt.Sprint("mvm-", i)},
			Amounts:  usage.Amounts{usage.Suspended: 100_000, usage.Suspends: 1, usage.Resumes: 1},
		})
	}
	known := map[string]int64{"mvm-0": 300_000, "mvm-1": 900_000}
	options := RecordOptions{TimeoutMS: 60_000, Timeout: func(r *usage.Record) (int64, bool) {
		ms, found := known[r.Resource.ID]
		return ms, found
	}}
	trace, err := FromRecords(each(records), options)
	require.NoError(t, err)
	require.EqualValues(t, 1_560_000, trace.All.At(1_000_000).Use.RunningMS)
	require.EqualValues(t, 900_000, trace.SeenFromMS, "below the longest, what is not seen of some would decide")
	require.Equal(t, "ledger-gaps-recorded", trace.Notes[0].ID)
	require.Contains(t, trace.Notes[0].Text, "told it for 2, for 1 others the 60 s that it is assumed to have been")

	known["mvm-2"] = 60_000
	trace, err = FromRecords(each(records), options)
	require.NoError(t, err)
	require.Contains(t, trace.Notes[0].Text, "told it for 3. Gaps")
	options.Timeout = nil
	trace, err = FromRecords(each(records), options)
	require.NoError(t, err)
	require.Equal(t, "ledger-gaps", trace.Notes[0].ID)
	require.EqualValues(t, 60_000, trace.SeenFromMS)
}

func each(records []usage.Record) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}
