package meter

import (
	"io"
	"slices"
	"sync"
	"time"

	"microspend/internal/emf"
)

const (
	// queueLines is how many lines are kept while nobody takes them: more than the minutes of a MicroVM's life.
	queueLines = 600

	firstRetry  = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// output writes lines in order, in a goroutine of its own, so that nothing waits for a reader that doesn't read. What
// cannot be written is kept and tried again; when there are too many, the oldest are dropped and counted.
type output struct {
	w   io.Writer
	say func(format string, args ...any)
	max int

	mu      sync.Mutex
	changed sync.Cond // lines came, were written, or the end has come
	lines   [][]byte
	writing bool // the first line is being written, and must stay
	life    string
	dropped int64 // of that life
	closed  bool
	done    chan struct{}
}

// newOutput starts writing to w. A line goes out in one Write with its line break.
func newOutput(w io.Writer, maxLines int, say func(format string, args ...any)) *output {
	o := &output{w: w, say: say, max: max(maxLines, 2), done: make(chan struct{})}
	o.changed.L = &o.mu
	go o.write()
	return o
}

// put takes a line. It never waits.
func (o *output) put(line *emf.Line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if line.Life != o.life {
		o.life, o.dropped = line.Life, 0
	}
	if len(o.lines) >= o.max {
		oldest := 0
		if o.writing {
			oldest = 1
		}
		o.lines = slices.Delete(o.lines, oldest, oldest+1)
		o.dropped++
	}
	if o.dropped > 0 {
		line.DroppedLines = o.dropped
		line.Notes = append(line.Notes, emf.NoteLinesDropped)
	}
	o.lines = append(o.lines, append(line.AppendTo(make([]byte, 0, 1280)), '\n'))
	o.changed.Broadcast()
}

// flush waits until all lines are written, or for so long, and reports whether they are.
func (o *output) flush(patience time.Duration) bool {
	timer := time.AfterFunc(patience, o.changed.Broadcast)
	defer timer.Stop()
	end := time.Now().Add(patience)
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.lines) > 0 && time.Now().Before(end) {
		o.changed.Wait()
	}
	return len(o.lines) == 0
}

// close ends the writing after what is written now. Lines that are left are lost.
func (o *output) close() (lost int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Broadcast()
	return len(o.lines)
}

func (o *output) write() {
	defer close(o.done)
	retry := firstRetry
	failing := false
	broken := false // the last write ended within a line
	for {
		line, ok := o.next()
		if !ok {
			return
		}
		if broken {
			line = append([]byte{'\n'}, line...)
		}
		n, err := o.w.Write(line)
		if err != nil {
			broken = broken || n > 0
			if !failing {
				o.say("cannot write lines, keeping them for later: %v", err)
				failing = true
			}
			if !o.pause(retry) {
				return
			}
			retry = min(2*retry, longestWait)
			continue
		}
		if failing {
			o.say("writing lines again")
		}
		retry, failing, broken = firstRetry, false, false
		o.written()
	}
}

// next waits for a line.
func (o *output) next() ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.lines) == 0 && !o.closed {
		o.changed.Wait()
	}
	if len(o.lines) == 0 || o.closed {
		return nil, false
	}
	o.writing = true
	return o.lines[0], true
}

func (o *output) written() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = slices.Delete(o.lines, 0, 1)
	o.writing = false
	o.changed.Broadcast()
}

// pause waits before a line is tried again, and reports whether to go on. Nothing of the line is promised to stay
// meanwhile.
func (o *output) pause(d time.Duration) bool {
	o.mu.Lock()
	o.writing = false
	closed := o.closed
	o.mu.Unlock()
	time.Sleep(d)
	return !closed
}
