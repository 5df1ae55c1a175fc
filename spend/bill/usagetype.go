package bill

import (
	"regexp"
	"strings"

	"microspend/pricing"
)

// class is what a usage type is to a bill of MicroVMs.
type class uint8

const (
	unrelated class = iota // not of a MicroVM
	arm                    // one of the five
	x86                    // one of the five, for another architecture
	other                  // of a MicroVM, but none of the five
)

// marker begins the names of all usage types of MicroVMs, behind the location's prefix.
const marker = "Lambda-MicroVM-"

// locationPrefix is what stands before a usage type outside us-east-1, such as USE2- or EU-.
var locationPrefix = regexp.MustCompile(`^[A-Z]{2,4}[0-9]{0,2}-$`)

// classify tells what a usage type is, and the location's prefix before it. The Price List's group is "AWS-" and the
// usage type without the prefix, so the two are compared whole. Like the groups, usage types of x86 lack the ending
// -ARM or end in -X86, whatever their case.
func classify(usageType string) (q pricing.BilledQuantity, prefix string, c class) {
	at := strings.Index(usageType, marker)
	if at < 0 {
		if strings.Contains(strings.ToLower(usageType), "microvm") {
			return 0, "", other
		}
		return 0, "", unrelated
	}
	prefix = usageType[:at]
	if prefix != "" && !locationPrefix.MatchString(prefix) {
		return 0, "", other
	}
	core := usageType[at:]
	for _, q := range pricing.BilledQuantities() {
		own := q.On("").UsageType()
		bare, isARM := strings.CutSuffix(own, "-ARM")
		switch {
		case core == own:
			return q, prefix, arm
		case isARM && core == bare, strings.EqualFold(core, own+"-x86"), strings.EqualFold(core, bare+"-x86"):
			return q, prefix, x86
		}
	}
	return 0, prefix, other
}
