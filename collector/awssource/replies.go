package awssource

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"microspend/internal/figures"
)

const (
	// identityReply is the largest reply of the services that credentials come from (STS, SSO), which have a few kilobytes
	// to say.
	identityReply = 1 << 20
	// headerBytes is the largest header of a reply; AWS's have a kilobyte. Go's default is ten megabytes.
	headerBytes = 64 << 10
)

// HTTPClient is an HTTP client for the clients of one service: it bounds replies, on the wire and unpacked, sends
// bodies that nobody closes, and refuses replies without a body.
//
// Replies are unpacked here and not by net/http, which would not say how much comes over the wire: a gzip stream of
// empty parts comes to nothing and does not end.
//
// The SDK closes a request's body as soon as the reply has begun. When a server is quick, net/http is only about to
// look whether the body is at its end, takes the closed body for a failure, and cuts the connection off in the middle
// of the reply. One in twenty large replies from a server on the same machine breaks that way (aws-sdk-go-v2 v1.47.7,
// smithy-go v1.28.8).
type HTTPClient struct {
	Client   aws.HTTPClient // nil is the SDK's own
	MaxReply int64          // bytes of the largest reply, packed and unpacked; what is larger is a [ReplyTooLargeError]
}

var _ aws.HTTPClient = HTTPClient{}

// Do implements aws.HTTPClient.
func (c HTTPClient) Do(r *http.Request) (*http.Response, error) {
	client := c.Client
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	r = r.Clone(r.Context())
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return bounded(r, c.MaxReply, func(r *http.Request) (*http.Response, error) {
		reply, err := client.Do(r)
		if err != nil || reply.StatusCode != http.StatusOK || reply.ContentLength != 0 {
			return reply, err
		}
		// Not every reply is one of net/http, which is right about the length.
		body := bufio.NewReader(reply.Body)
		if _, err := body.Peek(1); err != nil {
			_ = reply.Body.Close()
			return nil, &emptyReplyError{}
		}
		reply.Body = &replyBody{body, reply.Body}
		return reply, nil
	})
}

// boundedReplies bounds the replies to clients that the SDK makes for itself, to get credentials. They take no other
// HTTP client than the SDK's where AWS_CA_BUNDLE is set.
func boundedReplies(stack *middleware.Stack) error {
	bound := func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
		request, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return next.HandleDeserialize(ctx, in)
		}
		_, err = bounded(request.Request, identityReply, func(*http.Request) (*http.Response, error) {
			out, metadata, err = next.HandleDeserialize(ctx, in)
			reply, ok := out.RawResponse.(*smithyhttp.Response)
			if err != nil || !ok {
				return nil, err
			}
			return reply.Response, nil
		})
		return out, metadata, err
	}
	// After: next to the HTTP client, so that whatever reads the reply reads it through here.
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("BoundedReplies", bound), middleware.After)
}

// bounded sends a request of which the header may be written to, and bounds and unpacks the reply.
func bounded(
	r *http.Request, limit int64, do func(*http.Request) (*http.Response, error),
) (*http.Response, error) {
	unpack := r.Header.Get("Accept-Encoding") == ""
	if unpack { // it is not signed, as signatures name the headers that they cover
		r.Header.Set("Accept-Encoding", "gzip")
	}
	reply, err := do(r)
	if err != nil || reply == nil || reply.Body == nil {
		return reply, err
	}
	if reply.ContentLength > limit {
		_ = reply.Body.Close()
		return nil, &ReplyTooLargeError{limit}
	}
	wire := &limitedReader{in: reply.Body, left: limit, limit: limit}
	body := &replyBody{Reader: wire, closer: reply.Body}
	if unpack && reply.Header.Get("Content-Encoding") == "gzip" {
		body.Reader = &limitedReader{in: &gunzip{in: wire}, left: limit, limit: limit}
		reply.Header.Del("Content-Encoding")
		reply.Header.Del("Content-Length")
		reply.ContentLength, reply.Uncompressed = -1, true
	}
	reply.Body = body
	return reply, nil
}

type replyBody struct {
	io.Reader
	closer io.Closer
}

func (b *replyBody) Close() error { return b.closer.Close() }

// limitedReader fails, instead of ending, behind a limit.
type limitedReader struct {
	in          io.Reader
	left, limit int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, &ReplyTooLargeError{l.limit}
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1] // one more than may be, to tell a reply that ends there from one that goes on
	}
	n, err := l.in.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n - 1, &ReplyTooLargeError{l.limit}
	}
	return n, err
}

// gunzip unpacks once it is read from: a reader that begins with the header would block in the middle of Do.
type gunzip struct {
	in     io.Reader
	unpack *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.unpack == nil {
		unpack, err := gzip.NewReader(g.in)
		if err != nil {
			return 0, fmt.Errorf("unpacking the reply: %w", err)
		}
		g.unpack = unpack
	}
	return g.unpack.Read(p)
}

// ReplyTooLargeError is a reply that is larger than any that a call can have, which would take memory for nothing. It
// concerns this call alone. Another try would only be as large.
type ReplyTooLargeError struct{ Limit int64 }

func (e *ReplyTooLargeError) Error() string {
	return fmt.Sprintf("the reply is larger than %s bytes, which no reply to this call is", figures.Int(e.Limit))
}

// RetryableError implements what the SDK's retryers look for.
func (*ReplyTooLargeError) RetryableError() bool { return false }

// emptyReplyError is a reply without a body. No call has one, and the SDK would take it for an answer that there is
// nothing. It is worth another try.
type emptyReplyError struct{}

func (*emptyReplyError) Error() string { return "the reply is empty" }

// RetryableError implements what the SDK's retryers look for.
func (*emptyReplyError) RetryableError() bool { return true }
