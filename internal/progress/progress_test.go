package progress

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProgressLine(t *testing.T) {
	for _, test := range []struct {
		name, reason       string
		width              int
		done, total, count int64
		want               string
	}{
		{
			"half", "done and left side by side", 80, 50, 100, 1_234_567,
			"reading ███████████████░░░░░░░░░░░░░░░  50 %  1,234,567 rows",
		},
		{"nothing", "an empty bar", 80, 0, 100, 0, "reading ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 rows"},
		{"everything", "a full bar", 80, 100, 100, 9, "reading ██████████████████████████████ 100 %  9 rows"},
		{
			"grown", "a file that grows while it is read is not past its end", 80, 130, 100, 9,
			"reading ██████████████████████████████ 100 %  9 rows",
		},
		{"unknown", "a stream has no end: the count alone", 80, 5000, 0, 1_234, "reading 1,234 rows"},
		{"narrow", "the bar gives way first", 40, 50, 100, 1_234_567, "reading ████░░░░░  50 %  1,234,567 rows"},
		{"narrower", "no bar of a few cells", 32, 50, 100, 1_234_567, "reading  50 %  1,234,567 rows"},
		{"cut", "a line never wraps", 12, 50, 100, 1_234_567, "reading  50"},
		{"no room", "not even one column", 1, 50, 100, 1_234_567, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			line := progressLine(test.width, "reading", "rows", test.done, test.total, test.count)
			assert.Equal(t, test.want, line, test.reason)
			assert.Less(t, utf8.RuneCountInString(line), test.width)
		})
	}
}

func TestProgressIsDrawnFiveTimesASecondAndCleared(t *testing.T) {
	var out strings.Builder
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	p := &Bar{
		to: &out, width: func() int { return 80 }, now: func() time.Time { return now }, label: "reading", unit: "rows",
		next: now.Add(progressEvery),
	}
	p.Clear()
	require.Empty(t, out.String(), "what was over at once leaves no trace")
	for range 1000 { // a second
		now = now.Add(time.Millisecond)
		p.At(1, 2, 3)
	}
	require.Equal(t, 5, strings.Count(out.String(), "\r"))
	p.Clear()
	p.Clear()
	require.True(t, strings.HasSuffix(out.String(), "\x1b[K\r\x1b[K"), "and the line is taken away, once")

	var none *Bar
	none.At(1, 2, 3)
	none.Relabel("writing", "days")
	none.Clear()
}
