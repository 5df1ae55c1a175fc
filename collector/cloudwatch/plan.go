package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"microspend/collector"
	"microspend/internal/figures"
)

// batchSpec is a batch as it is kept: subjects of one mapping, each with its metrics. Those of one owner are neighbors,
// and in no other batch of the window.
type batchSpec struct {
	Of       string     `json:"of"`       // the mapping's id
	Subjects [][]string `json:"subjects"` // values of the mapping's dimensions, those of Match left out, and the account
	Metrics  []uint16   `json:"q"`        // by quantity
	// Mapping is the place of the mapping, in the plans of versions that had no ids. Their sets of metrics went by
	// place, too, and are left out: all metrics are asked for.
	Mapping int `json:"mapping,omitempty"`
}

// Plan implements collector.Source: the plan of a target of which nothing is known.
func (s *Source) Plan(ctx context.Context, target collector.Target, window collector.Window) (collector.Plan, error) {
	return s.PlanWith(ctx, target, window, collector.History{})
}

// PlanWith implements collector.HistoryPlanner. Batches keep to one page of GetMetricData each, where the metrics of
// an owner fit on it.
func (s *Source) PlanWith(
	ctx context.Context, target collector.Target, window collector.Window, history collector.History,
) (collector.Plan, error) {
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Plan{}, err
	}
	listed, cost, err := s.list(ctx, t, target)
	plan := collector.Plan{Listing: cost}
	if err != nil {
		return plan, err
	}
	p := planner{
		source: s, target: target, window: window, history: history, now: s.options.Now(),
		known: t.states.get(history.State), owners: map[owner]int{}, plan: &plan,
	}
	plan.Notes, plan.Quarantined = s.notes(listed.series), slices.Clone(listed.quarantined)
	return plan, p.make(ctx, listed)
}

// Series implements collector.SeriesSource.
func (s *Source) Series(batch collector.Batch) []string {
	var spec batchSpec // whatever the mapping is now
	if json.Unmarshal(batch.Spec, &spec) != nil {
		return nil
	}
	var owners []string
	for _, values := range spec.Subjects {
		name := ownerOf(subjectFrom(values)).String()
		if n := len(owners); n == 0 || owners[n-1] != name {
			owners = append(owners, name)
		}
	}
	return owners
}

// Readable implements collector.SeriesSource.
func (s *Source) Readable(batch collector.Batch) bool {
	_, _, err := s.read(batch)
	return err == nil
}

// Part implements collector.SeriesSource.
func (s *Source) Part(batch collector.Batch, keep func(series string) bool) (collector.Batch, error) {
	spec, of, err := s.read(batch)
	if err != nil {
		return batch, err
	}
	var kept []subjectSeries
	for i, values := range spec.Subjects {
		if subject := subjectFrom(values); keep(ownerOf(subject).String()) {
			kept = append(kept, subjectSeries{subject, spec.Metrics[i]})
		}
	}
	if len(kept) == 0 {
		return batch, errors.New("nothing is left of the batch")
	}
	return s.batch(of, kept, batch.Window, queriesOf(kept))
}

// notes say what the metrics cost by themselves, whether they are read or not, and which price is assumed.
func (s *Source) notes(series int64) []string {
	each := s.options.Prices.MetricMonth
	notes := []string{fmt.Sprintf("metrics: CloudWatch bills %s custom metrics at $%s each for a month of data, $%s "+
		"together (first 10,000 of an account; by the hour)",
		figures.Int(series), figures.Cents(each.USD), figures.Cents(each.Cost(series, 1)))}
	if assumed := s.options.Prices.ThousandListCalls; assumed.Assumption != "" {
		notes = append(notes, assumed.Assumption.Clause(figures.Cents(assumed.USD)).String())
	}
	return notes
}
