package scenarios

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

var maxLife = decimal.NewFromInt(pricing.MaxLifeSeconds)

// neededLaunches is how many MicroVMs the month takes at least. One lives for 8 hours, running and suspended time
// together. A user's active day starts anew, as a night is longer than a life; short jobs may share a MicroVM, and
// figures that are given per month are cut into lives as if they were one stretch, which is the fewest there can be.
func (s *Scenario) neededLaunches() decimal.Decimal {
	w := s.file.Workload
	if w.Trace != "" {
		return s.Workload.Launches // lives were played, and ended when they do
	}
	alive := s.Workload.Running.Add(s.Workload.Suspended)
	if alive.IsZero() {
		return decimal.Decimal{}
	}
	suspended := valueOf(w.Suspended)
	monthly := s.running.Per == PerMonth && (suspended.Per == PerMonth || suspended.Seconds.IsZero())
	stretches := s.Users.Mul(s.Days)
	switch {
	case s.Jobs.IsPositive() && (monthly || alive.LessThanOrEqual(s.Jobs.Mul(maxLife))):
		stretches = decimal.NewFromInt(1)
	case s.Jobs.IsPositive():
		stretches = s.Jobs
	case monthly:
		stretches = s.Users
	}
	return stretches.Mul(ceilDivide(alive, stretches.Mul(maxLife)))
}

func ceilDivide(a, b decimal.Decimal) decimal.Decimal {
	whole, rest := a.QuoRem(b, 0)
	if rest.IsPositive() {
		whole = whole.Add(decimal.NewFromInt(1))
	}
	return whole
}

// lifeWarnings says where the launches that are written are fewer than AWS's limit on a MicroVM's life allows, with
// what the missing ones would cost.
func (s *Scenario) lifeWarnings(card pricing.RateCard) []pricing.Note {
	needed, written := s.neededLaunches(), s.Workload.Launches
	if written.GreaterThanOrEqual(needed) {
		return nil
	}
	missing := needed.Sub(written)
	cost := "the cost of the launch reads that are missing here is not known"
	reads := pricing.Workload{Launches: missing, Image: pricing.Image{GB: s.Workload.Image.GB, NotStored: true}}
	if bill, err := reads.Bill(card); err == nil {
		cost = fmt.Sprintf("the launch reads that are missing here would cost $%s", bill.Total())
	}
	stretches := s.Users.Mul(s.Days).Add(s.Jobs)
	if written.IsZero() && needed.LessThanOrEqual(stretches) {
		return []pricing.Note{assumption.NoLaunches.Note(figures.CountOf(needed, "time"), cost)}
	}
	return []pricing.Note{assumption.LifeCap.Note(figures.Grouped(needed), figures.Grouped(written), cost)}
}
