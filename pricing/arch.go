package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/internal/lazyregexp"
)

// Arch is the architecture of a MicroVM's processor, chosen by its image. Compute has a rate of its own on each, and
// snapshots are billed alike. The zero value is for usage of which it is not known.
type Arch string

// The architectures. MicroVMs opened with ARM64, and x86-64 came on 2026-11-05. Source: Lambda MicroVMs API,
// cpuConfigurations, read 2026-11-05.
const (
	ArchUnknown Arch = ""
	ArchARM64   Arch = "arm64"
	ArchX86     Arch = "x86_64"
)

// archFacts is everything that differs between architectures and is a name rather than a rule.
type archFacts struct {
	arch       Arch
	name       string // in prose
	api        string // as the MicroVM API has it
	goarch     string // as Go has it, and OCI images
	keySuffix  string // of rate keys; see RateKey.On
	listSuffix string // of groups and usage types in AWS's Price List
	words      string // by which texts of AWS's speak of it: an expression
}

// archTable has one line for each architecture; the first is what usage is priced as whose architecture is not known.
// A new architecture is a line in this table and its rates in the cards.
var archTable = [...]archFacts{
	{ArchARM64, "ARM64", "ARM_64", "arm64", "", "-ARM", `(?i)(?:^|[^a-z])arm(?:[^a-z]|$)|graviton`},
	{ArchX86, "x86-64", "X86_64", "amd64", "_x86", "", `(?i)x86`},
}

const archCount = len(archTable)

// ArchsSince is the day from which MicroVMs have had more than one architecture. Usage before it ran on ARM64, whether
// or not it says so. Source: AWS SDK release notes, 2026-11-05.
func ArchsSince() Date { return Date{time.Date(2026, time.November, 5, 0, 0, 0, 0, time.UTC)} }

// Archs returns every architecture, the default first.
func Archs() []Arch {
	archs := make([]Arch, archCount)
	for i, facts := range archTable {
		archs[i] = facts.arch
	}
	return archs
}

// ParseArch reads the id of an architecture. An empty text is an error, as is a spelling of anyone else's.
func ParseArch(text string) (Arch, error) {
	if !slices.Contains(Archs(), Arch(text)) {
		return ArchUnknown, fmt.Errorf("unknown architecture %.40q; it is %s", text, archNames())
	}
	return Arch(text), nil
}

func archNames() string {
	var names []string
	for _, arch := range Archs() {
		names = append(names, string(arch))
	}
	return strings.Join(names, " or ")
}

// ArchOfAPI is the architecture that the MicroVM API calls by a name, such as ARM_64; unknown for other names.
func ArchOfAPI(name string) Arch { return archWhere(func(f archFacts) bool { return f.api == name }) }

// ArchOfGo is the architecture for which Go has a name, such as amd64; unknown for those that MicroVMs don't have.
func ArchOfGo(goarch string) Arch {
	return archWhere(func(f archFacts) bool { return f.goarch == goarch })
}

func archWhere(is func(archFacts) bool) Arch {
	if i := slices.IndexFunc(archTable[:], is); i >= 0 {
		return archTable[i].arch
	}
	return ArchUnknown
}

// ArchsMentioned are the architectures that a text of AWS's speaks of, such as the description of a product.
func ArchsMentioned(text string) []Arch {
	return slices.DeleteFunc(Archs(), func(arch Arch) bool { return !archWords[arch.place()].MatchString(text) })
}

var archWords = func() (words [archCount]lazyregexp.Regexp) {
	for place, facts := range archTable {
		words[place] = lazyregexp.New(facts.words)
	}
	return words
}()

// Valid reports whether it is an architecture of MicroVMs, or not known.
func (a Arch) Valid() bool { return a.place() < archCount }

// OrDefault is the architecture that usage is priced as: ARM64 where it is not known, as that is what every MicroVM ran
// on before there was another.
func (a Arch) OrDefault() Arch {
	if a == ArchUnknown {
		return archTable[0].arch
	}
	return a
}

// Name is the architecture in prose, such as x86-64.
func (a Arch) Name() string { return a.facts().name }

func (a Arch) facts() archFacts {
	if place := a.place(); place < archCount {
		return archTable[place]
	}
	return archFacts{arch: a, name: string(a)}
}

// place is the line of the table, archCount for an architecture that is not there.
func (a Arch) place() int {
	for i := range archTable {
		if archTable[i].arch == a {
			return i
		}
	}
	if a == ArchUnknown {
		return 0
	}
	return archCount
}

// Rated is what has a rate of its own: a billed quantity, and for compute the architecture too.
type Rated struct {
	Quantity BilledQuantity
	Arch     Arch // ArchUnknown where the quantity is billed alike on all
}

// AllRated returns whatever has a rate of its own, in the order of a bill: what usage on the default architecture is
// billed for, and then the compute of the others.
func AllRated() []Rated {
	var all []Rated
	for place, arch := range Archs() {
		for _, q := range BilledQuantities() {
			if place == 0 || q.ByArch() {
				all = append(all, q.On(arch))
			}
		}
	}
	return all
}

// On is the quantity with the architecture on which it was used, as far as that matters to its rate.
func (q BilledQuantity) On(arch Arch) Rated {
	if !q.ByArch() {
		return Rated{Quantity: q}
	}
	return Rated{q, arch.OrDefault()}
}

// Name is what is rated in words: "snapshot write", "vCPU", and "x86-64 vCPU" on another architecture than the default.
func (r Rated) Name() string {
	if !r.Optional() {
		return r.Quantity.Name()
	}
	return r.Arch.Name() + " " + r.Quantity.Name()
}

// String is the id of what is rated: that of the quantity, and vcpu.x86_64 on another architecture than the default.
func (r Rated) String() string {
	if !r.Optional() {
		return r.Quantity.String()
	}
	return r.Quantity.String() + "." + string(r.Arch)
}

// ParseRated reads the id that [Rated.String] writes.
func ParseRated(id string) (Rated, bool) {
	all := AllRated()
	if i := slices.IndexFunc(all, func(r Rated) bool { return r.String() == id }); i >= 0 {
		return all[i], true
	}
	return Rated{}, false
}

// Compare puts the compute of each architecture beside that of the others: by quantity, and then the default first.
func (r Rated) Compare(other Rated) int {
	return cmp.Or(cmp.Compare(r.Quantity, other.Quantity), cmp.Compare(r.Arch.place(), other.Arch.place()))
}

// Optional reports whether it is compute on another architecture than ARM64, which not every region has.
func (r Rated) Optional() bool { return r.Arch.place() > 0 }

// RateKey is the key that a card has for the rate, by how many billed units it pays for.
func (r Rated) RateKey(per Per) RateKey { return r.Quantity.form(per).key.On(r.Arch) }

// RateKeys returns the keys under which a card can give the rate, the Price List's own first.
func (r Rated) RateKeys() []RateKey {
	keys := r.Quantity.RateKeys()
	for i := range keys {
		keys[i] = keys[i].On(r.Arch)
	}
	return keys
}

// PriceListGroup is the attribute "group" of the product in AWS's Price List. It is the same in every region, while the
// names of usage types carry a prefix of the location.
func (r Rated) PriceListGroup() string {
	if !r.Quantity.ByArch() {
		return quantityTable[r.Quantity].group
	}
	return quantityTable[r.Quantity].group + r.Arch.OrDefault().facts().listSuffix
}
