package pricing

import (
	"fmt"
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

// String is a life as people say it, at most to a hundredth: "15 min", "7 h".
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
	default:
		return figures.UpTo(Divide(l.Seconds, secondsPerHour, AmountPlaces), 2) + " h"
	}
}

// MicroVMCapacity is what a MicroVM of a size offers: its baseline, bursts up to its peak, and eight hours.
func MicroVMCapacity(size Size) Capacity {
	return Capacity{
		VCPU: size.VCPU(), GB: size.GB(), PeakVCPU: size.PeakVCPU(), PeakGB: size.PeakGB(),
		Life: Life{Seconds: decimal.NewFromInt(MaxLifeSeconds)}, Isolation: IsolationMicroVM,
	}
}

// Needs is what the demand needs of whatever runs so many users or jobs at once, where its running time is split into
// so many runs: the baseline of each, as all of them may be busy at the same moment, and the mean length of a run.
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

// SizeKnown reports whether it is known what the alternative offers, so that it can be told to be large enough.
func (a Alternative) SizeKnown() bool { return a.Offers.VCPU.IsPositive() && a.Offers.GB.IsPositive() }

// stated is a fact about an alternative that somebody publishes.
type stated struct {
	is, source, readOn string
}

func (s *stated) UnmarshalYAML(node *yaml.Node) error {
	var file struct {
		Is     figureText `yaml:"is"`
		Source string     `yaml:"source"`
		ReadOn string     `yaml:"read_on"`
	}
	if err := node.Decode(&file); err != nil {
		return err
	}
	if file.Is == "" || file.Source == "" || !partialDate.MatchString(file.ReadOn) {
		return fmt.Errorf("line %d: a limit says what it is, its source and the date it was read on", node.Line)
	}
	*s = stated{string(file.Is), file.Source, file.ReadOn}
	return nil
}

// limits are what is published about an alternative besides its price.
type limits struct {
	Isolation  stated `yaml:"isolation"`
	Life       stated `yaml:"life"` // seconds, or unlimited
	VCPU       stated `yaml:"vcpu"`
	Memory     stated `yaml:"memory"`
	MostVCPU   stated `yaml:"most_vcpu"`
	MostMemory stated `yaml:"most_memory"`
	VCPUMiB    stated `yaml:"vcpu_mib"`
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
func (s stated) figure() decimal.Decimal {
	if gb, err := ParseGB(s.is); err == nil {
		return gb
	}
	value, err := ParseDecimal(s.is)
	if err != nil {
		return decimal.Decimal{}
	}
	return value
}

// offer is what an alternative of so many vCPUs and GB offers; zero stands for what the limits say.
func (l limits) offer(vcpu, gb decimal.Decimal) Capacity {
	least := func(a, most decimal.Decimal) decimal.Decimal {
		if most.IsPositive() {
			return decimal.Min(a, most)
		}
		return a
	}
	return Capacity{
		VCPU:      least(orElse(vcpu, l.VCPU.figure()), l.MostVCPU.figure()),
		GB:        least(orElse(gb, l.Memory.figure()), l.MostMemory.figure()),
		Life:      Life{Seconds: l.Life.figure(), Unlimited: l.Life.is == "unlimited"},
		Isolation: Isolation(l.Isolation.is),
	}
}
