package pricing

import "strings"

// usageTypePrefixes are the locations' prefixes of usage types, without their hyphen. AWS uses the same for all
// services but lists them in no one place: those of the regions in which MicroVMs have opened are seen on their usage
// types, the others on other services'. Us-east-1 has none.
var usageTypePrefixes = map[string]string{
	"us-east-1": "", "us-east-2": "USE2", "us-west-1": "USW1", "us-west-2": "USW2",
	"ca-central-1": "CAN1", "ca-west-1": "CAN2", "sa-east-1": "SAE1", "mx-central-1": "MXC1",
	"eu-west-1": "EU", "eu-west-2": "EUW2", "eu-west-3": "EUW3", "eu-central-1": "EUC1", "eu-central-2": "EUC2",
	"eu-north-1": "EUN1", "eu-south-1": "EUS1", "eu-south-2": "EUS2",
	"ap-east-1": "APE1", "ap-northeast-1": "APN1", "ap-northeast-2": "APN2", "ap-northeast-3": "APN3",
	"ap-southeast-1": "APS1", "ap-southeast-2": "APS2", "ap-south-1": "APS3", "ap-southeast-3": "APS4",
	"ap-south-2": "APS5", "ap-southeast-4": "APS6", "ap-southeast-5": "APS7",
	"af-south-1": "AFS1", "me-central-1": "MEC1", "me-south-1": "MES1", "il-central-1": "ILC1",
}

// RegionOfPrefix is the region that a usage type's prefix stands for, such as EU- for eu-west-1. Some usage types have
// USE1- and EUW1- where others have none and EU-.
func RegionOfPrefix(prefix string) (region string, ok bool) {
	prefix = strings.TrimSuffix(prefix, "-")
	switch prefix {
	case "USE1":
		return "us-east-1", true
	case "EUW1":
		return "eu-west-1", true
	}
	for region, own := range usageTypePrefixes {
		if own == prefix {
			return region, true
		}
	}
	return "", false
}

// UsageType is the usage type as bills of any region have it behind their prefix.
func (r Rated) UsageType() string { return strings.TrimPrefix(r.PriceListGroup(), "AWS-") }

// UsageTypeIn is the usage type as bills of a region have it: EU-Lambda-MicroVM-Snapshot-Read-GB in eu-west-1. It is
// without a prefix where the region's is not known.
func (r Rated) UsageTypeIn(region string) string {
	if prefix := usageTypePrefixes[region]; prefix != "" {
		return prefix + "-" + r.UsageType()
	}
	return r.UsageType()
}
