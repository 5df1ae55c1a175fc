package tui

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/usage"
)

// text is a frame without paint.
func (s *screen) text() string { return ansi.Strip(s.frame()) }

// has makes sure that the frame shows a text.
func (s *screen) has(wanted ...string) *screen {
	s.t.Helper()
	for _, text := range wanted {
		require.Contains(s.t, s.text(), text)
	}
	return s
}

func (s *screen) lacks(unwanted ...string) *screen {
	s.t.Helper()
	for _, text := range unwanted {
		require.NotContains(s.t, s.text(), text)
	}
	return s
}

// line is the first line of the frame with a text.
func (s *screen) line(with string) string {
	s.t.Helper()
	for line := range strings.SplitSeq(s.text(), "\n") {
		if strings.Contains(line, with) {
			return line
		}
	}
	require.Fail(s.t, "no line has "+with, s.text())
	return ""
}

// over is a dashboard over records.
func over(t testing.TB, measured *records, change func(*Options, *spend.Source)) Options {
	t.Helper()
	source := spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}
	options := Options{Now: fixed(evening), StaleAfter: 6 * time.Hour, Poll: time.Second, ExportDir: t.TempDir()}
	if change != nil {
		change(&options, &source)
	}
	if options.Reader == nil {
		options.Reader = readerOf(t, source, nil)
	}
	return options
}

// fewRecords are three tenants of different size over ten days.
func fewRecords() *records {
	var all []usage.Record
	for day := range 10 {
		start := evening.AddDate(0, 0, -day).Add(-2 * time.Hour)
		all = append(all,
			hour(start, "acme", "base", fmt.Sprintf("mvm-a%d", day), "eu-west-1", 3600),
			hour(start, "borealis", "base", fmt.Sprintf("mvm-b%d", day), "us-east-1", 1800),
			hour(start, "cinder", "browser", fmt.Sprintf("mvm-c%d", day), "eu-west-1", 60))
	}
	return &records{all: all}
}

func TestFilterWhileTyping(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", "/").write("ac").has("/ ac▏", "1 of 3", "acme").lacks("borealis")
	s.press("backspace", "backspace").has("3 of 3")
	s.write("amount >").has("amount > what?", "3 of 3")
	s.write(" 0.5").has("2 of 3", "acme", "borealis").lacks("cinder", "what?")
	s.write(" acme").has("1 of 3")
	s.press("enter").has("/ amount > 0.5 acme", "1 shown").lacks("▏")
	s.press("/").write(" nonsense > 1").has("no column nonsense", "1 of 3")
	s.press("esc").has("3 tenants", "total").lacks("/ amount")

	s.press("/").write("share >= 50%").has("1 of 3", "acme").press("ctrl+u").write("-acme").has("2 of 3").lacks("acme ")
	s.press("enter", "esc").has("3 tenants")
	s.press("/").write("zzz").has("0 of 3", "Nothing matches the filter.")
	s.resize(40, 10)
	s.has("0 of 3").resize(200, 60)
	s.press("backspace", "backspace", "backspace").has("3 of 3", "cinder")
}

func TestSortByAnyColumn(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 200, 30)
	s.press("2")
	order := func() string {
		var names []string
		for line := range strings.SplitSeq(s.text(), "\n") {
			for _, name := range []string{"acme", "borealis", "cinder"} {
				if strings.HasPrefix(strings.TrimLeft(line, "▸ "), name) {
					names = append(names, name)
				}
			}
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, "acme borealis cinder", order())
	s.has("amount $ ▼").press("S").has("amount $ ▲")
	require.Equal(t, "cinder borealis acme", order())
	s.press("s").has("sort by", "✓ amount $ ▲").press("down", "enter").has("share ▼").lacks("sort by")
	require.Equal(t, "acme borealis cinder", order())
	s.press("s", "enter").has("share ▲").press("s", "esc").has("share ▲").press("s", "enter").has("share ▼")
	seen := map[string]bool{}
	columns := len(s.m.tenants().state.Table.Content.Choices())
	for range columns {
		heading := s.line("coverage")
		for _, glyph := range []string{" ▼", " ▲"} {
			if at := strings.Index(heading, glyph); at > 0 {
				fields := strings.Fields(heading[:at])
				seen[fields[len(fields)-1]] = true
			}
		}
		s.press("s", "down", "enter")
		if s.m.tenants().state.Table.Sorted().ID == s.m.tenants().state.Table.Content.Choices()[columns-1].ID {
			s.press("s", "g", "enter")
		}
	}
	for _, column := range []string{"tenant", "$", "share", "coverage", "h", "launches", "suspends", "vCPU-s", "GB-s"} {
		require.True(t, seen[column], "s comes by %s: %v", column, seen)
	}
}

func TestDrillDownAndBack(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", "enter").has("tenants › acme", "10 MicroVMs of acme", "mvm-a0")
	s.press("enter").has("› explain", "vCPU", "× $0.0000291572", "AWS Price List", "read on 2026-09-19",
		"assumptions", "total")
	s.press("esc").has("10 MicroVMs of acme").press("b").has("1 image of acme").press("b").has("10 days of acme")
	s.press("esc").has("3 tenants").lacks("›  ")

	s.press("5").has("10 days").press("enter").has("days › 2026-11-14", "3 tenants of 2026-11-14")
	s.press("enter").has("1 MicroVM of acme").press("5").has("10 days")

	s.press("3", "down", "enter").has("images › browser", "1 tenant of browser", "cinder")
	s.press("4").has("30 MicroVMs").press("x").has("explain").press("esc")
}

func TestExplainAddsUpToTheFigure(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	s.press("2", "x")
	page := s.m.shown().(*explainPage)
	require.True(t, page.state.Usage.Sum().Equal(page.state.Usage.Total.Amount), "the lines add up to the total")
	row := s.m.tenants().state.Listing.Spend.Rows[0]
	require.True(t, row.Amount.Equal(page.state.Usage.Sum()), "and the total is the figure that was explained")
	s.has("$" + figures.Grouped(row.Amount))
}

func TestGroups(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", "b").has("3 tenants by region", "region").press("b").has("by component",
		"snapshot.read").press("b").has("2 regions").press("b").has("1 account", "(unknown)").press("b").
		has("1 architecture").press("b").has("3 tenants")
	s.press("5", "b").has("3 weeks", "2026-W47").press("b").has("1 month", "2026-11")

	s = open(t, over(t, fewRecords(), func(_ *Options, source *spend.Source) {
		rateDay, err := pricing.ParseDate("2026-11-02")
		require.NoError(t, err)
		euro := pricing.Currency{Code: "EUR", PerUSD: decimal.RequireFromString("0.5"), AsOf: rateDay}
		source.Currency = &euro
		source.Tenants.Groups = map[string]string{"acme": "Eng/Platform", "borealis": "Eng"}
	}), 120, 30)
	s.press("2").
		has("in EUR", "EUR=0.5@2026-11-02").
		press("b", "b", "b", "b", "b", "b").
		has("3 groups", "Eng/Platform", "(no group)")
	s.press("enter").has("1 tenant of").press("esc", "b").has("groups by tenant", "acme")
}

func TestPeriods(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("5").has("November 2026", "10 days")
	s.press("t").has("today", "1 day").press("t").has("7 days").press("t").has("November 2026")
	s.press("T").write("2026-11-20 2026-11-21").press("enter").has("20–21 November 2026", "2 days")
	s.press("t").has("November 2026").press("t", "t", "t").has("20–21 November 2026")
	s.press("T").write("tomorrow").press("enter").has(`"tomorrow" is not a period; write today`).press("esc").has("20–21 November 2026")
	s.press("T").write("2026-11-21..2026-11-20").press("enter").has("begins on 2026-11-21, after its end").press("esc")
	s.press("]").has("22–23 November 2026").press("t", "[").has("October 2026",
		"No usage in this period.").press("]").has("November 2026")
}

func TestEmptyLedger(t *testing.T) {
	for _, size := range goldenSizes {
		s := open(t, over(t, &records{}, nil), size[0], size[1])
		s.has("has no usage of the last")
		for _, key := range []string{"2", "3", "4", "5"} {
			s.press(key, "enter", "x", "w", "s", "b", "/").write("a").press("esc", "e", "c").has("No usage in this")
			requireFits(t, "view "+key, s.frame(), size[0], size[1])
		}
		s.press("1", "enter", "x", "w", "tab", "down", "e", "j")
	}
}

func TestDamagedAndUnknownAndStale(t *testing.T) {
	measured := fewRecords()
	measured.damaged = []ledger.DamagedFile{{Path: "usage/dt=2026-11-20/part-00000.parquet", Reason: "a checksum differs"}}
	measured.all = append(measured.all, hour(evening.Add(-20*time.Hour), "nowhere", "base", "mvm-n", "mars-north-1", 3600))
	measured.all = append(measured.all, hour(evening.Add(-20*time.Hour), "half", "base", "mvm-h", "ap-south-1", 3600))
	options := over(t, measured, func(o *Options, _ *spend.Source) { o.Now = fixed(evening.Add(30 * time.Hour)) })
	s := open(t, options, 160, 40)
	s.has("part-00000.parquet is damaged and left out: a checksum differs", "stale: the data ends 23 Nov",
		"rates are not known")
	s.press("2").has("unknown")
	require.Contains(t, s.line("nowhere"), "unknown", "what has no rate is not shown as zero")
	require.NotContains(t, s.line("nowhere")[:30], "0.00")
	require.Contains(t, s.line("half"), "+?", "what lacks a part says so")
	s.press("/").write("nowhere").press("enter", "x").has("unknown", "no rate is known")
	require.NotContains(t, s.line("vCPU"), "$0")
	s.press("esc", "w").has("unknown")
}

func TestFaultsAreShownAndSurvived(t *testing.T) {
	measured := fewRecords()
	options := over(t, measured, nil)
	var fault error
	options.Reader.Fingerprint = func(context.Context) (string, error) { return "1", fault }
	s := open(t, options, 120, 30)
	s.press("2").has("acme")
	fault = errors.New("the disk is \x1b[31mgone")
	s.settle(s.m.look(true))
	s.has("the ledger could not be read: the disk is ␛[31mgone", "acme")
	fault, measured.fault = nil, errors.New("a folder cannot be listed")
	s.press("r").has("a folder cannot be listed", "acme")
	measured.fault = nil
	s.settle(s.m.look(true))
	s.lacks("could not be read", "cannot be listed").has("acme")

	measured.fault = errors.New("not from the start")
	s = open(t, over(t, measured, nil), 120, 30)
	s.has("not from the start")
	measured.fault = nil
	s.press("r").has("November so far", "acme")
}

func TestNewDataIsPickedUp(t *testing.T) {
	measured := fewRecords()
	version := "1"
	options := over(t, measured, nil)
	options.Reader.Fingerprint = func(context.Context) (string, error) { return version, nil }
	s := open(t, options, 120, 30)
	s.press("2", "down").has("▸ borealis").lacks("newcomer")
	measured.all = append(measured.all, hour(evening.Add(-time.Hour), "newcomer", "base", "mvm-z", "eu-west-1", 3000))
	s.settle(s.m.look(true))
	s.lacks("newcomer") // nothing says that the ledger has changed
	version = "2"
	s.press("p").has("paused")
	s.settle(s.m.ticked())
	s.lacks("newcomer")
	s.press("p").has("newcomer", "▸ borealis").lacks("paused")
}

func TestManyTenants(t *testing.T) {
	s := open(t, over(t, manyTenants(10_000), nil), 120, 40)
	s.press("2").has("10,000 tenants").press("end")
	s.has("▸ ").press("/").write("tenant-0999").has("1 of 10,000", "tenant-0999").press("enter",
		"esc").has("10,000 tenants")
	s.press("s", "S", "pgdown", "right")
	requireFits(t, "many tenants", s.frame(), 120, 40)
}

// manyTenants is a day's usage of so many tenants.
func manyTenants(n int) *records {
	all := make([]usage.Record, 0, n)
	for i := range n {
		all = append(all, hour(evening.Add(-time.Duration(1+i%200)*time.Hour), fmt.Sprintf("tenant-%04d", i),
			fmt.Sprintf("image-%d", i%20),
			fmt.Sprintf("mvm-%05d", i), []string{"eu-west-1", "us-east-1"}[i%2], int64(60+i%3500)))
	}
	return &records{all: all}
}

func TestHostileNames(t *testing.T) {
	measured := &records{}
	for i, name := range hostileNames {
		measured.all = append(measured.all, hour(evening.Add(-time.Duration(i+1)*time.Hour), name, name,
			fmt.Sprintf("mvm-%d", i), "eu-west-1", int64(3000-i)))
	}
	options := over(t, measured, nil)
	s := open(t, options, 120, 50)
	frame := s.press("2").frame()
	for _, bad := range []string{"\x1b[31m", "\u202e", "\u200b", "\x7f", "\t", "\x1b]0"} {
		require.NotContains(t, frame, bad)
	}
	s.has("␛[31mred", "line␊break", "<U+202E>evil", "宽宽宽宽", "a␉b")
	for range hostileNames {
		s.press("enter")
		requireFits(t, "inside", s.frame(), 120, 50)
		s.press("x")
		requireFits(t, "explained", s.frame(), 120, 50)
		s.press("2", "down")
	}
	s.press("2", "e", "c")
	files, err := filepath.Glob(filepath.Join(options.ExportDir, "*.csv"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(t, err)
	require.NotContains(t, string(text), "\x1b")
	guarded := false
	for _, row := range rows {
		guarded = guarded || row[0] == "'=cmd|' /C calc'!A0"
		require.False(t, strings.HasPrefix(row[0], "="), "a formula is guarded")
	}
	require.True(t, guarded)
}

func TestExport(t *testing.T) {
	options := over(t, fewRecords(), nil)
	s := open(t, options, 120, 40)
	s.press("2", "/").write("-cinder").press("enter", "S", "e").has("export as").press("j").has("2 rows written to")
	var spent struct {
		Schema string
		Rows   []struct{ Tenant, Amount string }
		Total  string
	}
	text, err := os.ReadFile(filepath.Join(options.ExportDir, "microspend-tenants-2026-11-01.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &spent))
	require.Equal(t, "microspend.spend/v1", spent.Schema)
	require.Len(t, spent.Rows, 2)
	require.Equal(t, "borealis", spent.Rows[0].Tenant, "in the order that is shown")
	sum := decimal.RequireFromString(spent.Rows[0].Amount).Add(decimal.RequireFromString(spent.Rows[1].Amount))
	require.Equal(t, sum.String(), spent.Total, "the rows add up to the total")

	s.press("e", "j").has("microspend-tenants-2026-11-01-2.json") // nothing is replaced
	s.press("x", "e", "c").has("5 rows written to").press("esc", "w", "e", "j").has("what-if")
	s.press("1", "e", "esc").lacks("export as").press("e", "c").has("3 rows written to")
	s.press("home", "down", "down", "x", "e", "c").has("rows written to")

	s.m.options.ExportDir = filepath.Join(options.ExportDir, "nowhere")
	s.press("2", "e", "c").has("not exported")
}

func TestOverviewFigures(t *testing.T) {
	measured := fewRecords()
	options := over(t, measured, nil)
	options.Reader.BudgetSet = budget.Set{
		Budgets: []budget.Budget{
			{Subject: budget.OfEverything(), Amount: decimal.NewFromInt(100)},
			{Subject: budget.OfTenant("acme"), Amount: decimal.New(5, -1)},
		},
	}
	s := open(t, options, 120, 40)
	s.has("today", "November so far", "forecast", "/h", "✗ over", "2.24 of 100 ok", "coverage 100 %", "data until 20:00",
		"EC2 kept busy", "last 30 days")
	s.lacks("✓ ok") // all was measured from the 14th on, and nothing before: the month is not known as a whole
	s.press("x").has("spent today", "vCPU").press("esc", "down", "x").has("spent this month").press("esc", "down",
		"x").has("run-rate").press("esc")
	s.press("down", "x").has("burn rate", "last 24 h").press("esc", "tab", "x").has("acme", "total").press("esc",
		"enter").has("MicroVMs of acme").press("esc")
	s.press("tab", "down", "x").has("budget of everything").press("esc", "up", "enter").has("overview › acme").press("esc")
	s.press("tab", "x").has("in place of MicroVMs", "size-measured").press("esc", "home", "enter").has("tenants", "today")
	s.press("1", "shift+tab", "pgdown", "end", "pgup", "home", "tab", "w").has("what if: acme")
}

func TestHelpListsEveryKey(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 200, 60)
	s.press("?")
	for _, binding := range s.m.keys.all() {
		s.has(binding.Help().Key)
	}
	s.press("?").lacks("help ›")
}

func TestTooSmall(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 39, 9)
	s.has("39×9 is too small:", "40×10 is needed.").press("2", "x")
	s.resize(40, 10)
	s.has("overview").lacks("too small")
	s.resize(0, 0)
	require.Empty(t, s.frame())
	s.resize(1, 1)
	requireFits(t, "one cell", s.frame(), 1, 1)
}

// TestReadingNeverBlocks presses keys while the ledger does not answer.
func TestReadingNeverBlocks(t *testing.T) {
	measured := fewRecords()
	measured.block = make(chan struct{})
	m := newModel(context.Background(), over(t, measured, nil))
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	done := make(chan tea.Msg, 1)
	m.reload()
	cmd := m.proceed()
	go func() { done <- cmd() }()
	for _, key := range []string{"2", "j", "s", "/", "a", "esc", "3", "?", "esc", "1", "t", "x"} {
		m.Update(keyOf(key))
	}
	require.Contains(t, ansi.Strip(m.frame()), "reading …")
	m.stop()
	close(measured.block)
	<-done
}
