package terminal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
)

// measured is a CloudWatch with what the meter says of two tenants in the last five hours.
func measured(t *testing.T) (service *fakecloudwatch.CloudWatch, url string) {
	t.Helper()
	service = fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{})
	place := fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}
	now := time.Now().UTC().Truncate(5 * time.Minute)
	for _, tenant := range []string{"acme", "bravo"} {
		for at := now.Add(-5 * time.Hour); at.Before(now); at = at.Add(5 * time.Minute) {
			for quantity, value := range []int64{300_000, 300_000 * 2048, 0, 0, 0} {
				service.Put(place, fakecloudwatch.Metric{
					Namespace: emf.DefaultNamespace, Name: emf.Metrics()[quantity].Name,
					Dimensions: map[string]string{"Tenant": tenant, "Image": "web"},
				}, fakecloudwatch.Value(at, float64(value)))
			}
		}
	}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return service, server.URL
}

// collecting opens the dashboard on a new ledger, collecting from an endpoint.
func collecting(t *testing.T, program, folder, endpoint string, environ ...string) session {
	t.Helper()
	config := filepath.Join(folder, "microspend.yaml")
	require.NoError(t, os.WriteFile(config, []byte("collect:\n  endpoint_url: "+endpoint+"\n"), 0o600))
	aws := "AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=secret AWS_REGION=eu-west-1 AWS_ACCOUNT_ID=" +
		fakecloudwatch.DefaultAccount +
		" AWS_CONFIG_FILE=none AWS_SHARED_CREDENTIALS_FILE=none AWS_EC2_METADATA_DISABLED=true XDG_STATE_HOME=" + folder +
		" " + strings.Join(environ, " ")
	return start(t, 120, 40,
		fmt.Sprintf("%s %s dash --collect --refresh 200ms --ledger %s/ledger --config %s; echo ended with $?; sleep 100",
			aws, program, folder, config))
}

// TestCollectFailsAndThenWorks shows why nothing came, goes on meanwhile, and takes the reason down once something
// does.
func TestCollectFailsAndThenWorks(t *testing.T) {
	program := built(t)
	service, endpoint := measured(t)
	service.SetFaults(func(fakecloudwatch.Call) fakecloudwatch.Fault { return fakecloudwatch.Denied })
	s := collecting(t, program, t.TempDir(), endpoint)
	s.shows("✗ collecting failed: listing metrics: the credentials may not ListMetrics", ": not read")
	s.press("2").shows("tenants")
	service.SetFaults(nil)
	s.press("r")
	screen := s.shows("2 tenants", "acme", "bravo", "updated just now")
	require.NotContains(t, screen, "collecting failed")
	s.press("q").shows("ended with 0")
	require.Equal(t, "0", s.value("alternate_on"))
}

// TestQuitWhileCollecting leaves in the middle of calls that take long: at once, with the terminal given back and the
// ledger free.
func TestQuitWhileCollecting(t *testing.T) {
	program := built(t)
	folder := t.TempDir()
	service, endpoint := measured(t)
	service.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		if call.Get == nil {
			return fakecloudwatch.Fault{}
		}
		return fakecloudwatch.Fault{Delay: time.Minute}
	})
	s := collecting(t, program, folder, endpoint)
	s.shows("collecting", "─── 0 %")
	s.press("1", "?").shows("pause: stop refreshing and collecting") // keys are answered
	began := time.Now()
	s.press("q").shows("ended with 0")
	require.Less(t, time.Since(began), 10*time.Second, "it does not wait for calls")
	require.Equal(t, "0", s.value("alternate_on"))
	require.Equal(t, "1", s.value("cursor_flag"))

	usage := filepath.Join(folder, "usage.csv")
	header := "period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours\n"
	require.NoError(t, os.WriteFile(usage, []byte(header+
		"2026-11-23T10:00:00Z,3600,eu-west-1,mvm-1,base,newcomer,3600,7200,1,1,1\n"), 0o600))
	out, err := exec.Command(program, "import", usage, "--ledger", folder+"/ledger").CombinedOutput()
	require.NoError(t, err, "nobody holds the ledger: %s", out)
}

// TestCollectOpensBeforeAWSAnswers asks behind the screen whose credentials these are.
func TestCollectOpensBeforeAWSAnswers(t *testing.T) {
	program := built(t)
	asked, over := make(chan struct{}, 100), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-over
	}))
	defer silent.Close()
	defer close(over)
	s := collecting(t, program, t.TempDir(), silent.URL, "AWS_ACCOUNT_ID=")
	s.shows("collecting …", "The ledger has no usage")
	<-asked
	s.press("q").shows("ended with 0")
}
