package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"microspend/internal/nearest"
	"microspend/tui/data"
	"microspend/tui/theme"
)

// Run opens the dashboard on a terminal and returns when it is closed. The terminal is given back as it was, also
// after a panic, which is an error. The end of the context closes it.
func Run(ctx context.Context, options Options) error {
	if err := options.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(ctx, options)
	if options.StateFile != "" {
		m.recall()
	}
	programOptions := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(framesPerSecond)}
	if options.Input != nil {
		programOptions = append(programOptions, tea.WithInput(options.Input))
	}
	if options.Output != nil {
		programOptions = append(programOptions, tea.WithOutput(options.Output))
	}
	if options.Environ != nil {
		programOptions = append(programOptions, tea.WithEnvironment(options.Environ))
	}
	_, err := tea.NewProgram(m, programOptions...).Run()
	switch {
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the dashboard crashed, which is a bug in microspend; the ledger is not affected: %w", err)
	case ctx.Err() != nil:
		return nil // it was asked to end
	case errors.Is(err, tea.ErrInterrupted):
		return nil
	default:
		return err
	}
}

// framesPerSecond is how often the screen may change: often enough that a held key looks smooth.
const framesPerSecond = 30

func (o Options) check() error {
	if o.Reader == nil || o.Now == nil {
		return errors.New("the dashboard needs a reader and a clock")
	}
	if o.View != "" && !slices.Contains(Views(), o.View) {
		return fmt.Errorf("%.40q is not a view; views are %s%s", o.View, strings.Join(Views(), ", "),
			nearest.Meant(o.View, Views()))
	}
	if len(o.Filter) > longest || !utf8.ValidString(o.Filter) {
		return fmt.Errorf("the filter %.40q is longer than %d bytes or not UTF-8", o.Filter, longest)
	}
	return nil
}

// Once reads everything that a view shows and draws it once, in exactly height lines of at most width cells. What is
// remembered from other sessions is left aside, and an error of reading is an error.
func Once(ctx context.Context, options Options, dark bool, colors theme.Colors, width, height int) (string, error) {
	if width < leastWidth || height < leastHeight {
		return "", fmt.Errorf("%d×%d is too small; %d×%d is needed", width, height, leastWidth, leastHeight)
	}
	m, err := readOnce(ctx, options, width, height)
	if err != nil {
		return "", err
	}
	defer m.stop()
	m.setTheme(dark, colors)
	return m.frame(), nil
}

// readOnce is a dashboard that has read everything that its view shows.
func readOnce(ctx context.Context, options Options, width, height int) (*Model, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	options.StateFile, options.Collector, options.LiveEvery = "", nil, 0
	m := newModel(ctx, options)
	m.width, m.height = width, height
	m.reload()
	if err := m.settle(tea.Batch(m.proceed(), m.lookAtFleet(false))); err != nil {
		m.stop()
		return nil, err
	}
	return m, nil
}

// settle does all jobs, and those that follow from them.
func (m *Model) settle(cmd tea.Cmd) error {
	for pending := []tea.Cmd{cmd}; len(pending) > 0; {
		next := pending[0]
		pending = pending[1:]
		if next == nil {
			continue
		}
		msg := next()
		if batch, ok := msg.(tea.BatchMsg); ok {
			pending = append(pending, batch...)
			continue
		}
		if msg == nil {
			continue
		}
		if done, ok := msg.(doneMsg); ok && done.err != nil && !errors.Is(done.err, data.ErrChanged) {
			return done.err
		}
		if looked, ok := msg.(lookedMsg); ok && looked.err != nil {
			return looked.err
		}
		_, more := m.Update(msg)
		pending = append(pending, more)
	}
	return m.ctx.Err()
}
