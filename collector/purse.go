package collector

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// LimitError says that a limit of what API calls may cost is reached. The run ends there, as if it were interrupted:
// what was read is kept, the rest is read by later runs.
type LimitError struct {
	Limit decimal.Decimal
	Spent decimal.Decimal
	// Reserved is what other runs of the day hold that the ledger has no spending of yet.
	Reserved decimal.Decimal
	Day      string // of the limit of a day, 2026-11-23 UTC; "" for the limit of a run
}

func (e *LimitError) Error() string {
	if e.Day == "" {
		return fmt.Sprintf("the limit of $%s a run is reached, with $%s spent on API calls; what was read is in the "+
			"ledger, and the next run goes on from there", e.Limit, e.Spent)
	}
	if e.Reserved.IsPositive() {
		return fmt.Sprintf("the limit of $%s a day is reached, with $%s spent on API calls on %s (UTC) and $%s reserved by "+
			"other runs that have not ended; what was read is in the ledger, and a later run goes on from there",
			e.Limit, e.Spent, e.Day, e.Reserved)
	}
	return fmt.Sprintf("the limit of $%s a day is reached, with $%s spent on API calls on %s (UTC); what was read is in "+
		"the ledger, and the first run of the next day goes on from there", e.Limit, e.Spent, e.Day)
}

// purse is what a run may spend and has spent.
type purse struct {
	source string
	runMax *decimal.Decimal
	dayMax *decimal.Decimal
	now    func() time.Time
	stop   func(error) // ends the run

	mu       sync.Mutex
	spending *Spending
	spent    Cost // by this run
}

// pay accounts for calls that are about to be made to a target. An error, which also ends the run, means that they must
// not be made.
func (p *purse) pay(ctx context.Context, target Target, cost Cost) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.mayPay(ctx, cost)
	if err == nil {
		err = p.note(target, cost)
	}
	if err != nil {
		p.stop(err)
	}
	return err
}

// afford ends the run, with an error, if it cannot pay for something that it is about to begin.
func (p *purse) afford(ctx context.Context, cost Cost) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.mayPay(ctx, cost)
	if err != nil {
		p.stop(err)
		return &StoppedError{err}
	}
	return nil
}

func (p *purse) note(target Target, cost Cost) error {
	day := dayOf(p.now())
	p.spent = p.spent.Add(cost)
	return p.spending.note(spendingKey{Day: day, Source: p.source, Target: target}, cost)
}

func (p *purse) mayPay(ctx context.Context, cost Cost) error {
	if cost.APIPrice.IsZero() {
		return nil
	}
	if spent := p.spent.APIPrice; p.runMax != nil && spent.Add(cost.APIPrice).GreaterThan(*p.runMax) {
		return &LimitError{Limit: *p.runMax, Spent: spent}
	}
	day := dayOf(p.now())
	if p.dayMax != nil && p.spending.own != nil { // others may spend at the same time
		if p.spending.own.days[day].Add(cost.APIPrice).GreaterThan(p.spending.reserved[day]) {
			return p.spending.reserve(ctx, day, cost.APIPrice, *p.dayMax)
		}
		return nil
	}
	if spent := p.spending.days[day]; p.dayMax != nil && spent.Add(cost.APIPrice).GreaterThan(*p.dayMax) {
		return &LimitError{Limit: *p.dayMax, Spent: spent, Day: day}
	}
	return nil
}

// tab is what the calls of one Plan or Fetch come to.
type tab struct {
	purse  *purse
	target Target
	mu     sync.Mutex
	cost   Cost
}

type (
	tabKey   struct{}
	priceKey struct{}
)

// open returns a context on whose tab a source puts its calls.
func (p *purse) open(ctx context.Context, target Target) (context.Context, *tab) {
	t := &tab{purse: p, target: target}
	return context.WithValue(ctx, tabKey{}, t), t
}

// settle accounts for what a source did not put on the tab before it made its calls.
func (t *tab) settle(reported Cost) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cost.Calls > 0 || reported.Calls == 0 {
		return
	}
	t.purse.mu.Lock()
	defer t.purse.mu.Unlock()
	if err := t.purse.note(t.target, reported); err != nil {
		t.purse.stop(err)
	}
}

// WithCallCost says what each call costs that is made with the context; without it, a call is taken to be free.
func WithCallCost(ctx context.Context, cost Cost) context.Context {
	return context.WithValue(ctx, priceKey{}, cost)
}

// Charge accounts for a call that is about to be made, each try of it: whether AWS charges for those that it refuses is
// not documented, so that what is counted is what they cost at most. An error means that the call must not be made, and
// that the run ends; it is a [LimitError] where the limit of what calls may cost is reached.
//
// A context that is not of a [Runner]'s is charged nothing.
func Charge(ctx context.Context) error {
	t, _ := ctx.Value(tabKey{}).(*tab)
	if t == nil {
		return nil
	}
	cost, priced := ctx.Value(priceKey{}).(Cost)
	if !priced {
		cost = Cost{Calls: 1}
	}
	if err := t.purse.pay(ctx, t.target, cost); err != nil {
		return &StoppedError{err}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cost = t.cost.Add(cost)
	return nil
}

// StoppedError is the error of a call that was not made because the run has ended: what it was for is left to the next
// run.
type StoppedError struct{ Err error }

func (e *StoppedError) Error() string { return e.Err.Error() }

// Unwrap returns why the run has ended.
func (e *StoppedError) Unwrap() error { return e.Err }
