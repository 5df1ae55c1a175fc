package microvmapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"microspend/collector/awssource"
)

const (
	// ServiceID is the service's SDK id: its endpoint is taken from AWS_ENDPOINT_URL_LAMBDA_MICROVMS where that is set.
	ServiceID = "Lambda Microvms"

	signingName = "lambda" // of SigV4; the host is also that of functions
	apiVersion  = "2025-09-09"
	maxAnswer   = 8 << 20 // bytes; a page of 50 items has a few hundredths of that
)

// Client is a thin client of the MicroVM API: restJson over net/http, signed by the SDK's signer, tried again as the
// target's retryer says. It may be used by several goroutines.
type Client struct {
	config   aws.Config
	endpoint string
	signer   *v4.Signer
	clock    awssource.Clock
}

var _ API = (*Client)(nil)

// NewClient returns a client for a target's configuration, whose Retryer must wait for the target's turn as
// [awssource.Retryer] does. The clock is for signing and for waiting between tries.
func NewClient(ctx context.Context, config aws.Config, clock awssource.Clock) *Client {
	fallback := fmt.Sprintf("https://lambda.%s.%s", config.Region, dnsSuffix(config.Region))
	return &Client{
		config:   config,
		endpoint: strings.TrimSuffix(awssource.Endpoint(ctx, config, ServiceID, fallback), "/"),
		signer:   v4.NewSigner(),
		clock:    clock,
	}
}

func dnsSuffix(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// call makes a GET and decodes its answer, with as many tries as the retryer allows.
func (c *Client) call(
	ctx context.Context, operation string, path []string, query url.Values, decode func([]byte) error,
) (
	server time.Time, err error,
) {
	server, err = c.tries(ctx, func() (time.Time, error) { return c.try(ctx, path, query, decode) })
	if err != nil {
		err = &smithy.OperationError{ServiceID: ServiceID, OperationName: operation, Err: err}
	}
	return server, err
}

func (c *Client) tries(ctx context.Context, try func() (time.Time, error)) (time.Time, error) {
	retryer := c.config.Retryer().(aws.RetryerV2)
	for attempt := 1; ; attempt++ {
		release, err := retryer.GetAttemptToken(ctx)
		if err != nil {
			return time.Time{}, err
		}
		server, err := try()
		_ = release(err)
		switch {
		case err == nil:
			return server, nil
		case ctx.Err() != nil:
			return server, &aws.RequestCanceledError{Err: ctx.Err()}
		case !retryer.IsErrorRetryable(err) || attempt >= retryer.MaxAttempts():
			return server, err
		}
		if _, tokenErr := retryer.GetRetryToken(ctx, err); tokenErr != nil {
			return server, err
		}
		delay, delayErr := retryer.RetryDelay(attempt, err)
		if delayErr != nil {
			return server, err
		}
		if err := c.clock.Wait(ctx, delay); err != nil {
			return server, &aws.RequestCanceledError{Err: err}
		}
	}
}

// emptyPayload is the SHA-256 of no bytes: every call is a GET without a body.
var emptyPayload = func() string {
	sum := sha256.Sum256(nil)
	return hex.EncodeToString(sum[:])
}()

func (c *Client) try(
	ctx context.Context, path []string, query url.Values, decode func([]byte) error,
) (server time.Time, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url(path, query), nil)
	if err != nil {
		return server, err
	}
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return server, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "microspend")
	err = c.signer.SignHTTP(ctx, credentials, request, emptyPayload, signingName, c.config.Region, c.clock.Time())
	if err != nil {
		return server, err
	}
	response, err := c.config.HTTPClient.Do(request)
	if err != nil {
		return server, &smithyhttp.RequestSendError{Err: err}
	}
	defer response.Body.Close()
	server, _ = http.ParseTime(response.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return server, &smithyhttp.RequestSendError{Err: fmt.Errorf("reading the answer: %w", err)}
	case response.StatusCode != http.StatusOK:
		return server, refusal(response, body)
	case len(body) > maxAnswer:
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	default:
		err = decode(body)
	}
	if err != nil {
		return server, &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: response}, Err: &smithy.DeserializationError{Err: err},
		}
	}
	return server, nil
}

// url writes each part of the path as one segment: the colons and slashes of an ARN are escaped.
func (c *Client) url(path []string, query url.Values) string {
	var b strings.Builder
	b.WriteString(c.endpoint + "/" + apiVersion)
	for _, segment := range path {
		b.WriteString("/" + escapeSegment(segment))
	}
	if len(query) > 0 {
		b.WriteString("?" + strings.ReplaceAll(query.Encode(), "+", "%20"))
	}
	return b.String()
}

// escapeSegment escapes everything but unreserved characters, as RFC 3986 has them and SigV4 wants it.
func escapeSegment(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// page is the query of a listing.
func page(maxResults *int32, nextToken *string) url.Values {
	query := url.Values{}
	if maxResults != nil {
		query.Set("maxResults", strconv.Itoa(int(*maxResults)))
	}
	setString(query, "nextToken", nextToken)
	return query
}

func setString(query url.Values, name string, value *string) {
	if value != nil {
		query.Set(name, *value)
	}
}

// ListMicrovms lists a page of MicroVMs.
func (c *Client) ListMicrovms(ctx context.Context, in *ListMicrovmsInput) (*ListMicrovmsOutput, error) {
	query := page(in.MaxResults, in.NextToken)
	setString(query, "imageIdentifier", in.ImageIdentifier)
	setString(query, "imageVersion", in.ImageVersion)
	out := &ListMicrovmsOutput{}
	var err error
	out.ServerTime, err = c.call(ctx, "ListMicrovms", []string{"microvms"}, query, func(body []byte) (err error) {
		out.Items, out.NextToken, err = decodeMicrovms(body)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// get makes a call and decodes its answer.
func get[T any](
	ctx context.Context, c *Client, operation string, path []string, query url.Values, decode func([]byte) (T, error),
) (out T, err error) {
	_, err = c.call(ctx, operation, path, query, func(body []byte) (err error) {
		out, err = decode(body)
		return err
	})
	return out, err
}

// GetMicrovm gets one MicroVM.
func (c *Client) GetMicrovm(ctx context.Context, in *GetMicrovmInput) (*GetMicrovmOutput, error) {
	path := []string{"microvms", aws.ToString(in.MicrovmIdentifier)}
	return get(ctx, c, "GetMicrovm", path, nil, decodeMicrovm)
}

const imagesPath = "microvm-images"

// ListMicrovmImages lists a page of images.
func (c *Client) ListMicrovmImages(ctx context.Context, in *ListMicrovmImagesInput) (*ListMicrovmImagesOutput, error) {
	return get(ctx, c, "ListMicrovmImages", []string{imagesPath}, page(in.MaxResults, in.NextToken), decodeImages)
}

// ListMicrovmImageVersions lists a page of an image's versions.
func (c *Client) ListMicrovmImageVersions(
	ctx context.Context, in *ListMicrovmImageVersionsInput,
) (*ListMicrovmImageVersionsOutput, error) {
	path := []string{imagesPath, aws.ToString(in.ImageIdentifier), "versions"}
	return get(ctx, c, "ListMicrovmImageVersions", path, page(in.MaxResults, in.NextToken), decodeVersions)
}

func versionPath(image, version *string) []string {
	return []string{imagesPath, aws.ToString(image), "versions", aws.ToString(version)}
}

// GetMicrovmImageVersion gets one version.
func (c *Client) GetMicrovmImageVersion(
	ctx context.Context, in *GetMicrovmImageVersionInput,
) (*GetMicrovmImageVersionOutput, error) {
	path := versionPath(in.ImageIdentifier, in.ImageVersion)
	return get(ctx, c, "GetMicrovmImageVersion", path, nil, decodeVersion)
}

// ListMicrovmImageBuilds lists a page of a version's builds.
func (c *Client) ListMicrovmImageBuilds(
	ctx context.Context, in *ListMicrovmImageBuildsInput,
) (*ListMicrovmImageBuildsOutput, error) {
	path := append(versionPath(in.ImageIdentifier, in.ImageVersion), "builds")
	return get(ctx, c, "ListMicrovmImageBuilds", path, page(in.MaxResults, in.NextToken), decodeBuilds)
}

// GetMicrovmImageBuild gets one build.
func (c *Client) GetMicrovmImageBuild(
	ctx context.Context, in *GetMicrovmImageBuildInput,
) (*GetMicrovmImageBuildOutput, error) {
	path := append(versionPath(in.ImageIdentifier, in.ImageVersion), "builds", aws.ToString(in.BuildId))
	return get(ctx, c, "GetMicrovmImageBuild", path, nil, decodeBuild)
}
