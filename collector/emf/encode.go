package emf

import (
	"strconv"
	"strings"
)

// AppendTo appends the line as JSON, without a line break. A line that Check finds nothing wrong with is read back by
// Decode as it was. The schema comes first, so that a line that was cut is still known to be the meter's.
func (l *Line) AppendTo(b []byte) []byte {
	b = append(b, lineStart...)
	b = append(b, `v1","_aws":`...)
	b = l.appendMetadata(b)
	b = append(b, `,"Life":`...)
	b = appendString(b, l.Life)
	b = appendNumber(b, "Sequence", l.Sequence)
	b = append(b, `,"Event":`...)
	b = appendString(b, l.Event.String())
	for _, name := range l.names() {
		value := *name.value
		if value == "" {
			value = name.absent
		}
		if value != "" || name.required {
			b = append(append(append(b, `,"`...), name.member...), `":`...)
			b = appendString(b, value)
		}
	}
	b = appendNumber(b, "PeriodStart", l.PeriodStart)
	b = appendNumber(b, "PeriodEnd", l.PeriodEnd)
	for i, value := range l.Amounts {
		b = appendNumber(b, metrics[i].Name, value)
	}
	if l.DroppedLines != 0 {
		b = appendNumber(b, "DroppedLines", l.DroppedLines)
	}
	if len(l.Notes) > 0 {
		b = append(b, `,"Notes":["`...)
		b = append(b, strings.Join(l.Notes, `","`)...)
		b = append(b, `"]`...)
	}
	return append(b, '}')
}

// lineStart begins every line, whatever its version.
const lineStart = `{"Schema":"` + schemaFamily

func (l *Line) appendMetadata(b []byte) []byte {
	b = append(b, `{"Timestamp":`...)
	b = strconv.AppendInt(b, l.PeriodStart, 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	if l.Metrics != NoMetrics {
		b = append(b, `{"Namespace":`...)
		b = appendString(b, l.Namespace)
		b = append(b, `,"Dimensions":[["Tenant","Image"]`...)
		if l.PerMicroVM {
			b = append(b, `,["Tenant","Image","MicrovmId"]`...)
		}
		b = append(b, `],"Metrics":[`...)
		for i, metric := range metrics[:l.Metrics.Count()] {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"Name":"`...)
			b = append(b, metric.Name...)
			b = append(b, `","Unit":"`...)
			b = append(b, metric.Unit...)
			b = append(b, `"}`...)
		}
		b = append(b, `]}`...)
	}
	return append(b, `]}`...)
}

func appendNumber(b []byte, member string, n int64) []byte {
	b = append(append(append(b, `,"`...), member...), `":`...)
	return strconv.AppendInt(b, n, 10)
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
