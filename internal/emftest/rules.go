// Package emftest checks what the meter prints, for tests: each line against the rules that AWS publishes for
// CloudWatch's Embedded Metric Format ([CheckRules]), and all lines for doubled and missing ones ([Sequences]). It
// shares nothing with package emf, so that the two can contradict each other.
package emftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of the Embedded Metric Format and of CloudWatch's metrics. Sources: CloudWatch user guide, "Specification:
// Embedded metric format" with its JSON schema; CloudWatch API reference, Dimension and MetricDatum.
const (
	MaxLine            = 1 << 20 // bytes of an event of CloudWatch Logs
	maxValue           = 1024    // characters of a dimension's value
	maxNamespace       = 255     // as the API has it; the schema would allow 1024
	maxMetrics         = 100
	maxDimensions      = 30
	maxDimensionKey    = 250
	maxMetricName      = 255 // as the API has it; the schema would allow 1024
	maxNumbersInTarget = 100
)

// units are CloudWatch's, and never written to.
var units = []string{
	"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
	"Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
	"Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
	"Gigabits/Second", "Terabits/Second", "Count/Second", "None",
}

// CheckRules returns everything in a text that breaks the published rules of the Embedded Metric Format: CloudWatch
// would make no metric of it, or another than was meant. It knows nothing of the meter's own schema.
func CheckRules(text []byte) error {
	var r ruleCheck
	if len(text) > MaxLine {
		r.fault("%d bytes are more than the %d of an event", len(text), MaxLine)
		return r.err()
	}
	if !utf8.Valid(text) {
		r.fault("the event is not UTF-8")
		return r.err()
	}
	if bytes.ContainsAny(bytes.TrimRight(text, "\r\n"), "\r\n") {
		r.fault("the event has a line break: a log would cut it there")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var root map[string]any
	if err := decoder.Decode(&root); err != nil {
		r.fault("the event is not a JSON object: %w", err)
		return r.err()
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		r.fault("there is more after the object")
	}
	aws, ok := root["_aws"].(map[string]any)
	if !ok {
		r.fault("_aws is missing or not an object")
		return r.err()
	}
	r.onlyMembers("_aws", aws, "Timestamp", "CloudWatchMetrics")
	if n, ok := aws["Timestamp"].(json.Number); !ok {
		r.fault("_aws.Timestamp is missing or not a number")
	} else if ms, err := n.Int64(); err != nil || ms < 0 {
		r.fault("_aws.Timestamp %s is not whole milliseconds since 1970", n)
	}
	directives, ok := aws["CloudWatchMetrics"].([]any)
	if !ok {
		r.fault("_aws.CloudWatchMetrics is missing or not an array")
	}
	for i, directive := range directives {
		r.directive(fmt.Sprintf("CloudWatchMetrics[%d]", i), directive, root)
	}
	return r.err()
}

// ruleCheck gathers faults.
type ruleCheck struct{ faults []error }

func (r *ruleCheck) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

func (r *ruleCheck) err() error { return errors.Join(r.faults...) }

func (r *ruleCheck) onlyMembers(where string, object map[string]any, allowed ...string) {
	for member := range object {
		if !slices.Contains(allowed, member) {
			r.fault("%s has a member %.60q", where, member)
		}
	}
}

func (r *ruleCheck) directive(where string, directive any, root map[string]any) {
	object, ok := directive.(map[string]any)
	if !ok {
		r.fault("%s is not an object", where)
		return
	}
	r.onlyMembers(where, object, "Namespace", "Dimensions", "Metrics")
	namespace, ok := object["Namespace"].(string)
	switch {
	case !ok:
		r.fault("%s.Namespace is missing or not a string", where)
	case namespace == "" || len(namespace) > maxNamespace || !isName(namespace) || namespace[0] == ':':
		r.fault("%s.Namespace is not 1 to %d printable ASCII characters", where, maxNamespace)
	case strings.HasPrefix(namespace, "AWS/"):
		r.fault("%s.Namespace begins with AWS/, which is Amazon's", where)
	}
	sets, ok := object["Dimensions"].([]any)
	if !ok || len(sets) == 0 {
		r.fault("%s.Dimensions is missing, empty or not an array", where)
	}
	for i, set := range sets {
		r.dimensionSet(fmt.Sprintf("%s.Dimensions[%d]", where, i), set, root)
	}
	definitions, ok := object["Metrics"].([]any)
	if !ok {
		r.fault("%s.Metrics is missing or not an array", where)
	}
	if len(definitions) > maxMetrics {
		r.fault("%s.Metrics has %d metrics, more than %d", where, len(definitions), maxMetrics)
	}
	var names []string
	for i, definition := range definitions {
		where := fmt.Sprintf("%s.Metrics[%d]", where, i)
		name := r.metric(where, definition, root)
		if slices.Contains(names, name) && name != "" {
			r.fault("%s: %.60q is there twice", where, name)
		}
		names = append(names, name)
	}
}

func (r *ruleCheck) dimensionSet(where string, set any, root map[string]any) {
	keys, ok := set.([]any)
	if !ok {
		r.fault("%s is not an array", where)
		return
	}
	if len(keys) > maxDimensions {
		r.fault("%s has %d keys, more than %d", where, len(keys), maxDimensions)
	}
	var seen []string
	for _, key := range keys {
		name, ok := key.(string)
		if !ok || !isName(name) || len(name) > maxDimensionKey || name[0] == ':' {
			r.fault("%s: a key is not 1 to %d printable ASCII characters", where, maxDimensionKey)
			continue
		}
		if slices.Contains(seen, name) {
			r.fault("%s: %.60q is there twice", where, name)
		}
		seen = append(seen, name)
		if value, ok := root[name].(string); !ok {
			r.fault("%s: the dimension %.60q is missing from the root or not a string", where, name)
		} else if !isName(value) {
			r.fault("%s: the value of %.60q is not 1 to %d printable ASCII characters", where, name, maxValue)
		}
	}
}

func (r *ruleCheck) metric(where string, definition any, root map[string]any) string {
	object, ok := definition.(map[string]any)
	if !ok {
		r.fault("%s is not an object", where)
		return ""
	}
	r.onlyMembers(where, object, "Name", "Unit", "StorageResolution")
	name, ok := object["Name"].(string)
	if !ok || !isName(name) || len(name) > maxMetricName || name[0] == ':' {
		r.fault("%s.Name is not 1 to %d printable ASCII characters", where, maxMetricName)
		return ""
	}
	if unit, there := object["Unit"]; there {
		if word, ok := unit.(string); !ok || !slices.Contains(units, word) {
			r.fault("%s.Unit %.60q is not a unit of CloudWatch", where, fmt.Sprint(unit))
		}
	}
	if resolution, there := object["StorageResolution"]; there && resolution != json.Number("1") &&
		resolution != json.Number("60") {
		r.fault("%s.StorageResolution is neither 1 nor 60", where)
	}
	numbers, isArray := root[name].([]any)
	if !isArray {
		numbers = []any{root[name]}
	}
	if len(numbers) == 0 || len(numbers) > maxNumbersInTarget {
		r.fault("%s: %.60q has %d values, not 1 to %d", where, name, len(numbers), maxNumbersInTarget)
	}
	for _, number := range numbers {
		if !isMetricValue(number) {
			r.fault("%s: the value of %.60q is missing from the root, or not a number that a metric can have", where, name)
		}
	}
	return name
}

// isMetricValue reports whether CloudWatch takes a value: a number within ±2^360.
func isMetricValue(value any) bool {
	number, ok := value.(json.Number)
	if !ok {
		return false
	}
	f, err := number.Float64()
	return err == nil && math.Abs(f) <= math.Ldexp(1, 360)
}

// isName reports whether CloudWatch takes s as the value of a dimension.
func isName(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= maxValue && strings.Trim(s, " ") != ""
}
