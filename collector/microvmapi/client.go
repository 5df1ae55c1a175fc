package microvmapi

import (
	"context"
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
	"microspend/collector/microvmapi/control"
)

const (
	// ServiceID is the service's SDK id: its endpoint is taken from AWS_ENDPOINT_URL_LAMBDA_MICROVMS where that is set.
	ServiceID = "Lambda Microvms"

	maxAnswer = 8 << 20 // bytes; a page of 50 items has a few hundredths of that
)

// Client is a thin client of the MicroVM API: restJson over net/http, signed by the SDK's signer, tried again as the
// target's retryer says. It may be used by several goroutines.
type Client struct {
	config   aws.Config
	endpoint string
	signer   *v4.Signer
	clock    awssource.Clock
}

// NewClient returns a client for a target's configuration, whose Retryer must wait for the target's turn as
// [awssource.Retryer] does. The clock is for signing and for waiting between tries.
func NewClient(ctx context.Context, config aws.Config, clock awssource.Clock) *Client {
	config.HTTPClient = awssource.HTTPClient{Client: config.HTTPClient, MaxReply: maxAnswer}
	return &Client{
		config:   config,
		endpoint: strings.TrimSuffix(awssource.Endpoint(ctx, config, ServiceID, control.Endpoint(config.Region)), "/"),
		signer:   v4.NewSigner(),
		clock:    clock,
	}
}

// list reads a page of a listing.
func list[T checked](
	ctx context.Context, c *Client, operation, token string, path ...string,
) (page Page[T], err error) {
	query := url.Values{"maxResults": {strconv.Itoa(MaxResults)}}
	if token != "" {
		query.Set("nextToken", token)
	}
	page, server, err := get[Page[T]](ctx, c, operation, query, path...)
	page.ServerTime = server
	return page, err
}

// get makes a GET and decodes its answer, with as many tries as the retryer allows.
func get[T checked](
	ctx context.Context, c *Client, operation string, query url.Values, path ...string,
) (out T, server time.Time, err error) {
	server, err = c.tries(ctx, func() (time.Time, error) {
		return c.try(ctx, path, query, func(body []byte) (err error) {
			out, err = decode[T](body)
			return err
		})
	})
	if err != nil {
		err = &smithy.OperationError{ServiceID: ServiceID, OperationName: operation, Err: err}
	}
	return out, server, err
}

func (c *Client) tries(ctx context.Context, try func() (time.Time, error)) (time.Time, error) {
	retryer, ctx := c.config.Retryer().(aws.RetryerV2), awssource.BeginCall(ctx)
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
	err = c.signer.SignHTTP(
		ctx,
		credentials,
		request,
		control.EmptyPayload,
		control.SigningName,
		c.config.Region,
		c.clock.Time(),
	)
	if err != nil {
		return server, err
	}
	response, err := c.config.HTTPClient.Do(request)
	if err != nil {
		return server, &smithyhttp.RequestSendError{Err: err}
	}
	defer response.Body.Close()
	server, _ = http.ParseTime(response.Header.Get("Date"))
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return server, &smithyhttp.RequestSendError{Err: fmt.Errorf("reading the answer: %w", err)}
	case response.StatusCode != http.StatusOK:
		return server, refusal(response, body)
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

func (c *Client) url(path []string, query url.Values) string {
	url := c.endpoint + control.Path(path...)
	if len(query) > 0 {
		url += "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	return url
}
