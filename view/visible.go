package view

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
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

// Escape is like [Visible], but for programs: no two texts become one. Each character that Visible would change becomes
// its code point (<U+001B>), and so does the < of a text that looks like one.
func Escape(s string) string {
	if !strings.ContainsFunc(s, deceptive) && !strings.Contains(s, "<U+") {
		return s
	}
	s = strings.ReplaceAll(s, "<U+", "<U+003C>U+")
	var out strings.Builder
	for _, r := range s {
		if deceptive(r) {
			fmt.Fprintf(&out, "<U+%04X>", r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// VisibleWriter makes what is written to it harmless as [Visible] does, but for line ends and tabs. It is for text that
// is laid out already and goes to a terminal, or may come to one: what names of others are in it is not known by then.
func VisibleWriter(out io.Writer) io.Writer { return &visibleWriter{out: out} }

type visibleWriter struct {
	out  io.Writer
	rest []byte // the beginning of a character that the next call completes
}

// Write implements [io.Writer].
func (w *visibleWriter) Write(p []byte) (int, error) {
	text := append(w.rest, p...)
	whole := len(text)
	for i := 1; i <= min(len(text), utf8.UTFMax-1); i++ {
		if last := text[len(text)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				whole = len(text) - i
			}
			break
		}
	}
	var made []byte
	for _, r := range string(text[:whole]) {
		if r != '\n' && r != '\t' && deceptive(r) {
			made = append(made, Visible(string(r))...)
		} else {
			made = utf8.AppendRune(made, r)
		}
	}
	w.rest = append([]byte(nil), text[whole:]...)
	if _, err := w.out.Write(made); err != nil {
		return 0, err
	}
	return len(p), nil
}
