package arn_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"microspend/internal/arn"
)

// regions has one or two regions of each partition.
var regions = map[string][]string{
	"aws": {"us-east-1", "eu-west-1", "ap-northeast-1", "il-central-1", "mx-central-1", "eu-isolated-1"}, "aws-cn": {"cn-north-1"},
	"aws-eusc": {"eusc-de-east-1"}, "aws-iso": {"us-iso-east-1", "us-iso-west-1"}, "aws-iso-b": {"us-isob-east-1"},
	"aws-iso-e": {"eu-isoe-west-1"}, "aws-iso-f": {"us-isof-south-1"}, "aws-us-gov": {"us-gov-west-1", "us-gov-east-1"},
}

// TestThePartitionsAreTheSDKs holds the table to where the SDK looks for endpoints, with and without IPv6.
func TestThePartitionsAreTheSDKs(t *testing.T) {
	require.Len(t, arn.Partitions(), len(regions))
	resolver := cloudwatchlogs.NewDefaultEndpointResolverV2()
	for id, names := range regions {
		for _, region := range names {
			p := arn.PartitionOf(region)
			require.Equal(t, id, p.ID, region)
			plain, err := resolver.ResolveEndpoint(t.Context(), cloudwatchlogs.EndpointParameters{Region: aws.String(region)})
			require.NoError(t, err)
			require.Equal(t, "logs."+region+"."+p.DNSSuffix, plain.URI.Host)
			dual, err := resolver.ResolveEndpoint(t.Context(), cloudwatchlogs.EndpointParameters{
				Region: aws.String(region), UseDualStack: aws.Bool(true),
			})
			if err != nil {
				require.ErrorContains(t, err, "DualStack is enabled but this partition does not support DualStack")
				continue
			}
			require.Equal(t, "logs."+region+"."+p.DualStack, dual.URI.Host)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		text   string
		want   arn.ARN
		ok     bool
		reason string
	}{
		{
			"arn:aws:lambda:eu-west-1:123456789012:microvm-image:team/dev:box",
			arn.ARN{"aws", "lambda", "eu-west-1", "123456789012", "microvm-image:team/dev:box"},
			true,
			"colons belong to the resource",
		},
		{"arn:aws:iam::123456789012:role/a", arn.ARN{"aws", "iam", "", "123456789012", "role/a"}, true, "roles are in no region"},
		{
			"arn:aws-elsewhere:iam::123456789012:role/a",
			arn.ARN{"aws-elsewhere", "iam", "", "123456789012", "role/a"},
			true,
			"a partition that opens later",
		},
		{"arn:awsome:iam::123456789012:role/a", arn.ARN{}, false, "no partition is called so"},
		{"arn:aws-:iam::123456789012:role/a", arn.ARN{}, false, ""},
		{"arn:aws--cn:iam::123456789012:role/a", arn.ARN{}, false, ""},
		{"arn:AWS:iam::123456789012:role/a", arn.ARN{}, false, ""},
		{"arn:gcp:iam::123456789012:role/a", arn.ARN{}, false, ""},
		{"arn::iam::123456789012:role/a", arn.ARN{}, false, ""},
		{"arn:aws:iam::123456789012", arn.ARN{}, false, "no resource"},
		{"arn:aws:iam::123456789012:", arn.ARN{}, false, "likewise"},
		{"arn:aws:::123456789012:role/a", arn.ARN{}, false, "no service"},
		{"sandbox", arn.ARN{}, false, "a name"},
		{"", arn.ARN{}, false, ""},
	} {
		got, ok := arn.Parse(tc.text)
		require.Equal(t, tc.ok, ok, "%s: %s", tc.text, tc.reason)
		require.Equal(t, tc.want, got, tc.text)
	}
	for id, names := range regions {
		text := "arn:" + id + ":lambda:" + names[0] + ":123456789012:microvm-image:sandbox"
		got, ok := arn.Parse(text)
		require.True(t, ok, text)
		require.Equal(t, text, got.String())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:iam::123456789012:role/a")
	f.Add(strings.Repeat(":", 10))
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := arn.Parse(text); ok && got.String() != text {
			t.Fatalf("%q is written again as %q", text, got.String())
		}
	})
}
