package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/view"
)

// Top makes the document of the fleet as it is now: the figures of all of it, and the MicroVMs chosen, in their order.
func Top(s *fleet.Snapshot, chosen []*fleet.MicroVM) view.Document {
	columns := TopColumns(s)
	data := view.NewTable(view.First(columns, topContract...), chosen, nil)
	d := view.Document{
		Title: topTitle(s), Subtitle: topSubtitle(s), Data: data,
		JSON: view.Object{
			{ID: "schema", Value: "microspend.top/v1"},
			{ID: "at", Value: view.Moment(s.At)},
			{ID: "burn_per_hour", Value: AmountValue(s.Burn, TopPlaces)},
			{ID: "burn_state", Value: stateOf(s.Burn).String()},
			{ID: "month", Value: AmountValue(s.Month, view.CentPlaces)},
			{ID: "today", Value: AmountValue(s.Today, view.CentPlaces)},
			{ID: "today_estimated", Value: AmountValue(s.TodayNewer, view.CentPlaces)},
			{ID: "ledger_until", Value: momentOrNone(s.LedgerUntil)},
			{ID: "rates_read_on", Value: view.Text(s.RatesReadOn.String()).Or("", !s.RatesReadOn.IsZero())},
			{ID: "counts", Value: countsObject(s)},
			{ID: "memory_in_use_mib", Value: view.Count(s.MemoryInUse)},
			{ID: "memory_quota_mib", Value: view.Count(s.MemoryQuota).Or("", s.MemoryQuota > 0)},
			{ID: "near_cap", Value: s.NearCap},
			{ID: "idle", Value: s.Idle},
			{ID: "listed", Value: len(s.MicroVMs)},
			{ID: "places", Value: view.Records{Table: view.NewTable(placeColumns, s.Places, nil)}},
			{ID: "microvms", Value: view.Records{Table: data}},
			{ID: "events", Value: view.Records{Table: view.NewTable(eventColumns, s.Events, nil)}},
			{ID: "assumptions", Value: noteRecords(topAssumptions())},
		},
	}
	if len(chosen) > 0 {
		table := view.NewTable(columns, chosen, nil)
		table.Add(topTotal(s, columns, chosen))
		d.Add(view.Section{Table: table})
	}
	d.Add(view.Section{Notes: topNotes(s, len(chosen))})
	return d
}

// topContract are the columns that programs get first, in the order of the contract.
var topContract = []string{
	"microvm_id", "state", "tenant", "image", "arch", "region", "age_seconds", "cap_seconds", "running_seconds",
	"suspended_seconds", "idle_remaining_seconds", "burn_per_hour", "spent", "spent_estimated",
}

// topTotal is the row under those that are shown: how many there are, and what they come to.
func topTotal(s *fleet.Snapshot, columns []topColumn, chosen []*fleet.MicroVM) view.Row {
	var all fleet.MicroVM
	for _, m := range chosen {
		all.BurnPerHour = all.BurnPerHour.Plus(m.BurnPerHour)
		all.Spent, all.Newer = all.Spent.Plus(m.Spent), all.Newer.Plus(m.Newer)
	}
	what := figures.Count(len(chosen), "MicroVM")
	if len(chosen) < len(s.MicroVMs) {
		what = fmt.Sprintf("%s of %s", figures.Int(len(chosen)), figures.Count(len(s.MicroVMs), "MicroVM"))
	}
	row := view.Row{Look: view.Look{Kind: view.Total}}
	for i, c := range columns {
		var cell view.Value
		switch {
		case i == 0:
			cell = view.Text(what)
		case c.ID == "burn_per_hour":
			cell = AmountValue(all.BurnPerHour, TopPlaces)
		case c.ID == "so_far":
			cell = approximately(sum(&all), all.Newer, TopPlaces)
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// approximately is an amount of which a part is worked out from states, marked where that part is not zero.
func approximately(a, newer fleet.Amount, places int32) view.Value {
	value := AmountValue(a, places)
	if a.Known && a.State == pricing.Exact && !newer.USD.IsZero() {
		return value.Shown("≈ " + value.String())
	}
	return value
}

func topTitle(s *fleet.Snapshot) string {
	var parts []string
	for _, state := range statesOf(s) {
		if n := s.Counts[state]; n > 0 && state != watch.Terminated {
			parts = append(parts, figures.Int(n)+" "+strings.ToLower(string(state)))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing runs"}
	}
	if s.EndedToday > 0 {
		parts = append(parts, figures.Int(s.EndedToday)+" ended today")
	}
	return "The fleet now: " + strings.Join(parts, ", ")
}

// statesOf are the states of a snapshot in the order of a life, with those that this program does not know behind.
func statesOf(s *fleet.Snapshot) []watch.State {
	states := watch.States()
	var others []watch.State
	for state := range s.Counts {
		if !slices.Contains(states, state) {
			others = append(others, state)
		}
	}
	slices.Sort(others)
	return append(states, others...)
}

func topSubtitle(s *fleet.Snapshot) string {
	parts := []string{
		"burn now " + amountText(s.Burn, true) + " an hour, " + amountText(s.Month, true) + " a month at this rate",
		todayText(s),
	}
	if s.MemoryQuota > 0 {
		parts = append(parts, fmt.Sprintf("memory %s of %s GB quota", gbOf(s.MemoryInUse), gbOf(s.MemoryQuota)))
	}
	return strings.Join(parts, "; ")
}

func todayText(s *fleet.Snapshot) string {
	if !s.Today.Known {
		return "today " + amountText(s.TodayNewer, true) + " of what is listed, none of it in the ledger"
	}
	return "today " + amountText(s.Today, false) + " + " + amountText(s.TodayNewer, true) + " not in the ledger yet"
}

// gbOf is MiB as GB for people, rounded to whole ones from 10 on.
func gbOf(mib int64) string {
	gb := pricing.Divide(decimal.NewFromInt(mib), decimal.NewFromInt(1024), 1)
	return view.UpTo(gb, 1).String()
}

// amountText is an amount in a sentence, with what it rests on; estimated ones that are not zero with ≈.
func amountText(a fleet.Amount, estimated bool) string {
	switch text := AmountValue(a, view.CentPlaces); {
	case !a.Known:
		return "an unknown amount"
	case estimated && a.State == pricing.Exact && !a.USD.IsZero():
		return "≈ $" + text.String()
	default:
		before, behind := text.Marks()
		plain := strings.TrimSuffix(strings.TrimPrefix(text.String(), before), behind)
		return before + "$" + plain + behind
	}
}

// topNotes say what the figures lack, what to look at, and what they rest on.
func topNotes(s *fleet.Snapshot, chosen int) (notes []view.Note) {
	if chosen == 0 && len(s.MicroVMs) > 0 {
		notes = append(notes, view.Note{Text: fmt.Sprintf("none of %s matches the filter",
			figures.Count(len(s.MicroVMs), "MicroVM"))})
	}
	if len(s.MicroVMs) == 0 {
		notes = append(notes, view.Note{Text: "no MicroVM is listed"})
	}
	for i := range s.Places {
		if text := PlaceTrouble(s, &s.Places[i]); text != "" {
			notes = append(notes, view.Note{Tag: "not listed", Text: text, Warn: true})
		}
	}
	for i := range s.Places {
		if p := &s.Places[i]; p.Lacks != "" && p.Fault == "" {
			notes = append(notes, view.Note{Tag: "not read", Text: placeName(p) + ": " + p.Lacks, Warn: true})
		}
	}
	if s.LedgerFault != "" {
		notes = append(notes, view.Note{Tag: "ledger", Text: s.LedgerFault, Warn: true})
	}
	if s.NearCap > 0 {
		notes = append(notes, view.Note{
			Tag: "near the cap", Warn: true,
			Text: figures.Count(s.NearCap, "MicroVM") + " will be ended by the service within 30 minutes",
		})
	}
	if s.Idle > 0 {
		notes = append(notes, view.Note{
			Tag: "idle", Text: figures.Count(s.Idle, "MicroVM") + " ran for a minute or more without being asked for anything",
		})
	}
	for _, n := range topAssumptions() {
		notes = append(notes, view.Note{Tag: n.ID, Text: n.Text})
	}
	return notes
}

// topAssumptions are what ≈ rests on.
func topAssumptions() []pricing.Note {
	return []pricing.Note{assumption.TransitionBilling.Note(), assumption.StateSize.Measured()}
}

// PlaceTrouble says why a place could not be listed, and how old what is shown of it is; "" where it could.
func PlaceTrouble(s *fleet.Snapshot, p *watch.Place) string {
	if p.Fault == "" {
		return ""
	}
	name := placeName(p)
	if p.ListedAt.IsZero() {
		return name + ": " + p.Fault
	}
	return fmt.Sprintf("%s: %s; shown as it was %s ago", name, p.Fault, s.At.Sub(p.ListedAt).Round(time.Second))
}

func placeName(p *watch.Place) string { return strings.TrimSpace(p.Account + " " + p.Region) }

func countsObject(s *fleet.Snapshot) view.Object {
	var o view.Object
	for _, state := range statesOf(s) {
		o = append(o, view.Field{ID: strings.ToLower(string(state)), Value: s.Counts[state]})
	}
	return append(o, view.Field{ID: "ended_today", Value: s.EndedToday})
}

var placeColumns = []view.Column[watch.Place]{
	{ID: "account", Value: func(p watch.Place) view.Value { return view.Text(p.Account) }},
	{ID: "region", Value: func(p watch.Place) view.Value { return view.Text(p.Region) }},
	{ID: "listed_at", Value: func(p watch.Place) view.Value { return momentOrNone(p.ListedAt) }},
	{ID: "listed", Value: func(p watch.Place) view.Value { return view.Count(p.Listed) }},
	{ID: "calls", Value: func(p watch.Place) view.Value { return view.Count(p.Calls) }},
	{ID: "meters_at", Value: func(p watch.Place) view.Value { return momentOrNone(p.MetersAt) }},
	{ID: "fault", Value: func(p watch.Place) view.Value { return view.Text(p.Fault).Or("", p.Fault != "") }},
	{ID: "lacks", Value: func(p watch.Place) view.Value { return view.Text(p.Lacks).Or("", p.Lacks != "") }},
	{ID: "throttled", Value: func(p watch.Place) view.Value { return view.Bool(p.Throttled) }},
	{ID: "denied", Value: func(p watch.Place) view.Value { return view.Bool(p.Denied) }},
}

var eventColumns = []view.Column[fleet.Event]{
	{ID: "at", Value: func(e fleet.Event) view.Value { return view.Moment(e.At) }},
	{ID: "microvm_id", Value: func(e fleet.Event) view.Value { return view.Text(e.MicroVM) }},
	{ID: "region", Value: func(e fleet.Event) view.Value { return view.Text(e.Region) }},
	{ID: "tenant", Value: func(e fleet.Event) view.Value { return view.Text(e.Owner) }},
	{ID: "from", Value: func(e fleet.Event) view.Value { return view.Text(e.From).Or("", e.From != "") }},
	{ID: "to", Value: func(e fleet.Event) view.Value { return view.Text(e.To) }},
	{ID: "reason", Value: func(e fleet.Event) view.Value { return view.Text(e.Reason).Or("", e.Reason != "") }},
}
