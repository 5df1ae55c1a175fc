package cloudwatch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/fakecloudwatch"
)

// answering is an HTTP client that has one answer.
type answering []byte

func (a answering) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: r, ContentLength: int64(len(a)),
		Body: io.NopCloser(bytes.NewReader(a)),
	}, nil
}

// decode decodes a reply the SDK's own way, and with the shorter one.
func decode(body []byte) (sdk, ours *cloudwatch.GetMetricDataOutput, sdkErr, oursErr error) {
	client := cloudwatch.New(cloudwatch.Options{
		Region: "eu-west-1", HTTPClient: answering(body), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})
	now, id := time.Unix(0, 0), "q"
	later := now.Add(time.Hour)
	in := &cloudwatch.GetMetricDataInput{StartTime: &now, EndTime: &later, MetricDataQueries: []types.MetricDataQuery{{Id: &id}}}
	sdk, sdkErr = client.GetMetricData(context.Background(), in)
	ours, oursErr = client.GetMetricData(context.Background(), in, func(o *cloudwatch.Options) { o.Protocol = newUsualForm(o.Protocol) })
	for _, out := range []*cloudwatch.GetMetricDataOutput{sdk, ours} {
		if out != nil {
			out.ResultMetadata = middleware.Metadata{}
		}
	}
	return sdk, ours, sdkErr, oursErr
}

func sameDecoded(t *testing.T, body []byte) {
	t.Helper()
	sdk, ours, sdkErr, oursErr := decode(body)
	require.Equal(t, sdkErr == nil, oursErr == nil, "%x: %v, %v", body, sdkErr, oursErr)
	require.Equal(t, fmt.Sprintf("%#v", flat(sdk)), fmt.Sprintf("%#v", flat(ours)), "%x", body)
}

// flat is an output without pointers; a list that is empty and one that is not there are the same.
func flat(out *cloudwatch.GetMetricDataOutput) []string {
	if out == nil {
		return nil
	}
	lines := []string{aws.ToString(out.NextToken), fmt.Sprint(out.NextToken == nil, len(out.Messages))}
	for _, r := range out.MetricDataResults {
		lines = append(lines, fmt.Sprintf("%q %v %q %v %s %d", aws.ToString(r.Id), r.Id == nil, aws.ToString(r.Label), r.Label == nil, r.StatusCode, len(r.Messages)))
		for _, at := range r.Timestamps {
			lines = append(lines, at.UTC().Format(time.RFC3339Nano))
		}
		lines = append(lines, fmt.Sprint(r.Values))
	}
	return lines
}

func usualReplies() [][]byte {
	id, other, long := "q0", "q1", strings.Repeat("ä", 200)
	at := time.Unix(1_790_000_000, 0)
	return [][]byte{
		fakecloudwatch.AppendGetMetricData(nil, &cloudwatch.GetMetricDataOutput{}),
		fakecloudwatch.AppendGetMetricData(nil, &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}}),
		fakecloudwatch.AppendGetMetricData(nil, &cloudwatch.GetMetricDataOutput{NextToken: &long, MetricDataResults: []types.MetricDataResult{
			{Id: &id, Label: &long, StatusCode: "Complete", Timestamps: []time.Time{at, at.Add(time.Minute)}, Values: []float64{0, -1.5}},
			{Id: &other, StatusCode: "PartialData", Timestamps: []time.Time{}, Values: []float64{}},
		}}),
		fakecloudwatch.AppendGetMetricData(nil, &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{
			{Id: &id, Timestamps: []time.Time{at.Add(time.Millisecond)}, Values: []float64{1, 2, 3}},
			{Messages: []types.MessageData{{Code: &id}}},
		}}),
	}
}

func TestShorterWayIsTheSDKs(t *testing.T) {
	for _, body := range usualReplies() {
		sameDecoded(t, body)
		for cut := range body { // wherever it ends, and whatever a byte is changed to
			sameDecoded(t, body[:cut])
			if cut%7 == 0 {
				for _, other := range []byte{0, 0x18, 0x60, 0x80, 0x9f, 0xa0, 0xbf, 0xc1, 0xf6, 0xfb, 0xff} {
					changed := bytes.Clone(body)
					changed[cut] = other
					sameDecoded(t, changed)
				}
			}
		}
	}
}

// What AWS recorded goes the shorter way, but for the messages in it.
func TestShorterWayTakesWhatAWSWrites(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/cloudwatch").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "response_snapshot", "GetMetricData.response.snap"))
	require.NoError(t, err)
	_, body, found := bytes.Cut(text, []byte("\n\n"))
	require.True(t, found)
	sameDecoded(t, body)

	messages := recordedMessages(body)
	without := bytes.ReplaceAll(body, messages, nil)
	r := usualReader{rest: without}
	results, next := r.reply()
	require.False(t, r.unusual)
	assert.Empty(t, r.rest)
	assert.Len(t, results, 2)
	assert.Equal(t, []float64{1, 1}, results[0].Values)
	assert.Equal(t, "__NextToken__", *next)
}

// recordedMessages is the member Messages as it is recorded, at the top and in every result.
func recordedMessages(body []byte) []byte {
	begin := bytes.Index(body, []byte("hMessages"))
	end := bytes.Index(body, []byte("qMetricDataResults"))
	return body[begin:end]
}

func FuzzShorterWay(f *testing.F) {
	for _, body := range usualReplies() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) < 1<<12 {
			sameDecoded(t, body)
		}
	})
}
