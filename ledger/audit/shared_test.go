package audit

import (
	"bytes"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func sequence(lines ...[]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	}
}

func TestALogThatIsShared(t *testing.T) {
	at := time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)
	var last []byte
	var lines [][]byte
	for i, action := range []string{"import", "close", "import"} {
		line, seq, err := Link(last, Entry{Action: action, Note: "number"}, Actor{PID: 7}, at)
		require.NoError(t, err)
		require.Equal(t, int64(i+1), seq)
		last, lines = line, append(lines, line)
	}
	result, err := VerifyShared(sequence(lines...), Options{})
	require.NoError(t, err)
	require.True(t, result.OK())
	require.Equal(t, int64(3), result.Count)
	require.Equal(t, []string{"import", "close", "import"}, []string{
		result.Entries[0].Action, result.Entries[1].Action, result.Entries[2].Action,
	})
	require.Equal(t, 7, result.Entries[2].PID)
	expected, err := VerifyShared(sequence(lines...), Options{Expect: result.Head})
	require.NoError(t, err)
	require.True(t, expected.OK())

	cut, err := VerifyShared(sequence(lines[:2]...), Options{Expect: result.Head})
	require.NoError(t, err)
	require.False(t, cut.OK(), "the noted entry is not there")
	left, err := VerifyShared(sequence(lines[0], lines[2]), Options{})
	require.NoError(t, err)
	require.Contains(t, left.Faults[0].String(), "entry 3 does not follow entry 1")
	edited := bytes.Replace(lines[1], []byte("number"), []byte("figure"), 1)
	changed, err := VerifyShared(sequence(lines[0], edited, lines[2]), Options{})
	require.NoError(t, err)
	require.Contains(t, changed.Faults[0].String(), "entry 2 was edited")
	_, _, err = Link(edited, Entry{}, Actor{}, at)
	require.ErrorContains(t, err, "entry 2 was edited")

	open, acknowledge := changed.Open("looked into")
	require.Len(t, open, 1)
	line, _, err := Link(lines[2], acknowledge, Actor{PID: 7}, at)
	require.NoError(t, err)
	changed, err = VerifyShared(sequence(lines[0], edited, lines[2], line), Options{})
	require.NoError(t, err)
	require.True(t, changed.OK(), "what was acknowledged is no failure")
}
