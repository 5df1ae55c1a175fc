package meter

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/emftest"
)

// numbered is the nth line of a life.
func numbered(n int) *emf.Line {
	start := noon.UnixMilli()
	return &emf.Line{
		Life: "00000000000000000000000000000001", Sequence: int64(n), Event: emf.Interval, MicroVMID: "m",
		PeriodStart: start, PeriodEnd: start + 1, Publication: emf.Publication{Namespace: emf.DefaultNamespace},
	}
}

func decodeAll(t testing.TB, text []byte) (lines []emf.Line, kinds []emf.Kind) {
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		l, err := emf.Decode(line)
		var fault *emf.Error
		if errors.As(err, &fault) {
			kinds = append(kinds, fault.Kind)
			continue
		}
		require.NoError(t, err)
		lines = append(lines, l)
	}
	return lines, kinds
}

func silent(string, ...any) {}

// TestBlockedOutput: nobody reads. Putting lines never waits, the oldest go when there are too many, and once somebody
// reads, the lines that are left come in order and say how many are missing.
func TestBlockedOutput(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	o := newOutput(write, 5, silent)
	const fill = 400 // more than a pipe holds
	begin := time.Now()
	for n := 1; n <= fill; n++ {
		o.put(numbered(n))
		time.Sleep(time.Microsecond)
	}
	require.Less(t, time.Since(begin), 5*time.Second)
	begin = time.Now()
	require.False(t, o.flush(50*time.Millisecond))
	require.Less(t, time.Since(begin), 2*time.Second)

	received := make(chan []byte)
	go func() {
		text, _ := io.ReadAll(bufio.NewReader(read))
		received <- text
	}()
	require.True(t, o.flush(10*time.Second))
	o.put(numbered(fill + 1))
	require.True(t, o.flush(10*time.Second))
	require.Zero(t, o.close())
	<-o.done
	write.Close()
	lines, kinds := decodeAll(t, <-received)
	require.Empty(t, kinds)
	var sequences emftest.Sequences
	for i := range lines {
		require.True(t, sequences.Add(lines[i].Life, lines[i].Sequence))
	}
	last := lines[len(lines)-1]
	require.Equal(t, int64(fill+1), last.Sequence)
	require.Positive(t, last.DroppedLines)
	require.Equal(t, sequences.Missing(true), last.DroppedLines)
	require.Contains(t, last.Notes, emf.NoteLinesDropped)
}

// flakyWriter fails after some bytes of a write, for a while.
type flakyWriter struct {
	mu    sync.Mutex
	text  bytes.Buffer
	fails int // writes to come that fail
	after int // bytes that they take before
}

func (w *flakyWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails > 0 {
		w.fails--
		w.text.Write(p[:w.after])
		return w.after, errors.New("no space left on device")
	}
	return w.text.Write(p)
}

// TestFailingOutput: a line that was written in part comes again as a whole, in a line of its own.
func TestFailingOutput(t *testing.T) {
	for _, after := range []int{0, 100} {
		w := &flakyWriter{fails: 2, after: after}
		var said []string
		o := newOutput(w, 10, func(format string, _ ...any) { said = append(said, format) })
		for n := 1; n <= 3; n++ {
			o.put(numbered(n))
		}
		require.True(t, o.flush(10*time.Second))
		o.close()
		<-o.done
		lines, kinds := decodeAll(t, w.text.Bytes())
		require.Len(t, lines, 3)
		for i, l := range lines {
			require.Equal(t, int64(i+1), l.Sequence)
		}
		if after > 0 {
			require.Equal(t, []emf.Kind{emf.Cut, emf.Cut}, kinds)
		} else {
			require.Empty(t, kinds)
		}
		require.Equal(t, []string{"cannot write lines, keeping them for later: %v", "writing lines again"}, said)
	}
}

// TestClosedOutput: a reader that is gone for good costs the lines and nothing else.
func TestClosedOutput(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	read.Close()
	defer write.Close()
	o := newOutput(write, 3, silent)
	for n := 1; n <= 10; n++ {
		o.put(numbered(n))
	}
	require.False(t, o.flush(20*time.Millisecond))
	require.Equal(t, 3, o.close())
}
