package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"microspend/internal/strictyaml"
	"microspend/pricing/assumption"
)

// Range is a value of a scenario that is written as two ends, such as running: 2h..4h.
type Range struct {
	Path      string
	Low, High string // as written; the cost at Low is the lower one

	leaf int // its place among the leaves of the file
}

// put writes an end of the range into the leaves of a copy of the file. By place, not by path: a key that is misspelt
// may hold dots or brackets, and the decoder is to say so.
func (r Range) put(value string, into []leaf) {
	node := into[r.leaf].Node
	node.Kind, node.Tag, node.Value, node.Style = yaml.ScalarNode, "", value, 0
}

// rangeSections are the parts of a file in which a value may be a range.
var rangeSections = []string{"microvm", "image", "state", "workload", "rates"}

// rangeless are the keys within them that hold words or a day, or a time whose growth may make a bill grow or shrink.
var rangeless = []string{"card", "source", "read_on", "trace", "idle_timeout", "suspended_duration", "trace_period"}

// loadRanges reads a scenario whose file has ranges: the result is the costlier end, and its Low the cheaper one.
// Every quantity and rate of a bill costs more the larger it is, except the discount, so the ends of the bill lie at
// the ends of the ranges.
func loadRanges(file string, root *yaml.Node, ranges []Range, beside *traces, also checks) (*Scenario, error) {
	low, high := cloneTree(root), cloneTree(root)
	lowLeaves, highLeaves := leaves(low), leaves(high)
	for _, r := range ranges {
		r.put(r.Low, lowLeaves)
		r.put(r.High, highLeaves)
	}
	s, err := fromTree(file, high, beside, also)
	if err != nil {
		return nil, err
	}
	if s.Low, err = fromTree(file, low, beside, also); err != nil {
		return nil, err
	}
	s.ranges = ranges
	s.refuseWorkRanges(ranges)
	if err := s.doc.Err(); err != nil {
		return nil, err
	}
	for _, r := range ranges {
		s.note(assumption.Range.Note(r.Path, r.High, r.Low))
	}
	return s, nil
}

// findRanges collects the ranges of a file and what is wrong with them.
func findRanges(file string, root *yaml.Node, beside *traces, also checks) ([]Range, error) {
	var (
		ranges []Range
		faults = &strictyaml.Faults{File: file}
		rest   = cloneTree(root) // with one end of each range in its place
	)
	restLeaves := leaves(rest)
	for i, leaf := range leaves(root) {
		keys := strings.Split(leaf.path, ".")
		isRangeless := func(key string) bool { return slices.Contains(rangeless, key) }
		if !slices.Contains(rangeSections, keys[0]) || slices.ContainsFunc(keys, isRangeless) ||
			!strings.Contains(leaf.Value, "..") {
			continue
		}
		low, high, _, err := splitRange(leaf.Value)
		if err == nil {
			err = ascending(low, high)
		}
		if err != nil {
			faults.List = append(faults.List, strictyaml.Fault{
				Line: leaf.Line, Column: leaf.Column, Path: leaf.path, Message: fmt.Sprintf("%.60q: %s", leaf.Value, err),
			})
			low, _, _ = strings.Cut(leaf.Value, "..")
		} else if leaf.path == "rates.discount" || strings.HasPrefix(leaf.path, "rates.discount.") {
			low, high = high, low
		}
		r := Range{leaf.path, low, high, i}
		ranges = append(ranges, r)
		r.put(low, restLeaves)
	}
	if len(faults.List) == 0 {
		return ranges, nil
	}
	// The rest of the file is read too, so that its faults come up as well.
	var others *strictyaml.Faults
	if _, err := fromTree(file, rest, beside, also); errors.As(err, &others) {
		for _, fault := range others.List {
			if !slices.ContainsFunc(faults.List, func(f strictyaml.Fault) bool { return f.Path == fault.Path }) {
				faults.List = append(faults.List, fault)
			}
		}
	}
	return nil, faults.Sorted()
}

// ascending refuses a range that ends before it starts, in whichever of the forms both ends can be read. Ends that
// cannot be read are left to the decoder, which says what their field takes.
func ascending(low, high string) error {
	a, _, okA := Measure(low)
	b, _, okB := Measure(high)
	if okA && okB && a.GreaterThan(b) {
		return fmt.Errorf("ends below its start")
	}
	return nil
}
