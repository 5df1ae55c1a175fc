package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
)

// reservation is what a run has set aside of the limit of a UTC day before it makes calls, in US dollars: all that it
// has spent on that day and the ledger has not got yet, and some calls ahead. It counts against the limit of every other
// run, until the ledger has what the run spent.
//
// A run that is killed leaves its reservations behind. They count until their days are over rather than for some
// minutes: the run has spent up to reservedCalls less than they say, which must not be forgotten while its machine is
// away. No clock but that which tells the days has a say in it, so that clocks may differ.
type reservation struct {
	Day    string          `json:"day"`   // 2026-11-23
	Owner  string          `json:"owner"` // the run's own file, as in spendingLine.By
	Amount decimal.Decimal `json:"amount"`
}

const (
	// reservedName is the document of reservations, a line each. They are not among the lines of what is spent, as former
	// versions, which reserve nothing, would take them for damaged ones.
	reservedName = "reserved"
	// reservedCalls is how many calls a reservation is made for, that which is due among them: few, as others cannot
	// spend what it holds, but enough that asking the ledger takes little of a run's time.
	reservedCalls = 32
)

// parseReservations leaves out what cannot be read: a document is replaced as a whole, so that no kill cuts off a line.
func parseReservations(text []byte) (all []reservation) {
	for line := range bytes.Lines(text) {
		var r reservation
		if json.Unmarshal(line, &r) == nil && !r.Amount.IsNegative() {
			all = append(all, r)
		}
	}
	return all
}

func reservationsText(all []reservation) (text []byte, err error) {
	for _, r := range all {
		line, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		text = append(append(text, line...), '\n')
	}
	return text, nil
}

// owner names a run by the file of what it has spent.
func owner(path string) string { return strings.TrimPrefix(filepath.Base(path), ownSpending) }

// reserve sets aside what a call costs, and some more like it as far as the limit of the day allows. It returns a
// [LimitError] where there is not enough left for the call.
//
// The reservations are read before what was spent, and have to be the same when they are replaced. As a run publishes
// its spending before it releases its reservation, it is found in at least one of the two; where in both, it counts once.
func (s *Spending) reserve(ctx context.Context, day string, cost, limit decimal.Decimal) error {
	mine := reservation{Day: day, Owner: owner(s.own.path)}
	err := ledger.UpdateDocument(ctx, s.ledger, documentOf("", reservedName), func(before []byte) ([]byte, error) {
		published, err := ReadSpending(ctx, s.ledger)
		if err != nil {
			return nil, err
		}
		kept, others := published.openReservations(parseReservations(before), mine)
		own := s.own.days[day]
		spent := published.days[day].Add(own)
		left := limit.Sub(spent).Sub(others)
		if cost.GreaterThan(left) {
			return nil, &LimitError{Limit: limit, Spent: spent, Reserved: others, Day: day}
		}
		ahead := cost
		for n := 1; n < reservedCalls && !ahead.Add(cost).GreaterThan(left); n++ {
			ahead = ahead.Add(cost)
		}
		mine.Amount = own.Add(ahead)
		return reservationsText(append(kept, mine))
	})
	if _, limited := errors.AsType[*LimitError](err); err != nil && !limited {
		return fmt.Errorf("what is about to be spent cannot be reserved: %w", err)
	}
	if err == nil {
		s.reserved[day] = mine.Amount
	}
	return err
}

// openReservations are those of other days and runs than mine that may still count, and the sum of those of its day.
// What is left out is released, older than yesterday by the day of mine, or of a run whose spending is in s.
func (s *Spending) openReservations(all []reservation, mine reservation) (kept []reservation, others decimal.Decimal) {
	published := map[string]bool{}
	for key := range s.sums {
		published[key.By] = true
	}
	oldest := mine.Day
	if at, err := time.Parse(time.DateOnly, mine.Day); err == nil {
		oldest = dayOf(at.AddDate(0, 0, -1))
	}
	for _, r := range all {
		same := r.Day == mine.Day
		if r.Day < oldest || r.Amount.IsZero() || published[r.Owner] || same && r.Owner == mine.Owner {
			continue
		}
		kept = append(kept, r)
		if same {
			others = others.Add(r.Amount)
		}
	}
	return kept, others
}

// release has the reservations of a run hold nothing any more, as the ledger has got its spending. They are not removed
// before another run reserves something: the document is never again what it was, so that a run that has read it before
// this one began cannot take it for unchanged after this one has ended.
func release(ctx context.Context, l ledger.Store, by string) error {
	name := documentOf("", reservedName)
	text, err := l.Document(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, held := released(text, by); err == nil && held {
		err = ledger.UpdateDocument(ctx, l, name, func(before []byte) ([]byte, error) {
			all, _ := released(before, by)
			return reservationsText(all)
		})
	}
	if err != nil {
		return fmt.Errorf("what was reserved cannot be released: %w", err)
	}
	return nil
}

// released are all reservations, of which those of an owner are zero. It reports whether one of them was not.
func released(text []byte, owner string) (all []reservation, held bool) {
	all = parseReservations(text)
	for i := range all {
		if r := &all[i]; r.Owner == owner {
			held = held || r.Amount.IsPositive()
			r.Amount = decimal.Zero
		}
	}
	return all, held
}
