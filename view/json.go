package view

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
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
	var out bytes.Buffer
	w := jsonWriter{out: bufio.NewWriter(&out)}
	if err := w.write(value); err != nil {
		return nil, err
	}
	err := w.out.Flush()
	return out.Bytes(), err
}

// WriteJSON writes a value with two blanks of indentation and a line break at the end. Records are written as their
// rows are made, so a million of them take no more memory than a few thousand.
func WriteJSON(out io.Writer, value any) error {
	w := jsonWriter{out: bufio.NewWriter(out), indent: true}
	if err := w.write(value); err != nil {
		return err
	}
	_ = w.out.WriteByte('\n') // an error stays until Flush
	return w.out.Flush()
}

// jsonWriter writes JSON. Errors of out are reported by its Flush.
type jsonWriter struct {
	out    *bufio.Writer
	indent bool
	depth  int
}

func (w *jsonWriter) write(value any) error {
	switch v := value.(type) {
	case Value:
		if v.IsMissing() {
			return w.other(nil)
		}
		return w.write(v.data)
	case decimal.Decimal:
		_, _ = w.out.WriteString(`"` + v.String() + `"`)
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
	_, _ = w.out.Write(plain)
	return nil
}

func (w *jsonWriter) object(o Object) error {
	return w.list('{', '}', func(item func()) error {
		for _, field := range o {
			if v, ok := field.Value.(Value); ok && v.omit {
				continue
			}
			item()
			if err := w.member(field.ID, field.Value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *jsonWriter) records(t *Table) error {
	return w.list('[', ']', func(item func()) error {
		return t.EachRecord(func(row Row) error {
			item()
			return w.list('{', '}', func(item func()) error {
				for i, head := range t.Columns {
					v := row.Cell(i)
					if !head.inJSON() || v.omit {
						continue
					}
					item()
					if err := w.member(head.ID, v); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

func (w *jsonWriter) member(id string, value any) error {
	if err := w.other(id); err != nil {
		return err
	}
	colon := ":"
	if w.indent {
		colon = ": "
	}
	_, _ = w.out.WriteString(colon)
	return w.write(value)
}

// list writes what stands between two brackets. Items calls item before each of its items.
func (w *jsonWriter) list(open, end byte, items func(item func()) error) error {
	_ = w.out.WriteByte(open)
	w.depth++
	n := 0
	err := items(func() {
		if n > 0 {
			_ = w.out.WriteByte(',')
		}
		n++
		w.line()
	})
	w.depth--
	if n > 0 {
		w.line()
	}
	_ = w.out.WriteByte(end)
	return err
}

func (w *jsonWriter) line() {
	if w.indent {
		_, _ = w.out.WriteString("\n" + strings.Repeat("  ", w.depth))
	}
}
