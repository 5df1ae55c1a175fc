package parquet

import (
	"context"
	"time"

	"microspend/ledger"
)

var _ ledger.PartSource = (*Ledger)(nil)

// Parts implements [ledger.PartSource].
func (l *Ledger) Parts(ctx context.Context, day time.Time) ([]ledger.Part, error) {
	opened := l.openDay(ctx, dayOf(day))
	if opened.unreachable != nil {
		opened.close()
		return nil, opened.unreachable
	}
	whole := len(opened.damaged) == 0
	reader := &chunkReader{}
	for _, p := range opened.parts {
		if whole = whole && p.version == writtenVersion && l.prove(p, reader) == nil; !whole {
			break // Records names what is damaged
		}
	}
	if !whole || ctx.Err() != nil {
		opened.close()
		return nil, ctx.Err()
	}
	parts := make([]ledger.Part, len(opened.parts))
	for i, p := range opened.parts {
		parts[i] = p.file
	}
	return parts, nil
}
