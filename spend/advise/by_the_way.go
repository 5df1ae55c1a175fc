package advise

import (
	"context"
	"time"

	"microspend/internal/civil"
)

// MostByTheWay is how many records are looked through, about half a second's worth, for advice that nobody has asked
// for: on an overview or in a report. The ledger changes every few minutes, and each time the advice would be worked out
// anew.
const MostByTheWay = 250_000

// byTheWayDays is for how many days before a moment single records are looked at where the request names no start: the
// 30 days up to where the data ends, cut anywhere in a day.
const byTheWayDays = 31

// ByTheWay is [Make] where that takes no more than [MostByTheWay] records; otherwise nil, and how many it takes. Without
// [Inputs.Info] nobody knows, and it is Make.
func ByTheWay(ctx context.Context, in Inputs, request Request) (found *Report, records int64, err error) {
	if in.Info != nil {
		info, err := in.Info(ctx)
		if err != nil {
			return nil, 0, err
		}
		from, to := request.bounds()
		for _, day := range info.Days {
			if day.Day.Before(to) && day.Day.AddDate(0, 0, 1).After(from) {
				records += day.Rows
			}
		}
	}
	if records > MostByTheWay {
		return nil, records, nil
	}
	found, err = Make(ctx, in, request)
	return found, records, err
}

// bounds are those of the records at most: Now is the last moment of which there is data.
func (r Request) bounds() (from, to time.Time) {
	to = r.Now.Add(1)
	if !r.To.IsZero() {
		to = civil.Earlier(r.To, to)
	}
	if from = r.From; from.IsZero() {
		from = to.AddDate(0, 0, -byTheWayDays)
	}
	return from, to
}
