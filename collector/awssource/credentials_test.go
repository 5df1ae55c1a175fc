package awssource

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"microspend/collector"
)

// guardedLogs answers the calls of one access key and refuses those of all others as expired.
type guardedLogs struct {
	mu    sync.Mutex
	good  string
	calls []string // by access key
}

var credentialOf = regexp.MustCompile(`Credential=([^/]+)/`)

func (g *guardedLogs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = io.Copy(io.Discard, r.Body)
	key := credentialOf.FindStringSubmatch(r.Header.Get("Authorization"))[1]
	g.calls = append(g.calls, key)
	if key != g.good {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ExpiredTokenException","message":"The security token is expired"}`)
		return
	}
	_, _ = io.WriteString(w, `{"logGroups":[]}`)
}

// rotating is a service whose credentials change while it runs: accounts, and a client that is made once.
type rotating struct {
	t        *testing.T
	home     string
	sts      *stsServer
	logs     *guardedLogs
	clock    *testClock
	accounts *Accounts
	clients  PerTarget[*cloudwatchlogs.Client]
}

func newRotating(t *testing.T, options Options, regions ...string) *rotating {
	t.Helper()
	r := &rotating{t: t, home: alone(t), sts: newSTS(t), logs: &guardedLogs{}, clock: newTestClock()}
	server := httptest.NewServer(r.logs)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", server.URL)
	options.Regions, options.Clock = regions, r.clock.clock()
	r.accounts = NewAccounts(options)
	r.clients.Explain = Explain
	r.clients.Make = Clients(Env{Config: r.accounts.Config}, func(config aws.Config) *cloudwatchlogs.Client {
		return cloudwatchlogs.NewFromConfig(config)
	})
	return r
}

func (r *rotating) keys(id string) {
	r.t.Helper()
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = s\n", id)
	require.NoError(r.t, os.WriteFile(filepath.Join(r.home, ".aws/credentials"), []byte(text), 0o600))
}

// run is a run of a service: it lists its targets and makes a call to each.
func (r *rotating) run() (targets []collector.Target, failures []error) {
	r.t.Helper()
	targets, gaps := r.accounts.List(r.t.Context())
	for _, gap := range gaps {
		failures = append(failures, fmt.Errorf("%s", gap.Reason))
	}
	for _, target := range targets {
		if err := r.call(target); err != nil {
			failures = append(failures, err)
		}
	}
	r.clock.advance(5 * time.Minute)
	return targets, failures
}

func (r *rotating) call(target collector.Target) error {
	client, err := r.clients.For(r.t.Context(), target)
	if err != nil {
		return err
	}
	_, err = client.DescribeLogGroups(r.t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		err = r.clients.Failure(err)
	}
	return err
}

func TestKeysThatChangeInTheFileAreUsedByTheSameClients(t *testing.T) {
	r := newRotating(t, patient(), "eu-west-1", "us-east-1")
	r.logs.good = "AKIDONE"
	r.keys("AKIDONE")
	targets, failures := r.run()
	require.Empty(t, failures)
	require.Len(t, targets, 2)

	r.logs.good = "AKIDTWO"
	for range 2 { // nothing changed on the disk
		_, failures = r.run()
		require.Len(t, failures, 2)
		require.ErrorContains(t, failures[0], "the credentials have expired; renew them")
		var ofTarget *collector.TargetError
		require.ErrorAs(t, failures[0], &ofTarget)
	}

	r.keys("AKIDTWO")
	targets, failures = r.run()
	require.Empty(t, failures)
	require.Len(t, targets, 2)
	require.Equal(t, []string{"AKIDTWO", "AKIDTWO"}, r.logs.calls[len(r.logs.calls)-2:])
}

func TestKeysThatChangeDuringARunAreUsedWithinIt(t *testing.T) {
	r := newRotating(t, patient(), "eu-west-1")
	r.logs.good = "AKIDONE"
	r.keys("AKIDONE")
	targets, failures := r.run()
	require.Empty(t, failures)
	r.logs.good = "AKIDLONGER"
	r.keys("AKIDLONGER")
	require.NoError(t, r.call(targets[0]), "no call fails where they changed in time")
	require.Len(t, r.sts.forms, 2, "whose they are is asked again")
	r.clock.advance(time.Minute)
	require.NoError(t, r.call(targets[0]))
	require.Len(t, r.sts.forms, 2, "once")
}

// TestKeysOfAnotherAccount: usage of one account is not written down as that of another.
func TestKeysOfAnotherAccount(t *testing.T) {
	r := newRotating(t, patient(), "eu-west-1")
	r.logs.good = "AKIDONE"
	r.keys("AKIDONE")
	before, failures := r.run()
	require.Empty(t, failures)
	r.sts.account, r.logs.good = "999988887777", "AKIDOTHER"
	r.keys("AKIDOTHER")
	err := r.call(before[0])
	require.ErrorContains(t, err, "has no credentials for 111122223333 eu-west-1 any more")
	require.NotContains(t, r.logs.calls, "AKIDOTHER")
	after, failures := r.run()
	require.Empty(t, failures)
	require.Equal(t, []collector.Target{{Account: "999988887777", Region: "eu-west-1"}}, after)
}

// TestAFileThatIsHalfWritten does not end what its last state is good for.
func TestAFileThatIsHalfWritten(t *testing.T) {
	r := newRotating(t, patient(), "eu-west-1")
	r.logs.good = "AKIDONE"
	r.keys("AKIDONE")
	_, failures := r.run()
	require.Empty(t, failures)
	require.NoError(t, os.WriteFile(filepath.Join(r.home, ".aws/credentials"), []byte("[default]\naws_acc"), 0o600))
	targets, failures := r.run()
	require.Len(t, targets, 1)
	require.Len(t, failures, 1)
	require.ErrorContains(t, failures[0], "reading the credentials again: ")
	require.Equal(t, []string{"AKIDONE", "AKIDONE"}, r.logs.calls)
	r.keys("AKIDONE")
	_, failures = r.run()
	require.Empty(t, failures)
}

func TestRolesAreAssumedAgainWithKeysThatChanged(t *testing.T) {
	options := patient()
	options.Roles = []Role{
		{ARN: "arn:aws:iam::444455556666:role/reader", SessionName: "one"},
		{ARN: "arn:aws:iam::777788889999:role/reader", SessionName: "two"},
	}
	r := newRotating(t, options, "eu-west-1")
	r.keys("AKIDONE")
	r.logs.good = "ASIAone"
	_, failures := r.run()
	require.Len(t, failures, 1, "one role is refused")
	forms := len(r.sts.forms)
	_, _ = r.run()
	require.Len(t, r.sts.forms, forms+2, "after a refusal, both are assumed again")
	r.keys("AKIDLONGER")
	_, _ = r.run()
	require.Len(t, r.sts.forms, forms+4)
}

func TestAWebIdentitysTokenIsReadWhenItIsNeeded(t *testing.T) {
	r := newRotating(t, patient(), "eu-west-1")
	token := filepath.Join(r.home, "token")
	require.NoError(t, os.WriteFile(token, []byte("first"), 0o600))
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/pod")
	t.Setenv("AWS_ROLE_SESSION_NAME", "pod")
	r.logs.good = "nobody"
	_, failures := r.run()
	require.Len(t, failures, 1)
	require.NoError(t, os.WriteFile(token, []byte("second"), 0o600))
	r.logs.good = "ASIApod"
	_, failures = r.run()
	require.Empty(t, failures)
	require.Equal(t, "second", r.sts.forms[len(r.sts.forms)-1]["WebIdentityToken"])
}

func TestAnSSOLoginEndsWhatAnExpiredSessionBegan(t *testing.T) {
	r := newRotating(t, patient(), "eu-west-1")
	require.NoError(t, os.WriteFile(filepath.Join(r.home, ".aws/config"), []byte(`[default]
region = eu-west-1
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Reader
`), 0o600))
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		expires := time.Now().Add(time.Hour).UnixMilli()
		fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s","sessionToken":"t",`+
			`"expiration":%d}}`, expires)
	}))
	t.Cleanup(portal.Close)
	t.Setenv("AWS_ENDPOINT_URL_SSO", portal.URL)
	login := func(until time.Time) {
		cache := filepath.Join(r.home, ".aws/sso/cache")
		require.NoError(t, os.MkdirAll(cache, 0o700))
		text, err := json.Marshal(map[string]string{
			"startUrl": "https://example.awsapps.com/start", "region": "eu-west-1", "accessToken": "x",
			"expiresAt": until.UTC().Format(time.RFC3339),
		})
		require.NoError(t, err)
		name := fmt.Sprintf("%x.json", sha1.Sum([]byte("https://example.awsapps.com/start")))
		require.NoError(t, os.WriteFile(filepath.Join(cache, name), text, 0o600))
	}
	r.logs.good = "ASIASSO"
	login(time.Now().Add(-time.Hour))
	_, failures := r.run()
	require.Len(t, failures, 1)
	require.ErrorContains(t, failures[0], "the SSO session has expired; run aws sso login")
	login(time.Now().Add(time.Hour))
	_, failures = r.run()
	require.Empty(t, failures)
}
