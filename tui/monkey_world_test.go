package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/tui/data"
	"microspend/usage"
)

// shifting is a ledger that is written to while it is read. It remembers every version of itself.
type shifting struct {
	versions []*records
	fault    error // of every read, while it is set
	before   []int // how many reads come before each of the writes to come
	random   *rand.Rand
}

func newShifting(seed uint64) *shifting {
	s := &shifting{versions: []*records{{}}, random: rand.New(rand.NewPCG(seed, 1))}
	for i, name := range slices.Concat(hostileNames, hostileNames) {
		at := evening.Add(-time.Duration(1+i*37%900) * time.Hour)
		s.append(hour(at, name, hostileNames[i*7%len(hostileNames)], fmt.Sprintf("mvm-%d", i), regionOf(i), int64(60+i*53)))
	}
	return s
}

func regionOf(i int) string { return []string{"eu-west-1", "us-east-1", "mars-north-1"}[i%5%3] }

func (s *shifting) now() *records { return s.versions[len(s.versions)-1] }

func (s *shifting) append(r usage.Record) {
	now := s.now()
	now.all = append(now.all[:len(now.all):len(now.all)], r)
}

// write makes another version: today, and so every sum, has a record more.
func (s *shifting) write() {
	was, n := s.now(), len(s.versions)
	next := &records{all: was.all, damaged: was.damaged}
	if len(next.all) > 200 { // no more is needed to tell versions apart, and each is read often
		next.all = next.all[:100:100]
	}
	s.versions = append(s.versions, next)
	if n > kept {
		s.versions[n-kept] = nil
	}
	s.append(hour(evening.Add(-time.Duration(1+n%30)*time.Minute), hostileNames[n%len(hostileNames)], "base",
		fmt.Sprintf("mvm-new-%d", n), regionOf(n), int64(1+n%3000)))
}

// kept is how many versions are kept: what is shown is never older.
const kept = 100

// damage damages a day, or mends what is damaged.
func (s *shifting) damage() {
	s.write()
	now := s.now()
	if len(now.damaged) > 0 {
		now.damaged = nil
		return
	}
	now.damaged = []ledger.DamagedFile{
		{Path: "usage/dt=2026-11-20/part-00000.parquet", Reason: "a checksum \x1b[2J differs"},
	}
}

// read is a read of the ledger, before which it may be written to.
func (s *shifting) read(ctx context.Context) (*records, error) {
	if len(s.before) > 0 {
		if s.before[0]--; s.before[0] < 0 {
			s.before = s.before[1:]
			s.write()
		}
	}
	return s.now(), errors.Join(ctx.Err(), s.fault)
}

// Aggregate implements [spend.Usage].
func (s *shifting) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	now, err := s.read(ctx)
	if err != nil {
		return ledger.Result{}, err
	}
	return now.Aggregate(ctx, q)
}

// Extent implements [spend.Usage].
func (s *shifting) Extent(ctx context.Context) (ledger.Extent, error) {
	now, err := s.read(ctx)
	if err != nil {
		return ledger.Extent{}, err
	}
	return ledgertest.Records(now.all).Extent(ctx)
}

func (s *shifting) fingerprint(context.Context) (string, error) {
	return strconv.Itoa(len(s.versions) - 1), nil
}

// options are a dashboard over the ledger.
func (s *shifting) options(t testing.TB) Options {
	options := Options{
		Now: fixed(evening), StaleAfter: time.Hour, Poll: time.Second, ExportDir: t.TempDir() + "/nowhere", Mouse: true,
	}
	options.Reader = s.reader(t, s)
	options.Reader.Fingerprint = s.fingerprint
	return options
}

func (s *shifting) reader(t testing.TB, of spend.Usage) *data.Reader {
	reader := readerOf(t, spend.Source{Usage: of, Rates: pricing.EmbeddedCards()}, nil)
	reader.BudgetSet = budget.Set{Budgets: []budget.Budget{
		{Subject: budget.OfEverything(), Amount: decimal.NewFromInt(100)},
		{Subject: budget.OfTenant("acme"), Amount: decimal.New(5, -1)},
	}}
	return reader
}

var errOther = errors.New("they are others")

// judge holds what is shown to what the version of the ledger says that the frame is of.
type judge struct {
	t      testing.TB
	ledger *shifting
	right  map[any]string // what was found to be right, and of which version
	judged int
}

// figures are the faults of the figures that a frame shows.
func (j *judge) figures(m *Model) error {
	if m.status == nil || m.torn || m.mixed {
		return nil
	}
	version, err := strconv.Atoi(m.status.Fingerprint)
	if err != nil {
		return err
	}
	reader := j.ledger.reader(j.t, j.ledger.versions[version])
	at := data.Moment{Now: m.status.Now, AsOf: m.status.AsOf}
	ctx := context.Background()
	var faults []error
	if len(j.right) > 1000 {
		clear(j.right) // so that what was shown once is not kept
	}
	check := func(what string, shown any, same func() (bool, error)) {
		if j.right[shown] == m.status.Fingerprint {
			return
		}
		if ok, err := same(); err != nil || !ok {
			faults = append(faults, fmt.Errorf("%s are not those of version %d: %w", what, version, cmp.Or(err, errOther)))
		}
		j.judged++
		j.right[shown] = m.status.Fingerprint
	}
	switch p := m.shown().(type) {
	case *listingPage:
		if l := p.state.Listing; l != nil {
			check("rows", l, func() (bool, error) {
				want, err := reader.Listing(ctx, p.query(m), at)
				return err == nil && sameSpend(l.Spend, want.Spend), err
			})
		}
	case *explainPage:
		if e := p.state.Usage; e != nil {
			check("lines", e, func() (bool, error) {
				want, err := reader.Explain(ctx, *p.query, at)
				return err == nil && e.Sum().Equal(want.Sum()), err
			})
		}
	case *whatIfPage:
		if o := p.state.Outcome; o != nil {
			check("outcomes", o, func() (bool, error) {
				_, total, err := reader.Parts(ctx, p.period.Until(at), data.Scope{spend.ByTenant: &p.tenant}, spend.ByRegion)
				return err == nil && (!o.Complete || o.Total.Equal(total.Amount)), err
			})
		}
	case *overviewPage:
		j.panels(m, p, reader, at, check)
	}
	return errors.Join(faults...)
}

func (j *judge) panels(
	m *Model, p *overviewPage, reader *data.Reader, at data.Moment, check func(string, any, func() (bool, error)),
) {
	ctx := context.Background()
	if s := p.state.Sums; s != nil {
		check("sums", s, func() (bool, error) {
			want, err := reader.Sums(ctx, at)
			return err == nil && s.Today.Amount.Equal(want.Today.Amount) && s.Month.Amount.Equal(want.Month.Amount), err
		})
	}
	if l := p.state.Tenants; l != nil {
		check("tenants", l, func() (bool, error) {
			want, err := reader.Listing(ctx, data.Query{Period: m.period, By: []spend.Dimension{spend.ByTenant}}, at)
			return err == nil && sameSpend(l.Spend, want.Spend), err
		})
	}
	if b := p.state.Budgets; b != nil {
		check("budgets", b, func() (bool, error) {
			want, err := reader.Budgets(ctx, at)
			return err == nil && b.Total().Spent.Amount.Equal(want.Total().Spent.Amount), err
		})
	}
	if i := p.state.Instead; i != nil {
		check("alternatives", i, func() (bool, error) {
			want, err := reader.Instead(ctx, at)
			return err == nil && i.Month.Equal(want.Month), err
		})
	}
	if d := m.status.Days; d != nil {
		check("days", d, func() (bool, error) {
			want, err := reader.Days(ctx, at)
			return err == nil && d.Total.Equal(want.Total), err
		})
	}
}

func sameSpend(a, b spend.Spend) bool {
	return a.Total.Amount.Equal(b.Total.Amount) && slices.EqualFunc(a.Rows, b.Rows, func(a, b spend.Row) bool {
		return a.Key == b.Key && a.Amount.Equal(b.Amount)
	})
}
