// Package stores opens a ledger by what it is called: the path of a folder, or the URL of what else one can be kept in.
// It is the program's own and promises nothing.
package stores

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"microspend/ledger"
	"microspend/ledger/bucket"
	"microspend/ledger/clickhouse"
	"microspend/ledger/parquet"
)

// store is a kind of ledger.
type store struct {
	open         func(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error)
	openForWrite func(ctx context.Context, name string, options ledger.Options) (ledger.Store, error)
}

// byScheme are the kinds whose names are URLs. What has no scheme is a folder.
var byScheme = map[string]store{
	bucket.Scheme: inBucket, clickhouse.Scheme: inClickHouse, clickhouse.SchemeTLS: inClickHouse,
}

var inBucket = store{
	func(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error) {
		return bucket.Open(ctx, name, options)
	},
	func(ctx context.Context, name string, options ledger.Options) (ledger.Store, error) {
		return bucket.OpenForWriting(ctx, name, options)
	},
}

var inClickHouse = store{
	func(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error) {
		return clickhouse.Open(ctx, name, options)
	},
	func(ctx context.Context, name string, options ledger.Options) (ledger.Store, error) {
		return clickhouse.OpenForWriting(ctx, name, options)
	},
}

// IsFolder reports whether a name is that of a folder.
func IsFolder(name string) bool { return scheme(name) == "" }

// scheme is "" for a folder, also for one called C:\ledger.
func scheme(name string) string {
	before, _, isURL := strings.Cut(name, "://")
	if !isURL {
		return ""
	}
	return before
}

func kindOf(name string) (store, error) {
	if IsFolder(name) {
		return store{
			func(_ context.Context, name string, options ledger.Options) (ledger.Reader, error) {
				return parquet.Open(name, options)
			},
			func(_ context.Context, name string, options ledger.Options) (ledger.Store, error) {
				return parquet.OpenForWriting(name, options)
			},
		}, nil
	}
	kind, known := byScheme[scheme(name)]
	if !known {
		kinds := []string{"a folder"}
		for _, known := range slices.Sorted(maps.Keys(byScheme)) {
			kinds = append(kinds, known+"://…")
		}
		return store{}, fmt.Errorf("there is no kind of ledger called %.40q; a ledger is %s", scheme(name)+"://",
			strings.Join(kinds, " or "))
	}
	return kind, nil
}

// Open opens a ledger for reading.
func Open(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error) {
	kind, err := kindOf(name)
	if err != nil {
		return nil, err
	}
	return kind.open(ctx, name, options)
}

// OpenForWriting opens a ledger for writing, and makes it where there is none.
func OpenForWriting(ctx context.Context, name string, options ledger.Options) (ledger.Store, error) {
	kind, err := kindOf(name)
	if err != nil {
		return nil, err
	}
	return kind.openForWrite(ctx, name, options)
}
