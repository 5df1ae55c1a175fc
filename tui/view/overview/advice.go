package overview

import (
	"slices"

	"microspend/internal/figures"
	"microspend/spend/advise"
	"microspend/tui/draw"
	"microspend/view"
)

// mostAdvice is how many pieces of advice the overview lists; the others are behind Enter.
const mostAdvice = 5

// mostMoves is how many of them move work elsewhere where there are others: those save most and take longest, and what
// a team can change this week is to be seen beside them.
const mostMoves = 2

// advised are the places in the report of the pieces that are listed.
func (s *State) advised() (places []int) {
	if s.Advice == nil {
		return nil
	}
	var moves, rest []int
	for i := range s.Advice.Advice {
		if s.Advice.Advice[i].Kind.Moves() && len(moves) >= mostMoves {
			rest = append(rest, i)
			continue
		}
		if s.Advice.Advice[i].Kind.Moves() {
			moves = append(moves, i)
		}
		places = append(places, i)
	}
	places = append(places[:min(len(places), mostAdvice)], rest...)
	places = places[:min(len(places), mostAdvice)]
	slices.Sort(places)
	return places
}

// PlaceOf is where the piece with an index in the panel is in the report.
func (s *State) PlaceOf(i int) int {
	if place, ok := at(s.advised(), i); ok {
		return place
	}
	return 0
}

func (s *State) adviceCount() int {
	switch {
	case s.Advice != nil:
	case s.AdviceRecords > 0:
		return 1 // which asks for it
	default:
		return 0
	}
	return min(len(s.Advice.Advice), mostAdvice)
}

// Piece is the advice with an index.
func (s *State) Piece(i int) (advise.Advice, bool) {
	if s.Advice == nil {
		return advise.Advice{}, false
	}
	return at(s.Advice.Advice, s.PlaceOf(i))
}

// toChange lists what saves most. The heading has what all of it comes to together, which the lines need not add up to.
func (s *State) toChange(width, height int) []string {
	t := s.Theme
	p := panel{of: ToChange, title: "what to change", none: "nothing that the data supports would cost less"}
	if s.Advice == nil && s.AdviceRecords == 0 {
		return p.draw(s, width, height)
	}
	p.read, p.count = true, s.adviceCount()
	if s.Advice == nil {
		ask := figures.Count(s.AdviceRecords, "record") + " to look through: ↵"
		p.item = func(int) []field { return []field{{text: ask, width: width - 1, paint: t.Muted}} }
		return p.draw(s, width, height)
	}
	if more := len(s.Advice.Advice) - p.count; p.count > 0 {
		p.note = draw.Dollars(s.Advice.Saving()) + " a month"
		if more > 0 {
			p.note += " · +" + figures.Int(more)
		}
	}
	amounts, places := 8, s.advised()
	amount := func(i int) string {
		i = places[i]
		return view.Dollars(s.Advice.Advice[i].Saving).In(s.Advice.Advice[i].State).String()
	}
	for i := range p.count {
		amounts = max(amounts, draw.Width(amount(i)))
	}
	amounts = min(amounts, leastFigure)
	kind := min(14, max(4, (width-1-amounts)/3))
	name := max(4, width-1-kind-1-amounts-1)
	p.item = func(i int) []field {
		a := s.Advice.Advice[places[i]]
		return []field{
			{text: a.Kind.Title(), width: kind, paint: t.Muted},
			{text: draw.Name(a.Subject), width: name, paint: t.Plain},
			{text: amount(i), width: amounts, paint: t.Down, right: true},
		}
	}
	return p.draw(s, width, height)
}
