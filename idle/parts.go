package idle

import (
	"cmp"
	"iter"
	"slices"

	"github.com/shopspring/decimal"
)

// part is a share of a trace that gets a policy of its own.
type part struct {
	key string
	vms []MicroVM
}

func byTenant(vm *MicroVM) string  { return vm.Tenant }
func byImage(vm *MicroVM) string   { return vm.Image }
func byMicroVM(vm *MicroVM) string { return vm.Tenant + "\x00" + vm.Image + "\x00" + vm.ID }

// byTenantOrMicroVM takes a MicroVM without a tenant for a tenant of its own.
func byTenantOrMicroVM(vm *MicroVM) string {
	if vm.Tenant == "" {
		return byMicroVM(vm)
	}
	return vm.Tenant
}

// parts gives a trace's MicroVMs by a key, in the order of the keys.
func (t *Trace) parts(key func(*MicroVM) string) iter.Seq[part] {
	return func(yield func(part) bool) {
		keys := make([]string, len(t.MicroVMs))
		order := make([]int, len(t.MicroVMs))
		for i := range t.MicroVMs {
			keys[i], order[i] = key(&t.MicroVMs[i]), i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
		for from := 0; from < len(order); {
			p := part{key: keys[order[from]]}
			for ; from < len(order) && keys[order[from]] == p.key; from++ {
				p.vms = append(p.vms, t.MicroVMs[order[from]])
			}
			if !yield(p) {
				return
			}
		}
	}
}

// distributionOf counts the gaps of a part of a trace, or those of them that keep takes; it is told when they begin.
func distributionOf(vms []MicroVM, keep func(vm *MicroVM, step int, startMS int64) bool) Distribution {
	var sum tally
	for i := range vms {
		vm := &vms[i]
		clock := vm.StartMS + vm.BusyMS
		for n, step := range vm.Steps {
			if keep == nil || keep(vm, n, clock) {
				sum.add(step.GapMS)
			}
			clock += step.GapMS + step.BusyMS
		}
	}
	d, err := sum.distribution()
	if err != nil {
		panic("idle: a part of a trace is longer than the whole: " + err.Error())
	}
	return d
}

// Grain is what gets a policy of its own.
type Grain string

// The grains, from the coarsest.
const (
	GrainAll     Grain = "all"
	GrainImage   Grain = "image"
	GrainTenant  Grain = "tenant"
	GrainMicroVM Grain = "microvm"
)

var grainKeys = map[Grain]func(*MicroVM) string{
	GrainAll:     func(*MicroVM) string { return "" },
	GrainImage:   byImage,
	GrainTenant:  byTenant,
	GrainMicroVM: byMicroVM,
}

// Choice is the optimum at one grain.
type Choice struct {
	Grain    Grain
	Policies int
	Use      Use
	Suspends int64
	Cost     decimal.Decimal
	Parts    []PartChoice // the costliest first; empty for GrainAll
}

// PartChoice is the optimum of one image, tenant or MicroVM.
type PartChoice struct {
	Key     string
	Gaps    int64
	Best    Fixed
	Cost    decimal.Decimal
	Current decimal.Decimal // what it costs with the timeout in force
}

// grains are those at which the trace has more than one part.
func (t *Trace) grains() []Grain {
	list := []Grain{GrainAll}
	for _, grain := range []Grain{GrainImage, GrainTenant, GrainMicroVM} {
		key := grainKeys[grain]
		if slices.ContainsFunc(t.MicroVMs, func(vm MicroVM) bool { return key(&vm) != key(&t.MicroVMs[0]) }) {
			list = append(list, grain)
		}
	}
	return list
}

// choices are the optimum with one policy for all, one for each image, one for each tenant and one for each MicroVM.
func (m Model) choices(t *Trace, leastSeconds, currentMS int64) []Choice {
	var all []Choice
	for _, grain := range t.grains() {
		c := Choice{Grain: grain}
		for p := range t.parts(grainKeys[grain]) {
			d := t.All
			if grain != GrainAll {
				d = distributionOf(p.vms, nil)
			}
			if d.Gaps() == 0 {
				continue
			}
			chosen := m.Best(d, leastSeconds)
			c.Policies++
			c.Use = c.Use.Add(chosen.Use)
			c.Suspends += chosen.Suspends
			if grain == GrainImage || grain == GrainTenant {
				c.Parts = append(c.Parts, PartChoice{p.key, d.Gaps(), chosen, m.Cost(chosen.Use), m.Cost(d.At(currentMS).Use)})
			}
		}
		c.Cost = m.Cost(c.Use)
		slices.SortStableFunc(c.Parts, func(a, b PartChoice) int { return b.Current.Cmp(a.Current) })
		all = append(all, c)
	}
	return all
}
