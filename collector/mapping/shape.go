package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Shape identifies what the records of mappings are keyed by. Where it differs, so may the keys of the records: see
// [KeepsKeys].
func Shape(mappings []Mapping) string {
	parts := make([]string, len(mappings))
	for i, m := range mappings {
		parts[i] = m.shape()
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func (m Mapping) shape() string {
	return fmt.Sprintf("%q %q %q", m.namespaces(), m.Dimensions, m.Match)
}

func (m Mapping) namespaces() []string {
	namespaces := []string{m.Namespace}
	for _, metric := range m.Metrics {
		if metric.Namespace != "" {
			namespaces = append(namespaces, metric.Namespace)
		}
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces)
}

// IDs tell mappings apart in what is kept between runs, whatever their order and their metrics become: each by its
// shape, and by its place among those of the same shape.
func IDs(mappings []Mapping) []string {
	ids := make([]string, len(mappings))
	for i, m := range mappings {
		sum := sha256.Sum256([]byte(m.shape()))
		id := hex.EncodeToString(sum[:6])
		for n := 2; slices.Contains(ids[:i], id); n++ {
			id = fmt.Sprintf("%s-%d", hex.EncodeToString(sum[:6]), n)
		}
		ids[i] = id
	}
	return ids
}

// KeepsKeys reports whether mappings give all that they share with others, which had a shape, the keys that it had:
// mappings have only been left out, or added for namespaces that no mapping had.
func KeepsKeys(mappings []Mapping, shape string) bool {
	had := split(shape)
	for _, m := range mappings {
		if slices.Contains(had, m.shape()) {
			continue
		}
		for _, part := range had {
			if slices.ContainsFunc(quotedIn(part), func(name string) bool { return slices.Contains(m.namespaces(), name) }) {
				return false
			}
		}
	}
	return true
}

// split takes a shape apart: at semicolons that are in no name.
func split(shape string) (parts []string) {
	begin := 0
	for at := 0; at < len(shape); {
		switch quoted, err := strconv.QuotedPrefix(shape[at:]); {
		case err == nil:
			at += len(quoted)
		case shape[at] == ';':
			parts = append(parts, shape[begin:at])
			at += len("; ")
			begin = at
		default:
			at++
		}
	}
	return append(parts, shape[min(begin, len(shape)):])
}

// quotedIn are the namespaces of a part of a shape: the names in its first brackets.
func quotedIn(part string) (names []string) {
	for at := 1; at < len(part) && part[at] != ']'; {
		quoted, err := strconv.QuotedPrefix(part[at:])
		if err != nil {
			at++
			continue
		}
		if name, err := strconv.Unquote(quoted); err == nil {
			names = append(names, name)
		}
		at += len(quoted)
	}
	return names
}
