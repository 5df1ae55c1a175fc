package logs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/internal/civil"
	"microspend/pricing/assumption"
)

// remembered is what the checkpoint has of a target's log groups: when each was last listed, in Unix seconds.
type remembered struct {
	Groups map[string]int64 `json:"groups"`
}

// unlistedFor is how long a log group is read that is no longer listed.
const unlistedFor = 15 * 24 * time.Hour

var _ collector.HistoryPlanner = (*Source)(nil)

// Parts implements collector.HistoryPlanner: a log group, or those of one pattern, can be read alone.
func (s *Source) Parts() []string { return slices.Clone(s.options.Groups) }

// PlanWith implements collector.HistoryPlanner. Log groups that were listed before are read though they are not listed
// now, so that one that is gone is named for what was not read of it. One that is listed for the first time is read
// from the beginning of the lookback.
func (s *Source) PlanWith(
	ctx context.Context, target collector.Target, window collector.Window, history collector.History,
) (collector.Plan, error) {
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Plan{}, err
	}
	listed, listing, err := s.list(ctx, t)
	plan := collector.Plan{Listing: listing}
	if err != nil {
		return plan, err
	}
	var known remembered
	if history.State != nil {
		_ = json.Unmarshal(history.State, &known) // of a state that cannot be read, nothing is known
	}
	groups, state := s.merge(listed, known)
	if len(groups) == 0 {
		return plan, fmt.Errorf("there is no log group %s; name those that MicroVMs log to with --log-group or in the "+
			"configuration, under collect.log_groups", strings.Join(s.options.Groups, " or "))
	}
	if plan.State, err = json.Marshal(state); err != nil {
		return plan, err
	}
	s.nameMissing(&plan, groups)
	if history.Part != "" {
		groups = slices.DeleteFunc(groups, func(g logGroup) bool { return !matches(history.Part, g.name) })
	}
	for _, group := range groups {
		if err := s.batches(&plan, group, window); err != nil {
			return plan, err
		}
		if _, before := known.Groups[group.name]; before || known.Groups == nil || history.Earlier == nil {
			continue
		}
		if err := s.catchUp(ctx, &plan, group, history); err != nil {
			return plan, err
		}
	}
	plan.Notes = append(plan.Notes, s.prices(listed)...)
	if s.options.Streams.Any {
		plan.Notes = append(plan.Notes, assumption.MicroVMAsserted.Clause().String())
	}
	return plan, nil
}

// merge adds to the groups that are listed those that were, and says what to remember.
func (s *Source) merge(listed []logGroup, known remembered) ([]logGroup, remembered) {
	now := s.options.Now()
	state := remembered{make(map[string]int64, len(listed))}
	for _, g := range listed {
		state.Groups[g.name] = now.Unix()
	}
	groups := slices.Clone(listed)
	for name, seen := range known.Groups {
		wanted := slices.ContainsFunc(s.options.Groups, func(pattern string) bool { return matches(pattern, name) })
		if _, there := state.Groups[name]; there || !wanted || now.Sub(time.Unix(seen, 0)) > unlistedFor {
			continue
		}
		state.Groups[name] = seen
		groups = append(groups, logGroup{name: name, hourly: -1})
	}
	slices.SortFunc(groups, func(a, b logGroup) int { return strings.Compare(a.name, b.name) })
	return groups, state
}

// matches reports whether a log group is one of a pattern.
func matches(pattern, name string) bool {
	prefix, open := strings.CutSuffix(pattern, "*")
	return name == pattern || open && strings.HasPrefix(name, prefix)
}

// nameMissing names the log groups that are configured by name and do not exist.
func (s *Source) nameMissing(plan *collector.Plan, groups []logGroup) {
	for _, pattern := range s.options.Groups {
		if strings.HasSuffix(pattern, "*") ||
			slices.ContainsFunc(groups, func(g logGroup) bool { return g.name == pattern }) {
			continue
		}
		plan.Quarantined = append(plan.Quarantined, collector.Quarantine{
			What: "log group " + pattern, Series: pattern, Reason: "it does not exist, and nothing is read of it",
		})
	}
}

// catchUp plans what was read without a group that is new, from when it was made.
func (s *Source) catchUp(
	ctx context.Context, plan *collector.Plan, group logGroup, history collector.History,
) error {
	windows, err := history.Earlier(ctx)
	if err != nil {
		return err
	}
	for _, w := range windows {
		w.From = civil.Later(w.From, group.created.UTC().Truncate(w.Period))
		if w.From.Before(w.To) {
			if err := s.batches(plan, group, w); err != nil {
				return err
			}
		}
	}
	return nil
}
