package ledger

import (
	"microspend/usage"
)

// partRows reads a part's records in order, one row group at a time in memory.
type partRows struct {
	part  *part
	group int // the next row group
	next  int // the next row of the one at hand
	rows  int

	reader   chunkReader
	starts   []int64
	seconds  []int64
	amounts  [amountCount][]int64
	words    [nameCount][]string
	names    [nameCount][]int32
	coverage []usage.Coverage
	covered  []int32
}

// read sets r to the next record. It reports false after the last one.
func (p *partRows) read(r *usage.Record) (more bool, err error) {
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
	for a := range r.Amounts {
		r.Amounts[a] = p.amounts[a][i]
	}
	for n, name := range namesOf(r) {
		*name = p.words[n][p.names[n][i]]
	}
	r.Coverage = p.coverage[p.covered[i]]
	return true, nil
}

// load decodes the next row group.
func (p *partRows) load() (err error) {
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
	for a := range p.amounts {
		if p.amounts[a], err = numbers(firstAmount+column(a), p.amounts[a]); err != nil {
			return err
		}
	}
	for n := range p.names {
		if p.words[n], p.names[n], err = p.reader.words(p.part, group, firstName+column(n), p.names[n]); err != nil {
			return err
		}
	}
	if p.coverage, p.covered, err = p.reader.coverages(p.part, group, p.covered); err != nil {
		return err
	}
	p.group, p.next, p.rows = group+1, 0, p.part.rowsOf(group)
	return nil
}

// coverages is words for the coverage column.
func (r *chunkReader) coverages(p *part, group int, into []int32) (dictionary []usage.Coverage, indexes []int32, err error) {
	words, indexes, err := r.words(p, group, columnCoverage, into)
	if err != nil {
		return nil, nil, err
	}
	for _, word := range words {
		coverage, err := usage.ParseCoverage(word)
		if err != nil {
			return nil, nil, damaged("row group %d: %v", group, err)
		}
		dictionary = append(dictionary, coverage)
	}
	return dictionary, indexes, nil
}
