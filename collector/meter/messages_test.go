package meter

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMessages: what is said is a line without anything that a terminal obeys, a flood of it is cut short, and nobody
// waits.
func TestMessages(t *testing.T) {
	clock := &movedClock{}
	var out syncBuffer
	m := newMessages(&out, clock)
	for range 3 {
		for n := range 1000 {
			m.say("flood %d\n\x1b[2J%s", n, strings.Repeat("x", 1000))
			if n < 20 {
				time.Sleep(time.Millisecond)
			}
		}
		clock.passes(time.Minute, 0)
	}
	m.say("other")
	m.close()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3*repeats+1)
	require.Equal(t, "microspend meter: other", lines[len(lines)-1])
	require.True(t, strings.HasPrefix(lines[0], "microspend meter: flood 0\uFFFD\uFFFD[2Jxxx"), lines[0])
	require.NotContains(t, out.String(), "\x1b")
	require.Less(t, len(lines[0]), 600)

	read, write := io.Pipe()
	defer read.Close()
	deaf := newMessages(write, clock)
	begin := time.Now()
	for range 10 * maxMessages {
		clock.passes(10*time.Second, 0)
		deaf.say("x")
	}
	deaf.close()
	deaf.say("after the end")
	require.Less(t, time.Since(begin), farewell+slack)
}
