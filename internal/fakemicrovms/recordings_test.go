package fakemicrovms_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/fakemicrovms"
)

const (
	arn  = "__ImageIdentifier__"
	root = "../.."
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// recorded is a service that has what the recorded requests ask for.
func recorded(faults func(fakemicrovms.Call) fakemicrovms.Fault) *fakemicrovms.Service {
	service := fakemicrovms.New(fakemicrovms.Options{Now: func() time.Time { return now }, Faults: faults})
	service.AddImage(fakemicrovms.Image{
		ARN: arn, Version: "__ImageVersion__", MemoryMiB: 1, CreatedAt: now.Add(-time.Hour),
		Builds: []fakemicrovms.Build{{ID: "__BuildId__", State: "PENDING", Memory: 1, Disk: 1, Code: 1}},
	})
	service.Add(fakemicrovms.MicroVM{
		ID: "__MicrovmIdentifier__", Image: arn, Version: "__ImageVersion__", StartedAt: now.Add(-time.Hour),
		Changes: []fakemicrovms.Change{{At: now.Add(-time.Minute), State: "RUNNING"}},
	})
	return service
}

// ask sends a request, with a token that the fake can have given out.
func ask(t *testing.T, service *fakemicrovms.Service, r fakemicrovms.Request) *httptest.ResponseRecorder {
	t.Helper()
	if r.Query.Has("nextToken") {
		r.Query.Set("nextToken", "0")
	}
	target := "https://lambda.eu-west-1.amazonaws.com" + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	request := httptest.NewRequest(r.Method, target, strings.NewReader(r.Body))
	request.Header = r.Header
	w := httptest.NewRecorder()
	service.ServeHTTP(w, request)
	return w
}

// TestTheFakeTakesAWSsOwnRequests holds it to what the SDK really sends, not to what the client of this program does.
func TestTheFakeTakesAWSsOwnRequests(t *testing.T) {
	recordings := fakemicrovms.RecordingsAt(t, root)
	for _, name := range recordings.Names("request") {
		t.Run(name, func(t *testing.T) {
			service := recorded(nil)
			w := ask(t, service, recordings.Request(name))
			require.Equal(t, http.StatusOK, w.Code, w.Body.String())
			require.Equal(t, name, service.Calls()[0].Operation)
		})
	}
}

// TestTheFakeAnswersAsAWSDoes: each member of an answer is one of AWS's, of the same type.
func TestTheFakeAnswersAsAWSDoes(t *testing.T) {
	recordings := fakemicrovms.RecordingsAt(t, root)
	requests := map[string]fakemicrovms.Request{"ListMicrovmImages": {Method: "GET", Path: "/2025-09-09/microvm-images"}}
	for _, name := range recordings.Names("request") {
		requests[name] = recordings.Request(name)
	}
	for _, name := range recordings.Names("response") {
		t.Run(name, func(t *testing.T) {
			reply := recordings.Reply(name)
			request, operation := requests[name]
			service := recorded(nil)
			if !operation {
				request = requests["GetMicrovmImageVersion"]
				switch {
				case strings.HasPrefix(name, "ResourceNotFound"):
					request.Path = "/2025-09-09/microvms/mvm-none"
				default:
					service = recorded(func(fakemicrovms.Call) fakemicrovms.Fault {
						return fakemicrovms.Fault{Status: reply.Status, Code: name, Message: "m"}
					})
				}
			}
			w := ask(t, service, request)
			require.Equal(t, reply.Status, w.Code)
			require.Equal(t, reply.Header.Get("Content-Type"), w.Header().Get("Content-Type"))
			require.Empty(t, w.Header().Get("X-Amzn-Errortype"), "an error is named in the body")
			var ours, theirs any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &ours))
			require.NoError(t, json.Unmarshal([]byte(reply.Body), &theirs))
			isOne(t, name, ours, theirs)
			if !operation {
				require.Equal(t, theirs.(map[string]any)["__type"], ours.(map[string]any)["__type"])
			}
		})
	}
}

// isOne requires that a value has the shape of another.
func isOne(t *testing.T, at string, ours, theirs any) {
	switch ours := ours.(type) {
	case map[string]any:
		require.IsType(t, theirs, ours, at)
		for name, member := range ours {
			require.Contains(t, theirs, name, at)
			isOne(t, at+"."+name, member, theirs.(map[string]any)[name])
		}
	case []any:
		require.IsType(t, theirs, ours, at)
		require.NotEmpty(t, ours, at)
		for i, item := range ours {
			isOne(t, fmt.Sprintf("%s[%d]", at, i), item, theirs.([]any)[0])
		}
	default:
		require.IsType(t, theirs, ours, at)
	}
}

func TestARunMicrovmLivesAsItWasAskedTo(t *testing.T) {
	recordings := fakemicrovms.RecordingsAt(t, root)
	service := recorded(nil)
	w := ask(t, service, recordings.Request("RunMicrovm"))
	var run struct {
		ID   string `json:"microvmId"`
		Role string `json:"executionRoleArn"`
		Idle struct {
			MaxIdleDurationSeconds, SuspendedDurationSeconds int64
			AutoResumeEnabled                                bool
		} `json:"idlePolicy"`
		MaximumDurationInSeconds int64
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &run))
	require.Equal(t, "__ExecutionRoleArn__", run.Role)
	require.EqualValues(t, 1, run.Idle.MaxIdleDurationSeconds)
	require.True(t, run.Idle.AutoResumeEnabled)
	require.EqualValues(t, 1, run.MaximumDurationInSeconds)

	act := func(method, path string) int {
		return ask(t, service, fakemicrovms.Request{Method: method, Path: "/2025-09-09/microvms/" + path}).Code
	}
	require.Equal(t, http.StatusConflict, act("POST", run.ID+"/suspend"), "it is PENDING")
	require.Equal(t, http.StatusOK, act("POST", "__MicrovmIdentifier__/suspend"))
	require.Equal(t, http.StatusOK, act("POST", "__MicrovmIdentifier__/resume"))
	require.Equal(t, http.StatusOK, act("DELETE", "__MicrovmIdentifier__"))
	require.Equal(t, http.StatusConflict, act("DELETE", "__MicrovmIdentifier__"), "it is TERMINATED")
}
