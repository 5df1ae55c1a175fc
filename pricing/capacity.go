package pricing

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"

	"microspend/internal/figures"
	"microspend/pricing/assumption"
)

// Capacity is what one machine, task or request of an alternative offers, or what the workload needs of it.
type Capacity struct {
	VCPU, GB         decimal.Decimal // zero where not known
	PeakVCPU, PeakGB decimal.Decimal // the most in bursts; zero where there are none
	Life             Life            // of one run without a stop
	Isolation        Isolation       // "" where not known, or where none is needed
	Burstable        bool            // the vCPUs are sustained in part only
	Limits           []Limit         // what of this is published, and where
}

// Limit is a fact that is published about an alternative besides its price.
type Limit struct {
	Of         string // its key in limits.yaml, such as isolation
	Is         string // as the table has it
	Source     string
	ReadOn     string // a day, or as much of one as is known
	Confidence string // "medium" where the copy that was read has no date, "" where it has one
}

// Life is how long one run lasts, in seconds, rounded up to a whole one where it is needed.
type Life struct {
	Seconds   decimal.Decimal // zero where not known or unlimited
	Unlimited bool
}

// Isolation is how what runs for one user is kept from what runs for others.
type Isolation string

// The kinds of isolation, strongest first. Untrusted code needs a kernel of its own, which the first three have.
const (
	IsolationMicroVM   Isolation = "microVM"
	IsolationVM        Isolation = "VM"
	IsolationGVisor    Isolation = "gVisor"    // a kernel in user space
	IsolationContainer Isolation = "container" // shares its host's kernel
	IsolationShared    Isolation = "shared VM" // users share a machine and its kernel
	// OwnKernel is what a workload needs, never what an alternative offers.
	OwnKernel Isolation = "own kernel"
)

func (i Isolation) hasOwnKernel() bool {
	return slices.Contains([]Isolation{IsolationMicroVM, IsolationVM, IsolationGVisor}, i)
}

// String is a life as people say it, at most to a hundredth: "15 min", "7 h", "14 days".
func (l Life) String() string {
	switch {
	case l.Unlimited:
		return "no limit"
	case l.Seconds.IsZero():
		return "not known"
	case l.Seconds.LessThan(secondsPerMinute):
		return figures.UpTo(l.Seconds, 2) + " s"
	case l.Seconds.LessThan(secondsPerHour):
		return figures.UpTo(Divide(l.Seconds, secondsPerMinute, AmountPlaces), 2) + " min"
	case l.Seconds.LessThan(secondsPerHour.Mul(decimal.NewFromInt(48))):
		return figures.UpTo(Divide(l.Seconds, secondsPerHour, AmountPlaces), 2) + " h"
	default:
		return figures.UpTo(Divide(l.Seconds, secondsPerHour.Mul(decimal.NewFromInt(24)), AmountPlaces), 2) + " days"
	}
}

// MicroVMCapacity is what a MicroVM of a size offers: its baseline, bursts up to its peak, and eight hours.
func MicroVMCapacity(size Size) Capacity {
	return Capacity{
		VCPU: size.VCPU(), GB: size.GB(), PeakVCPU: size.PeakVCPU(), PeakGB: size.PeakGB(),
		Life: Life{Seconds: decimal.NewFromInt(MaxLifeSeconds)}, Isolation: IsolationMicroVM,
	}
}

// Needs is what the demand needs of whatever runs atOnce users or jobs at a time, where its running time is split into
// that many runs: the baseline of each, as all of them may be busy at the same moment, and the mean length of a run.
func (d Demand) Needs(atOnce, runs decimal.Decimal) Capacity {
	need := Capacity{
		VCPU: d.Size.VCPU().Mul(atOnce), GB: d.Size.GB().Mul(atOnce),
		PeakVCPU: d.Peak.VCPU.Mul(atOnce), PeakGB: d.Peak.GB.Mul(atOnce),
		Life: Life{Seconds: d.Running},
	}
	if runs.IsPositive() {
		need.Life.Seconds = Divide(d.Running, runs, AmountPlaces)
	}
	if d.OwnKernel {
		need.Isolation = OwnKernel
	}
	return need
}

// Lacks says in what an offer falls short of a need, each in a clause; it is empty where it does not, as far as the
// offer is known. A burst is no reason: what offers the baseline alone does the same work, and takes longer over it.
func (c Capacity) Lacks(need Capacity) (reasons []string) {
	if c.VCPU.IsPositive() && c.VCPU.LessThan(need.VCPU) {
		reasons = append(reasons, fmt.Sprintf("it has %s of the %s vCPU that are needed",
			figures.UpTo(c.VCPU, 3), figures.UpTo(need.VCPU, 3)))
	}
	if c.GB.IsPositive() && c.GB.LessThan(need.GB) {
		reasons = append(reasons, fmt.Sprintf("it has %s of the %s GB of memory that are needed",
			figures.UpTo(c.GB, 3), figures.UpTo(need.GB, 3)))
	}
	if c.Life.Seconds.IsPositive() && c.Life.Seconds.LessThan(need.Life.Seconds) {
		reasons = append(reasons, fmt.Sprintf("one run lasts %s at most, and %s is needed", c.Life, need.Life))
	}
	if need.Isolation == OwnKernel && c.Isolation != "" && !c.Isolation.hasOwnKernel() {
		reasons = append(reasons, "untrusted code shares a kernel with that of others")
	}
	return reasons
}

// Judged is the alternative with what the demand needs of it, and the reasons why it cannot do the job.
func (a Alternative) Judged(d Demand) Alternative {
	atOnce, runs := decimal.Max(a.AtOnce, one), orElse(a.Runs, d.Stretches)
	if d.Jobs.IsZero() {
		atOnce = decimal.Min(atOnce, d.Users)
	}
	a.Needs = d.Needs(atOnce, runs)
	a.Cannot = a.Offers.Lacks(a.Needs)
	if a.Kind == KindFunction && d.OwnKernel {
		a.Notes = append(a.Notes, assumption.FunctionTenants.Clause())
	}
	if a.Offers.Burstable {
		a.Notes = append(a.Notes, assumption.BurstableCPU.Clause())
	}
	if atOnce.GreaterThan(one) {
		a.Notes = append(a.Notes, assumption.AllAtOnce.Clause())
	}
	if len(a.Cannot) > 0 && atOnce.GreaterThan(one) {
		noun := "user"
		if d.Jobs.IsPositive() {
			noun = "job"
		}
		a.Cannot = append(a.Cannot, fmt.Sprintf("%s are on it at once", figures.CountOf(atOnce, noun)))
	}
	return a
}

// Unstated are the parts of what the alternative offers that nobody states and that the demand asks for, so that they
// rule nothing out and vouch for nothing.
func (a Alternative) Unstated() (parts []string) {
	for _, part := range []struct {
		name   string
		stated bool
	}{
		{"vCPU", a.Offers.VCPU.IsPositive()},
		{"memory", a.Offers.GB.IsPositive()},
		{"longest run", a.Offers.Life.Unlimited || a.Offers.Life.Seconds.IsPositive()},
		{"isolation", a.Offers.Isolation != "" || a.Needs.Isolation == ""},
	} {
		if !part.stated {
			parts = append(parts, part.name)
		}
	}
	return parts
}

// limits are what is published about an alternative besides its price, by what each is of; what is left out is not
// known.
type limits map[string]Limit

// The keys of limits.
const (
	ofIsolation  = "isolation"
	ofLife       = "life" // seconds, or unlimited
	ofVCPU       = "vcpu"
	ofMemory     = "memory"
	ofMostVCPU   = "most_vcpu"
	ofMostMemory = "most_memory"
	ofVCPUMiB    = "vcpu_mib"
)

const unlimited = "unlimited"

// UnmarshalYAML refuses a limit without a source or a date, and one that says nothing the comparison could read: it
// would pass for one that is not known.
func (l *limits) UnmarshalYAML(node *yaml.Node) error {
	var file map[string]struct {
		Is         figureText `yaml:"is"`
		Source     string     `yaml:"source"`
		ReadOn     string     `yaml:"read_on"`
		Confidence string     `yaml:"confidence"`
	}
	if err := node.Decode(&file); err != nil {
		return err
	}
	*l = limits{}
	for of, f := range file {
		limit := Limit{of, string(f.Is), f.Source, f.ReadOn, f.Confidence}
		if f.Source == "" || !partialDate.MatchString(f.ReadOn) {
			return fmt.Errorf("line %d: %s: a limit names its source and the date it was read on", node.Line, of)
		}
		if f.Confidence != "" && f.Confidence != "medium" {
			return fmt.Errorf("line %d: %s: confidence is medium, or left out", node.Line, of)
		}
		if !limit.readable() {
			return fmt.Errorf("line %d: %s: %q is not one that a comparison knows", node.Line, of, f.Is)
		}
		(*l)[of] = limit
	}
	return nil
}

func (l Limit) readable() bool {
	switch l.Of {
	case ofIsolation:
		return Isolation(l.Is).hasOwnKernel() || Isolation(l.Is) == IsolationContainer
	case ofLife:
		return l.Is == unlimited || l.figure().IsPositive()
	case ofVCPU, ofMemory, ofMostVCPU, ofMostMemory, ofVCPUMiB:
		return l.figure().IsPositive()
	default:
		return false
	}
}

// limitTable is the limits by kind and by the name of one of them.
type limitTable map[Kind]map[string]limits

func (t limitTable) of(kind Kind, name string) limits {
	if found, listed := t[kind][name]; listed {
		return found
	}
	return t[kind]["any"]
}

// figure reads a number or a size; one that is left out is zero, which is not known.
func (l Limit) figure() decimal.Decimal {
	if gb, err := ParseGB(l.Is); err == nil {
		return gb
	}
	value, err := ParseDecimal(l.Is)
	if err != nil {
		return decimal.Decimal{}
	}
	return value
}

// offer is what an alternative with the given vCPUs and GB offers; zero stands for what the limits say.
func (l limits) offer(vcpu, gb decimal.Decimal) Capacity {
	least := func(a, most decimal.Decimal) decimal.Decimal {
		if most.IsPositive() {
			return decimal.Min(a, most)
		}
		return a
	}
	offer := Capacity{
		VCPU:      least(orElse(vcpu, l[ofVCPU].figure()), l[ofMostVCPU].figure()),
		GB:        least(orElse(gb, l[ofMemory].figure()), l[ofMostMemory].figure()),
		Life:      Life{Seconds: l[ofLife].figure(), Unlimited: l[ofLife].Is == unlimited},
		Isolation: Isolation(l[ofIsolation].Is),
	}
	for _, of := range slices.Sorted(maps.Keys(l)) {
		offer.Limits = append(offer.Limits, l[of])
	}
	return offer
}
