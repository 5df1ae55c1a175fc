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
	seen, fault := l.members(&s)
	if fault != nil {
		return classify(text, begin, fault)
	}
	s.space()
	if s.at < len(text) {
		if !seen[memberSchema] {
			return foreignOr(text, Mixed, s.at)
		}
		return &Error{Mixed, s.at, "there is more after the line's end"}
	}
	for member, name := range memberNames {
		if !seen[member] && !optional(member) {
			if !seen[memberSchema] {
				return foreignOr(text, Cut, begin)
			}
			return &Error{Invalid, begin, name + " is missing"}
		}
	}
	if err := l.Check(); err != nil {
		return &Error{Invalid, begin, err.Error()}
	}
	return nil
}

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

// The members of a line. Those after the names are numbers, in the order of metrics.
const (
	memberSchema = iota
	memberAWS
	memberLife
	memberSequence
	memberEvent
	memberPeriodStart
	memberPeriodEnd
	memberDropped
	memberNotes
	memberFirstName
	memberFirstValue = memberFirstName + nameCount
	memberCount      = memberFirstValue + metricCount
)

// memberNames are indexed by the constants above and never written to.
var memberNames = func() (names [memberCount]string) {
	copy(names[:], []string{
		"Schema", "_aws", "Life", "Sequence", "Event", "PeriodStart", "PeriodEnd", "DroppedLines", "Notes",
	})
	for i, name := range new(Line).names() {
		names[memberFirstName+i] = name.member
	}
	for i, metric := range metrics {
		names[memberFirstValue+i] = metric.Name
	}
	return names
}()

// memberIndex finds a member by its name, and is never written to.
var memberIndex = func() map[string]int {
	index := make(map[string]int, memberCount)
	for i, name := range memberNames {
		index[name] = i
	}
	return index
}()

// optional reports whether a line may lack a member: all names but those of dimensions, and what is left out when
// empty.
func optional(member int) bool {
	return member == memberDropped || member == memberNotes || member >= memberFirstName+3 && member < memberFirstValue
}

type members [memberCount]bool

// members reads the object at the scanner.
func (l *Line) members(s *scanner) (seen members, fault *Error) {
	var timestamp int64
	err := s.object(func(key []byte, at int) *Error {
		member, known := memberIndex[string(key)]
		if !known {
			return &Error{Invalid, at, fmt.Sprintf("the member %.40q is not one of a line's", key)}
		}
		if seen[member] {
			return &Error{Invalid, at, memberNames[member] + " is there twice"}
		}
		seen[member] = true
		return l.member(s, member, &timestamp)
	})
	if err == nil && seen[memberAWS] && seen[memberPeriodStart] && timestamp != l.PeriodStart {
		err = &Error{Invalid, s.at, fmt.Sprintf("the timestamp %d is not PeriodStart %d", timestamp, l.PeriodStart)}
	}
	return seen, err
}

func (l *Line) member(s *scanner, member int, timestamp *int64) (fault *Error) {
	at := s.at
	switch member {
	case memberSchema:
		return checkSchema(s)
	case memberAWS:
		*timestamp, fault = l.metadata(s)
	case memberLife:
		l.Life, fault = s.string()
	case memberSequence:
		l.Sequence, fault = s.integer()
	case memberEvent:
		var word string
		if word, fault = s.string(); fault != nil {
			return fault
		}
		var known bool
		if l.Event, known = parseEvent(word); !known {
			return &Error{Invalid, at, fmt.Sprintf("%.40q is not an event", word)}
		}
	case memberPeriodStart:
		l.PeriodStart, fault = s.integer()
	case memberPeriodEnd:
		l.PeriodEnd, fault = s.integer()
	case memberDropped:
		if l.DroppedLines, fault = s.integer(); fault == nil && l.DroppedLines == 0 {
			return &Error{Invalid, at, "DroppedLines is left out where it is 0"}
		}
	case memberNotes:
		return l.readNotes(s)
	default:
		if member >= memberFirstValue {
			l.Amounts[member-memberFirstValue], fault = s.integer()
			return fault
		}
		return l.readName(s, member-memberFirstName)
	}
	return fault
}

func checkSchema(s *scanner) *Error {
	at := s.at
	schema, fault := s.string()
	switch {
	case fault != nil:
		return fault
	case schema == Schema:
		return nil
	case len(schema) > len(schemaFamily) && schema[:len(schemaFamily)] == schemaFamily:
		return &Error{Newer, at, fmt.Sprintf("the schema is %.60q, and this program knows %s", schema, Schema)}
	default:
		return &Error{Foreign, at, "not a line of the meter"}
	}
}

func (l *Line) readName(s *scanner, index int) *Error {
	at := s.at
	value, fault := s.string()
	if fault != nil {
		return fault
	}
	name := l.names()[index]
	if value == "" {
		return &Error{Invalid, at, name.member + " is empty"}
	}
	if value != name.absent {
		*name.value = value
	}
	return nil
}

func (l *Line) readNotes(s *scanner) *Error {
	at := s.at
	fault := s.array(func() *Error {
		note, fault := s.string()
		if fault == nil {
			l.Notes = append(l.Notes, note)
		}
		if fault == nil && len(l.Notes) > maxNotes {
			fault = &Error{Invalid, at, "there are too many notes"}
		}
		return fault
	})
	if fault == nil && l.Notes == nil {
		return &Error{Invalid, at, "Notes are left out where there are none"}
	}
	return fault
}
