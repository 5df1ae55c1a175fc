// Command panic opens the dashboard on a ledger that falls over when it is read for the second time.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/tui"
	"microspend/tui/data"
)

type falling struct{ reads int }

func (f *falling) Aggregate(context.Context, ledger.Query) (ledger.Result, error) {
	if f.reads++; f.reads > 1 {
		panic("the ledger has fallen over")
	}
	return ledger.Result{}, nil
}

func (f *falling) Extent(context.Context) (ledger.Extent, error) { return ledger.Extent{}, nil }

func main() {
	source := spend.Source{Usage: &falling{}, Rates: pricing.EmbeddedCards()}
	err := tui.Run(context.Background(), tui.Options{Reader: &data.Reader{Source: source}, Now: time.Now})
	fmt.Println("ended with:", err)
	if err != nil {
		os.Exit(1)
	}
}
