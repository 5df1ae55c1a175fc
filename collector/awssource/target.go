package awssource

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"microspend/internal/outbound"
)

// Target is one region of one account.
type Target struct {
	Account string // 12 digits
	Region  string
	Role    string // ARN of the role that is assumed; "" where the credentials are the account's own
	Config  aws.Config
	Limit   *Limit // of all clients of the account and region; Config's retryer waits for it

	credentials *targetCredentials // those of Config
}

// Targets loads the configuration and returns a target for each pair of account and region, accounts first. It asks
// STS at most once: for the account of credentials that do not say whose they are. Roles are assumed when their
// target is first asked, so that one that cannot be assumed does not keep the others from being collected. Errors are
// explained.
func Targets(ctx context.Context, options Options) ([]Target, error) {
	if err := options.Check(); err != nil {
		return nil, &Fault{Kind: BadOptions, Err: err}
	}
	base, err := load(ctx, options)
	if err != nil {
		return nil, Explain(err)
	}
	regions := options.Regions
	if len(regions) == 0 && base.Region != "" {
		regions = []string{base.Region}
	}
	if len(regions) == 0 {
		return nil, &Fault{Kind: NoRegion, Text: "no region; name one with --region, with region in the profile, or in " +
			"AWS_REGION"}
	}
	if base.Region == "" { // of STS
		base.Region = regions[0]
	}
	var targets []Target
	add := func(account, role string, credentials aws.CredentialsProvider) {
		for _, region := range regions {
			target := Target{Account: account, Region: region, Role: role, Limit: NewLimit(options.Rate, options.Clock)}
			target.credentials = &targetCredentials{provider: credentials}
			target.Config = serviceConfig(base, options, target)
			targets = append(targets, target)
		}
	}
	for _, role := range options.Roles {
		add(role.Account(), role.ARN, assume(base, role))
	}
	if len(options.Roles) == 0 {
		account, err := accountOf(ctx, base)
		if err != nil {
			return nil, Explain(err)
		}
		add(account, "", base.Credentials)
	}
	return targets, nil
}

// load reads the configuration as AWS's own tools do. Its clients are for STS.
func load(ctx context.Context, options Options) (aws.Config, error) {
	// The timeout is of one try, to the last byte of its reply.
	timeout := cmp.Or(options.Timeout, DefaultTimeout)
	client := awshttp.NewBuildableClient().WithTimeout(timeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 16
		t.MaxResponseHeaderBytes = headerBytes
		t.Proxy = outbound.Proxy(http.ProxyFromEnvironment)
	})
	sources := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithLogger(logging.Nop{}), // it warns of connections that break, which is what errors say
		config.WithRetryer(func() aws.Retryer { return NewRetryer(options.Retry, nil) }),
		config.WithAPIOptions([]func(*middleware.Stack) error{boundedCalls, boundedReplies}),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) { o.TokenProvider = options.Token }),
	}
	if options.Profile != "" {
		sources = append(sources, config.WithSharedConfigProfile(options.Profile))
	}
	base, err := config.LoadDefaultConfig(ctx, sources...)
	if err != nil {
		return base, err
	}
	if options.EndpointURL != "" && !ofAWS(endpointOf(options.EndpointURL, "us-east-1")) {
		region := base.Region
		if region == "" && len(options.Regions) > 0 {
			region = options.Regions[0]
		}
		// AWS_ENDPOINT_URL_STS and its like still win: they are read from the sources that were there before.
		url := endpointOf(options.EndpointURL, region)
		base.BaseEndpoint = &url
	}
	return base, nil
}

func assume(base aws.Config, role Role) aws.CredentialsProvider {
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base), role.ARN,
		func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = role.session()
			if role.ExternalID != "" {
				o.ExternalID = &role.ExternalID
			}
		}), func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = 5 * time.Minute // a long batch is not to end with credentials that ran out meanwhile
		o.ExpiryWindowJitterFrac = 0.5
	})
}

// accountOf finds out whose the credentials are.
func accountOf(ctx context.Context, base aws.Config) (string, error) {
	credentials, err := base.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	if credentials.AccountID != "" {
		return credentials.AccountID, nil
	}
	identity, err := sts.NewFromConfig(base).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("asking STS whose the credentials are: %w", err)
	}
	return aws.ToString(identity.Account), nil
}

// serviceConfig is the configuration for clients of the service that is read.
func serviceConfig(base aws.Config, options Options, target Target) aws.Config {
	cfg := base.Copy()
	cfg.Region = target.Region
	cfg.Credentials = target.credentials
	cfg.APIOptions = []func(*middleware.Stack) error{boundedCalls} // replies are bounded by the service's own HTTPClient
	cfg.Retryer = func() aws.Retryer {
		retryer := NewRetryer(options.Retry, target.Limit)
		retryer.ended = target.credentials.used
		return retryer
	}
	if options.EndpointURL != "" {
		url := endpointOf(options.EndpointURL, target.Region)
		cfg.BaseEndpoint = &url
		cfg.ConfigSources = append([]any{givenEndpoint(url)}, base.ConfigSources...)
	}
	return cfg
}

// givenEndpoint is a source of configuration that wins over AWS_ENDPOINT_URL_… and the profile's endpoint_url.
type givenEndpoint string

func (e givenEndpoint) GetServiceBaseEndpoint(context.Context, string) (string, bool, error) {
	return string(e), true, nil
}

func (e givenEndpoint) GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error) {
	return false, true, nil
}

// Endpoint is the URL at which a service is asked, for clients that are not the SDK's: the configured one, by the
// service's SDK id as it is in AWS_ENDPOINT_URL_<ID>, else the fallback.
func Endpoint(ctx context.Context, cfg aws.Config, sdkID, fallback string) string {
	type ignoring interface {
		GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
	}
	type providing interface {
		GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
	}
	for _, source := range cfg.ConfigSources {
		if s, ok := source.(ignoring); ok {
			if ignored, found, err := s.GetIgnoreConfiguredEndpoints(ctx); err == nil && found {
				if ignored {
					return fallback
				}
				break
			}
		}
	}
	for _, source := range cfg.ConfigSources {
		if s, ok := source.(providing); ok {
			if url, found, err := s.GetServiceBaseEndpoint(ctx, sdkID); err == nil && found {
				return url
			}
		}
	}
	if cfg.BaseEndpoint != nil {
		return *cfg.BaseEndpoint
	}
	return fallback
}
