package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// Scalar is implemented by pointers to types that read themselves from the text of one YAML scalar. The error says what
// is wrong and what is allowed.
type Scalar interface{ ParseScalar(text string) error }

// Entry is one key and value of a [Map].
type Entry[T any] struct {
	Key   string
	Value T
}

// Map is a mapping with free keys, in the order of the file.
type Map[T any] []Entry[T]

func (m *Map[T]) grow(key string) any {
	*m = append(*m, Entry[T]{Key: key})
	return &(*m)[len(*m)-1].Value
}

// OneOrMore is a value, or a list of them: a figure that may be given once for all or several times, each with its day,
// say. Path says where each stands, as it is written.
type OneOrMore[T any] struct {
	Values []T
	listed bool
}

// Path is the path of a value, where that of the whole is given.
func (o *OneOrMore[T]) Path(path string, i int) string {
	if !o.listed {
		return path
	}
	return fmt.Sprintf("%s[%d]", path, i)
}

func (o *OneOrMore[T]) decodeInto(listed bool) reflect.Value {
	o.listed = listed
	if !listed {
		o.Values = make([]T, 1)
		return reflect.ValueOf(&o.Values[0]).Elem()
	}
	return reflect.ValueOf(&o.Values).Elem()
}

// alternative is what decode needs of a OneOrMore, whatever its values are: where to put one value, or a list.
type alternative interface {
	decodeInto(listed bool) reflect.Value
}

// Keys are keys of a struct that are only known when the program runs, as each of several packages has some. Inlined
// into the struct, they stand beside the keys of its fields. Whoever decodes sets them beforehand.
type Keys []Key

// Key is a key and what its value is decoded into: a pointer.
type Key struct {
	Name    string
	Into    any
	Trusted bool // see [Decode]
}

// mapping is what decode needs of a Map, whatever its values are.
type mapping interface{ grow(key string) any }

// Document is a decoded file that remembers where each value stands, so that later checks across values can still name
// the line.
type Document struct {
	faults Faults
	places map[string]*yaml.Node
	broken map[string]bool // paths at which decoding itself found a fault

	trusted []Fault // see [Document.Trusted]
}

// Decode fills the struct that into points to from a tree made by [Parse].
//
// Fields are matched by their tag `yaml:"key"`; the option required makes absence a fault, and in a struct the option
// shorthand marks the field that a plain scalar stands for, or a list where the field is a slice. The option also=word
// accepts another word for the key, as other documents have it, and changes it in the tree. The keys of a struct
// tagged `yaml:",inline"` stand beside those of the struct it lies in; likewise those of [Keys]. Pointers, slices and
// [Map]s are nil where the file says nothing. Decode keeps going after a fault: [Document.Err] has all of them.
//
// The option trusted, or the field of a [Key], marks a key that decides where credentials or data go or what is
// executed. It is decoded like any other; [Document.Trusted] lists those that a file has, for whoever must not take
// them from it.
func Decode(file string, root *yaml.Node, into any) *Document {
	d := &Document{faults: Faults{File: file}, places: map[string]*yaml.Node{}, broken: map[string]bool{}}
	d.decode(root, "", reflect.ValueOf(into).Elem())
	return d
}

// Again decodes some of the keys of the file once more, into the same struct, after their values in the tree were
// changed, and forgets all faults. It is for whoever reads a file many times with a few values changed: what was not
// changed must have been sound, and is not looked at.
func (d *Document) Again(root *yaml.Node, into any, keys ...string) {
	d.faults.List = nil
	clear(d.broken)
	value := reflect.ValueOf(into).Elem()
	fields := fieldsIn(value)
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i].Value
		if f, known := find(fields, key); known && slices.Contains(keys, key) {
			f.of(value).SetZero()
			d.decode(root.Content[i+1], key, f.of(value))
		}
	}
}

// Fault records that the value at a path is wrong. The place is that of the path, or else of the nearest parent that is
// in the file. A value that could not be decoded has been reported already, and what a later check makes of its zero is
// no second mistake: nothing is recorded for it.
func (d *Document) Fault(path, format string, args ...any) {
	if d.Broken(path) {
		return
	}
	d.faults.List = append(d.faults.List, d.At(path, format, args...))
}

// Missing records that a value is not there, as Decode does for a required one.
func (d *Document) Missing(path string) {
	if d.Broken(path) {
		return
	}
	d.Fault(path, "is missing")
	d.broken[path] = true
}

// Broken reports whether the value at a path, or one that it lies in, is missing or could not be decoded, so that its
// zero means nothing.
func (d *Document) Broken(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.broken[path] {
			return true
		}
	}
	return d.broken[""]
}

// BrokenBelow reports whether a value that lies in the one at a path is missing, unknown or could not be decoded.
func (d *Document) BrokenBelow(path string) bool {
	for at := range d.broken {
		if strings.HasPrefix(at, path+".") || strings.HasPrefix(at, path+"[") {
			return true
		}
	}
	return false
}

// parent is the path of what a value lies in: workload of workload.users, compare of compare[0].
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// At makes a fault without recording it.
func (d *Document) At(path, format string, args ...any) Fault {
	fault := Fault{Path: path, Message: fmt.Sprintf(format, args...)}
	for at := path; ; {
		if node, ok := d.places[at]; ok {
			fault.Line, fault.Column = node.Line, node.Column
			return fault
		}
		if at == "" {
			return fault
		}
		at = parent(at)
	}
}

// Err returns every fault so far, in the order of the file, or nil.
func (d *Document) Err() error { return d.faults.orNil() }

// Trusted lists the keys of the file that are marked as trusted, in the order of the file, as faults without a message.
func (d *Document) Trusted() []Fault { return d.trusted }

// TrustedKeys lists the paths of the keys of a struct that are marked as trusted, whatever a file has.
func TrustedKeys(into any) []string { return trustedKeys("", reflect.ValueOf(into).Elem()) }

func trustedKeys(path string, into reflect.Value) (keys []string) {
	for _, f := range fieldsIn(into) {
		at, of := join(path, f.key), f.of(into)
		if f.trusted {
			keys = append(keys, at)
			continue
		}
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = reflect.New(of.Type().Elem()).Elem()
		}
		_, scalar := of.Addr().Interface().(Scalar)
		if of.Kind() == reflect.Struct && !scalar {
			keys = append(keys, trustedKeys(at, of)...)
		}
	}
	return keys
}

// Error makes an error of one fault found after decoding.
func (d *Document) Error(path, format string, args ...any) error {
	return &Faults{d.faults.File, []Fault{d.At(path, format, args...)}}
}

func (d *Document) fault(node *yaml.Node, path, format string, args ...any) {
	d.broken[path] = true
	d.faults.add(node, path, fmt.Sprintf(format, args...))
}

func (d *Document) decode(node *yaml.Node, path string, into reflect.Value) {
	d.places[path] = node
	if into.Kind() == reflect.Pointer {
		fresh := reflect.New(into.Type().Elem())
		d.decode(node, path, fresh.Elem())
		into.Set(fresh)
		return
	}
	if isNull(node) {
		d.fault(node, path, "is empty; give a value or leave the key out")
		return
	}
	target := into.Addr().Interface()
	if scalar, ok := target.(Scalar); ok {
		if node.Kind != yaml.ScalarNode {
			d.fault(node, path, "is %s; a single value belongs here", kindName(node))
			return
		}
		if err := scalar.ParseScalar(node.Value); err != nil {
			d.fault(node, path, "%s", err)
		}
		return
	}
	if either, ok := target.(alternative); ok {
		d.decode(node, path, either.decodeInto(node.Kind == yaml.SequenceNode))
		return
	}
	if free, ok := target.(mapping); ok {
		d.decodeMap(node, path, free)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.decodeStruct(node, path, into)
	case reflect.Slice:
		d.decodeSlice(node, path, into)
	case reflect.String:
		if node.Kind != yaml.ScalarNode {
			d.fault(node, path, "is %s; text belongs here", kindName(node))
			return
		}
		into.SetString(node.Value)
	case reflect.Bool:
		if node.Kind != yaml.ScalarNode || (node.Value != "true" && node.Value != "false") {
			d.fault(node, path, "must be true or false")
			return
		}
		into.SetBool(node.Value == "true")
	default:
		panic("strictyaml: no rule for " + into.Type().String())
	}
}

func (d *Document) decodeStruct(node *yaml.Node, path string, into reflect.Value) {
	fields := fieldsIn(into)
	for _, f := range fields {
		switch value := f.of(into); {
		case f.shorthand && node.Kind == yaml.SequenceNode && value.Kind() == reflect.Slice:
			d.decode(node, join(path, f.key), value) // so that its items have one path, however they are written
			return
		case f.shorthand && node.Kind == yaml.ScalarNode:
			d.decode(node, path, value)
			return
		}
	}
	if node.Kind != yaml.MappingNode {
		noun := "keys"
		if len(fields) == 1 {
			noun = "key"
		}
		d.fault(node, path, "is %s; a mapping with the %s %s belongs here", kindName(node), noun, keyList(fields))
		return
	}
	given := map[string]bool{}
	misplaced := misplacedKeys(node, fields, into)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		f, known := find(fields, key.Value)
		if !known {
			if form, belongs := misplaced[key.Value]; belongs {
				d.fault(key, join(path, key.Value), "belongs to %s", form)
			} else {
				d.fault(key, join(path, key.Value), "unknown key; allowed here: %s", keyList(fields))
			}
			continue
		}
		if key.Value != f.key { // so that whoever changes values in the tree finds it under the name that paths have
			key.Value = f.key
		}
		if given[f.key] {
			d.fault(key, join(path, f.key), "is given twice; %s is another word for %s", f.also, f.key)
			continue
		}
		given[f.key] = true
		if f.trusted {
			d.trusted = append(d.trusted, Fault{Line: key.Line, Column: key.Column, Path: join(path, key.Value)})
		}
		d.decode(value, join(path, key.Value), f.of(into))
	}
	for _, f := range fields {
		if f.required && !given[f.key] {
			d.fault(node, join(path, f.key), "is missing")
		}
	}
}

func (d *Document) decodeSlice(node *yaml.Node, path string, into reflect.Value) {
	if node.Kind != yaml.SequenceNode {
		d.fault(node, path, "is %s; a list belongs here", kindName(node))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		d.decode(item, fmt.Sprintf("%s[%d]", path, i), list.Index(i))
	}
	into.Set(list)
}

func (d *Document) decodeMap(node *yaml.Node, path string, into mapping) {
	if node.Kind != yaml.MappingNode {
		d.fault(node, path, "is %s; a mapping belongs here", kindName(node))
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i].Value
		d.decode(node.Content[i+1], join(path, key), reflect.ValueOf(into.grow(key)).Elem())
	}
}

func isNull(node *yaml.Node) bool {
	quoted := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	return node.Kind == yaml.ScalarNode && (node.Value == "" || (node.Value == "null" && !quoted))
}

func kindName(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return fmt.Sprintf("%.40q", node.Value)
	}
}

type field struct {
	key   string
	index []int // as of reflect.Value.FieldByIndex
	into  any   // in place of the index: what a [Key] points to

	also string // another word for the key; "" for none

	required, shorthand, trusted bool
}

// of is the field of a struct.
func (f field) of(into reflect.Value) reflect.Value {
	if f.into != nil {
		return reflect.ValueOf(f.into).Elem()
	}
	return into.FieldByIndex(f.index)
}

// fieldsIn are the fields of a struct, and the keys that its [Keys] have.
func fieldsIn(into reflect.Value) []field {
	of := fieldsOf(into.Type())
	if !slices.ContainsFunc(of, func(f field) bool { return f.key == "" }) {
		return of
	}
	var fields []field
	for _, f := range of {
		if f.key != "" {
			fields = append(fields, f)
			continue
		}
		for _, key := range into.FieldByIndex(f.index).Interface().(Keys) {
			fields = append(fields, field{key: key.Name, into: key.Into, trusted: key.Trusted})
		}
	}
	return fields
}

// fieldLists remembers what fieldsOf found in a type's tags, which never changes.
var fieldLists sync.Map // reflect.Type to []field

func fieldsOf(t reflect.Type) []field {
	if known, ok := fieldLists.Load(t); ok {
		return known.([]field)
	}
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		inline := key == "" && options == "inline"
		if inline && t.Field(i).Type == reflect.TypeFor[Keys]() {
			fields = append(fields, field{index: []int{i}})
			continue
		}
		if inline {
			for _, f := range fieldsOf(t.Field(i).Type) {
				f.index = append([]int{i}, f.index...)
				fields = append(fields, f)
			}
		}
		if key == "" {
			continue
		}
		fields = append(fields, field{
			key: key, index: []int{i}, also: alsoIn(options),
			required:  strings.Contains(options, "required"),
			shorthand: strings.Contains(options, "shorthand"),
			trusted:   strings.Contains(options, "trusted"),
		})
	}
	fieldLists.Store(t, fields)
	return fields
}

// alsoIn is the word that the option also=word gives.
func alsoIn(options string) string {
	_, word, _ := strings.Cut(options, "also=")
	word, _, _ = strings.Cut(word, ",")
	return word
}

func find(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key || (f.also == key && key != "") {
			return f, true
		}
	}
	return field{}, false
}

func keyList(fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}
