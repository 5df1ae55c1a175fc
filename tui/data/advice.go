package data

import (
	"context"

	"microspend/spend/advise"
)

// Advice works out what to change, from the last 30 days of data. It needs Records.
func (r *Reader) Advice(ctx context.Context, at Moment) (*advise.Report, error) {
	return advise.Make(ctx, advise.Inputs{
		Source: r.Source, Prices: r.Prices, Regions: r.Regions, Records: r.Records, Launched: r.Launched, Dismissed: r.Dismissed,
	}, advise.Request{Now: at.Now})
}
