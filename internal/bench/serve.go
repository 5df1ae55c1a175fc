package main

import (
	"fmt"
	"time"
)

// serveFigures are those of HTML pages and of the server.
func serveFigures(show func(figure)) error {
	pages, err := benchmarks("./report/html", "Page")
	if err != nil {
		return err
	}
	page, all := pages["Page/HTML"], pages["Page/LedgerToHTML"]
	show(figure{
		"500 tenants × 31 days to HTML", page.Round(time.Millisecond).String(), "under 300 ms",
		all.Round(time.Millisecond).String() + " from a ledger of 372,000 records, budgets and anomalies included",
	})
	served, err := benchmarks("./serve", "CachedPage")
	if err != nil {
		return err
	}
	show(figure{
		"cached page on loopback", fmt.Sprintf("%.0f a second", 1/max(served["CachedPage"], 1).Seconds()), "1,000 or more",
		"client and server on the same processors",
	})
	return nil
}
