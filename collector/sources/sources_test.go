package sources

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector/awssource"
	"microspend/collector/cloudwatch"
	"microspend/collector/logs"
	"microspend/collector/mapping"
	"microspend/collector/microvmapi"
	"microspend/internal/strictyaml"
)

func loadConfig(t *testing.T, text string) (Config, error) {
	t.Helper()
	root, err := strictyaml.Parse("microspend.yaml", []byte(text))
	require.NoError(t, err)
	var written struct {
		Collect ConfigFile `yaml:"collect"`
	}
	written.Collect = NewConfigFile()
	doc := strictyaml.Decode("microspend.yaml", root, &written)
	c := written.Collect.Config(doc)
	return c, doc.Err()
}

func TestConfig(t *testing.T) {
	c, err := loadConfig(t, `
collect:
  source: cloudwatch
  profile: finance
  regions: [eu-west-1, us-east-1]
  roles:
    - arn:aws:iam::123456789012:role/microspend
    - {arn: "arn:aws:iam::210987654321:role/path/microspend", external_id: 4711}
  resolution: 1h
  overlap: 0
  reread: 6h
  every: 5m
  max_api_cost: $0.50
  calls: {per_second: 0.5, burst: 3}
  cloudwatch:
    - namespace: acme/sandboxes
      dimensions: {tenant: Customer, microvm: VmId}
      match: {Stage: prod}
      metrics:
        vcpu: {name: CPUSeconds, unit: vcpu-seconds, scale: 0.5, sparse: true}
        memory: {name: MemoryInUse, unit: bytes, statistic: Average, namespace: acme/memory, filter_unit: Bytes}
        launches: Starts
      series: [{tenant: acme, microvm: mvm-1}]
    - dimensions: {tenant: Tenant, image: Image, microvm: MicrovmId}
`)
	require.NoError(t, err)
	assert.Equal(t, []string{"eu-west-1", "us-east-1"}, c.AWS.Regions)
	assert.Equal(t, awssource.Role{ARN: "arn:aws:iam::210987654321:role/path/microspend", ExternalID: "4711"},
		c.AWS.Roles[1])
	assert.Equal(t, time.Hour, c.Run.Timing.Period)
	assert.Negative(t, c.Run.Timing.Overlap, "none is not the default")
	assert.Equal(t, 6*time.Hour, c.Run.Timing.Reread)
	assert.Equal(t, "0.5", c.Run.MaxAPICost.Run.String())
	assert.Equal(t, 3, c.AWS.Rate.Burst)
	mappings := c.settings[0].(*cloudwatch.Settings).Mappings
	require.Len(t, mappings, 2)
	m := mappings[0]
	assert.Equal(t, mapping.Dimensions{Tenant: "Customer", MicroVM: "VmId"}, m.Dimensions)
	assert.Equal(t, []mapping.Dimension{{Name: "Stage", Value: "prod"}}, m.Match)
	require.Len(t, m.Metrics, 3)
	assert.Equal(t, "vcpu-seconds", m.Metrics[0].Unit.String())
	assert.True(t, m.Metrics[0].Sparse)
	assert.Equal(t, "acme/memory", m.Metrics[1].Namespace)
	assert.Equal(t, mapping.Metric{
		Quantity: mapping.Launches, Name: "Starts", Statistic: "Sum",
		Unit: mapping.RecordUnit(mapping.Launches),
	}, m.Metrics[2])
	assert.Equal(t, mapping.Default().Metrics, mappings[1].Metrics, "without metrics it is the meter's")
}

func TestConfigNamesEveryFault(t *testing.T) {
	_, err := loadConfig(t, `
collect:
  source: cloudtrail
  regions: [Europe]
  roles: [admin]
  period: 7m
  every: 1s
  parallel: 0
  cloudwatch:
    - namespace: acme
      dimensions: {tenant: Customer, image: Customer}
    - metrics:
        cpu: {name: X}
        vcpu: {name: X, unit: gb, statistic: p99}
        memory: {name: X, unit: bytes}
        snapshot_read: {unit: bytes}
      series: [{tenant: acme}, {tenant: a, image: b}, {tenant: a, image: b}, {tenant: a, image: b, role: c}]
`)
	require.Error(t, err)
	assert.Equal(t, `microspend.yaml:3:11: collect.source: unknown source "cloudtrail"; valid sources: cloudwatch, logs, microvms
microspend.yaml:4:13: collect.regions[0]: "Europe" is not an AWS region such as eu-west-1
microspend.yaml:5:11: collect.roles[0]: "admin" is not the ARN of a role such as arn:aws:iam::123456789012:role/microspend
microspend.yaml:6:11: collect.period: a resolution of 7m is not whole minutes that divide a day, such as 1m, 5m or 1h
microspend.yaml:7:10: collect.every: running more often than once a minute reads nothing new
microspend.yaml:8:13: collect.parallel: 0 is not a whole number from 1 to 64
microspend.yaml:10:7: collect.cloudwatch[0].metrics: is missing; list the metrics of acme that are usage
microspend.yaml:11:19: collect.cloudwatch[0].dimensions: a dimension is used twice; each name may be used once
microspend.yaml:13:14: collect.cloudwatch[1].metrics.cpu: unknown key; allowed here: vcpu, memory, snapshot_read, snapshot_write, snapshot_storage, running, suspended, launches, suspends, resumes
microspend.yaml:14:31: collect.cloudwatch[1].metrics.vcpu.unit: unknown unit "gb" for vcpu; valid units: vcpu-milliseconds, vcpu-seconds, vcpu-hours, vcpus
microspend.yaml:14:46: collect.cloudwatch[1].metrics.vcpu.statistic: unknown statistic "p99"; valid statistics: Sum, Average, Minimum, Maximum, SampleCount
microspend.yaml:15:17: collect.cloudwatch[1].metrics.memory.statistic: the sum of bytes is not how much is in use; give Average, or the unit with its time
microspend.yaml:16:24: collect.cloudwatch[1].metrics.snapshot_read.name: is missing
microspend.yaml:17:16: collect.cloudwatch[1].series[0].image: is missing: the series have the dimension Image
microspend.yaml:17:55: collect.cloudwatch[1].series[2]: is listed twice, and would count twice
microspend.yaml:17:106: collect.cloudwatch[1].series[3].role: is given, but dimensions names no dimension for it`,
		err.Error())
}

func TestConfigOfLinkedAccounts(t *testing.T) {
	c, err := loadConfig(t, `
collect:
  include_linked_accounts: true
  cloudwatch:
    - series: [{tenant: acme, image: web}, {tenant: acme, image: web, account: "222222222222"}]
`)
	require.NoError(t, err)
	settings := c.settings[0].(*cloudwatch.Settings)
	assert.Equal(t, []mapping.Subject{
		{Tenant: "acme", Image: "web"}, {Tenant: "acme", Image: "web", Account: "222222222222"},
	}, settings.Mappings[0].Series)
	source, _, err := c.Open(time.Now)
	require.NoError(t, err)
	assert.True(t, source.Traits().LinkedAccounts)

	_, err = loadConfig(t, `
collect:
  include_linked_accounts: true
  cloudwatch:
    - series: [{tenant: acme, image: web, account: prod}]
`)
	assert.EqualError(t, err, `microspend.yaml:5:52: collect.cloudwatch[0].series[0].account: "prod" is not an account id `+
		`of 12 digits`)
	_, err = loadConfig(t, `
collect:
  cloudwatch:
    - series: [{tenant: acme, image: web, account: "222222222222"}]
`)
	assert.EqualError(t, err, `microspend.yaml:4:52: collect.cloudwatch[0].series[0].account: is given, but `+
		`include_linked_accounts is not true`)

	flags := NewSettings()
	set := flag.NewFlagSet("", flag.ContinueOnError)
	flags.Flags(set)
	require.NoError(t, set.Parse([]string{"--include-linked-accounts"}))
	var of Config
	require.NoError(t, of.Override(flags))
	source, _, err = of.Open(time.Now)
	require.NoError(t, err)
	assert.True(t, source.Traits().LinkedAccounts)
}

func TestConfigOfLogsAndMicroVMs(t *testing.T) {
	c, err := loadConfig(t, `
collect:
  source: microvms
  log_groups: [/aws/lambda-microvms/*, /acme/sandboxes]
  microvms:
    poll: 5m
    max_gap: 15m
    images_every: 0
    sizes:
      - {image: "team/*", memory: 512MiB, state: 0.63GB}
      - {image_size: 1.5GB}
`)
	require.NoError(t, err)
	require.Equal(t, []string{"/aws/lambda-microvms/*", "/acme/sandboxes"}, c.settings[1].(*logs.Settings).Groups)
	settings := c.settings[2].(*microvmapi.Settings)
	require.Equal(t, 5*time.Minute, settings.Poll)
	require.Equal(t, 15*time.Minute, settings.MaxGap)
	require.Negative(t, settings.ImagesEvery)
	require.Equal(t, []microvmapi.Sizing{
		{Image: "team/*", MemoryMiB: 512, StateBytes: 676_457_349}, {ImageBytes: 1_610_612_736},
	}, settings.Sizes)
}

func TestFaultsOfMicroVMs(t *testing.T) {
	_, err := loadConfig(t, `
collect:
  microvms:
    poll: 2h
    max_gap: 1m
    images_every: 1000d
    sizes:
      - {image: x}
      - {memory: 3GB}
      - {state: 2000GB}
`)
	require.EqualError(t, err, `microspend.yaml:4:11: collect.microvms.poll: 2h is not from 1s to 1h
microspend.yaml:5:14: collect.microvms.max_gap: 1m is shorter than the time between polls, 2h
microspend.yaml:6:19: collect.microvms.images_every: 24000h is not from 0s to 24h
microspend.yaml:8:9: collect.microvms.sizes[0]: gives none of memory, image_size and state
microspend.yaml:9:18: collect.microvms.sizes[1].memory: 3GB is not a MicroVM size; sizes are 0.5GB, 1GB, 2GB, 4GB and 8GB
microspend.yaml:10:17: collect.microvms.sizes[2].state: is above 1,024 GB, the most that is accepted`)
}

func TestDefinitionsAreWhole(t *testing.T) {
	for _, d := range All() {
		assert.NotEmpty(t, d.Actions, d.Name)
		assert.Positive(t, d.Rate.PerSecond, d.Name)
		assert.Positive(t, d.Rate.Burst, d.Name)
		assert.NotEmpty(t, d.About, d.Name)
	}
}

func TestEverySourceOpens(t *testing.T) {
	assert.Equal(t, "cloudwatch", All()[0].Name, "the default")
	for _, d := range All() {
		source, accounts, err := Config{Source: d.Name}.Open(time.Now)
		require.NoError(t, err)
		assert.Equal(t, d.Name, source.Name())
		assert.NotNil(t, accounts)
	}
	_, _, err := Config{Source: "cloudtrail"}.Open(time.Now)
	require.EqualError(t, err, `unknown source "cloudtrail"; valid sources: cloudwatch, logs, microvms`)
}
