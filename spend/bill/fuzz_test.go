package bill_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// FuzzRead: whatever the file, there is an answer, and a bill that is read is one that can be compared.
func FuzzRead(f *testing.F) {
	f.Add(costExplorer(group("EU-Lambda-MicroVM-vCPU-Second-ARM", "eu-west-1", "2.0995184400", "72000", "vCPU-Seconds")))
	f.Add(costExplorer(group("Lambda-MicroVM-Snapshot-Read-GB", "us-east-1", "1.0E-7", "1e-3", "GB")))
	f.Add([]byte(curText()))
	f.Add([]byte("ChargePeriodStart,ChargeCategory,BilledCost,BillingCurrency,x_UsageType,RegionId\n" +
		"2026-10-01,Usage,1,USD,Lambda-MicroVM-Snapshot-Read-GB,us-east-1\n"))
	f.Add(parquetOf(f, curRows()))
	f.Fuzz(func(t *testing.T, text []byte) {
		made, err := read(text)
		if err != nil {
			return
		}
		require.True(t, made.From.Before(made.To))
		seen := map[string]bool{}
		for i, l := range made.Lines {
			require.Equal(t, l.Day, l.Day.UTC().Truncate(24*time.Hour))
			require.True(t, pricing.IsRegionName(l.Region))
			key := l.Day.String() + l.Region + l.Quantity.String()
			require.False(t, seen[key], "line %d appears twice", i)
			seen[key] = true
		}
		again, err := read(text)
		require.NoError(t, err)
		require.Equal(t, lines(made), lines(again), "the same file is the same bill")
	})
}
