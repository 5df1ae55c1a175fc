package tui

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"microspend/tui/draw"
)

// progress is how far collecting has got.
type progress struct {
	done, total int64 // total is 0 where it is not known
	label       string
}

// collecting is the state of collecting in the background.
type collecting struct {
	running bool
	cancel  context.CancelFunc
	at      atomic.Pointer[progress] // the latest, from whatever goroutine; the screen looks each second
	ended   time.Time
	fault   string
}

// collectNow collects where there is a collector, unless it is being done.
func (m *Model) collectNow() tea.Cmd {
	c := m.collect
	if c == nil || c.running {
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	c.running, c.cancel = true, cancel
	c.at.Store(&progress{})
	collector := m.options.Collector
	return func() tea.Msg {
		return collectedMsg{collector.Collect(ctx, func(done, total int64, label string) {
			c.at.Store(&progress{done, total, label})
		})}
	}
}

// collected notes the end, and reads what was collected.
func (m *Model) collected(msg collectedMsg) tea.Cmd {
	c := m.collect
	c.running, c.fault, c.ended = false, faultText(msg.err), m.options.Clock()
	c.cancel()
	if m.quitting {
		return nil
	}
	return m.look(true)
}

// collectAgain collects if it is time to.
func (m *Model) collectAgain() tea.Cmd {
	c := m.collect
	if c == nil || c.running || m.options.CollectEvery <= 0 || m.options.Clock().Sub(c.ended) < m.options.CollectEvery {
		return nil
	}
	return m.collectNow()
}

func (m *Model) stopCollecting() {
	if m.collect != nil && m.collect.cancel != nil {
		m.collect.cancel()
	}
}

// progress is how far collecting has got, "" where it is not being done.
func (c *collecting) progress(m *Model) string {
	if c == nil || !c.running {
		return ""
	}
	t, at := m.theme, c.at.Load()
	text := "collecting"
	if at.label != "" {
		text += " " + draw.Cut(draw.Name(at.label), 24)
	}
	if at.total > 0 {
		part := float64(at.done) / float64(at.total)
		percent := t.Muted.Text(fmt.Sprintf("%d %%", int(part*100)))
		return t.Muted.Text(text) + " " + draw.Bar(part, 10, t.Accent, t.Track) + " " + percent
	}
	if at.done > 0 {
		text += fmt.Sprintf(" %d", at.done)
	}
	return t.Muted.Text(text + " …")
}
