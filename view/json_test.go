package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func written(t *testing.T, value any) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, value))
	return out.String()
}

func TestJSONIsIndented(t *testing.T) {
	lines := NewTable([]Column[int]{
		{ID: "n", Value: func(n int) Value { return Count(n) }},
		{ID: "parts", Value: func(n int) Value { return Nested(Records{numbers(n)}).OmitIf(n == 0) }},
	}, []int{0, 1}, nil)
	require.Equal(t, `{
  "text": "<a> & \"b\"  ",
  "none": null,
  "empty": {},
  "no objects": [],
  "no rows": [],
  "amount": "0.5",
  "map": {
    "a": [
      1,
      2
    ],
    "b": {}
  },
  "objects": [
    {
      "x": true
    },
    {}
  ],
  "lines": [
    {
      "n": 0
    },
    {
      "n": 1,
      "parts": [
        {
          "n": 0
        }
      ]
    }
  ]
}
`, written(t, Object{
		{"text", "<a> & \"b\"  "},
		{"none", nil},
		{"empty", Object{}},
		{"no objects", []Object{}},
		{"no rows", Records{numbers(0)}},
		{"amount", decimal.New(50, -2)},
		{"map", map[string]any{"b": map[string]int{}, "a": []int{1, 2}}},
		{"objects", []Object{{{"x", Bool(true)}}, nil}},
		{"lines", Records{lines}},
	}))
}

// What encoding/json does with a value inside of others has to be what this package's writer does.
func TestValuesInsideOtherValues(t *testing.T) {
	object := Object{
		{"a", Dollars(dec("1.005"))},
		{"b", Records{numbers(3)}},
		{"c", Object{{"<", Text("<&>").OmitEmpty()}}},
		{"d", Text("").OmitEmpty()},
	}
	text, err := json.Marshal(map[string]any{"in": []any{object, Records{numbers(2)}, Count(7)}})
	require.NoError(t, err)
	require.JSONEq(t, `{"in": [{"a": "1.005", "b": [{"n": 0}, {"n": 1}, {"n": 2}], "c": {"<": "<&>"}}, [{"n": 0}, {"n": 1}], 7]}`, string(text))
	require.JSONEq(t, string(text), written(t, map[string]any{"in": []any{object, Records{numbers(2)}, Count(7)}}))
}

func TestObjectWith(t *testing.T) {
	o := Object{{"a", 1}}
	require.Len(t, o.With(false, "b", 2), 1)
	require.Equal(t, Object{{"a", 1}, {"b", 2}}, o.With(true, "b", 2))
}

func TestRecordsHaveWhatProgramsGet(t *testing.T) {
	columns := []Column[string]{
		{ID: "a", Title: "A", Value: func(s string) Value { return Text(s) }},
		{Title: "picture", Value: func(string) Value { return Missing("█") }},
		{ID: "people", Scope: People, Value: func(string) Value { return Text("p") }},
		{ID: "json", Scope: JSONOnly, Value: func(string) Value { return Count(1) }},
		{ID: "csv", Scope: CSVOnly, Value: func(string) Value { return Count(2) }},
		{ID: "nobody", Scope: When(false, Data), Value: func(string) Value { return Count(3) }},
		{ID: "no value", Title: "x"},
	}
	table := NewTable(columns, []string{"group", "line", "total"}, func(s string) Look {
		return map[string]Look{
			"group": {Kind: Group}, "line": {Heading: "above", Notes: []string{"below"}}, "total": {Kind: Total},
		}[s]
	})
	table.Add(RowOf(columns, "added", nil))
	want := `[{"a": "line", "json": 1, "no value": null}, {"a": "total", "json": 1, "no value": null}]`
	require.JSONEq(t, want, written(t, Records{table}), "groups and what was added follow from the others")
	require.JSONEq(t, `{"a": "x", "json": 1, "no value": null}`, written(t, ObjectOf(columns, "x")))
	require.Equal(t, [][]string{{"a", "csv", "no value"}, {"line", "2", ""}, {"total", "2", ""}}, csvOf(t, table))
}

// failing is a file on a full disk.
type failing struct{ room int }

var errFull = errors.New("no space left on device")

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFailingWritersAreReported(t *testing.T) {
	document := Document{
		Sections: []Section{{Table: numbers(20_000)}},
		JSON:     Object{{"rows", Records{numbers(20_000)}}},
		SVG:      func(w io.Writer) error { _, err := io.WriteString(w, "<svg/>"); return err },
	}
	for _, format := range append(Formats(), FormatSVG) {
		for _, room := range []int{0, 5000} {
			if format == FormatSVG && room > 0 {
				continue
			}
			require.ErrorIs(t, Render(&failing{room}, Options{Format: format}, document), errFull, "%s after %d bytes", format,
				room)
		}
	}
}

func TestWhatJSONCannotHoldIsAnError(t *testing.T) {
	for _, value := range []any{
		func() {},
		Object{{"f", func() {}}},
		[]Object{{{"f", make(chan int)}}},
		Nested(func() {}),
		map[string]any{"a": Nested(func() {})},
		Records{NewTable([]Column[int]{{ID: "f", Value: func(int) Value { return Nested(func() {}) }}}, []int{1}, nil)},
	} {
		require.Error(t, WriteJSON(io.Discard, value))
	}
	_, err := Object{{"f", func() {}}}.MarshalJSON()
	require.Error(t, err)
}

func TestThereMayBeNoPicture(t *testing.T) {
	require.EqualError(t, Render(io.Discard, Options{Format: FormatSVG}, Document{}),
		"there is no picture to write as SVG")
	picture := Document{SVG: func(io.Writer) error { return nil }}
	require.Error(t, Render(io.Discard, Options{Format: FormatSVG}, picture, picture), "one file has one picture")
}

func TestSeveralDocumentsAreAnArray(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatJSON}, Document{JSON: Object{{"a", 1}}}, Document{JSON: nil}))
	require.JSONEq(t, `[{"a": 1}, null]`, out.String())
}
