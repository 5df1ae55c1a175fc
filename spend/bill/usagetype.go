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
		own := strings.TrimPrefix(q.PriceListGroup(), "AWS-")
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

// regionOfPrefix is the region that a location's prefix stands for, where a file does not name the region itself. AWS
// uses the same prefixes for all services but lists them in no one place: those of the regions in which MicroVMs have
// opened are seen on their usage types, the others on other services'. Us-east-1 has none, though USE1- is seen.
func regionOfPrefix(prefix string) (string, bool) {
	region, ok := map[string]string{
		"": "us-east-1", "USE1-": "us-east-1", "USE2-": "us-east-2", "USW1-": "us-west-1", "USW2-": "us-west-2",
		"CAN1-": "ca-central-1", "CAN2-": "ca-west-1", "SAE1-": "sa-east-1", "MXC1-": "mx-central-1",
		"EU-": "eu-west-1", "EUW1-": "eu-west-1", "EUW2-": "eu-west-2", "EUW3-": "eu-west-3", "EUC1-": "eu-central-1",
		"EUC2-": "eu-central-2", "EUN1-": "eu-north-1", "EUS1-": "eu-south-1", "EUS2-": "eu-south-2",
		"APE1-": "ap-east-1", "APN1-": "ap-northeast-1", "APN2-": "ap-northeast-2", "APN3-": "ap-northeast-3",
		"APS1-": "ap-southeast-1", "APS2-": "ap-southeast-2", "APS3-": "ap-south-1", "APS4-": "ap-southeast-3",
		"APS5-": "ap-south-2", "APS6-": "ap-southeast-4", "APS7-": "ap-southeast-5",
		"AFS1-": "af-south-1", "MEC1-": "me-central-1", "MES1-": "me-south-1", "ILC1-": "il-central-1",
	}[prefix]
	return region, ok
}
