package spend

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/ledger/doubt"
	"microspend/pricing"
	"microspend/spend/compare"
	"microspend/spend/tenants"
	"microspend/usage"
)

// Request says what a report is about.
type Request struct {
	From, To time.Time      // usage whose period starts in [From, To)
	By       []Dimension    // what rows are grouped by; none gives one row
	Depth    int            // how many names of a group's path rows by group tell apart; 0 is all of them
	Location *time.Location // where days, weeks and months are cut; nil means the source's

	Filter Filter
	Basis  Basis

	Top int // keep the N largest rows and fold the rest into one; 0 keeps all
	// Lump settles what is folded as the one row that it is, where a report of all rows would show the sum of what they
	// are shown as, which may be off by a cent or two. In return the rows are not kept: they may be a hundred thousand.
	Lump bool
	Min  decimal.Decimal // fold rows below this many dollars into one; rows whose cost is incomplete are kept
	Sort Sort

	Previous bool // show the previous period alongside each row
	Counts   bool // sum launches, suspends, resumes and suspended time as well, which are zero otherwise
	Strict   bool // make unknown rates an [UnknownRatesError]
	Restated bool // tell what has changed since months of the period were closed: see [Spend.Restatements]
	Rated    bool // also make a row of its own of what was used at each rate card, for rows by region: see [Row.Card]

	// MostRows is how many rows the report may have; a report with more is a [TooLargeError], which is known before most
	// of the work is done and bounds the memory that it takes. 0 means any number.
	MostRows int
}

// Basis is what amounts are made of.
type Basis uint8

// The bases.
const (
	BasisRates  Basis = iota // measured usage × rates
	BasisBilled              // what AWS billed, shared out by measured usage: see [Billed]
)

var basisNames = [...]string{BasisRates: "rates", BasisBilled: "billed"}

// String is the word used in flags and outputs: rates or billed.
func (b Basis) String() string { return figures.Word("basis", basisNames[:], b) }

// BasisNames are the words that [ParseBasis] reads.
func BasisNames() []string { return slices.Clone(basisNames[:]) }

// ParseBasis reads the word used in flags.
func ParseBasis(word string) (Basis, error) { return parseWord[Basis]("basis", basisNames[:], word) }

// Filter chooses usage. A list that is empty chooses all; otherwise a name must match one of its patterns.
type Filter struct {
	// These choose usage before anything else is done: what is left is shared out among the tenants that are left.
	Images, MicroVMs, Regions, Accounts, Archs []tenants.Pattern
	// Tenants and Groups choose rows after shared cost has been shared out, by the name or label of the tenant as
	// [OwnerName] writes it and the path or label of its group.
	Tenants, Groups []tenants.Pattern
}

// Of is the patterns for the names of a dimension, which must be one of [NamedDimensions].
func (f *Filter) Of(d Dimension) *[]tenants.Pattern { return dimensions[d].filter(f) }

// byOwner reports whether the tenant of usage decides what is chosen.
func (f *Filter) byOwner() bool { return len(f.Tenants)+len(f.Groups) > 0 }

// usage reports whether the filter chooses a group of usage, whoever's it is.
func (f *Filter) usage(g *ledger.Group) bool {
	for _, d := range ledgerDimensions {
		if patterns := *f.Of(d); len(patterns) > 0 && !tenants.MatchAny(patterns, dimensions[d].of(g)) {
			return false
		}
	}
	return true
}

// Sort is the order of rows. Rows that stand equal are in the order of their keys, and the folded row is last.
type Sort uint8

// The orders.
const (
	SortKey    Sort = iota // by each dimension in the requested order
	SortAmount             // the largest amount first
	SortChange             // the largest change from the previous period first, up or down
)

var sortNames = [...]string{SortKey: "key", SortAmount: "amount", SortChange: "change"}

// String is the word used in flags: key, amount or change.
func (s Sort) String() string { return figures.Word("order", sortNames[:], s) }

// SortNames are the words that [ParseSort] reads.
func SortNames() []string { return slices.Clone(sortNames[:]) }

// ParseSort reads the word used in flags.
func ParseSort(word string) (Sort, error) { return parseWord[Sort]("order", sortNames[:], word) }

// Check reports everything that is wrong with a request.
func (r Request) Check() error {
	var faults []error
	if !r.From.Before(r.To) {
		faults = append(faults, fmt.Errorf("from %s is not before to %s", r.From.UTC().Format(time.RFC3339),
			r.To.UTC().Format(time.RFC3339)))
	}
	if r.Top < 0 {
		faults = append(faults, fmt.Errorf("top %d is below zero", r.Top))
	}
	if r.Depth < 0 {
		faults = append(faults, fmt.Errorf("depth %d is below zero", r.Depth))
	}
	if r.Depth > 0 && !slices.Contains(r.By, ByGroup) {
		faults = append(faults, errors.New("a depth needs rows by group"))
	}
	if r.Min.IsNegative() {
		faults = append(faults, fmt.Errorf("min %s is below zero", r.Min))
	}
	if r.Sort > SortChange || (r.Sort == SortChange && !r.Previous) {
		faults = append(faults, errors.New("an order by change needs the previous period"))
	}
	if r.Rated && !slices.Contains(r.By, ByRegion) {
		faults = append(faults, errors.New("rate cards are of regions; rows by rate card need rows by region"))
	}
	return errors.Join(append(faults, checkDimensions(r.By))...)
}

// Spend is a report. Its rows add up to its total.
type Spend struct {
	From, To time.Time
	By       []Dimension
	Sort     Sort
	Location *time.Location
	Policy   Policy // how shared cost was treated
	Basis    Basis

	Rows  []Row
	Total Total

	// SharedOut is the shared cost that rows contain a share of; nil where it was not shared out. Its usage is in no row:
	// money is shared out, what was measured is not.
	SharedOut *SharedOut

	// Negotiated reports whether some rates are not AWS's public ones, so that list cost and effective cost differ.
	Negotiated bool

	plans  []pricing.SavingsPlan // see [Spend.Terms]
	groups []tenants.Pattern     // that the filter chooses
	// Counted reports whether launches, suspends, resumes and suspended time were summed: see [Request.Counts].
	Counted bool

	Currency *pricing.Currency // in which amounts are to be shown beside dollars; nil where in none

	// Compared is what the total is compared with, and what rows are compared with that are not by time. All of this is
	// zero unless the previous period was requested.
	Compared                 compare.Pair
	PreviousFrom, PreviousTo time.Time // Compared.Before
	// RowsCompared says how rows by time are compared, each with a stretch of its own: "each day with the same weekday a
	// week before". Their previous amounts do not add up to the total's. It is "" for other rows.
	RowsCompared string
	// SameWeekday compares a day that is not over, which Compared compares with the day before, with the same weekday as
	// well; nil for other periods.
	SameWeekday *Compared
	// RatesAssumed are regions with usage on days before its rates are known to hold, by name: see [pricing.Series].
	RatesAssumed []RatesAssumed
	// ArchAssumed reports whether any compute was priced as ARM64's without it being known to be: see
	// [assumption.ArchAssumed].
	ArchAssumed bool
	// TenantAsserted is whether any row is a tenant's, or not another's, because a guest said so: see
	// [usage.TenantAsserted]. Reports without tenants rest on none.
	TenantAsserted bool
	// Doubts are usage of the period that something speaks against, such as a quota. It counts all the same.
	Doubts []doubt.Doubt

	// Closed are the closed months that the period overlaps. Their rows are what they were closed with.
	Closed []ClosedMonth
	// Restatements are what would have to be added to rows, for each cause, to have what closed months come to by now.
	Restatements []Restatement

	Damaged []ledger.DamagedFile // files of the ledger whose usage is missing from all figures
}

// Row is what was spent on what its key says. Its sum, in a row by component, has of the billed quantities only that
// one.
type Row struct {
	Key
	Total
	Folded int // how many rows were folded into this one; 0 unless its kind is KindOther
	// Card is what the row's usage was priced at, without rates where its region has no card. It is there in reports that
	// are [Request.Rated], and nil in rows without usage.
	Card *pricing.RateCard
	// TenantAsserted is whether any of it is the row's because a guest said so: see [Spend.TenantAsserted].
	TenantAsserted bool

	parts []*Row // those rows
}

// Total is what was spent: of a row, or of all rows together.
type Total struct {
	Cost
	Shared   decimal.Decimal // the part of the amount that is a share of shared cost
	Sum      usage.Sum       // what was measured
	Measured pricing.State   // what that makes of the amount: exact, a lower bound, or no figure; see [Total.State]
	Previous *Comparison     // nil unless requested
}

// RatesAssumed is a region of which usage before a day was priced at rates that are known from that day on.
type RatesAssumed struct {
	Region string
	Before pricing.Date
}

// SharedOut is cost that was shared out among tenants.
type SharedOut struct {
	Cost
	Sum     usage.Sum
	Tenants int // how many have a share
}

// Comparison is the cost of the stretch of time before, and the change since.
type Comparison struct {
	Cost
	Measured pricing.State // what was measured of it; see [Comparison.State]
	// Change is the amount minus that of the stretch before, and Percent the change in percent of it, half-even at
	// [pricing.RatioPlaces]. Change is nil where nothing can be said of it, for the given Reason; Percent also where
	// nothing was spent before.
	Change, Percent *decimal.Decimal
	New, Gone       bool   // nothing was spent before, or nothing is any more, although both stretches are known
	Reason          string // such as "no data before 12 Oct"; "" where there is a change

	stretch string // why the stretches of time cannot be compared, whatever the amounts
}

// Compared is two stretches of time, and the cost of the earlier one with the change since.
type Compared struct {
	compare.Pair
	Comparison
}
