package emf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// scanner reads the JSON of a line. It takes objects, arrays, strings and whole numbers, which is all that a line
// has. The standard decoder would take members twice and in any case of letters, and cannot tell a line that was cut
// from one that was never sound.
type scanner struct {
	text []byte
	at   int

	timestamp int64 // of the metrics, once it has been read
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

// field is a member of an object that is read.
type field struct {
	name     string
	optional bool
	read     func() *Error // with the scanner before the value
}

// object reads an object that has no other members than these, and each once, and returns which it has.
func (s *scanner) object(of string, fields []field) (seen []bool, fault *Error) {
	seen = make([]bool, len(fields))
	return seen, s.sequence('{', '}', func() *Error {
		at := s.at
		key, fault := s.bytes()
		if fault == nil {
			fault = s.expect(':')
		}
		if fault != nil {
			return fault
		}
		s.space()
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == string(key) })
		switch {
		case i < 0:
			return &Error{Invalid, at, fmt.Sprintf("the member %.40q is not one of %s", key, of)}
		case seen[i]:
			return &Error{Invalid, at, fields[i].name + " is there twice"}
		}
		seen[i] = true
		return fields[i].read()
	})
}

// whole reads an object of which no member may be missing.
func (s *scanner) whole(of string, fields []field) *Error {
	at := s.at
	seen, fault := s.object(of, fields)
	if fault == nil {
		fault = lacking(fields, seen, at)
	}
	return fault
}

// lacking is the fault of an object without a member that it must have.
func lacking(fields []field, seen []bool, at int) *Error {
	for i, f := range fields {
		if !seen[i] && !f.optional {
			return &Error{Invalid, at, f.name + " is missing"}
		}
	}
	return nil
}

// array reads an array, and calls element with the scanner before each.
func (s *scanner) array(element func() *Error) *Error { return s.sequence('[', ']', element) }

// sequence reads what lies between two brackets, with commas between.
func (s *scanner) sequence(open, end byte, element func() *Error) *Error {
	if fault := s.expect(open); fault != nil {
		return fault
	}
	if s.peek(end) {
		s.at++
		return nil
	}
	for {
		s.space()
		if fault := element(); fault != nil {
			return fault
		}
		if !s.peek(',') {
			return s.expect(end)
		}
		s.at++
	}
}

func (s *scanner) string(into *string) *Error {
	b, fault := s.bytes()
	*into = string(b)
	return fault
}

func (s *scanner) strings(into *[]string) *Error {
	return s.array(func() *Error {
		var text string
		fault := s.string(&text)
		*into = append(*into, text)
		return fault
	})
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
func (s *scanner) integer(into *int64) *Error {
	s.space()
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	digits := s.text[start:s.at]
	switch {
	case s.at == len(s.text):
		return &Error{Cut, s.at, "the end of the line is missing"}
	case len(digits) == 0:
		return s.unexpected("a whole number")
	case len(digits) > 1 && digits[0] == '0':
		return &Error{Invalid, start, "a number begins with 0"}
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return &Error{Invalid, start, "a number is too large"}
	}
	*into = n
	return nil
}
