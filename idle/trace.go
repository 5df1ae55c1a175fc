package idle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"microspend/internal/nearest"

	"microspend/pricing"
)

// Trace is what was seen of requests: for each MicroVM when it was busy and how long it then waited. Where a source
// names no MicroVM, its gaps are those of one.
type Trace struct {
	MicroVMs []MicroVM    // nil where the trace has more than KeptGaps gaps
	All      Distribution // of every gap
	Count    int64        // of MicroVMs
	Requests int64        // that the source counts; 0 where it does not
	PeriodMS int64        // that the trace covers; 0 where it does not say
	// Dated reports whether the starts of the MicroVMs are on one clock, so that what happened first is known across
	// them.
	Dated bool
	// SeenFromMS is the length from which gaps show in the trace; 0 where all do. Where it is not, timeouts below it
	// cannot be judged, nor lives be followed.
	SeenFromMS int64

	// What was left out, or changed, while reading.
	Adjacent int64          // pauses between adjacent minutes with requests, which a trace by minutes cannot measure
	Overlaps int64          // requests that came while one before was still running, or at the same moment
	Rounded  int64          // times finer than a millisecond, rounded half-even
	Unended  int64          // suspends in a ledger that no resume was seen for
	Ignored  []string       // columns that mean nothing here
	Notes    []pricing.Note // what has to be assumed of the source
	Unnamed  bool           // no tenant is named anywhere
}

// MicroVM is one MicroVM's part of a trace, or one tenant's where tenants are all that is known.
type MicroVM struct {
	ID, Tenant, Image string

	StartMS int64 // of its first request, from the start of the trace
	BusyMS  int64 // how long that one ran
	Steps   []Step
}

// Step is a wait and the request that ended it.
type Step struct{ GapMS, BusyMS int64 }

// KeptGaps is how many gaps a trace keeps in their order, which takes 16 bytes each. Of a longer trace the
// distribution alone is kept: it has everything but the lives of MicroVMs, policies that learn, and choices by tenant.
const KeptGaps = 25_000_000

// microVMKey tells MicroVMs apart.
type microVMKey struct{ id, tenant, image string }

func (k microVMKey) compare(other microVMKey) int {
	return cmp.Or(cmp.Compare(k.tenant, other.tenant), cmp.Compare(k.image, other.image), cmp.Compare(k.id, other.id))
}

func (vm *MicroVM) key() microVMKey { return microVMKey{vm.ID, vm.Tenant, vm.Image} }

// builder puts a trace together, gap by gap.
type builder struct {
	trace Trace
	tally tally
	index map[microVMKey]int
	kept  int64
	limit int64
	over  bool // more gaps than are kept

	tooMany bool // MicroVMs
}

func newBuilder(limit int64) *builder { return &builder{index: map[microVMKey]int{}, limit: limit} }

// microVM is the place of a MicroVM, which is made if it is new.
func (b *builder) microVM(key microVMKey) (at int, fresh bool) {
	at, known := b.index[key]
	if !known && len(b.trace.MicroVMs) == MaxMicroVMs {
		b.tooMany = true
		return 0, false
	}
	if !known {
		// What the reader gives are pieces of whole rows, which would be kept with them.
		key = microVMKey{strings.Clone(key.id), strings.Clone(key.tenant), strings.Clone(key.image)}
		at = len(b.trace.MicroVMs)
		b.index[key] = at
		b.trace.MicroVMs = append(b.trace.MicroVMs, MicroVM{ID: key.id, Tenant: key.tenant, Image: key.image})
	}
	return at, !known
}

func (b *builder) gap(at int, step Step) {
	b.tally.add(step.GapMS)
	if b.over {
		return
	}
	if b.kept++; b.kept > b.limit {
		b.over = true
		for i := range b.trace.MicroVMs {
			b.trace.MicroVMs[i].Steps = nil
		}
		return
	}
	vm := &b.trace.MicroVMs[at]
	vm.Steps = append(vm.Steps, step)
}

// stretch is work of one MicroVM without a pause, which may still go on: requests that overlap or touch. The zero
// value has none yet.
type stretch struct {
	begun, later bool
	gap          int64 // before it, if it is a later one than the first
	from, to     int64 // on the trace's clock
}

// request adds a request, which begins no earlier than those before it, and reports whether it came without a pause.
func (b *builder) request(at int, s *stretch, from, to int64) (noPause bool) {
	switch {
	case !s.begun:
		b.trace.MicroVMs[at].StartMS = from
		*s = stretch{begun: true, from: from, to: to}
	case from <= s.to:
		s.to = max(s.to, to)
		return true
	default:
		b.close(at, *s)
		*s = stretch{begun: true, later: true, gap: from - s.to, from: from, to: to}
	}
	return false
}

// close makes the stretch a step of its MicroVM, or the start of it.
func (b *builder) close(at int, s stretch) {
	if s.later {
		b.gap(at, Step{s.gap, s.to - s.from})
	} else {
		b.trace.MicroVMs[at].BusyMS = s.to - s.from
	}
}

// MaxMicroVMs is how many MicroVMs a trace can tell apart.
const MaxMicroVMs = 1_000_000

// errTooMany is for traces with more.
var errTooMany = fmt.Errorf("it tells more than %d MicroVMs apart; give those of some tenants, or gaps without "+
	"microvm_id", MaxMicroVMs)

// ErrNoGaps is for traces that hold nothing to decide on.
var ErrNoGaps = errors.New("there are no gaps in it")

func (b *builder) done() (*Trace, error) {
	if b.tooMany {
		return nil, errTooMany
	}
	var err error
	if b.trace.All, err = b.tally.distribution(); err != nil {
		return nil, err
	}
	if b.trace.All.Gaps() == 0 {
		return nil, ErrNoGaps
	}
	b.trace.Count = int64(len(b.trace.MicroVMs))
	b.trace.Unnamed = true
	for _, vm := range b.trace.MicroVMs {
		b.trace.Unnamed = b.trace.Unnamed && vm.Tenant == ""
	}
	if b.over {
		b.trace.MicroVMs = nil
		return &b.trace, nil
	}
	for i := range b.trace.MicroVMs {
		b.trace.MicroVMs[i].Steps = slices.Clip(b.trace.MicroVMs[i].Steps)
	}
	if b.busyTooLong() {
		return nil, errTooLong
	}
	slices.SortStableFunc(b.trace.MicroVMs, func(x, y MicroVM) int { return x.key().compare(y.key()) })
	return &b.trace, nil
}

// busyTooLong reports whether requests ran for so long together that sums of it would overflow.
func (b *builder) busyTooLong() bool {
	left := int64(maxTotalMS)
	for i := range b.trace.MicroVMs {
		if left -= b.trace.MicroVMs[i].BusyMS; left < 0 {
			return true
		}
		for _, step := range b.trace.MicroVMs[i].Steps {
			if left -= step.BusyMS; left < 0 {
				return true
			}
		}
	}
	return false
}

// Only returns the trace of one tenant. It is an error if the trace does not have it.
func (t *Trace) Only(tenant string) (*Trace, error) {
	if t.MicroVMs == nil {
		return nil, fmt.Errorf("the trace has more than %d gaps, whose tenants are not kept; give those of one "+
			"tenant", int64(KeptGaps))
	}
	part := *t
	part.MicroVMs = slices.DeleteFunc(slices.Clone(t.MicroVMs), func(vm MicroVM) bool { return vm.Tenant != tenant })
	if len(part.MicroVMs) == 0 {
		var names []string
		for _, vm := range t.MicroVMs {
			names = append(names, vm.Tenant)
		}
		return nil, fmt.Errorf("there is no tenant %.200q in the trace%s", tenant, nearest.Meant(tenant, names))
	}
	part.Count = int64(len(part.MicroVMs))
	part.Requests = 0 // the source counts those of all tenants together
	if part.All = distributionOf(part.MicroVMs, nil); part.All.Gaps() == 0 {
		return &part, fmt.Errorf("tenant %q has no gaps in it", tenant)
	}
	return &part, nil
}

// ByTenant counts the gaps of each tenant, those without any left out. It is an error where the trace is too large to
// tell them apart.
func (t *Trace) ByTenant() (map[string]Distribution, error) {
	if t.MicroVMs == nil {
		return nil, fmt.Errorf("the trace has more than %d gaps, whose tenants are not kept", int64(KeptGaps))
	}
	all := map[string]Distribution{}
	for part := range t.parts(byTenant) {
		if d := distributionOf(part.vms, nil); d.Gaps() > 0 {
			all[part.key] = d
		}
	}
	return all, nil
}

// served is how many requests the lives of MicroVMs serve: those that the source counts, or else one for each wait and
// one to begin with.
func (t *Trace) served() int64 {
	if t.Requests > 0 {
		return t.Requests
	}
	return t.All.Gaps() + t.Count
}

// Period is what the trace covers. Where the source does not say, the longest series of gaps and requests is taken for
// it.
func (t *Trace) Period() (ms int64, known bool) {
	if t.PeriodMS > 0 {
		return t.PeriodMS, true
	}
	longest := int64(0)
	for _, vm := range t.MicroVMs {
		length := vm.BusyMS
		for _, step := range vm.Steps {
			length += step.GapMS + step.BusyMS
		}
		longest = max(longest, length)
	}
	if t.MicroVMs == nil {
		longest = t.All.TotalMS()
	}
	return longest, false
}
