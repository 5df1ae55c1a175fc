package meter

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/usage"
)

// BudgetSchema is the name and version of the document that GET /v1/budget answers with.
const BudgetSchema = "microspend.meter-budget/v1"

// Budget is what a MicroVM's life has cost and what it may still spend, as GET /v1/budget answers. Amounts are US
// dollars, times are seconds; all are exact decimals in plain notation, in quotes, and null where they are not known or
// where there is no such limit. The fraction is rounded half-even to 10 decimals, and seconds to the budget are rounded
// down to whole ones.
type Budget struct {
	Schema    string `json:"schema"`
	MicroVMID string `json:"microvm_id"`
	Tenant    string `json:"tenant"`
	Region    string `json:"region"`
	Arch      string `json:"arch"`  // whose rates of compute these are; "" where it is not known
	AsOf      string `json:"as_of"` // RFC 3339, by the MicroVM's wall clock
	Phase     string `json:"phase"` // one of the phases

	State        string   `json:"state"` // of the figures, as pricing.State has it
	UnknownRates []string `json:"unknown_rates"`

	Spent       *decimal.Decimal `json:"spent"`
	Budget      *decimal.Decimal `json:"budget"`
	Left        *decimal.Decimal `json:"left"`     // below zero where more was spent
	Fraction    *decimal.Decimal `json:"fraction"` // spent / budget
	BurnPerHour *decimal.Decimal `json:"burn_per_hour"`

	Running      *decimal.Decimal `json:"running_seconds"`
	Suspended    *decimal.Decimal `json:"suspended_seconds"`
	MaxRunning   *decimal.Decimal `json:"max_running_seconds"`
	MaxLife      *decimal.Decimal `json:"max_life_seconds"`
	ToBudget     *decimal.Decimal `json:"seconds_to_budget"`      // of running, at this burn
	ToMaxRunning *decimal.Decimal `json:"seconds_to_max_running"` // of running
	ToCap        *decimal.Decimal `json:"seconds_to_cap"`         // running or suspended

	Exhausted   bool        `json:"exhausted"` // dollars, running time or the life are used up
	Threshold   string      `json:"threshold"` // what is acted on; "" where that was not what asked
	Rates       BudgetRates `json:"rates"`
	Assumptions []string    `json:"assumptions"` // ids of docs/assumptions.md
	Faults      []string    `json:"faults"`      // limits of the payload that could not be read
}

// BudgetRates says which card the figures are priced at.
type BudgetRates struct {
	Card   string `json:"card"`    // "" where the region has none
	ReadOn string `json:"read_on"` // the day on which its oldest figure was read; "" for figures given inline
}

// The phases of a MicroVM, as far as the meter knows.
const (
	PhaseNone      = "none" // not launched, or terminated
	PhaseRunning   = "running"
	PhaseSuspended = "suspended" // from the suspend hook on
)

// unmetered is the document where no life is under way.
func unmetered(at Instant, id Identity) Budget {
	id, _ = id.inLine()
	b := Budget{
		Schema: BudgetSchema, MicroVMID: emf.Decoded(id.MicroVMID), Tenant: emf.Decoded(id.Tenant), Region: id.Region,
		Arch:  string(id.Arch),
		AsOf:  moment(at.Wall),
		Phase: PhaseNone, State: pricing.NotMeasured.String(), Budget: id.Limits.Dollars, UnknownRates: []string{},
		Assumptions: []string{}, Faults: []string{},
	}
	b.limit(id.Limits)
	return b
}

// budgetOf prices what a life has used, and compares it with the life's limits.
func budgetOf(at Instant, u Used, card pricing.RateCard) Budget {
	b := unmetered(at, u.Identity)
	b.Phase = PhaseRunning
	if u.Suspended {
		b.Phase = PhaseSuspended
	}
	b.Faults = append(b.Faults, u.Limits.Faults...)
	b.Rates = BudgetRates{card.Name, card.ReadOn().String()}
	b.spend(u, card)
	b.Running, b.Suspended = secondsOf(u.Amounts[usage.Running]), secondsOf(u.Amounts[usage.Suspended])
	b.BurnPerHour = burn(u, card)
	b.compare(u)
	b.assume(u)
	return b
}

// spend prices each billed quantity once, from the sum of what was used.
func (b *Budget) spend(u Used, card pricing.RateCard) {
	state, spent := pricing.Exact, decimal.Decimal{}
	if u.Incomplete {
		state = pricing.AtLeast
	}
	for _, q := range pricing.BilledQuantities() {
		amount, _, err := measured(q, u.Amounts[q].Decimal()).Amounts(card, q)
		if err != nil {
			b.UnknownRates = append(b.UnknownRates, q.String())
			state = state.And(pricing.UnknownRates)
			continue
		}
		spent = spent.Add(amount)
	}
	b.State = state.String()
	if len(card.Unknown()) < pricing.QuantityCount { // what nothing is known of is not zero
		b.Spent = &spent
	}
}

func measured(q pricing.BilledQuantity, units decimal.Decimal) pricing.Count {
	return pricing.Count{Units: units, Per: q.Counted().PerUnit}
}

// burn is what an hour of running costs at the pace of the last minute; nil where a rate of compute is not known.
func burn(u Used, card pricing.RateCard) *decimal.Decimal {
	sum := decimal.Decimal{}
	for q, units := range map[pricing.BilledQuantity]int64{pricing.VCPU: u.HourVCPU, pricing.Memory: u.HourMemory} {
		amount, _, err := measured(q, decimal.NewFromInt(units)).Amounts(card, q)
		if err != nil {
			return nil
		}
		sum = sum.Add(amount)
	}
	return &sum
}

func (b *Budget) limit(l Limits) {
	b.MaxLife = wholeSeconds(l.life())
	if l.Running > 0 {
		b.MaxRunning = wholeSeconds(l.Running)
	}
}

// compare works out what is left.
func (b *Budget) compare(u Used) {
	running := ranFor(u)
	b.ToCap = wholeSeconds(max(u.Limits.life()-u.Lived, 0))
	b.Exhausted = u.Lived >= u.Limits.life()
	if u.Limits.Running > 0 {
		b.ToMaxRunning = wholeSeconds(max(u.Limits.Running-running, 0))
		b.Exhausted = b.Exhausted || running >= u.Limits.Running
	}
	if b.Spent == nil || b.Budget == nil {
		return
	}
	left := b.Budget.Sub(*b.Spent)
	b.Left = &left
	b.Exhausted = b.Exhausted || !left.IsPositive()
	if b.Budget.IsPositive() {
		fraction := pricing.Divide(*b.Spent, *b.Budget, pricing.RatioPlaces)
		b.Fraction = &fraction
	}
	switch {
	case !left.IsPositive():
		b.ToBudget = &decimal.Decimal{}
	case b.BurnPerHour != nil:
		// As many seconds as the rest pays for, where an hour costs that much.
		if seconds, ok := (pricing.Rate{Figure: *b.BurnPerHour, Per: pricing.PerHour}).Units(left); ok {
			seconds = seconds.Truncate(0)
			b.ToBudget = &seconds
		}
	}
}

// assume names what the figures rest on.
func (b *Budget) assume(u Used) {
	for _, a := range []struct {
		id      assumption.ID
		applies bool
	}{
		{assumption.ArchAssumed, u.Arch == pricing.ArchUnknown},
		{assumption.BurstMeasure, true},
		{assumption.LaunchRead, u.ImageBytes > 0},
		{assumption.StateSize, u.StateBytes == 0 && !u.Amounts[usage.Suspends].IsZero()},
		{assumption.TransitionBilling, !u.Amounts[usage.Suspends].IsZero()},
	} {
		if a.applies {
			b.Assumptions = append(b.Assumptions, string(a.id))
		}
	}
}

// ranFor is the running time, which no life has too much of for a duration.
func ranFor(u Used) time.Duration {
	return time.Duration(u.Amounts[usage.Running].Lo) * time.Millisecond
}

func secondsOf(ms usage.Uint128) *decimal.Decimal {
	seconds := ms.Decimal().Shift(-3)
	return &seconds
}

func wholeSeconds(d time.Duration) *decimal.Decimal {
	seconds := decimal.NewFromInt(int64(d / time.Second))
	return &seconds
}

func moment(wall int64) string { return time.Unix(0, wall).UTC().Format(time.RFC3339Nano) }
