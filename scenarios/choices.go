package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"microspend/pricing"
)

// The types in this file can hold only the words listed for them.

// archName is the processor architecture of an alternative.
type archName string

// microVMArch is the architecture of a MicroVM; see [pricing.Arch].
type microVMArch pricing.Arch

// billedHours says when an alternative bills.
type billedHours string

// purchase is how an EC2 instance is bought.
type purchase string

// Verdict reports whether a printed figure agrees with the exact one.
type Verdict string

// Trait is something that a workload needs and its figures do not show.
type Trait string

// The words of the types above.
const (
	archARM64 archName = "arm64"
	archX86   archName = "x86"

	activeHours billedHours = "active" // running time only
	alwaysHours billedHours = "always" // the whole month of 730 hours

	onDemand    purchase = "on-demand"
	spotPrice   purchase = "spot"
	savingsPlan purchase = "savings-plan"

	Follows Verdict = "follows" // the exact figure rounds to the printed one
	Differs Verdict = "differs"

	TraitState        Trait = "state"                  // kept between requests
	TraitUntrusted    Trait = "untrusted-code"         // runs users' code
	TraitLongRunning  Trait = "long-running"           // longer than 15 minutes at a stretch
	TraitConnections  Trait = "persistent-connections" // WebSocket and the like
	TraitFullOS       Trait = "full-os"                // FUSE, eBPF, Docker
	TraitStateless    Trait = "stateless"
	TraitHighVolume   Trait = "high-volume"
	TraitEventDriven  Trait = "event-driven" // S3, SQS
	TraitSelfScaling  Trait = "self-scaling" // scales to thousands by itself
	TraitSubSecond    Trait = "sub-second"   // needs sub-second billing
	TraitContinuous   Trait = "continuous"   // computes around the clock
	TraitCustomKernel Trait = "custom-kernel"
	TraitSimplePublic Trait = "simple-public-site"
)

func microVMArchs() (names []string) {
	for _, arch := range pricing.Archs() {
		names = append(names, string(arch))
	}
	return names
}

func archs() []string     { return []string{string(archARM64), string(archX86)} }
func hours() []string     { return []string{string(activeHours), string(alwaysHours)} }
func purchases() []string { return []string{string(onDemand), string(spotPrice), string(savingsPlan)} }
func verdicts() []string  { return []string{string(Follows), string(Differs)} }
func traits() []string {
	return []string{
		string(TraitState), string(TraitUntrusted), string(TraitLongRunning), string(TraitConnections),
		string(TraitFullOS), string(TraitStateless), string(TraitHighVolume), string(TraitEventDriven),
		string(TraitSelfScaling), string(TraitSubSecond), string(TraitContinuous), string(TraitCustomKernel),
		string(TraitSimplePublic),
	}
}

// ParseScalar implements strictyaml.Scalar.
func (a *microVMArch) ParseScalar(text string) error { return choose(a, text, microVMArchs()) }

// ParseScalar implements strictyaml.Scalar.
func (a *archName) ParseScalar(text string) error { return choose(a, text, archs()) }

// ParseScalar implements strictyaml.Scalar.
func (h *billedHours) ParseScalar(text string) error { return choose(h, text, hours()) }

// ParseScalar implements strictyaml.Scalar.
func (p *purchase) ParseScalar(text string) error { return choose(p, text, purchases()) }

// ParseScalar implements strictyaml.Scalar.
func (v *Verdict) ParseScalar(text string) error { return choose(v, text, verdicts()) }

// ParseScalar implements strictyaml.Scalar.
func (t *Trait) ParseScalar(text string) error { return choose(t, text, traits()) }

func choose[T ~string](into *T, text string, allowed []string) error {
	if !slices.Contains(allowed, text) {
		return fmt.Errorf("%.60q is not one of %s", text, strings.Join(allowed, ", "))
	}
	*into = T(text)
	return nil
}
