package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"microspend/internal/outbound"
)

// CredentialsError says that a call could not be signed.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string {
	return "no credentials of an execution role: " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *CredentialsError) Unwrap() error { return e.Err }

// Environment finds the credentials of a role where AWS's services put them for what runs on them, in the order of
// AWS's SDKs: environment variables (AWS_ACCESS_KEY_ID and those beside it), an endpoint for containers
// (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI), the instance metadata service, version 2. Files and single
// sign-on, which SDKs know as well, are not for roles of a MicroVM. What it finds is kept until five minutes before it
// expires.
type Environment struct {
	Getenv func(string) string // nil means os.Getenv
	HTTP   *http.Client        // nil means one without a proxy, that waits for two seconds
	Now    func() time.Time    // nil means time.Now

	mu   sync.Mutex
	kept aws.Credentials
}

var environment Environment

// Retrieve returns credentials that are good for now.
func (e *Environment) Retrieve(ctx context.Context) (aws.Credentials, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	if e.kept.CanExpire && now().Before(e.kept.Expires.Add(-5*time.Minute)) {
		return e.kept, nil
	}
	found, err := e.find(ctx)
	if err == nil {
		e.kept = found
	}
	return found, err
}

func (e *Environment) getenv(name string) string {
	if e.Getenv == nil {
		return os.Getenv(name)
	}
	return e.Getenv(name)
}

func (e *Environment) find(ctx context.Context) (aws.Credentials, error) {
	key, secret := e.getenv("AWS_ACCESS_KEY_ID"), e.getenv("AWS_SECRET_ACCESS_KEY")
	if key != "" && secret != "" {
		return aws.Credentials{
			AccessKeyID: key, SecretAccessKey: secret, SessionToken: e.getenv("AWS_SESSION_TOKEN"), Source: "environment",
		}, nil
	}
	if relative := e.getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
		return e.container(ctx, "http://169.254.170.2"+relative)
	}
	if full := e.getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"); full != "" {
		if err := local(full); err != nil {
			return aws.Credentials{}, err
		}
		return e.container(ctx, full)
	}
	if strings.EqualFold(e.getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return aws.Credentials{}, errors.New("none in the environment, and AWS_EC2_METADATA_DISABLED is set")
	}
	return e.instance(ctx)
}

// local reports an endpoint that credentials must not be asked of, by the rule of AWS's SDKs.
func local(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL")
	}
	if err := outbound.Encrypted(u); err != nil {
		return fmt.Errorf("AWS_CONTAINER_CREDENTIALS_FULL_URI: %w", err)
	}
	return nil
}

func (e *Environment) container(ctx context.Context, endpoint string) (aws.Credentials, error) {
	token := e.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := e.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return aws.Credentials{}, err
		}
		token = strings.TrimSpace(string(text))
	}
	body, err := e.ask(ctx, http.MethodGet, endpoint, "Authorization", token)
	if err != nil {
		return aws.Credentials{}, err
	}
	return parse(body, "container endpoint")
}

func (e *Environment) instance(ctx context.Context) (aws.Credentials, error) {
	base := cmp.Or(e.getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "http://169.254.169.254")
	base = strings.TrimSuffix(base, "/") + "/latest/"
	token, err := e.ask(ctx, http.MethodPut, base+"api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
	if err != nil {
		return aws.Credentials{}, err
	}
	const header, roles = "X-Aws-Ec2-Metadata-Token", "meta-data/iam/security-credentials/"
	names, err := e.ask(ctx, http.MethodGet, base+roles, header, string(token))
	if err != nil {
		return aws.Credentials{}, err
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(names)), "\n")
	body, err := e.ask(ctx, http.MethodGet, base+roles+url.PathEscape(name), header, string(token))
	if err != nil {
		return aws.Credentials{}, err
	}
	return parse(body, "instance metadata")
}

// linkLocal asks services on this machine, which no proxy reaches.
var linkLocal = outbound.Client(&http.Transport{DisableKeepAlives: true}, 2*time.Second)

func (e *Environment) ask(ctx context.Context, method, url, header, value string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	if value != "" {
		request.Header.Set(header, value)
	}
	response, err := cmp.Or(e.HTTP, linkLocal).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, response.Status)
	}
	return body, err
}

// parse reads what both endpoints answer.
func parse(body []byte, source string) (aws.Credentials, error) {
	var in struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      time.Time
	}
	// What was answered is not quoted: it may be a secret.
	if json.Unmarshal(body, &in) != nil || in.AccessKeyID == "" || in.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("the %s does not answer with credentials", source)
	}
	return aws.Credentials{
		AccessKeyID: in.AccessKeyID, SecretAccessKey: in.SecretAccessKey, SessionToken: in.Token, Source: source,
		CanExpire: !in.Expiration.IsZero(), Expires: in.Expiration,
	}, nil
}
