package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"
)

// fakeCollector does as it is told.
type fakeCollector func(ctx context.Context, progress func(done, total int64, label string)) error

func (f fakeCollector) Collect(ctx context.Context, progress func(done, total int64, label string)) error {
	return f(ctx, progress)
}

// run runs a command and what it batches in the background, as the program would.
func run(t *testing.T, s *screen, cmd tea.Cmd, messages chan tea.Msg) {
	t.Helper()
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, one := range batch {
				if one != nil {
					go func() { messages <- one() }()
				}
			}
			return
		}
		messages <- msg
	}()
}

// until takes messages until the screen shows a text.
func until(t *testing.T, s *screen, messages chan tea.Msg, text string) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !strings.Contains(s.text(), text) {
		select {
		case msg := <-messages:
			if msg != nil {
				run(t, s, s.update(msg), messages)
			}
		case <-time.After(10 * time.Millisecond): // progress comes without a message
		case <-deadline:
			require.Fail(t, "never shown: "+text, s.text())
		}
	}
}

func TestCollecting(t *testing.T) {
	step := make(chan struct{})
	result := make(chan error)
	options := over(t, fewRecords(), nil)
	options.CollectEvery = time.Minute
	options.Collector = fakeCollector(func(ctx context.Context, progress func(done, total int64, label string)) error {
		progress(0, 0, "regions\x1b[31m")
		<-step
		for i := range int64(1000) {
			progress(i, 1000, "eu-west-1") // more than anybody picks up
		}
		progress(450, 1000, "eu-west-1")
		select {
		case err := <-result:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	s := open(t, options, 120, 30)
	messages := make(chan tea.Msg, 100)
	run(t, s, s.m.collectNow(), messages)
	until(t, s, messages, "collecting regions␛[31m …")
	s.press("2", "j", "s").has("tenants") // keys are answered meanwhile
	step <- struct{}{}
	until(t, s, messages, "45 %")
	result <- errors.New("throttled")
	until(t, s, messages, "✗ collecting failed: throttled")
	s.has("acme")

	require.Nil(t, s.m.collectAgain(), "not before it is time")
	later := evening.Add(2 * time.Minute)
	s.m.options.Clock = fixed(later)
	run(t, s, s.m.collectAgain(), messages)
	until(t, s, messages, "collecting regions")
	require.Nil(t, s.m.collectNow(), "not twice at a time")
	step <- struct{}{}
	result <- nil
	until(t, s, messages, "updated")
	for s.m.collect.running {
		run(t, s, s.update(<-messages), messages)
	}
	s.lacks("collecting failed")
}

// TestCollectingEndsWithTheDashboard makes sure that quitting does not wait for a collector that does not answer.
func TestCollectingEndsWithTheDashboard(t *testing.T) {
	ended := make(chan error, 1)
	options := over(t, fewRecords(), nil)
	options.Collector = fakeCollector(func(ctx context.Context, _ func(done, total int64, label string)) error {
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	})
	s := open(t, options, 120, 30)
	messages := make(chan tea.Msg, 10)
	run(t, s, s.m.collectNow(), messages)
	s.m.quit()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(5 * time.Second):
		require.Fail(t, "the collector was not told to stop")
	}
}
