package awssource

import (
	"context"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"
)

// alone keeps a test from the credentials, the configuration and the network of the machine it runs on.
func alone(t *testing.T) string {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			require.NoError(t, os.Unsetenv(name))
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, ".aws/config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, ".aws/credentials"))
	require.NoError(t, os.Mkdir(filepath.Join(home, ".aws"), 0o700))
	return home
}

func withKeys(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}

// stsServer answers as STS does, and keeps what it was asked.
type stsServer struct {
	*httptest.Server
	forms   []map[string]string
	refuse  map[string]string // action -> error code
	account string
}

func newSTS(t *testing.T) *stsServer {
	t.Helper()
	s := &stsServer{account: "111122223333", refuse: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form := map[string]string{}
		for key := range r.Form {
			form[key] = r.Form.Get(key)
		}
		s.forms = append(s.forms, form)
		w.Header().Set("Content-Type", "text/xml")
		action := form["Action"]
		if code := s.refuse[action]; code != "" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, code)
			return
		}
		switch action {
		case "GetCallerIdentity":
			fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account><Arn>arn:aws:iam::%s:user/a</Arn><UserId>A</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>`, s.account, s.account)
		default:
			expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
			fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Credentials><AccessKeyId>ASIA%[2]s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[3]s</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/x/y</Arn><AssumedRoleId>A:b</AssumedRoleId></AssumedRoleUser></%[1]sResult></%[1]sResponse>`, action, form["RoleSessionName"], expires)
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
	return s
}

func patient() Options {
	return Options{
		Rate:  Rate{PerSecond: 1000, Burst: 1000},
		Retry: Retry{Attempts: 2, Base: time.Microsecond, Longest: time.Microsecond, Random: func() float64 { return 0 }},
	}
}

func TestTheAccountOfTheCredentialsIsAskedOfSTSOnce(t *testing.T) {
	alone(t)
	withKeys(t)
	sts := newSTS(t)
	options := patient()
	options.Regions = []string{"eu-west-1", "us-east-1"}
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	require.Len(t, targets, 2)
	require.Len(t, sts.forms, 1)
	for i, region := range options.Regions {
		require.Equal(t, "111122223333", targets[i].Account)
		require.Equal(t, region, targets[i].Region)
		require.Equal(t, region, targets[i].Config.Region)
		require.Empty(t, targets[i].Role)
	}
	require.NotSame(t, targets[0].Limit, targets[1].Limit, "AWS limits each region by itself")
}

// A 307 keeps the method and the body, and the SDK's client follows it with the session's token to any host.
func TestCredentialsFollowNoRedirect(t *testing.T) {
	alone(t)
	withKeys(t)
	t.Setenv("AWS_SESSION_TOKEN", "token")
	reached := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	t.Cleanup(other.Close)
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(first.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", first.URL)
	options := patient()
	options.Regions = []string{"eu-west-1"}

	_, err := Targets(t.Context(), options)

	require.ErrorContains(t, err, "StatusCode: 307", "a body that cannot be sent again keeps net/http from following")
	require.Zero(t, reached)

	base, err := load(t.Context(), options)
	require.NoError(t, err)
	request, err := http.NewRequest(http.MethodGet, first.URL, nil)
	require.NoError(t, err)
	request.Header.Set("X-Amz-Security-Token", "token")
	_, err = HTTPClient{Client: base.HTTPClient, MaxReply: 1 << 20}.Do(request)
	require.ErrorContains(t, err, `the answer is a redirect to "`+other.URL+`", which is not followed`)
	require.Zero(t, reached)
}

func TestAProfileGivesCredentialsAndRegion(t *testing.T) {
	home := alone(t)
	newSTS(t)
	require.NoError(t, os.WriteFile(filepath.Join(home, ".aws/config"),
		[]byte("[profile finance]\nregion = eu-north-1\naws_access_key_id = AKIDFINANCE\naws_secret_access_key = s\n"),
		0o600))
	options := patient()
	options.Profile = "finance"
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	require.Len(t, targets, 1)
	require.Equal(t, "eu-north-1", targets[0].Region)
	credentials, err := targets[0].Config.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AKIDFINANCE", credentials.AccessKeyID)
}

func TestRolesAreAssumedWithTheirExternalIDWhenTheyAreFirstUsed(t *testing.T) {
	alone(t)
	withKeys(t)
	sts := newSTS(t)
	options := patient()
	options.Regions = []string{"eu-west-1", "us-east-1"}
	options.Roles = []Role{
		{ARN: "arn:aws:iam::444455556666:role/reader", ExternalID: "x-42", SessionName: "finance"},
		{ARN: "arn:aws-us-gov:iam::777788889999:role/path/to/reader"},
	}
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	require.Len(t, targets, 4)
	require.Empty(t, sts.forms, "nothing is assumed, nor asked, before it is needed")
	require.Equal(t, "444455556666", targets[0].Account)
	require.Equal(t, "777788889999", targets[3].Account)
	for range 2 {
		credentials, err := targets[0].Config.Credentials.Retrieve(t.Context())
		require.NoError(t, err)
		require.Equal(t, "ASIAfinance", credentials.AccessKeyID)
	}
	require.Len(t, sts.forms, 1, "credentials are kept")
	require.Equal(t, "x-42", sts.forms[0]["ExternalId"])
	_, err = targets[1].Config.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Len(t, sts.forms, 1, "one role serves its account's regions")
	_, err = targets[3].Config.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "microspend", sts.forms[1]["RoleSessionName"])
	require.NotContains(t, sts.forms[1], "ExternalId")
}

func TestAWebIdentityNeedsNoKeys(t *testing.T) {
	home := alone(t)
	sts := newSTS(t)
	token := filepath.Join(home, "token")
	require.NoError(t, os.WriteFile(token, []byte("jwt"), 0o600))
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/pod")
	t.Setenv("AWS_REGION", "eu-west-1")
	targets, err := Targets(t.Context(), patient())
	require.NoError(t, err)
	require.Len(t, targets, 1)
	require.Equal(t, "AssumeRoleWithWebIdentity", sts.forms[0]["Action"])
	require.Equal(t, "jwt", sts.forms[0]["WebIdentityToken"])
	require.Equal(t, "111122223333", targets[0].Account)
}

func TestAnSSOSessionThatRanOutSaysWhatToDo(t *testing.T) {
	home := alone(t)
	require.NoError(t, os.WriteFile(filepath.Join(home, ".aws/config"), []byte(`[profile sso]
region = eu-west-1
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Reader
`), 0o600))
	cache := filepath.Join(home, ".aws/sso/cache")
	require.NoError(t, os.MkdirAll(cache, 0o700))
	expired, err := json.Marshal(map[string]string{
		"startUrl": "https://example.awsapps.com/start", "region": "eu-west-1", "accessToken": "x",
		"expiresAt": "2020-01-01T00:00:00Z",
	})
	require.NoError(t, err)
	name := fmt.Sprintf("%x.json", sha1.Sum([]byte("https://example.awsapps.com/start")))
	require.NoError(t, os.WriteFile(filepath.Join(cache, name), expired, 0o600))
	options := patient()
	options.Profile = "sso"
	_, err = Targets(t.Context(), options)
	require.ErrorContains(t, err, "the SSO session has expired; run aws sso login with the same profile")
	require.False(t, IsConfiguration(err))
}

func TestWhatIsMissingIsNamedWithWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		name   string
		setup  func(t *testing.T, o *Options)
		says   string
		config bool
	}{
		{
			"no credentials", func(t *testing.T, o *Options) { o.Regions = []string{"eu-west-1"} },
			"no AWS credentials were found; name a profile", true,
		},
		{"no region", func(t *testing.T, o *Options) { withKeys(t) }, "no region; name one with --region", true},
		{"no such profile", func(t *testing.T, o *Options) { o.Profile = "nobody" }, "there is no profile nobody", true},
		{"expired token", func(t *testing.T, o *Options) {
			withKeys(t)
			o.Regions = []string{"eu-west-1"}
			newSTS(t).refuse["GetCallerIdentity"] = "ExpiredToken"
		}, "the credentials have expired; renew them", false},
		{"unknown key", func(t *testing.T, o *Options) {
			withKeys(t)
			o.Regions = []string{"eu-west-1"}
			newSTS(t).refuse["GetCallerIdentity"] = "InvalidClientTokenId"
		}, "AWS does not accept the credentials", false},
		{"STS out of reach", func(t *testing.T, o *Options) {
			withKeys(t)
			o.Regions = []string{"eu-west-1"}
			t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
		}, "no connection to 127.0.0.1:1", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			alone(t)
			options := patient()
			tc.setup(t, &options)
			_, err := Targets(t.Context(), options)
			require.ErrorContains(t, err, tc.says)
			require.Equal(t, tc.config, IsConfiguration(err), err)
		})
	}
}

func TestARoleThatCannotBeAssumedIsExplainedAtItsFirstCall(t *testing.T) {
	alone(t)
	withKeys(t)
	newSTS(t).refuse["AssumeRole"] = "AccessDenied"
	options := patient()
	options.Regions = []string{"eu-west-1"}
	options.Roles = []Role{{ARN: "arn:aws:iam::444455556666:role/reader"}}
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	_, err = cloudwatchlogs.NewFromConfig(targets[0].Config).DescribeLogGroups(t.Context(),
		&cloudwatchlogs.DescribeLogGroupsInput{})
	require.ErrorContains(t, Explain(err), "the role cannot be assumed; check its trust policy, its external id")
}

func TestOptionsThatCannotBeAreRefusedAllAtOnce(t *testing.T) {
	options := Options{
		Regions: []string{"eu-west1", "us-east-1", "us-east-1"},
		Roles: []Role{
			{ARN: "arn:aws:iam::12:role/x"},
			{ARN: "arn:aws:iam::111122223333:role/a", ExternalID: "a b"},
			{ARN: "arn:aws:iam::111122223333:role/b", SessionName: "x y"},
		},
		EndpointURL: "ftp://here",
	}
	err := options.Check()
	require.Error(t, err)
	require.Equal(t, strings.TrimSpace(`
"eu-west1" is not an AWS region; did you mean eu-west-1?
region us-east-1 is given twice
"arn:aws:iam::12:role/x" is not the ARN of a role such as arn:aws:iam::123456789012:role/microspend
the external id of arn:aws:iam::111122223333:role/a is not 2 to 1224 letters, digits and +=,.@:/-
the roles arn:aws:iam::111122223333:role/a and arn:aws:iam::111122223333:role/b are of one account, whose usage would be collected twice
"x y" is not a session name: 2 to 64 letters, digits and +=,.@-
"ftp://here" is not an endpoint; one is written like http://127.0.0.1:4566`), err.Error())
	_, err = Targets(t.Context(), options)
	require.True(t, IsConfiguration(err))
}

// TestWhichEndpointIsAsked sets one server against the ways to name it.
func TestWhichEndpointIsAsked(t *testing.T) {
	for _, tc := range []struct {
		name  string
		setup func(t *testing.T, url string, o *Options)
		path  string
	}{
		{"the flag", func(t *testing.T, url string, o *Options) { o.EndpointURL = url }, "/"},
		{
			"the flag, by region", func(t *testing.T, url string, o *Options) { o.EndpointURL = url + "/at/{region}" },
			"/at/eu-west-1",
		},
		{"the flag before the variables", func(t *testing.T, url string, o *Options) {
			o.EndpointURL = url
			t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
			t.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://127.0.0.1:1")
		}, "/"},
		{"the flag before what says to ignore", func(t *testing.T, url string, o *Options) {
			o.EndpointURL = url
			t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
		}, "/"},
		{"the service's variable", func(t *testing.T, url string,
			o *Options,
		) {
			t.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url)
		}, "/"},
		{"the variable of all", func(t *testing.T, url string, o *Options) { t.Setenv("AWS_ENDPOINT_URL", url) }, "/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			alone(t)
			withKeys(t)
			newSTS(t)
			var asked string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Path
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = w.Write([]byte(`{}`))
			}))
			t.Cleanup(server.Close)
			options := patient()
			options.Regions = []string{"eu-west-1"}
			tc.setup(t, server.URL, &options)
			targets, err := Targets(t.Context(), options)
			require.NoError(t, err)
			_, err = cloudwatchlogs.NewFromConfig(targets[0].Config).DescribeLogGroups(t.Context(),
				&cloudwatchlogs.DescribeLogGroupsInput{})
			require.NoError(t, err)
			require.Equal(t, tc.path, asked)
			got := Endpoint(t.Context(), targets[0].Config, "CloudWatch Logs", "https://fallback")
			require.True(t, strings.HasPrefix(got, server.URL), "clients that are not the SDK's ask at the same place: %s", got)
		})
	}
}

func TestAnEmulatorsEndpointStandsInForSTSAndAWSsDoesNot(t *testing.T) {
	alone(t)
	withKeys(t)
	sts := newSTS(t)
	require.NoError(t, os.Unsetenv("AWS_ENDPOINT_URL_STS"))
	options := patient()
	options.Regions = []string{"eu-west-1"}
	options.EndpointURL = sts.URL
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	require.Equal(t, "111122223333", targets[0].Account)

	options.EndpointURL = "https://vpce-0123.logs.eu-west-1.vpce.amazonaws.com"
	base, err := load(t.Context(), options)
	require.NoError(t, err)
	require.Nil(t, base.BaseEndpoint, "a VPC endpoint of one service does not answer for another")
}

func TestWithoutAConfiguredEndpointTheFallbackIsAsked(t *testing.T) {
	alone(t)
	withKeys(t)
	newSTS(t)
	options := patient()
	options.Regions = []string{"eu-west-1"}
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	require.Equal(t, "https://fallback", Endpoint(t.Context(), targets[0].Config, "Lambda Microvms", "https://fallback"))
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	require.NoError(t, os.Unsetenv("AWS_ENDPOINT_URL_STS"))
	options.Roles = []Role{{ARN: "arn:aws:iam::444455556666:role/reader"}}
	targets, err = Targets(t.Context(), options)
	require.NoError(t, err)
	require.Equal(t, "https://fallback", Endpoint(t.Context(), targets[0].Config, "Lambda Microvms", "https://fallback"))
}

func TestADoneContextIsNoFault(t *testing.T) {
	require.ErrorIs(t, Explain(context.Canceled), context.Canceled)
	require.NoError(t, Explain(nil))
	var fault *Fault
	require.NotErrorAs(t, Explain(context.Canceled), &fault)
}

// TestRolesAndEndpointsOfEveryPartition: each has ARNs and endpoints of its own.
func TestRolesAndEndpointsOfEveryPartition(t *testing.T) {
	for _, tc := range []struct{ partition, region, endpoint string }{
		{"aws", "eu-west-1", "https://vpce-1.logs.eu-west-1.vpce.amazonaws.com"},
		{"aws", "eu-west-1", "https://logs.eu-west-1.api.aws"},
		{"aws-cn", "cn-north-1", "https://logs.cn-north-1.amazonaws.com.cn"},
		{"aws-us-gov", "us-gov-west-1", "https://logs.us-gov-west-1.amazonaws.com"},
		{"aws-iso", "us-iso-east-1", "https://logs.us-iso-east-1.c2s.ic.gov"},
		{"aws-iso-b", "us-isob-east-1", "https://logs.us-isob-east-1.sc2s.sgov.gov"},
		{"aws-iso-e", "eu-isoe-west-1", "https://logs.eu-isoe-west-1.cloud.adc-e.uk"},
		{"aws-iso-f", "us-isof-south-1", "https://logs.us-isof-south-1.csp.hci.ic.gov"},
		{"aws-eusc", "eusc-de-east-1", "https://logs.eusc-de-east-1.amazonaws.eu"},
	} {
		role := Role{ARN: "arn:" + tc.partition + ":iam::123456789012:role/path/reader"}
		require.Equal(t, "123456789012", role.Account(), tc.partition)
		require.NoError(t, Options{Regions: []string{tc.region}, Roles: []Role{role}}.Check(), tc.partition)
		require.True(t, ofAWS(tc.endpoint), tc.endpoint)
	}
	for _, arn := range []string{
		"arn:aws:iam:eu-west-1:123456789012:role/a", "arn:aws:sts::123456789012:role/a", "arn:aws:iam::123456789012:user/a",
		"arn:awful:iam::123456789012:role/a", "arn:aws:iam::12345678901:role/a", "arn:aws:iam::123456789012:role/",
	} {
		require.Empty(t, Role{ARN: arn}.Account(), arn)
	}
	require.False(t, ofAWS("https://logs.eu-west-1.amazonaws.com.example.org"))
}
