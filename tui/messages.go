package tui

import (
	"time"

	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/table"
)

// The messages that jobs end in. A job that failed has its error in Err, and what was read before stays.
type (
	statusMsg struct {
		status data.Status
		err    error
	}
	sumsMsg struct {
		sums *data.Sums
		err  error
	}
	budgetsMsg struct {
		budgets *budget.Report
		err     error
	}
	anomaliesMsg struct {
		anomalies *anomaly.Report
		err       error
	}
	daysMsg struct {
		days *data.Days
		err  error
	}
	insteadMsg struct {
		instead *data.Instead
		err     error
	}
	trendsMsg struct {
		of     spend.Dimension
		trends *data.Trends
		err    error
	}
	listingMsg struct {
		page    *listingPage
		query   data.Query
		listing *data.Listing
		content *table.Content
		err     error
	}
	explainMsg struct {
		page  *explainPage
		usage *data.Explanation
		err   error
	}
	partsMsg struct {
		page  *whatIfPage
		parts []whatif.Part
		to    time.Time
		err   error
	}
	pausesMsg struct {
		page   *whatIfPage
		pauses *whatif.Pauses
		err    error
	}
	outcomeMsg struct {
		page    *whatIfPage
		outcome *whatif.Outcome
		err     error
	}
)

// doneMsg is the end of a job. Jobs of a generation before the present one are of no interest any more.
type doneMsg struct {
	generation int
	msg        any
}

// tickMsg comes every second: ages grow.
type tickMsg time.Time

// versionMsg is the ledger's fingerprint, looked at now and then.
type versionMsg struct {
	version string
	err     error
}

// savedMsg says that what is remembered was written, or why not.
type savedMsg struct{ err error }

// exportedMsg says that an export was written, or why not.
type exportedMsg struct {
	path string
	rows int
	err  error
}

// collectMsg is how far collecting has got.
type collectMsg struct {
	done, total int64
	label       string
}

// collectedMsg says that collecting has ended.
type collectedMsg struct{ err error }
