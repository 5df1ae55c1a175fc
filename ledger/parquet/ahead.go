package parquet

import (
	"context"
	"iter"

	"microspend/internal/civil"
)

// opening opens days in order, some of them ahead of the one that is read where opening takes waiting. Whoever takes a
// day closes it.
func (l *Ledger) opening(
	ctx context.Context, days []civil.Day, open func(context.Context, civil.Day) *openDay,
) iter.Seq[*openDay] {
	ahead := l.files.Ahead()
	if ahead == 0 {
		return func(yield func(*openDay) bool) {
			for _, day := range days {
				if !yield(open(ctx, day)) {
					return
				}
			}
		}
	}
	return func(yield func(*openDay) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var waiting []chan *openDay
		next := 0
		for range days {
			for ; next < len(days) && len(waiting) < ahead; next++ {
				opened := make(chan *openDay, 1)
				waiting = append(waiting, opened)
				go func(day civil.Day) { opened <- open(ctx, day) }(days[next])
			}
			if !yield(<-waiting[0]) {
				cancel()
				for _, rest := range waiting[1:] {
					(<-rest).close()
				}
				return
			}
			waiting = waiting[1:]
		}
	}
}
