package tui

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"
)

// TestCommands types commands: what they show, or what is wrong with them, in the prompt.
func TestCommands(t *testing.T) {
	for _, tc := range []struct {
		on, command string
		shows       []string
	}{
		{"the overview", "tenants", []string{"1/3 tenants"}},
		{"the overview", "mic", []string{"30 MicroVMs"}},
		{"a table", "period 2026-10", []string{"October 2026"}},
		{"a table", "period today", []string{"today"}},
		{"a table", "period last-week", []string{" November 2026"}},
		{"a table", "period tomorrow", []string{"✗ ", "is not a period; write today", "period tomorrow▏"}},
		{"a table", "group regions", []string{"2 regions"}},
		{"a table", "group tenants by r", []string{"3 tenants by region"}},
		{"a table", "group moons", []string{`unknown: "moons"`, "tenants groups by"}},
		{"a table", "sort tenant", []string{"tenant ▲"}},
		{"a table", "sort share asc", []string{"share ▲"}},
		{"a table", "sort share up", []string{`"up" is neither asc nor desc`}},
		{"a table", "sort moon", []string{"no column moon; columns are"}},
		{"a table", "filter -acme", []string{"/ -acme", "2 of 3"}},
		{"a table", "columns", []string{"✓ share"}},
		{"a table", "mark", []string{"3 marked"}},
		{"a table", "unmark", []string{"nothing is marked"}},
		{"a table", "3", []string{"▸ cinder"}},
		{"a table", "4", []string{"there are rows 1 to 3"}},
		{"a table", "export", []string{"export as"}},
		{"a table", "export csv", []string{"3 rows written to"}},
		{"a table", "export xls", []string{"formats are csv and json"}},
		{"a table", "explain", []string{"› explain"}},
		{"a table", "what-if", []string{"what if: acme"}},
		{"a table", "refresh!", []string{"reading again"}},
		{"a table", "theme pink", []string{`unknown theme "pink"`}},
		{"a table", "save", []string{"save needs a name"}},
		{"a table", "save x", []string{"there is no filter to save"}},
		{"a table", "forget x", []string{`no filter is saved as "x"`}},
		{"a table", "help", []string{"help"}},
		{"a table", "pause now", []string{`pause takes nothing; "now" is too much`}},
		{"a table", "s", []string{`"s" is ambiguous: `, "sort", "save"}},
		{"a table", "wq", []string{`unknown: "wq"`, "Tab lists the commands"}},
		{"a table", " :  ", []string{"1/3 tenants"}},
		{"the overview", "sort tenant", []string{"sort is for tables"}},
		{"the overview", "7", []string{"there are no rows here"}},
		{"an explanation", "filter a", []string{"filter is for tables"}},
		{"an explanation", "\x1b[31m", []string{"unknown"}},
	} {
		s := open(t, over(t, fewRecords(), nil), 120, 40)
		s.press(everywhere[tc.on]...).press(":").write(tc.command).press("enter").has(tc.shows...)
	}
}

// TestQuitCommands: :q and :quit end the program, with an exclamation mark as well.
func TestQuitCommands(t *testing.T) {
	for _, text := range []string{"q", "quit", "q!"} {
		s := open(t, over(t, fewRecords(), nil), 120, 40)
		s.press(":").write(text).press("enter")
		require.True(t, s.m.quitting, text)
	}
}

// TestEveryNamedKeyIsACommand: what a key does can be typed, so that a key that is added is a command as well.
func TestEveryNamedKeyIsACommand(t *testing.T) {
	keys := newKeyMap()
	seen := map[string]bool{}
	for _, c := range keys.commands() {
		require.False(t, seen[c.name], "%s is there twice", c.name)
		require.NotContains(t, c.name, " ")
		seen[c.name] = true
	}
	for _, name := range []string{
		"overview", "tenants", "images", "microvms", "days", "period", "group", "sort", "filter", "export", "theme", "columns",
		"quit", "help", "what-if", "explain", "back", "refresh", "pause", "copy", "copy-rows", "mark", "redraw", "suspend",
	} {
		require.True(t, seen[name], name)
	}
}

// TestCommandsAreCompleted with Tab: the name, then what it takes.
func TestCommandsAreCompleted(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	s.press("2", ":").write("gro").press("tab").has("command: group ▏")
	s.press("tab").has("group tenants▏", "tenants by region").press("tab").has("group tenants by region▏")
	s.press("enter").has("3 tenants by region")
	s.press(":").write("sort sh").press("tab").has("sort share").press("ctrl+u").write("filter tenant = b").press("tab").
		has("filter tenant = borealis").press("enter").has("1 of 3")
	s.press(":", "up").has("filter tenant = borealis▏").press("up").has("group tenants by region▏")
	s.press("up", "down", "down").has("command: ▏").press("esc").has("1 of 3")
}

// TestSavedFilters are there in the next session, and in another dashboard that is open meanwhile; the file being
// damaged loses nothing that was not.
func TestSavedFilters(t *testing.T) {
	options := over(t, fewRecords(), nil)
	options.StateFile = filepath.Join(t.TempDir(), "dash.json")
	s, other := open(t, options, 120, 40), open(t, options, 120, 40)
	command := func(s *screen, text string) *screen { return s.press(":").write(text).press("enter") }
	command(command(s.press("2"), "filter amount > 0.5"), "save big").has("saved; :filter big brings it back")
	command(command(other.press("2"), "filter -acme"), "save rest")
	command(s.press("esc"), "filter rest").has("/ -acme", "2 of 3")
	command(other.press("esc"), "filter big").has("/ amount > 0.5")
	command(s, "forget rest").has("forgot")
	third := open(t, options, 120, 40)
	third.press("2", ":").write("filter ").press("tab").has("filter big").press("esc")
	command(third, "filter rest").has("/ rest", "0 of 3")

	require.NoError(t, os.WriteFile(options.StateFile, []byte("{damaged"), 0o600))
	command(command(third, "filter -acme").has("damaged", "dash.json.damaged"), "save new")
	kept, err := os.ReadFile(options.StateFile + ".damaged")
	require.NoError(t, err)
	require.Equal(t, "{damaged", string(kept))
	require.Equal(t, "-acme", third.m.savedFilters()["new"])
	open(t, options, 120, 40).press("2", ":").write("filter ").press("tab").has("filter new")
	command(third, "save "+strings.Repeat("x", 41)).has("at most 40 letters")
	third.press("esc")
	command(third, "save a\u202eb").has("no control characters")
}

// TestMarksAtTheFoot adds up what is marked, and exports and copies it alone.
func TestMarksAtTheFoot(t *testing.T) {
	options := over(t, fewRecords(), nil)
	s := open(t, options, 120, 40)
	s.press("2", "space", "space").has("*acme", "*borealis", "2 marked", "▸ cinder", "3/3 tenants")
	total := s.m.tenants().state.Listing.Spend
	sum := total.Rows[0].Amount.Add(total.Rows[1].Amount)
	require.Contains(t, s.line("2 marked"), sum.StringFixed(2))
	s.press("S", "r").has("2 marked").press("/").write("cin").press("enter").has("2 marked", "1/1 of 3")
	s.press("e", "c").has("2 rows written to")
	s.press("esc").lacks("marked").has("/ cin").press("esc").has("3 tenants")
	s.press("space", "b").lacks("marked")
}

// copied is what a command puts on the clipboard of the terminal.
func (s *screen) copied(cmd tea.Cmd) string {
	s.t.Helper()
	require.NotNil(s.t, cmd)
	raw, ok := cmd().(tea.RawMsg)
	require.True(s.t, ok, "GNU Screen is asked to pass it on")
	text := strings.TrimSuffix(strings.TrimPrefix(raw.Msg.(string), "\x1bP\x1b]52;c;"), "\x07\x1b\\")
	decoded, err := base64.StdEncoding.DecodeString(text)
	require.NoError(s.t, err, "%q", raw.Msg)
	return string(decoded)
}

// TestCopy copies names, figures and rows.
func TestCopy(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	s.m.environ = tea.EnvMsg{"STY=1"}
	copied := func(key string) string { return s.copied(s.update(keyOf(key))) }
	require.Equal(t, s.m.overview().copied(s.m), copied("y"))
	require.Regexp(t, `^\$\d`, s.m.overview().copied(s.m), "the figure under the cursor")
	s.press("tab")
	require.Equal(t, "acme", copied("y"))
	s.press("2", "down")
	require.Equal(t, "borealis", copied("y"))
	rows := strings.Split(strings.TrimSpace(copied("Y")), "\n")
	require.Len(t, rows, 2, "the headings and the row")
	require.Contains(t, strings.Split(rows[0], "\t"), "amount")
	require.Contains(t, strings.Split(rows[1], "\t"), "borealis")
	s.press("space", "space")
	require.Equal(t, "borealis\ncinder", copied("y"))
	s.press("b")
	require.Equal(t, "acme\teu-west-1", copied("y"))
	s.press("2", "x")
	require.Equal(t, s.m.shown().(*explainPage).state.Usage.Sum().String(), copied("y"))
	s.press("?", "y").has("there is nothing to copy here")
}

// TestCopyInTmux sends the sequence both to tmux and through it, as tmux may be set to take either.
func TestCopyInTmux(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	s.m.environ = tea.EnvMsg{"TMUX=/tmp/x"}
	batch, ok := s.m.clipboard("acme", "acme")().(tea.BatchMsg)
	require.True(t, ok)
	require.Len(t, batch, 2)
	require.Equal(t, tea.SetClipboard("acme")(), batch[0]())
	require.Equal(t, tea.RawMsg{Msg: "\x1bPtmux;\x1b\x1b]52;c;YWNtZQ==\x07\x1b\\"}, batch[1]())
	require.Nil(t, s.m.clipboard(strings.Repeat("x", mostCopied+1), "x"))
	s.has("more than terminals copy")
}

// TestThemeCommand holds the choice against what the terminal says later.
func TestThemeCommand(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	s.press(":").write("theme light").press("enter")
	require.False(t, s.m.dark)
	s.update(tea.BackgroundColorMsg{})
	require.False(t, s.m.dark)
}

// TestColumnsAreHidden and stay so.
func TestColumnsAreHidden(t *testing.T) {
	options := over(t, fewRecords(), nil)
	options.StateFile = filepath.Join(t.TempDir(), "dash.json")
	s := open(t, options, 120, 40)
	s.press("2").has("share")
	s.press("c").has("columns", "✓ share").press("down", "space", "esc")
	require.NotContains(t, s.line("coverage"), "share")
	again := open(t, options, 120, 40).press("2")
	require.NotContains(t, again.line("coverage"), "share")
	again.press("c", "down", "enter", "esc")
	require.Contains(t, again.line("coverage"), "share")
}
