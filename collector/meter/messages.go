package meter

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
)

// messages writes what there is to say to people, in a goroutine of its own: standard error goes where standard output
// does, and a hook may wait for neither. Messages that nobody takes are dropped.
type messages struct {
	clock      Clock
	queue      chan string
	stop, done chan struct{}

	mu    sync.Mutex
	since time.Duration  // when counting began
	said  map[string]int // how often, by what is said, names and numbers left out
}

const (
	maxMessages    = 64
	messageMaxRune = 500
	farewell       = 200 * time.Millisecond

	// repeats of one message are written within a minute: whoever calls hooks in a loop should not fill a log that is paid
	// by the byte.
	repeats = 10
)

func newMessages(w io.Writer, clock Clock) *messages {
	m := &messages{
		clock: clock, since: clock.Now().Mono, said: map[string]int{}, queue: make(chan string, maxMessages),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go m.write(w)
	return m
}

func (m *messages) write(w io.Writer) {
	defer close(m.done)
	for {
		select {
		case text := <-m.queue:
			_, _ = io.WriteString(w, text)
			continue
		default:
		}
		select {
		case text := <-m.queue:
			_, _ = io.WriteString(w, text)
		case <-m.stop:
			return
		}
	}
}

// say takes a message of one line. It never waits.
func (m *messages) say(format string, args ...any) {
	switch n := m.count(format); {
	case n > repeats:
		return
	case n == repeats:
		format += " (and more of this in the minute)"
	}
	select {
	case m.queue <- messageLine(fmt.Sprintf(format, args...)):
	default:
	}
}

// count is how often something has been said within the minute, this time included.
func (m *messages) count(format string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.clock.Now().Mono; now-m.since >= time.Minute {
		m.since = now
		clear(m.said)
	}
	m.said[format]++
	return m.said[format]
}

// close waits a moment for what was said. What is said after it is not written.
func (m *messages) close() {
	close(m.stop)
	select {
	case <-m.done:
	case <-time.After(farewell):
	}
}

// messageLine is a message as a line, with nothing in it that a terminal would obey, and no longer than people read.
func messageLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
	if runes := []rune(text); len(runes) > messageMaxRune {
		text = string(runes[:messageMaxRune]) + "…"
	}
	return "microspend meter: " + text + "\n"
}
