package pricing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing/assumption"
)

// Runners lists the CI runners with a known price.
func (b PriceBook) Runners() []string { return slices.Sorted(maps.Keys(b.ci.PerMinute)) }

// Sandboxes lists the sandbox providers with a known price.
func (b PriceBook) Sandboxes() []string { return slices.Sorted(maps.Keys(b.sandboxes)) }

// UsualSandboxes lists the providers that a comparison looks at where the scenario names no alternatives.
func (b PriceBook) UsualSandboxes() []string {
	return slices.DeleteFunc(b.Sandboxes(), func(provider string) bool { return b.sandboxes[provider].OnlyIfNamed })
}

// BillsActiveCPU reports whether a sandbox charges for a vCPU only while it is busy.
func (b PriceBook) BillsActiveCPU(provider string) bool { return b.sandboxes[provider].ActiveCPU }

// InstanceTypes lists the EC2 instance types of an architecture, arm64 or x86_64, with a known on-demand price in a
// region, cheapest first, with at least the given vCPUs and GB of memory.
func (b PriceBook) InstanceTypes(region, arch string, vcpu, gb decimal.Decimal) []string {
	book, _ := b.In(region)
	prices := book.ec2.Hourly[region]
	var fit []string
	for name := range prices {
		kind := book.ec2.Types[name]
		memory, err := ParseGB(kind.Memory)
		if err == nil && cmp.Or(kind.Arch, arm64) == arch && memory.GreaterThanOrEqual(gb) &&
			kind.VCPU.GreaterThanOrEqual(vcpu) {
			fit = append(fit, name)
		}
	}
	slices.SortFunc(fit, func(a, b string) int {
		return cmp.Or(prices[a].USD.Cmp(prices[b].USD), cmp.Compare(a, b))
	})
	return fit
}

// AllInstanceTypes lists the EC2 instance types whose price is known in any region.
func (b PriceBook) AllInstanceTypes() []string { return slices.Sorted(maps.Keys(b.ec2.Types)) }

const arm64 = "arm64"

// Fargate is tasks of one size, billed by the second with a minimum of a minute each, or kept running all month.
//
// While active it costs billed seconds × (vCPU × rate + GB × rate + (disk − 20 GB) × rate); always means users × 730
// hours of the same.
type Fargate struct {
	Arch   string          // arm64, the default, or x86
	Spot   bool            // ARM only: no price is known for x86
	VCPU   decimal.Decimal // zero means the MicroVM's
	GB     decimal.Decimal // zero means the MicroVM's
	DiskGB decimal.Decimal // 20 GB are free
	Always bool            // one task for each user all month, instead of running time only

	// VCPUHour and GBHour take the place of the listed prices.
	VCPUHour, GBHour *decimal.Decimal
}

// sells reports whether a task may have that much of both.
func (f fargatePrices) sells(vcpu, gb decimal.Decimal) bool {
	for _, size := range f.Sizes {
		if size.VCPU.Equal(vcpu) {
			steps := gb.Sub(size.From.Decimal).Mod(size.Step.Decimal)
			return (gb.GreaterThanOrEqual(size.From.Decimal) && gb.LessThanOrEqual(size.To.Decimal) && steps.IsZero()) ||
				gb.Equal(size.Also.Decimal)
		}
	}
	return false
}

// nearest says which tasks have the given vCPUs, or, where there are none, with the next fewer and more.
func (f fargatePrices) nearest(vcpu decimal.Decimal) string {
	sizes := f.Sizes // in ascending order
	above, found := slices.BinarySearchFunc(
		sizes,
		vcpu,
		func(s fargateSize, v decimal.Decimal) int { return s.VCPU.Cmp(v) },
	)
	near := sizes[max(above-1, 0):min(above+1, len(sizes))]
	if found {
		near = sizes[above : above+1]
	}
	var have []string
	for _, s := range near {
		least := s.From.Decimal
		if s.Also.IsPositive() {
			least = decimal.Min(least, s.Also.Decimal)
		}
		have = append(have, fmt.Sprintf("of %s vCPU have %s to %s GB", s.VCPU, least, s.To))
	}
	return "tasks " + strings.Join(have, ", ")
}

// Price implements Candidate.
func (f Fargate) Price(book PriceBook, d Demand) Alternative {
	arch := cmp.Or(f.Arch, "arm64")
	vcpu, gb := orElse(f.VCPU, d.Size.VCPU()), orElse(f.GB, d.Size.GB())
	hours, spot, gives := "active", "", "no suspend: memory is lost when a task stops, and the next starts cold"
	if f.Always {
		hours, gives = "always on", "bills while idle; users who share a task share a kernel"
	}
	if f.Spot {
		arch, spot, gives = arch+"-spot", "Spot ", gives+"; AWS may stop a Spot task at any time"
	}
	alt := Alternative{
		Kind: KindFargate, GivesUp: gives,
		Name: fmt.Sprintf("Fargate %s%s %s vCPU %s GB, %s", spot, cmp.Or(f.Arch, "arm64"), vcpu, gb, hours),
	}
	book, err := book.In(d.Region)
	if err != nil {
		return alt.failed(err)
	}
	alt.Offers = book.limits.of(KindFargate, "any").offer(vcpu, gb)
	if !book.fargate.sells(vcpu, gb) {
		return alt.unlisted("Fargate has no task of %s vCPU with %s GB; %s", vcpu, gb, book.fargate.nearest(vcpu))
	}
	vcpuPrice, okVCPU := given(f.VCPUHour, book.fargate.VCPUHour[arch], d.Region)
	gbPrice, okGB := given(f.GBHour, book.fargate.GBHour[arch], d.Region)
	if !okVCPU || !okGB {
		return alt.unknown(
			"the price of Fargate %s in %s is not known; give it as vcpu_hour and gb_hour, or refresh the rates",
			arch,
			d.Region,
		)
	}
	alt.Sources = []Price{vcpuPrice, gbPrice}
	alt.Notes = assumed(alt.Sources)
	perHour := vcpu.Mul(vcpuPrice.USD).Add(gb.Mul(gbPrice.USD))
	terms := fmt.Sprintf("%s vCPU × $%s + %s GB × $%s", vcpu, vcpuPrice.USD, gb, gbPrice.USD)
	if extra := f.DiskGB.Sub(book.fargate.FreeDiskGB.Decimal); extra.IsPositive() {
		disk, _ := book.fargate.DiskGBHour.in(d.Region)
		alt.Sources = append(alt.Sources, disk)
		perHour = perHour.Add(extra.Mul(disk.USD))
		terms += fmt.Sprintf(" + %s GB disk × $%s", extra, disk.USD)
	}
	if f.Always {
		tasks := d.alwaysOn(&alt, hoursPerInstanceMonth.Mul(perHour), one)
		alt.Formula = fmt.Sprintf("%s × %d h × (%s)", figures.CountOf(tasks, "task"), HoursPerInstanceMonth, terms)
		return alt
	}
	alt.Curve = Curve{Rate: perHour, Stretches: d.Stretches, Minimum: book.fargate.MinimumSeconds.Decimal}
	alt.Notes = append(alt.Notes, assumption.FargateTasks.Clause())
	alt.Formula = fmt.Sprintf("%s s / 3,600 × (%s)", figures.Grouped(alt.Curve.Billed(d.Running)), terms)
	return alt
}

// Function is AWS Lambda functions: GB-seconds in steps of a millisecond, and requests.
type Function struct {
	Arch     string          // arm64, the default, or x86
	GB       decimal.Decimal // zero means the MicroVM's
	Requests decimal.Decimal // a month; zero means one for each stretch of running time
	FreeTier bool            // take the account's free requests and GB-seconds off
}

// Price implements Candidate.
func (f Function) Price(book PriceBook, d Demand) Alternative {
	book, err := book.In(d.Region)
	var (
		arch     = cmp.Or(f.Arch, "arm64")
		gb       = orElse(f.GB, d.Size.GB())
		requests = orElse(f.Requests, d.Stretches)
		table    = book.function
	)
	alt := Alternative{
		Kind: KindFunction, Name: fmt.Sprintf("Lambda function %s GB", gb),
		GivesUp: "15 minutes at most a request; no state between requests; no full OS",
	}
	if arch != "arm64" {
		alt.Name += " " + arch
	}
	if err != nil {
		return alt.failed(err)
	}
	price, known := table.GBSecond[arch].in(d.Region)
	perMillion, listed := table.MillionRequests.in(d.Region)
	if !known || !listed {
		return alt.unlisted("the price of Lambda functions on %s is not known; use arm64 or x86", arch)
	}
	limits := book.limits.of(KindFunction, arch)
	if each := limits[ofVCPUMiB].figure(); each.IsPositive() {
		alt.Offers = limits.offer(Divide(gb.Mul(mibPerGB), each, AmountPlaces), gb)
	}
	alt.Runs = requests
	alt.Sources = []Price{price, perMillion}
	alt.Curve = Curve{Rate: gb.Mul(price.USD), Unit: one, Stretches: requests, Step: table.StepSeconds.Decimal}
	charged := requests
	if f.FreeTier {
		alt.Name += ", free tier"
		charged = decimal.Max(requests.Sub(table.FreeRequests.Decimal), decimal.Decimal{})
		alt.Curve.Free = Divide(table.FreeGBSeconds.Decimal, gb, AmountPlaces)
	}
	alt.Curve.Fixed = charged.Mul(perMillion.USD).Shift(-6)
	alt.Formula = fmt.Sprintf("%s s × %s GB × $%s + %s requests × $%s / 1,000,000",
		figures.Grouped(alt.Curve.Billed(d.Running)), gb, price.USD, figures.Grouped(charged), perMillion.USD)
	return alt
}

// Sandbox is a sandbox service of another provider, billed for running time.
type Sandbox struct {
	Provider string          // such as e2b
	VCPU     decimal.Decimal // zero means the MicroVM's
	GB       decimal.Decimal // zero means the MicroVM's
	DiskGB   decimal.Decimal // where the provider charges for disk
	Active   decimal.Decimal // busy share of running time, for providers that bill only that; zero means all
}

// Price implements Candidate.
func (s Sandbox) Price(book PriceBook, d Demand) Alternative {
	table, known := book.sandboxes[s.Provider]
	alt := Alternative{
		Kind: KindSandbox, Name: cmp.Or(table.Title, s.Provider),
		GivesUp: cmp.Or(table.GivesUp, "another provider: outside AWS's network, IAM and bill"),
	}
	if !known {
		return alt.unlisted("no sandbox %q is known; sandboxes are %v", s.Provider, book.Sandboxes())
	}
	vcpu, gb := orElse(s.VCPU, d.Size.VCPU()), orElse(s.GB, d.Size.GB())
	alt.Offers = book.limits.of(KindSandbox, s.Provider).offer(vcpu, gb)
	unit, unitSeconds := "s", one
	if table.Per == "hour" {
		unit, unitSeconds = "h", secondsPerHour
	}
	cpuNoun := "vCPU"
	if table.WholeVCPUs && !vcpu.Equal(vcpu.Ceil()) {
		alt.Notes = append(alt.Notes, assumption.WholeVCPUs.Clause(alt.Name, vcpu, vcpu.Ceil()))
		vcpu = vcpu.Ceil()
	}
	paidGB := decimal.Max(gb.Sub(vcpu.Mul(table.IncludedGBPerVCPU.Decimal)), decimal.Decimal{})
	if table.VCPUsPerCore.IsPositive() {
		vcpu, cpuNoun = Divide(vcpu, table.VCPUsPerCore.Decimal, AmountPlaces), "cores"
	}
	if s.Active.IsPositive() {
		vcpu, cpuNoun = vcpu.Mul(s.Active), cpuNoun+" active"
	}
	alt.Sources = []Price{table.VCPU, table.Memory}
	rate := vcpu.Mul(table.VCPU.USD).Add(paidGB.Mul(table.Memory.USD))
	terms := fmt.Sprintf("%s %s × $%s", vcpu, cpuNoun, table.VCPU.USD)
	if paidGB.IsPositive() {
		terms += fmt.Sprintf(" + %s GB × $%s", paidGB, table.Memory.USD)
	}
	if extra := s.DiskGB.Sub(table.FreeDiskGB.Decimal); table.Disk != nil && extra.IsPositive() {
		alt.Sources = append(alt.Sources, *table.Disk)
		rate = rate.Add(extra.Mul(table.Disk.USD))
		terms += fmt.Sprintf(" + %s GB disk × $%s", extra, table.Disk.USD)
		alt.Notes = append(alt.Notes, assumption.SandboxDisk.Clause(alt.Name))
	}
	if s.DiskGB.IsPositive() && table.Disk == nil {
		alt.Notes = append(alt.Notes, assumption.SandboxDiskUnpriced.Clause(alt.Name))
	}
	time := figures.Grouped(d.Running) + " s"
	if unit == "h" {
		time += " / 3,600"
	}
	alt.Curve = Curve{Rate: rate, Unit: unitSeconds}
	alt.Formula = fmt.Sprintf("%s × (%s)", time, terms)
	return alt
}
