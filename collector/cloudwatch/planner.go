package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/usage"
)

// planner makes the plan of a window: of what is listed, and of what is known and may have data in it.
type planner struct {
	source  *Source
	target  collector.Target
	window  collector.Window
	history collector.History
	now     time.Time
	known   *knowledge // nil where nothing is
	next    *knowledge // what is known after the plan
	owners  map[owner]int
	plan    *collector.Plan
}

// wanted is a subject that may have data in the window.
type wanted struct {
	metrics uint16
	ask     bool // rather than being there for others of its owner
	listed  bool
	new     bool // to the target, which has been read before without it
	guess   bool // the ledger has its usage, of whichever mapping
}

func (p *planner) make(ctx context.Context, listed listing) error {
	recorded, err := p.recorded(ctx)
	if err != nil {
		return err
	}
	p.next = p.known.clone()
	all := make([]map[mapping.Subject]wanted, len(p.source.mappings))
	for i := range p.source.mappings {
		all[i] = p.collect(&p.source.mappings[i], listed.subjects[i])
	}
	p.guess(recorded, all)
	p.markNew(recorded, all)
	for i := range p.source.mappings {
		of := &p.source.mappings[i]
		planned, added := p.choose(i, all[i])
		if p.history.Part != "" && p.history.Part != of.Namespace {
			continue
		}
		if err := p.batches(of, planned, p.window); err != nil {
			return err
		}
		if err := p.lookBack(ctx, of, added); err != nil {
			return err
		}
	}
	p.sayWhatIsNotListed()
	p.next.at = hourOf(p.now)
	p.next.forget(p.now)
	p.plan.State, err = p.next.write()
	return err
}

// lookBack plans what was read of the lookback before the window, for those that are new.
func (p *planner) lookBack(ctx context.Context, of *mapped, added []subjectSeries) error {
	if len(added) == 0 {
		return nil
	}
	earlier, err := p.history.Earlier(ctx)
	for i := 0; err == nil && i < len(earlier); i++ {
		err = p.batches(of, added, earlier[i])
	}
	return err
}

// horizon is the time before which a series may have ended that is no longer listed.
func (p *planner) horizon() time.Time { return p.now.Add(-listedFor) }

// reachesBack reports whether the window begins before the horizon. The lookback of a first run is as long as listings
// reach, and is taken for that.
func (p *planner) reachesBack() bool {
	return p.window.From.Add(p.window.Period + listedAfter).Before(p.horizon())
}

// aMicroVMsLife is more than the eight hours that a MicroVM can live.
const aMicroVMsLife = 9 * time.Hour

// recorded lists whose usage the ledger has around the window, where listings do not tell: they do not reach so far
// back, or this version is the first to remember them. Of MicroVMs it has those that lived in the window.
func (p *planner) recorded(ctx context.Context) ([]collector.Recorded, error) {
	from, to := p.now.Add(-listedFor), p.now
	switch {
	case p.history.Recorded == nil || !p.reachesBack() && (p.known != nil || p.history.Read.To.IsZero()):
		return nil, nil
	case p.reachesBack():
		from, to = p.window.From.Add(-listedFor), p.window.To.Add(listedFor)
	}
	around, err := p.history.Recorded(ctx, from, to)
	isMicroVM := func(r collector.Recorded) bool { return r.Resource.Kind == usage.KindMicroVM }
	if err != nil || !p.reachesBack() || !slices.ContainsFunc(around, isMicroVM) {
		return around, err
	}
	near, err := p.history.Recorded(ctx, p.window.From.Add(-aMicroVMsLife), p.window.To.Add(aMicroVMsLife))
	near = slices.DeleteFunc(near, func(r collector.Recorded) bool { return !isMicroVM(r) })
	return append(slices.DeleteFunc(around, isMicroVM), near...), err
}

// collect puts together what may be read of a mapping: what is listed, what was listed, and what is owed.
func (p *planner) collect(of *mapped, listed map[mapping.Subject]uint16) map[mapping.Subject]wanted {
	all := map[mapping.Subject]wanted{}
	add := func(s mapping.Subject, metrics uint16, ask bool) {
		had := all[s]
		all[s] = wanted{metrics: had.metrics | metrics, ask: had.ask || ask}
	}
	for s, one := range p.known.of(of.id) {
		add(s, one.Metrics&of.all(), one.mayHaveData(s, p.window.From, p.window.To))
	}
	for _, batch := range p.history.Owed {
		if spec, mapping, err := p.source.read(batch); err == nil && mapping.id == of.id {
			for i, values := range spec.Subjects {
				add(subjectFrom(values), spec.Metrics[i], true)
			}
		}
	}
	for s, metrics := range listed {
		add(s, metrics, true)
		one := all[s]
		one.listed = true
		all[s] = one
	}
	return all
}

// guess adds what only the ledger knows of, to every mapping that may have given it: the ledger does not say which did,
// and the others have no data of it.
func (p *planner) guess(recorded []collector.Recorded, all []map[mapping.Subject]wanted) {
	known := map[owner]bool{}
	for i := range all {
		for s := range all[i] {
			known[ownerOf(s)] = true
		}
	}
	for _, r := range recorded {
		for i := range all {
			of := &p.source.mappings[i]
			s, ok := of.subjectOf(p.target, r)
			if one, there := all[i][s]; ok && there {
				one.ask = one.ask || p.reachesBack()
				all[i][s] = one
			} else if ok && !known[ownerOf(s)] {
				all[i][s] = wanted{metrics: of.all(), ask: p.reachesBack(), guess: true}
			}
		}
	}
}

// markNew marks what is listed and was not when the target was last read: either it was not known, or the list had left
// it out, for so long that it was no longer asked for.
func (p *planner) markNew(recorded []collector.Recorded, all []map[mapping.Subject]wanted) {
	if p.history.Read.To.IsZero() || p.known != nil && p.known.full {
		return
	}
	inLedger := map[owner]bool{}
	for _, r := range recorded {
		inLedger[owner{unless(r.Account, p.target.Account), r.Resource}] = true
	}
	for i := range all {
		known := p.known.of(p.source.mappings[i].id)
		for s, one := range all[i] {
			was, before := known[s]
			if p.known == nil {
				before = inLedger[ownerOf(s)]
			} else if before {
				before = was.Last >= p.known.at || was.mayHaveData(s, p.window.From, p.window.To)
			}
			one.new = one.listed && !before
			all[i][s] = one
		}
	}
}

// choose puts the subjects to be read in order, and those of owners of which some are new. It leaves out what cannot be
// read, and says so.
func (p *planner) choose(index int, all map[mapping.Subject]wanted) (planned, added []subjectSeries) {
	of := &p.source.mappings[index]
	subjects := make([]subjectSeries, 0, len(all))
	for s, one := range all {
		switch err := of.checkSubject(p.target, s); {
		case err != nil && one.ask:
			p.refuse(of, s, err.Error())
		case err == nil && !p.isDirect(s.Account):
			subjects = append(subjects, subjectSeries{s, one.metrics})
		}
	}
	sortSubjects(subjects)
	for _, group := range groups(subjects) {
		ask := slices.ContainsFunc(group, func(s subjectSeries) bool { return all[s.Subject].ask })
		if !ask {
			continue
		}
		first := ownerOf(group[0].Subject)
		guessed := !slices.ContainsFunc(group, func(s subjectSeries) bool { return !all[s.Subject].guess })
		if earlier, twice := p.owners[first]; twice && !guessed {
			p.refuse(of, group[0].Subject, fmt.Sprintf("%q is in the metrics of %s as well, and would count twice; only those "+
				"are read. Tell them apart by their dimensions", shown(first.resource.String()),
				p.source.mappings[earlier].Namespace))
			continue
		}
		if !guessed {
			p.owners[first] = index
		}
		for queriesOf(group) > maxQueries {
			last := group[len(group)-1]
			p.refuse(of, last.Subject, "there are too many series of the same MicroVM")
			group = group[:len(group)-1]
		}
		for _, s := range group {
			if all[s.Subject].listed {
				p.next.note(of.id, s.Subject, s.metrics, p.now)
			}
		}
		planned = append(planned, group...)
		if slices.ContainsFunc(group, func(s subjectSeries) bool { return all[s.Subject].new }) {
			added = append(added, group...)
		}
		if account := first.account; account != "" &&
			!slices.Contains(p.plan.Accounts, account) {
			p.plan.Accounts = append(p.plan.Accounts, account)
		}
	}
	return planned, added
}

func (p *planner) isDirect(account string) bool {
	return account != "" && p.history.Direct != nil && p.history.Direct(account)
}

func (p *planner) refuse(of *mapped, s mapping.Subject, why string) {
	p.plan.Quarantined = append(p.plan.Quarantined, collector.Quarantine{
		What: of.Namespace + " " + of.describe(s), Reason: why, Series: ownerOf(s).String(),
	})
}

// batches cuts subjects into batches of a window. Those of one owner stay together.
func (p *planner) batches(of *mapped, subjects []subjectSeries, window collector.Window) error {
	most := int(max(1, min(maxQueries, maxDatapoints/max(1, window.Periods()))))
	var batch []subjectSeries
	queries := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		made, err := p.source.batch(of, batch, window, queries)
		p.plan.Batches = append(p.plan.Batches, made)
		batch, queries = nil, 0
		return err
	}
	for _, group := range groups(subjects) {
		more := queriesOf(group)
		if queries > 0 && queries+more > most {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, queries = append(batch, group...), queries+more
	}
	return flush()
}

// batch makes a batch of subjects.
func (s *Source) batch(of *mapped, subjects []subjectSeries, window collector.Window, queries int) (
	collector.Batch, error,
) {
	spec := batchSpec{Of: of.id}
	for _, s := range subjects {
		spec.Subjects = append(spec.Subjects, subjectValues(s.Subject))
		spec.Metrics = append(spec.Metrics, s.metrics)
	}
	text, err := json.Marshal(spec)
	pages := (int64(queries)*window.Periods() + maxDatapoints - 1) / maxDatapoints
	const readable = 200
	return collector.Batch{
		ID: of.Namespace + "/" + fit(ownerOf(subjects[0].Subject).String(), readable), Window: window, Spec: text,
		Cost: collector.Cost{
			Calls: max(1, pages), Metrics: int64(queries),
			APIPrice: s.options.Prices.ThousandMetricsRequested.Cost(int64(queries), 1000),
		},
	}, err
}

// sayWhatIsNotListed names what a window before the horizon lacks: what ended before and was never seen.
func (p *planner) sayWhatIsNotListed() {
	listed := slices.ContainsFunc(p.source.mappings, func(m mapped) bool {
		return len(m.Series) == 0 && (p.history.Part == "" || p.history.Part == m.Namespace)
	})
	if !listed || !p.reachesBack() {
		return
	}
	day := p.horizon().UTC().Truncate(24 * time.Hour)
	p.plan.Quarantined = append(p.plan.Quarantined, collector.Quarantine{
		Window: p.window,
		What:   "series that ended before " + day.Format(time.DateOnly) + " and were never collected",
		Reason: "CloudWatch lists only what had data in the last two weeks; name them under series to read them",
	})
}
