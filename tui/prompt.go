package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"microspend/tui/draw"
)

// prompt is what keys go to while something is asked for.
type prompt struct {
	label     string
	text      string
	at        int       // where in the text the cursor is
	menu      *menu     // nil for none
	fault     string    // what is wrong with the text
	filtering tablePage // the listing whose filter is typed, which shows it itself

	changed func(m *Model, text string)
	accept  func(m *Model, text string) (tea.Cmd, error) // nil takes no text, only the keys it names
	dismiss func(m *Model) tea.Cmd
	other   func(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) // keys that are not text
	keys    []key.Binding

	// complete is what the text before the cursor could go on with: what stays of it, and words to go on with. Nil
	// completes nothing.
	complete func(m *Model, text string) (before string, words []string)
	offered  completion
	history  *history // of what was accepted; nil keeps none
}

// longest is how much may be typed.
const longest = 500

func (p *prompt) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if p.other != nil {
		if cmd, done := p.other(m, k); done {
			return cmd
		}
	}
	keys := m.keys
	switch {
	case key.Matches(k, keys.Clear):
		m.prompt = nil
		if p.dismiss != nil {
			return p.dismiss(m)
		}
	case p.accept == nil:
		p.fault = draw.Cut(draw.Name(k.String()), 20) + " is not an answer; " + p.label
	case key.Matches(k, keys.Accept):
		return p.accepted(m)
	case key.Matches(k, keys.Complete, keys.CompleteBack):
		p.completeNext(m, key.Matches(k, keys.CompleteBack))
	case p.history != nil && key.Matches(k, keys.Older, keys.Newer):
		text := p.history.step(p.text, key.Matches(k, keys.Older))
		p.set(m, text, len(text))
	case p.edit(m, k):
	case k.Text != "" && k.Mod&(tea.ModCtrl|tea.ModAlt) == 0:
		p.insert(m, k.Text)
	}
	return nil
}

func (p *prompt) accepted(m *Model) tea.Cmd {
	m.prompt = nil // first, as what is accepted may ask for more
	cmd, err := p.accept(m, p.text)
	if err != nil {
		m.prompt, p.fault = p, err.Error()
		return nil
	}
	if p.history != nil {
		p.history.add(p.text)
	}
	return cmd
}

// edit moves the cursor and erases. It reports whether the key does.
func (p *prompt) edit(m *Model, k tea.KeyPressMsg) bool {
	keys := m.keys
	before, behind := p.text[:p.at], p.text[p.at:]
	switch {
	case key.Matches(k, keys.CursorLeft):
		p.at = len(withoutLast(before))
	case key.Matches(k, keys.CursorRight):
		first, _ := ansi.FirstGraphemeCluster(behind, ansi.GraphemeWidth)
		p.at += len(first)
	case key.Matches(k, keys.CursorHome):
		p.at = 0
	case key.Matches(k, keys.CursorEnd):
		p.at = len(p.text)
	case key.Matches(k, keys.Erase):
		kept := withoutLast(before)
		p.set(m, kept+behind, len(kept))
	case key.Matches(k, keys.EraseNext):
		first, _ := ansi.FirstGraphemeCluster(behind, ansi.GraphemeWidth)
		p.set(m, before+behind[len(first):], p.at)
	case key.Matches(k, keys.EraseAll):
		p.set(m, behind, 0)
	case key.Matches(k, keys.EraseRest):
		p.set(m, before, p.at)
	case key.Matches(k, keys.EraseWord):
		kept := strings.TrimRight(before, " ")
		kept = kept[:strings.LastIndex(kept, " ")+1]
		p.set(m, kept+behind, len(kept))
	default:
		return false
	}
	return true
}

// withoutLast takes the last character off, with all that it is made of.
func withoutLast(text string) string {
	last := 0
	for at := 0; at < len(text); {
		cluster, _ := ansi.FirstGraphemeCluster(text[at:], ansi.GraphemeWidth)
		last = at
		at += max(len(cluster), 1)
	}
	return text[:last]
}

// insert takes text that is typed or pasted; line breaks are blanks.
func (p *prompt) insert(m *Model, text string) {
	if p.accept == nil {
		return
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
	if strings.ToValidUTF8(text, "") != text || len(p.text)+len(text) > longest {
		return
	}
	p.set(m, p.text[:p.at]+text+p.text[p.at:], p.at+len(text))
}

// set makes the text another one. What was offered to complete the one before is no longer of use.
func (p *prompt) set(m *Model, text string, at int) {
	p.text, p.at, p.fault, p.offered = text, at, "", completion{}
	if p.changed != nil {
		p.changed(m, text)
	}
}

// filterPrompt filters a table while it is typed. Arrows still move the cursor.
func filterPrompt(m *Model, page tablePage) *prompt {
	t := page.table()
	return &prompt{
		label: "filter", text: t.Text, at: len(t.Text), filtering: page,
		changed: func(_ *Model, text string) { t.TypeFilter(text) },
		accept: func(m *Model, _ string) (tea.Cmd, error) {
			if err := t.FinishFilter(); err != nil {
				return nil, err
			}
			return m.remember(page), nil
		},
		complete: func(_ *Model, text string) (string, []string) { return t.Content.Complete(text) },
		dismiss: func(m *Model) tea.Cmd {
			t.SetFilter("")
			return m.remember(page)
		},
		other: func(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
			switch k.Code {
			case tea.KeyUp, tea.KeyDown, tea.KeyPgUp, tea.KeyPgDown:
				return page.key(m, k)
			}
			return nil, false
		},
		keys: []key.Binding{m.keys.Accept, m.keys.Complete, m.keys.Clear},
	}
}

// periodPrompt asks for a period.
func periodPrompt(m *Model) *prompt {
	return &prompt{
		label:  "period, such as last-week, 30d, 2026-10 or 2026-10-01..2026-10-15",
		accept: runPeriod,
		keys:   []key.Binding{m.keys.Accept, m.keys.Clear},
	}
}

// exportPrompt asks for the format.
func exportPrompt(m *Model) *prompt {
	return &prompt{
		label: "export as",
		other: func(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
			for format, binding := range map[string]key.Binding{"csv": m.keys.CSV, "json": m.keys.JSON} {
				if key.Matches(k, binding) {
					m.prompt = nil
					return m.export(format), true
				}
			}
			return nil, false
		},
		keys: []key.Binding{m.keys.CSV, m.keys.JSON, m.keys.Clear},
	}
}
