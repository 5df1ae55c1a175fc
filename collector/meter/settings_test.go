package meter

import (
	"bytes"
	"flag"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/pricing"
)

// options reads a command line and an environment.
func options(args []string, env map[string]string) (Options, error) {
	flags := flag.NewFlagSet("meter", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	settings := NewSettings(flags)
	lookUp := func(name string) string { return env[name] }
	if err := ApplyEnv(flags, lookUp); err != nil {
		return Options{}, err
	}
	if err := flags.Parse(args); err != nil {
		return Options{}, err
	}
	return settings.Options(lookUp)
}

func TestSettings(t *testing.T) {
	o, err := options(nil, nil)
	require.NoError(t, err)
	require.Equal(t, ":9000", o.Address)
	require.Equal(t, emf.Publication{Namespace: "microspend"}, o.Publication)
	require.Equal(t, time.Second, o.Sample)
	require.False(t, o.SizeGiven)

	o, err = options([]string{"--port=9999", "--memory", "4GB", "--chain", "9001"}, map[string]string{
		"MICROSPEND_METER_PORT": "9100", "MICROSPEND_METER_PER_MICROVM": "true", "MICROSPEND_METER_TENANT": "acme",
		"MICROSPEND_METER_METRICS": "all", "AWS_REGION": "us-east-1", "MICROSPEND_METER_STATE_SIZE": "0.63GB",
		"AWS_LAMBDA_MICROVM_IMAGE_ARN": "arn:aws:lambda:eu-west-1:123456789012:microvm-image:img",
	})
	require.NoError(t, err)
	require.Equal(t, ":9999", o.Address, "a flag wins over the environment")
	require.Equal(t, emf.Publication{Namespace: "microspend", Metrics: emf.AllMetrics, PerMicroVM: true}, o.Publication)
	require.Equal(t, "http://127.0.0.1:9001", o.Chain.String())
	id, _ := o.Identity.inLine()
	require.Equal(t, "acme eu-west-1 123456789012", id.Tenant+" "+id.Region+" "+id.Account,
		"the image's region, not the shell's")

	o, err = options(nil, map[string]string{"AWS_REGION": "us-east-1"})
	require.NoError(t, err)
	require.Equal(t, "us-east-1", o.Identity.Region)

	require.Equal(t, pricing.ArchOfGo(runtime.GOARCH), o.Identity.Arch, "what it was built for, as it runs there")
	o, err = options([]string{"--arch=x86_64"}, map[string]string{"MICROSPEND_METER_ARCH": "arm64"})
	require.NoError(t, err)
	require.Equal(t, pricing.ArchX86, o.Identity.Arch, "a flag wins over the environment")
	o, err = options(nil, map[string]string{"MICROSPEND_METER_ARCH": "arm64"})
	require.NoError(t, err)
	require.Equal(t, pricing.ArchARM64, o.Identity.Arch)

	for _, tc := range []struct {
		name string
		args []string
		env  map[string]string
		says string
	}{
		{"port", []string{"--port=0"}, nil, "--port: 0 is not a port"},
		{"memory", []string{"--memory=3GB"}, nil, "--memory: 3GB is not a MicroVM size"},
		{"proof", []string{"--tenant-proof=abc"}, nil, "--tenant-proof: not 64 hexadecimal digits"},
		{"architecture", []string{"--arch=amd64"}, nil, `--arch: unknown architecture "amd64"; it is arm64 or x86_64`},
		{"image size", []string{"--image-size=2"}, nil, "--image-size:"},
		{"state size", []string{"--state-size=-1GB"}, nil, "--state-size:"},
		{"metrics", []string{"--metrics=some"}, nil, `--metrics: unknown value "some"; valid values: billed, all, none`},
		{"nothing per MicroVM", []string{"--metrics=none", "--per-microvm"}, nil, "--per-microvm: there are no metrics"},
		{"namespace", []string{"--namespace=AWS/Lambda"}, nil, "--namespace:"},
		{"namespace with a line break", []string{"--namespace=a\nb"}, nil, "--namespace:"},
		{"payload", []string{"--payload=yaml"}, nil, "--payload:"},
		{"payload keys", []string{"--payload-keys=x=y"}, nil, "--payload-keys:"},
		{"start", []string{"--start=later"}, nil, "--start:"},
		{"measure", []string{"--measure=host"}, nil, "--measure:"},
		{"sample", []string{"--sample=1ms"}, nil, "--sample: 1ms is not from"},
		{"jump", []string{"--jump=1s"}, nil, "--jump: 1s is not from"},
		{"chain", []string{"--chain=here"}, nil, "--chain:"},
		{"chain to itself", []string{"--chain=9000"}, nil, "--chain: port 9000 is the meter's own"},
		{"environment", nil, map[string]string{"MICROSPEND_METER_PER_MICROVM": "perhaps"}, "MICROSPEND_METER_PER_MICROVM:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := options(tc.args, tc.env)
			require.ErrorContains(t, err, tc.says)
		})
	}
	_, err = options([]string{"--port=0", "--metrics=x", "--start=x"}, nil)
	require.ErrorContains(t, err, "--port")
	require.ErrorContains(t, err, "--start", "all faults at once")
}

func TestCost(t *testing.T) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	for _, tc := range []struct {
		name                  string
		publication           emf.Publication
		perTenant, perMicroVM string
		says                  string
	}{
		{
			"the usual",
			emf.Publication{Namespace: "n"},
			"1.5", "0",
			"5 metrics at $0.30 a month each cost $1.50 a month for each tenant and image",
		},
		{"all", emf.Publication{Namespace: "n", Metrics: emf.AllMetrics}, "3", "0", "$3.00 a month"},
		{
			"per MicroVM",
			emf.Publication{Namespace: "n", PerMicroVM: true},
			"1.5", "1.5",
			"and $1.50 a month for each MicroVM",
		},
		{
			"all per MicroVM",
			emf.Publication{Namespace: "n", Metrics: emf.AllMetrics, PerMicroVM: true},
			"3", "3",
			"and $3.00 a month",
		},
		{"none", emf.Publication{Namespace: "n", Metrics: emf.NoMetrics}, "0", "0", "no metrics: CloudWatch bills none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cost := CostOf(tc.publication, prices)
			require.Equal(t, tc.perTenant, cost.PerTenant.String())
			require.Equal(t, tc.perMicroVM, cost.PerMicroVM.String())
			said := strings.Join(cost.Sentences(), "\n")
			require.Contains(t, said, tc.says)
			require.Contains(t, said, "log-ingest-price")
		})
	}
}

// TestDrawnLives: two MicroVMs of one snapshot that draw the same random numbers are still two.
func TestDrawnLives(t *testing.T) {
	draw := lifeDrawer(bytes.NewReader(make([]byte, 1<<10)))
	at := Instant{Mono: time.Second, Wall: noon.UnixNano()}
	a, b := draw(at, "mvm-1"), draw(at, "mvm-2")
	require.NotEqual(t, a, b)
	at.Wall++
	require.NotEqual(t, a, draw(at, "mvm-1"))
	require.NotEqual(t, lifeDrawer(nil)(at, "m"), lifeDrawer(nil)(at, "m"))
	require.Len(t, a, 32)
}

// The flag for the execution role has a new name; the old one still works, and the environment's stays.
func TestFormerNames(t *testing.T) {
	for _, tc := range []struct {
		name, variable, env string
		args                []string
		want                string
	}{
		{name: "new", args: []string{"--role-arn", "arn:a"}, want: "arn:a"},
		{name: "old", args: []string{"--role=arn:a", "--", "true"}, want: "arn:a"},
		{name: "variable", variable: "MICROSPEND_METER_ROLE", env: "arn:e", want: "arn:e"},
		{name: "new variable", variable: "MICROSPEND_METER_ROLE_ARN", env: "arn:e", want: "arn:e"},
		{name: "flag over variable", variable: "MICROSPEND_METER_ROLE", env: "arn:e", args: []string{"--role=arn:a"}, want: "arn:a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			flags := flag.NewFlagSet("meter", flag.ContinueOnError)
			settings := NewSettings(flags)
			require.NoError(t, ApplyEnv(flags, func(name string) string {
				if name == tc.variable {
					return tc.env
				}
				return ""
			}))
			line := pflag.NewFlagSet("meter", pflag.ContinueOnError)
			line.AddGoFlagSet(flags)
			_, faults := ParseArgs(line, tc.args)
			require.Empty(t, faults)
			require.Equal(t, tc.want, settings.names.Role)
			require.NotContains(t, line.FlagUsages(), "--role ")
		})
	}
}
