package emf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// scanner reads the JSON of a line. It takes objects, arrays, strings and whole numbers, which is all that a line
// has. The standard decoder would take members twice and in any case of letters, and cannot tell a line that was cut
// from one that was never sound.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// peek skips white space and reports whether c comes next.
func (s *scanner) peek(c byte) bool {
	s.space()
	return s.at < len(s.text) && s.text[s.at] == c
}

// expect takes c, which must come next.
func (s *scanner) expect(c byte) *Error {
	if s.peek(c) {
		s.at++
		return nil
	}
	return s.unexpected(fmt.Sprintf("a %q", c))
}

// unexpected is the fault where something else should come: the text has ended, or is wrong.
func (s *scanner) unexpected(wanted string) *Error {
	if s.at >= len(s.text) {
		return &Error{Cut, s.at, "the end of the line is missing"}
	}
	return &Error{Invalid, s.at, fmt.Sprintf("%s is missing before %.20q", wanted, s.text[s.at:min(s.at+20, len(s.text))])}
}

// object reads an object, and calls member with each key, its offset, and the scanner before the value.
func (s *scanner) object(member func(key []byte, at int) *Error) *Error {
	if fault := s.expect('{'); fault != nil {
		return fault
	}
	if s.peek('}') {
		s.at++
		return nil
	}
	for {
		s.space()
		at := s.at
		key, fault := s.bytes()
		if fault == nil {
			fault = s.expect(':')
		}
		if fault == nil {
			s.space()
			fault = member(key, at)
		}
		if fault != nil {
			return fault
		}
		if !s.peek(',') {
			return s.expect('}')
		}
		s.at++
	}
}

// array reads an array, and calls element with the scanner before each.
func (s *scanner) array(element func() *Error) *Error {
	if fault := s.expect('['); fault != nil {
		return fault
	}
	if s.peek(']') {
		s.at++
		return nil
	}
	for {
		s.space()
		if fault := element(); fault != nil {
			return fault
		}
		if !s.peek(',') {
			return s.expect(']')
		}
		s.at++
	}
}

func (s *scanner) string() (string, *Error) {
	b, fault := s.bytes()
	return string(b), fault
}

// bytes reads a string. What it returns may lie in the text.
func (s *scanner) bytes() ([]byte, *Error) {
	if !s.peek('"') {
		return nil, s.unexpected("a string")
	}
	start := s.at
	for i := start + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			return s.unquote(start, i)
		case c == '\\':
			i++
		case c < ' ':
			return nil, &Error{Invalid, i, "a string has a control character"}
		}
	}
	s.at = len(s.text)
	return nil, &Error{Cut, s.at, "the end of the line is missing"}
}

func (s *scanner) unquote(start, end int) ([]byte, *Error) {
	inner := s.text[start+1 : end]
	if bytes.IndexByte(inner, '\\') < 0 {
		if !utf8.Valid(inner) {
			return nil, &Error{Invalid, start, "a string is not valid UTF-8"}
		}
		return inner, nil
	}
	var text string
	if err := json.Unmarshal(s.text[start:end+1], &text); err != nil || !utf8.Valid(inner) {
		return nil, &Error{Invalid, start, "a string is not valid JSON"}
	}
	return []byte(text), nil
}

// integer reads a whole number without sign, exponent or leading zeros.
func (s *scanner) integer() (int64, *Error) {
	s.space()
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	digits := s.text[start:s.at]
	switch {
	case s.at == len(s.text):
		return 0, &Error{Cut, s.at, "the end of the line is missing"}
	case len(digits) == 0:
		return 0, s.unexpected("a whole number")
	case len(digits) > 1 && digits[0] == '0':
		return 0, &Error{Invalid, start, "a number begins with 0"}
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0, &Error{Invalid, start, "a number is too large"}
	}
	return n, nil
}
