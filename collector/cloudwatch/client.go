package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"microspend/collector/awssource"
)

// Client is the SDK's client of the service.
type Client = cloudwatch.Client

// maxReply is the largest reply. A page of GetMetricData has 100,800 datapoints of 19 bytes and 500 labels, 4 MB with
// room for messages; one of ListMetrics 500 metrics of up to 30 dimensions of 1.3 kB, 20 MB at the very most.
const maxReply = 32 << 20

// NewClient returns a client.
func NewClient(config aws.Config) *Client {
	return cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
		o.HTTPClient = awssource.HTTPClient{Client: o.HTTPClient, MaxReply: maxReply}
	})
}
