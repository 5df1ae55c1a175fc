// Package progress draws how far something long has come, on one line of a terminal.
package progress

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

// Bar is one line of a terminal. It is drawn five times a second at most,
// first when something has taken that long, and leaves nothing behind. A nil Bar draws nothing. It is not for
// several goroutines at once.
type Bar struct {
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

// New starts a bar on a file: nil unless that is a terminal. The label says what is being done, such as reading; the
// unit is what is counted, in the plural.
func New(to io.Writer, now func() time.Time, label, unit string) *Bar {
	file, ok := to.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) {
		return nil
	}
	width := func() int {
		columns, _, err := term.GetSize(file.Fd())
		if err != nil || columns <= 0 {
			return 80
		}
		return columns
	}
	return &Bar{to: to, width: width, now: now, label: label, unit: unit, next: now().Add(progressEvery)}
}

// Relabel says that something else is being done from now on.
func (p *Bar) Relabel(label, unit string) {
	if p != nil {
		p.label, p.unit = label, unit
	}
}

// At says that done of a total is done, which may be bytes, and how many units have been counted. A total of 0 is
// one that is not known; the count alone is shown then.
func (p *Bar) At(done, total, count int64) {
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

// Clear takes the line away.
func (p *Bar) Clear() {
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
