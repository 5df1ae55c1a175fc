package collector

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/ownfile"
)

// Spending is what API calls have cost, by UTC day, source and target: a file beside the ledger that all sources share,
// as the limit of a day is one of the ledger's.
//
// It is a line per call, appended before the call is made: a kill at any moment forgets nothing, and counts at most the
// calls that were about to be made. Lines of a day are added up when there are many of them. Only whoever holds the
// ledger's writer lock writes it.
type Spending struct {
	path  string
	file  *os.File // nil where it is only read
	lines int
	sums  map[spendingKey]Cost
}

type spendingKey struct {
	Day    string // 2026-11-23
	Source string
	Target Target
}

// spendingLine is how an entry is written.
type spendingLine struct {
	Day     string `json:"day"`
	Source  string `json:"source"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Cost
}

const (
	spendingName = "spending"
	// spendingDays is how many days are kept: this month and the one before, whatever their lengths.
	spendingDays = 62
	// manyLines is how many lines beyond one per day, source and target make it worth adding them up.
	manyLines = 1000
)

// ReadSpending reads what has been spent on collecting into a ledger. It takes no lock. A ledger that was never
// collected into has spent nothing.
func ReadSpending(ledger string) (*Spending, error) {
	s := &Spending{path: filepath.Join(ledger, ".collect", spendingName), sums: map[spendingKey]Cost{}}
	file, err := ownfile.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what has been spent cannot be read: %w", err)
	}
	defer file.Close()
	in := bufio.NewReader(file)
	for {
		text, err := in.ReadBytes('\n')
		// A line that is cut off, as a power failure may leave the last one, is of a call that was never made.
		var line spendingLine
		if json.Unmarshal(text, &line) == nil {
			s.lines++
			s.add(spendingKey{line.Day, line.Source, Target{line.Account, line.Region}}, line.Cost)
		}
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what has been spent cannot be read: %w", err)
		}
	}
}

func (s *Spending) add(key spendingKey, cost Cost) { s.sums[key] = s.sums[key].Add(cost) }

// openSpending reads what has been spent and makes it ready to be appended to.
func openSpending(ledger string, now time.Time) (*Spending, error) {
	s, err := ReadSpending(ledger)
	if err != nil {
		return nil, err
	}
	if err := ownfile.PrivateFolder(filepath.Dir(s.path), 1); err != nil {
		return nil, fmt.Errorf("creating the folder of what is spent: %w", err)
	}
	oldest := dayOf(now.AddDate(0, 0, -spendingDays))
	maps.DeleteFunc(s.sums, func(key spendingKey, _ Cost) bool { return key.Day <= oldest })
	if s.lines > len(s.sums)+manyLines {
		if err := s.compact(); err != nil {
			return nil, err
		}
	}
	if s.file, err = ownfile.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND); err != nil {
		return nil, fmt.Errorf("what is spent cannot be noted: %w", err)
	}
	// After a line that is cut off, the next one begins anew; empty lines mean nothing.
	if _, err := s.file.WriteString("\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("what is spent cannot be noted: %w", err), s.file.Close())
	}
	return s, nil
}

// compact replaces the file by one with a line per day, source and target.
func (s *Spending) compact() error {
	return ownfile.Replace(s.path, func(w io.Writer) error {
		out := json.NewEncoder(w)
		for _, key := range s.keys() {
			if err := out.Encode(key.line(s.sums[key])); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Spending) keys() []spendingKey {
	return slices.SortedFunc(maps.Keys(s.sums), func(a, b spendingKey) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Target.Account, b.Target.Account), cmp.Compare(a.Target.Region, b.Target.Region))
	})
}

func (k spendingKey) line(cost Cost) spendingLine {
	return spendingLine{k.Day, k.Source, k.Target.Account, k.Target.Region, cost}
}

// note appends what a call is going to cost.
func (s *Spending) note(key spendingKey, cost Cost) error {
	s.add(key, cost)
	if s.file == nil {
		return nil
	}
	text, err := json.Marshal(key.line(cost))
	if err == nil {
		_, err = s.file.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("what is spent cannot be noted: %w", err)
	}
	return nil
}

func (s *Spending) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Sync(), s.file.Close())
}

// Of adds up what was spent from one moment to another, by whole UTC days: the day of from is the first one, the day
// of to the last. The empty source and the zero target stand for all.
func (s *Spending) Of(source string, target Target, from, to time.Time) Cost {
	first, last := dayOf(from), dayOf(to)
	var sum Cost
	for key, cost := range s.sums {
		if key.Day >= first && key.Day <= last && (source == "" || source == key.Source) &&
			(target == Target{} || target == key.Target) {
			sum = sum.Add(cost)
		}
	}
	return sum
}

func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// LimitError says that a limit of what API calls may cost is reached. The run ends there, as if it were interrupted:
// what was read is kept, the rest is read by later runs.
type LimitError struct {
	Limit decimal.Decimal
	Spent decimal.Decimal
	Day   string // of the limit of a day, 2026-11-23 UTC; "" for the limit of a run
}

func (e *LimitError) Error() string {
	if e.Day == "" {
		return fmt.Sprintf("the limit of $%s a run is reached, with $%s spent on API calls; what was read is in the "+
			"ledger, and the next run goes on from there", e.Limit, e.Spent)
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
	today    map[string]decimal.Decimal
}

// pay accounts for calls that are about to be made to a target. An error, which also ends the run, means that they must
// not be made.
func (p *purse) pay(target Target, cost Cost) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.mayPay(cost)
	if err == nil {
		err = p.note(target, cost)
	}
	if err != nil {
		p.stop(err)
	}
	return err
}

// afford ends the run, with an error, if it cannot pay for something that it is about to begin.
func (p *purse) afford(cost Cost) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.mayPay(cost)
	if err != nil {
		p.stop(err)
		return &StoppedError{err}
	}
	return nil
}

func (p *purse) note(target Target, cost Cost) error {
	day := dayOf(p.now())
	p.spent = p.spent.Add(cost)
	p.today[day] = p.daySpent(day).Add(cost.APIPrice)
	return p.spending.note(spendingKey{day, p.source, target}, cost)
}

func (p *purse) mayPay(cost Cost) error {
	if cost.APIPrice.IsZero() {
		return nil
	}
	if spent := p.spent.APIPrice; p.runMax != nil && spent.Add(cost.APIPrice).GreaterThan(*p.runMax) {
		return &LimitError{Limit: *p.runMax, Spent: spent}
	}
	day := dayOf(p.now())
	if spent := p.daySpent(day); p.dayMax != nil && spent.Add(cost.APIPrice).GreaterThan(*p.dayMax) {
		return &LimitError{Limit: *p.dayMax, Spent: spent, Day: day}
	}
	return nil
}

// daySpent is what all sources have spent on a day. It is added up once, as there may be a call every few milliseconds.
func (p *purse) daySpent(day string) decimal.Decimal {
	if spent, known := p.today[day]; known {
		return spent
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return decimal.Decimal{}
	}
	p.today[day] = p.spending.Of("", Target{}, at, at).APIPrice
	return p.today[day]
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
	if err := t.purse.pay(t.target, cost); err != nil {
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
