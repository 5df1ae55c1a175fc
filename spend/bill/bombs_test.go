package bill_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// repeated is a text over and over, of a megabyte or more at a time.
func repeated(w io.Writer, text string, bytes int) {
	block := strings.Repeat(text, 1+(1<<20)/len(text))
	for ; bytes > 0; bytes -= len(block) {
		_, _ = io.WriteString(w, block)
	}
}

// Some 100 kB of gzip each, of which the whole was held in memory, at up to 16 times its size.
func TestPackedBombsAreReadWithinAFixedMemory(t *testing.T) {
	for name, test := range map[string]struct{ before, over, after, want string }{
		"replies that say nothing": {"[", "{},", "{}]", "it has no ResultsByTime"},
		"days that say nothing": {
			`{"GroupDefinitions": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}], "ResultsByTime": [`, "{},", "{}]}",
			"ResultsByTime[0]: it has no TimePeriod",
		},
		"days that say nothing, before what they are grouped by": {
			`{"ResultsByTime": [`, "{},", `{}], "GroupDefinitions": []}`, "ResultsByTime[0]: it has no TimePeriod",
		},
		"a day of groups that say nothing":   {`{"ResultsByTime": [{"Groups": [`, "{},", "{}]}]}", "larger than any bill"},
		"an attribute that goes on":          {`{"DimensionValueAttributes": [`, "{},", "{}]}", "larger than any bill"},
		"a text that goes on":                {`{"NextPageToken": "`, "a", `"}`, "larger than any bill"},
		"lists in lists":                     {"", "[", "", "not a reply of GetCostAndUsage"},
		"lists in lists of a reply":          {`{"a":`, "[", "", "exceeded max depth"},
		"a row of CSV that goes on":          {"ChargePeriodStart,ChargeCategory,BilledCost,BillingCurrency,x_UsageType,RegionId\n", "a", "", "row is longer"},
		"a header of CSV that goes on":       {"", "a,", "", "row is longer"},
		"a quoted field that goes on":        {"ChargePeriodStart,ChargeCategory,BilledCost,BillingCurrency,x_UsageType,RegionId\n\"", "a\n", "", "row is longer"},
		"white space before anything begins": {"", " ", "", "it is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			const size = 64 << 20
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = io.WriteString(w, test.before)
			repeated(w, test.over, size)
			_, _ = io.WriteString(w, test.after)
			require.NoError(t, w.Close())
			runtime.GC()
			most, stop := uint64(0), make(chan struct{})
			done := make(chan struct{})
			go func() { // the most memory that is in use at once
				defer close(done)
				for {
					var now runtime.MemStats
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapInuse)
					select {
					case <-stop:
						return
					case <-time.After(10 * time.Millisecond):
					}
				}
			}()
			_, err := read(packed.Bytes())
			close(stop)
			<-done
			require.ErrorContains(t, err, test.want)
			require.Less(t, most, uint64(256<<20), "bytes in use")
		})
	}
}
