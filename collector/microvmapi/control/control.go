// Package control suspends, resumes and terminates MicroVMs: the calls of the MicroVM API that change something, for a
// program that runs inside a MicroVM, where every megabyte counts. It is the program's own and promises nothing. It has
// a signer and nothing else of the SDK.
//
// What the API is called, where it listens and how requests to it are signed stands here alone; package microvmapi,
// which reads, takes it from here.
package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"microspend/internal/arn"
	"microspend/internal/outbound"
)

const (
	// SigningName is the service's name in SigV4, which is that of functions.
	SigningName = "lambda"
	// APIVersion is the first segment of every path.
	APIVersion = "2025-09-09"
	// EmptyPayload is the SHA-256 of no bytes: no request of the API that this program makes has a body.
	EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Actions are the IAM actions of a client's calls.
var Actions = []string{"lambda:SuspendMicrovm", "lambda:ResumeMicrovm", "lambda:TerminateMicrovm"}

// Endpoint is AWS's own endpoint in a region, of whichever partition that is in.
func Endpoint(region string) string {
	return "https://lambda." + region + "." + arn.PartitionOf(region).DNSSuffix
}

// Path is a request's path: each segment is escaped, as SigV4 wants it of the colons and slashes of an ARN.
func Path(segments ...string) string {
	path := "/" + APIVersion
	for _, segment := range segments {
		path += "/" + httpbinding.EscapePath(segment, true)
	}
	return path
}

// Client acts on MicroVMs of one region. Only Region is required. It may be used by several goroutines.
type Client struct {
	Region      string
	Endpoint    string                                         // "" means AWS's own
	Credentials func(context.Context) (aws.Credentials, error) // nil means those of [Environment] for os.Getenv
	HTTP        *http.Client                                   // nil means one that gives up on a try after 10 s
	Attempts    int                                            // tries of a call in all; 0 means 8

	Now  func() time.Time                                 // nil means time.Now
	Wait func(ctx context.Context, d time.Duration) error // between tries; nil means a timer
}

// Suspend asks for a MicroVM to be suspended, by its id or ARN. That it was accepted does not mean that it is suspended
// yet. An error of the service is an [*Error].
func (c *Client) Suspend(ctx context.Context, microvm string) error {
	return c.call(ctx, "SuspendMicrovm", http.MethodPost, microvm, "suspend")
}

// Resume asks for a suspended MicroVM to go on.
func (c *Client) Resume(ctx context.Context, microvm string) error {
	return c.call(ctx, "ResumeMicrovm", http.MethodPost, microvm, "resume")
}

// Terminate ends a MicroVM. What it had in memory and on its disk is lost.
func (c *Client) Terminate(ctx context.Context, microvm string) error {
	return c.call(ctx, "TerminateMicrovm", http.MethodDelete, microvm)
}

// Error is an answer that refuses a call.
type Error struct {
	Operation     string
	Status        int
	Code, Message string // such as TooManyRequestsException; "" where the answer was not the service's
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %d %s: %s", e.Operation, e.Status, cmp.Or(e.Code, "UnknownError"),
		cmp.Or(e.Message, http.StatusText(e.Status)))
}

// passing reports whether a call that failed may succeed when it is repeated: throttling, a fault of the service, a
// connection that broke. Suspending 2 a second is all that an account may do, so that a fleet that reaches its budgets
// together has to queue.
func passing(err error) bool {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Status == http.StatusTooManyRequests || refused.Status >= http.StatusInternalServerError
	}
	var unsigned *CredentialsError
	return !errors.As(err, &unsigned)
}

func (c *Client) call(ctx context.Context, operation, method, microvm string, action ...string) error {
	if microvm == "" {
		return errors.New(operation + ": no MicroVM is named")
	}
	path := Path(append([]string{"microvms", microvm}, action...)...)
	wait, delay := c.Wait, 500*time.Millisecond
	if wait == nil {
		wait = sleep
	}
	unclear := false // whether an earlier try may have taken effect
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, operation, method, path)
		var refused *Error
		if errors.As(err, &refused) && refused.Status == http.StatusConflict && unclear {
			return nil // it has: a MicroVM that was suspended cannot be suspended
		}
		unclear = unclear || refused == nil || refused.Status >= http.StatusInternalServerError
		if err == nil || !passing(err) || attempt >= cmp.Or(c.Attempts, 8) || ctx.Err() != nil {
			return err
		}
		// Somewhere from half of the delay to all of it, so that those that were refused together don't come back together.
		if wait(ctx, delay/2+rand.N(delay/2)) != nil {
			return err
		}
		delay = min(2*delay, 20*time.Second)
	}
}

// maxReply is how much of an answer is read: enough for any error's message.
const maxReply = 64 << 10

var plainHTTP = outbound.Client(nil, 10*time.Second)

func (c *Client) try(ctx context.Context, operation, method, path string) error {
	endpoint := cmp.Or(strings.TrimSuffix(c.Endpoint, "/"), Endpoint(c.Region))
	request, err := http.NewRequestWithContext(ctx, method, endpoint+path, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if err := outbound.Encrypted(request.URL); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if err := c.sign(ctx, request); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	response, err := cmp.Or(c.HTTP, plainHTTP).Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxReply)) // the status says enough
	if response.StatusCode/100 == 2 {
		return nil
	}
	var said struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &said)
	code := cmp.Or(response.Header.Get("X-Amzn-Errortype"), said.Type, said.Code)
	code, _, _ = strings.Cut(code, ":")
	return &Error{operation, response.StatusCode, code[strings.LastIndexByte(code, '#')+1:], said.Message}
}

func (c *Client) sign(ctx context.Context, request *http.Request) error {
	find, now := c.Credentials, c.Now
	if find == nil {
		find = environment.Retrieve
	}
	if now == nil {
		now = time.Now
	}
	credentials, err := find(ctx)
	if err != nil {
		return &CredentialsError{err}
	}
	request.Header.Set("User-Agent", "microspend")
	return v4.NewSigner().SignHTTP(ctx, credentials, request, EmptyPayload, SigningName, c.Region, now())
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
