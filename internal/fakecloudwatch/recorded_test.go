package fakecloudwatch

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The SDK's module ships what AWS recorded of its protocol: a request and a reply of every operation, and of every
// error.

func recorded(t *testing.T, folder, name string) (head []string, body []byte) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}",
		"github.com/aws/aws-sdk-go-v2/service/cloudwatch").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), folder, name+".snap"))
	require.NoError(t, err)
	in := bufio.NewReader(bytes.NewReader(text))
	for empty := 0; empty < blankLines(folder); {
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		if line = strings.TrimSpace(line); line == "" {
			empty++
		} else {
			head = append(head, line)
		}
	}
	rest := new(bytes.Buffer)
	_, err = rest.ReadFrom(in)
	require.NoError(t, err)
	return head, rest.Bytes()
}

// blankLines is how many blank lines a recording has before its body: a request has one more, after its first line.
func blankLines(folder string) int {
	if folder == "request_snapshot" {
		return 2
	}
	return 1
}

func clientOf(url string) *cloudwatch.Client {
	return cloudwatch.New(cloudwatch.Options{
		Region: "eu-west-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
		DisableRequestCompression: true,
	})
}

// What the fake reads out of a recorded request, the SDK makes the same request of again: nothing is lost or misread.
func TestRecordedRequests(t *testing.T) {
	for _, test := range []struct {
		operation string
		send      func(*cloudwatch.Client, []byte) error
	}{
		{"GetMetricData", func(client *cloudwatch.Client, body []byte) error {
			in, err := decodeGetMetricData(body)
			if err == nil {
				_, err = client.GetMetricData(context.Background(), in)
			}
			return err
		}},
		{"ListMetrics", func(client *cloudwatch.Client, body []byte) error {
			in, err := decodeListMetrics(body)
			if err == nil {
				_, err = client.ListMetrics(context.Background(), in)
			}
			return err
		}},
		{"PutMetricData", func(client *cloudwatch.Client, body []byte) error {
			in, err := decodePutMetricData(body)
			if err == nil {
				_, err = client.PutMetricData(context.Background(), in)
			}
			return err
		}},
	} {
		t.Run(test.operation, func(t *testing.T) {
			head, body := recorded(t, "request_snapshot", test.operation+".request")
			var (
				path   string
				header http.Header
				sent   []byte
			)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path, header = r.URL.Path, r.Header
				sent, _ = readBody(r)
				w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
				_, _ = w.Write([]byte{beginMap, end})
			}))
			defer server.Close()
			require.NoError(t, test.send(clientOf(server.URL), body))

			assert.Equal(t, "POST "+path, head[0])
			assert.Equal(t, servicePath+test.operation, path, "what the server listens to")
			for _, line := range head[1:] {
				name, value, _ := strings.Cut(line, ": ")
				assert.Equal(t, value, header.Get(name), name)
			}
			want, err := cbor.Decode(body)
			require.NoError(t, err)
			got, err := cbor.Decode(sent)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestRecordedRequestIsReadAsMeant(t *testing.T) {
	_, body := recorded(t, "request_snapshot", "GetMetricData.request")
	in, err := decodeGetMetricData(body)
	require.NoError(t, err)
	moment := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	dimension := types.Dimension{Name: aws.String("__Name__"), Value: aws.String("__Value__")}
	query := types.MetricDataQuery{
		Id: aws.String("__Id__"), AccountId: aws.String("__AccountId__"), Expression: aws.String("__Expression__"),
		Label: aws.String("__Label__"), Period: aws.Int32(1), ReturnData: aws.Bool(true),
		MetricStat: &types.MetricStat{
			Period: aws.Int32(1), Stat: aws.String("__Stat__"), Unit: types.StandardUnitSeconds,
			Metric: &types.Metric{
				Namespace: aws.String("__Namespace__"), MetricName: aws.String("__MetricName__"),
				Dimensions: []types.Dimension{dimension, dimension},
			},
		},
	}
	assert.Equal(t, &cloudwatch.GetMetricDataInput{
		StartTime: &moment, EndTime: &moment, MetricDataQueries: []types.MetricDataQuery{query, query},
		NextToken: aws.String("__NextToken__"), ScanBy: types.ScanByTimestampDescending, MaxDatapoints: aws.Int32(1),
		LabelOptions: &types.LabelOptions{Timezone: aws.String("__Timezone__")},
	}, in)
}

// The fake's replies are those that AWS recorded, to the byte.
func TestRecordedReplies(t *testing.T) {
	moment := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	message := types.MessageData{Code: aws.String("__Code__"), Value: aws.String("__Value__")}
	result := types.MetricDataResult{
		Id: aws.String("__Id__"), Label: aws.String("__Label__"), StatusCode: types.StatusCodeComplete,
		Messages:   []types.MessageData{message, message},
		Timestamps: []time.Time{moment, moment}, Values: []float64{1, 1},
	}
	_, want := recorded(t, "response_snapshot", "GetMetricData.response")
	assert.Equal(t, want, AppendGetMetricData(nil, &cloudwatch.GetMetricDataOutput{
		Messages: []types.MessageData{message, message}, MetricDataResults: []types.MetricDataResult{result, result},
		NextToken: aws.String("__NextToken__"),
	}))

	dimension := types.Dimension{Name: aws.String("__Name__"), Value: aws.String("__Value__")}
	metric := types.Metric{
		Namespace: aws.String("__Namespace__"), MetricName: aws.String("__MetricName__"),
		Dimensions: []types.Dimension{dimension, dimension},
	}
	_, want = recorded(t, "response_snapshot", "ListMetrics.response")
	assert.Equal(t, want, appendListMetrics(nil, &cloudwatch.ListMetricsOutput{
		Metrics: []types.Metric{metric, metric}, NextToken: aws.String("__NextToken__"),
		OwningAccounts: []string{"__Member__", "__Member__"},
	}))

	head, want := recorded(t, "response_snapshot", "PutMetricData.response")
	assert.Equal(t, "200", head[0])
	assert.Empty(t, want)
}

func TestRecordedErrors(t *testing.T) {
	for _, code := range []string{
		"InternalServiceFault", "InvalidNextToken", "InvalidParameterValueException", "MissingRequiredParameterException",
		"InvalidParameterCombinationException", "LimitExceededFault",
	} {
		head, want := recorded(t, "response_snapshot", code+".error")
		assert.Equal(t, want, appendError(nil, code, "__Message__"), code)
		if code == "InternalServiceFault" {
			assert.Equal(t, "500", head[0])
		} else {
			assert.Equal(t, "400", head[0])
		}
	}
}
