package tui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/inputfile"
	"microspend/internal/simulate"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/theme"
	"microspend/usage"
)

// evening is the moment as of which the demo's fleet is looked at: its last day is not quite over.
var evening = time.Date(2026, time.November, 23, 21, 30, 0, 0, time.UTC)

// demo is a ledger with the demo's fleet, made once for all tests.
var demo = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "microspend-dash-*")
	if err != nil {
		return "", err
	}
	fleet := simulate.Fleet{Seed: 1, End: evening, Days: simulate.DefaultDays - 1}
	for name, text := range map[string][]byte{"tenants.csv": fleet.TenantsFile(), "microspend.yaml": fleet.ConfigFile()} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return "", err
		}
	}
	writer, err := parquet.OpenForWriting(filepath.Join(folder, "ledger"), ledger.Options{})
	if err != nil {
		return "", err
	}
	_, err = writer.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) {
		for batch := range fleet.Batches() {
			if !yield(batch, nil) {
				return
			}
		}
		yield(fleet.Today(evening), nil)
	})
	if err != nil {
		return "", err
	}
	return folder, writer.Close()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := demo(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// demoReader reads the demo's ledger.
func demoReader(t testing.TB) *data.Reader {
	t.Helper()
	folder, err := demo()
	require.NoError(t, err)
	path := filepath.Join(folder, "microspend.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	read, err := config.Load(path, text)
	require.NoError(t, err)
	in, err := read.Inputs(pricing.EmbeddedCards(), inputfile.Read)
	require.NoError(t, err)
	opened, err := parquet.Open(filepath.Join(folder, "ledger"), ledger.Options{})
	require.NoError(t, err)
	in.Source.Usage = opened
	reader := readerOf(t, in.Source, opened.Fingerprint)
	reader.BudgetSet, reader.AnomalyRule = in.Budgets, in.AnomalyRule
	reader.Records = opened.Records
	return reader
}

// prices are the embedded ones, read once for all tests.
var prices = sync.OnceValues(pricing.EmbeddedPrices)

func readerOf(t testing.TB, source spend.Source, fingerprint func(context.Context) (string, error)) *data.Reader {
	t.Helper()
	book, err := prices()
	require.NoError(t, err)
	return &data.Reader{
		Source: source, Prices: book, Regions: pricing.EmbeddedCards().Regions(),
		Fingerprint: fingerprint,
	}
}

// fixed is a clock that stands still.
func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

func demoOptions(t testing.TB) Options {
	return Options{
		Reader: demoReader(t), Now: fixed(evening), StaleAfter: 6 * time.Hour, Poll: time.Second,
		ExportDir: t.TempDir(),
	}
}

// screen is a dashboard without a terminal: what is pressed is done at once.
type screen struct {
	t testing.TB
	m *Model
}

func open(t testing.TB, options Options, width, height int) *screen {
	t.Helper()
	m := newModel(context.Background(), options)
	m.setTheme(true, theme.None)
	s := &screen{t, m}
	if options.StateFile != "" {
		m.recall()
	}
	s.resize(width, height)
	m.reload()
	s.settle(m.proceed())
	return s
}

func (s *screen) resize(width, height int) {
	s.settle(s.update(tea.WindowSizeMsg{Width: width, Height: height}))
}

func (s *screen) update(msg tea.Msg) tea.Cmd {
	_, cmd := s.m.Update(msg)
	return cmd
}

// settle does what was asked for, and what follows from it.
func (s *screen) settle(cmd tea.Cmd) {
	for pending := []tea.Cmd{cmd}; len(pending) > 0; {
		next := pending[0]
		pending = pending[1:]
		if next == nil {
			continue
		}
		switch msg := next().(type) {
		case nil, tea.QuitMsg:
		case tea.BatchMsg:
			pending = append(pending, msg...)
		default:
			pending = append(pending, s.update(msg))
		}
	}
}

// press presses keys by their names, such as j, enter or esc, one after the other.
func (s *screen) press(keys ...string) *screen {
	s.t.Helper()
	for _, name := range keys {
		s.settle(s.update(keyOf(name)))
	}
	return s
}

// write types a text.
func (s *screen) write(text string) *screen {
	for _, r := range text {
		s.settle(s.update(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
	return s
}

func keyOf(name string) tea.KeyPressMsg {
	if name == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight,
		"tab":   tea.KeyTab, "backspace": tea.KeyBackspace, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome,
		"end": tea.KeyEnd, "delete": tea.KeyDelete, "f1": tea.KeyF1, "f12": tea.KeyF12,
	}
	if code, found := special[name]; found {
		return tea.KeyPressMsg{Code: code}
	}
	if rest, found := strings.CutPrefix(name, "ctrl+"); found {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}
	}
	if rest, found := strings.CutPrefix(name, "alt+"); found {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModAlt}
	}
	if name == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

func (s *screen) frame() string { return s.m.frame() }
