// Package strictyaml reads configuration that people write by hand: YAML decoded into Go types so that every fault is
// found in one run, each with its line, its column, its path and what would be allowed instead.
//
// It is strict where a general decoder is lenient. An unknown or repeated key, an empty value, an anchor, an alias, a
// merge key, a second document and a value of the wrong kind are all faults. Scalars reach their types as they are
// written: a price of 0.10 arrives as "0.10".
//
// Input is bounded. A file above [MaxBytes] or nested deeper than [MaxDepth] is refused before it costs anything.
package strictyaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

const (
	// MaxBytes is the largest file that is read. A workload takes a few kilobytes.
	MaxBytes = 256 << 10
	// MaxDepth is how deep mappings and lists may nest.
	MaxDepth = 32
	// maxFaults bounds a report; a file with more is another kind of file.
	maxFaults = 50
)

// Fault is one thing that is wrong in a file.
type Fault struct {
	Line, Column int // from 1; 0 where the fault has no place in the file
	Path         string
	Message      string
}

// Faults is all that is wrong with a file. As an error it has one line per fault: file:line:column: path: message.
type Faults struct {
	File string
	List []Fault
}

func (f *Faults) Error() string {
	var out strings.Builder
	for i, fault := range f.List {
		if i > 0 {
			out.WriteByte('\n')
		}
		if i == maxFaults {
			fmt.Fprintf(&out, "%s: and %d more faults", f.File, len(f.List)-i)
			break
		}
		out.WriteString(f.File)
		if fault.Line > 0 {
			fmt.Fprintf(&out, ":%d:%d", fault.Line, fault.Column)
		}
		out.WriteString(": ")
		if fault.Path != "" {
			out.WriteString(shortened(fault.Path) + ": ")
		}
		out.WriteString(fault.Message)
	}
	return out.String()
}

// shortened cuts a path that somebody made very long.
func shortened(path string) string {
	const most = 120
	if len(path) <= most {
		return path
	}
	return strings.ToValidUTF8(path[:most], "") + "…"
}

// Join puts the faults of one file together that several checks found, in the order of the file. Each error is nil, or
// [*Faults].
func Join(errs ...error) error {
	all := &Faults{}
	for _, err := range errs {
		if faults, ok := errors.AsType[*Faults](err); ok {
			all.File, all.List = faults.File, append(all.List, faults.List...)
		}
	}
	return all.orNil()
}

// orNil sorts the faults by place and returns them as an error, or nil where there are none.
func (f *Faults) orNil() error {
	if len(f.List) == 0 {
		return nil
	}
	return f.Sorted()
}

// Sorted puts the faults into the order of the file.
func (f *Faults) Sorted() *Faults {
	slices.SortStableFunc(f.List, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}

// Parse reads one YAML document into its tree. The name of the file is used in messages only. Errors are [*Faults].
func Parse(file string, text []byte) (*yaml.Node, error) {
	refuse := func(line, column int, message string) (*yaml.Node, error) {
		return nil, &Faults{file, []Fault{{Line: line, Column: column, Message: message}}}
	}
	if len(text) > MaxBytes {
		return refuse(0, 0, fmt.Sprintf("is larger than %d KiB, the most that is read", MaxBytes>>10))
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth))))
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	err = loader.Load(&document)
	if errors.Is(err, io.EOF) || (err == nil && isEmpty(&document)) {
		return refuse(1, 1, "is empty")
	}
	if err != nil {
		line, column, message := explain(err, text)
		return refuse(line, column, message)
	}
	root := &document
	if root.Kind == yaml.DocumentNode {
		root = root.Content[0]
	}
	if err := loader.Load(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return refuse(documentEnd(text, root.Line), 1, "holds more than one YAML document; write one per file")
	}
	faults := &Faults{File: file}
	checkTree(root, "", faults)
	return root, faults.orNil()
}

func isEmpty(document *yaml.Node) bool {
	return document.Kind == 0 || (document.Kind == yaml.DocumentNode && len(document.Content) == 0)
}

// documentEnd is the line after a given one in which a document ends and another may begin. Where such a line is
// indented it is part of a text, as everything in a document's texts is.
func documentEnd(text []byte, after int) int {
	for i, line := range bytes.Split(text, []byte("\n")) {
		if i+1 > after && (bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))) {
			return i + 1
		}
	}
	return after
}

// checkTree refuses what no type could allow: anchors, aliases and merge keys, keys that are not plain text, repeated
// keys.
func checkTree(node *yaml.Node, path string, faults *Faults) {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		faults.add(node, path, "anchors and aliases are not supported; write the value out")
		return
	}
	if node.Style&yaml.TaggedStyle != 0 {
		faults.add(node, path, "tags such as !x are not supported; write the value alone")
		return
	}
	switch node.Kind {
	case yaml.MappingNode:
		seen := map[string]int{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if key.Kind != yaml.ScalarNode {
				faults.add(key, path, "a key must be plain text")
				continue
			}
			at := join(path, key.Value)
			if first, twice := seen[key.Value]; twice {
				faults.add(key, at, fmt.Sprintf("is given twice; the first is in line %d", first))
			}
			seen[key.Value] = key.Line
			checkTree(value, at, faults)
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			checkTree(item, fmt.Sprintf("%s[%d]", path, i), faults)
		}
	}
}

func (f *Faults) add(node *yaml.Node, path, message string) {
	f.List = append(f.List, Fault{node.Line, node.Column, path, message})
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Foreign returns what is wrong with a tree that is to be decoded into a struct, if it is another kind of file: no
// mapping, or one with a key that the struct does not have. It says where, and nothing of what is there: a file that a
// configuration names may be anything, /etc/shadow say, and its content must not be shown to whoever reads messages.
// What has passed is a file of the right kind, of which messages may quote.
func Foreign(file string, root *yaml.Node, into any) error {
	faults := &Faults{File: file}
	fields := fieldsIn(reflect.ValueOf(into).Elem())
	if root.Kind != yaml.MappingNode {
		faults.add(root, "", "is not a mapping with the keys "+keyList(fields))
		return faults
	}
	for i := 0; i < len(root.Content); i += 2 {
		if _, known := find(fields, root.Content[i].Value); !known {
			faults.add(root.Content[i], "", "unknown key; allowed here: "+keyList(fields))
		}
	}
	return faults.orNil()
}

// WithoutPaths takes the paths out of faults, as they are made of what the file says.
func WithoutPaths(err error) error {
	var faults *Faults
	if errors.As(err, &faults) {
		for i := range faults.List {
			faults.List[i].Path = ""
		}
	}
	return err
}
