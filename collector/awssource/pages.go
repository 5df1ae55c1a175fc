package awssource

import (
	"fmt"
	"hash/maphash"

	"microspend/internal/figures"
)

// Pages follows the tokens of one listing to its end, and notices a service that will not end. The zero value stands
// before the first page.
type Pages struct {
	Max int // pages that are followed; 0 means 10,000

	count int
	seed  maphash.Seed
	seen  map[uint64]struct{} // hashes, as a token may have a kilobyte
}

const maxPages = 10_000

// Next takes the token that came with a page and reports whether there is another one. A token that has come before
// would lead round in a circle, so the first one that comes again is an error, as is a page too many.
func (p *Pages) Next(token string) (more bool, err error) {
	if token == "" {
		return false, nil
	}
	if p.seen == nil {
		p.seed, p.seen = maphash.MakeSeed(), map[uint64]struct{}{}
		if p.Max == 0 {
			p.Max = maxPages
		}
	}
	hash := maphash.String(p.seed, token)
	if _, again := p.seen[hash]; again {
		return false, fmt.Errorf("its pages do not end: the token of page %d has come before", p.count+1)
	}
	p.seen[hash] = struct{}{}
	if p.count++; p.count >= p.Max {
		return false, fmt.Errorf("its pages do not end: there are more than %s", figures.Int(int64(p.Max)))
	}
	return true, nil
}
