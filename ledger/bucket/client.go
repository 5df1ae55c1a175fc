package bucket

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"microspend/internal/outbound"
	"microspend/ledger"
)

const (
	// requestTimeout is of one try, to the last byte: a part of a few dozen MB over a slow line.
	requestTimeout = 5 * time.Minute
	attempts       = 8
	longestBackoff = 20 * time.Second
	// atOnce is how many requests are under way at a time.
	atOnce = 16
	// maxDocument bounds what is read into memory where no manifest says how large it is.
	maxDocument = 64 << 20
)

// errChanged says that the condition of a write does not hold: there is something else by now.
var errChanged = errors.New("it was changed meanwhile")

// client makes the requests. It may be used by several goroutines.
type client struct {
	Address
	s3    *s3.Client
	slots chan struct{}
	count struct{ reads, writes, deletes atomic.Int64 }
}

// newClient has the credentials from where the SDK looks for them. The round tripper is for tests; nil is the usual one.
func newClient(ctx context.Context, a Address, under func(http.RoundTripper) http.RoundTripper) (*client, error) {
	base := awshttp.NewBuildableClient().WithTimeout(requestTimeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = atOnce
		t.Proxy = outbound.Proxy(http.ProxyFromEnvironment)
	})
	sources := []func(*config.LoadOptions) error{
		config.WithHTTPClient(base),
		config.WithLogger(logging.Nop{}), // it warns of connections that break, which is what errors say
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, longestBackoff
			})
		}),
	}
	if a.Region != "" {
		sources = append(sources, config.WithRegion(a.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, sources...)
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		if a.Endpoint == "" {
			return nil, fmt.Errorf("%s: the bucket's region is not known; add ?region=eu-west-1, or set AWS_REGION", a)
		}
		cfg.Region = "us-east-1" // which servers other than AWS's take for theirs
	}
	c := &client{Address: a, slots: make(chan struct{}, atOnce)}
	c.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = a.PathStyle
		if under != nil {
			o.HTTPClient = &http.Client{Transport: under(base.GetTransport())}
		}
		if a.Endpoint != "" {
			o.BaseEndpoint = &a.Endpoint
		}
		// Writes carry a SHA-256 of their own, and what is read is held to the manifest: more would only keep servers
		// away that do not know it.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return c, nil
}

// slot waits for a place among the requests that are under way.
func (c *client) slot(ctx context.Context) (free func(), err error) {
	select {
	case c.slots <- struct{}{}:
		return func() { <-c.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// object is what a server has under a name.
type object struct {
	key      string
	etag     string
	size     int64
	modified time.Time // by the server's clock
	written  string    // see [client.put]
}

// get gives an object's content to a reader. The error is an [fs.ErrNotExist] where there is none.
func (c *client) get(ctx context.Context, name string, take func(io.Reader, object) error) error {
	free, err := c.slot(ctx)
	if err != nil {
		return err
	}
	defer free()
	c.count.reads.Add(1)
	key := c.key(name)
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &c.Bucket, Key: &key})
	if err != nil {
		return c.fault(ctx, name, err)
	}
	defer out.Body.Close()
	err = take(out.Body, object{
		key, aws.ToString(out.ETag), aws.ToInt64(out.ContentLength), aws.ToTime(out.LastModified),
		out.Metadata[writtenBy],
	})
	if err != nil {
		return c.fault(ctx, name, err)
	}
	return nil
}

// tries is how often a content that came cut off is asked for.
const tries = 4

// read gives the content of an object of unknown size.
func (c *client) read(ctx context.Context, name string) (content []byte, of object, err error) {
	for try := 1; ; try++ {
		err = c.get(ctx, name, func(r io.Reader, o object) error {
			of = o
			if o.size > maxDocument {
				return fmt.Errorf("%s has %d bytes; the most are %d", name, o.size, maxDocument)
			}
			content, err = io.ReadAll(io.LimitReader(r, maxDocument))
			if err == nil && int64(len(content)) != o.size {
				err = io.ErrUnexpectedEOF
			}
			return err
		})
		if err == nil || !cutOff(err) || try == tries || ctx.Err() != nil {
			return content, of, err
		}
	}
}

// cutOff reports whether an answer began and did not end, which the SDK does not see.
func cutOff(err error) bool {
	var api smithy.APIError
	return !errors.As(err, &api) && !errors.Is(err, fs.ErrNotExist) &&
		(errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || isNetwork(err))
}

func isNetwork(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout)
}

// condition is under which a write is to happen: that there is no such object, or one with an ETag. The zero value is
// none.
type condition struct {
	absent bool
	etag   string
}

// writtenBy is the metadata by which a write is known again.
const writtenBy = "microspend-write"

// put writes an object and returns its ETag. The error is [errChanged] where the condition does not hold. The answer to a
// first try may be lost on its way, and the second one then finds what the first has written: a name that nothing else
// has tells it from the same content written by somebody else.
func (c *client) put(ctx context.Context, name string, body io.ReadSeeker, sha256 string, when condition) (string, error) {
	free, err := c.slot(ctx)
	if err != nil {
		return "", err
	}
	defer func() { free() }()
	c.count.writes.Add(1)
	key := c.key(name)
	in := &s3.PutObjectInput{Bucket: &c.Bucket, Key: &key, Body: body, ChecksumSHA256: &sha256}
	if when.absent {
		in.IfNoneMatch = aws.String("*")
	}
	if when.etag != "" {
		in.IfMatch = &when.etag
	}
	id := rand.Text()
	if when != (condition{}) {
		in.Metadata = map[string]string{writtenBy: id}
	}
	out, err := c.s3.PutObject(ctx, in)
	if err == nil {
		return aws.ToString(out.ETag), nil
	}
	err = c.fault(ctx, name, err)
	if errors.Is(err, errChanged) {
		free()
		free = func() {}
		if _, now, fault := c.read(ctx, name); fault == nil && now.written == id {
			return now.etag, nil
		}
	}
	return "", err
}

func (c *client) putBytes(ctx context.Context, name string, content []byte, when condition) (string, error) {
	return c.put(ctx, name, bytes.NewReader(content), sumOf(content), when)
}

// list gives the objects below a folder in the order of their names, and the server's time.
func (c *client) list(ctx context.Context, folder string) (objects []object, now time.Time, err error) {
	free, err := c.slot(ctx)
	if err != nil {
		return nil, now, err
	}
	defer free()
	prefix := c.key(folder)
	pages := s3.NewListObjectsV2Paginator(c.s3, &s3.ListObjectsV2Input{Bucket: &c.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		c.count.writes.Add(1) // by which it is billed
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, now, c.fault(ctx, folder, err)
		}
		if at, ok := awsmiddleware.GetServerTime(page.ResultMetadata); ok {
			now = at
		}
		for _, o := range page.Contents {
			name := aws.ToString(o.Key)[len(prefix)-len(folder):]
			objects = append(objects, object{name, aws.ToString(o.ETag), aws.ToInt64(o.Size), aws.ToTime(o.LastModified), ""})
		}
	}
	return objects, now, nil
}

// remove deletes objects; those that are not there are no error.
func (c *client) remove(ctx context.Context, names ...string) error {
	for _, name := range names {
		free, err := c.slot(ctx)
		if err != nil {
			return err
		}
		c.count.deletes.Add(1)
		key := c.key(name)
		_, err = c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.Bucket, Key: &key})
		free()
		if err = c.fault(ctx, name, err); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// fault says what an error means. What the server did not answer, or refused, is a [ledger.UnreachableError]: it says
// nothing of what it has.
func (c *client) fault(ctx context.Context, name string, err error) error {
	if err == nil || ctx.Err() != nil {
		return cmp.Or(ctx.Err(), err)
	}
	var api smithy.APIError
	code, status := "", 0
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	var noBucket *types.NoSuchBucket
	switch {
	case errors.As(err, &noBucket) || code == "NoSuchBucket":
		err = fmt.Errorf("there is no bucket %q, or it is in another region", c.Bucket)
	case status == http.StatusPreconditionFailed, status == http.StatusConflict, code == "ConditionalRequestConflict":
		return errChanged
	case status == http.StatusNotFound:
		return fmt.Errorf("%s: %w", c.url(c.key(name)), fs.ErrNotExist)
	case status == http.StatusForbidden:
		err = fmt.Errorf("%s: the server does not allow it (%s); docs/aws-setup.md lists the permissions", name, code)
	default:
		err = fmt.Errorf("%s: %w", name, plain(err))
	}
	return &ledger.UnreachableError{Name: c.Address.String(), Err: err}
}

// plain is an error without the SDK's account of the operation, which has the request's address but never its signature.
func plain(err error) error {
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		return operation.Err
	}
	return err
}
