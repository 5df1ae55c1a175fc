package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// reading are settings of every query over usage. A partition has all rows of its keys, as the period's start is one of
// them, so that FINAL need not look across partitions.
var reading = map[string]string{
	"do_not_merge_across_partitions_select_final": "1",
	"max_bytes_before_external_group_by":          "4000000000",
	"max_bytes_before_external_sort":              "2000000000",
	"max_execution_time":                          "0",
	"max_query_size":                              "33554432", // a query names its days
}

// plans is how often an answer is begun anew because a writer has changed a day meanwhile, before the rows alone
// answer. Those are read by a single query, which sees a single state of the table.
const plans = 3

// Aggregate implements [ledger.Reader].
func (l *Ledger) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	if err := q.Check(); err != nil {
		return ledger.Result{}, err
	}
	found, err := l.states(ctx)
	if err != nil {
		return ledger.Result{}, err
	}
	for attempt := 1; ; attempt++ {
		b := boundsOf(&q, found.days())
		p := b.plan(&q, found)
		if attempt > plans {
			p.raw, p.hourly = slices.Sorted(slices.Values(slices.Concat(p.raw, p.hourly))), nil
		}
		groups, complete, err := l.answer(ctx, &q, b, p)
		if err != nil {
			return ledger.Result{}, err
		}
		if len(p.hourly) > 0 {
			if found, err = l.states(ctx); err != nil {
				return ledger.Result{}, err
			}
			if !complete || !p.states.same(found, slices.Concat(p.hourly, p.raw)) {
				continue
			}
		}
		if q.TooMany(len(groups)) {
			return ledger.Result{}, &ledger.TooManyGroupsError{Most: q.Most}
		}
		answer := result(groups)
		answer.Read = p.read()
		return answer, nil
	}
}

// answer asks what a plan says. It is not complete where a rollup was replaced meanwhile.
func (l *Ledger) answer(ctx context.Context, q *ledger.Query, b *bounds, p *plan) (
	groups map[ledger.Group]*usage.Sum, complete bool, err error,
) {
	groups = map[ledger.Group]*usage.Sum{}
	complete = true
	s := l.client.schema()
	if len(p.hourly) > 0 {
		days := uint64(0)
		err = l.sums(ctx, q, b, s.hourlyStatement(q, b, p.hourly, p.states), groups, func(r *rowReader) { days = r.uint64() })
		complete = days == uint64(len(p.hourly))
	}
	if err == nil && len(p.raw) > 0 {
		err = l.sums(ctx, q, b, l.rawStatement(q, b, p.raw), groups, nil)
	}
	return groups, complete, err
}

// sums adds the rows of an answer to the groups. rest reads what follows the sums.
func (l *Ledger) sums(ctx context.Context, q *ledger.Query, b *bounds, st *statement,
	groups map[ledger.Group]*usage.Sum, rest func(*rowReader),
) error {
	settings := maps.Clone(reading)
	text := st.text
	if q.Most > 0 { // the server stops as soon as there are too many
		settings["max_rows_to_group_by"], settings["group_by_overflow_mode"] = fmt.Sprint(q.Most), "throw"
		text += fmt.Sprintf(" LIMIT %d", q.Most+1)
	}
	days := map[int64]time.Time{}
	err := l.client.rows(ctx, request{text: text, settings: settings}, func(r *rowReader) error {
		var key ledger.Group
		for _, f := range st.names {
			switch {
			case f == ledger.FieldResource:
				key.Resource = r.resource()
			case f == ledger.FieldKind && slices.Contains(st.names, ledger.FieldResource):
			default:
				key.Set(f, r.name())
			}
		}
		if st.byDay {
			at := r.int64()
			if _, known := days[at]; !known {
				days[at] = civil.DayOf(time.Unix(at, 0), b.loc).Start(b.loc)
			}
			key.Day = days[at]
		}
		sum := usage.Sum{
			Records:        r.int64(),
			ByDate:         usage.Uint128{Lo: r.uint64()},
			Seconds:        r.uint128(),
			CoveredSeconds: r.uint128(),
		}
		for _, m := range st.measures {
			sum.Amounts[m] = r.uint128()
		}
		if rest != nil {
			rest(r)
		}
		if known := groups[key]; known != nil {
			known.Merge(&sum)
		} else {
			groups[key] = &sum
		}
		return r.err
	})
	if hasCode(err, codeTooManyRows) {
		return &ledger.TooManyGroupsError{Most: q.Most}
	}
	return err
}

// result puts groups in the order of their keys.
func result(groups map[ledger.Group]*usage.Sum) (out ledger.Result) {
	for key, sum := range groups {
		key.Sum = *sum
		out.Groups = append(out.Groups, key)
	}
	slices.SortFunc(out.Groups, func(a, b ledger.Group) int { return compareGroups(&a, &b) })
	return out
}

func compareGroups(a, b *ledger.Group) int {
	for f := range ledger.FieldDay {
		if c := cmp.Compare(a.Name(f), b.Name(f)); c != 0 {
			return c
		}
	}
	return a.Day.Compare(b.Day)
}
