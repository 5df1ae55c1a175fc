package emf

import (
	"bytes"
	"fmt"
)

// MaxLine is the longest event that CloudWatch Logs takes, in bytes: 1 MiB. Source: CloudWatch Logs quotas, and the
// specification of the Embedded Metric Format.
const MaxLine = 1 << 20

// Decode reads exactly one line of the meter, with nothing but JSON's white space around it. Members may come in any
// order; each must be there once, none may be unknown, and the line must pass Line.Check. Any other text gets an
// *Error.
func Decode(text []byte) (Line, error) {
	var l Line
	if err := l.decode(text); err != nil {
		return Line{}, err
	}
	return l, nil
}

func (l *Line) decode(text []byte) *Error {
	if len(text) > MaxLine {
		return &Error{TooLong, MaxLine, fmt.Sprintf("%d bytes are more than an event of CloudWatch Logs can have", len(text))}
	}
	s := scanner{text: text}
	s.space()
	begin := s.at
	if !s.peek('{') {
		return foreignOr(text, Mixed, begin)
	}
	fields := make([]field, len(members))
	for i, m := range members {
		fields[i] = field{m.name, m.optional, func() *Error { return m.read(l, &s) }}
	}
	seen, fault := s.object("a line's", fields)
	if fault != nil {
		return classify(text, begin, fault)
	}
	s.space()
	if s.at < len(text) {
		if !seen[0] {
			return foreignOr(text, Mixed, s.at)
		}
		return &Error{Mixed, s.at, "there is more after the line's end"}
	}
	if !seen[0] {
		return foreignOr(text, Cut, begin)
	}
	if fault := lacking(fields, seen, begin); fault != nil {
		return fault
	}
	if s.timestamp != l.PeriodStart {
		return &Error{Invalid, begin, fmt.Sprintf("the timestamp %d is not PeriodStart %d", s.timestamp, l.PeriodStart)}
	}
	if err := l.Check(); err != nil {
		return &Error{Invalid, begin, err.Error()}
	}
	return nil
}

// lineStart begins every line, whatever its version.
const lineStart = `{"Schema":"` + schemaFamily

// foreignOr says that a text is another program's, unless there are traces of the meter's lines in it.
func foreignOr(text []byte, kind Kind, at int) *Error {
	if start := bytes.Index(text, []byte(lineStart)); start > 0 {
		return &Error{Mixed, start, "one of the meter's lines begins after something else"}
	} else if start == 0 {
		return &Error{kind, at, "the line is not whole"}
	}
	if bytes.Contains(text, []byte(tailMark)) || bytes.Contains(text, []byte(`"`+schemaFamily)) {
		return &Error{Cut, at, "the beginning of the line is missing"}
	}
	return &Error{Foreign, at, "not a line of the meter"}
}

// tailMark is a member near the end of a line that no other program is likely to print.
const tailMark = `"MemoryMiBMilliseconds":`

// classify finds the kind of a text in which the scanner found a fault.
func classify(text []byte, begin int, fault *Error) *Error {
	rest := text[begin:]
	if !bytes.HasPrefix(rest, []byte(lineStart)) {
		if fault.Kind == Newer || fault.Kind == Invalid && bytes.Contains(rest, []byte(`"`+schemaFamily)) {
			return fault // the members are in another order than ours
		}
		return foreignOr(text, fault.Kind, fault.Offset)
	}
	if again := bytes.Index(rest[1:], []byte(lineStart)); again >= 0 {
		return &Error{Mixed, begin + 1 + again, "another line begins before this one has ended"}
	}
	return fault
}
