package parquet

import (
	"errors"

	"microspend/usage"
)

// partRows reads a part's records in order, one row group at a time in memory.
type partRows struct {
	part  *part
	group int // the next row group
	next  int // the next row of the one at hand
	rows  int

	reader    chunkReader
	starts    []int64
	seconds   []int64
	amounts   [usage.MeasureCount][]int64
	names     [usage.NameCount]words[string]
	kinds     words[usage.ResourceKind]
	coverages words[usage.Coverage]
}

// words are the values of a column of texts: for each row the index of one of a few.
type words[T any] struct {
	dictionary []T
	indexes    []int32
}

func (w *words[T]) of(row int) T { return w.dictionary[w.indexes[row]] }

// read sets r to the next record. It reports false after the last one.
func (p *partRows) Read(r *usage.Record) (more bool, err error) {
	for p.next == p.rows {
		if p.group == p.part.groups() {
			return false, nil
		}
		if err := p.load(); err != nil {
			return false, err
		}
	}
	i := p.next
	p.next++
	r.PeriodStart = secondStart(p.starts[i] / 1000)
	r.PeriodSeconds = p.seconds[i]
	for m := range r.Amounts {
		r.Amounts[m] = p.amounts[m][i]
	}
	for n, name := range r.Names() {
		*name = p.names[n].of(i)
	}
	r.Resource.Kind = p.kinds.of(i)
	r.Coverage = p.coverages.of(i)
	return true, nil
}

// load decodes the next row group.
func (p *partRows) load() (err error) {
	defer func() {
		if d, ok := errors.AsType[*damage](err); ok {
			d.part = p.part.entry.Name
		}
	}()
	defer recoverAsDamage(&err)
	group := p.group
	numbers := func(c column, into []int64) ([]int64, error) {
		into = into[:0]
		err := p.reader.numbers(p.part, group, c, func(_ int, values []int64) error {
			into = append(into, values...)
			return nil
		})
		return into, err
	}
	if p.starts, err = numbers(columnPeriodStart, p.starts); err != nil {
		return err
	}
	if p.seconds, err = numbers(columnPeriodSeconds, p.seconds); err != nil {
		return err
	}
	for _, m := range usage.Measures() {
		if p.amounts[m], err = numbers(amountColumn(m), p.amounts[m]); err != nil {
			return err
		}
	}
	for n := range p.names {
		if err = p.reader.words(p.part, group, nameColumns[n], &p.names[n]); err != nil {
			return err
		}
	}
	if err = parsed(&p.reader, p.part, group, columnKind, usage.ParseKind, &p.kinds); err != nil {
		return err
	}
	if err = parsed(&p.reader, p.part, group, columnCoverage, usage.ParseCoverage, &p.coverages); err != nil {
		return err
	}
	p.group, p.next, p.rows = group+1, 0, p.part.rowsOf(group)
	return nil
}

// parsed is chunkReader.words for a column of a few known words.
func parsed[T any](r *chunkReader, p *part, group int, c column, parse func(string) (T, error), into *words[T]) error {
	texts := words[string]{indexes: into.indexes}
	if err := r.words(p, group, c, &texts); err != nil {
		return err
	}
	into.dictionary, into.indexes = into.dictionary[:0], texts.indexes
	for _, word := range texts.dictionary {
		value, err := parse(word)
		if err != nil {
			return damaged("row group %d: %v", group, err)
		}
		into.dictionary = append(into.dictionary, value)
	}
	return nil
}
