package collector

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"microspend/ledger/audit"
	"microspend/usage"
)

// Where a source's batches are origins that vouch for what is read of them ([Traits.Origins]), two of them that say
// something else of one resource are a conflict: at least one has been forged, and which one nobody can tell. Neither
// may silently win. The origin that had it first stays, its records are not complete where the other one contradicts
// them, and both are named. The first is the ledger's, or of one stage the one that the service has had something of
// for longest, see [Result.FirstSeen]: what a record says of its own time is the forger's to choose.

const countContested = "records that another log group contradicts, which are not certain"

// AuditConflict is what the audit log calls a conflict of two origins.
const AuditConflict = "conflict"

// claim is what the origins of a stage say of a resource that more than one has.
type claim struct {
	first   string               // the origin that had it first
	since   int64                // when, in Unix milliseconds
	periods map[int64]claimedFor // by start of a period
}

// claimedFor is what was said first of a period.
type claimedFor struct {
	origin, image string
	amounts       usage.Amounts
	contested     bool
}

// claimant is a resource, by what records of it are keyed by.
type claimant struct {
	region, account string
	resource        usage.Resource
}

func claimantOf(r *usage.Record) claimant { return claimant{r.Region, r.Account, r.Resource} }

// conflicts are those of the stages that are committed together.
type conflicts struct {
	claims map[claimant]*claim

	mu    sync.Mutex // guards what follows: the ledger asks for several days at a time
	found map[Target][]Quarantine
}

// originOf is the origin of a batch, by its key.
func originOf(key string) string {
	_, id, _ := strings.Cut(key, "/")
	return id
}

// findConflicts looks through the journal for resources that several origins have: first which those are, then, of
// those alone, what is said of their periods.
func (c *collection) findConflicts() (*conflicts, error) {
	found := &conflicts{claims: map[claimant]*claim{}, found: map[Target][]Quarantine{}}
	if !c.traits.Origins {
		return found, nil
	}
	seen := map[claimant]claim{}
	err := c.eachOfJournal(func(b *batchEntry, r *usage.Record) {
		origin, since := originOf(b.Key), b.since(r)
		of, before := seen[claimantOf(r)]
		if before && of.first != origin && found.claims[claimantOf(r)] == nil {
			found.claims[claimantOf(r)] = &claim{periods: map[int64]claimedFor{}}
		}
		earlier := since < of.since || since == of.since && origin < of.first
		if !before || earlier {
			seen[claimantOf(r)] = claim{first: origin, since: since}
		}
	})
	if err != nil || len(found.claims) == 0 {
		return found, err
	}
	for of, claim := range found.claims {
		claim.first, claim.since = seen[of].first, seen[of].since
	}
	return found, c.eachOfJournal(func(b *batchEntry, r *usage.Record) {
		if claim := found.claims[claimantOf(r)]; claim != nil {
			found.claimed(claim, originOf(b.Key), r)
		}
	})
}

// claimed takes in what an origin says of a period. What two of them say alike is no conflict, as of copies of a group.
func (f *conflicts) claimed(of *claim, origin string, r *usage.Record) {
	start := r.PeriodStart.Unix()
	first, known := of.periods[start]
	switch {
	case !known:
		of.periods[start] = claimedFor{origin: origin, image: r.Image, amounts: r.Amounts}
		return
	case first.origin == origin:
		return
	case first.amounts != r.Amounts:
		first.contested = true
		f.name(r, first.origin, origin)
	}
	if origin == of.first || first.origin != of.first && origin < first.origin {
		first.origin, first.image, first.amounts = origin, r.Image, r.Amounts
	}
	of.periods[start] = first
}

// settle decides what becomes of a record of the journal: whether it counts, and whether it is contested, which it then
// says of itself.
func (f *conflicts) settle(origin string, r *usage.Record) (counts, contested bool) {
	of := f.claims[claimantOf(r)]
	if of == nil {
		return true, false
	}
	period := of.periods[r.PeriodStart.Unix()]
	if period.origin != origin {
		return false, false
	}
	if origin != of.first {
		f.name(r, of.first, origin)
	}
	contested = period.contested || origin != of.first
	if contested {
		r.Coverage = usage.CoverageUnknown
	}
	return true, contested
}

// replacing decides about a record that would take the place of one of the ledger. One of another image is of another
// origin, as no MicroVM ever changes its image: what the ledger has stays, and is not certain any more.
func (f *conflicts) replacing(before, after *usage.Record) usage.Record {
	if before.Amounts == after.Amounts || before.Image == "" || after.Image == "" ||
		baseName(before.Image) == baseName(after.Image) {
		return *after
	}
	f.name(after, "of image "+baseName(before.Image), "of image "+baseName(after.Image))
	kept := *before
	kept.Coverage = usage.CoverageUnknown
	return kept
}

// baseName is an image's name, of its ARN or alone.
func baseName(image string) string { return image[strings.LastIndexByte(image, ':')+1:] }

// name names both sides of a conflict.
func (f *conflicts) name(r *usage.Record, one, other string) {
	sides := []string{one, other}
	slices.Sort(sides)
	target := Target{r.Account, r.Region}
	length := time.Duration(r.PeriodSeconds) * time.Second
	q := Quarantine{
		Target: target, Window: Window{r.PeriodStart.UTC(), r.PeriodStart.UTC().Add(length), length},
		What: r.Resource.String(),
		Reason: fmt.Sprintf(
			"the log groups %s and %s both have usage of it, and no MicroVM logs to two; the one that had it "+
				"first stays, and is not certain",
			shortened(sides[0]),
			shortened(sides[1]),
		),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.found[target] {
		if known := &f.found[target][i]; known.What == q.What && known.Reason == q.Reason {
			known.Window = known.Window.with(q.Window)
			return
		}
	}
	f.found[target] = append(f.found[target], q)
}

// shortened leaves room in a reason for both sides.
func shortened(name string) string { return cut(name, maxReason/3) }

// tell hands what was found to the stages of its targets.
func (f *conflicts) tell(stages []*stage) {
	for _, s := range stages {
		s.conflicts = found(f.found[s.Target], s.Target, Window{})
		delete(f.found, s.Target)
	}
}

// auditConflicts makes entries in the audit log of those that are news.
func (c *collection) auditConflicts(s *stage, named []Quarantine) error {
	for _, q := range named {
		isConflict := slices.ContainsFunc(
			s.conflicts,
			func(of Quarantine) bool { return of.What == q.What && of.Reason == q.Reason },
		)
		if !isConflict {
			continue
		}
		err := c.writer.Audit(audit.Entry{
			Action: AuditConflict, Source: audit.Source{Targets: []string{c.Source.Name() + " " + s.Target.String()}},
			Records: []string{fmt.Sprintf("%s, %s", q.What, q.Window)}, Note: q.Reason,
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// eachOfJournal gives the records of the journal with the batches that they are of.
func (c *collection) eachOfJournal(do func(b *batchEntry, r *usage.Record)) error {
	return c.journal.replay(func(planEntry) error { return nil }, func(b batchEntry, text []byte) error {
		return eachRecord(text, func(r *usage.Record) { do(&b, r) })
	})
}

// since is when the service first had something of a record's resource; its period where the source does not say.
func (b *batchEntry) since(r *usage.Record) int64 {
	if at, known := b.FirstSeen[r.Resource.String()]; known {
		return at
	}
	return r.PeriodStart.UnixMilli()
}
