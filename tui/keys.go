package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"

	"microspend/tui/view/help"
)

// keyMap is every key that does something. The line at the foot, the help and docs/dash.md are made from it.
type keyMap struct {
	Overview, Tenants, Images, MicroVMs, Days              key.Binding
	Up, Down, Left, Right, PageUp, PageDown                key.Binding
	Top, Bottom, NextPanel, PreviousPanel                  key.Binding
	Open, Back, Explain, WhatIf                            key.Binding
	Filter, Sort, Reverse, Group                           key.Binding
	Period, TypePeriod, Earlier, Later                     key.Binding
	Refresh, Pause, Export, Help, Quit                     key.Binding
	Accept, Clear, Turn, CSV, JSON, ScrollKeys, ChooseKnob key.Binding
}

func bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

func newKeyMap() *keyMap {
	return &keyMap{
		Overview: bind("1", "overview", "1"),
		Tenants:  bind("2", "tenants", "2"),
		Images:   bind("3", "images", "3"),
		MicroVMs: bind("4", "MicroVMs", "4"),
		Days:     bind("5", "days", "5"),

		Up:            bind("↑ k", "up", "up", "k"),
		Down:          bind("↓ j", "down", "down", "j"),
		Left:          bind("← h", "left: columns, or the value before", "left", "h"),
		Right:         bind("→ l", "right: columns, or the next value", "right", "l"),
		PageUp:        bind("PgUp ^b", "a page up", "pgup", "ctrl+b", "ctrl+u"),
		PageDown:      bind("PgDn ^f", "a page down", "pgdown", "ctrl+f", "ctrl+d", "space"),
		Top:           bind("Home", "to the first", "home"),
		Bottom:        bind("End G", "to the last", "end", "G"),
		NextPanel:     bind("Tab", "next panel: of the overview", "tab"),
		PreviousPanel: bind("⇧Tab", "panel before: of the overview", "shift+tab"),

		Open:    bind("↵", "open: what is inside, down to the bill", "enter"),
		Back:    bind("Esc", "back", "esc", "backspace"),
		Explain: bind("x", "explain: quantity × rate, sources, assumptions", "x"),
		WhatIf:  bind("w", "what if: another timeout, size, region, platform", "w"),

		Filter:  bind("/", "filter: text, amount > 10, share >= 5%", "/"),
		Sort:    bind("s", "sort: by the next column", "s"),
		Reverse: bind("S", "reverse: the other way round", "S"),
		Group:   bind("g", "group: by something else", "g"),

		Period:     bind("t", "period: month, today, 7 days, custom", "t"),
		TypePeriod: bind("T", "type a period: days, a month, 30d", "T"),
		Earlier:    bind("[", "earlier: the period before", "["),
		Later:      bind("]", "later: the period after", "]"),

		Refresh: bind("r", "refresh: read again, and collect", "r"),
		Pause:   bind("p", "pause: neither look for news nor collect", "p"),
		Export:  bind("e", "export: what is shown, as CSV or JSON", "e"),
		Help:    bind("?", "help", "?", "f1"),
		Quit:    bind("q", "quit", "q", "ctrl+c"),

		Accept:     bind("↵", "keep", "enter"),
		Clear:      bind("Esc", "clear", "esc"),
		Turn:       bind("← →", "change", "left", "right"),
		CSV:        bind("c", "CSV", "c"),
		JSON:       bind("j", "JSON", "j"),
		ScrollKeys: bind("↑ ↓", "scroll", "up", "down"),
		ChooseKnob: bind("↑ ↓", "choose", "up", "down"),
	}
}

// groups are the keys under their headings, for the help.
func (k *keyMap) groups() []help.Group {
	return []help.Group{
		{Title: "views", Keys: []key.Binding{k.Overview, k.Tenants, k.Images, k.MicroVMs, k.Days, k.Help, k.Quit}},
		{Title: "looking", Keys: []key.Binding{k.Open, k.Back, k.Explain, k.WhatIf, k.Export}},
		{Title: "moving", Keys: []key.Binding{
			k.Up, k.Down, k.Left, k.Right, k.PageUp, k.PageDown, k.Top, k.Bottom, k.NextPanel, k.PreviousPanel,
		}},
		{Title: "rows", Keys: []key.Binding{k.Filter, k.Sort, k.Reverse, k.Group}},
		{Title: "time and data", Keys: []key.Binding{k.Period, k.TypePeriod, k.Earlier, k.Later, k.Refresh, k.Pause}},
		{Title: "filters", Notes: []string{
			"All terms must hold: acme (a name contains it), -acme (none does), \"two words\", image = base, amount > 10, " +
				"share >= 5%, change < 0, change > 20%, coverage < 100%. Columns may be shortened: am > 10.",
		}},
		{Title: "signs", Notes: []string{
			"▲ ▼ sorted upwards or downwards; +? part of the usage has no known rate; unknown: none of it has; " +
				"– nothing there; · a day without data; … cut off.",
		}},
	}
}

// brief is a key with a word or two in place of its sentence, for the line at the foot.
func brief(b key.Binding) key.Binding {
	short, _, _ := strings.Cut(b.Help().Desc, ":")
	return key.NewBinding(key.WithKeys(b.Keys()...), key.WithHelp(b.Help().Key, short))
}

// all are all keys of the help.
func (k *keyMap) all() []key.Binding {
	var all []key.Binding
	for _, group := range k.groups() {
		all = append(all, group.Keys...)
	}
	return all
}
