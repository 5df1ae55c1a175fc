package tui

import (
	"slices"
	"strings"

	"microspend/tui/draw"
)

// completion is what the text of a prompt may be completed to, one word after the other. The zero value offers nothing.
type completion struct {
	before, behind string
	words          []string
	at             int // which of the words stands in the text
}

// completeNext puts the next word that the text could go on with in place of what is typed of it. A single one is
// taken with a blank behind it, to go on typing.
func (p *prompt) completeNext(m *Model, back bool) {
	if p.complete == nil {
		p.fault = "there is nothing to complete here"
		return
	}
	offered := p.offered
	if len(offered.words) == 0 {
		offered = completion{behind: p.text[p.at:], at: -1}
		offered.before, offered.words = p.complete(m, p.text[:p.at])
		if back {
			offered.at = 0
		}
	}
	n := len(offered.words)
	if n == 0 {
		p.fault = "nothing completes this"
		return
	}
	step := 1
	if back {
		step = -1
	}
	offered.at = (offered.at + step + n) % n
	text := offered.before + offered.words[offered.at]
	if n == 1 {
		text += " "
	}
	p.set(m, text+offered.behind, len(text))
	if n > 1 {
		p.offered = offered
	}
}

// hint is what the text may be completed to from the word on that stands in it, "" where nothing is offered.
func (p *prompt) hint() string {
	words := p.offered.words
	if len(words) == 0 {
		return ""
	}
	const most = 8
	words = words[p.offered.at:]
	return draw.Name(strings.Join(words[:min(most, len(words))], "  "))
}

// history is what was accepted before, the oldest first, and where in it one looks.
type history struct {
	texts []string
	at    int    // len(texts) is what is being typed
	typed string // before looking
}

// mostHistory is how many texts are kept.
const mostHistory = 100

// add keeps a text as the newest.
func (h *history) add(text string) {
	text = strings.TrimSpace(text)
	if text != "" {
		h.texts = append(slices.DeleteFunc(h.texts, func(old string) bool { return old == text }), text)
		h.texts = h.texts[max(0, len(h.texts)-mostHistory):]
	}
	h.at = len(h.texts)
}

// step is the text before or behind the one that is looked at. Past the newest lies what was being typed.
func (h *history) step(text string, older bool) string {
	if h.at == len(h.texts) {
		h.typed = text
	}
	if older {
		h.at = max(0, h.at-1)
	} else {
		h.at = min(len(h.texts), h.at+1)
	}
	if h.at == len(h.texts) {
		return h.typed
	}
	return h.texts[h.at]
}
