package main

import (
	"context"
	"fmt"

	"microspend/ledger"
	"microspend/spend"
)

// explained is usage that says of every query what its answer was read from, on standard error, where --explain-query
// asks for that.
func (a *app) explained(of spend.Usage) spend.Usage {
	if !a.explainQuery {
		return of
	}
	return &explainedUsage{of, a}
}

type explainedUsage struct {
	spend.Usage
	app *app
}

// Aggregate implements spend.Usage.
func (e *explainedUsage) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	result, err := e.Usage.Aggregate(ctx, q)
	if err == nil {
		fmt.Fprint(e.app.err, ledger.Explain(q, result)) // at once, as the dashboard asks several at a time
	}
	return result, err
}
