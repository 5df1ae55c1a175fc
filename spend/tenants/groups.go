package tenants

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// GroupSeparator stands between the names in the path of a group, the highest group first.
const GroupSeparator = "/"

// NoGroup is the label of tenants that are in no group.
const NoGroup = "(no group)"

// Group is the path of the group that a tenant is in, cut to its first names where depth is above zero. It is
// [NoGroup] where the tenant is in none.
func (f File) Group(tenant string, depth int) string {
	path, grouped := f.Groups[tenant]
	if !grouped {
		return NoGroup
	}
	return GroupAt(path, depth)
}

// InGroups are patterns of the tenants that are in one of some groups, or in a group below one. A group that has no
// tenant is an error.
func (f File) InGroups(texts []string) (members []Pattern, err error) {
	groups, err := ParsePatterns(texts)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		group, found := group.WithSubgroups(), false
		for _, tenant := range slices.Sorted(maps.Keys(f.Groups)) {
			if group.Match(f.Groups[tenant]) {
				members, found = append(members, Exactly(tenant)), true
			}
		}
		if !found {
			return nil, fmt.Errorf("the tenants file puts no tenant into group %q", group)
		}
	}
	return members, nil
}

// GroupAt is the group that a path lies in at a depth: the path's first names, or all of it where it has no more or
// depth is 0.
func GroupAt(path string, depth int) string {
	if names := strings.Split(path, GroupSeparator); depth > 0 && depth < len(names) {
		return strings.Join(names[:depth], GroupSeparator)
	}
	return path
}

// CompareGroups orders paths of groups so that a group comes right before those below it.
func CompareGroups(a, b string) int {
	return slices.Compare(strings.Split(a, GroupSeparator), strings.Split(b, GroupSeparator))
}

// checkGroup is the check of the path of a group in a file. No group can have the label of a row, so that a row of a
// report by group is never taken for another.
func checkGroup(path string) error {
	for name := range strings.SplitSeq(path, GroupSeparator) {
		switch err := CheckName(name); {
		case err != nil && path == name:
			return err
		case err != nil:
			return fmt.Errorf("%.60q has a group whose name %w", path, err)
		case strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")"):
			return fmt.Errorf("%.60q cannot be a group; names in parentheses are labels of rows", name)
		}
	}
	return CheckName(path)
}
