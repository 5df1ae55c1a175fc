package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const notYAML = "is not valid YAML: "

// explain takes the place out of the library's error, and says what to write instead, which the library does not: its
// reasons are about its own states. Of bytes that are no text it has no place: those are looked for.
func explain(err error, text []byte) (line, column int, message string) {
	load, ok := errors.AsType[*yaml.LoadError](err)
	if !ok || load.Mark.Line <= 0 {
		if line, column, message := badByte(text); message != "" {
			return line, column, notYAML + message
		}
		return 0, 0, "is not valid YAML"
	}
	line, column = load.Mark.Line, load.Mark.Column
	if startsWithTab(text, line) {
		return line, column, notYAML + "indent with spaces, not with tabs"
	}
	if strings.HasPrefix(load.Message, "could not find expected ':'") && load.ContextMark.Line > 0 {
		// The library notices at the next line.
		line, column = load.ContextMark.Line, load.ContextMark.Column
	}
	reason := syntaxReason(load, text)
	if reason == "" {
		return line, column, "is not valid YAML here"
	}
	return line, column, notYAML + reason
}

// syntaxReason is what a user can do about an error of syntax, "" where only its place is known.
func syntaxReason(load *yaml.LoadError, text []byte) string {
	before, after := aroundMark(text, load.Mark)
	first, _ := utf8.DecodeRuneInString(after)
	startsLine := strings.TrimSpace(before) == ""
	switch load.Message {
	case "did not find expected ',' or ']'":
		return fmt.Sprintf("the list opened with [ in line %d needs a comma or its closing ]", load.ContextMark.Line)
	case "did not find expected ',' or '}'":
		return fmt.Sprintf("the mapping opened with { in line %d needs a comma or its closing }", load.ContextMark.Line)
	case "found unexpected end of stream", "found unexpected document indicator":
		return fmt.Sprintf("the quote opened in line %d is never closed", load.ContextMark.Line)
	case "mapping values are not allowed in this context":
		return misplacedColon(text, load.Mark.Line, before)
	case "could not find expected ':'":
		return `a key needs ": " and its value`
	case "did not find expected key":
		switch {
		case !startsLine:
			return "text after the end of a value; put quotes around all of the value"
		case strings.HasPrefix(after, "- "):
			return "a list item among keys; indent it below the key that it belongs to"
		}
		return "this line's indentation fits none of the lines above it"
	case "did not find expected '-' indicator":
		return `a key among list items; start the line with "- ", or indent it below its item`
	case "found character that cannot start any token", "did not find expected node content",
		"did not find expected alphabetic or numeric character":
		if last := strings.TrimRight(before, "*&"); last != before {
			first = rune(before[len(last)])
		}
		if strings.TrimSpace(before+after) == "" {
			return "the file ends in the middle of a value"
		}
		if first == utf8.RuneError || !unicode.IsPrint(first) {
			return ""
		}
		return fmt.Sprintf("a value cannot start with %c; put it in quotes", first)
	case "block sequence entries are not allowed in this context":
		return "a list starts on the line below its key, each item after \"- \""
	case "found unknown escape character", "did not find expected hexadecimal number":
		return `unknown escape in double quotes; write \\ for a backslash, or use single quotes`
	case fmt.Sprintf("exceeded max depth of %d", MaxDepth):
		return fmt.Sprintf("nests deeper than %d levels", MaxDepth)
	}
	return ""
}

// misplacedColon tells three slips apart at which the library says the same: a colon in a value, a line that is indented
// further than its neighbors, and a line above without a space after its colon, which YAML takes for text that goes on.
func misplacedColon(text []byte, line int, before string) string {
	if strings.Contains(before, ": ") {
		return `a value that contains ": " must be in quotes`
	}
	above := strings.TrimSpace(lineOf(text, line-1))
	switch {
	case line > 1 && above != "" && !strings.Contains(above, ": ") && !strings.HasSuffix(above, ":"):
		return `the line above lacks ": " between key and value`
	case strings.HasPrefix(before, " "):
		return "this line is indented further than the lines above it allow"
	}
	return ""
}

// aroundMark is the text of a line before and after a place in it.
func aroundMark(text []byte, mark yaml.Mark) (before, after string) {
	runes := []rune(lineOf(text, mark.Line))
	at := min(max(mark.Column-1, 0), len(runes))
	return string(runes[:at]), string(runes[at:])
}

// lineOf is a line of a text, from 1; "" of one that it does not have.
func lineOf(text []byte, line int) string {
	lines := bytes.SplitN(text, []byte("\n"), max(line, 0)+1)
	if line < 1 || line > len(lines) {
		return ""
	}
	return string(lines[line-1])
}

// startsWithTab looks for YAML's commonest trap, which the library's reasons do not name.
func startsWithTab(text []byte, line int) bool {
	return strings.HasPrefix(strings.TrimLeft(lineOf(text, line), " "), "\t")
}

// badByte finds the first thing in a text that no YAML may hold: a byte that is not UTF-8, or a control character.
func badByte(text []byte) (line, column int, message string) {
	line, column = 1, 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, column, fmt.Sprintf("byte 0x%02X is not UTF-8", text[0])
		case r == '\n':
			line, column = line+1, 0
		case unicode.IsControl(r) && r != '\t' && r != '\r' && r != '\u0085':
			return line, column, fmt.Sprintf("the control character %U is not allowed", r)
		}
		text, column = text[size:], column+1
	}
	return 0, 0, ""
}
