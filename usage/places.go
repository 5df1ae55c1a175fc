package usage

import "fmt"

// Places remembers where in a file the records that were read of it began, to name it when a record turns out to be
// wrong later. A stretch with a record on each line takes no memory; of a file with too many other lines it does not
// remember the rest.
type Places struct {
	records int64
	jumps   []jump
}

// jump is a record that does not begin on the line after the one before.
type jump struct{ record, line int64 }

const maxJumps = 1 << 21 // 32 MB

// Add notes the line, or the row, of the next records.
func (p *Places) Add(records int, line int64) {
	for range records {
		p.records++
		if n := len(p.jumps); n < maxJumps && (n == 0 || p.jumps[n-1].line+p.records-p.jumps[n-1].record != line) {
			p.jumps = append(p.jumps, jump{p.records, line})
		}
	}
}

// Name names the line, or the row, of a record, the first of which is number 1: "line 12".
func (p *Places) Name(word string, record int64) string {
	if record < 1 || record > p.records {
		return "a " + word
	}
	low, high := 0, len(p.jumps)
	for high-low > 1 {
		if middle := (low + high) / 2; p.jumps[middle].record <= record {
			low = middle
		} else {
			high = middle
		}
	}
	if low == maxJumps-1 {
		return fmt.Sprintf("a %s after %s %d", word, word, p.jumps[low].line)
	}
	return fmt.Sprintf("%s %d", word, p.jumps[low].line+record-p.jumps[low].record)
}
