package move

import (
	"context"
	"fmt"
	"slices"
	"time"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/ledger/audit"
)

// Action is what the audit log calls what a move does.
const Action = "move"

// Options say what to move.
type Options struct {
	// From and To are the midnights in UTC between which usage is moved; both zero for all, with documents, closed months
	// and the audit log. A move of some days is of usage alone: a collector's checkpoints would be wrong about the rest.
	From, To time.Time
	// Merge adds to a target that holds something else already. Of documents that both have the target's stay.
	Merge bool
	// DryRun finds out what there is to do and changes nothing. The target may then be a plain reader.
	DryRun bool
	Now    func() time.Time
	// Progress is told after each step how many records have been dealt with; nil is not told.
	Progress func(records, of int64)
}

func (o *Options) all() bool { return o.From.IsZero() && o.To.IsZero() }

// Day is what became of a UTC day.
type Day struct {
	Day     time.Time
	Records int64 // that the source has
	Same    bool  // there was nothing to copy
	Planned bool  // nothing was copied: it is a dry run
	// Damaged are files of the day that cannot be read, of either side: what they held is not in the target.
	Damaged []ledger.DamagedFile
	// Differences say in what the two sides differ, where they do after all.
	Differences []Difference
}

// OK reports whether the target has all that the source had.
func (d Day) OK() bool { return len(d.Damaged)+len(d.Differences) == 0 }

// Result is what became of a move.
type Result struct {
	Source, Target string // their names
	Resumed        bool
	DryRun         bool
	Days           []Day
	Records        int64 // of all days, in the source
	Changes        ledger.Changes
	Months         []string // snapshots of closed months that were copied or there already
	Documents      int      // copied, or there already
	Entries        int      // of the source's audit log, which is kept as documents
	// Kept names what the target has of its own and what was therefore not copied: documents, and snapshots.
	Kept []string
}

// OK reports whether the target has all that the source had, so that the source is no longer needed.
func (r *Result) OK() bool {
	return !slices.ContainsFunc(r.Days, func(d Day) bool { return !d.OK() })
}

// TargetError says that the target is not empty, and not from an earlier part of the same move.
type TargetError struct{ Target, Reason string }

func (e *TargetError) Error() string {
	return fmt.Sprintf("the ledger %s %s; nothing was changed. Give an empty one, or --merge to add to it", e.Target, e.Reason)
}

// mover is a move at work.
type mover struct {
	Options
	source  ledger.Reader
	read    ledger.Reader // the target
	target  ledger.Store  // nil in a dry run
	note    note
	result  Result
	has     map[time.Time]ledger.DayInfo // of the target, before the move
	written map[time.Time]bool           // days that were, with a closed month
	done    int64                        // records
	total   int64
	head    string // of the source's audit log
}

// Move copies what the source has into the target. The target is a [ledger.Store] unless it is a dry run; nil stands for
// one that is not there yet. The error is a [TargetError] where the target holds something else.
func Move(ctx context.Context, source, target ledger.Reader, o Options) (Result, error) {
	m := &mover{Options: o, source: source, read: target}
	if m.Progress == nil {
		m.Progress = func(int64, int64) {}
	}
	m.result = Result{Source: source.Name(), DryRun: o.DryRun}
	if target != nil {
		m.result.Target = target.Name()
	}
	if !o.DryRun {
		m.target = target.(ledger.Store)
		m.target.From(audit.Source{Targets: []string{source.Name()}})
	}
	err := m.move(ctx)
	return m.result, err
}

func (m *mover) move(ctx context.Context) error {
	if err := m.admit(ctx); err != nil {
		return err
	}
	days, err := m.days(ctx)
	if err != nil {
		return err
	}
	if m.all() {
		if err := m.snapshots(ctx); err != nil {
			return err
		}
	}
	for _, batch := range m.batches(days) {
		if err := m.copyDays(ctx, batch); err != nil {
			return err
		}
	}
	if m.all() {
		if err := m.documents(ctx); err != nil {
			return err
		}
		if err := m.auditLog(ctx); err != nil {
			return err
		}
	}
	return m.end(ctx)
}

// days are those of the source in the range, damaged ones among them, and those that an earlier part of the move has
// copied, in order.
func (m *mover) days(ctx context.Context) ([]Day, error) {
	info, err := m.source.Info(ctx)
	if err != nil {
		return nil, err
	}
	byDay := map[time.Time]*Day{}
	of := func(day time.Time) *Day {
		if byDay[day] == nil {
			byDay[day] = &Day{Day: day}
		}
		return byDay[day]
	}
	for _, day := range info.Days {
		if day.Rows > 0 {
			of(day.Day).Records = day.Rows
		}
	}
	for _, file := range info.Damaged {
		of(file.Day)
	}
	if !m.Merge { // what the source no longer has is to go
		for day := range m.has {
			of(day)
		}
	}
	var days []Day
	for _, day := range byDay {
		if m.all() || !day.Day.Before(m.From) && day.Day.Before(m.To) {
			days = append(days, *day)
			m.total += day.Records
		}
	}
	slices.SortFunc(days, func(a, b Day) int { return a.Day.Compare(b.Day) })
	return days, nil
}

// What is imported at a time: enough that a step of the audit log and of a database's staging is worth it, and little
// enough that not much is lost when the move is cut off.
const (
	batchRecords = 1_000_000
	batchDays    = 31
)

func (m *mover) batches(days []Day) (batches [][]Day) {
	for len(days) > 0 {
		n, records := 0, int64(0)
		for n < len(days) && n < batchDays && (n == 0 || records+days[n].Records <= batchRecords) {
			records += days[n].Records
			n++
		}
		batches = append(batches, days[:n])
		days = days[n:]
	}
	return batches
}

// end says in the note and in the audit log that the move is over.
func (m *mover) end(ctx context.Context) error {
	if m.DryRun {
		return nil
	}
	counts := map[string]int64{
		"days": int64(len(m.result.Days)), "records": m.result.Records, "documents": int64(m.result.Documents),
	}
	text := fmt.Sprintf("%s of %s", figures.Count(len(m.result.Days), "day"), m.result.Source)
	if m.head != "" {
		text += ", whose audit log ended in " + m.head
	}
	if !m.result.OK() {
		text += "; not all of it could be copied"
	}
	return m.target.Audit(audit.Entry{Action: Action, Note: text, Counts: counts, Source: audit.Source{
		Targets: []string{m.result.Source},
	}}, func() error { return m.ended(ctx) })
}
