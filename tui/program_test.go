package tui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest/v2"
	"github.com/stretchr/testify/require"
)

// running is the dashboard as a program, on a terminal that is not there.
type running struct {
	*teatest.TestModel
	width, height int
}

func program(t *testing.T, options Options, width, height int) *running {
	t.Helper()
	return &running{teatest.NewTestModel(t, newModel(context.Background(), options),
		teatest.WithInitialTermSize(width, height)), width, height}
}

func (p *running) resize(width, height int) {
	p.width, p.height = width, height
	p.Send(tea.WindowSizeMsg{Width: width, Height: height})
}

// shows waits until the program shows all of the texts. What it writes are the cells that change; the terminal being
// resized by a column makes it write everything.
func (p *running) shows(t *testing.T, texts ...string) {
	t.Helper()
	stop := make(chan struct{})
	var resizing sync.WaitGroup
	resizing.Go(func() {
		for n := 0; ; n++ {
			p.Send(tea.WindowSizeMsg{Width: p.width - n%2, Height: p.height})
			select {
			case <-stop:
				p.Send(tea.WindowSizeMsg{Width: p.width, Height: p.height})
				return
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	teatest.WaitFor(t, p.Output(), func(output []byte) bool {
		plain := ansi.Strip(string(output))
		for _, text := range texts {
			if !strings.Contains(plain, text) {
				return false
			}
		}
		return true
	}, teatest.WithDuration(60*time.Second), teatest.WithCheckInterval(20*time.Millisecond))
	close(stop)
	resizing.Wait()
}

func TestProgramFromOverviewToExplanation(t *testing.T) {
	p := program(t, over(t, fewRecords(), nil), 120, 40)
	p.shows(t, "November so far", "top tenants", "acme")
	p.Send(keyOf("2"))
	p.shows(t, "3 tenants")
	p.Send(keyOf("s"))
	p.shows(t, "sort by")
	p.Send(keyOf("down"))
	p.Send(keyOf("enter"))
	p.shows(t, "share ▼")
	p.Send(keyOf("enter"))
	p.shows(t, "10 MicroVMs of acme")
	p.Send(keyOf("enter"))
	p.shows(t, "assumptions", "AWS Price List")
	p.Send(keyOf("q"))
	p.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
}

func TestProgramResizedWhileFiltering(t *testing.T) {
	p := program(t, over(t, manyTenants(10_000), nil), 120, 40)
	p.shows(t, "top tenants", "tenant-")
	p.Send(keyOf("2"))
	p.shows(t, "10,000 tenants")
	p.Send(keyOf("/"))
	p.Type("tenant-0")
	p.shows(t, "1,000 of 10,000")
	p.resize(50, 12)
	p.Type("00")
	p.shows(t, "10 of 10,000")
	p.resize(20, 5)
	p.shows(t, "is too small")
	p.resize(200, 60)
	p.shows(t, "10 of 10,000")
	p.Send(keyOf("ctrl+c"))
	p.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
}

func TestProgramOverEmptyLedger(t *testing.T) {
	p := program(t, over(t, &records{}, nil), 80, 24)
	p.shows(t, "has no usage of the last eight weeks")
	p.Send(keyOf("q"))
	p.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
}

// TestPanicIsAnError makes sure that a panic while reading ends the program with an error, not the process.
func TestPanicIsAnError(t *testing.T) {
	options := over(t, &records{panics: true}, nil)
	var out bytes.Buffer
	options.Input, options.Output, options.Environ = strings.NewReader(""), &out, []string{"TERM=xterm"}
	err := Run(context.Background(), options)
	require.ErrorIs(t, err, tea.ErrProgramPanic)
	require.NotEmpty(t, out.String())
}

func TestContextEndsTheProgram(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	options := over(t, fewRecords(), nil)
	var out bytes.Buffer
	input, hold := io.Pipe()
	defer hold.Close()
	options.Input, options.Output, options.Environ = input, &out, []string{"TERM=xterm"}
	time.AfterFunc(200*time.Millisecond, cancel)
	require.NoError(t, Run(ctx, options))
}

func TestOnce(t *testing.T) {
	options := over(t, fewRecords(), nil)
	for i, view := range Views() {
		options.View = view
		frame, err := Once(context.Background(), options, true, 0, 100, 30)
		require.NoError(t, err)
		requireFits(t, view, frame, 100, 30)
		require.Contains(
			t,
			ansi.Strip(frame),
			[]string{"forecast", "3 tenants", "2 images", "30 MicroVMs", "10 days", "Nothing tells what runs now"}[i],
		)
		require.NotContains(t, frame, "reading", "everything is read")
	}
	options.View = "moons"
	_, err := Once(context.Background(), options, true, 0, 100, 30)
	require.ErrorContains(t, err, `"moons" is not a view`)
	options.View = ""
	_, err = Once(context.Background(), options, true, 0, 39, 30)
	require.ErrorContains(t, err, "too small")
	_, err = Once(context.Background(), over(t, &records{fault: io.ErrUnexpectedEOF}, nil), true, 0, 100, 30)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
