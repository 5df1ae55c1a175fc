package tui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEditing types and edits in a prompt: ‸ is the cursor.
func TestEditing(t *testing.T) {
	for _, tc := range []struct{ keys, text, reason string }{
		{"a b c", "abc‸", ""},
		{"a b c left left x", "ax‸bc", "typed where the cursor is"},
		{"a b c home x end y", "xabcy‸", ""},
		{"a b c left backspace", "a‸c", ""},
		{"a b c home delete", "‸bc", ""},
		{"a b c left ctrl+u", "‸c", "what is before the cursor"},
		{"a b c left ctrl+k", "ab‸", "what is behind it"},
		{"a space b left ctrl+w", "‸b", "the word before the cursor, with the blanks behind it"},
		{"left right backspace delete ctrl+w a", "a‸", "an empty text has nothing to go over"},
		{"宽 宽 left x", "宽x‸宽", "a wide character is one"},
		{"👍🏽 backspace", "‸", "as is one that is made of several"},
	} {
		s := open(t, over(t, fewRecords(), nil), 100, 30)
		s.press("T")
		for name := range strings.FieldsSeq(tc.keys) {
			if len([]rune(name)) == 2 { // a character made of two
				s.m.prompt.insert(s.m, name)
				continue
			}
			s.press(name)
		}
		p := s.m.prompt
		require.Equal(t, tc.text, p.text[:p.at]+"‸"+p.text[p.at:], "%s: %s", tc.keys, tc.reason)
		s.has(strings.ReplaceAll(tc.text, "‸", "▏"))
	}
}

// TestFilterIsCompleted goes through columns and values with Tab, and back.
func TestFilterIsCompleted(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", "/").write("cin").press("tab").has("/ cinder ▏", "1 of 3")
	s.press("ctrl+u").write("ten").press("tab").write("= ").has("tenant = what?", "3 of 3")
	s.press("tab").has("/ tenant = acme▏", "acme  borealis  cinder", "1 of 3")
	s.press("tab").has("/ tenant = borealis▏", "borealis  cinder").lacks("▸ acme")
	s.press("tab", "tab").has("/ tenant = acme▏").press("shift+tab").has("/ tenant = cinder▏")
	s.write(" am").press("home").has("/ ▏tenant").press("end", "tab").has("/ tenant = cinder amount ▏")
	s.write("> ").press("tab").has("nothing completes this", "1 of 3")
	s.write("x").press("enter").has("x is not a number")
	s.press("esc", "T", "tab").has("nothing to complete here")
}

// TestUnfinishedFilterIsNotTaken stays in the prompt until the last comparison has its value.
func TestUnfinishedFilterIsNotTaken(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", "/").
		write("amou").
		has("such as amount > 10").
		lacks("0 of 3").
		write("nt >").
		press("enter").
		has("▏", "amount > what?")
	s.write(" 0.5").press("enter").has("/ amount > 0.5", "2 of 3").lacks("▏")
}
