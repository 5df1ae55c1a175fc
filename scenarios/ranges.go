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
}

// rangeSections are the parts of a file in which a value may be a range.
var rangeSections = []string{"microvm", "image", "state", "workload", "rates"}

// rangeless are the keys within them that hold words or a day, or a time whose growth may make a bill grow or shrink.
var rangeless = []string{"card", "source", "read_on", "trace", "idle_timeout", "suspended_duration", "trace_period"}

// loadRanges reads a scenario whose file has ranges: the result is the costlier end, and its Low the cheaper one.
// Every quantity and rate of a bill costs more the larger it is, except the discount, so the ends of the bill lie at
// the ends of the ranges.
func loadRanges(file string, root *yaml.Node, ranges []Range, beside *traces) (*Scenario, error) {
	low, high := cloneTree(root), cloneTree(root)
	for _, r := range ranges {
		if err := setScalar(low, r.Path, r.Low); err != nil {
			return nil, err
		}
		if err := setScalar(high, r.Path, r.High); err != nil {
			return nil, err
		}
	}
	s, err := fromTree(file, high, beside)
	if err != nil {
		return nil, err
	}
	if s.Low, err = fromTree(file, low, beside); err != nil {
		return nil, err
	}
	for _, r := range ranges {
		s.note(assumption.Range.Note(r.Path, r.High, r.Low))
	}
	return s, nil
}

// findRanges collects the ranges of a file and what is wrong with them.
func findRanges(file string, root *yaml.Node, beside *traces) ([]Range, error) {
	var (
		ranges []Range
		faults = &strictyaml.Faults{File: file}
	)
	var walk func(node *yaml.Node, path string)
	walk = func(node *yaml.Node, path string) {
		if node.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(node.Content); i += 2 {
				key := node.Content[i].Value
				if path == "" && !slices.Contains(rangeSections, key) || slices.Contains(rangeless, key) {
					continue
				}
				walk(node.Content[i+1], strings.TrimPrefix(path+"."+key, "."))
			}
			return
		}
		if node.Kind != yaml.ScalarNode || !strings.Contains(node.Value, "..") {
			return
		}
		low, high, _, err := splitRange(node.Value)
		if err == nil {
			err = ascending(low, high)
		}
		if err != nil {
			faults.List = append(faults.List, strictyaml.Fault{
				Line: node.Line, Column: node.Column, Path: path, Message: fmt.Sprintf("%.60q: %s", node.Value, err),
			})
			return
		}
		if path == "rates.discount" || strings.HasPrefix(path, "rates.discount.") {
			low, high = high, low
		}
		ranges = append(ranges, Range{path, low, high})
	}
	walk(root, "")
	if len(faults.List) == 0 {
		return ranges, nil
	}
	// The rest of the file is read too, with the ends of ranges in their place, so that its faults come up as well.
	rest := cloneTree(root)
	for _, fault := range faults.List {
		low, _, _ := strings.Cut(nodeAt(root, fault.Path), "..")
		_ = setScalar(rest, fault.Path, low)
	}
	for _, r := range ranges {
		_ = setScalar(rest, r.Path, r.Low)
	}
	var others *strictyaml.Faults
	if _, err := fromTree(file, rest, beside); errors.As(err, &others) {
		for _, fault := range others.List {
			if !slices.ContainsFunc(faults.List, func(f strictyaml.Fault) bool { return f.Path == fault.Path }) {
				faults.List = append(faults.List, fault)
			}
		}
	}
	return nil, faults.Sorted()
}

// nodeAt is the value at a path that a walk over the tree has found.
func nodeAt(root *yaml.Node, path string) string { return find(leaves(root), path) }

// ascending refuses a range that ends before it starts, in whichever of the forms both ends can be read. Ends that
// cannot be read are left to the decoder, which says what their field takes.
func ascending(low, high string) error {
	a, okA := Measure(low)
	b, okB := Measure(high)
	if okA && okB && a.GreaterThan(b) {
		return fmt.Errorf("ends below its start")
	}
	return nil
}
