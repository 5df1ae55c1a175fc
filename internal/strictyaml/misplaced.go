package strictyaml

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// misplacedKeys finds keys of a mapping that are not its own but those of a value in it, as people write them beside a
// shorthand: {ec2: t4g.medium, users_per_instance: 4}. For each it has where it belongs and the form
// that works: ec2; write ec2: {type: t4g.medium, users_per_instance: 4}.
func misplacedKeys(node *yaml.Node, fields []field, into reflect.Value) map[string]string {
	forms := map[string]string{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		owner, known := find(fields, node.Content[i].Value)
		if !known {
			continue
		}
		inner := structFields(owner.of(into).Type())
		var strays []int // where keys that belong to the owner stand
		for j := 0; j+1 < len(node.Content); j += 2 {
			key := node.Content[j].Value
			_, ownKey := find(fields, key)
			if _, belongs := find(inner, key); belongs && !ownKey && forms[key] == "" {
				strays = append(strays, j)
			}
		}
		if len(strays) == 0 {
			continue
		}
		form := owner.key + "; write " + owner.key + ": {" + strings.Join(
			append(entriesOf(node.Content[i+1], inner), entriesAt(node, strays)...),
			", ",
		) + "}"
		for _, j := range strays {
			forms[node.Content[j].Value] = form
		}
	}
	return forms
}

// structFields are the fields of a type that is decoded as a mapping; any other has none.
func structFields(t reflect.Type) []field {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[Scalar]()) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(fieldsOf(t)), func(f field) bool { return f.key == "" })
}

// entriesOf writes a value as the entries of a mapping: those that it has, or the one that its shorthand stands for.
func entriesOf(value *yaml.Node, fields []field) []string {
	if value.Kind == yaml.MappingNode {
		all := make([]int, 0, len(value.Content)/2)
		for i := 0; i+1 < len(value.Content); i += 2 {
			all = append(all, i)
		}
		return entriesAt(value, all)
	}
	for _, f := range fields {
		if f.shorthand && value.Kind == yaml.ScalarNode {
			return []string{f.key + ": " + brief(value)}
		}
	}
	return nil
}

func entriesAt(mapping *yaml.Node, at []int) []string {
	entries := make([]string, len(at))
	for i, j := range at {
		entries[i] = brief(mapping.Content[j]) + ": " + brief(mapping.Content[j+1])
	}
	return entries
}

// brief writes a short single value as it may stand in a file, and dots for anything else.
func brief(node *yaml.Node) string {
	switch {
	case node.Kind != yaml.ScalarNode || len(node.Value) > 40:
		return "…"
	case node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return strconv.Quote(node.Value)
	default:
		return node.Value
	}
}
