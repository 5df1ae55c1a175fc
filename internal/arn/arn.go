// Package arn reads Amazon Resource Names, and knows AWS's partitions: the separate sets of regions with accounts,
// endpoints and ARNs of their own. It is for programs that have no room for the SDK, too.
//
// # What is promised
//
// An ARN of a partition that opens after this program was built is read like any other: nothing here is refused for not
// being in the table of partitions.
package arn

import "strings"

// ARN is an Amazon Resource Name: arn:partition:service:region:account:resource.
type ARN struct {
	Partition string // aws, aws-cn, aws-us-gov
	Service   string
	Region    string // "" for what is in none, such as roles
	Account   string // "" for what is in none, such as AWS's own images
	Resource  string // everything after the account, colons and slashes too
}

// Parse reads an ARN. It is false for any other text: one of fewer than six parts, with another prefix, or without a
// partition, a service or a resource.
func Parse(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !isPartition(parts[1]) || parts[2] == "" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// isPartition reports whether a word has the form of a partition: aws, or aws- and letters in words.
func isPartition(word string) bool {
	rest, ok := strings.CutPrefix(word, "aws")
	if !ok || rest == "" {
		return ok
	}
	for part := range strings.SplitSeq(rest[1:], "-") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return rest[0] == '-'
}

// String writes the ARN.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// Partition is a set of regions.
type Partition struct {
	ID        string // as in ARNs
	DNSSuffix string // of endpoints: <service>.<region>.<suffix>
	DualStack string // of endpoints that also have IPv6

	regions string // how the names of its regions begin
}

// Partitions lists AWS's partitions. Source: aws-sdk-go-v2, internal/endpoints/awsrulesfn/partitions.json, v1.47.7.
func Partitions() []Partition {
	return []Partition{
		{"aws", "amazonaws.com", "api.aws", ""},
		{"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-"},
		{"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-"},
		{"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-"},
		{"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-"},
		{"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-"},
		{"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-"},
		{"aws-us-gov", "amazonaws.com", "api.aws", "us-gov-"},
	}
}

// PartitionOf is the partition that a region is in. One of no known beginning is taken for one of the partition aws.
func PartitionOf(region string) Partition {
	partitions := Partitions()
	for _, p := range partitions[1:] {
		if strings.HasPrefix(region, p.regions) {
			return p
		}
	}
	return partitions[0]
}
