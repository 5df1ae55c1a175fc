package collector

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/internal/ownfile"
)

// Spending is what API calls have cost, by UTC day, source and target: a file beside the ledger that all sources share,
// as the limit of a day is one of the ledger's.
//
// It is a line per call, appended before the call is made: a kill at any moment forgets nothing, and counts at most the
// calls that were about to be made. Each line has a checksum, and what its day came to with it: a line that is damaged
// is made up for by the next one of its day. Lines of a day are added up when there are many of them, or damaged ones
// among them. Only whoever holds the ledger's writer lock writes it.
type Spending struct {
	path    string
	file    *os.File // nil where it is only read
	synced  time.Time
	lines   int
	whole   int64 // bytes up to the end of the last line
	sums    map[spendingKey]Cost
	days    map[string]decimal.Decimal // the price of all that is in sums
	damaged int                        // lines
	atLeast []string                   // the days that they may be of, unless a later line makes up for them; "" where none comes before
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
	Total decimal.Decimal `json:"total"` // of the day, with this line
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
	s := &Spending{
		path: filepath.Join(
			ledger,
			".collect",
			spendingName,
		), sums: map[spendingKey]Cost{}, days: map[string]decimal.Decimal{},
	}
	file, err := ownfile.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what has been spent cannot be read: %w", err)
	}
	defer file.Close()
	in, last := bufio.NewReader(file), ""
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // a line that is cut off, as a full disk leaves it, is of a call that was never made
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what has been spent cannot be read: %w", err)
		}
		s.whole += int64(len(text))
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		line, ok := parseSpending(text)
		if !ok {
			s.damaged++
			if !slices.Contains(s.atLeast, last) {
				s.atLeast = append(s.atLeast, last)
			}
			continue
		}
		s.take(line)
		last = line.Day
	}
}

// parseSpending reads a line: JSON, a tab and its CRC-32C. Former versions wrote no checksum.
func parseSpending(text []byte) (line spendingLine, ok bool) {
	text, sum, summed := bytes.Cut(text, []byte("\t"))
	if summed && string(sum) != checksumOf(text) {
		return line, false
	}
	if json.Unmarshal(text, &line) != nil {
		return line, false
	}
	_, err := time.Parse(time.DateOnly, line.Day)
	return line, err == nil
}

func checksumOf(text []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(text, castagnoli)) }

// take counts a line, and what its day's total has beyond the lines before it: those that were damaged.
func (s *Spending) take(line spendingLine) {
	s.lines++
	s.add(spendingKey{line.Day, line.Source, Target{line.Account, line.Region}}, line.Cost)
	if missing := line.Total.Sub(s.days[line.Day]); missing.IsPositive() {
		s.add(spendingKey{Day: line.Day}, Cost{APIPrice: missing})
	}
	if !line.Total.IsZero() {
		s.atLeast = slices.DeleteFunc(s.atLeast, func(day string) bool { return day == line.Day || day == "" })
	}
}

// Damage says that the file is damaged, and of which days less is known than was spent; "" where it is whole. The next
// run that collects repairs it.
func (s *Spending) Damage() string {
	if s.damaged == 0 {
		return ""
	}
	var known []string
	for _, day := range s.atLeast {
		if day == "" {
			known = append(known, "more than the rest of it says")
			continue
		}
		known = append(known, fmt.Sprintf("at least $%s on %s", s.days[day], day))
	}
	text := fmt.Sprintf("%s has %s", s.path, figures.Count(s.damaged, "damaged line"))
	if len(known) == 0 {
		return text + "; later lines make up for what API calls cost"
	}
	return text + "; API calls cost " + strings.Join(known, ", ") + " (UTC), which a limit per day cannot count in full"
}

func (s *Spending) add(key spendingKey, cost Cost) {
	s.sums[key] = s.sums[key].Add(cost)
	s.days[key.Day] = s.days[key.Day].Add(cost.APIPrice)
}

// openSpending reads what has been spent and makes it ready to be appended to.
func openSpending(ledger string, now time.Time) (*Spending, error) {
	s, err := ReadSpending(ledger)
	if err != nil {
		return nil, err
	}
	if err := placeOf(s.path).PrivateFolder(filepath.Dir(s.path)); err != nil {
		return nil, fmt.Errorf("creating the folder of what is spent: %w", err)
	}
	oldest := dayOf(now.AddDate(0, 0, -spendingDays))
	maps.DeleteFunc(s.sums, func(key spendingKey, _ Cost) bool { return key.Day <= oldest })
	maps.DeleteFunc(s.days, func(of string, _ decimal.Decimal) bool { return of <= oldest })
	if s.damaged > 0 {
		if err := s.keepDamaged(); err != nil {
			return nil, err
		}
	}
	if s.damaged > 0 || s.lines > len(s.sums)+manyLines {
		if err := s.compact(); err != nil {
			return nil, err
		}
	}
	if s.file, err = placeOf(s.path).OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND); err != nil {
		return nil, fmt.Errorf("what is spent cannot be noted: %w", err)
	}
	if err := s.file.Truncate(s.whole); err != nil { // a line that is cut off would spoil the next one
		return nil, errors.Join(fmt.Errorf("what is spent cannot be noted: %w", err), s.file.Close())
	}
	s.synced = time.Now()
	return s, nil
}

// keepDamaged copies a damaged file beside itself, for whoever wants to look: the last one of its kind.
func (s *Spending) keepDamaged() error {
	text, err := ownfile.ReadFile(s.path)
	if err == nil {
		err = placeOf(s.path).Write(s.path+".damaged", text)
	}
	if err != nil {
		return fmt.Errorf("what has been spent is damaged, and cannot be kept aside: %w", err)
	}
	return nil
}

// compact replaces the file by one with a line per day, source and target.
func (s *Spending) compact() error {
	return placeOf(s.path).Replace(s.path, func(w io.Writer) error {
		s.whole = 0
		totals := map[string]decimal.Decimal{}
		for _, key := range s.keys() {
			totals[key.Day] = totals[key.Day].Add(s.sums[key].APIPrice)
			text, err := key.line(s.sums[key], totals[key.Day])
			if err == nil {
				_, err = w.Write(text)
			}
			if err != nil {
				return err
			}
			s.whole += int64(len(text))
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

func (k spendingKey) line(cost Cost, total decimal.Decimal) ([]byte, error) {
	text, err := json.Marshal(spendingLine{k.Day, k.Source, k.Target.Account, k.Target.Region, cost, total})
	return fmt.Appendf(text, "\t%s\n", checksumOf(text)), err
}

// note appends what a call is going to cost.
func (s *Spending) note(key spendingKey, cost Cost) error {
	s.add(key, cost)
	if s.file == nil {
		return nil
	}
	text, err := key.line(cost, s.days[key.Day])
	if err == nil {
		_, err = s.file.Write(text)
	}
	if now := time.Now(); err == nil && now.Sub(s.synced) >= syncEvery {
		err, s.synced = s.file.Sync(), now
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
