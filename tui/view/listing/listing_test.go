package listing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/internal/frametest"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/tui/view/listing"
	"microspend/usage"
	"microspend/view"
)

var (
	from = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
)

func ref(text string) *decimal.Decimal {
	d := decimal.RequireFromString(text)
	return &d
}

// row is a row of spend with a change against the period before; change "" is not known.
func row(key spend.Key, amount, before, change, percent string, covered int64) spend.Row {
	r := spend.Row{Key: key}
	r.Amount = *ref(amount)
	r.Previous = &spend.Comparison{Cost: spend.Cost{Amount: *ref(before)}}
	if change != "" {
		r.Previous.Change = ref(change)
	}
	if percent != "" {
		r.Previous.Percent = ref(percent)
	}
	r.Previous.New = before == "0" && amount != "0"
	record := usage.Record{PeriodSeconds: 100}
	record.Amounts[pricing.Memory], record.Amounts[usage.Running], record.Amounts[usage.Launches] = 3_000_000_000,
		5_400_000, 1234
	r.Sum.Add(&record)
	r.Sum.CoveredSeconds = r.Sum.CoveredSeconds.AddInt(covered)
	return r
}

func tenant(name string) spend.Key { return spend.Key{Tenant: name} }

// few has a row of each kind: one that rose, fell, is new, is unknown, and others that were folded together.
func few() *data.Listing {
	unknown := row(tenant("mars"), "0", "1", "", "", 100)
	unknown.Unknown = []spend.Unknown{{Region: "mars-north-1", NoCard: true}}
	never := row(tenant("idle"), "0", "0", "0", "", 0)
	never.Sum = usage.Sum{}
	other := row(spend.Key{Kind: spend.KindOther, Tenant: "(12 others)"}, "900", "900", "0", "0", 100)
	other.Shared = *ref("2.5")
	s := spend.Spend{Location: time.UTC, PreviousFrom: from.AddDate(0, -1, 0), PreviousTo: from, Rows: []spend.Row{
		row(tenant("acme"), "1234.565", "1000", "234.565", "23.4565", 100),
		row(tenant("borealis"), "100", "200.009", "-100.009", "-50.0022", 99),
		row(tenant("cinder \x1b[31m"), "5.005", "0", "5.005", "", 100), never, unknown, other,
	}}
	s.From, s.To, s.By = from, to, []spend.Dimension{spend.ByTenant}
	s.Total = spend.Total{Cost: spend.Cost{Amount: *ref("2239.57")}, Shared: *ref("2.5"), Previous: &spend.Comparison{
		Cost: spend.Cost{Amount: *ref("2101.009")}, Change: ref("138.561"), Percent: ref("6.595"),
	}}
	return listingOf(s, data.Period{Kind: data.Month, Span: civil.Between(from, to)})
}

func listingOf(s spend.Spend, period data.Period) *data.Listing {
	l := &data.Listing{
		Query: data.Query{Period: period, By: s.By}, Spend: s,
		Columns: report.SpendColumns(s, report.SpendLook{Counts: true}),
	}
	for _, d := range s.By {
		var names []string
		for i := range s.Rows {
			names = append(names, view.Visible(s.Rows[i].Value(d)))
		}
		l.Names = append(l.Names, names)
	}
	return l
}

func state(l *data.Listing) listing.State {
	s := listing.State{Listing: l, Noun: "tenants", Table: &table.State{}}
	if l != nil {
		s.Table.SetContent(listing.Content(l))
		s.Table.SetSort("amount", true)
	}
	return s
}

func TestFrames(t *testing.T) {
	none := spend.Spend{Location: time.UTC}
	none.By = []spend.Dimension{spend.ByTenant}
	states := map[string]listing.State{
		"tenants": state(few()), "filtered": state(few()), "typing": state(few()), "none-match": state(few()),
		"sideways": state(few()), "reading": state(nil), "fault": state(nil),
		"empty": state(listingOf(none, data.Period{Kind: data.Today, Span: civil.Between(from, to)})),
	}
	states["filtered"].Table.SetFilter("change > 0")
	states["typing"].Table.SetFilter(strings.Repeat("a very long filter ", 9) + "> 5")
	states["none-match"].Table.SetFilter("zzz")
	states["sideways"].Table.Scroll(6)
	states["sideways"].Table.Move(2)
	typing, fault, tenants := states["typing"], states["fault"], states["tenants"]
	typing.Typing, fault.Fault, tenants.Path = true, "the ledger is gone", "a day"
	states["typing"], states["fault"], states["tenants"] = typing, fault, tenants
	for name, s := range states {
		frametest.Check(t, name, func(dark bool, colors, width, height int) string {
			s.Theme = theme.New(dark, theme.Colors(colors))
			return listing.Render(s, width, height)
		})
	}
}

// TestEveryColumn makes sure that the dashboard shows every column of package report, and says in which words filters
// name them. A column that is added there is shown here without another line.
func TestEveryColumn(t *testing.T) {
	l := few()
	l.Columns = append(l.Columns,
		view.Column[*spend.Row]{ID: "resumed", Title: "resumed", Align: view.Right, Value: func(*spend.Row) view.Value {
			return view.Number(*ref("7"), 0)
		}},
		view.Column[*spend.Row]{
			ID: "owner", Title: "owner",
			Value: func(r *spend.Row) view.Value { return view.Text("team\t" + r.Tenant) },
		},
	)
	s := state(l)
	s.Theme = theme.New(true, theme.None)
	frame := listing.Render(s, 400, 20)
	for _, title := range []string{
		"tenant", "amount $ ▼", "share", "change $", "change", "before $", "shared $", "coverage", "running h", "suspended h",
		"launches", "suspends", "vCPU-s", "GB-s", "read GB", "write GB", "stored GB-h", "resumed", "owner",
	} {
		require.Contains(t, frame, title)
	}
	require.Contains(t, frame, "team␉acme", "texts are made safe")
	s.Table.SetFilter("nonsense = 1")
	require.EqualError(t, s.Table.Fault,
		"no column nonsense; columns are tenant, amount, share, change, percent, before, shared, "+
			"coverage, running, suspended, launches, suspends, per_launch, per_running_hour, vcpu, memory, read, write, storage, resumed, owner")
	for filter, keeps := range map[string]int{
		"owner = \"team␉acme\"": 1, "resumed = 7": 6, "memory > 2000": 5, "gb_seconds > 2000": 5, "mem > 2000": 5,
		"vcpu = 0":         6,
		"before = 200.009": 1, "percent < -50": 1, "change < -50%": 1, "coverage < 100%": 1, "running = 0": 1,
		"launches = 1,234": 5,
		"share > 50%":      1, "change = -100.009": 1, "percent > 0": 1,
	} {
		s.Table.SetFilter(filter)
		require.NoError(t, s.Table.Fault, filter)
		require.Equal(t, keeps, s.Table.Shown(), filter)
	}
}

// TestNarrowed opens rows into what they are about.
func TestNarrowed(t *testing.T) {
	period := data.Period{Kind: data.Month, Span: civil.Between(from, to)}
	narrowed := func(d spend.Dimension, key spend.Key, period data.Period) (data.Scope, data.Period, bool) {
		s := spend.Spend{Location: time.UTC, Rows: []spend.Row{{Key: key}}}
		s.By = []spend.Dimension{d}
		return listing.Narrowed(listingOf(s, period), 0)
	}
	for _, row := range []struct {
		reason   string
		by       spend.Dimension
		key      spend.Key
		from, to string
	}{
		{"a day", spend.ByDay, spend.Key{Day: "2026-11-05"}, "2026-11-05", "2026-11-06"},
		{"a week", spend.ByWeek, spend.Key{Week: "2026-W46"}, "2026-11-09", "2026-11-16"},
		{"a week that begins before the period", spend.ByWeek, spend.Key{Week: "2026-W44"}, "2026-11-01", "2026-11-02"},
		{"and one that ends after it", spend.ByWeek, spend.Key{Week: "2026-W49"}, "2026-11-30", "2026-12-01"},
		{"a month", spend.ByMonth, spend.Key{Month: "2026-11"}, "2026-11-01", "2026-12-01"},
	} {
		_, got, ok := narrowed(row.by, row.key, period)
		require.True(t, ok, row.reason)
		require.Equal(t, row.from+" "+row.to, got.From.Format(time.DateOnly)+" "+got.To.Format(time.DateOnly), row.reason)
	}
	for reason, key := range map[string]spend.Key{
		"a day of the period before": {Day: "2026-10-05"}, "no day": {Day: "someday"},
		"what was folded": {Kind: spend.KindOther, Day: "2026-11-05"},
		"an empty name":   {},
	} {
		_, _, ok := narrowed(spend.ByDay, key, period)
		require.False(t, ok, reason)
	}
	noon := data.Period{Kind: data.Custom, Span: civil.Between(from.Add(12*time.Hour), to)}
	_, got, ok := narrowed(spend.ByDay, spend.Key{Day: "2026-11-01"}, noon)
	require.True(t, ok)
	require.Equal(t, 12, got.From.Hour(), "a day is cut off where the period begins")

	scope, _, ok := narrowed(spend.ByTenant, tenant("acme"), period)
	require.True(t, ok)
	require.Equal(t, "acme", *scope[spend.ByTenant])
	require.True(t, listing.Opens(scope))
	scope, _, _ = narrowed(spend.ByMicroVM, spend.Key{MicroVM: "mvm-1"}, period)
	require.False(t, listing.Opens(scope), "a MicroVM has a bill inside, and no rows")
	for _, group := range listing.InScope(data.Scope{spend.ByTenant: named("acme"), spend.ByRegion: named("eu-west-1")}) {
		require.NotContains(t, []spend.Dimension{spend.ByTenant, spend.ByRegion}, group.By[0], "one row is left of it")
	}
}

func named(text string) *string { return &text }
