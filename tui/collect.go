package tui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"microspend/tui/draw"
)

// collecting is the state of collecting in the background.
type collecting struct {
	running bool
	cancel  context.CancelFunc
	news    chan collectMsg // the latest progress; what it takes the place of is dropped
	over    chan struct{}   // closed at the end
	at      collectMsg
	ended   time.Time
	fault   error
	runs    int
}

// startCollecting begins to collect where there is a collector.
func (m *Model) startCollecting() tea.Cmd {
	if m.options.Collector == nil {
		return nil
	}
	m.collect = &collecting{}
	return m.collectNow()
}

// collectNow collects unless it is being done.
func (m *Model) collectNow() tea.Cmd {
	c := m.collect
	if c == nil || c.running {
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	c.running, c.cancel, c.at = true, cancel, collectMsg{}
	c.news, c.over = make(chan collectMsg, 1), make(chan struct{})
	collector, news, over := m.options.Collector, c.news, c.over
	collect := func() tea.Msg {
		defer close(over)
		err := collector.Collect(ctx, func(done, total int64, label string) { post(news, collectMsg{done, total, label}) })
		return collectedMsg{err}
	}
	return tea.Batch(collect, listen(news, over))
}

// post leaves the latest progress to be picked up, in place of what was not. It never waits.
func post(news chan collectMsg, msg collectMsg) {
	for {
		select {
		case news <- msg:
			return
		default:
		}
		select {
		case <-news:
		default:
		}
	}
}

// listen waits for the next progress.
func listen(news chan collectMsg, over chan struct{}) tea.Cmd {
	return func() tea.Msg {
		select {
		case msg := <-news:
			return msg
		case <-over:
			return nil
		}
	}
}

func (m *Model) collectingAt(msg collectMsg) tea.Cmd {
	if m.collect == nil || !m.collect.running {
		return nil
	}
	m.collect.at = msg
	return listen(m.collect.news, m.collect.over)
}

// collected notes the end, and reads what was collected.
func (m *Model) collected(msg collectedMsg) tea.Cmd {
	c := m.collect
	if c == nil {
		return nil
	}
	c.running, c.fault, c.ended = false, msg.err, m.options.Clock()
	c.runs++
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
	t := m.theme
	text := "collecting"
	if c.at.label != "" {
		text += " " + draw.Cut(draw.Name(c.at.label), 24)
	}
	if c.at.total > 0 {
		part := float64(c.at.done) / float64(c.at.total)
		percent := t.Muted.Text(fmt.Sprintf("%d %%", int(part*100)))
		return t.Muted.Text(text) + " " + draw.Bar(part, 10, t.Accent, t.Track) + " " + percent
	}
	if c.at.done > 0 {
		text += fmt.Sprintf(" %d", c.at.done)
	}
	return t.Muted.Text(text + " …")
}
