package usage

// Places remembers where in a file the records that were read of it began, to name it when a record turns out to be
// wrong later. A stretch with a record on each line takes no memory.
type Places struct {
	records int64
	jumps   []jump
}

// jump is a record that does not begin on the line after the one before.
type jump struct{ record, line int64 }

// Add notes the line, or the row, of the next records.
func (p *Places) Add(records int, line int64) {
	for range records {
		p.records++
		if n := len(p.jumps); n == 0 || p.jumps[n-1].line+p.records-p.jumps[n-1].record != line {
			p.jumps = append(p.jumps, jump{p.records, line})
		}
	}
}

// Of is the line of a record, the first of which is number 1. It is 0 of a record that was not noted.
func (p *Places) Of(record int64) int64 {
	if record < 1 || record > p.records {
		return 0
	}
	low, high := 0, len(p.jumps)
	for high-low > 1 {
		if middle := (low + high) / 2; p.jumps[middle].record <= record {
			low = middle
		} else {
			high = middle
		}
	}
	return p.jumps[low].line + record - p.jumps[low].record
}
