package parquet

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"

	"microspend/internal/civil"
	"microspend/internal/parquetcolumn"
	"microspend/ledger"
)

// maxKnownDays is how many days are remembered: a quarter of a year, which is as far back as the dashboard and reports
// look again and again. A day takes some 60 kB.
const maxKnownDays = 92

// knownDays remembers what the manifests and the footers of rollups say that queries have read: a screen of the
// dashboard asks twenty queries of the same days, and parsing these takes longer than adding up a day's sums. Bytes are
// read anew and compared each time, so that nothing is remembered of a file that has changed.
type knownDays struct {
	lock sync.Mutex
	days map[civil.Day]*knownDay
}

// knownDay is a manifest that was read, and is not to be changed.
type knownDay struct {
	text     []byte
	manifest *manifest
	rollup   footer
}

// footer is a file's that was parsed once.
type footer struct {
	parsed atomic.Pointer[parquetcolumn.File]
}

// manifestFor reads a day's manifest: for a query one that may be known, and is not to be changed.
func (l *Ledger) manifestFor(
	ctx context.Context,
	day civil.Day,
	q *ledger.Query,
) (m *manifest, found current, err error) {
	if q == nil {
		return readManifest(ctx, l.files, day)
	}
	found.text, found.version, err = l.files.Manifest(ctx, day)
	if err != nil || found.text == nil {
		return nil, found, err
	}
	if known := l.known.get(day); known != nil && bytes.Equal(known.text, found.text) {
		return known.manifest, found, nil
	}
	m, err = decodeManifest(found.text, day)
	if err == nil {
		l.known.put(day, &knownDay{text: found.text, manifest: m})
	}
	return m, found, err
}

func (k *knownDays) get(day civil.Day) *knownDay {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.days[day]
}

func (k *knownDays) put(day civil.Day, known *knownDay) {
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.days == nil || len(k.days) >= maxKnownDays && k.days[day] == nil {
		k.days = map[civil.Day]*knownDay{} // other days are looked at now
	}
	k.days[day] = known
}

// footer is that of the rollup which a manifest names, nil where the manifest is not known.
func (k *knownDays) footer(day civil.Day, m *manifest) *footer {
	if known := k.get(day); known != nil && known.manifest == m {
		return &known.rollup
	}
	return nil
}

// open parses a footer, or opens the file with what was parsed of the same bytes.
func (f *footer) open(in io.ReaderAt, bytes int64) (*parquetcolumn.File, error) {
	if f == nil {
		return openParquet(in, bytes)
	}
	if parsed := f.parsed.Load(); parsed != nil {
		return parsed.Again(in), nil
	}
	opened, err := openParquet(in, bytes)
	if err == nil {
		f.parsed.Store(opened.Again(nil)) // and holds no file open
	}
	return opened, err
}
