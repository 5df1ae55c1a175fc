package report

import (
	"fmt"
	"io"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view/chart"
)

// sensitivityJSON is the document microspend.sensitivity/v1.
type sensitivityJSON struct {
	Schema   string          `json:"schema"`
	Name     string          `json:"name"`
	Currency string          `json:"currency"`
	By       string          `json:"by"`
	Total    string          `json:"total"`
	Inputs   []influenceJSON `json:"inputs"`
}

type influenceJSON struct {
	Input string `json:"input"`
	From  string `json:"from"`
	To    string `json:"to"`
	Low   string `json:"low"`
	High  string `json:"high"`
	Swing string `json:"swing"`
	Note  string `json:"note,omitempty"`
}

// Sensitivity makes the document of which input moves the bill most, with a tornado chart.
func Sensitivity(s *scenarios.Sensitivity) Document {
	e := s.Estimate
	total := e.Bill.Total()
	out := sensitivityJSON{
		Schema: "microspend.sensitivity/v1", Name: e.Scenario.Name, Currency: "USD", By: s.By.Shift(2).String() + "%",
		Total: total.String(), Inputs: []influenceJSON{},
	}
	d := Document{
		Title:    e.Scenario.Name,
		Subtitle: fmt.Sprintf("$%s a month; each input moved by ±%s %%, the others as they are", fixed(total, centPlaces), s.By.Shift(2)),
		CSV:      [][]string{{"input", "from", "to", "low", "high", "swing", "note"}},
	}
	t := &Table{Columns: []Column{
		{Title: "input"},
		{Title: "moved", Align: Right, Drop: 2},
		{Title: "low $", Align: Decimal},
		{Title: "high $", Align: Decimal},
		{Title: "swing $", Align: Decimal},
		{Title: "of the bill", Align: Decimal, Drop: 1},
	}}
	picture := chart.Tornado{
		Title: fmt.Sprintf("What moves the bill: each input ±%s %%", s.By.Shift(2)), Center: coordinate(total),
		CenterLabel: "$" + fixed(total, centPlaces),
	}
	for _, in := range s.Inputs {
		out.Inputs = append(out.Inputs, influenceJSON{
			in.Input, in.From, in.To, in.Low.String(), in.High.String(), in.Swing().String(), in.Note,
		})
		d.CSV = append(d.CSV, []string{in.Input, in.From, in.To, in.Low.String(), in.High.String(), in.Swing().String(), in.Note})
		share := ""
		if total.IsPositive() {
			share = fixed(pricing.Divide(in.Swing().Shift(2), total, 6), 1) + " %"
		}
		t.Rows = append(t.Rows, Row{Cells: []string{
			in.Input, in.From + " … " + in.To, fixed(in.Low, centPlaces), fixed(in.High, centPlaces), fixed(in.Swing(), centPlaces), share,
		}})
		if in.Note != "" {
			t.Rows = append(t.Rows, Row{Kind: Footnote, Cells: []string{in.Note}})
		}
		picture.Bars = append(picture.Bars, chart.Bar{
			Label: in.Input, Low: coordinate(in.Low), High: coordinate(in.High),
			LowLabel: "$" + fixed(in.Low, centPlaces), HighLabel: "$" + fixed(in.High, centPlaces),
		})
	}
	d.JSON = out
	d.Sections = []Section{{Picture: func(width int) string { return picture.Text(min(width, 120)) }}, {Table: t.view()}, {Notes: rangeNote(e.Scenario)}}
	d.SVG = func(w io.Writer) error { return picture.SVG(w) }
	return d
}
