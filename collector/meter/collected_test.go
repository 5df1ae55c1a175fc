package meter

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/cloudwatch"
	"microspend/collector/mapping"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// collected is what a ledger has after CloudWatch made metrics of lines and the collector read them.
func collected(t *testing.T, lines []emf.Line, perMicroVM bool, now time.Time) (records []usage.Record, sum usage.Sum) {
	clock := func() time.Time { return now }
	target := collector.Target{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}
	service := fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{Now: clock})
	for i := range lines {
		require.NoError(t, service.PutLine(fakecloudwatch.Place(target), lines[i].AppendTo(nil)))
	}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)

	m := mapping.Default()
	if perMicroVM {
		m.Dimensions.MicroVM = emf.DimensionMicroVMID
	}
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	folder := filepath.Join(t.TempDir(), "ledger")
	runner, err := collector.New(collector.Options{
		Source: cloudwatch.New(cloudwatch.Options{
			Mappings: []mapping.Mapping{m}, Prices: prices, Now: clock, Explain: awssource.Explain,
			Random: func() float64 { return 0 },
			Client: func(_ context.Context, of collector.Target) (*cloudwatch.Client, error) {
				return cloudwatch.NewClient(aws.Config{
					Region: of.Region, BaseEndpoint: &server.URL,
					Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
						return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
					}),
				}), nil
			},
		}),
		Targets: func(context.Context) ([]collector.Target, []collector.Gap) { return []collector.Target{target}, nil },
		Ledger:  collector.In(folder, ""), Timing: collector.Timing{Lookback: 24 * time.Hour}, Now: clock,
	})
	require.NoError(t, err)
	summary, err := runner.Run(t.Context())
	require.NoError(t, err)
	require.Empty(t, summary.Gaps)

	opened, err := parquet.Open(folder, ledger.Options{Now: clock})
	require.NoError(t, err)
	for r, err := range opened.Records(t.Context(), now.AddDate(0, 0, -2), now.AddDate(0, 0, 1)) {
		require.NoError(t, err)
		require.Equal(t, usage.CoverageComplete, r.Coverage)
		records = append(records, r)
		sum.Add(&r)
	}
	return records, sum
}

// TestCollectedLife follows a scripted life from its hooks to the bill: what the meter prints, what CloudWatch makes
// of it, and what the collector reads come to the same seconds and dollars, to the last digit.
func TestCollectedLife(t *testing.T) {
	for _, perMicroVM := range []bool{false, true} {
		w := newWorld(t)
		w.recorder.Publication.PerMicroVM = perMicroVM
		w.launched().runs(90*second).busyRuns(30*second, 3000)
		w.load.MemoryKiB = 5 << 20
		w.runs(10 * second)
		w.load.MemoryKiB = 0
		w.suspend().frozen(37 * time.Minute).resume().runs(20 * second)
		w.suspend().frozen(90 * second).resume().runs(10*second + 250*time.Millisecond).terminate()

		records, sum := collected(t, w.lines, perMicroVM, time.Unix(0, w.now.Wall).Add(time.Hour).UTC())
		for _, r := range records {
			require.Equal(t, "acme", r.Tenant)
			require.Equal(t, w.identity.Image, r.Image)
			if perMicroVM {
				require.Equal(t, "mvm-1", r.Resource.ID)
			}
		}
		printed := w.sum()
		require.Equal(t, printed.Measured(), sum.Measured())
		require.Equal(t, "220250", sum.Amounts[pricing.VCPU].String())
		card, err := pricing.EmbeddedCards().Card("eu-west-1")
		require.NoError(t, err)
		bill, err := sum.Measured().Bill(card)
		require.NoError(t, err)
		require.Equal(t, "0.03568132400666666667", bill.Total().String(), "as in TestScriptedLife")
	}
}
