package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// sampleViews is a random ledger with everything that has misled anyone: days without data, a damaged one, usage that
// was measured partly, rates that are not known, days cut elsewhere than in UTC, shared cost, tenants with names like
// our labels or like syntax of some renderer, and periods before that were measured partly or not at all.
type sampleViews struct {
	dir     string
	environ []string
	zone    string
	policy  string
	first   time.Time // the first day with data

	records []usage.Record
	damaged string // the day that is damaged; "" if none is
	unknown bool   // some rates are not known
}

// viewNames are of tenants. Labels and syntax come first, so that most ledgers have some.
var viewNames = []string{
	"total", "(other)", "(unallocated)", "a|b", "=1+1", "<b>bold</b> & co", "Ünïcode", "all",
	"acme", "borealis", "cinder", "dormouse",
}

func newSample(t *testing.T, seed uint64) *sampleViews {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	s := &sampleViews{
		dir: t.TempDir(), unknown: r.IntN(3) == 0,
		zone:   []string{"UTC", "America/New_York", "Asia/Kolkata"}[seed%3],
		policy: []string{"own-row", "even", "direct"}[seed/3%3],
		// Before the month before, within it, or within this month.
		first: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -[]int{48, 20, 0}[r.IntN(3)]-r.IntN(4)),
	}
	s.environ = []string{"HOME=" + s.dir}
	names := slices.Clone(viewNames)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = append(names[:2+r.IntN(4)], "")
	s.usage(r, names)
	s.write(t, r)
	s.configure(t, r, names)
	return s
}

// usage makes the records: each tenant has a few MicroVMs an hour on most days, and an image is stored for all.
func (s *sampleViews) usage(r *rand.Rand, names []string) {
	regions := []string{"us-east-1", "eu-west-1"}
	if s.unknown {
		regions = append(regions, "eu-central-1")
	}
	gap := s.first.AddDate(0, 0, 2+r.IntN(12))
	end := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for day := s.first; day.Before(end); day = day.AddDate(0, 0, 1) {
		if !day.Before(gap) && day.Before(gap.AddDate(0, 0, 2)) {
			continue
		}
		for n, name := range names {
			if r.IntN(8) == 0 {
				continue
			}
			for hour := range 1 + r.IntN(3) {
				record := usage.Record{
					PeriodStart: day.Add(time.Duration(hour*9+n%3) * time.Hour), PeriodSeconds: 3600,
					Region: regions[r.IntN(len(regions))], Account: fmt.Sprint("11112222333", n%2),
					Resource: usage.Resource{ID: fmt.Sprintf("mvm-%d-%d", n, r.IntN(3))}, Image: fmt.Sprint("image-", n%2),
					Tenant: name, Source: "test", Coverage: usage.CoverageComplete,
					Amounts: usage.Amounts{
						pricing.VCPU: 1 + r.Int64N(80_000_000), pricing.Memory: 1 + r.Int64N(90_000_000_000),
						pricing.SnapshotRead: r.Int64N(90 << 30), pricing.SnapshotStorage: r.Int64N(1 << 52),
						usage.Running: r.Int64N(3_600_000), usage.Launches: r.Int64N(5),
					},
				}
				if r.IntN(25) == 0 {
					record.Coverage = usage.CoveragePartial
				}
				s.records = append(s.records, record)
			}
		}
		s.records = append(s.records, usage.Record{
			PeriodStart: day.Add(11 * time.Hour), PeriodSeconds: 3600, Region: "us-east-1",
			Resource: usage.Resource{Kind: usage.KindImage, ID: "image-0"}, Image: "image-0", Source: "test",
			Amounts: usage.Amounts{pricing.SnapshotStorage: 1 + r.Int64N(1<<56)}, Coverage: usage.CoverageComplete,
		})
	}
}

func (s *sampleViews) ledger() string { return filepath.Join(s.dir, "ledger") }

// write writes the ledger and damages a day of every fourth.
func (s *sampleViews) write(t *testing.T, r *rand.Rand) {
	t.Helper()
	writer, err := parquet.OpenForWriting(s.ledger(), ledger.Options{})
	require.NoError(t, err)
	_, err = writer.Upsert(t.Context(), func(yield func([]usage.Record, error) bool) { yield(s.records, nil) })
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	if r.IntN(4) > 0 {
		return
	}
	days, err := filepath.Glob(filepath.Join(s.ledger(), "usage", "dt=2026-11-*", "part-*.parquet"))
	require.NoError(t, err)
	file := days[r.IntN(len(days))]
	s.damaged = strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "dt=")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	content[len(content)/3] ^= 0xff
	require.NoError(t, os.WriteFile(file, content, 0o644))
}

func (s *sampleViews) configure(t *testing.T, r *rand.Rand, names []string) {
	t.Helper()
	text := fmt.Sprintf("timezone: %s\nshared: {policy: %s}\nanomalies: {floor: 1}\nbudgets:\n  total: %d\n  tenants:\n",
		s.zone, s.policy, 1+r.IntN(5000))
	for _, name := range names[:len(names)-1] {
		text += fmt.Sprintf("    %q: %d\n", spend.OwnerName(name, spend.KindTenant), 1+r.IntN(500))
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "microspend.yaml"), []byte(text), 0o644))
}

// run runs a command on the ledger as the program does.
func (s *sampleViews) run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	said := &watched{}
	code, out = command(t.Context(), said, s.environ, s.on(args)...)
	return code, out, said.String()
}

func (s *sampleViews) on(args []string) []string {
	return append(args, "--ledger", s.ledger(), "--config", filepath.Join(s.dir, "microspend.yaml"))
}

// must runs a command that must succeed, but for the exit code of damaged data.
func (s *sampleViews) must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := s.run(t, args...)
	require.LessOrEqual(t, code, exitCheckFailed, "%v\n%s", args, errs)
	return out
}

// serve runs the server until the test ends and returns its address.
func (s *sampleViews) serve(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended, errs := make(chan struct{}), &watched{}
	go func() {
		defer close(ended)
		command(ctx, errs, s.environ, s.on([]string{"serve", "--listen", "127.0.0.1:0"})...)
	}()
	t.Cleanup(func() { stop(); <-ended })
	return awaitServing(t, errs)
}
