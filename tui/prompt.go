package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"microspend/tui/data"
)

// prompt is what keys go to while something is asked for.
type prompt struct {
	label     string
	text      string
	fault     string    // what is wrong with the text
	filtering tablePage // the page whose filter is typed, which shows it itself

	changed func(m *Model, text string)
	accept  func(m *Model, text string) (tea.Cmd, error) // nil takes no text, only the keys it names
	dismiss func(m *Model) tea.Cmd
	other   func(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) // keys that are not text
	keys    []key.Binding
}

// longest is how much may be typed.
const longest = 500

func (p *prompt) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if p.other != nil {
		if cmd, done := p.other(m, k); done {
			return cmd
		}
	}
	switch {
	case key.Matches(k, m.keys.Clear):
		m.prompt = nil
		if p.dismiss != nil {
			return p.dismiss(m)
		}
	case p.accept == nil:
	case key.Matches(k, m.keys.Accept):
		cmd, err := p.accept(m, p.text)
		if err != nil {
			p.fault = err.Error()
			return nil
		}
		m.prompt = nil
		return cmd
	case key.Matches(k, m.keys.Erase):
		p.set(m, withoutLast(p.text))
	case key.Matches(k, m.keys.EraseAll):
		p.set(m, "")
	case key.Matches(k, m.keys.EraseWord):
		kept := strings.TrimRight(p.text, " ")
		p.set(m, kept[:strings.LastIndex(kept, " ")+1])
	case k.Text != "" && k.Mod&(tea.ModCtrl|tea.ModAlt) == 0:
		p.insert(m, k.Text)
	}
	return nil
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
	p.set(m, p.text+text)
}

func (p *prompt) set(m *Model, text string) {
	p.text, p.fault = text, ""
	if p.changed != nil {
		p.changed(m, text)
	}
}

// filterPrompt filters a table while it is typed. Arrows still move the cursor.
func filterPrompt(m *Model, page tablePage) *prompt {
	return &prompt{
		label: "filter", text: page.table().Text, filtering: page,
		changed: func(_ *Model, text string) { page.table().SetFilter(text) },
		accept:  func(m *Model, _ string) (tea.Cmd, error) { return m.remember(page), nil },
		dismiss: func(m *Model) tea.Cmd {
			page.table().SetFilter("")
			return m.remember(page)
		},
		other: func(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
			switch k.Code {
			case tea.KeyUp, tea.KeyDown, tea.KeyPgUp, tea.KeyPgDown:
				return page.key(m, k)
			}
			return nil, false
		},
		keys: []key.Binding{m.keys.Accept, m.keys.Clear},
	}
}

// periodPrompt asks for a period.
func periodPrompt(m *Model) *prompt {
	return &prompt{
		label: "period, such as 2026-10 or 2026-10-01 2026-10-15 or 30d",
		accept: func(m *Model, text string) (tea.Cmd, error) {
			period, err := data.ParsePeriod(text, m.options.Now(), m.location())
			if err != nil {
				return nil, err
			}
			m.custom = &period
			return m.setPeriod(period), nil
		},
		keys: []key.Binding{m.keys.Accept, m.keys.Clear},
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
