package advise

import (
	"cmp"
	"fmt"
	"slices"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/usage"
)

// architectures builds images for ARM64 that run on x86-64, where that costs less. The architecture is an image's, so
// that whoever runs it moves together.
func (f *fleet) architectures() (all []found) {
	type built struct{ image, region string }
	byImage := map[built]*found{}
	for _, c := range f.cells {
		if c.arch != usage.ArchX86 || !c.computes() {
			continue
		}
		key := built{c.image, c.region}
		one := byImage[key]
		if one == nil {
			one = &found{key: []string{c.image, c.region}}
			one.Subject = fmt.Sprintf("%s in %s", imageName(c.image), c.region)
			one.Image, one.Region, one.From, one.To = c.image, c.region, string(usage.ArchX86), string(usage.ArchARM64)
			one.RestsOn = []pricing.Note{assumption.ArchSameTime.Clause()}
			one.Risk = "code, and what it links, must be built for ARM64" + f.slower(c)
			one.How = "build the image's next version with cpuConfigurations: ARM_64, and RunMicrovm with it"
			byImage[key] = one
		}
		one.edits = append(one.edits, edit{cell: c, arch: usage.ArchARM64})
	}
	for _, one := range byImage {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.Subject, b.Subject) })
	return all
}

// slower says how much longer it may take on ARM64 before it costs as much.
func (f *fleet) slower(c *cell) string {
	arm, x86 := c.part.Card.For(usage.ArchARM64), c.part.Card.For(usage.ArchX86)
	percent, ok := arm.Charged(pricing.VCPU).ChangePercent(x86.Charged(pricing.VCPU))
	if !ok {
		return ""
	}
	return fmt.Sprintf("; it saves as long as it takes less than %s %% longer there", figures.UpTo(percent, 1))
}
