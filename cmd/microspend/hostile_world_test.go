package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"microspend/collector/meter"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/internal/tenantproof"
	"microspend/pricing"
)

// The honest tenants of the hostile tests, and what they spend at eu-west-1's rates, by hand: 0.0000291572 a
// vCPU-second,
// 0.0000038603 a GB-second, 0.0016403088 a GB read, 0.0040636422 a GB written, 0.0001322222 a GB-hour.
//
// acme has 2 GB (1 vCPU) from an image of 3 GB: 1,815 s running, suspended once for half an hour.
//
//	1,815 vCPU-s 0.052920318 + 3,630 GB-s 0.014012889 + (3 + 2) GB read 0.008201544 + 2 GB written 0.0081272844
//	+ 1 GB-h 0.0001322222 = 0.0833942576
//
// bravo has 4 GB (2 vCPU): 2,700 s running. 5,400 vCPU-s 0.15744888 + 10,800 GB-s 0.04169124 + 3 GB read 0.0049209264.
var honestBills = bills{"acme": {"0.0833942576", "1", "exact"}, "bravo": {"0.2040610464", "1", "exact"}}

// hostileBill is the attacker's own MicroVM: 0.5 GB (0.25 vCPU) for an hour. 900 vCPU-s 0.02624148 + 1,800 GB-s
// 0.00694854 + 3 GB read 0.0049209264.
const hostileBill = "0.0381109464"

// bills are what spend says of tenants.
type bills map[string]billed

type billed struct{ amount, coverage, state string }

// with is the same with some of them changed.
func (b bills) with(changed bills) bills {
	all := bills{}
	for _, from := range []bills{b, changed} {
		for tenant, is := range from {
			all[tenant] = is
		}
	}
	return all
}

const (
	hostileGroups = "/aws/lambda-microvms/"
	sharedGroup   = hostileGroups + "sandbox" // of bravo and of the attacker's MicroVMs, whose roles are their own
	acmeGroup     = hostileGroups + "acme-app"
	ownGroup      = hostileGroups + "evil" // of the attacker, whose role can create any stream in it
)

// hostilePlace is where everything runs that is honest.
var hostilePlace = fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}

// hostileWorld is an account with two honest tenants and a hostile one: CloudWatch Logs, CloudWatch, a ledger, and the
// command line.
type hostileWorld struct {
	t        *testing.T
	trust    tenantproof.Trust
	key      tenantproof.Key
	logs     *fakecloudwatch.Logs
	metrics  *fakecloudwatch.CloudWatch
	folder   string
	now      time.Time
	acme     []printedLine
	bravo    []printedLine
	endpoint string // of the logs
	metered  string // of the metrics
}

// printedLine is a line of a meter with when it was printed.
type printedLine struct {
	emf.Line
	at time.Time
}

// newHostileWorld has nothing in its logs yet.
func newHostileWorld(t *testing.T, trust tenantproof.Trust) *hostileWorld {
	w := &hostileWorld{t: t, trust: trust, folder: t.TempDir(), now: scriptDay}
	clock := func() time.Time { return w.now }
	w.logs = fakecloudwatch.NewLogs(fakecloudwatch.LogsOptions{Now: clock})
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		w.logs.AddGroup(fakecloudwatch.Place{Account: hostilePlace.Account, Region: region},
			fakecloudwatch.LogGroup{Name: ownGroup, Created: scriptDay.AddDate(0, 0, -30)})
	}
	w.metrics = meteredCloudWatch(fakecloudwatch.Options{Now: clock})
	logs, metrics := httptest.NewServer(w.logs), httptest.NewServer(w.metrics)
	t.Cleanup(logs.Close)
	t.Cleanup(metrics.Close)
	w.endpoint, w.metered = logs.URL, metrics.URL
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ACCOUNT_ID": fakecloudwatch.DefaultAccount,
		"AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	content := tenantproof.NewKey()
	key, err := tenantproof.ParseKey(content)
	require.NoError(t, err)
	w.key = key
	require.NoError(t, os.WriteFile(w.path("tenant.key"), content, 0o600))
	settings := "collect:\n  calls: {per_second: 10000, burst: 10000}\n  regions: [eu-west-1, us-east-1]\n  lookback: 12h\n"
	if trust == tenantproof.TrustProven {
		settings += "  tenant_key_file: " + w.path("tenant.key") + "\n"
	}
	require.NoError(t, os.WriteFile(w.path("microspend.yaml"), []byte(settings), 0o600))
	start := scriptDay.Add(-3 * time.Hour)
	w.acme = w.life("mvm-acme", "acme", "acme-app", "2GB", start.Add(30*time.Second),
		runs(20*time.Minute), sleeps(30*time.Minute), runs(10*time.Minute+15*time.Second))
	w.bravo = w.life("mvm-bravo", "bravo", "sandbox", "4GB", start.Add(10*time.Minute), runs(45*time.Minute))
	return w
}

func (w *hostileWorld) path(name string) string { return filepath.Join(w.folder, name) }

// stretch is a time that a MicroVM runs or sleeps for.
type stretch struct {
	d      time.Duration
	asleep bool
}

func runs(d time.Duration) stretch   { return stretch{d, false} }
func sleeps(d time.Duration) stretch { return stretch{d, true} }

// life lets the meter's own recorder follow a MicroVM through its life. Its control plane proves its tenant.
func (w *hostileWorld) life(id, tenant, image, memory string, start time.Time, course ...stretch) (lines []printedLine) {
	size, err := pricing.ParseSize(memory)
	require.NoError(w.t, err)
	wall, mono := start, time.Duration(0)
	load := meter.Load{CPUKnown: true, MemoryKnown: true}
	now := func() meter.Instant { return meter.Instant{Mono: mono, Wall: wall.UnixNano()} }
	recorder := &meter.Recorder{
		Publication: emf.Publication{Namespace: emf.DefaultNamespace, Metrics: emf.NoMetrics},
		Timing:      meter.DefaultTiming(),
		Emit: func(line *emf.Line) {
			lines = append(lines, printedLine{*line, wall.Add(80 * time.Millisecond)})
		},
		Say:      func(string, ...any) {},
		DrawLife: func(_ meter.Instant, id string) string { return fmt.Sprintf("%032x", id)[:32] },
	}
	recorder.Observe(now(), load)
	recorder.Run(now(), load, meter.Identity{
		MicroVMID: id, Tenant: tenant, TenantProof: w.key.Proof(tenant), Image: image, Size: size, ImageBytes: 3 << 30,
	})
	for _, s := range course {
		if s.asleep {
			recorder.Suspend(now(), load)
			wall = wall.Add(s.d) // the monotonic clock stands still
			recorder.Resume(now(), load)
			continue
		}
		for range int(s.d / time.Second) {
			mono, wall = mono+time.Second, wall.Add(time.Second)
			recorder.Observe(now(), load)
		}
	}
	recorder.Terminate(now(), load)
	return lines
}

// evil is the attacker's own MicroVM as its control plane launched it, changed as the attacker likes.
func (w *hostileWorld) evil(id string, change func(*emf.Line)) []printedLine {
	lines := w.life(id, "mallory", "sandbox", "0.5GB", scriptDay.Add(-175*time.Minute), runs(time.Hour))
	for i := range lines {
		if change != nil {
			change(&lines[i].Line)
		}
	}
	return lines
}

// honest prints what the honest tenants' meters print.
func (w *hostileWorld) honest() {
	w.print(acmeGroup, "mvm-acme", w.acme)
	w.print(sharedGroup, "mvm-bravo", w.bravo)
}

// print puts lines into a stream, as a MicroVM's standard output does.
func (w *hostileWorld) print(group, stream string, lines []printedLine) {
	for i := range lines {
		w.say(group, stream, lines[i].at, string(lines[i].AppendTo(nil)))
	}
}

// say puts any text into a stream.
func (w *hostileWorld) say(group, stream string, at time.Time, text string) {
	w.logs.Put(hostilePlace, group, stream, fakecloudwatch.LogEvent{At: at, Message: text})
}

// said is what a command did.
type said struct {
	code     int
	out, err string
}

// microspend runs a command line.
func (w *hostileWorld) microspend(args ...string) said {
	w.t.Helper()
	var out, errs bytes.Buffer
	args = append(args, "--ledger", w.path("ledger"))
	code := run(context.Background(), args, process{
		in: strings.NewReader(""), out: &out, err: &errs, now: func() time.Time { return w.now },
		environ: []string{"XDG_DATA_HOME=" + w.folder, "HOME=" + w.folder},
	})
	w.requireTame(errs.String())
	return said{code, out.String(), errs.String()}
}

// requireTame checks that a text has nothing that a terminal obeys.
func (w *hostileWorld) requireTame(text string) {
	w.t.Helper()
	for _, r := range text {
		require.False(w.t, r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)), "%q", text)
	}
}

// collect reads the logs, or another source, into the ledger.
func (w *hostileWorld) collect(more ...string) said {
	w.t.Helper()
	return w.microspend(append([]string{
		"collect", "--config", w.path("microspend.yaml"), "--source", "logs", "--endpoint-url", w.endpoint,
	}, more...)...)
}

// spent is what spend says of the tenants by now, and whether any of it rests on a guest's word.
func (w *hostileWorld) spent() (all bills, assumes []string) {
	w.t.Helper()
	got := w.microspend("spend", "--config", w.path("microspend.yaml"), "--from", "2026-11-23", "--to", "2026-11-24",
		"--format", "json")
	require.Equal(w.t, exitDone, got.code, got.err)
	var document struct {
		Rows []struct {
			Tenant, Amount, Coverage, State string
		}
		Assumptions []struct{ ID string }
	}
	require.NoError(w.t, json.Unmarshal([]byte(got.out), &document), got.out)
	all = bills{}
	for _, row := range document.Rows {
		all[row.Tenant] = billed{row.Amount, row.Coverage, row.State}
	}
	for _, a := range document.Assumptions {
		assumes = append(assumes, a.ID)
	}
	return all, assumes
}

// requireBills checks what the honest tenants are billed, to the last digit.
func (w *hostileWorld) requireBills(want bills, name string) bills {
	w.t.Helper()
	all, assumes := w.spent()
	for tenant, is := range want {
		require.Equal(w.t, is, all[tenant], "%s: %s", name, tenant)
	}
	if w.trust == tenantproof.TrustProven {
		require.Empty(w.t, assumes, name)
	} else {
		require.Equal(w.t, []string{"tenant-asserted"}, assumes, "%s: the figures say whose word they rest on", name)
	}
	return all
}

// requireAudited checks that the chain of the audit log holds, and returns what it has.
func (w *hostileWorld) requireAudited() string {
	w.t.Helper()
	got := w.microspend("ledger", "audit", "--format", "json")
	require.Equal(w.t, exitDone, got.code, got.out+got.err)
	return got.out
}

var blanks = regexp.MustCompile(`\s+`)

// requireSentence checks that docs/security.md says what an attack tests, word for word.
func requireSentence(t *testing.T, sentence string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	require.NoError(t, err)
	require.Contains(t, blanks.ReplaceAllString(string(text), " "), sentence)
}

// hostileMeter names a folder: the test binary is then the meter's program, on the clocks of the folder's file.
const hostileMeter = "HOSTILE_METER_CLOCK"

// meterOnClock runs the meter with the arguments of the command line.
func meterOnClock(folder string) int {
	return meter.Main(os.Args[1:], meter.Process{
		Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Root: folder, Clock: fileClock(filepath.Join(folder, "clock")),
	})
}

// fileClock shows what a file says: nanoseconds of the monotonic clock and of the wall clock.
type fileClock string

func (c fileClock) Now() (now meter.Instant) {
	text, _ := os.ReadFile(string(c))
	mono, wall, _ := strings.Cut(string(text), " ")
	n, _ := strconv.ParseInt(mono, 10, 64)
	now.Mono = time.Duration(n)
	now.Wall, _ = strconv.ParseInt(wall, 10, 64)
	return now
}
