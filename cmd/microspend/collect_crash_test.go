package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// request is a call of GetMetricData: where its window begins, and the first MicroVM that it asks for.
type request struct {
	from    time.Time
	microVM string
}

// built is the program itself: what scripts run has a clock that stands. Without cgo it is compiled as for other tests,
// rather than once more under the race detector.
func built(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "microspend")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// A collect that is killed at any moment loses nothing, counts nothing twice, and costs no call twice but for those
// that were on their way: the program itself, as a process, fifty times and more.
func TestCollectKilledAtAnyMoment(t *testing.T) {
	kills := 60
	if testing.Short() {
		kills = 10
	}
	program := built(t)

	// Every call takes a while, so that there are moments to be killed at.
	var slow sync.Map
	metrics := fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{Faults: func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		if call.Get != nil {
			batch := request{*call.Get.StartTime, *call.Get.MetricDataQueries[0].MetricStat.Metric.Dimensions[2].Value}
			count, _ := slow.LoadOrStore(batch, new(int))
			*count.(*int)++
		}
		return fakecloudwatch.Fault{Delay: 3 * time.Millisecond}
	}})
	server := httptest.NewServer(metrics)
	defer server.Close()
	now := time.Now().UTC()
	from := now.Add(-73 * time.Hour).Truncate(5 * time.Minute)
	truth := map[usage.Key]usage.Amounts{}
	const microVMs = 120
	for i := range microVMs {
		id := fmt.Sprintf("mvm-%03d", i)
		for at := from; at.Before(now.Add(-15 * time.Minute)); at = at.Add(25 * time.Minute) {
			values := []int64{int64(i + 1), at.Unix() % 1000, 3, 4, 5}
			for q, value := range values {
				metrics.Put(fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"},
					fakecloudwatch.Metric{
						Namespace: emf.DefaultNamespace, Name: emf.Metrics()[q].Name,
						Dimensions: map[string]string{"Tenant": "acme", "Image": "web", "MicrovmId": id},
					}, fakecloudwatch.Value(at, float64(value)))
			}
			key := usage.Key{
				Source: "cloudwatch", Region: "eu-west-1", Account: fakecloudwatch.DefaultAccount, Resource: usage.Resource{ID: id},
				PeriodStart: at.Unix(),
			}
			truth[key] = usage.Amounts{
				pricing.VCPU: values[0], pricing.Memory: values[1], pricing.SnapshotRead: 3,
				pricing.SnapshotWrite: 4, pricing.SnapshotStorage: 5,
			}
		}
	}
	const inFlight = 2
	collect := func(dir string) *exec.Cmd {
		cmd := exec.Command(program, "collect", "--endpoint-url", server.URL, "--per-microvm", "--ledger", dir, "--lookback",
			"72h", "--parallel", fmt.Sprint(inFlight))
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-west-1",
			"AWS_ACCOUNT_ID="+fakecloudwatch.DefaultAccount, "AWS_CONFIG_FILE=none", "AWS_SHARED_CREDENTIALS_FILE=none")
		return cmd
	}
	whole := time.Now()
	out, err := collect(filepath.Join(t.TempDir(), "whole")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	usual := time.Since(whole)

	random := rand.New(rand.NewPCG(3, 4))
	killed, ledgers := 0, 0
	for killed < kills {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(ledgers))
		ledgers++
		asked := len(metrics.Calls())
		slow.Clear()
		killedHere := 0
		for through := false; !through; {
			var said bytes.Buffer
			cmd := collect(dir)
			cmd.Stdout, cmd.Stderr = &said, &said
			require.NoError(t, cmd.Start())
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err := <-ended:
				require.NoError(t, err, said.String())
				through = true
			case <-time.After(time.Duration(random.Int64N(int64(usual)))):
				_ = cmd.Process.Kill()
				if err := <-ended; err != nil {
					killedHere++
				} else {
					through = true
				}
			}
		}
		killed += killedHere
		holds(t, dir, truth, now.Add(-72*time.Hour), now.Add(-15*time.Minute))
		// Of the first window only: once that is read, a run, killed or not, may be one that reads the overlap again.
		first, again := time.Now(), 0
		slow.Range(func(batch, _ any) bool {
			if from := batch.(request).from; from.Before(first) {
				first = from
			}
			return true
		})
		slow.Range(func(batch, count any) bool {
			if batch.(request).from.Equal(first) {
				again += *count.(*int) - 1
			}
			return true
		})
		t.Logf("ledger %d: %d kills, %d calls, %d of them for data again", ledgers, killedHere, len(metrics.Calls())-asked,
			again)
		assert.LessOrEqual(t, again, (inFlight+3)*killedHere, "no more than were on their way from the service to the disk")
	}
	t.Logf("killed %d times", killed)
}

// With --every it runs on until a signal; then it ends with 0, and has let go of the ledger, as it does between runs.
func TestCollectAsAService(t *testing.T) {
	program := built(t)
	metrics := fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{})
	at := time.Now().UTC().Add(-time.Hour)
	metrics.Put(fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}, fakecloudwatch.Metric{
		Namespace: emf.DefaultNamespace, Name: emf.Metrics()[0].Name,
		Dimensions: map[string]string{"Tenant": "acme", "Image": "web"},
	}, fakecloudwatch.Value(at, 1000))
	server := httptest.NewServer(metrics)
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "ledger")
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close()
	said := func() string {
		text, err := os.ReadFile(log.Name())
		require.NoError(t, err)
		return string(text)
	}
	cmd := exec.Command(program, "collect", "--endpoint-url", server.URL, "--ledger", dir, "--every", "1m", "--log-format",
		"json", "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-west-1",
		"AWS_ACCOUNT_ID="+fakecloudwatch.DefaultAccount, "AWS_CONFIG_FILE=none", "AWS_SHARED_CREDENTIALS_FILE=none")
	cmd.Stderr = log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	require.Eventually(t, func() bool {
		opened, err := parquet.Open(dir, ledger.Options{})
		if err != nil {
			return false
		}
		info, err := opened.Info(t.Context())
		return err == nil && info.Rows == 1
	}, 20*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool {
		writer, err := parquet.OpenForWriting(dir, ledger.Options{})
		return err == nil && writer.Close() == nil
	}, 10*time.Second, 20*time.Millisecond, "the ledger is not held between runs")
	address := regexp.MustCompile(`"address":"(http://127\.0\.0\.1:\d+)/metrics"`).FindStringSubmatch(said())
	require.NotNil(t, address, said())
	get := func(path, host string) (int, string) {
		request, err := http.NewRequest(http.MethodGet, address[1]+path, nil)
		require.NoError(t, err)
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	require.Eventually(t, func() bool {
		status, body := get("/metrics", "")
		return status == http.StatusOK &&
			strings.Contains(body, `microspend_collect_records_total{change="added",source="cloudwatch"} 1`)
	}, 10*time.Second, 20*time.Millisecond)
	status, _ := get("/healthz", "")
	assert.Equal(t, http.StatusOK, status)
	status, _ = get("/metrics", "evil.example")
	assert.Equal(t, http.StatusMisdirectedRequest, status, "a page of another site")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), said())
	assert.Contains(t, said(), `"msg":"collected"`)
	assert.Contains(t, said(), `"added":1,`)
}

// holds reports whether a ledger is the truth between two moments, and has nothing else.
func holds(t *testing.T, dir string, truth map[usage.Key]usage.Amounts, from, to time.Time) {
	t.Helper()
	opened, err := parquet.Open(dir, ledger.Options{})
	require.NoError(t, err)
	seen := map[usage.Key]bool{}
	for r, err := range opened.Records(context.Background(), time.Unix(1_600_000_000, 0), to.AddDate(1, 0, 0)) {
		require.NoError(t, err)
		key := r.Key()
		want, known := truth[key]
		if !known || want != r.Amounts || seen[key] {
			t.Fatalf("%+v is not the truth: %+v (there before: %v)", r, want, seen[key])
		}
		seen[key] = true
	}
	for key := range truth {
		start := time.Unix(key.PeriodStart, 0)
		if !start.Before(from) && start.Before(to) && !seen[key] {
			t.Fatalf("%+v at %s is missing", key, start.UTC())
		}
	}
}
