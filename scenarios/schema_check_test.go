package scenarios

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// jsonSchema is the published schema as an editor reads it: plain JSON.
type jsonSchema map[string]any

func publishedSchema(t testing.TB) jsonSchema {
	t.Helper()
	text, err := json.Marshal(Schema())
	require.NoError(t, err)
	var schema jsonSchema
	require.NoError(t, json.Unmarshal(text, &schema))
	return schema
}

// understood are the keywords that violations knows. One that it does not know must not pass for one that holds.
var understood = []string{
	"$schema", "title", "description",
	"type", "enum", "pattern", "minimum", "oneOf",
	"properties", "required", "additionalProperties", "minProperties", "maxProperties", "items",
}

// violations checks a YAML tree as an editor with the schema would, and lists what it would underline.
func (s jsonSchema) violations(node *yaml.Node, path string) []string {
	for keyword := range s {
		if !slices.Contains(understood, keyword) {
			panic("the schema has the keyword " + keyword + ", which this check does not know")
		}
	}
	var found []string
	report := func(format string, args ...any) {
		found = append(found, path+": "+fmt.Sprintf(format, args...))
	}
	if want, given := s["type"].(string); given && want != jsonType(node) {
		report("is %s, not %s", jsonType(node), want)
		return found
	}
	if allowed, given := s["enum"].([]any); given && !slices.ContainsFunc(allowed,
		func(v any) bool { return fmt.Sprint(v) == node.Value }) {
		report("%q is not one of %v", node.Value, allowed)
	}
	if form, given := s["pattern"].(string); given && !regexp.MustCompile(form).MatchString(node.Value) {
		report("%q does not match %s", node.Value, form)
	}
	if least, given := s["minimum"].(float64); given {
		if value := 0.0; node.Decode(&value) != nil || value < least {
			report("%s is below %v", node.Value, least)
		}
	}
	if choices, given := s["oneOf"].([]any); given {
		fitting := 0
		for _, choice := range choices {
			if len(jsonSchema(choice.(map[string]any)).violations(node, path)) == 0 {
				fitting++
			}
		}
		if fitting != 1 {
			report("%d of %d choices fit", fitting, len(choices))
		}
	}
	switch node.Kind {
	case yaml.MappingNode:
		found = append(found, s.violationsOfKeys(node, path)...)
	case yaml.SequenceNode:
		if items, given := s["items"].(map[string]any); given {
			for i, item := range node.Content {
				found = append(found, jsonSchema(items).violations(item, fmt.Sprintf("%s[%d]", path, i))...)
			}
		}
	}
	return found
}

func (s jsonSchema) violationsOfKeys(node *yaml.Node, path string) []string {
	var found []string
	properties, _ := s["properties"].(map[string]any)
	given := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		given[key] = true
		if property, known := properties[key].(map[string]any); known {
			found = append(found, jsonSchema(property).violations(value, path+"."+key)...)
			continue
		}
		switch other := s["additionalProperties"].(type) {
		case bool:
			found = append(found, path+"."+key+": unknown key")
		case map[string]any:
			found = append(found, jsonSchema(other).violations(value, path+"."+key)...)
		}
	}
	required, _ := s["required"].([]any)
	for _, key := range required {
		if !given[key.(string)] {
			found = append(found, path+": "+key.(string)+" is missing")
		}
	}
	if most, limited := s["maxProperties"].(float64); limited && len(given) > int(most) {
		found = append(found, path+": too many keys")
	}
	if least, limited := s["minProperties"].(float64); limited && len(given) < int(least) {
		found = append(found, path+": too few keys")
	}
	return found
}

// jsonType is what a JSON Schema takes a YAML node for, by YAML's core schema.
func jsonType(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "object"
	case yaml.SequenceNode:
		return "array"
	}
	switch node.ShortTag() {
	case "!!int", "!!float":
		return "number"
	case "!!bool":
		return "boolean"
	case "!!null":
		return "null"
	default:
		return "string" // a date as well, which the core schema does not know
	}
}
