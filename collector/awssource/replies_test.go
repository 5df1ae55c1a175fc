package awssource

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"microspend/internal/racing"
)

// served are a target whose every service is one handler, and the number of its calls.
func served(t *testing.T, options Options, handler http.HandlerFunc) (aws.Config, *atomic.Int64) {
	t.Helper()
	alone(t)
	withKeys(t)
	newSTS(t)
	calls := &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that its caller is gone
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	options.Regions = []string{"eu-west-1"}
	targets, err := Targets(t.Context(), options)
	require.NoError(t, err)
	config := targets[0].Config
	config.BaseEndpoint = &server.URL
	return config, calls
}

const testReply = 4 << 20

func describeGroups(ctx context.Context, config aws.Config) error {
	client := cloudwatchlogs.NewFromConfig(config, func(o *cloudwatchlogs.Options) {
		o.HTTPClient = HTTPClient{Client: o.HTTPClient, MaxReply: testReply}
	})
	_, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	return err
}

// theServices makes a call of every protocol that is spoken here.
var theServices = map[string]func(context.Context, aws.Config) error{
	"CloudWatch Logs": describeGroups,
	"CloudWatch": func(ctx context.Context, config aws.Config) error {
		client := cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
			o.HTTPClient = HTTPClient{Client: o.HTTPClient, MaxReply: testReply}
		})
		_, err := client.ListMetrics(ctx, &cloudwatch.ListMetricsInput{})
		return err
	},
	"the MicroVM API": func(ctx context.Context, config aws.Config) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, *config.BaseEndpoint+"/2025-09-09/microvms", nil)
		if err != nil {
			return err
		}
		reply, err := HTTPClient{Client: config.HTTPClient, MaxReply: testReply}.Do(request)
		if err != nil {
			return err
		}
		defer reply.Body.Close()
		_, err = io.ReadAll(reply.Body)
		return err
	},
	"STS": func(ctx context.Context, config aws.Config) error {
		options := patient()
		options.Retry.Attempts = 20 // as the SDK may cut off quick replies; see HTTPClient
		options.EndpointURL = *config.BaseEndpoint
		base, err := load(ctx, options)
		if err != nil {
			return err
		}
		base.Region = config.Region
		client := sts.NewFromConfig(base, func(o *sts.Options) { o.BaseEndpoint = config.BaseEndpoint })
		_, err = client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return err
	},
}

// TestRepliesThatAreTooLarge: a reply that does not end, however it is packed, costs its call, once, and no more memory
// than the largest reply there can be.
func TestRepliesThatAreTooLarge(t *testing.T) {
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	for range 256 {
		_, err := packed.Write(bytes.Repeat([]byte(" "), 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, packed.Close())
	require.Less(t, bomb.Len(), 300<<10, "256 MB, packed a thousand times smaller")
	endless := func(w http.ResponseWriter, part []byte) {
		for {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
	var nothing bytes.Buffer
	require.NoError(t, gzip.NewWriter(&nothing).Close())
	for name, handler := range map[string]http.HandlerFunc{
		"gzip that grows a thousandfold": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
		"gzip of nothing without an end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			endless(w, bytes.Repeat(nothing.Bytes(), 1000))
		},
		"text without an end": func(w http.ResponseWriter, _ *http.Request) {
			endless(w, bytes.Repeat([]byte(" "), 1<<16))
		},
		"a length that is announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(int64(1)<<40))
			endless(w, bytes.Repeat([]byte(" "), 1<<16))
		},
	} {
		for service, call := range theServices {
			t.Run(name+" from "+service, func(t *testing.T) {
				config, calls := served(t, patient(), func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
					handler(w, r)
				})
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := call(t.Context(), config)
				runtime.ReadMemStats(&after)
				var tooLarge *ReplyTooLargeError
				require.ErrorAs(t, err, &tooLarge)
				require.Contains(t, []int64{testReply, identityReply}, tooLarge.Limit)
				require.ErrorContains(t, err, "bytes, which no reply to this call is")
				require.False(t, EndsTarget(err), "other calls are made all the same")
				if service != "STS" {
					require.EqualValues(t, 1, calls.Load(), "another try would be as large")
				}
				// A buffer that doubles until it holds the limit allocates three times that in all; tries of STS a quarter each.
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*testReply*racing.Slowdown))
			})
		}
	}
}

func TestTheLimitOfAReplyIsInclusiveAndGzipIsUnpacked(t *testing.T) {
	for _, size := range []int{0, 1, 1023, 1024, 1025} {
		for _, pack := range []bool{false, true} {
			text := bytes.Repeat([]byte("x"), size)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !pack {
					w.Header().Set("Transfer-Encoding", "chunked")
					_, _ = w.Write(text)
					return
				}
				require.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
				w.Header().Set("Content-Encoding", "gzip")
				packed := gzip.NewWriter(w)
				_, _ = packed.Write(text)
				_ = packed.Close()
			}))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			require.NoError(t, err)
			reply, err := HTTPClient{MaxReply: 1024}.Do(request)
			if size == 0 && !pack && err == nil { // nothing at all has a length of its own
				require.EqualValues(t, -1, reply.ContentLength)
			}
			if size > 1024 && err != nil {
				require.ErrorContains(t, err, "larger than 1,024 bytes")
				server.Close()
				continue
			}
			require.NoError(t, err)
			got, err := io.ReadAll(reply.Body)
			if size > 1024 {
				require.ErrorContains(t, err, "larger than 1,024 bytes")
			} else {
				require.NoError(t, err)
				require.Equal(t, string(text), string(got))
				require.Empty(t, reply.Header.Get("Content-Encoding"))
			}
			require.NoError(t, reply.Body.Close())
			server.Close()
		}
	}
}

// TestAServerThatSendsAByteASecondDoesNotHoldOn, whether it is slow with its header or with its body.
func TestAServerThatSendsAByteASecondDoesNotHoldOn(t *testing.T) {
	for name, header := range map[string]bool{"its body": true, "its header": false} {
		t.Run(name, func(t *testing.T) {
			options := patient()
			options.Timeout, options.Retry.Attempts = 80*time.Millisecond, 3
			config, calls := served(t, options, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				for range 1000 {
					if header {
						_, _ = w.Write([]byte(" "))
						w.(http.Flusher).Flush()
					}
					select {
					case <-time.After(10 * time.Millisecond):
					case <-r.Context().Done():
						return
					}
				}
			})
			began := time.Now()
			err := describeGroups(t.Context(), config)
			require.Less(t, time.Since(began), 3*time.Second)
			require.EqualValues(t, 3, calls.Load(), "it may pass")
			require.False(t, EndsTarget(err))
			var fault *Fault
			require.ErrorAs(t, Explain(err), &fault)
			require.Equal(t, Slow, fault.Kind)
		})
	}
}

func TestACallEndsHoweverManyTriesAreLeft(t *testing.T) {
	options := patient()
	options.Retry.Attempts, options.Retry.Patience = 1_000_000, 200*time.Millisecond
	config, calls := served(t, options, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	began := time.Now()
	err := Explain(describeGroups(t.Context(), config))
	require.Less(t, time.Since(began), 5*time.Second)
	require.Greater(t, calls.Load(), int64(1))
	require.ErrorContains(t, err, "StatusCode: 503")
	require.ErrorContains(t, err, "; the call was tried for 200ms")
	require.NotContains(t, err.Error(), "\n")
}

func TestTheEndOfARunsOwnTimeIsNotTheServices(t *testing.T) {
	config, _ := served(t, patient(), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err := describeGroups(ctx, config)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var fault *Fault
	require.False(t, errors.As(Explain(err), &fault), "%v", err)
}

func TestAnEmptyReplyIsTriedAgain(t *testing.T) {
	first := true
	config, calls := served(t, patient(), func(w http.ResponseWriter, _ *http.Request) {
		if first {
			first = false
			return
		}
		_, _ = io.Copy(w, strings.NewReader(`{"logGroups":[]}`))
	})
	require.NoError(t, describeGroups(t.Context(), config))
	require.EqualValues(t, 2, calls.Load())
}

func TestPagesThatDoNotEnd(t *testing.T) {
	for _, tc := range []struct {
		name   string
		tokens []string
		says   string
		reason string
	}{
		{"one page", []string{""}, "", ""},
		{"four pages", []string{"a", "b", "c", ""}, "", ""},
		{"the same again", []string{"a", "a"}, "the token of page 2 has come before", "A→A"},
		{"a circle", []string{"a", "b", "a"}, "the token of page 3 has come before", "A→B→A ends at its first repetition"},
		{"a longer circle", []string{"a", "b", "c", "d", "b"}, "the token of page 5 has come before", ""},
		{"too many", []string{"a", "b", "c", "d", "e", "f"}, "there are more than 5", "each with another token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pages := Pages{Max: 5}
			for i, token := range tc.tokens {
				more, err := pages.Next(token)
				switch last := i == len(tc.tokens)-1; {
				case err != nil:
					require.NotEmpty(t, tc.says, err)
					require.ErrorContains(t, err, tc.says, tc.reason)
					require.False(t, more)
					return
				default:
					require.Equal(t, !last, more)
				}
			}
			require.Empty(t, tc.says, "nothing was found wrong with it")
		})
	}
}
