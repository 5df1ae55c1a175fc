package clickhouse

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/clickhousetest"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/conformance"
)

var databases = conformance.Stores{
	New: clickhousetest.Ledger,
	Open: func(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error) {
		return Open(ctx, name, options)
	},
	OpenForWriting: func(ctx context.Context, name string, options ledger.Options) (ledger.Store, error) {
		return OpenForWriting(ctx, name, options)
	},
	ManyWriters: true,
	Steps:       []string{"staged", "sent", "audited", "switched"},
	At:          func(w ledger.Store, passed func(string)) { w.(*Store).step = passed },
	Ledgers:     4,
	Entries: func(t testing.TB, name string) []audit.Entry {
		l, err := Open(t.Context(), name, ledger.Options{})
		require.NoError(t, err)
		log, err := l.AuditLog(t.Context(), audit.Options{})
		require.NoError(t, err)
		require.True(t, log.OK(), "%v", log.Faults)
		return log.Entries
	},
}

func TestMain(m *testing.M) {
	conformance.Child(databases)
	os.Exit(m.Run())
}

func TestPromises(t *testing.T) {
	clickhousetest.Shared(t)
	conformance.Run(t, databases)
}
