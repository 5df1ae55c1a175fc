package view_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/view"
)

// hostile are what a terminal obeys, in each way that it can be written.
const hostile = "a\x1b[31mred\x1b]8;;http://x\x07b\u009b2Jc\u202ed\x9be\u200bf\rg"

func TestVisibleWriterSendsNothingThatATerminalObeys(t *testing.T) {
	const want = "a␛[31mred␛]8;;http://x␇b<U+009B>2Jc<U+202E>d<U+FFFD>e<U+200B>f␍g\n\tü😀"
	for step := range 5 {
		var out strings.Builder
		w := view.VisibleWriter(&out)
		for text := hostile + "\n\tü😀"; text != ""; { // characters are cut in two at some steps
			n := min(step+1, len(text))
			written, err := w.Write([]byte(text[:n]))
			require.NoError(t, err)
			require.Equal(t, n, written)
			text = text[n:]
		}
		require.Equal(t, want, out.String(), "%d bytes at a time", step+1)
	}
}

func TestEscapeMakesNoTwoTextsOne(t *testing.T) {
	for text, want := range map[string]string{
		"acme":          "acme",
		"a\x1b[2J":      "a<U+001B>[2J",
		"a<U+001B>[2J":  "a<U+003C>U+001B>[2J",
		"a␛[2J":         "a␛[2J",
		"\u009b\u202e<": "<U+009B><U+202E><",
	} {
		require.Equal(t, want, view.Escape(text))
	}
}
