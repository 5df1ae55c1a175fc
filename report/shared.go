package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/spend"
	"microspend/view"
)

// What several documents say of figures that lack something.

var one = decimal.NewFromInt(1)

// withDamaged adds the damaged files of the ledger to a document, where there are any.
func withDamaged(o view.Object, files []ledger.DamagedFile) view.Object {
	return o.With(len(files) > 0, "damaged", damagedFiles(files))
}

// damagedFiles is null where there are none.
func damagedFiles(files []ledger.DamagedFile) any {
	if len(files) == 0 {
		return nil
	}
	return view.Records{Table: view.NewTable(damagedColumns, files, nil)}
}

var damagedColumns = []view.Column[ledger.DamagedFile]{
	{ID: "path", Value: func(f ledger.DamagedFile) view.Value { return view.Text(f.Path) }},
	{ID: "reason", Value: func(f ledger.DamagedFile) view.Value { return view.Text(f.Reason) }},
}

func damagedNotes(files []ledger.DamagedFile) []view.Note {
	var list []view.Note
	for _, file := range files {
		list = append(list, view.Note{
			Warn: true, Text: fmt.Sprintf("%s is damaged and left out: %s.", file.Path, strings.TrimSuffix(file.Reason, ".")),
		})
	}
	return list
}

// unknownTexts name the rates that a cost lacks.
func unknownTexts(c spend.Cost) []string {
	var texts []string
	for _, u := range c.Unknown {
		texts = append(texts, u.String())
	}
	return texts
}

func unknownNotes(c spend.Cost) []view.Note {
	var list []view.Note
	for _, text := range unknownTexts(c) {
		list = append(list, view.Note{Warn: true, Text: text + "."})
	}
	return list
}

// dollars is an amount of money rounded to the cent, for sentences and pictures.
func dollars(d decimal.Decimal) string { return "$" + figures.Fixed(d, view.CentPlaces) }

// unknownNames name them in few words, as in "snapshot read in us-east-1".
func unknownNames(c spend.Cost) string {
	names := make([]string, len(c.Unknown))
	for i, u := range c.Unknown {
		names[i] = u.Rated().Name() + " in " + u.Region
	}
	return strings.Join(names, ", ")
}

// momentOrNone is a point in time, missing where it is zero.
func momentOrNone(t time.Time) view.Value {
	if t.IsZero() {
		return view.Value{}
	}
	return view.Moment(t)
}

// amountOf is a cost as a figure, null where nothing of it could be priced.
func amountOf(c spend.Cost) view.Value {
	return view.Dollars(c.Amount).In(c.State()).Or("unknown", c.Known())
}

// totalOf is a total as a figure with its state, null where nothing was measured or nothing of it could be priced.
func totalOf(t *spend.Total) view.Value {
	return view.Dollars(t.Amount).In(t.State()).Or("unknown", t.Known())
}
