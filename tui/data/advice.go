package data

import (
	"context"

	"microspend/spend/advise"
)

// AdviceByTheWay is what to change, as [advise.ByTheWay] has it.
func (r *Reader) AdviceByTheWay(ctx context.Context, at Moment) (found *advise.Report, records int64, err error) {
	return advise.ByTheWay(ctx, r.adviceInputs(), advise.Request{Now: at.Now})
}

// Advice works out what to change, from the last 30 days of data. It needs Records.
func (r *Reader) Advice(ctx context.Context, at Moment) (*advise.Report, error) {
	return advise.Make(ctx, r.adviceInputs(), advise.Request{Now: at.Now})
}

func (r *Reader) adviceInputs() advise.Inputs {
	return advise.Inputs{
		Source: r.Source, Prices: r.Prices, Regions: r.Regions, Records: r.Records, Launched: r.Launched,
		Dismissed: r.Dismissed, Info: r.Info,
	}
}
