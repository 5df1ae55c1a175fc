package statement

import (
	"context"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend/advise"
)

// mostAdvice is how many pieces of advice a report tells of; microspend advise has them all.
const mostAdvice = 10

// Advice is what to change, from the usage of the statement's period: dollars a month of 30 days.
type Advice struct {
	// Top are the pieces that save the most, the largest saving first, at most ten. Dismissed ones are not among them.
	Top  []advise.Advice
	More int // how many others there are
	// MoreAdds is what those others add to the combined saving, dollars a month; overlaps are not added twice.
	MoreAdds decimal.Decimal
	// Found is everything there is to say besides; nil where the advice was not worked out.
	Found *advise.Report

	TooMany int64 // records in the period, where those are too many to look through by the way
	// Failed says that advice could not be worked out, which is no reason not to report what was spent. Why is not said: it
	// is nothing for those that a report is handed to.
	Failed bool
}

// Advise works out what to change, unless that takes more records than [advise.MostByTheWay]. It returns nil where there
// is nothing to change, and an error only where ctx ended.
func Advise(ctx context.Context, in advise.Inputs, request advise.Request) (*Advice, error) {
	found, records, err := advise.ByTheWay(ctx, in, request)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return &Advice{Failed: true}, nil
	case found == nil:
		return &Advice{TooMany: records}, nil
	case len(found.Advice) == 0:
		return nil, nil
	}
	out := &Advice{Top: found.Advice[:min(len(found.Advice), mostAdvice)], Found: found}
	for _, a := range found.Advice[len(out.Top):] {
		out.More++
		out.MoreAdds = out.MoreAdds.Add(a.Added)
	}
	return out, nil
}

// RestsOn is what the advice told of rests on.
func (a *Advice) RestsOn() []pricing.Note {
	if a == nil || a.Found == nil {
		return nil
	}
	return a.Found.RestsOn(a.Top)
}

// advice fills in what to change. Chosen tenants get none: a saving that several share would tell what others spend.
func (b *builder) advice() (err error) {
	if b.request.Advice == nil || !b.out.Whole {
		return nil
	}
	in := *b.request.Advice
	in.Source = b.source
	b.out.Advice, err = Advise(b.ctx, in, advise.Request{Now: b.request.Now, From: b.request.From, To: b.request.To})
	return err
}
