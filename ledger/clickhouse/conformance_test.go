package clickhouse

import (
	"context"
	"os"
	"testing"

	"microspend/internal/clickhousetest"
	"microspend/ledger"
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
}

func TestMain(m *testing.M) {
	conformance.Child(databases)
	os.Exit(m.Run())
}

func TestPromises(t *testing.T) {
	clickhousetest.Shared(t)
	conformance.Run(t, databases)
}
