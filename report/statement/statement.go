// Package statement puts everything together that a report on a period says: what was spent, by whom, on what, on which
// day, against which budget, at which rates, on which assumptions, and how each figure is made. It is the program's own
// and promises nothing. It is plain data; the HTML page and the spreadsheet render it, and the server serves it.
//
// # Units
//
// Money is in US dollars, exact; quantities are in the units of the bill (vCPU-seconds, GB-seconds, GB, GB-hours). Days
// are cut in the statement's location and written 2026-10-01. Intervals are half-open.
//
// # What is promised
//
// Each figure is what package spend says for the same grouping, so a statement cannot disagree with the command line:
// tenants are those of a report by tenant, a tenant's days those of one by tenant and day, and so on. Tenants add up to
// the total exactly, and so do the days, up to the 20th decimal, at which package spend divides.
//
// A statement of chosen tenants holds no name and no figure of any other: see [Request.Tenants] and [Statement.For].
//
// # What is not promised
//
// Nothing is rounded here, and nothing is escaped: names are as the ledger has them.
package statement

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/usage"
)

// Statement is what a report on a period says.
type Statement struct {
	// Spend is who spent what, the largest first, with the period before; what is nobody's and what is shared stands among
	// tenants by its amount. SharedOut is nil where the statement is not Whole.
	spend.Spend

	Now time.Time // the moment it was made for
	// AsOf is the end of the latest period of usage that the ledger has, at most Now and To. It is zero where the ledger
	// has none in the eight weeks before.
	AsOf time.Time
	// Whole says that the statement is about everything in the ledger. Otherwise it is about chosen tenants, and says
	// nothing of what others spent, together or alone.
	Whole bool

	Days    []Day    // each calendar day of the period, in order
	Lines   []Line   // each billed quantity of each region, in the order of a bill
	Tenants []Tenant // one for each row

	// Groups is what each group of tenants spent, with the period before; nil where the statement is not Whole or the
	// tenants file has no groups.
	Groups *spend.Spend

	Budgets   Budgets
	Anomalies []anomaly.Anomaly // by day
	// Advice is what to change; nil where there is nothing, where it was not asked for, and where the statement is not
	// Whole.
	Advice *Advice

	Rates       []RegionRates // of the regions with usage, in alphabetical order
	Assumptions []pricing.Note
	Methods     []pricing.Note // how the figures are made; the id is what a figure is called
}

// Day is what was spent on a calendar day.
type Day struct {
	Day string // 2026-10-01
	// Recorded says that the ledger has something for the day, whoever's. Where it has nothing, what was spent is not
	// known, which is not the same as nothing.
	Recorded bool
	// Rest says that the ledger never has anything on this weekday, so that nothing is missing.
	Rest bool
	Figure
	Shared decimal.Decimal // the part of the amount that is a share of shared cost
	Sum    usage.Sum
	Parts  [pricing.QuantityCount]Figure // of a tenant's days only where the statement was asked for them
}

// Figure is a cost and what was measured of it.
type Figure struct {
	spend.Cost
	Measured pricing.State
}

// State is the state of the amount, by its rates and by what was measured.
func (f Figure) State() pricing.State { return max(f.Cost.State(), f.Measured) }

func (f Figure) plus(g Figure) Figure { return Figure{f.Plus(g.Cost), f.Measured.And(g.Measured)} }

func figureOf(row *spend.Row) Figure { return Figure{row.Cost, row.Measured} }

// Line is what a billed quantity cost in a region. Its amount less Shared is the quantity times the rate, less the
// discount.
type Line struct {
	Region   string
	Quantity pricing.BilledQuantity
	Arch     pricing.Arch    // whose rate of compute it is; "" for what is billed alike on all
	Used     decimal.Decimal // in the unit of the quantity; half-even at [pricing.AmountPlaces]
	Rate     pricing.Rate    // not known where the cost is incomplete
	Discount decimal.Decimal // the part of the list price that is not charged
	Figure
	Shared decimal.Decimal
}

// Tenant is what one tenant spent, or what is nobody's or shared.
type Tenant struct {
	spend.Row
	Days  []Day // beside those of the statement, one for one
	Lines []Line

	// Outlook is how the tenant's month stands, also where it has no budget. It is there where the statement is about
	// chosen tenants or was built with [Request.Apart].
	Outlook *budget.Line

	// Images and MicroVMs are the most costly ones, without shares of shared cost, the largest first, and OtherImages and
	// OtherMicroVMs what there is besides. They are there where Detailed says so: see [Request.Detailed].
	Detailed                   bool
	Images, MicroVMs           []spend.Row
	OtherImages, OtherMicroVMs Rest
}

// Rest is what stands behind a list that was cut.
type Rest struct {
	Count int
	Figure
}

// Budgets are how the budgets of the month stand in which the statement's last moment lies.
type Budgets struct {
	budget.Report
	// Over says that the month had ended when the statement was made: what was forecast is known, and Forecast means
	// nothing.
	Over bool
}

// RegionRates are the rates of a region that was used.
type RegionRates struct {
	Region string
	NoCard bool // there is no rate card for the region; Card has nothing but its name
	Card   pricing.RateCard
}
