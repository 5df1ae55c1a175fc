package microvmapi_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"microspend/collector/awssource"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
)

// recorded is a client that is answered with a recording, and the request that it last sent.
func recorded(t *testing.T, reply fakemicrovms.Reply) (*microvmapi.Client, func() *http.Request) {
	var sent *http.Request
	config := configOf("http://service", awssource.Retry{Attempts: 1}, nil)
	config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		sent = r
		return &http.Response{
			StatusCode: reply.Status, Header: reply.Header, Body: io.NopCloser(strings.NewReader(reply.Body)),
			ContentLength: int64(len(reply.Body)),
		}, nil
	})
	return microvmapi.NewClient(t.Context(), config, awssource.Clock{}), func() *http.Request { return sent }
}

const (
	anImage, aVersion, aBuild, aToken = "__ImageIdentifier__", "__ImageVersion__", "__BuildId__", "__NextToken__"
)

// the moment of every recording: 2000-01-01.
var y2k = time.Unix(946_684_800, 0).UTC()

// TestRequestsAndRepliesAreAWSsOwn holds the client to what AWS's SDK sends and what it is answered with. Of the
// parameters it sends those that it needs, each as AWS names it.
func TestRequestsAndRepliesAreAWSsOwn(t *testing.T) {
	recordings := fakemicrovms.RecordingsAt(t, "../..")
	for name, call := range map[string]func(context.Context, *testing.T, *microvmapi.Client){
		"ListMicrovms": func(ctx context.Context, t *testing.T, c *microvmapi.Client) {
			page, err := c.ListMicrovms(ctx, aToken)
			require.NoError(t, err)
			require.Len(t, page.Items, 2)
			require.Empty(t, page.Bad)
			require.Equal(t, aToken, page.NextToken)
			for _, m := range page.Items {
				require.Equal(t, []string{"__MicrovmId__", "__ImageArn__", "__ImageVersion__", "PENDING"},
					[]string{m.ID, m.ImageARN, m.ImageVersion, string(m.State)})
				require.Equal(t, y2k, m.StartedAt.V.Time)
			}
		},
		"ListMicrovmImages": func(ctx context.Context, t *testing.T, c *microvmapi.Client) {
			page, err := c.ListImages(ctx, aToken)
			require.NoError(t, err)
			require.Equal(t, []microvmapi.Image{{ARN: "__ImageArn__"}, {ARN: "__ImageArn__"}}, page.Items)
			require.Equal(t, aToken, page.NextToken)
		},
		"ListMicrovmImageVersions": func(ctx context.Context, t *testing.T, c *microvmapi.Client) {
			page, err := c.ListVersions(ctx, anImage, aToken)
			require.NoError(t, err)
			require.Len(t, page.Items, 2)
			require.Empty(t, page.Bad)
			isRecordedVersion(t, page.Items[1])
		},
		"GetMicrovmImageVersion": func(ctx context.Context, t *testing.T, c *microvmapi.Client) {
			version, err := c.GetVersion(ctx, anImage, aVersion)
			require.NoError(t, err)
			isRecordedVersion(t, version)
		},
		"ListMicrovmImageBuilds": func(ctx context.Context, t *testing.T, c *microvmapi.Client) {
			page, err := c.ListBuilds(ctx, anImage, aVersion, aToken)
			require.NoError(t, err)
			require.Len(t, page.Items, 2)
			require.Equal(t, aBuild, page.Items[0].ID)
			require.Equal(t, "PENDING", page.Items[0].State)
		},
		"GetMicrovmImageBuild": func(ctx context.Context, t *testing.T, c *microvmapi.Client) {
			build, err := c.GetBuild(ctx, anImage, aVersion, aBuild)
			require.NoError(t, err)
			require.EqualValues(t, 1, *build.SnapshotBuild.MemorySnapshotSizeInBytes)
			require.EqualValues(t, 1, build.SnapshotBuild.DiskSnapshotSizeInBytes)
			require.EqualValues(t, 1, build.SnapshotBuild.CodeInstallSizeInBytes)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, sent := recorded(t, recordings.Reply(name))
			call(t.Context(), t, client)
			if name == "ListMicrovmImages" { // whose request is not recorded
				return
			}
			want, got := recordings.Request(name), sent()
			require.Equal(t, want.Method, got.Method)
			require.Equal(t, want.Path, got.URL.EscapedPath())
			require.Nil(t, got.Body)
			for name, values := range got.URL.Query() {
				require.Contains(t, want.Query, name)
				if name != "maxResults" {
					require.Equal(t, want.Query[name], values)
				}
			}
			require.Equal(t, want.Query.Has("nextToken"), got.URL.Query().Has("nextToken"))
		})
	}
}

func isRecordedVersion(t *testing.T, v microvmapi.ImageVersion) {
	t.Helper()
	require.Equal(t, aVersion, v.Version)
	require.Equal(t, "PENDING", v.State)
	require.Equal(t, y2k, v.CreatedAt.V.Time)
	require.Len(t, v.Resources.V, 2)
	require.EqualValues(t, 1, v.Resources.V[0].MinimumMemoryInMiB)
	require.Len(t, v.CPUs.V, 2)
	require.Equal(t, "ARM_64", v.CPUs.V[1].Architecture)
}

func TestErrorsAreAWSsOwn(t *testing.T) {
	recordings := fakemicrovms.RecordingsAt(t, "../..")
	for name, fault := range map[string]smithy.ErrorFault{
		"TooManyRequestsException": smithy.FaultClient, "ResourceNotFoundException": smithy.FaultClient,
		"ServiceException": smithy.FaultServer,
	} {
		client, _ := recorded(t, recordings.Reply(name))
		_, err := client.GetMicrovm(t.Context(), "mvm-1")
		var api *smithy.GenericAPIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, smithy.GenericAPIError{Code: name, Message: "__Message__", Fault: fault}, *api)
		retryer := awssource.NewRetryer(awssource.Retry{}, nil)
		require.Equal(t, name != "ResourceNotFoundException", aws.RetryerV2(retryer).IsErrorRetryable(err), name)
	}
}
