package cloudwatch

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

// MetricsAPI is the part of CloudWatch that is used: [cloudwatch.Client] is one.
type MetricsAPI interface {
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
	ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error)
}

// NewMetricsClient returns a client for metrics.
func NewMetricsClient(config aws.Config) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
		o.HTTPClient = wholeBodies{o.HTTPClient}
		if o.Credentials != nil {
			o.Credentials = toldApart{o.Credentials}
		}
	})
}

// toldApart gives credentials such that a failure to get them can be told from one of the call.
type toldApart struct{ aws.CredentialsProvider }

// Retrieve implements aws.CredentialsProvider.
func (t toldApart) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := t.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &noCredentialsError{err}
	}
	return credentials, err
}

// noCredentialsError is a failure to get credentials.
type noCredentialsError struct{ error }

func (e *noCredentialsError) Unwrap() error { return e.error }

// wholeBodies sends bodies that nobody closes. The SDK closes a request's body as soon as the reply has begun; when a
// server is quick, net/http is about to look whether the body is at its end, takes the closed body for a failure, and cuts
// the connection off in the middle of the reply. One in twenty large replies from a server on the same machine breaks that
// way (aws-sdk-go-v2 v1.47.7, smithy-go v1.28.8).
type wholeBodies struct{ client aws.HTTPClient }

// Do implements aws.HTTPClient.
func (w wholeBodies) Do(r *http.Request) (*http.Response, error) {
	client := w.client
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	if r.Body == nil || r.Body == http.NoBody {
		return client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	whole := r.WithContext(r.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	whole.ContentLength = int64(len(body))
	return client.Do(whole)
}
