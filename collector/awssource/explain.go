package awssource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

// Kind is the kind of a fault.
type Kind int

// The kinds of faults. The first ones are the user's to mend before anything can work.
const (
	Unknown            Kind = iota // the error is what the service or the SDK says
	BadOptions                     // of a form that AWS does not have
	NoProfile                      // the profile is not in the configuration
	NoRegion                       // nothing names a region
	NoCredentials                  // nothing gives credentials
	ExpiredCredentials             // they were good once
	WrongCredentials               // AWS does not know them, or the signature does not match
	Refused                        // an IAM policy does not allow the call
	Throttled                      // calls came too fast, again and again
	Unreachable                    // no connection
	Slow                           // no whole reply in time
)

// Fault is an error with what to do about it.
type Fault struct {
	Kind Kind
	Text string // what is wrong and what to do; "" where Err says it all
	Err  error  // as the SDK has it; may be nil
	// Needs are the IAM actions that the source needs, where a call was refused for the lack of one.
	Needs []string
}

func (f *Fault) Error() string {
	text := f.Text
	if len(f.Needs) > 0 {
		text += "; the IAM policy must allow " + strings.Join(f.Needs, ", ")
	}
	switch {
	case text == "":
		return f.Err.Error()
	case f.Err == nil, f.Kind == NoCredentials, f.Kind == NoProfile && errors.As(f.Err, new(config.SharedConfigProfileNotExistError)):
		return text // which says all; the rest is about places that were looked in
	}
	return fmt.Sprintf("%s (%s)", text, f.Err)
}

func (f *Fault) Unwrap() error { return f.Err }

// Configuration reports whether the fault lies in what the user gave rather than in what a service did.
func (f *Fault) Configuration() bool {
	return slices.Contains([]Kind{BadOptions, NoProfile, NoRegion, NoCredentials}, f.Kind)
}

// Passing reports whether the fault may pass by itself.
func (f *Fault) Passing() bool { return slices.Contains([]Kind{Throttled, Unreachable, Slow}, f.Kind) }

// lasting reports whether an error is one that someone has to mend: of credentials, rights or the configuration.
func lasting(err error) bool {
	var fault *Fault
	if errors.As(err, &fault) && (fault.Passing() || fault.Configuration()) {
		return !fault.Passing()
	}
	return EndsTarget(err)
}

// IsConfiguration reports whether an error is a fault of the configuration.
func IsConfiguration(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) && fault.Configuration()
}

var (
	expiredCodes = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
	wrongCodes   = []string{
		"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException",
		"AuthFailure", "IncompleteSignature", "MissingAuthenticationToken",
	}
	refusedCodes = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"}
)

// CredentialsError is a failure to get credentials, as from a role that may not be assumed.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *CredentialsError) Unwrap() error { return e.Err }

// EndsTarget reports whether an error keeps everything of a target from being read: its credentials are missing,
// wrong or expired, or have not the right to make the call.
func EndsTarget(err error) bool {
	var (
		credentials *CredentialsError
		answer      interface{ HTTPStatusCode() int }
		api         smithy.APIError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &credentials):
		return true
	case errors.As(err, &api) && slices.Contains(slices.Concat(expiredCodes, wrongCodes, refusedCodes), api.ErrorCode()):
		return true
	case errors.As(err, &answer):
		return answer.HTTPStatusCode() == http.StatusUnauthorized || answer.HTTPStatusCode() == http.StatusForbidden
	}
	return false
}

// Explain says what an error of a call means to the user. An error that is explained already, one that says all by
// itself, and a context that is done come back as they are.
func Explain(err error) error {
	var fault *Fault
	if err == nil || errors.As(err, &fault) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) && !timedOut(err) {
		return err
	}
	kind, text := explain(err)
	if kind == Unknown {
		return brief(err)
	}
	return &Fault{Kind: kind, Text: text, Err: brief(err)}
}

func explain(err error) (Kind, string) {
	var (
		noProfile config.SharedConfigProfileNotExistError
		badRole   config.SharedConfigAssumeRoleError
		sso       *ssocreds.InvalidTokenError
		lookup    *net.DNSError
		dial      *net.OpError
		api       smithy.APIError
	)
	text := err.Error()
	switch {
	case errors.As(err, &noProfile):
		return NoProfile, fmt.Sprintf("there is no profile %s; aws configure list-profiles shows those there are",
			noProfile.Profile)
	case errors.As(err, &badRole):
		return NoProfile, fmt.Sprintf("the profile's source_profile %s cannot be used", badRole.Profile)
	case errors.As(err, &sso), strings.Contains(text, "refresh cached SSO token failed"):
		return ExpiredCredentials, "the SSO session has expired; run aws sso login with the same profile"
	case strings.Contains(text, "AssumeRoleTokenProvider session option not set"):
		return NoCredentials, "the profile asks for the code of an MFA device, and there is no terminal to ask at; " +
			"run it at one, or use credentials that need no code"
	case strings.Contains(text, "no EC2 IMDS role found"), strings.Contains(text, "static credentials are empty"):
		return NoCredentials, "no AWS credentials were found; name a profile with --profile or AWS_PROFILE, run aws " +
			"configure or aws sso login, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role"
	case IsThrottled(err):
		return Throttled, "AWS throttled the calls again and again; try later or ask less often"
	case errors.As(err, &api) && slices.Contains(expiredCodes, api.ErrorCode()):
		return ExpiredCredentials, "the credentials have expired; renew them (aws sso login, or whatever issued them) " +
			"and run it again"
	case errors.As(err, &api) && slices.Contains(wrongCodes, api.ErrorCode()):
		return WrongCredentials, "AWS does not accept the credentials; check the access key, that the region is enabled " +
			"for the account, and that the machine's clock is right"
	case errors.As(err, &api) && slices.Contains(refusedCodes, api.ErrorCode()):
		return Refused, refusal(err)
	case timedOut(err):
		return Slow, "AWS did not answer in time, again and again; check the network and the endpoint, or raise " +
			"collect.calls.timeout"
	case errors.As(err, &lookup):
		return Unreachable, fmt.Sprintf("there is no host %s; check the region's name, the endpoint and the network",
			lookup.Name)
	case errors.As(err, &dial) && dial.Op == "dial":
		return Unreachable, fmt.Sprintf("no connection to %s; check the endpoint, the network and the proxy", dial.Addr)
	}
	return Unknown, ""
}

// timedOut reports whether tries took too long. The end of a run's own context is another thing: nothing is tried again
// after it. net/http tells them apart in words alone, and not always.
func timedOut(err error) bool {
	var repeated *retry.MaxAttemptsError
	return strings.Contains(err.Error(), "Client.Timeout") ||
		errors.Is(err, context.DeadlineExceeded) && errors.As(err, &repeated)
}

// refusal says which right is missing.
func refusal(err error) string {
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return "AWS refused the call"
	}
	// the innermost: a call fails for the call that was to give its credentials
	for next := operation; errors.As(next.Err, &next); {
		operation = next
	}
	if operation.Operation() == "AssumeRole" {
		return "the role cannot be assumed; check its trust policy, its external id, and that the credentials may " +
			"sts:AssumeRole it"
	}
	return fmt.Sprintf("the credentials may not %s", operation.Operation())
}

// brief leaves out of an error the layers that only say that calls were repeated.
func brief(err error) error {
	var repeated *retry.MaxAttemptsError
	if errors.As(err, &repeated) && repeated.Err != nil {
		return repeated.Err
	}
	var (
		impatient *impatientError
		joined    interface{ Unwrap() []error }
	)
	if errors.As(err, &impatient) && errors.As(err, &joined) {
		return fmt.Errorf("%w; %w", joined.Unwrap()[0], impatient)
	}
	return err
}
