package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"microspend/collector/awssource"
)

// Client is the SDK's client of the service.
type Client = cloudwatch.Client

// NewClient returns a client.
func NewClient(config aws.Config) *Client {
	return cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
		o.HTTPClient = awssource.WholeBodies{Client: o.HTTPClient}
	})
}
