package view

import (
	"fmt"
	"strings"
	"unicode"
)

// Visible makes text from outside harmless to a terminal and to the eye: control characters become their pictures (␛
// for escape), and characters that reorder or hide text become their code points (<U+202E>). A line break becomes ␊.
func Visible(s string) string {
	if !strings.ContainsFunc(s, deceptive) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch {
		case r < 0x20:
			out.WriteRune(0x2400 + r)
		case r == 0x7f:
			out.WriteRune('␡')
		case deceptive(r):
			fmt.Fprintf(&out, "<U+%04X>", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// deceptive reports whether a character does something other than show itself: controls, formats (which reorder, join
// or hide), fillers without width, and the selectors and tags beyond those that emoji are made with.
func deceptive(r rune) bool {
	switch {
	case r >= 0x20 && r < 0x7f: // most text is nothing else
		return false
	case r < 0xa0: // C0, DEL, C1
		return true
	case r == 0x2028, r == 0x2029, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0xfffd:
		return true
	case r >= 0xe0000 && r <= 0xe0fff:
		return true
	default:
		return unicode.Is(unicode.Cf, r)
	}
}
