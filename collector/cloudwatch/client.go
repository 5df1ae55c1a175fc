package cloudwatch

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"microspend/collector/awssource"
)

// API is the part of CloudWatch that is used: [cloudwatch.Client] is one.
type API interface {
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (
		*cloudwatch.GetMetricDataOutput, error)
	ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (
		*cloudwatch.ListMetricsOutput, error)
}

// NewClient returns a client.
func NewClient(config aws.Config) API {
	return cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
		o.HTTPClient = awssource.WholeBodies{Client: o.HTTPClient}
	})
}
