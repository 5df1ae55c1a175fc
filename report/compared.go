package report

import (
	"microspend/spend"
	"microspend/spend/compare"
	"microspend/view"
)

// previousObject is what a total was before, and why nothing can be said of the change where that is so.
func previousObject(pair compare.Pair, p *spend.Comparison) view.Object {
	return view.Object{
		{ID: "from", Value: view.Moment(pair.Before.From)},
		{ID: "to", Value: view.Moment(pair.Before.To)},
		{ID: "sentence", Value: pair.Sentence},
		{ID: "total", Value: view.Dollars(p.Amount).In(p.State()).Or("unknown", p.Known())},
		{ID: "state", Value: p.State().String()},
		{ID: "change", Value: view.Maybe(p.Change, view.Exact)},
		{ID: "change_percent", Value: view.Maybe(p.Percent, view.Exact)},
	}.With(p.Reason != "", "reason", p.Reason).With(p.New, "new", true)
}

// ComparedNotes say what is compared with what, and why there is no change where there is none.
func ComparedNotes(s spend.Spend) []view.Note {
	p := s.Total.Previous
	if p == nil {
		return nil
	}
	text := "Compared: " + s.Compared.Sentence
	if s.RowsCompared != "" {
		text += "; " + s.RowsCompared
	}
	notes := []view.Note{{Text: text + "."}}
	if p.Reason != "" {
		of := ""
		if s.RowsCompared != "" { // which have changes of their own
			of = " of the total"
		}
		notes = append(notes, view.Note{Text: "The change" + of + " cannot be told: " + p.Reason + "."})
	}
	if w := s.SameWeekday; w != nil {
		notes = append(notes, view.Note{Text: "Compared: " + w.Sentence + ": " + ChangeWords(&w.Comparison) + "."})
	}
	return notes
}

// ChangeWords are how a figure moved in a few words: "+10.00 (+12.5 %)", "new", "gone" or "unknown: no data before 12
// Oct".
func ChangeWords(p *spend.Comparison) string {
	switch {
	case p.Change == nil:
		return "unknown: " + p.Reason
	case p.New:
		return "new"
	case p.Gone:
		return "gone"
	case p.Percent == nil:
		return "nothing either time"
	default:
		return view.Signed(*p.Change, view.CentPlaces).String() + " (" + view.SignedPercent(*p.Percent, 1).String() + ")"
	}
}
