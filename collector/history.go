package collector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// HistoryPlanner is a Source whose service lists less than it keeps: what it has stopped listing, has not listed yet or
// leaves out can be read all the same, if someone knows of it. The runner plans such a source by PlanWith in place of
// Plan.
type HistoryPlanner interface {
	Source
	PlanWith(ctx context.Context, target Target, window Window, history History) (Plan, error)
	// Parts names what Timing.Part can have read alone, such as the namespaces that are configured.
	Parts() []string
}

// History is what is known of a target when a window of it is planned.
type History struct {
	// State is what the source last returned as [Plan.State] or [Result.State].
	State json.RawMessage
	// Read is the time that has been read of the target before the window; zero where it never was, or as another shape.
	Read Window
	// Backfill says that the window does not move the checkpoint. The plan's state is not kept.
	Backfill bool
	// Part is what to plan alone; "" is everything.
	Part string
	// Owed are the open gaps that lie in the window. What of them the plan does not read is asked for besides, each in the
	// batch that it is.
	Owed []Batch
	// Direct reports whether an account is a target of its own in the region, so that what is linked to this one is read
	// there.
	Direct func(account string) bool
	// Earlier returns the windows of the lookback that were read before this one: what a series that is new to the source
	// has in them has yet to be read. Batches of the plan may be of these windows. None before a target is first read.
	Earlier func(context.Context) ([]Window, error)
	// Recorded lists whose usage the ledger has of the target and source in [from, to), in no order.
	Recorded func(ctx context.Context, from, to time.Time) ([]Recorded, error)
}

// Recorded are the names under which the ledger has usage.
type Recorded struct {
	Account  string
	Resource usage.Resource

	Tenant, Image, Role string
}

// planSource has the source plan a stage.
func (c *collection) planSource(ctx context.Context, s *stage) (Plan, error) {
	of := c.checkpoints[s.Target]
	plan, err := c.sourcePlan(ctx, s, of)
	for i := range plan.Batches {
		if plan.Batches[i].Window == (Window{}) {
			plan.Batches[i].Window = s.Window
		}
	}
	if err == nil && s.Replanned {
		c.ledgerMu.Lock()
		defer c.ledgerMu.Unlock()
		plan.Batches, s.Lost, err = c.owedOnly(ctx, s, plan.Batches)
		return plan, err
	}
	if err == nil && s.Part == "" && !c.traits.Live {
		now := c.Now().UTC()
		ask := func(g openGap) bool { return g.due(now) && c.mayAsk(now, s.run, g.Batch) }
		plan.Batches = append(plan.Batches, splitter{c.Source}.uncovered(of.Gaps, s.Window, plan.Batches, ask)...)
	}
	return plan, err
}

func (c *collection) sourcePlan(ctx context.Context, s *stage, of *checkpoint) (Plan, error) {
	source, ok := c.Source.(HistoryPlanner)
	if !ok {
		return c.Source.Plan(ctx, s.Target, s.Window)
	}
	history := History{
		State: of.Source, Backfill: s.Backfill, Part: s.Part,
		Recorded: func(ctx context.Context, from, to time.Time) ([]Recorded, error) {
			return c.recordedNames(ctx, s.Target, from, to)
		},
		Earlier: func(ctx context.Context) ([]Window, error) { return c.earlier(ctx, s, of) },
		Direct:  func(account string) bool { return !c.covers(s.Target, account) },
	}
	if !of.Through.IsZero() && of.Shape == c.traits.Shape {
		history.Read = Window{From: of.Begin, To: of.Through}
	}
	for _, g := range of.Gaps {
		if g.Batch.Window.overlaps(s.Window) && g.Accepted.IsZero() {
			history.Owed = append(history.Owed, g.Batch)
		}
	}
	plan, err := source.PlanWith(ctx, s.Target, s.Window, history)
	if s.Backfill {
		plan.State = nil
	}
	if err == nil {
		err = c.checkAccounts(ctx, s, plan)
	}
	return plan, err
}

// checkAccounts refuses a plan with accounts whose usage another source has collected, as for the target itself.
func (c *collection) checkAccounts(ctx context.Context, s *stage, plan Plan) error {
	from := s.Window.From
	for _, b := range plan.Batches {
		if b.Window != (Window{}) {
			from = civil.Earlier(from, b.Window.From)
		}
	}
	c.ledgerMu.Lock()
	defer c.ledgerMu.Unlock()
	for _, account := range plan.Accounts {
		if _, err := c.recorded(ctx, Target{account, s.Target.Region}, from, s.Window.To); err != nil {
			return err
		}
	}
	return nil
}

// earlier cuts the lookback before a stage into windows, as far as it was read before. A time that another source has
// collected meanwhile is left to it.
func (c *collection) earlier(ctx context.Context, s *stage, of *checkpoint) ([]Window, error) {
	if of.Through.IsZero() || of.Shape != c.traits.Shape || s.Backfill {
		return nil, nil
	}
	c.ledgerMu.Lock()
	defer c.ledgerMu.Unlock()
	now := c.Now().UTC()
	from := civil.Later(now.Add(-c.Timing.Lookback), of.Begin)
	cut, err := c.windows(ctx, now, s.Target, reach{from: from, to: s.Window.From})
	var overlap *OverlapError
	if errors.As(err, &overlap) {
		return nil, nil
	}
	s.passOver(cut.damaged)
	return cut.windows, err
}

// recordedNames lists whose usage the ledger has.
func (c *collection) recordedNames(ctx context.Context, target Target, from, to time.Time) ([]Recorded, error) {
	if c.ledger == nil {
		return nil, nil
	}
	c.ledgerMu.Lock()
	defer c.ledgerMu.Unlock()
	result, err := c.ledger.Aggregate(ctx, ledger.Query{
		From: from, To: to, Uncut: true, Sums: ledger.SumOf(usage.Running),
		By: []ledger.Field{
			ledger.FieldRegion, ledger.FieldAccount, ledger.FieldSource, ledger.FieldResource, ledger.FieldTenant,
			ledger.FieldImage, ledger.FieldRole,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("looking for what the ledger has: %w", err)
	}
	var found []Recorded
	for _, g := range result.Groups {
		if g.Region == target.Region && g.Source == c.Source.Name() && c.covers(target, g.Account) {
			found = append(found, Recorded{g.Account, g.Resource, g.Tenant, g.Image, g.Role})
		}
	}
	return found, nil
}

// covers reports whether records of an account may come from a target: from the account itself, or from a monitoring
// account that others are linked to.
func (c *collection) covers(target Target, account string) bool {
	if account == target.Account {
		return true
	}
	if !c.traits.LinkedAccounts {
		return false
	}
	other := Target{Account: account, Region: target.Region}
	return c.checkpoints[other] == nil && c.unreadable[other] == nil
}

// checkPart reports a part that the source does not have.
func checkPart(source Source, part string) error {
	planner, ok := source.(HistoryPlanner)
	switch {
	case part == "":
		return nil
	case !ok:
		return fmt.Errorf("the source %s has no parts to read alone", source.Name())
	case !slices.Contains(planner.Parts(), part):
		return fmt.Errorf("the configuration has no %.255q to read alone; it has: %s", part,
			strings.Join(planner.Parts(), ", "))
	}
	return nil
}
