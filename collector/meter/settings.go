package meter

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"microspend/internal/commandline"
	"microspend/internal/emf"
	"microspend/pricing"
)

// Settings are what flags and environment say. Make one with NewSettings, which declares the flags.
type Settings struct {
	address string
	hosts   string
	secret  string
	port    int

	names                        Identity // of strings alone
	memory, imageSize, stateSize string
	payload, payloadKeys         string
	proof, arch                  string

	namespace, metrics string
	perMicroVM         bool

	start, measure string
	sample, jump   time.Duration

	chain        string
	chainTimeout time.Duration

	budget budgetSettings
}

// Start says when metering begins.
type Start string

// The starts.
const (
	StartAtRun  Start = "run"  // with the run hook
	StartAtJump Start = "jump" // with the jump of the clock at a launch, for images whose run hook is not enabled
	StartNow    Start = "now"  // with the meter, where it is started in the MicroVM itself and not in the image
)

// EnvPrefix begins the names of the environment variables that stand for flags: MICROSPEND_METER_PER_MICROVM for
// --per-microvm.
const EnvPrefix = "MICROSPEND_METER_"

const (
	// DefaultPort is the port of the hooks by custom.
	DefaultPort = 9000

	defaultSample  = time.Second
	shortestSample = 100 * time.Millisecond
	longestSample  = time.Minute
	shortestJump   = 2 * time.Second
	longestJump    = time.Hour
)

// NewSettings declares the meter's flags. They take effect with Options, after the flag set was parsed.
func NewSettings(flags *flag.FlagSet) *Settings {
	s := &Settings{}
	flags.IntVar(&s.port, "port", DefaultPort, "`PORT` to serve the lifecycle hooks on, as in the image's hooks.port")
	flags.StringVar(&s.address, "address", "", "`ADDRESS` to serve the lifecycle hooks on (default all)")
	flags.StringVar(&s.hosts, "hook-host", "", "also accept hooks called by these host `NAMES`, comma-separated; * for any "+
		"(always: addresses, localhost, names without a dot, *.internal and *.amazonaws.com)")
	flags.StringVar(&s.secret, "hook-secret-file", "", "`FILE` with a secret that the path of the hooks starts with, "+
		"as in /SECRET"+HookPath+"run, if your image's hooks can be configured so")
	flags.StringVar(&s.chain, "chain", "", "`PORT` or URL of the application's own hooks, to call them too")
	flags.DurationVar(&s.chainTimeout, "chain-timeout", DefaultChainTimeout,
		"`DURATION` to wait for the application's hooks")
	flags.StringVar(&s.memory, "memory", "", "baseline memory `SIZE` of the MicroVM, for example 2GB (default "+
		"determined from the memory that the guest sees)")
	flags.StringVar(&s.imageSize, "image-size", "", "`SIZE` that a launch reads, for example 2GB (default unknown; "+
		"launches are counted, their reads are not)")
	flags.StringVar(&s.stateSize, "state-size", "", "`SIZE` that a suspend writes and a resume reads, for example 0.63GB "+
		"(default the baseline memory)")
	flags.StringVar(&s.names.Tenant, "tenant", "", "`TENANT`, unless the run hook's payload names one")
	flags.StringVar(&s.proof, "tenant-proof", "", "`PROOF` that the control plane named the tenant, from microspend "+
		"tenant-proof, unless the payload has one")
	flags.StringVar(&s.names.Image, "image", "", "`NAME` or ARN of the image (default $AWS_LAMBDA_MICROVM_IMAGE_ARN)")
	flags.StringVar(&s.names.ImageVersion, "image-version", "", "`VERSION` of the image")
	flags.StringVar(&s.names.MicroVMID, "microvm-id", "", "`ID` of the MicroVM, unless the run hook gives one")
	flags.StringVar(&s.names.Region, "region", "", "AWS `REGION` (default from the image's ARN, or $AWS_REGION)")
	flags.StringVar(&s.names.Account, "account", "", "AWS account `ID` (default from the image's ARN)")
	flags.StringVar(&s.names.Role, "role-arn", "", "`ARN` of the execution role")
	flags.StringVar(&s.arch, "arch", "", "`ARCHITECTURE` that the MicroVM's compute is billed as: arm64 or x86_64 "+
		"(default that of this program)")
	flags.StringVar(&s.payload, "payload", string(PayloadAuto), "`FORM` of the run hook's payload: auto, json, text "+
		"(the tenant) or none")
	flags.StringVar(&s.payloadKeys, "payload-keys", "", "`KEYS` of a JSON payload, for example "+
		"tenant=customer.id,memory=size (default tenant, proof, image, image-version, role, memory, image-size, "+
		"state-size, budget, max_running, max_life)")
	flags.StringVar(&s.namespace, "namespace", emf.DefaultNamespace, "CloudWatch `NAMESPACE` of the metrics")
	flags.StringVar(&s.metrics, "metrics", emf.BilledMetrics.String(), "`METRICS` to publish: billed (5), all (10) or "+
		"none (log lines only)")
	flags.BoolVar(&s.perMicroVM, "per-microvm", false, "also publish metrics for each MicroVM, in addition to those for "+
		"tenant and image")
	flags.StringVar(&s.start, "start", string(StartAtRun), "`MOMENT` at which metering begins: run (the run hook), "+
		"jump (of the clock, without hooks) or now")
	flags.StringVar(&s.measure, "measure", string(MeasureAuto), "`MODE` of measuring CPU and memory: guest, cgroup or "+
		"auto (the guest's if they can be read)")
	flags.DurationVar(&s.sample, "sample", defaultSample, "`INTERVAL` at which to read CPU and memory")
	flags.DurationVar(&s.jump, "jump", DefaultTiming().Jump, "`DURATION` from which a jump of the wall clock counts as a "+
		"suspend, if no hook reports one")
	s.budget.declare(flags)
	return s
}

// ApplyEnv sets flags from environment variables. Flags of a command line are to be parsed after it, so that they win.
// A flag whose variable is at fault keeps its default; all faults are reported.
func ApplyEnv(flags *flag.FlagSet, lookUp func(name string) string) error {
	var faults []error
	flags.VisitAll(func(f *flag.Flag) {
		name := envName(f.Name)
		if old := formerName(f.Name); old != "" && lookUp(name) == "" {
			name = envName(old)
		}
		if value := lookUp(name); value != "" {
			before := f.Value.String()
			if err := flags.Set(f.Name, value); err != nil {
				keep(f.Value, before)
				if kind := commandline.Kind(pflag.PFlagFromGoFlag(f)); kind != "" {
					err = errors.New(kind)
				}
				faults = append(faults, fmt.Errorf("%s: %.60q is not what --%s takes: %w", name, value, f.Name, err))
			}
		}
	})
	return errors.Join(faults...)
}

func envName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// formerNames are the flags that have a new name, by that which they used to have. It still works, also in the
// environment, and no help shows it.
var formerNames = map[string]string{"role": "role-arn"}

func formerName(flag string) string {
	for old, name := range formerNames {
		if name == flag {
			return old
		}
	}
	return ""
}

// keep gives a flag back the value it had before it was set to one it does not take: numbers are changed all the same.
func keep(value flag.Value, before string) {
	if value.String() != before {
		_ = value.Set(before) // it had it
	}
}

// Options are settings that were checked.
type Options struct {
	Address      string // that hooks are served on, with the port
	Guard        guard
	Identity     Identity
	SizeGiven    bool
	Payload      PayloadForm
	PayloadKeys  PayloadKeys
	Publication  emf.Publication
	Start        Start
	Measure      Measure
	Sample       time.Duration
	Timing       Timing
	Chain        *url.URL // nil without
	ChainTimeout time.Duration
	Budget       BudgetOptions
}

// Options checks the settings, and completes them from AWS's own environment variables. All faults are reported. The
// options can be used nevertheless: a setting at fault has its default in them, for an application that is started
// whatever its meter is told.
func (s *Settings) Options(env func(name string) string) (Options, error) {
	var faults []error
	fault := func(name string, err error) bool {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", name, err))
		}
		return err != nil
	}
	o := Options{
		Identity: s.names, Payload: PayloadForm(s.payload), Start: Start(s.start), Measure: Measure(s.measure),
		Publication: emf.Publication{Namespace: s.namespace, PerMicroVM: s.perMicroVM},
		Sample:      s.sample, Timing: DefaultTiming(), ChainTimeout: s.chainTimeout,
	}
	port := s.port
	if port < 1 || port > 65_535 {
		fault("port", fmt.Errorf("%d is not a port", port))
		port = DefaultPort
	}
	o.Address = net.JoinHostPort(s.address, strconv.Itoa(port))
	o.Identity.Image = cmp.Or(o.Identity.Image, env("AWS_LAMBDA_MICROVM_IMAGE_ARN"))
	if o.Identity.Region == "" {
		if region, _, ok := parseARN(o.Identity.Image); !ok || region == "" {
			o.Identity.Region = env("AWS_REGION")
		}
	}
	var err error
	o.Guard.hosts, err = parseHookHosts(s.hosts)
	fault("hook-host", err)
	if s.secret != "" {
		o.Guard.secret, err = readHookSecret(s.secret)
		fault("hook-secret-file", err)
	}
	o.Identity.Arch = pricing.ArchOfGo(runtime.GOARCH)
	if s.arch != "" {
		if given, err := pricing.ParseArch(s.arch); !fault("arch", err) {
			o.Identity.Arch = given
		}
	}
	err = o.Identity.prove(s.proof)
	fault("tenant-proof", err)
	if s.memory != "" {
		o.Identity.Size, err = pricing.ParseSize(s.memory)
		o.SizeGiven = !fault("memory", err)
	}
	if s.imageSize != "" {
		o.Identity.ImageBytes, err = parseBytes(s.imageSize, 0)
		fault("image-size", err)
	}
	if s.stateSize != "" {
		o.Identity.StateBytes, err = parseBytes(s.stateSize, 0)
		fault("state-size", err)
	}
	if fault("payload", oneOf(s.payload, string(PayloadAuto), string(PayloadJSON), string(PayloadText),
		string(PayloadNone))) {
		o.Payload = PayloadAuto
	}
	if o.PayloadKeys, err = ParsePayloadKeys(s.payloadKeys); fault("payload-keys", err) {
		o.PayloadKeys = DefaultPayloadKeys()
	}
	fault("metrics", oneOf(s.metrics, "billed", "all", "none"))
	o.Publication.Metrics, _ = emf.ParseMetricSet(s.metrics)
	if o.Publication.Metrics == emf.NoMetrics && s.perMicroVM {
		fault("per-microvm", errors.New("there are no metrics with --metrics none"))
		o.Publication.PerMicroVM = false
	}
	if fault("namespace", checkNamespace(s.namespace)) {
		o.Publication.Namespace = emf.DefaultNamespace
	}
	if fault("start", oneOf(s.start, string(StartAtRun), string(StartAtJump), string(StartNow))) {
		o.Start = StartAtRun
	}
	if fault("measure", oneOf(s.measure, string(MeasureAuto), string(MeasureGuest), string(MeasureCgroup))) {
		o.Measure = MeasureAuto
	}
	if fault("sample", within(s.sample, shortestSample, longestSample)) {
		o.Sample = defaultSample
	}
	if !fault("jump", within(s.jump, shortestJump, longestJump)) {
		o.Timing.Jump = s.jump
	}
	if fault("chain-timeout", within(s.chainTimeout, time.Millisecond, 10*time.Minute)) {
		o.ChainTimeout = DefaultChainTimeout
	}
	o.Budget = s.budget.options(strconv.Itoa(port), fault)
	o.Identity.Limits = o.Budget.Limits
	if s.chain != "" {
		o.Chain, err = parseChain(s.chain)
		fault("chain", err)
		if err == nil && o.Chain.Port() == strconv.Itoa(port) && isLoopback(o.Chain.Hostname()) {
			fault("chain", fmt.Errorf("port %d is the meter's own", port))
			o.Chain = nil
		}
	}
	return o, errors.Join(faults...)
}

func checkNamespace(namespace string) error {
	if name, changed := emf.Name(namespace); changed || name == "" || len(name) > emf.MaxNamespace || name[0] == ':' ||
		strings.HasPrefix(name, "AWS/") {
		return fmt.Errorf("%.60q is not a namespace: 1 to %d printable ASCII characters, the first neither : nor AWS/",
			namespace, emf.MaxNamespace)
	}
	return nil
}

func oneOf(word string, allowed ...string) error {
	if slices.Contains(allowed, word) {
		return nil
	}
	return fmt.Errorf("unknown value %.40q; valid values: %s", word, strings.Join(allowed, ", "))
}

func within(d, least, most time.Duration) error {
	if d < least || d > most {
		return fmt.Errorf("%s is not from %s to %s", d, least, most)
	}
	return nil
}

func isLoopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }
