package fleet

import (
	"context"
	"errors"
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// key tells MicroVMs apart: an id may come again in another region.
type key struct{ account, region, id string }

// spent is what the ledger has of a MicroVM.
type spent struct {
	owner      string
	named      bool // the owner is a tenant, or shared
	amount     Amount
	quantities [pricing.QuantityCount]Amount
	lived      time.Duration // running and suspended
	running    time.Duration
	most       Amount // the owner's part, where there are several
}

// books are what was read of the ledger at one time.
type books struct {
	version  string
	from     time.Time // whole UTC days from here on
	today    time.Time // the start of the day in Today
	until    time.Time
	total    Amount // of today
	microvms map[key]*spent
}

// read asks the ledger for all that MicroVMs which live, or have ended today, have cost: with one query, however many
// they are. What was read before is used again until the ledger changes, a day begins, or somebody older turns up.
func (f *Fleet) read(ctx context.Context, at, oldest time.Time) error {
	version := ""
	if f.options.Fingerprint != nil {
		var err error
		if version, err = f.options.Fingerprint(ctx); err != nil {
			return err
		}
	}
	loc := f.options.Source.Zone(nil)
	today := civil.DayOf(at, loc).Start(loc)
	from := civil.Earlier(oldest, today).UTC().Truncate(24 * time.Hour)
	b := f.books
	if b != nil && version != "" && b.version == version && b.today.Equal(today) && !from.Before(b.from) {
		return nil
	}
	b = &books{version: version, from: from, today: today, microvms: map[key]*spent{}, total: unknown}
	if f.options.Source.Usage == nil {
		f.books = b
		return errNoLedger
	}
	if err := f.readMicroVMs(ctx, b, at); err != nil {
		return err
	}
	day, err := f.options.Source.Report(ctx, spend.Request{From: today, To: (civil.DayOf(at, loc) + 1).Start(loc)})
	if err != nil {
		return err
	}
	b.total = amountOf(&day.Total)
	if b.until, err = f.options.Source.AsOf(ctx, at); err != nil {
		return err
	}
	f.books = b
	return nil
}

func (f *Fleet) readMicroVMs(ctx context.Context, b *books, at time.Time) error {
	source := f.options.Source
	source.Sharing.Policy = spend.OwnRow // what others share is not what a MicroVM cost
	found, err := source.Report(ctx, spend.Request{
		From: b.from, To: at.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1), Location: time.UTC, Counts: true, Rated: true,
		By: []spend.Dimension{spend.ByTenant, spend.ByMicroVM, spend.ByRegion, spend.ByAccount},
	})
	if err != nil {
		return err
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		id := usage.ParseResource(row.MicroVM)
		if row.MicroVM == "" || id.Kind != usage.KindMicroVM {
			continue
		}
		k := key{row.Account, row.Region, id.ID}
		of := b.microvms[k]
		if of == nil {
			of = &spent{}
			b.microvms[k] = of
		}
		of.add(row)
	}
	return nil
}

// add counts a row: of one owner, and of one of the rate cards that held in the life of the MicroVM.
func (s *spent) add(row *spend.Row) {
	amount := amountOf(&row.Total)
	if owned := s.most; s.owner == "" || amount.USD.GreaterThan(owned.USD) {
		s.owner, s.most = row.Name(spend.ByTenant), amount
		s.named = row.Kind != spend.KindUnallocated
	}
	s.amount = s.amount.Plus(amount)
	for q := range s.quantities {
		if row.Card == nil {
			break
		}
		q := pricing.BilledQuantity(q)
		of := priced(pricing.Count{Units: row.Sum.Amounts[q].Decimal(), Per: q.Counted().PerUnit}, *row.Card, q)
		if of != (Amount{}) {
			of.State = max(of.State, row.Measured)
		}
		s.quantities[q] = s.quantities[q].Plus(of)
	}
	s.running += span(row.Sum.Amounts[usage.Running])
	s.lived += span(row.Sum.Amounts[usage.Running]) + span(row.Sum.Amounts[usage.Suspended])
}

// span is a sum of milliseconds, at most what a duration holds.
func span(ms usage.Uint128) time.Duration {
	const most = uint64(1<<63-1) / uint64(time.Millisecond)
	if ms.Hi > 0 || ms.Lo > most/2 {
		return time.Duration(most/2) * time.Millisecond
	}
	return time.Duration(ms.Lo) * time.Millisecond
}

// amountOf is a figure of a report.
func amountOf(t *spend.Total) Amount {
	a := Amount{USD: t.Amount, State: t.State(), Known: t.Known() && t.Measured != pricing.NotMeasured}
	if !a.Known {
		a.USD = unknown.USD
	}
	return a
}

// errNoLedger is the fault of a fleet without one: all that was spent is worked out from states.
var errNoLedger = errors.New("there is no ledger; microspend collect brings usage into one")

// of is what the ledger has of a MicroVM; nil where it has nothing. Sources that do not know the account leave it out.
func (b *books) of(k key) *spent {
	if found := b.microvms[k]; found != nil {
		return found
	}
	k.account = ""
	return b.microvms[k]
}
