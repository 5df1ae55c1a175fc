package emf

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxName is the longest value of a dimension, in characters. Source: CloudWatch API reference, Dimension, and the
	// specification of the Embedded Metric Format.
	MaxName = 1024

	// MaxNamespace is the longest namespace that CloudWatch's API takes; the format's own schema would allow 1024.
	MaxNamespace = 255
)

// Name makes of any text a value that CloudWatch takes for a dimension, and reports whether that took a change. White
// space around it goes. Bytes that are not printable ASCII, and percent signs beside them, are written as in a URL (é
// is %C3%A9), so that different texts stay different; what is still longer than MaxName is cut and ends in a tilde
// and part of its SHA-256. Text without anything printable is "".
func Name(text string) (name string, changed bool) {
	trimmed := strings.TrimSpace(text)
	name = trimmed
	if !isPrintable(name) {
		name = escape(name)
	}
	if len(name) > MaxName {
		sum := sha256.Sum256([]byte(trimmed))
		end := "~" + hex.EncodeToString(sum[:8])
		name = name[:MaxName-len(end)] + end
	}
	return name, name != text
}

// Decoded is the text that Name made a name of: Müller of M%C3%BCller. A name that Name would not have made of another
// text, such as 50%25 or one that was cut, stands for itself, and so does one with characters that cannot be shown.
// Name of what Decoded returns is the name again.
func Decoded(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	text, err := url.PathUnescape(name)
	if err != nil || !utf8.ValidString(text) || strings.ContainsFunc(text, isHidden) {
		return name
	}
	if again, _ := Name(text); again != name {
		return name
	}
	return text
}

// isHidden reports whether a character has no look of its own, as control characters and marks of direction.
func isHidden(r rune) bool { return !unicode.IsGraphic(r) }

func escape(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(text) + 16)
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '%' {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// isName reports whether CloudWatch takes s as the value of a dimension.
func isName(s string) bool {
	return len(s) <= MaxName && isPrintable(s) && strings.Trim(s, " ") != ""
}
