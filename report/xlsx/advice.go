package xlsx

import (
	"microspend/report"
	"microspend/report/statement"
	"microspend/spend/advise"
	"microspend/view"
	"microspend/view/xlsx"
)

// adviceTitles are those of columns that people see in other places than a table, and only here in one.
var adviceTitles = map[string]string{
	"low": "at least", "high": "at most", "from": "from", "to": "to", "risk": "risk", "how": "how",
}

// advice is the sheet of what to change.
func advice(a *statement.Advice) xlsx.Sheet {
	sheet := xlsx.Sheet{
		Name: "What to change", Title: "What to change", Wrap: true, Notes: report.AdviceSentences(a, ", marked +"),
	}
	if len(a.Top) == 0 {
		return sheet
	}
	sheet.Title += ", " + report.AdviceSpan(a.Found)
	columns := view.Pick(report.AdviceColumns(a.Top), "saving_month", "low", "high", "combined", "kind", "subject", "from",
		"to", "id", "risk", "how")
	for i := range columns {
		c := &columns[i]
		if title, ok := adviceTitles[c.ID]; ok {
			c.Title, c.Scope = title, view.Everyone
		}
		switch c.ID {
		case "low":
			c.Unit, c.Value = view.Dollar, func(a advise.Advice) view.Value { return view.Dollars(a.Low).In(a.State) }
		case "high":
			c.Unit, c.Value = view.Dollar, func(a advise.Advice) view.Value { return view.Dollars(a.High).In(a.State) }
		}
	}
	sheet.Notes = append(sheet.Notes, report.AdviceRest(a))
	sheet.Tables = []*view.Table{view.NewTable(columns, a.Top, nil)}
	return sheet
}
