package control_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"microspend/collector/microvmapi/control"
	"microspend/internal/fakemicrovms"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func static(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token"}, nil
}

// served is a service with a running MicroVM and a client of it; waits are counted, not made.
func served(t *testing.T, faults func(fakemicrovms.Call) fakemicrovms.Fault) (
	*fakemicrovms.Service, *control.Client, *[]time.Duration,
) {
	service := fakemicrovms.New(fakemicrovms.Options{
		Now: func() time.Time { return now }, Keys: map[string]string{"AKID": "secret"}, Region: "eu-west-1", Faults: faults,
	})
	service.Add(fakemicrovms.MicroVM{
		ID: "mvm-1", StartedAt: now.Add(-time.Hour),
		Changes: []fakemicrovms.Change{{At: now.Add(-time.Minute), State: "RUNNING"}},
	})
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	var waits []time.Duration
	return service, &control.Client{
		Region: "eu-west-1", Endpoint: server.URL + "/", Credentials: static, Now: func() time.Time { return now },
		Wait: func(_ context.Context, d time.Duration) error {
			waits = append(waits, d)
			return nil
		},
	}, &waits
}

func TestAMicroVMIsSuspendedResumedAndTerminated(t *testing.T) {
	service, client, _ := served(t, nil)
	require.NoError(t, client.Suspend(t.Context(), "mvm-1"))
	require.NoError(t, client.Resume(t.Context(), "mvm-1"))
	require.NoError(t, client.Terminate(t.Context(), "mvm-1"))
	require.Len(t, service.Calls(), 3)

	var refused *control.Error
	require.ErrorAs(t, client.Terminate(t.Context(), "mvm-1"), &refused)
	require.Equal(t, control.Error{
		Operation: "TerminateMicrovm", Status: 409, Code: "ConflictException", Message: "MicroVM mvm-1 is TERMINATED",
	}, *refused)
	require.EqualError(t, client.Suspend(t.Context(), "mvm-2"),
		"SuspendMicrovm: 404 ResourceNotFoundException: MicroVM mvm-2 does not exist")
	require.Len(t, service.Calls(), 5, "what does not pass is not tried again")
	require.ErrorContains(t, client.Suspend(t.Context(), ""), "no MicroVM is named")
}

// TestRequestsAreAWSsOwn compares what is sent with what AWS's SDK sends.
func TestRequestsAreAWSsOwn(t *testing.T) {
	recordings := fakemicrovms.RecordingsAt(t, "../../..")
	var sent *http.Request
	var body []byte
	client := &control.Client{
		Region: "eu-west-1", Credentials: static,
		HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent = r
			if r.Body != nil {
				body, _ = io.ReadAll(r.Body)
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})},
	}
	for name, call := range map[string]func(context.Context, string) error{
		"SuspendMicrovm": client.Suspend, "TerminateMicrovm": client.Terminate,
	} {
		require.NoError(t, call(t.Context(), "__MicrovmIdentifier__"))
		recorded := recordings.Request(name)
		require.Equal(t, recorded.Method, sent.Method, name)
		require.Equal(t, recorded.Path, sent.URL.EscapedPath(), name)
		require.Empty(t, sent.URL.RawQuery, name)
		require.Equal(t, recorded.Body, string(body), name)
		require.Empty(t, sent.Header.Get("Content-Type"), name)
	}
	for _, name := range []string{"TooManyRequestsException", "ServiceException", "ResourceNotFoundException"} {
		reply := recordings.Reply(name)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(reply.Status)
			_, _ = io.WriteString(w, reply.Body)
		}))
		client := &control.Client{Region: "eu-west-1", Credentials: static, Endpoint: server.URL, Attempts: 1}
		var refused *control.Error
		require.ErrorAs(t, client.Resume(t.Context(), "mvm-1"), &refused)
		require.Equal(t, control.Error{
			Operation: "ResumeMicrovm", Status: reply.Status, Code: name, Message: "__Message__",
		}, *refused)
		server.Close()
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for name, fault := range map[string]fakemicrovms.Fault{
		"throttled": fakemicrovms.Throttled, "a fault of the service": fakemicrovms.Internal,
		"no capacity": fakemicrovms.NoCapacity, "dropped": {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			service, client, waits := served(t, func(c fakemicrovms.Call) fakemicrovms.Fault {
				if c.Number < 3 {
					return fault
				}
				return fakemicrovms.Fault{}
			})
			require.NoError(t, client.Suspend(t.Context(), "mvm-1"))
			require.Len(t, service.Calls(), 4)
			require.Len(t, *waits, 3)
			for i, wait := range *waits {
				bound := 500 * time.Millisecond << i
				require.GreaterOrEqual(t, wait, bound/2)
				require.Less(t, wait, bound)
			}

			service.SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault { return fault })
			require.Error(t, client.Suspend(t.Context(), "mvm-1"))
			require.Len(t, service.Calls(), 12, "8 tries in all")
		})
	}
	service, client, _ := served(t, func(fakemicrovms.Call) fakemicrovms.Fault { return fakemicrovms.Throttled })
	client.Wait = func(context.Context, time.Duration) error { return context.Canceled }
	require.ErrorContains(t, client.Suspend(t.Context(), "mvm-1"), "429 TooManyRequestsException")
	require.Len(t, service.Calls(), 1, "an ended context ends the call")
}

func TestEndpointsAreThePartitions(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1":      "https://lambda.eu-west-1.amazonaws.com",
		"us-gov-west-1":  "https://lambda.us-gov-west-1.amazonaws.com",
		"cn-north-1":     "https://lambda.cn-north-1.amazonaws.com.cn",
		"us-iso-east-1":  "https://lambda.us-iso-east-1.c2s.ic.gov",
		"us-isob-east-1": "https://lambda.us-isob-east-1.sc2s.sgov.gov",
		"eusc-de-east-1": "https://lambda.eusc-de-east-1.amazonaws.eu",
	} {
		require.Equal(t, want, control.Endpoint(region))
	}
}

// metadata stands in for where AWS puts a role's credentials.
func metadata(t *testing.T) (server *httptest.Server, asked *int) {
	asked = new(int)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		role := `{"AccessKeyId": "ROLE", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-11-20T13:00:00Z"}`
		const roles = "/latest/meta-data/iam/security-credentials/"
		switch {
		case r.Method == "PUT" && r.URL.Path == "/latest/api/token" &&
			r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "":
			_, _ = io.WriteString(w, "imds")
		case r.URL.Path == "/container" && r.Header.Get("Authorization") == "Bearer x":
			_, _ = io.WriteString(w, role)
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "imds":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == roles:
			_, _ = io.WriteString(w, "the-role")
		case r.URL.Path == roles+"the-role":
			_, _ = io.WriteString(w, role)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server, asked
}

func TestCredentialsAreThoseOfTheRole(t *testing.T) {
	server, asked := metadata(t)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("Bearer x\n"), 0o600))
	for name, tc := range map[string]struct {
		env       map[string]string
		key, says string
	}{
		"keys in the environment": {env: map[string]string{
			"AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
			"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1",
		}, key: "ENV"},
		"a container's endpoint": {env: map[string]string{
			"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL + "/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x",
		}, key: "ROLE"},
		"with its token in a file": {env: map[string]string{
			"AWS_CONTAINER_CREDENTIALS_FULL_URI":     server.URL + "/container",
			"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file,
		}, key: "ROLE"},
		"the metadata service": {
			env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL + "/"}, key: "ROLE",
		},
		"an endpoint that refuses": {
			env:  map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL + "/container"},
			says: "401 Unauthorized",
		},
		"an endpoint elsewhere over plain HTTP": {
			env:  map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/container"},
			says: "not sent over plain http to",
		},
		"none": {env: map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, says: "none in the environment"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := now
			e := control.Environment{
				Getenv: func(name string) string { return tc.env[name] }, Now: func() time.Time { return clock },
			}
			got, err := e.Retrieve(t.Context())
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.key, got.AccessKeyID)
			require.Equal(t, "t", got.SessionToken)

			*asked = 0
			clock = now.Add(54 * time.Minute)
			_, err = e.Retrieve(t.Context())
			require.NoError(t, err)
			require.Zero(t, *asked, "they are kept")
			clock = now.Add(56 * time.Minute)
			_, err = e.Retrieve(t.Context())
			require.NoError(t, err)
			require.Equal(t, got.CanExpire, *asked > 0, "until shortly before they expire")
		})
	}
}

func TestWithoutCredentialsNothingIsSent(t *testing.T) {
	service, client, waits := served(t, nil)
	client.Credentials = func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("nothing there")
	}
	require.EqualError(t, client.Suspend(t.Context(), "mvm-1"),
		"SuspendMicrovm: no credentials of an execution role: nothing there")
	require.Empty(t, service.Calls())
	require.Empty(t, *waits)
}
