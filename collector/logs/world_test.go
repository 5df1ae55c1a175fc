package logs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/internal/civil"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

const logGroupName = "/aws/lambda-microvms/sandbox"

var (
	monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	target = collector.Target{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}
	place  = fakecloudwatch.Place(target)
)

// logsWorld is a CloudWatch Logs with a meter's lines of which everything is known, a clock, and a collector with a
// ledger.
type logsWorld struct {
	t       testing.TB
	now     time.Time
	fake    *fakecloudwatch.Logs
	source  *Source
	options collector.Options
	truth   map[usage.Key]usage.Record
}

func newLogsWorld(t testing.TB, options fakecloudwatch.LogsOptions, groups ...string) *logsWorld {
	w := &logsWorld{t: t, now: monday.Add(60 * time.Hour), truth: map[usage.Key]usage.Record{}}
	clock := func() time.Time { return w.now }
	options.Now = clock
	w.fake = fakecloudwatch.NewLogs(options)
	server := httptest.NewServer(w.fake)
	t.Cleanup(server.Close)
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	w.source, err = New(Options{
		Groups: groups, Prices: prices, Now: clock, Explain: awssource.Explain,
		Client: func(_ context.Context, of collector.Target) (*Client, error) {
			retry := awssource.Retry{
				Attempts: 4, Base: time.Microsecond, Longest: time.Microsecond,
				Random: func() float64 { return 0 },
			}
			return NewClient(aws.Config{
				Region: of.Region, BaseEndpoint: &server.URL,
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
				}),
				Retryer: func() aws.Retryer { return awssource.NewRetryer(retry, nil) },
			}), nil
		},
	})
	require.NoError(t, err)
	w.options = collector.Options{
		Source: w.source, Ledger: collector.In(filepath.Join(t.TempDir(), "ledger"), ""), Now: clock,
		Timing:  collector.Timing{Lookback: 60 * time.Hour},
		Targets: func(context.Context) ([]collector.Target, []collector.Gap) { return []collector.Target{target}, nil },
	}
	return w
}

func (w *logsWorld) run() collector.Summary {
	w.t.Helper()
	runner, err := collector.New(w.options)
	require.NoError(w.t, err)
	summary, err := runner.Run(context.Background())
	require.NoError(w.t, err)
	return summary
}

// inLedger are the records that the ledger has.
func (w *logsWorld) inLedger() map[usage.Key]usage.Record {
	w.t.Helper()
	l, err := parquet.Open(w.options.Ledger.Folder, ledger.Options{})
	require.NoError(w.t, err)
	records := map[usage.Key]usage.Record{}
	for r, err := range l.Records(context.Background(), monday.AddDate(0, 0, -30), monday.AddDate(0, 0, 30)) {
		require.NoError(w.t, err)
		records[r.Key()] = r
	}
	return records
}

// printedLine is a line with when it was printed.
type printedLine struct {
	emf.Line
	at time.Time
}

// metered is a MicroVM with a meter, as its lines are made.
type metered struct {
	line        emf.Line
	now         time.Time
	lines       []printedLine
	asleepSince time.Time
}

const (
	meteredMemory = 2048 // MiB
	meteredImage  = int64(3 << 30)
	meteredState  = int64(2 << 30)
)

func meterOf(id, tenant string, start time.Time) *metered {
	m := &metered{now: start, line: emf.Line{
		Life: fmt.Sprintf("%032x", []byte(id + fmt.Sprint(start.Unix()))[:min(16, len(id)+1)]), MicroVMID: id, Tenant: tenant,
		Image: "sandbox", Arch: usage.ArchX86,
		Publication: emf.Publication{Namespace: emf.DefaultNamespace, Metrics: emf.NoMetrics},
	}}
	m.print(emf.Launch, start, start, func(l *emf.Line) {
		l.Amounts[usage.Launches], l.Amounts[pricing.SnapshotRead] = 1,
			meteredImage
	})
	return m
}

// print prints a line about [from, to), a little later than now.
func (m *metered) print(event emf.Event, from, to time.Time, with func(*emf.Line)) {
	line := m.line
	m.line.Sequence++
	line.Sequence, line.Event = m.line.Sequence, event
	line.PeriodStart, line.PeriodEnd = from.UnixMilli(), to.UnixMilli()
	if with != nil {
		with(&line)
	}
	m.lines = append(m.lines, printedLine{line, m.now.Add(120 * time.Millisecond)})
}

// run lets the MicroVM run, a line a minute of UTC; the last one ends with an event.
func (m *metered) run(d time.Duration, last emf.Event) {
	end := m.now.Add(d)
	for m.now.Before(end) {
		from, to := m.now, m.now.Truncate(time.Minute).Add(time.Minute)
		event := emf.Interval
		if !to.Before(end) {
			to, event = end, last
		}
		m.now = to
		ms := to.Sub(from).Milliseconds()
		m.print(event, from, to, func(l *emf.Line) {
			l.Amounts[usage.Running], l.Amounts[pricing.VCPU], l.Amounts[pricing.Memory] = ms, ms, ms*meteredMemory
			if event == emf.Suspend {
				l.Amounts[usage.Suspends], l.Amounts[pricing.SnapshotWrite] = 1, meteredState
			}
		})
	}
	m.asleepSince = m.now
}

// sleep suspends the MicroVM, which it finds out when it is resumed.
func (m *metered) sleep(d time.Duration) {
	from, end := m.now, m.now.Add(d)
	m.now = end
	for from.Before(end) {
		to := civil.Earlier(from.Truncate(5*time.Minute).Add(5*time.Minute), end)
		ms := to.Sub(from).Milliseconds()
		m.print(emf.Suspended, from, to, func(l *emf.Line) {
			l.Amounts[usage.Suspended], l.Amounts[pricing.SnapshotStorage] = ms, meteredState*ms/1000
		})
		from = to
	}
	m.print(emf.Resume, end, end, func(l *emf.Line) {
		l.Amounts[usage.Resumes], l.Amounts[pricing.SnapshotRead] = 1,
			meteredState
	})
}

// aDay is a MicroVM's life of about eight hours.
func aDay(id, tenant string, start time.Time) *metered {
	m := meterOf(id, tenant, start)
	m.run(47*time.Minute+13*time.Second, emf.Suspend)
	m.sleep(3*time.Hour + 7*time.Second)
	m.run(2*time.Minute+350*time.Millisecond, emf.Suspend)
	m.sleep(90 * time.Second)
	m.run(time.Hour+31*time.Second, emf.Terminate)
	return m
}

// put prints lines into a log group, and counts what they come to.
func (w *logsWorld) put(group string, m *metered, keep func(int) bool) {
	for i, line := range m.lines {
		if keep != nil && !keep(i) {
			continue
		}
		w.fake.Put(place, group, m.line.MicroVMID, fakecloudwatch.LogEvent{At: line.at, Message: string(line.AppendTo(nil))})
	}
	w.know(group, m)
}

// know counts what a MicroVM's lines come to: the sum per period of five minutes.
func (w *logsWorld) know(group string, m *metered) {
	by := usage.TenantAsserted
	if imageOf(group) == "" || w.source.options.Streams.Any { // AWS does not say what its lines are of
		by = usage.TenantGuest
	}
	for i := range m.lines {
		line := &m.lines[i].Line
		r := usage.Record{
			PeriodStart: line.Start().Truncate(5 * time.Minute), PeriodSeconds: 300, Region: target.Region,
			Account:  target.Account,
			Resource: usage.Resource{ID: line.MicroVMID}, Tenant: line.Tenant, Image: line.Image, Arch: line.Arch, Source: SourceName,
			TenantBy: by,
			Coverage: usage.CoverageComplete,
		}
		if known, ok := w.truth[r.Key()]; ok {
			r = known
		}
		r.Amounts[pricing.VCPU] += line.Amounts[pricing.VCPU]
		r.Amounts[pricing.Memory] += line.Amounts[pricing.Memory]
		r.Amounts[pricing.SnapshotRead] += line.Amounts[pricing.SnapshotRead]
		r.Amounts[pricing.SnapshotWrite] += line.Amounts[pricing.SnapshotWrite]
		r.Amounts[pricing.SnapshotStorage] += line.Amounts[pricing.SnapshotStorage]
		r.Amounts[usage.Running] += line.Amounts[usage.Running]
		r.Amounts[usage.Suspended] += line.Amounts[usage.Suspended]
		r.Amounts[usage.Launches] += line.Amounts[usage.Launches]
		r.Amounts[usage.Suspends] += line.Amounts[usage.Suspends]
		r.Amounts[usage.Resumes] += line.Amounts[usage.Resumes]
		w.truth[r.Key()] = r
	}
}

// requireTruth holds the ledger against what the lines come to.
func (w *logsWorld) requireTruth() {
	w.t.Helper()
	got := w.inLedger()
	require.Len(w.t, got, len(w.truth))
	for key, want := range w.truth {
		require.Equal(w.t, want, got[key], "%+v", key)
	}
}

func shuffled(n int, seed uint64) []int { return rand.New(rand.NewPCG(seed, 1)).Perm(n) }
