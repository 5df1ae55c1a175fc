package data

import (
	"context"
	"time"

	"microspend/spend/advise"
)

// MostByTheWay is how many records are looked through, about half a second's worth, for advice that nobody has asked
// for. The ledger changes every few minutes, and each time the advice would be worked out anew.
const MostByTheWay = 250_000

// adviceDays is for how many days before a moment advice looks at single records.
const adviceDays = 31

// AdviceByTheWay is what to change, where that takes no more than [MostByTheWay] records; otherwise nil, and how many
// it takes.
func (r *Reader) AdviceByTheWay(ctx context.Context, at Moment) (found *advise.Report, records int64, err error) {
	if r.Info != nil {
		info, err := r.Info(ctx)
		if err != nil {
			return nil, 0, err
		}
		for _, day := range info.Days {
			if !day.Day.Before(at.Now.AddDate(0, 0, -adviceDays).Truncate(24*time.Hour)) && !day.Day.After(at.Now) {
				records += day.Rows
			}
		}
	}
	if records > MostByTheWay {
		return nil, records, nil
	}
	found, err = r.Advice(ctx, at)
	return found, records, err
}

// Advice works out what to change, from the last 30 days of data. It needs Records.
func (r *Reader) Advice(ctx context.Context, at Moment) (*advise.Report, error) {
	return advise.Make(ctx, advise.Inputs{
		Source: r.Source, Prices: r.Prices, Regions: r.Regions, Records: r.Records, Launched: r.Launched, Dismissed: r.Dismissed,
	}, advise.Request{Now: at.Now})
}
