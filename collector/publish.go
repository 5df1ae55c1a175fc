package collector

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"microspend/internal/ownfile"
	"microspend/ledger"
)

// ownSpending begins the names of files with what runs of this machine have spent and the ledger has not got yet.
const ownSpending = spendingName + "-"

// publishLeft has the ledger get what runs have spent that were killed.
func publishLeft(ctx context.Context, local string, l ledger.Store, now time.Time) error {
	entries, err := os.ReadDir(local)
	if err != nil {
		return fmt.Errorf("looking for what is spent: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ownSpending) && e.Type().IsRegular() {
			if err := publish(ctx, filepath.Join(local, e.Name()), l, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish adds what a file says to what the ledger has, and removes the file. The ledger knows for two days which file
// it has a sum of, so that one is counted once, however often a kill has it published.
func publish(ctx context.Context, path string, l ledger.Store, now time.Time) error {
	text, err := ownfile.ReadFile(path)
	if err != nil {
		return fmt.Errorf("what is spent cannot be read: %w", err)
	}
	own, by := parseSpending(path, text), owner(path)
	name := documentOf("", spendingName)
	if len(own.sums) > 0 {
		err = ledger.UpdateDocument(ctx, l, name, func(before []byte) ([]byte, error) {
			all := parseSpending(name, before)
			if all.damaged > 0 {
				if err := l.PutDocument(ctx, name+damagedSuffix, before); err != nil {
					return nil, err
				}
			}
			return all.with(own, by, now).text()
		})
	}
	if err != nil {
		return fmt.Errorf("what is spent cannot be noted: %w", err)
	}
	if err := release(ctx, l, by); err != nil {
		return err
	}
	return placeOf(path).Remove(path)
}

// with is the sum of both, in which what is of own can be told for two days.
func (s *Spending) with(own *Spending, by string, now time.Time) *Spending {
	lately, sum := dayOf(now.AddDate(0, 0, -1)), parseSpending(s.path, nil)
	for key, cost := range s.sums {
		if key.By == by {
			continue
		}
		if key.Day < lately {
			key.By = ""
		}
		sum.add(key, cost)
	}
	for key, cost := range own.sums {
		if key.By = by; key.Day < lately {
			key.By = ""
		}
		sum.add(key, cost)
	}
	sum.forget(now)
	return sum
}
