package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"

	"microspend/internal/figures"
)

// progress shows on one line of a terminal how far something long has come. It is drawn five times a second at most,
// first when something has taken that long, and leaves nothing behind. A nil progress draws nothing. It is not for
// several goroutines at once.
type progress struct {
	to    io.Writer
	width func() int // of the terminal in columns, which may change
	now   func() time.Time
	label string // what is being done, such as "reading"
	unit  string // what is counted, in the plural

	next  time.Time // when it may be drawn again
	drawn bool
}

const (
	progressEvery = 200 * time.Millisecond
	progressBar   = 30 // columns
	leastBar      = 6
)

// startProgress makes a progress on standard error: nil where that is no terminal, or one that cannot clear a line.
func (a *app) startProgress(label, unit string) *progress {
	file, ok := a.err.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) || a.env("TERM") == "dumb" {
		return nil
	}
	width := func() int {
		columns, _, err := term.GetSize(file.Fd())
		if err != nil || columns <= 0 {
			return 80
		}
		return columns
	}
	return &progress{to: a.err, width: width, now: a.now, label: label, unit: unit, next: a.now().Add(progressEvery)}
}

// relabel says that something else is being done from now on.
func (p *progress) relabel(label, unit string) {
	if p != nil {
		p.label, p.unit = label, unit
	}
}

// at says that done of a total is done, which may be bytes, and that so many units have been counted. A total of 0 is
// one that is not known; the count alone is shown then.
func (p *progress) at(done, total, count int64) {
	if p == nil {
		return
	}
	now := p.now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(progressEvery)
	p.drawn = true
	fmt.Fprint(p.to, "\r"+progressLine(p.width(), p.label, p.unit, done, total, count)+"\x1b[K")
}

// clear takes the line away.
func (p *progress) clear() {
	if p != nil && p.drawn {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.drawn = false
	}
}

// progressLine fits into a width less one column, in which some terminals would break the line.
func progressLine(width int, label, unit string, done, total, count int64) string {
	text := figures.Int(count) + " " + unit
	if total > 0 {
		done = max(min(done, total), 0)
		text = fmt.Sprintf("%3d %%  %s", done*100/total, text)
		bar := min(progressBar, width-1-utf8.RuneCountInString(label)-2-utf8.RuneCountInString(text))
		if bar >= leastBar {
			full := int(done * int64(bar) / total)
			text = strings.Repeat("█", full) + strings.Repeat("░", bar-full) + " " + text
		}
	}
	line := []rune(label + " " + text)
	return string(line[:min(len(line), max(width-1, 0))])
}
