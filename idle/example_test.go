package idle_test

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/pricing"
)

// What a dashboard asks for a tenant: which timeout is best for the gaps that were seen, and what it saves a month.
func ExampleModel_Analyse() {
	trace, err := idle.ReadGaps(idle.Named{
		Name:   "gaps.csv",
		Reader: strings.NewReader("gap_seconds\n100\n200\n250\n260\n900\n4000\n"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	card, _ := pricing.EmbeddedCards().Card("us-east-1")
	size, _ := pricing.ParseSize("2GB")
	model, err := idle.NewModel(card, size, decimal.RequireFromString("0.63"), size.GB())
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := model.Analyse(trace, idle.Options{NoLives: true, CurrentSeconds: 900, PeriodMS: 86_400_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	monthly, _ := a.Monthly(a.Saving())
	fmt.Println(a.Advised().TimeoutSeconds(), a.BreakEven, monthly.StringFixedBank(2))
	// Output: 60 96.1777460661 1.86
}
