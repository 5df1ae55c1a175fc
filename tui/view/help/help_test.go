package help_test

import (
	"testing"

	"charm.land/bubbles/v2/key"

	"microspend/internal/frametest"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/tui/view/help"
)

func bind(name, does string) key.Binding { return key.NewBinding(key.WithHelp(name, does)) }

func TestFrames(t *testing.T) {
	groups := []help.Group{
		{Title: "move", Keys: []key.Binding{
			bind("↑ k", "up"), bind("↓ j", "down"),
			bind("a long name", "does something that takes a line of its own to explain"),
		}},
		{Title: "rows", Keys: []key.Binding{bind("s", "sort"), bind("/", "filter")}},
		{Title: "symbols", Notes: []string{"▲ ▼ sorted; – nothing there; a sentence that is longer than one line of a narrow terminal."}},
	}
	for name, scroll := range map[string]int{"help": 0, "help-scrolled": 4, "help-beyond": 999} {
		frametest.Check(t, name, func(dark bool, colors, width, height int) string {
			lines := help.Lines(theme.New(dark, theme.Colors(colors)), groups, width)
			return draw.Scrolled(lines, scroll, width, height)
		})
	}
}
