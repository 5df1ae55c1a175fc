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
		o.Protocol = newUsualForm(o.Protocol)
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

// wholeBodies sends bodies that nobody closes, and takes no replies without one. The SDK closes a request's body as soon as the reply has begun; when a
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
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.WithContext(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	reply, err := client.Do(r)
	if err == nil && reply.StatusCode == http.StatusOK && reply.ContentLength == 0 {
		_ = reply.Body.Close()
		return nil, &emptyReplyError{}
	}
	return reply, err
}

// emptyReplyError is a reply without a body, which none of the calls has; the SDK would take it for one that says that there
// is nothing. It is worth another try.
type emptyReplyError struct{}

func (*emptyReplyError) Error() string { return "the reply is empty" }

// RetryableError implements what the SDK's retryers look for.
func (*emptyReplyError) RetryableError() bool { return true }
