package view

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Object is a JSON object whose fields stand in the order in which they are given. Their values are a [Value], an
// Object, a slice of Objects, [Records], or whatever package encoding/json takes; decimals are exact strings.
type Object []Field

// Field is a field of an object.
type Field struct {
	ID    string
	Value any
}

// With is the object with a field more where the condition holds.
func (o Object) With(holds bool, id string, value any) Object {
	if !holds {
		return o
	}
	return append(o, Field{id, value})
}

// Records is a table as a JSON array of an object for each line, with the columns that have an id as fields.
type Records struct{ Table *Table }

// ObjectOf is one row as a JSON object, with the fields that it would have in [Records].
func ObjectOf[R any](columns []Column[R], row R) Object {
	var o Object
	for _, c := range columns {
		if c.ID != "" && c.Scope.includes(JSONOnly) {
			v := Value{}
			if c.Value != nil {
				v = c.Value(row)
			}
			o = append(o, Field{c.ID, v})
		}
	}
	return o
}

// MarshalJSON implements [json.Marshaler].
func (o Object) MarshalJSON() ([]byte, error) { return marshal(o) }

// MarshalJSON implements [json.Marshaler].
func (r Records) MarshalJSON() ([]byte, error) { return marshal(r) }

// MarshalJSON implements [json.Marshaler].
func (v Value) MarshalJSON() ([]byte, error) { return marshal(v) }

func marshal(value any) ([]byte, error) {
	var w jsonWriter
	err := w.write(value)
	return w.text, err
}

// WriteJSON writes a value with two blanks of indentation and a line break at the end. Records are written as their
// rows are made, so a million of them take no more memory than a few thousand.
func WriteJSON(out io.Writer, value any) error {
	w := jsonWriter{out: out, indent: true}
	if err := w.write(value); err != nil {
		return err
	}
	w.text = append(w.text, '\n')
	return w.flush()
}

// jsonWriter writes JSON. Numbers and plain strings are written here, as package encoding/json takes several times as
// long, which is felt at a hundred thousand rows; the rest is left to it.
type jsonWriter struct {
	text   []byte
	out    io.Writer // where text goes once there is much of it; nil keeps it
	indent bool
	depth  int
}

func (w *jsonWriter) write(value any) error {
	switch v := value.(type) {
	case Value:
		return w.value(v)
	case string:
		return w.string(v)
	case decimal.Decimal:
		w.decimal(v)
		return nil
	case Object:
		return w.object(v)
	case []Object:
		return w.list('[', ']', func(item func()) error {
			for _, o := range v {
				item()
				if err := w.object(o); err != nil {
					return err
				}
			}
			return nil
		})
	case Records:
		return w.records(v.Table)
	default:
		return w.other(value)
	}
}

func (w *jsonWriter) value(v Value) error {
	switch v.kind {
	case textKind:
		return w.string(v.text)
	case numberKind:
		w.decimal(v.number)
	case countKind:
		w.text = strconv.AppendInt(w.text, v.count, 10)
	case boolKind:
		w.text = strconv.AppendBool(w.text, v.count != 0)
	case nestedKind:
		return w.write(v.other)
	default:
		w.text = append(w.text, "null"...)
	}
	return nil
}

func (w *jsonWriter) decimal(d decimal.Decimal) {
	w.text = append(w.text, '"')
	w.text = appendDecimal(w.text, d)
	w.text = append(w.text, '"')
}

func (w *jsonWriter) string(s string) error {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return w.other(s)
		}
	}
	w.text = append(w.text, '"')
	w.text = append(w.text, s...)
	w.text = append(w.text, '"')
	return nil
}

// other leaves a value to package encoding/json.
func (w *jsonWriter) other(value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	plain := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	if w.indent && len(plain) > 2 && (plain[0] == '{' || plain[0] == '[') {
		var indented bytes.Buffer
		if err := json.Indent(&indented, plain, strings.Repeat("  ", w.depth), "  "); err != nil {
			return err
		}
		plain = indented.Bytes()
	}
	w.text = append(w.text, plain...)
	return nil
}

func (w *jsonWriter) object(o Object) error {
	return w.list('{', '}', func(item func()) error {
		for _, field := range o {
			if v, ok := field.Value.(Value); ok && v.omit {
				continue
			}
			item()
			if err := w.name(field.ID); err != nil {
				return err
			}
			if err := w.write(field.Value); err != nil {
				return err
			}
		}
		return nil
	})
}

// records writes the rows of a table, a batch of which is written on each processor.
func (w *jsonWriter) records(t *Table) error {
	fields, wanted := make([]string, len(t.Columns)), t.wanted(Head.inJSON)
	for i, head := range t.Columns {
		name := jsonWriter{indent: w.indent}
		if err := name.name(head.ID); err != nil {
			return err
		}
		fields[i] = string(name.text)
	}
	type batch struct {
		jsonWriter
		rows int
		err  error
	}
	return w.list('[', ']', func(item func()) error {
		return eachLine(t, wanted, func(b *batch, row Row) {
			b.indent, b.depth = w.indent, w.depth
			if b.rows++; b.rows > 1 {
				b.text = append(b.text, ',')
				b.line()
			}
			b.err = cmp.Or(b.err, b.list('{', '}', func(item func()) error {
				for i, field := range fields {
					v := row.Cell(i)
					if !wanted[i] || v.omit {
						continue
					}
					item()
					b.text = append(b.text, field...)
					if err := b.value(v); err != nil {
						return err
					}
				}
				return nil
			}))
		}, func(b *batch) error {
			if b.rows > 0 {
				item()
				w.text = append(w.text, b.text...)
			}
			return cmp.Or(b.err, w.flush())
		})
	})
}

// flush hands on what is written.
func (w *jsonWriter) flush() error {
	if w.out == nil {
		return nil
	}
	_, err := w.out.Write(w.text)
	w.text = w.text[:0]
	return err
}

// name writes the name of a field.
func (w *jsonWriter) name(id string) error {
	err := w.string(id)
	w.text = append(w.text, ':')
	if w.indent {
		w.text = append(w.text, ' ')
	}
	return err
}

// list writes what stands between two brackets. Items calls item before each of its items.
func (w *jsonWriter) list(open, end byte, items func(item func()) error) error {
	w.text = append(w.text, open)
	w.depth++
	n := 0
	err := items(func() {
		if n > 0 {
			w.text = append(w.text, ',')
		}
		n++
		w.line()
	})
	w.depth--
	if n > 0 {
		w.line()
	}
	w.text = append(w.text, end)
	return err
}

func (w *jsonWriter) line() {
	if w.indent {
		w.text = append(w.text, '\n')
		for range w.depth {
			w.text = append(w.text, "  "...)
		}
	}
}
