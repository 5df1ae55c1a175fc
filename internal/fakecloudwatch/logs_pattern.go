package fakecloudwatch

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comparison is one condition of a pattern for JSON: $.Member, an operator, a quoted text or a number.
var comparison = regexp.MustCompile(
	`^\s*\$\.(\w+)\s*(=|!=|<=|>=|<|>)\s*("(?:[^"\\]|\\.)*"|-?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*$`,
)

// parsePattern reads the part of CloudWatch Logs' pattern language that a collector has use for: nothing, a quoted
// text that an event has somewhere in it, several with question marks of which it has one, or conditions on members
// of a JSON event that are joined by &&. Source: CloudWatch Logs user guide, filter pattern syntax.
func parsePattern(pattern string) (func(message string) bool, error) {
	text := strings.TrimSpace(pattern)
	switch {
	case text == "":
		return func(string) bool { return true }, nil
	case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}"):
		return parseConditions(text[1 : len(text)-1])
	}
	var phrases []string
	for _, term := range strings.Fields(text) {
		phrase, optional := strings.CutPrefix(term, "?")
		if n := len(phrase); n < 3 || phrase[0] != '"' || phrase[n-1] != '"' || !optional && len(text) != len(term) {
			return nil, invalidParameter("Invalid filter pattern: %s", pattern)
		}
		phrases = append(phrases, phrase[1:len(phrase)-1])
	}
	return func(message string) bool {
		return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(message, phrase) })
	}, nil
}

func parseConditions(text string) (func(string) bool, error) {
	var conditions []func(map[string]any) bool
	for _, part := range strings.Split(text, "&&") {
		found := comparison.FindStringSubmatch(part)
		if found == nil {
			return nil, invalidParameter("Invalid condition: %s", part)
		}
		name, operator, operand := found[1], found[2], found[3]
		if operand[0] == '"' {
			var want string
			if err := json.Unmarshal([]byte(operand), &want); err != nil || operator != "=" && operator != "!=" {
				return nil, invalidParameter("Invalid condition: %s", part)
			}
			conditions = append(conditions, func(members map[string]any) bool {
				got, is := members[name].(string)
				return is && (got == want) == (operator == "=")
			})
			continue
		}
		want, err := strconv.ParseFloat(operand, 64)
		if err != nil {
			return nil, invalidParameter("Invalid number: %s", operand)
		}
		conditions = append(conditions, func(members map[string]any) bool {
			got, is := members[name].(float64)
			return is && compares(got, operator, want)
		})
	}
	return func(message string) bool {
		var members map[string]any
		if json.Unmarshal([]byte(message), &members) != nil {
			return false // what is not JSON matches no pattern for it
		}
		for _, holds := range conditions {
			if !holds(members) {
				return false
			}
		}
		return true
	}, nil
}

func compares(a float64, operator string, b float64) bool {
	switch operator {
	case "=":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	default:
		return a >= b
	}
}
