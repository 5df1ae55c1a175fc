package tenants

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"microspend/usage"
)

// Pattern matches names: exactly, or with a * at its end every name that begins with what stands before it. Nothing
// else in it has a meaning, and a name that is not known ("") is never matched. The zero value matches nothing.
type Pattern struct {
	text   string // without the *
	prefix bool
	below  bool // also matches the groups below the one that it names
}

// ParsePattern reads a pattern. A * elsewhere than at the end, an empty text, blanks around it and what no name can
// hold are errors.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	if before, ok := strings.CutSuffix(text, "*"); ok {
		p = Pattern{text: before, prefix: true}
	}
	if strings.Contains(p.text, "*") {
		return Pattern{}, fmt.Errorf("%.60q has a * before its end; a * is allowed only at the end, to match any rest", text)
	}
	if p.prefix && p.text == "" {
		return p, nil
	}
	return p, CheckName(p.text)
}

// ParsePatterns reads patterns; see [ParsePattern].
func ParsePatterns(texts []string) ([]Pattern, error) {
	var patterns []Pattern
	for _, text := range texts {
		pattern, err := ParsePattern(text)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

// Exactly is the pattern that matches one name alone, also where the name ends in a *.
func Exactly(name string) Pattern { return Pattern{text: name} }

// ParseScalar implements strictyaml.Scalar.
func (p *Pattern) ParseScalar(text string) (err error) {
	*p, err = ParsePattern(text)
	return err
}

// WithSubgroups is the pattern of the path of a group that also matches every group below one that it matches. Without
// it, a pattern such as [Exactly] gives matches the tenants alone that are in the group itself.
func (p Pattern) WithSubgroups() Pattern {
	p.below = true
	return p
}

// Match reports whether the pattern matches a name.
func (p Pattern) Match(name string) bool {
	rest, begins := strings.CutPrefix(name, p.text)
	return name != "" && begins && (rest == "" || p.prefix || p.below && strings.HasPrefix(rest, GroupSeparator))
}

// String writes the pattern as it was read.
func (p Pattern) String() string {
	if p.prefix {
		return p.text + "*"
	}
	return p.text
}

// MatchAny reports whether a name matches one of the patterns; without patterns every name does, also one that is not
// known.
func MatchAny(patterns []Pattern, name string) bool {
	for _, p := range patterns {
		if p.Match(name) {
			return true
		}
	}
	return len(patterns) == 0
}

// CheckName refuses what no record's name can be, and blanks around a name, which are a slip that nobody sees.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > usage.MaxNameBytes:
		return fmt.Errorf("is longer than %d bytes", usage.MaxNameBytes)
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return errors.New("is not valid UTF-8 text")
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("%.60q begins or ends with a blank", name)
	}
	return nil
}
