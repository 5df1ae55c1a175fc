// Package doubt finds usage in a ledger that cannot be as it is recorded: more than an account's quotas permit, or of
// MicroVMs that AWS, whose own states another source has recorded, does not list or says did not run. It is the
// program's own and promises nothing.
//
// What a record says is the word of whoever runs in a MicroVM. Nothing here changes a record or an amount: a doubt is
// shown beside the figures that it concerns, and names who contributes most.
//
// # Layout
//
// JSON lines, a doubt each, in doubts/dt=DAY.jsonl among the ledger's documents, by the UTC day of the records. A day's
// file is worked out from all of its records each time that the day is collected into, and replaced as a whole; a day
// that has no doubts has no file. Nothing in it affects a bill, so files may be deleted.
package doubt

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

// Kind says what speaks against usage.
type Kind string

// The kinds.
const (
	BeyondQuota Kind = "beyond-quota" // an account's usage in a period is more than its quota of memory permits
	NotListed   Kind = "not-listed"   // AWS lists no such MicroVM, at a time at which it was asked
	NotRunning  Kind = "not-running"  // AWS lists the MicroVM, and says that it did not run, or not for so long
)

// Doubt is usage that something speaks against.
type Doubt struct {
	Kind      Kind      `json:"kind"`
	Region    string    `json:"region"`
	Account   string    `json:"account"`
	Source    string    `json:"source"` // of the records
	From      time.Time `json:"from"`   // half-open; of BeyondQuota a period, otherwise all periods of a day
	To        time.Time `json:"to"`
	Quantity  string    `json:"quantity,omitempty"` // of BeyondQuota: vcpu_ms, mem_mib_ms or storage_byte_seconds
	Used      string    `json:"used,omitempty"`     // of it, a whole number
	Most      int64     `json:"most,omitempty"`     // that the quota permits
	ClaimedMS int64     `json:"claimed_ms,omitempty"`
	RunningMS int64     `json:"running_ms,omitempty"` // that AWS's states leave room for in the same periods
	By        []Part    `json:"by"`                   // whose usage it is, the largest part first; at most three
}

// Part is what a resource contributes.
type Part struct {
	Resource string `json:"resource"` // as [usage.Resource] writes it
	Tenant   string `json:"tenant,omitempty"`
	Used     int64  `json:"used"`
}

const folder = "doubts"

func name(day time.Time) string { return folder + "/dt=" + day.UTC().Format(time.DateOnly) + ".jsonl" }

// Write replaces the doubts of a UTC day.
func Write(ctx context.Context, l ledger.Store, day time.Time, doubts []Doubt) error {
	if len(doubts) == 0 {
		return l.RemoveDocument(ctx, name(day))
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	lines.SetEscapeHTML(false)
	for _, d := range doubts {
		if err := lines.Encode(d); err != nil {
			return err
		}
	}
	return l.PutDocument(ctx, name(day), text.Bytes())
}

// longestLine is the longest line that is read, in bytes: names have 2,048 at most.
const longestLine = 64 << 10

// Read reads the doubts about usage in [from, to). A line that is not one is skipped.
func Read(ctx context.Context, l ledger.Documents, from, to time.Time) (doubts []Doubt, err error) {
	days, err := l.ListDocuments(ctx, folder)
	if err != nil {
		return nil, err
	}
	for _, of := range days {
		date, found := strings.CutPrefix(strings.TrimSuffix(of, ".jsonl"), folder+"/dt=")
		day, err := time.Parse(time.DateOnly, date)
		if !found || err != nil || !day.Before(to) || !day.AddDate(0, 0, 1).After(from) {
			continue
		}
		text, err := l.Document(ctx, of)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just gone
		}
		if err != nil {
			return nil, err
		}
		ofDay, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", of, err)
		}
		for _, d := range ofDay {
			if d.From.Before(to) && d.To.After(from) {
				doubts = append(doubts, d)
			}
		}
	}
	return doubts, nil
}

func parse(text []byte) (doubts []Doubt, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, longestLine)
	for lines.Scan() && len(doubts) < maxDoubts {
		var d Doubt
		if json.Unmarshal(lines.Bytes(), &d) == nil && len(d.By) > 0 {
			doubts = append(doubts, d)
		}
	}
	return doubts, lines.Err()
}

// maxDoubts is how many doubts a day has at most, so that no number of forged MicroVMs fills the disk.
const maxDoubts = 1000

// maxParts is how many resources a doubt names.
const maxParts = 3

// measures are those that the quota of memory bounds.
var measures = []usage.Measure{vcpu, memory, storage}
