package spend

import (
	"context"
	"errors"

	"microspend/internal/civil"
	"microspend/ledger"
)

// groupsAtATime bounds how many groups of usage are held at a time where usage is read by tenant and day.
const groupsAtATime = 30_000

// EachRow makes the rows of a report by day and hands them on one by one, in no particular order: what is added up or
// drawn day by day need not be held for all days at once. Of the request only From, To, By, Location and Filter count.
// By must have [ByDay], so that a row has all of its usage. Shared cost has rows of its own, whatever the policy, as a
// tenant's share of it would follow from what all spend over the whole stretch. Tenants without usage have no rows.
//
// It returns the files whose usage is missing from the rows. Errors are those of [Source.Report].
func (s Source) EachRow(ctx context.Context, request Request, each func(*Row)) ([]ledger.DamagedFile, error) {
	if err := request.Check(); err != nil {
		return nil, err
	}
	return s.WithPolicy(OwnRow).eachRow(ctx, request, groupsAtATime, each)
}

// eachRow reads all days by one query where they have at most that many groups, and otherwise ever fewer at a time,
// down to a day, which may have any number. To ask beforehand how many there are would take a query of its own, while
// one that is refused is mostly so before anything is added up.
func (s Source) eachRow(
	ctx context.Context, request Request, most int, each func(*Row),
) (damaged []ledger.DamagedFile, err error) {
	loc := s.Zone(request.Location)
	request.Top = 0
	in, prices := civil.Between(request.From, request.To), newPriceList()
	first, last := in.Days(loc)
	for d, step := first, last-first+1; d <= last; {
		part := civil.Between(civil.Later(d.Start(loc), in.From), civil.Earlier((d+step).Start(loc), in.To))
		request.From, request.To = part.From, part.To
		r := s.run(request)
		r.prices, r.most = prices, most // the cards are the same in all steps
		if step == 1 {
			r.most = 0
		}
		t, err := r.table(ctx, part, labelsOf)
		if _, refused := errors.AsType[*TooLargeError](err); refused {
			step = max(1, step/4)
			continue
		}
		if err != nil {
			return nil, err
		}
		damaged = MergeDamaged(damaged, r.damaged)
		n := 0
		for _, row := range t.rows {
			if n++; n%stopEvery == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			each(row)
		}
		d += step
	}
	return damaged, nil
}
