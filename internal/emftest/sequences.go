package emftest

import (
	"cmp"
	"slices"
)

// Sequences notices which lines were seen, so that one that was delivered twice is counted once, and one that is
// missing is known to be. Lines may come in any order. Memory grows with the number of lives and of gaps in them. The
// zero value has seen nothing.
type Sequences struct {
	lives map[string][]span // in order, apart by one at least
}

// span is an inclusive range of sequence numbers.
type span struct{ first, last int64 }

// Add notes a line by its life and number, and reports whether it is new rather than one that was seen before.
func (s *Sequences) Add(life string, n int64) bool {
	if s.lives == nil {
		s.lives = map[string][]span{}
	}
	spans := s.lives[life]
	// The first span that ends at n - 1 or later: it holds n, touches it, or lies behind it.
	i, _ := slices.BinarySearchFunc(spans, n-1, func(sp span, target int64) int { return cmp.Compare(sp.last, target) })
	switch {
	case i == len(spans) || spans[i].first > n+1:
		spans = slices.Insert(spans, i, span{n, n})
	case n >= spans[i].first && n <= spans[i].last:
		return false
	case n == spans[i].first-1:
		spans[i].first = n
	default: // n follows spans[i].last
		spans[i].last = n
		if i+1 < len(spans) && spans[i+1].first == n+1 {
			spans[i].last = spans[i+1].last
			spans = slices.Delete(spans, i+1, i+2)
		}
	}
	s.lives[life] = spans
	return true
}

// Lives is how many lives there were.
func (s *Sequences) Lives() int { return len(s.lives) }

// Missing is how many lines are missing between those seen: in each life before its last one, and before its first
// one if from the beginning is true, as when all of a life should have been read. Lines after the last are not known
// of.
func (s *Sequences) Missing(fromBeginning bool) int64 {
	var missing int64
	for _, spans := range s.lives {
		if fromBeginning {
			missing += spans[0].first - 1
		}
		for i := 1; i < len(spans); i++ {
			missing += spans[i].first - spans[i-1].last - 1
		}
	}
	return missing
}
