package bucket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/usage"
)

// What is said before of a run's requests is what writing three days takes that have a part each, and get a rollup.
func TestCostOfWriting(t *testing.T) {
	name := address(newFake(t).URL, "ledger")
	large := ledgertest.Fleet{MicroVMs: 400, Tenants: 2, Days: 3, Periods: 12}.All()
	writeTo(t, name, large...)
	w, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	first := w.Requests()
	late := []usage.Record{at("late", 0, 1), at("late", 1440, 1), at("late", 2880, 1)}
	_, err = w.Upsert(t.Context(), ledgertest.Batches(late, 3))
	require.NoError(t, err)
	reads, writes := writeRequests(3)
	require.Equal(t, Requests{Reads: reads, Writes: writes}, Requests{
		Reads: w.Requests().Reads - first.Reads + 1, Writes: w.Requests().Writes - first.Writes,
	})
	require.NoError(t, w.Close())

	notes, err := w.WriteCost(3)
	require.NoError(t, err)
	require.Equal(t, []string{
		// 8 × $0.0000004 + 11 × $0.000005
		"ledger: writing 3 days to " + w.Name() + " takes about 8 GET and 11 PUT or LIST requests, $0.0000582",
		"bucket-request-price: a thousand PUT or LIST requests cost $0.005, a thousand GET $0.0004 (AWS Price List, " +
			"AmazonS3, Standard class, us-east-1, taken for every region)",
	}, notes)
}
