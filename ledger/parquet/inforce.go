package parquet

import (
	"cmp"
	"context"

	"microspend/ledger"
)

var _ ledger.FileLister = (*Ledger)(nil)

// Files implements [ledger.FileLister].
func (l *Ledger) Files(ctx context.Context) (files []ledger.File, damaged []ledger.DamagedFile, err error) {
	days, err := l.files.Days(ctx)
	if err != nil {
		return nil, nil, err
	}
	for opened := range l.opening(ctx, days, l.glance) {
		if err := cmp.Or(ctx.Err(), opened.unreachable); err != nil {
			return nil, nil, err
		}
		damaged = append(damaged, opened.damaged...)
		if opened.manifest == nil {
			continue
		}
		for _, part := range opened.manifest.Parts {
			files = append(files, ledger.File{
				Day: opened.day.UTC(), Location: l.files.Location(opened.day, part.file()),
				Rows: part.Rows, Bytes: part.Bytes, SHA256: part.SHA256,
			})
		}
	}
	return files, damaged, nil
}
