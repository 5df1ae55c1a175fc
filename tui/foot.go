package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"

	"microspend/tui/draw"
)

// foot is the keys worth naming, or what is being asked for, or a word on what was done.
func (m *Model) foot() string {
	switch {
	case m.prompt != nil && m.prompt.filtering != nil: // which shows its filter itself
		return m.hints(m.prompt.keys, m.width)
	case m.prompt != nil:
		line := m.promptLine(m.prompt)
		if hint := m.prompt.hint(); hint != "" {
			return draw.Cut(line+"  "+m.theme.Muted.Text(hint), m.width)
		}
		return line + m.hints(m.prompt.keys, m.width-draw.Width(line))
	case m.notice != "":
		paint := m.theme.Good
		if m.badNews {
			paint = m.theme.Bad
		}
		return draw.Cut(" "+paint.Text(draw.Cut(m.notice, m.width-2)), m.width)
	}
	return m.hints(m.shown().keys(m), m.width)
}

// hints are as many of the keys as there is room for, the first first. Help and quit are never left out: who does not
// know the others yet finds them by these two.
func (m *Model) hints(keys []key.Binding, width int) string {
	t := m.theme
	pinned := func(b key.Binding) bool {
		return b.Help() == m.keys.Help.Help() || b.Help() == m.keys.Quit.Help()
	}
	last := slices.DeleteFunc(slices.Clone(keys), func(b key.Binding) bool { return !pinned(b) })
	first := slices.DeleteFunc(slices.Clone(keys), pinned)
	room := width - 1
	hint := func(b key.Binding) (text string, cells int) {
		help := brief(b).Help()
		if m.options.ASCII {
			help.Key = asciiKeys.Replace(help.Key)
		}
		return "  " + t.Accent.Text(help.Key) + " " + t.Muted.Text(help.Desc), 3 + draw.Width(help.Key+help.Desc)
	}
	var end, line string
	for _, b := range last {
		text, cells := hint(b)
		end, room = end+text, room-cells
	}
	for _, b := range first {
		text, cells := hint(b)
		if cells > room {
			break
		}
		line, room = line+text, room-cells
	}
	if line += end; line == "" {
		return ""
	}
	return draw.Cut(line[1:], width) // one blank before the first
}

// asciiKeys are the names of keys that have a sign of their own.
var asciiKeys = strings.NewReplacer("↵", "Enter", "⇧", "S-", "⌫", "BS")

// promptLine is what is being typed, behind what it is asked for or what is wrong with it. What is typed stays in
// sight: the words before it give way, and then its beginning.
func (m *Model) promptLine(p *prompt) string {
	t := m.theme
	label, behind, paint := p.label, ": ", t.Muted
	switch {
	case p.fault != "":
		label, behind, paint = "✗ "+draw.Name(p.fault), "  ", t.Bad
	case p.accept == nil:
		return " " + t.Strong.Text(draw.Cut(p.label, m.width-1))
	}
	const cursor, least = "▏", 12
	text, rest := draw.Name(p.text[:p.at]), draw.Name(p.text[p.at:])
	room := m.width - 1 - draw.Width(behind+cursor)
	label = draw.Cut(label, max(room-draw.Width(text+rest), min(room/2, least)))
	room -= draw.Width(label)
	text = draw.Tail(text, room)
	return " " + paint.Text(label+behind) + t.Input.Text(text+cursor+draw.Cut(rest, room-draw.Width(text)))
}
