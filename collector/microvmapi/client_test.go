package microvmapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"microspend/collector/awssource"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
)

const (
	region   = "eu-west-1"
	imageARN = "arn:aws:lambda:eu-west-1:123456789012:microvm-image:team/dev~box +1"
)

var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// configOf is a target's configuration for a server. Tries follow each other at once.
func configOf(url string, retry awssource.Retry, limit *awssource.Limit) aws.Config {
	retry.Base, retry.Longest = time.Microsecond, time.Microsecond
	if retry.Random == nil {
		retry.Random = func() float64 { return 0 }
	}
	return aws.Config{
		Region: region, BaseEndpoint: &url, HTTPClient: &http.Client{Timeout: 5 * time.Second},
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "token"),
		Retryer:     func() aws.Retryer { return awssource.NewRetryer(retry, limit) },
	}
}

func serve(t *testing.T, options fakemicrovms.Options) (*fakemicrovms.Service, *microvmapi.Client) {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return start }
	}
	options.Keys, options.Region = map[string]string{"AKID": "secret"}, region
	service := fakemicrovms.New(options)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	clock := awssource.Clock{Now: options.Now, Sleep: func(ctx context.Context,
		_ time.Duration,
	) error {
		return ctx.Err()
	}}
	return service, microvmapi.NewClient(t.Context(), configOf(server.URL, awssource.Retry{Attempts: 4}, nil), clock)
}

func box() fakemicrovms.MicroVM {
	return fakemicrovms.MicroVM{
		ID: "mvm-1", Image: imageARN, Version: "1.0", Role: "arn:aws:iam::123456789012:role/tenant-a",
		StartedAt: start.Add(-90 * time.Minute),
		Changes: []fakemicrovms.Change{
			{At: start.Add(-89 * time.Minute), State: microvmapi.StateRunning},
			{At: start.Add(-2*time.Minute + 250*time.Millisecond), State: microvmapi.StateTerminated},
		},
	}
}

func TestCallsAreSignedAndDecoded(t *testing.T) {
	service, client := serve(t, fakemicrovms.Options{})
	service.Add(box())
	service.AddImage(fakemicrovms.Image{
		ARN: imageARN, Version: "1.0", MemoryMiB: 2048, CreatedAt: start.Add(-48 * time.Hour),
		Builds: []fakemicrovms.Build{{ID: "b 1", Memory: 1 << 30, Disk: 1 << 20, Code: 5}},
	})
	ctx := t.Context()

	listed, err := client.ListMicrovms(ctx, "")
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
	require.Equal(t, "mvm-1", listed.Items[0].ID)
	require.Equal(t, microvmapi.StateTerminated, listed.Items[0].State)
	require.Equal(t, start.Add(-90*time.Minute), listed.Items[0].StartedAt.V.Time)
	require.Equal(t, start, listed.ServerTime)
	require.Empty(t, listed.NextToken)

	microvm, err := client.GetMicrovm(ctx, "mvm-1")
	require.NoError(t, err)
	require.Equal(t, start.Add(-2*time.Minute+250*time.Millisecond), microvm.TerminatedAt.V.Time,
		"fractions of a second are kept")
	require.Equal(t, "arn:aws:iam::123456789012:role/tenant-a", microvm.Role.V)

	images, err := client.ListImages(ctx, "")
	require.NoError(t, err)
	require.Equal(t, imageARN, images.Items[0].ARN)
	versions, err := client.ListVersions(ctx, imageARN, "")
	require.NoError(t, err)
	require.Equal(t, int64(2048), versions.Items[0].Resources.V[0].MinimumMemoryInMiB)
	version, err := client.GetVersion(ctx, imageARN, "1.0")
	require.NoError(t, err)
	require.Equal(t, start.Add(-48*time.Hour), version.CreatedAt.V.Time)
	builds, err := client.ListBuilds(ctx, imageARN, "1.0", "")
	require.NoError(t, err)
	build, err := client.GetBuild(ctx, imageARN, "1.0", builds.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, int64(1<<30), int64(*build.SnapshotBuild.MemorySnapshotSizeInBytes))

	calls := service.Calls()
	require.Equal(t, "/2025-09-09/microvm-images/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Amicrovm-image%3Ateam%2Fdev~box%20%2B1/versions",
		calls[3].Path, "an ARN is one segment of the path")
}

func TestASignatureThatDoesNotMatchIsRefused(t *testing.T) {
	service := fakemicrovms.New(fakemicrovms.Options{
		Now:  func() time.Time { return start },
		Keys: map[string]string{"AKID": "another"}, Region: region,
	})
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	ask := func(config aws.Config, now time.Time) error {
		client := microvmapi.NewClient(t.Context(), config, awssource.Clock{Now: func() time.Time { return now }})
		_, err := client.ListMicrovms(t.Context(), "")
		return awssource.Explain(err)
	}
	config := configOf(server.URL, awssource.Retry{Attempts: 3}, nil)
	require.ErrorContains(t, ask(config, start), "AWS does not accept the credentials")
	require.Len(t, service.Calls(), 1, "asking again would not help")

	config.Credentials = credentials.NewStaticCredentialsProvider("AKID", "another", "")
	require.NoError(t, ask(config, start))
	require.ErrorContains(t, ask(config, start.Add(time.Hour)), "that the machine's clock is right")
	config.Region = "us-east-1"
	require.ErrorContains(t, ask(config, start), "AWS does not accept the credentials")
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for name, fault := range map[string]fakemicrovms.Fault{
		"throttled": fakemicrovms.Throttled, "a fault of the service": fakemicrovms.Internal, "dropped": {Drop: true},
		"cut off": {Cut: true},
		"garbage": {Garbage: []byte("<html>")}, "another answer": {Garbage: []byte(`{}`)},
		"no list of items": {Garbage: []byte(`{"items":null}`)}, "null": {Garbage: []byte(`null`)},
	} {
		t.Run(name, func(t *testing.T) {
			service, client := serve(t, fakemicrovms.Options{Faults: func(c fakemicrovms.Call) fakemicrovms.Fault {
				if c.Number < 3 {
					return fault
				}
				return fakemicrovms.Fault{}
			}})
			service.Add(box())
			listed, err := client.ListMicrovms(t.Context(), "")
			require.NoError(t, err)
			require.Len(t, listed.Items, 1)
			require.Len(t, service.Calls(), 4)

			service.SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault { return fault })
			_, err = client.ListMicrovms(t.Context(), "")
			require.Error(t, err)
			require.InDelta(t, 8, len(service.Calls()), 1,
				"but not for ever; net/http repeats a GET itself when a kept connection turns out broken")
		})
	}
}

func TestWhatDoesNotPassIsNotTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault fakemicrovms.Fault
		code  string
		says  string
	}{
		{"a quota", fakemicrovms.Quota, "ServiceQuotaExceededException", "the quota is used up"},
		{"not allowed", fakemicrovms.Denied, "AccessDeniedException", "the credentials may not ListMicrovms"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			service, client := serve(t,
				fakemicrovms.Options{Faults: func(fakemicrovms.Call) fakemicrovms.Fault { return tc.fault }})
			_, err := client.ListMicrovms(t.Context(), "")
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, tc.code, api.ErrorCode())
			require.ErrorContains(t, awssource.Explain(err), tc.says)
			require.Len(t, service.Calls(), 1)
		})
	}
	_, client := serve(t, fakemicrovms.Options{})
	_, err := client.GetMicrovm(t.Context(), "mvm-none")
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "ResourceNotFoundException", api.ErrorCode())
}

func TestTheServiceSaysHowLongToWait(t *testing.T) {
	fault := fakemicrovms.Throttled
	fault.RetryAfter = 7
	service := fakemicrovms.New(fakemicrovms.Options{
		Now: func() time.Time { return start },
		Faults: func(c fakemicrovms.Call) fakemicrovms.Fault {
			if c.Number == 0 {
				return fault
			}
			return fakemicrovms.Fault{}
		},
	})
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	var slept time.Duration
	clock := awssource.Clock{
		Now: func() time.Time { return start },
		Sleep: func(_ context.Context, d time.Duration) error {
			slept += d
			return nil
		},
	}
	config := configOf(server.URL, awssource.Retry{}, nil)
	config.Retryer = func() aws.Retryer {
		return awssource.NewRetryer(awssource.Retry{Random: func() float64 { return 0 }}, nil)
	}
	_, err := microvmapi.NewClient(t.Context(), config, clock).ListMicrovms(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, 7*time.Second, slept)
}

func TestAnEndedContextEndsTheCall(t *testing.T) {
	_, client := serve(t, fakemicrovms.Options{Faults: func(fakemicrovms.Call) fakemicrovms.Fault { return fakemicrovms.Fault{Delay: time.Minute} }})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := client.ListMicrovms(ctx, "")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(began), 5*time.Second)
}

func TestMissingCredentialsAreTheError(t *testing.T) {
	config := configOf("http://127.0.0.1:1", awssource.Retry{Attempts: 2}, nil)
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("static credentials are empty")
	})
	client := microvmapi.NewClient(t.Context(), config, awssource.Clock{})
	_, err := client.ListMicrovms(t.Context(), "")
	require.ErrorContains(t, awssource.Explain(err), "no AWS credentials were found")
}

func TestTheEndpointIsTheRegions(t *testing.T) {
	config := configOf("", awssource.Retry{Attempts: 1}, nil)
	config.BaseEndpoint = nil
	var host string
	config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Scheme + "://" + r.URL.Host
		return nil, errors.New("not sent")
	})
	for region, want := range map[string]string{
		"eu-west-1": "https://lambda.eu-west-1.amazonaws.com", "cn-north-1": "https://lambda.cn-north-1.amazonaws.com.cn",
	} {
		config.Region = region
		_, err := microvmapi.NewClient(t.Context(), config, awssource.Clock{}).ListMicrovms(t.Context(), "")
		require.ErrorContains(t, err, "not sent")
		require.Equal(t, want, host)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }
