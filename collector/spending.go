package collector

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/internal/ownfile"
	"microspend/ledger"
)

// Spending is what API calls have cost, by UTC day, source and target: a document that all sources share, as the limit
// of a day is one of the ledger's.
//
// It is a line per call, appended before the call is made: a kill at any moment forgets nothing, and counts at most the
// calls that were about to be made. Each line has a checksum, and what its day came to with it: a line that is damaged
// is made up for by the next one of its day. Lines of a day are added up when there are many of them, or damaged ones
// among them. Only whoever holds the ledger's writer lock writes it.
//
// That is so in a folder, where lines can be appended. A ledger in none has them in a file beside the journal until the
// run ends, or the next one of this machine begins, and gets their sums: see publish.
type Spending struct {
	path    string   // of the file, or of the document
	file    *os.File // nil where it is only read
	synced  time.Time
	lines   int
	whole   int64 // bytes up to the end of the last line
	sums    map[spendingKey]Cost
	days    map[string]decimal.Decimal // the price of all that is in sums
	damaged int                        // lines
	atLeast []string                   // the days that they may be of, unless a later line makes up for them; "" where none comes before

	own    *Spending    // of this run, where the ledger has its lines later
	ledger ledger.Store // which is to have them
	begun  time.Time
	// reserved is what this run may spend on a day, with what it has spent: see [reservation].
	reserved map[string]decimal.Decimal
}

type spendingKey struct {
	Day    string // 2026-11-23
	Source string
	Target Target
	By     string // the file of which the ledger has got it lately; "" otherwise
}

// spendingLine is how an entry is written.
type spendingLine struct {
	Day     string `json:"day"`
	Source  string `json:"source"`
	Account string `json:"account"`
	Region  string `json:"region"`
	By      string `json:"by,omitempty"`
	Cost
	Total decimal.Decimal `json:"total"` // of the day, with this line
}

const (
	spendingName  = "spending"
	damagedSuffix = ".damaged"
	// spendingDays is how many days are kept: this month and the one before, whatever their lengths.
	spendingDays = 62
	// manyLines is how many lines beyond one per day, source and target make it worth adding them up.
	manyLines = 1000
)

// ReadSpending reads what has been spent on collecting into a ledger; nil is one that is not there yet. It takes no lock.
// A ledger that was never collected into has spent nothing.
func ReadSpending(ctx context.Context, l ledger.Reader) (*Spending, error) {
	if l == nil {
		return parseSpending("", nil), nil
	}
	name := documentOf("", spendingName)
	text, err := l.Document(ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what has been spent cannot be read: %w", err)
	}
	return parseSpending(l.Name()+"/"+name, text), nil
}

// parseSpending reads lines. One that is cut off, as a full disk leaves it, is of a call that was never made.
func parseSpending(path string, text []byte) *Spending {
	s := &Spending{path: path, sums: map[spendingKey]Cost{}, days: map[string]decimal.Decimal{}}
	last := ""
	for {
		whole := bytes.IndexByte(text, '\n') + 1
		if whole == 0 {
			return s
		}
		one := bytes.TrimSpace(text[:whole])
		s.whole, text = s.whole+int64(whole), text[whole:]
		if len(one) == 0 {
			continue
		}
		line, ok := parseSpendingLine(one)
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

// parseSpendingLine reads a line: JSON, a tab and its CRC-32C. Former versions wrote no checksum.
func parseSpendingLine(text []byte) (line spendingLine, ok bool) {
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
	s.add(spendingKey{line.Day, line.Source, Target{line.Account, line.Region}, line.By}, line.Cost)
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
func openSpending(ctx context.Context, of Ledger, local string, l ledger.Store, now time.Time) (*Spending, error) {
	if of.Folder != "" {
		s, err := ReadSpending(ctx, l)
		if err != nil {
			return nil, err
		}
		s.path = filepath.Join(local, spendingName)
		return s, s.open(now)
	}
	if err := publishLeft(ctx, local, l, now); err != nil {
		return nil, err
	}
	s, err := ReadSpending(ctx, l)
	if err != nil {
		return nil, err
	}
	s.ledger, s.begun, s.reserved = l, now, map[string]decimal.Decimal{}
	s.own = parseSpending(filepath.Join(local, ownSpending+rand.Text()), nil)
	return s, s.own.open(now)
}

// open makes a file ready to be appended to.
func (s *Spending) open(now time.Time) (err error) {
	if err := placeOf(s.path).PrivateFolder(filepath.Dir(s.path)); err != nil {
		return fmt.Errorf("creating the folder of what is spent: %w", err)
	}
	s.forget(now)
	if s.damaged > 0 {
		if err := s.keepDamaged(); err != nil {
			return err
		}
	}
	if s.damaged > 0 || s.lines > len(s.sums)+manyLines {
		if err := s.compact(); err != nil {
			return err
		}
	}
	if s.file, err = placeOf(s.path).OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND); err != nil {
		return fmt.Errorf("what is spent cannot be noted: %w", err)
	}
	if err := s.file.Truncate(s.whole); err != nil { // a line that is cut off would spoil the next one
		return errors.Join(fmt.Errorf("what is spent cannot be noted: %w", err), s.file.Close())
	}
	s.synced = time.Now()
	return nil
}

// forget leaves out the days that are not kept.
func (s *Spending) forget(now time.Time) {
	oldest := dayOf(now.AddDate(0, 0, -spendingDays))
	maps.DeleteFunc(s.sums, func(key spendingKey, _ Cost) bool { return key.Day <= oldest })
	maps.DeleteFunc(s.days, func(of string, _ decimal.Decimal) bool { return of <= oldest })
}

// keepDamaged copies a damaged file beside itself, for whoever wants to look: the last one of its kind.
func (s *Spending) keepDamaged() error {
	text, err := ownfile.ReadFile(s.path)
	if err == nil {
		err = placeOf(s.path).Write(s.path+damagedSuffix, text)
	}
	if err != nil {
		return fmt.Errorf("what has been spent is damaged, and cannot be kept aside: %w", err)
	}
	return nil
}

// compact replaces the file by one with a line per day, source and target.
func (s *Spending) compact() error {
	text, err := s.text()
	if err != nil {
		return err
	}
	s.whole = int64(len(text))
	return placeOf(s.path).Write(s.path, text)
}

// text is a line per day, source and target.
func (s *Spending) text() (all []byte, err error) {
	totals := map[string]decimal.Decimal{}
	for _, key := range s.keys() {
		totals[key.Day] = totals[key.Day].Add(s.sums[key].APIPrice)
		text, err := key.line(s.sums[key], totals[key.Day])
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

func (s *Spending) keys() []spendingKey {
	return slices.SortedFunc(maps.Keys(s.sums), func(a, b spendingKey) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Target.Account, b.Target.Account), cmp.Compare(a.Target.Region, b.Target.Region), cmp.Compare(a.By, b.By))
	})
}

func (k spendingKey) line(cost Cost, total decimal.Decimal) ([]byte, error) {
	text, err := json.Marshal(spendingLine{k.Day, k.Source, k.Target.Account, k.Target.Region, k.By, cost, total})
	return fmt.Appendf(text, "\t%s\n", checksumOf(text)), err
}

// note appends what a call is going to cost.
func (s *Spending) note(key spendingKey, cost Cost) error {
	s.add(key, cost)
	if s.own != nil {
		return s.own.note(key, cost)
	}
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

func (s *Spending) close(ctx context.Context) error {
	if s.own != nil {
		if err := s.own.close(ctx); err != nil {
			return err
		}
		return publish(ctx, s.own.path, s.ledger, s.begun)
	}
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
