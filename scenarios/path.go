package scenarios

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"microspend/internal/lazyregexp"
	"microspend/internal/strictyaml"
)

var pathElement = lazyregexp.New(`^([A-Za-z_][A-Za-z0-9_]*)((?:\[[0-9]+\])*)$`)

// setScalar writes a value at a path such as workload.running or compare[0].ec2.users_per_instance. Mappings on the
// way are made where they are missing, or where a plain value stands for one; list entries are not. A plain value for a
// mapping that can be written as one goes to the key that it stands for. The tree is changed in place.
func setScalar(root *yaml.Node, path, value string) error {
	node := root
	elements := strings.Split(path, ".")
	for i, element := range elements {
		parts := pathElement.FindStringSubmatch(element)
		if parts == nil {
			return fmt.Errorf("%.60q is not a path such as workload.running or compare[0].ec2.ebs_gb", path)
		}
		spellOut(node, strings.Join(elements[:i], "."))
		if node.Kind != yaml.MappingNode {
			return fmt.Errorf("%s: %q stands where %s would have to be a mapping", path, node.Value, parts[1])
		}
		node = childOrNew(node, parts[1])
		for _, index := range strings.FieldsFunc(parts[2], func(r rune) bool { return r == '[' || r == ']' }) {
			at, err := strconv.Atoi(index)
			if err != nil || node.Kind != yaml.SequenceNode || at >= len(node.Content) {
				return fmt.Errorf("%s: there is no entry %s", path, index)
			}
			node = node.Content[at]
		}
	}
	if node.Kind == yaml.MappingNode && len(node.Content) > 0 {
		if key := strictyaml.Shorthand(scenarioFile{}, path); key != "" {
			node = childOrNew(node, key)
		}
	}
	if node.Kind != yaml.ScalarNode && len(node.Content) > 0 {
		return fmt.Errorf("%s is not a single value", path)
	}
	node.Kind, node.Tag, node.Value, node.Content, node.Style = yaml.ScalarNode, "", value, nil, 0
	return nil
}

// spellOut makes of a plain value that stands for a mapping, such as microvm: 4GB, the mapping itself.
func spellOut(node *yaml.Node, path string) {
	if node.Kind != yaml.ScalarNode {
		return
	}
	if key := strictyaml.Shorthand(scenarioFile{}, path); key != "" {
		plain := *node
		node.Kind, node.Tag, node.Value, node.Style = yaml.MappingNode, "", "", 0
		node.Content = []*yaml.Node{{Kind: yaml.ScalarNode, Value: key, Line: node.Line, Column: node.Column}, &plain}
	}
}

// childOrNew returns the value under a key, adding an empty mapping where there is none.
func childOrNew(mapping *yaml.Node, key string) *yaml.Node {
	if known := childOf(mapping, key); known != nil {
		return known
	}
	fresh := &yaml.Node{Kind: yaml.MappingNode}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, fresh)
	return fresh
}

func cloneTree(node *yaml.Node) *yaml.Node {
	clone := *node
	clone.Content = make([]*yaml.Node, len(node.Content))
	for i, child := range node.Content {
		clone.Content[i] = cloneTree(child)
	}
	return &clone
}

// splitNumber takes the unit off a value such as 2.5h, 512MiB, 25% or 6/day.
func splitNumber(text string) (number, unit string) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		return text, ""
	}
	return text[:end], text[end:]
}

// simpleUnit is what can follow a number for both ends of a range.
var simpleUnit = lazyregexp.New(`^ ?(ms|s|m|h|d|GB|GiB|MiB|%|vcpu-(second|minute|hour)s?)?(/(day|job|month))?$`)

// splitRange takes a value such as 2h..4h or 6..8/day apart; an end without a unit takes that of the other, and what
// one is per the other is per too.
func splitRange(text string) (low, high string, isRange bool, err error) {
	low, high, isRange = strings.Cut(text, "..")
	if !isRange {
		return text, text, false, nil
	}
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	lowNumber, lowUnit := splitNumber(low)
	highNumber, highUnit := splitNumber(high)
	if lowNumber == "" || highNumber == "" || strings.Contains(highUnit, "..") {
		return "", "", true, errors.New("a range is written as its ends, such as 2h..4h")
	}
	switch {
	case lowUnit == "" && simpleUnit.MatchString(highUnit):
		low += highUnit
	case highUnit == "" && simpleUnit.MatchString(lowUnit):
		high += lowUnit
	case perOf(lowUnit) == "":
		low += perOf(highUnit)
	case perOf(highUnit) == "":
		high += perOf(lowUnit)
	case perOf(lowUnit) != perOf(highUnit):
		return "", "", true, errors.New("the two ends are not per the same")
	}
	return low, high, true, nil
}
