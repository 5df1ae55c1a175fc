package awssource

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// WholeBodies is an HTTP client for the SDK's clients that sends bodies which nobody closes, and refuses replies
// without one.
//
// The SDK closes a request's body as soon as the reply has begun. When a server is quick, net/http is only about to
// look whether the body is at its end, takes the closed body for a failure, and cuts the connection off in the middle
// of the reply. One in twenty large replies from a server on the same machine breaks that way (aws-sdk-go-v2 v1.47.7,
// smithy-go v1.28.8).
type WholeBodies struct {
	Client aws.HTTPClient // nil is the SDK's own
}

// Do implements aws.HTTPClient.
func (w WholeBodies) Do(r *http.Request) (*http.Response, error) {
	client := w.Client
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

// emptyReplyError is a reply without a body. No call has one, and the SDK would take it for an answer that there is
// nothing. It is worth another try.
type emptyReplyError struct{}

func (*emptyReplyError) Error() string { return "the reply is empty" }

// RetryableError implements what the SDK's retryers look for.
func (*emptyReplyError) RetryableError() bool { return true }
