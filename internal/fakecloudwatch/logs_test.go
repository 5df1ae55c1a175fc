package fakecloudwatch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// recordedLogs reads a recording out of the SDK's module: after blank lines, the body.
func recordedLogs(t *testing.T, folder, name string) (head string, body []byte) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}",
		"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), folder, name+".snap"))
	require.NoError(t, err)
	at := bytes.LastIndex(text, []byte("\n\n"))
	return string(text[:at]), text[at+2:]
}

func logsClient(url string) *cloudwatchlogs.Client {
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "eu-west-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})
}

func startLogs(t *testing.T, options LogsOptions) (*Logs, *cloudwatchlogs.Client) {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return noon }
	}
	l := NewLogs(options)
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, logsClient(server.URL)
}

// What the fake reads out of a recorded request is all that is in it.
func TestRecordedLogsRequests(t *testing.T) {
	same := func(t *testing.T, name string, in any, err error, body []byte) {
		require.NoError(t, err)
		again, err := json.Marshal(in)
		require.NoError(t, err)
		require.JSONEq(t, string(body), string(again), name)
	}
	head, body := recordedLogs(t, "request_snapshot", "FilterLogEvents.request")
	filter, err := decodeJSON[FilterRequest](body)
	same(t, "FilterLogEvents", filter, err, body)
	require.Contains(t, head, "POST /")
	require.Contains(t, head, "X-Amz-Target: "+logsTarget+"FilterLogEvents")
	require.Contains(t, head, "Content-Type: application/x-amz-json-1.1")
	_, body = recordedLogs(t, "request_snapshot", "DescribeLogGroups.request")
	groups, err := decodeJSON[GroupsRequest](body)
	same(t, "DescribeLogGroups", groups, err, body)
}

// What the fake writes is what AWS recorded, member by member; of a log group it leaves out what it has no use for.
func TestRecordedLogsReplies(t *testing.T) {
	head, body := recordedLogs(t, "response_snapshot", "FilterLogEvents.response")
	require.Contains(t, head, "Content-Type: application/x-amz-json-1.1")
	event := filteredEvent{"__EventId__", 1, "__LogStreamName__", "__Message__", 1}
	stream := searchedStream{"__LogStreamName__", true}
	ours, err := json.Marshal(filterAnswer{
		[]filteredEvent{event, event},
		"__NextToken__",
		[]searchedStream{stream, stream},
	})
	require.NoError(t, err)
	require.JSONEq(t, string(body), string(ours))

	_, body = recordedLogs(t, "response_snapshot", "DescribeLogGroups.response")
	var theirs struct {
		LogGroups []map[string]any
		NextToken string
	}
	require.NoError(t, json.Unmarshal(body, &theirs))
	group, err := json.Marshal(describedGroup{"__Arn__", 1, "__LogGroupArn__", "STANDARD", "__LogGroupName__", 1, 1})
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(group, &members))
	for name, value := range members {
		require.Equal(t, theirs.LogGroups[0][name], value, name)
	}
}

// all reads a filter's pages, and how many there were.
func all(t *testing.T, client *cloudwatchlogs.Client, in *cloudwatchlogs.FilterLogEventsInput) (messages []string,
	pages int,
) {
	t.Helper()
	for {
		out, err := client.FilterLogEvents(ctx, in)
		require.NoError(t, err)
		pages++
		for _, e := range out.Events {
			messages = append(messages, *e.Message)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return messages, pages
		}
	}
}

func TestFilterLogEvents(t *testing.T) {
	l, client := startLogs(t, LogsOptions{Scan: 7, PageEvents: 3})
	for i := range 40 {
		message := fmt.Sprintf(`{"Schema":"microspend.meter/v1","PeriodStart":%d}`, 1_795_176_000_000+i*1000)
		if i%2 == 1 {
			message = fmt.Sprint("application line ", i)
		}
		l.Put(place, "/g", fmt.Sprint("s", i%3), LogEvent{At: noon.Add(time.Duration(i-60) * time.Minute), Message: message})
	}
	in := func(pattern string) *cloudwatchlogs.FilterLogEventsInput {
		return &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/g"), FilterPattern: &pattern}
	}
	messages, pages := all(t, client, in(""))
	require.Len(t, messages, 40)
	require.Equal(t, 14, pages, "three events a page")
	messages, pages = all(t, client, in(`"microspend.meter/v1"`))
	require.Len(t, messages, 20)
	require.Equal(t, 7, pages)
	messages, pages = all(t, client,
		in(`{ $.Schema = "microspend.meter/v1" && $.PeriodStart >= 1795176030000 && $.PeriodStart < 1795176034000 }`))
	require.Len(t, messages, 2)
	require.Greater(t, pages, 4, "pages without a match are empty and not the last")

	limited := in("")
	limited.StartTime, limited.EndTime = aws.Int64(noon.Add(-60*time.Minute).UnixMilli()),
		aws.Int64(noon.Add(-58*time.Minute).UnixMilli())
	messages, _ = all(t, client, limited)
	require.Len(t, messages, 3, "both ends belong to it")

	streamed := in("")
	streamed.LogStreamNames = []string{"s1"}
	messages, _ = all(t, client, streamed)
	require.Len(t, messages, 13)
}

func TestLogsThatAreNotThere(t *testing.T) {
	now := noon
	l, client := startLogs(t, LogsOptions{Now: func() time.Time { return now }})
	l.AddGroup(place, LogGroup{Name: "/g", RetentionDays: 7})
	l.Put(place, "/g", "s",
		LogEvent{At: noon.AddDate(0, 0, -8), Message: "forgotten"},
		LogEvent{At: noon.Add(-time.Hour), Message: "late", Arrives: noon.Add(time.Hour)},
		LogEvent{At: noon.Add(-time.Hour), Message: "there"},
	)
	in := func() *cloudwatchlogs.FilterLogEventsInput {
		return &cloudwatchlogs.FilterLogEventsInput{LogGroupIdentifier: aws.String("/g")}
	}
	messages, _ := all(t, client, in())
	require.Equal(t, []string{"there"}, messages)
	now = noon.Add(2 * time.Hour)
	messages, _ = all(t, client, in())
	require.Equal(t, []string{"there", "late"}, messages)

	_, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/none")})
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestRequestsThatLogsRefuses(t *testing.T) {
	l, client := startLogs(t, LogsOptions{})
	l.Put(place, "/g", "s")
	group := aws.String("/g")
	for name, in := range map[string]*cloudwatchlogs.FilterLogEventsInput{
		"no group":   {},
		"two groups": {LogGroupName: group, LogGroupIdentifier: group},
		"limit":      {LogGroupName: group, Limit: aws.Int32(10_001)},
		"pattern":    {LogGroupName: group, FilterPattern: aws.String("{ $.a ~ 1 }")},
		"token":      {LogGroupName: group, NextToken: aws.String("made-up")},
		"time":       {LogGroupName: group, StartTime: aws.Int64(2), EndTime: aws.Int64(1)},
	} {
		_, err := client.FilterLogEvents(ctx, in)
		var refused *types.InvalidParameterException
		require.ErrorAs(t, err, &refused, name)
	}
}

func TestDescribeLogGroups(t *testing.T) {
	l, client := startLogs(t, LogsOptions{})
	for i := range 120 {
		l.AddGroup(place, LogGroup{Name: fmt.Sprintf("/a/%03d", i), RetentionDays: i, Created: noon})
	}
	l.AddGroup(place, LogGroup{Name: "/b", Class: "INFREQUENT_ACCESS"})
	in := &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/a/")}
	found, pages := 0, 0
	for {
		out, err := client.DescribeLogGroups(ctx, in)
		require.NoError(t, err)
		pages++
		for _, g := range out.LogGroups {
			require.Equal(t, fmt.Sprintf("/a/%03d", found), *g.LogGroupName)
			found++
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []int{120, 3}, []int{found, pages})
}

func TestFaultsOfLogs(t *testing.T) {
	var fault atomic.Pointer[LogsFault] // a call whose connection was dropped may still be looking
	fault.Store(&LogsFault{})
	l, client := startLogs(t, LogsOptions{Faults: func(LogsCall) LogsFault { return *fault.Load() }})
	for i := range 3 {
		l.Put(place, "/g", "s", LogEvent{At: noon.Add(-time.Duration(i) * time.Minute), Message: "x"})
	}
	ask := func() (*cloudwatchlogs.FilterLogEventsOutput, error) {
		return client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/g")})
	}
	fault.Store(&LogsFault{Fault: Fault{
		Status: http.StatusBadRequest, Code: "ThrottlingException",
		Message: "Rate exceeded",
	}})
	_, err := ask()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "ThrottlingException", api.ErrorCode())
	for _, f := range []Fault{{Drop: DropBefore}, {Drop: DropMidway}, {Garbage: []byte("<html>")}} {
		fault.Store(&LogsFault{Fault: f})
		_, err := ask()
		require.Error(t, err, "%+v", f)
	}
	fault.Store(&LogsFault{Empty: true})
	out, err := ask()
	require.NoError(t, err)
	require.Empty(t, out.Events)
	require.NotNil(t, out.NextToken)
}
