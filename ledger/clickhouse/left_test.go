package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/clickhousetest"
	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/conformance"
)

// tables are those of a database whose names begin with one of some texts.
func tables(t *testing.T, database string, prefixes ...string) []string {
	t.Helper()
	var begins []string
	for _, prefix := range prefixes {
		begins = append(begins, "startsWith(name, '"+prefix+"')")
	}
	return strings.Fields(
		clickhousetest.Shared(t).Query(t, "SELECT name FROM system.tables WHERE database = '"+database+"' AND ("+
			strings.Join(begins, " OR ")+") ORDER BY name"),
	)
}

// What a writer that was killed leaves is dropped by the first one that comes a day later, and by none before: it may
// be another's who is still at work.
func TestWhatKilledWritersLeaveIsCleared(t *testing.T) {
	server := clickhousetest.Shared(t)
	for step, want := range map[string]int{
		"staged":   0, // nothing was sent yet
		"sent":     1,
		"audited":  1,
		"switched": 1,
	} {
		t.Run(step, func(t *testing.T) {
			name := clickhousetest.Ledger(t)
			conformance.KilledAt(t, databases, name, step)
			s, err := OpenForWriting(t.Context(), name, ledger.Options{})
			require.NoError(t, err)
			database := s.client.database
			left := tables(t, database, stagingPrefix, hourlyPrefix)
			require.Len(t, left, want, "a writer that comes at once drops nothing")
			require.NoError(t, s.Close())

			for _, table := range left {
				var version int64
				_, err := fmt.Sscanf(table, stagingPrefix+"%d", &version)
				require.NoError(t, err)
				older := stagingPrefix + fmt.Sprint(version-(24*time.Hour+time.Minute).Nanoseconds())
				server.Query(t, fmt.Sprintf("RENAME TABLE %[1]s.%[2]s TO %[1]s.%[3]s", database, table, older))
			}
			server.Query(t, fmt.Sprintf("CREATE TABLE %s.%s1 (hour DateTime) ENGINE = Memory", database, hourlyPrefix))
			server.Query(t, fmt.Sprintf("CREATE TABLE %s.%sf00d (holder String) ENGINE = Memory", database, deadPrefix))
			young := stagingPrefix + server.Query(t, "SELECT toUnixTimestamp64Nano(now64(9) - INTERVAL 23 HOUR)")
			server.Query(t, fmt.Sprintf("CREATE TABLE %s.%s (hour DateTime) ENGINE = Memory", database, young))
			s, err = OpenForWriting(t.Context(), name, ledger.Options{})
			require.NoError(t, err)
			require.Equal(t, []string{young}, tables(t, database, stagingPrefix, hourlyPrefix, deadPrefix))
			require.NoError(t, s.Close())
		})
	}
}

// A lock is taken away from a writer that died, and from nobody else.
func TestLocksOfDeadWritersAreBroken(t *testing.T) {
	server := clickhousetest.Shared(t)
	s := store(t, ledger.Options{})
	sum := sha256.Sum256([]byte("a test"))
	lock := lockPrefix + hex.EncodeToString(sum[:12])
	server.Query(t, fmt.Sprintf("CREATE TABLE %s.%s (holder String) ENGINE = Memory", s.client.database, lock))

	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	err := s.locked(ctx, "a test", func() error { return assert.AnError })
	require.ErrorIs(t, err, context.DeadlineExceeded, "the lock is younger than %s", s.sizes.lockStale)
	require.Equal(t, []string{lock}, tables(t, s.client.database, lockPrefix, deadPrefix))

	s.sizes.lockStale = time.Second
	other := *s
	done := make(chan error, 2)
	inside := 0 // of what both writers do one after the other, which the race detector would see, too
	for _, w := range []*Store{s, &other} {
		go func() {
			done <- w.locked(t.Context(), "a test", func() error {
				inside++
				if inside != 1 {
					return fmt.Errorf("%d writers have the lock", inside)
				}
				time.Sleep(50 * time.Millisecond)
				inside--
				return nil
			})
		}()
	}
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.Empty(t, tables(t, s.client.database, lockPrefix))
	require.Len(t, tables(t, s.client.database, deadPrefix), 1, "it was taken away once, under another name")
}

// A check finds what others than this program have done to a ledger, and a repair what can be mended.
func TestCheckFindsWhatWasTamperedWith(t *testing.T) {
	server := clickhousetest.Shared(t)
	s := store(t, ledger.Options{Action: "import"})
	records := ledgertest.Fleet{MicroVMs: 40, Tenants: 3, Days: 2, Periods: 24}.All()
	upsert(t, s, records...)
	rollUpAll(t, s)
	in := func(text string) { server.Query(t, strings.ReplaceAll(text, "DB", s.client.database)) }
	check := func() ledger.CheckResult {
		t.Helper()
		result, err := s.Check(t.Context())
		require.NoError(t, err)
		return result
	}
	result := check()
	assert.True(t, result.OK(), "%+v", result)
	assert.Equal(
		t,
		[4]int64{2, 2, int64(len(records)), 2},
		[4]int64{int64(result.Days), int64(result.Rollups), result.Rows, int64(result.Parts)},
	)

	in(
		"ALTER TABLE DB.usage_hourly UPDATE vcpu_ms = vcpu_ms + 1 WHERE toDate(hour) = '2026-10-01' SETTINGS mutations_sync = 1",
	)
	result = check()
	require.Len(t, result.BadRollups, 1)
	assert.Equal(t, 1, result.Rollups)
	assert.Equal(t, "usage_hourly/dt=2026-10-01", result.BadRollups[0].Path)
	assert.Contains(t, result.BadRollups[0].Reason, "it differs from what the day's records add up to, in ")
	result, err := s.Repair(t.Context())
	require.NoError(t, err)
	require.Len(t, result.Rebuilt, 1)
	result = check()
	assert.True(t, result.OK(), "%+v", result)

	// A record that cannot be, one that overlaps with another, and a line less in the audit log.
	in(
		`INSERT INTO DB.usage (period_start, period_seconds, resource, region, account, image, tenant, source, vcpu_ms, coverage, version)
 SELECT period_start, period_seconds, resource, region, account, image, tenant, source, -5, coverage, version + 1 FROM DB.usage
 WHERE toDate(period_start) = '2026-10-02' ORDER BY resource, period_start LIMIT 1`,
	)
	in(
		`INSERT INTO DB.usage (period_start, period_seconds, resource, region, account, image, tenant, source, vcpu_ms, coverage, version)
 SELECT period_start + 1, period_seconds, resource, region, account, image, tenant, source, 5, coverage, version FROM DB.usage
 WHERE toDate(period_start) = '2026-10-02' ORDER BY resource DESC, period_start LIMIT 1`,
	)
	require.NoError(t, s.Audit(audit.Entry{Action: "import"}, nil))
	in("ALTER TABLE DB.audit DELETE WHERE seq = (SELECT min(seq) FROM DB.audit) SETTINGS mutations_sync = 1")
	result = check()
	assert.False(t, result.OK())
	require.Len(t, result.Damaged, 2)
	assert.Equal(t, "usage/dt=2026-10-02", result.Damaged[0].Path)
	assert.Contains(t, result.Damaged[0].Reason, "1 record that cannot be, the first of ")
	assert.Contains(t, result.Damaged[0].Reason, "-5")
	assert.NotEmpty(t, result.Damaged[1].Reason, "the audit log begins with an entry that follows from another")
	assert.Equal(
		t,
		int64(2),
		result.OverlapCount,
		"with the period that it is a second later than, and with the one after that",
	)
	assert.Equal(t, int64(len(records)), result.Rows, "one cannot be, and there is one more")
	assert.Equal(t, 1, result.Rollups, "the other day's rollup is of other rows, which is no fault")
	assert.Empty(t, result.BadRollups)
}
