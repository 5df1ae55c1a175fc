package html

import (
	"slices"

	"microspend/report"
	"microspend/spend/advise"
	"microspend/view"
)

// adviceSection is what to change.
type adviceSection struct {
	Span      string
	Sentences []string // what all pieces save together, or why there are none
	Pieces    []advicePiece
	Rest      string
}

// advicePiece is a change, in words.
type advicePiece struct {
	What, Saving, Change, How, Risk, ID string
	Range                               string // "" where the saving is one figure
	Adds                                bool
}

// advice is nil where there is nothing to say.
func (r renderer) advice() *adviceSection {
	a := r.statement.Advice
	if a == nil {
		return nil
	}
	marked := ""
	if slices.ContainsFunc(a.Top, func(a advise.Advice) bool { return !a.Adds }) {
		marked = "; the others are marked “not added”"
	}
	section := &adviceSection{Sentences: report.AdviceSentences(a, marked)}
	if len(a.Top) == 0 {
		return section
	}
	section.Span, section.Rest = upper(report.AdviceSpan(a.Found))+".", report.AdviceRest(a)
	for i := range a.Top {
		section.Pieces = append(section.Pieces, pieceOf(&a.Top[i]))
	}
	return section
}

func pieceOf(a *advise.Advice) advicePiece {
	piece := advicePiece{
		What: upper(a.Kind.Title()) + ": " + view.Visible(a.Subject), Saving: inDollars(a.Saving, a.State),
		Change: view.Visible(a.From + " → " + a.To), How: upper(view.Visible(a.How)) + ".",
		Risk: upper(view.Visible(a.Risk)) + ".", ID: a.ID, Adds: a.Adds,
	}
	if !a.Low.Equal(a.High) {
		piece.Range = inDollars(a.Low, a.State) + " to " + inDollars(a.High, a.State)
	}
	return piece
}
