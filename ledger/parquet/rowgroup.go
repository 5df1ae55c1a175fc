package parquet

import (
	"math"
	"math/bits"
	"slices"

	"github.com/parquet-go/parquet-go"

	"microspend/usage"
)

// rowGroup is the row group at hand of a writer, by columns, as it is going to be encoded: to gather the columns from
// records of some hundred bytes each takes longer than to encode them.
type rowGroup struct {
	rows    int
	numbers [columnCount][]int64
	texts   [columnCount]textColumn
	values  []parquet.Value
}

// textColumn is a column of texts: for each row the index of one of those that differ.
type textColumn struct {
	words   []parquet.Value
	indexes []int32
	known   map[string]int32
	last    string // as sorted records mostly repeat the one before
}

func (t *textColumn) add(text string) {
	if n := len(t.indexes); n > 0 && text == t.last {
		t.indexes = append(t.indexes, t.indexes[n-1])
		return
	}
	index, ok := t.known[text]
	if !ok {
		if t.known == nil {
			t.known = map[string]int32{}
		}
		index = int32(len(t.words))
		t.words = append(t.words, parquet.ByteArrayValue([]byte(text)))
		t.known[text] = index
	}
	t.indexes, t.last = append(t.indexes, index), text
}

func (g *rowGroup) add(r *usage.Record) {
	g.rows++
	g.number(columnPeriodStart, r.PeriodStart.UnixMilli())
	g.number(columnPeriodSeconds, r.PeriodSeconds)
	for m, amount := range r.Amounts {
		g.number(amountColumn(usage.Measure(m)), amount)
	}
	for n, name := range r.Names() {
		g.texts[nameColumns[n]].add(*name)
	}
	g.texts[columnKind].add(r.Resource.Kind.String())
	g.texts[columnCoverage].add(r.Coverage.String())
}

func (g *rowGroup) number(c column, value int64) { g.numbers[c] = append(g.numbers[c], value) }

// clear makes room for the next row group.
func (g *rowGroup) clear() {
	g.rows = 0
	for c := range g.numbers {
		text := &g.texts[c]
		clear(text.words)
		clear(text.known)
		g.numbers[c] = g.numbers[c][:0]
		text.words, text.indexes, text.last = text.words[:0], text.indexes[:0], ""
	}
}

// of gives the values of a column in the rows from the first to before the last. They are valid until the next call.
func (g *rowGroup) of(c column, first, last int) []parquet.Value {
	g.values = slices.Grow(g.values[:0], last-first)
	values := g.values[:last-first]
	if numbers := g.numbers[c]; len(numbers) > 0 {
		for i, number := range numbers[first:last] {
			values[i] = parquet.Int64Value(number)
		}
		return values
	}
	words := g.texts[c].words
	for i, index := range g.texts[c].indexes[first:last] {
		values[i] = words[index]
	}
	return values
}

// fewValues reports whether a dictionary of values takes fewer bits than their differences do, as for counts and for
// sizes of snapshots, where few values recur.
func fewValues(values []int64) bool {
	const few = 32 * 1024 // values of a dictionary
	const sample, manyOfSample = 4096, 3900
	distinct := map[int64]struct{}{}
	least, most := int64(math.MaxInt64), int64(0)
	for i, value := range values {
		least, most = min(least, value), max(most, value)
		distinct[value] = struct{}{}
		if len(distinct) > few || i == sample && len(distinct) > manyOfSample {
			return false
		}
	}
	ofDictionary := len(distinct)*64 + len(values)*bits.Len(uint(len(distinct)))
	ofDifferences := len(values) * (bits.Len64(uint64(most-least)) + 1)
	return ofDictionary < ofDifferences
}
