package emf

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestDecoded(t *testing.T) {
	long := strings.Repeat("ü", 400) // 2,400 characters when it is encoded
	cut, _ := Name(long)
	for _, test := range []struct{ name, want, reason string }{
		{"acme", "acme", "it is plain"},
		{"M%C3%BCller", "Müller", "the meter wrote it for a name that is not ASCII"},
		{"100%25 M%C3%BCller", "100% Müller", "percent signs are encoded beside what is not ASCII"},
		{"50%25", "50%25", "the meter leaves 50% as it is, so this is what somebody called himself"},
		{"100%", "100%", "it is not encoded at all"},
		{"%41cme", "%41cme", "an A is never encoded"},
		{"M%c3%bcller", "M%c3%bcller", "the meter's digits are capitals"},
		{"a+b%C3%BC", "a+bü", "a plus sign is one"},
		{"%FF", "%FF", "it is not UTF-8, which no record may have"},
		{"x%00%C3%BC", "x%00%C3%BC", "no record may have a zero byte"},
		{"a%0Ab", "a%0Ab", "a line feed cannot be shown in a table"},
		{"a%E2%80%AEb", "a%E2%80%AEb", "nor can what turns the direction of the text"},
		{"%20%C3%BC", "%20%C3%BC", "the meter drops white space around a name"},
		{cut, cut, "it was cut, and cannot be had back"},
		{"", "", "no name"},
	} {
		assert.Equal(t, test.want, Decoded(test.name), "%.40s: %s", test.name, test.reason)
	}
}

// Names can be told apart once they are decoded, and asked for by what they were.
func TestNameOfWhatIsDecodedIsTheName(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Zéü %0-9A-F]{0,12}`)).Draw(rt, "text")
		name, _ := Name(text)
		again, _ := Name(Decoded(name))
		if again != name {
			rt.Fatalf("%q becomes %q becomes %q", name, Decoded(name), again)
		}
	})
}
