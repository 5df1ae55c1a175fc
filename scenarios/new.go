package scenarios

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"microspend/internal/strictyaml"
)

// Fields are values of a scenario by their paths, both as a file has them: "workload.running": "4h/day". They are text,
// so that there is one set of rules for values, whoever gives them: bounds, units, and what is allowed with what.
type Fields map[string]string

// New makes a scenario in a program. It is checked as a file is; the error has every fault, each with its path:
//
//	scenarios.New("team", scenarios.Fields{
//		"region": "eu-west-1", "microvm.memory": "4GB", "workload.users": "20", "workload.days": "20", "workload.running": "4h",
//	})
//
// The paths are those of the schema that [Schema] returns. Fields make no lists: what to compare
// with goes to the scenario's Candidates. A workload that is known in totals needs no scenario: [pricing.Workload.Bill]
// prices it.
func New(name string, fields Fields) (*Scenario, error) {
	return withFields(name, &yaml.Node{Kind: yaml.MappingNode}, nil, fields)
}

// With is the scenario with some of its fields changed, checked anew. Its Candidates are those of its file; the
// scenario itself does not change.
func (s *Scenario) With(fields Fields) (*Scenario, error) {
	if !s.loaded() {
		return nil, ErrNotLoaded
	}
	return withFields(s.name, cloneTree(s.root), s.traces, fields)
}

func withFields(name string, root *yaml.Node, beside *traces, fields Fields) (*Scenario, error) {
	faults := &strictyaml.Faults{File: name}
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		if err := setScalar(root, path, fields[path]); err != nil {
			faults.List = append(faults.List, strictyaml.Fault{Message: err.Error()})
		}
	}
	if len(faults.List) > 0 {
		return nil, faults
	}
	return loadTree(name, root, cmp.Or(beside, &traces{}), nil)
}

// ErrNotLoaded is the error of a scenario that nothing has checked: a literal, or nil.
var ErrNotLoaded = errors.New("the workload was not made by scenarios.New or read from a file")

// loaded reports whether the scenario has passed the checks.
func (s *Scenario) loaded() bool { return s != nil && s.file != nil }
