// Package emf has the line that the meter prints about a MicroVM's usage: a log event in CloudWatch's Embedded Metric
// Format, from which CloudWatch makes metrics and which CloudWatch Logs keeps.
//
// # The line
//
// A [Line] says what one MicroVM used in [PeriodStart, PeriodEnd), in the whole numbers of package usage, so that
// nothing is rounded between the meter and the bill. A period never crosses a minute of UTC (five minutes where the
// MicroVM was suspended), and the metrics' timestamp is its start: so CloudWatch's periods and UTC days part the
// usage exactly. A period of no length is an event alone, such as a launch. Life and Sequence make a line unique: a
// doubled or missing one is noticed.
//
// # Names
//
// CloudWatch takes printable ASCII as the value of a dimension, from 1 to 1024 characters; [Name] makes such a value
// of any text, and the line carries it in that form everywhere. What has no name has [NoTenant] or [NoImage] on the
// wire and "" in a [Line].
//
// # What is promised
//
// [Line.AppendTo] and [Decode] are each other's inverse. Decode is strict: whatever is not exactly one whole line of
// the meter is refused with an [Error] whose [Kind] says what it is, and nothing in it is guessed at. The package
// does no input or output and reads no clock.
package emf
