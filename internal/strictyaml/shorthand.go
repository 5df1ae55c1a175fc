package strictyaml

import (
	"reflect"
	"strings"
)

// Shorthand is the key that a plain value at a path stands for, as the tags of a struct have it: memory for microvm. It
// is "" where a plain value stands for itself alone, and where the struct has no such path.
func Shorthand(of any, path string) string {
	t := reflect.TypeOf(of)
	for element := range strings.SplitSeq(path, ".") {
		key, indices, _ := strings.Cut(element, "[")
		f, known := find(structFields(t), key)
		if !known {
			return ""
		}
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		t = t.FieldByIndex(f.index).Type
		for range strings.Count(indices, "]") {
			if t.Kind() != reflect.Slice {
				return ""
			}
			t = t.Elem()
		}
	}
	for _, f := range structFields(t) {
		if f.shorthand {
			return f.key
		}
	}
	return ""
}
