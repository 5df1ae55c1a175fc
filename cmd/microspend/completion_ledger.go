package main

import (
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/stores"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/closing"
)

const (
	// namedDays are how many of a ledger's last days the names that are offered are looked for in.
	namedDays  = 35
	mostMonths = 24
	adviceTime = time.Second // there is nothing to show before all of it is worked out
)

// openedFolder opens a line's ledger if it is a folder. Another is not asked: to press Tab neither costs a request nor
// waits for a network.
func (l line) openedFolder() (ledger.Reader, bool) {
	name, err := l.ledgerName()
	if err != nil || !stores.IsFolder(name) {
		return nil, false
	}
	opened, err := l.openLedger(l)
	return opened, err == nil
}

// namesIn offers the names in a dimension: those of the tenants file, and those of the ledger's last days.
func namesIn(d spend.Dimension) func(line) []string {
	return func(l line) []string {
		read, err := l.configured(l.readFile)
		if err != nil {
			return nil
		}
		source := read.Source
		opened, ok := l.openedFolder()
		if !ok {
			return source.ListedNames(d)
		}
		source.Usage = opened
		extent, err := opened.Extent(l)
		if err != nil {
			return source.ListedNames(d)
		}
		last := civil.DayOf(extent.Last, time.UTC)
		names, _ := source.NamesIn(l, d, (last - namedDays).Start(time.UTC), (last + 1).Start(time.UTC))
		return names
	}
}

// months are those that a line's ledger has usage of, the last first.
func (l line) months() (months []civil.Day, in ledger.Reader) {
	opened, ok := l.openedFolder()
	if !ok {
		return nil, nil
	}
	extent, err := opened.Extent(l)
	if err != nil || extent.First.IsZero() {
		return nil, nil
	}
	first := civil.DayOf(extent.First, time.UTC).FirstOfMonth()
	for month := civil.DayOf(extent.Last, time.UTC).FirstOfMonth(); month >= first && len(months) < mostMonths; {
		months = append(months, month)
		month = month.AddMonths(-1)
	}
	return months, opened
}

// periods offers words for a period, and the ledger's months.
func (l line) periods() []string {
	names := []string{"month", "today", "week", "30d"}
	months, _ := l.months()
	for _, month := range months {
		names = append(names, monthWord(month))
	}
	return names
}

func (l line) firstDays() (names []string) {
	months, _ := l.months()
	for _, month := range months {
		names = append(names, month.String())
	}
	return names
}

// openMonths offers the months that are over and not closed, or with --reopen the one that can be opened again.
func (l line) openMonths() (names []string) {
	months, in := l.months()
	if in == nil {
		return nil
	}
	closed, err := closing.List(l, in)
	if err != nil {
		return nil
	}
	isClosed := map[string]bool{}
	for _, c := range closed {
		isClosed[c.Month] = true
	}
	if reopen, err := l.cmd.Flags().GetBool("reopen"); err == nil && reopen {
		return slices.Sorted(maps.Keys(isClosed))[max(len(isClosed)-1, 0):]
	}
	running := civil.DayOf(l.today(), time.UTC).FirstOfMonth()
	for _, month := range slices.Backward(months) { // they are closed in order
		if name := monthWord(month); month < running && !isClosed[name] {
			names = append(names, name)
		}
	}
	return names
}

func monthWord(month civil.Day) string { return month.String()[:len("2026-10")] }

// actions offers what the audit log has entries of.
func (l line) actions() []string {
	opened, ok := l.openedFolder()
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	_, err := opened.AuditLog(l, audit.Options{Keep: func(e *audit.Entry) bool { seen[e.Action] = true; return false }})
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(seen))
}

// advised offers the ids of advice, each with its kind.
func (l line) advised() (ids []string) {
	if _, ok := l.openedFolder(); !ok {
		return nil
	}
	_, found, err := l.advice(l.cmd, &adviseFlags{})
	if err != nil {
		return nil
	}
	for _, one := range found.Advice {
		ids = append(ids, one.ID+"\t"+string(one.Kind))
	}
	return ids
}

func (l line) dismissed() []string {
	opened, ok := l.openedFolder()
	if !ok {
		return nil
	}
	all, err := advise.ReadDismissals(l, opened)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(all))
}

// gaps offers the ids of what could not be collected and was not accepted.
func (l line) gaps() (ids []string) {
	if _, ok := l.openedFolder(); !ok {
		return nil
	}
	_, all, err := l.findings(l, findingFlags{})
	if err != nil {
		return nil
	}
	for _, f := range all {
		if f.Accepted.IsZero() {
			ids = append(ids, f.ID+"\t"+f.Kind)
		}
	}
	return ids
}
