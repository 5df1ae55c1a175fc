package collector

import (
	"fmt"
	"time"
)

// Waiting is something that the service was asked for and has yet to answer.
type Waiting struct {
	Target Target
	For    string // such as "reading acme/web"
	Since  time.Time
	Others int // that are waited for as well
}

// String says it in a line.
func (w Waiting) String() string {
	text := fmt.Sprintf("waiting %s for %s: %s", time.Since(w.Since).Round(time.Second), w.Target, w.For)
	if w.Others > 0 {
		text += fmt.Sprintf(", and %d more", w.Others)
	}
	return text
}

// noticeWaiting is how long an answer may take before it is said, and how often it is said again.
const noticeWaiting = 30 * time.Second

// waitFor notes that something is waited for, until what it returns is called.
func (c *collection) waitFor(target Target, what string) (answered func()) {
	w := &Waiting{Target: target, For: what, Since: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = map[*Waiting]bool{}
	}
	c.waiting[w] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, w)
	}
}

// watch says what is waited for, until what it returns is called.
func (c *collection) watch() (stop func()) {
	every := c.noticeWaiting
	if every == 0 {
		every = noticeWaiting
	}
	ticker, done := time.NewTicker(every), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				c.sayWaiting(every)
			}
		}
	}()
	return func() { ticker.Stop(); close(done) }
}

func (c *collection) sayWaiting(atLeast time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var longest *Waiting
	for w := range c.waiting {
		if longest == nil || w.Since.Before(longest.Since) {
			longest = w
		}
	}
	if longest == nil || time.Since(longest.Since) < atLeast {
		return
	}
	said := *longest
	said.Others = len(c.waiting) - 1
	if c.Waiting != nil {
		c.Waiting(said)
		return
	}
	c.Logger.Info("waiting for the service", "target", said.Target.String(), "for", said.For,
		"since", said.Since.UTC().Truncate(time.Second), "others", said.Others)
}
