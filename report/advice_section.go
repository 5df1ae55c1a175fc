package report

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/report/statement"
	"microspend/spend/advise"
)

// AdviceSentences are what a report on a period says of advice besides its pieces: what all of it saves together, or why
// there is none. How pieces are marked that count in that is up to the renderer.
func AdviceSentences(a *statement.Advice, marked string) []string {
	switch {
	case a.TooMany > 0:
		return []string{fmt.Sprintf("This period has %s. A report looks for advice in no more than %s; "+
			"microspend advise does in any number.", figures.Count(a.TooMany, "record"), figures.Grouped(mostByTheWay))}
	case a.Failed:
		return []string{"What to change could not be worked out; microspend advise says why."}
	}
	return AdviceTogether(a.Found, marked)
}

var mostByTheWay = decimal.NewFromInt(advise.MostByTheWay)

// AdviceRest says how many pieces a report leaves out, and what has them.
func AdviceRest(a *statement.Advice) string {
	explain := "microspend advise --explain ID shows the bill before and after."
	if a.More == 0 {
		return explain
	}
	adding := "which add nothing to that"
	if a.MoreAdds.IsPositive() {
		adding = dollars(a.MoreAdds) + " a month of that"
	}
	return fmt.Sprintf("+%s more, %s: microspend advise for the same period. %s", figures.Int(a.More), adding, explain)
}
