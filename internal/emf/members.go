package emf

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"microspend/pricing"
)

// member is a member of the line: how it is written, and how it is read back. AppendTo and Decode both go by the one
// list of them, so that neither knows a member that the other does not.
type member struct {
	name     string
	optional bool
	absent   func(l *Line) bool // whether it is left out; nil for never
	write    func(l *Line, b []byte) []byte
	read     func(l *Line, s *scanner) *Error
}

// members are those of a line in the order in which they are written, and never written to. The schema comes first, so
// that a line that was cut is still known to be the meter's.
var members = func() []member {
	all := []member{
		{
			name: "Schema", read: func(_ *Line, s *scanner) *Error { return s.schema() },
			write: func(_ *Line, b []byte) []byte { return appendString(b, Schema) },
		},
		{name: "_aws", read: (*Line).readMetadata, write: (*Line).appendMetadata},
		textMember("Life", func(l *Line) *string { return &l.Life }),
		numberMember("Sequence", func(l *Line) *int64 { return &l.Sequence }),
		{
			name: "Event", read: (*Line).readEvent,
			write: func(l *Line, b []byte) []byte { return appendString(b, string(l.Event)) },
		},
	}
	for i := range nameCount {
		all = append(all, nameMember(i))
	}
	all = append(all,
		optionalMember(textMember("Arch", func(l *Line) *string { return (*string)(&l.Arch) }),
			func(l *Line) bool { return l.Arch == pricing.ArchUnknown }),
		optionalMember(textMember("TenantProof", func(l *Line) *string { return &l.TenantProof }),
			func(l *Line) bool { return l.TenantProof == "" }),
		numberMember("PeriodStart", func(l *Line) *int64 { return &l.PeriodStart }),
		numberMember("PeriodEnd", func(l *Line) *int64 { return &l.PeriodEnd }))
	for i, metric := range metrics {
		all = append(all, numberMember(metric.Name, func(l *Line) *int64 { return &l.Amounts[i] }))
	}
	return append(all, optionalMember(numberMember("DroppedLines", func(l *Line) *int64 { return &l.DroppedLines }),
		func(l *Line) bool { return l.DroppedLines == 0 }), member{
		name: "Notes", optional: true, absent: func(l *Line) bool { return len(l.Notes) == 0 }, read: (*Line).readNotes,
		write: func(l *Line, b []byte) []byte { return append(b, `["`+strings.Join(l.Notes, `","`)+`"]`...) },
	})
}()

// optionalMember is a member that may be missing, and is left out where absent.
func optionalMember(m member, absent func(*Line) bool) member {
	m.optional, m.absent = true, absent
	return m
}

func textMember(name string, of func(*Line) *string) member {
	return member{
		name: name, write: func(l *Line, b []byte) []byte { return appendString(b, *of(l)) },
		read: func(l *Line, s *scanner) *Error { return s.string(of(l)) },
	}
}

func numberMember(name string, of func(*Line) *int64) member {
	return member{
		name: name, write: func(l *Line, b []byte) []byte { return strconv.AppendInt(b, *of(l), 10) },
		read: func(l *Line, s *scanner) *Error { return s.integer(of(l)) },
	}
}

// nameMember is one of Line.names. What is not known is left out, but a dimension must have a value.
func nameMember(i int) member {
	of := new(Line).names()[i]
	return member{
		name: of.member, optional: of.absent == "" && !of.required,
		absent: func(l *Line) bool { return of.absent == "" && !of.required && *l.names()[i].value == "" },
		write: func(l *Line, b []byte) []byte {
			return appendString(b, cmp.Or(*l.names()[i].value, of.absent))
		},
		read: func(l *Line, s *scanner) *Error {
			var value string
			at := s.at
			fault := s.string(&value)
			if fault == nil && value == "" {
				return &Error{Invalid, at, of.member + " is empty"}
			}
			if value != of.absent {
				*l.names()[i].value = value
			}
			return fault
		},
	}
}

// AppendTo appends the line as JSON, without a line break. A line that Check finds nothing wrong with is read back by
// Decode as it was.
func (l *Line) AppendTo(b []byte) []byte {
	for i, m := range members {
		if m.absent != nil && m.absent(l) {
			continue
		}
		separator := `,"`
		if i == 0 {
			separator = `{"`
		}
		b = append(append(append(b, separator...), m.name...), `":`...)
		b = m.write(l, b)
	}
	return append(b, '}')
}

// appendString writes a string of printable ASCII.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// schema reads the schema's name and version.
func (s *scanner) schema() *Error {
	at := s.at
	var schema string
	switch fault := s.string(&schema); {
	case fault != nil || schema == Schema:
		return fault
	case len(schema) > len(schemaFamily) && strings.HasPrefix(schema, schemaFamily):
		return &Error{Newer, at, fmt.Sprintf("the schema is %.60q, and this program knows %s", schema, Schema)}
	default:
		return &Error{Foreign, at, "not a line of the meter"}
	}
}

func (l *Line) readEvent(s *scanner) *Error {
	at := s.at
	var word string
	fault := s.string(&word)
	if l.Event = Event(word); fault == nil && !slices.Contains(events, l.Event) {
		fault = &Error{Invalid, at, fmt.Sprintf("%.40q is not an event", word)}
	}
	return fault
}

func (l *Line) readNotes(s *scanner) *Error {
	at := s.at
	fault := s.strings(&l.Notes)
	switch {
	case fault != nil:
		return fault
	case len(l.Notes) > maxNotes:
		return &Error{Invalid, at, "there are too many notes"}
	case l.Notes == nil:
		return &Error{Invalid, at, "Notes are left out where there are none"}
	}
	return nil
}

// dimensionSets are those of a line, the second only where metrics are published per MicroVM. Never written to.
var dimensionSets = [][]string{
	{DimensionTenant, DimensionImage},
	{DimensionTenant, DimensionImage, DimensionMicroVMID},
}

// appendMetadata writes the member _aws, by which CloudWatch makes metrics of the line.
func (l *Line) appendMetadata(b []byte) []byte {
	b = append(b, `{"Timestamp":`...)
	b = strconv.AppendInt(b, l.PeriodStart, 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	if l.Metrics != NoMetrics {
		b = append(b, `{"Namespace":`...)
		b = appendString(b, l.Namespace)
		b = append(b, `,"Dimensions":`...)
		for i, set := range dimensionSets[:l.Sets()] {
			b = append(b, "[,"[min(i, 1)])
			b = append(b, `["`+strings.Join(set, `","`)+`"]`...)
		}
		b = append(b, `],"Metrics":`...)
		for i, metric := range metrics[:l.Metrics.Count()] {
			b = append(b, "[,"[min(i, 1)])
			b = append(b, `{"Name":"`+metric.Name+`","Unit":"`+metric.Unit+`"}`...)
		}
		b = append(b, `]}`...)
	}
	return append(b, `]}`...)
}

// readMetadata reads the member _aws. It must be as a meter writes it: a sum that CloudWatch makes of a line by other
// rules than ours would not be what the line says.
func (l *Line) readMetadata(s *scanner) *Error {
	at, directives := s.at, 0
	fault := s.whole("_aws's", []field{
		{"Timestamp", false, func() *Error { return s.integer(&s.timestamp) }},
		{"CloudWatchMetrics", false, func() *Error {
			return s.array(func() *Error {
				directives++
				return l.readDirective(s)
			})
		}},
	})
	if fault == nil && directives > 1 {
		return &Error{Invalid, at, "there is more than one metric directive"}
	}
	if directives == 0 {
		l.Publication = Publication{Namespace: DefaultNamespace, Metrics: NoMetrics}
	}
	return fault
}

func (l *Line) readDirective(s *scanner) *Error {
	at := s.at
	var (
		p     Publication
		sets  [][]string
		found []Metric
	)
	fault := s.whole("a metric directive's", []field{
		{"Namespace", false, func() *Error { return s.string(&p.Namespace) }},
		{"Dimensions", false, func() *Error {
			return s.array(func() *Error {
				sets = append(sets, nil)
				return s.strings(&sets[len(sets)-1])
			})
		}},
		{"Metrics", false, func() *Error {
			return s.array(func() *Error {
				var m Metric
				fault := s.whole("a metric's", []field{
					{"Name", false, func() *Error { return s.string(&m.Name) }},
					{"Unit", false, func() *Error { return s.string(&m.Unit) }},
				})
				found = append(found, m)
				return fault
			})
		}},
	})
	if fault != nil {
		return fault
	}
	p.PerMicroVM = len(sets) == 2
	if len(found) == metricCount {
		p.Metrics = AllMetrics
	}
	if len(sets) != p.Sets() || len(found) != p.Metrics.Count() {
		return &Error{Invalid, at, "the metric directive is not one that a meter writes"}
	}
	for i, set := range sets {
		if !slices.Equal(set, dimensionSets[i]) {
			return &Error{Invalid, at, fmt.Sprintf("the dimensions %.80q are not those that a meter writes", set)}
		}
	}
	for i, metric := range found {
		if metric.Name != metrics[i].Name || metric.Unit != metrics[i].Unit {
			return &Error{Invalid, at, fmt.Sprintf("the metric %.40q in %.40q is not the one that a meter writes there",
				metric.Name, metric.Unit)}
		}
	}
	l.Publication = p
	return nil
}
