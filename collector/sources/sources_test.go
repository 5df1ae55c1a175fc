package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector/mapping"
	"microspend/internal/strictyaml"
)

func loadConfig(t *testing.T, text string) (Config, error) {
	t.Helper()
	root, err := strictyaml.Parse("microspend.yaml", []byte(text))
	require.NoError(t, err)
	var written struct {
		Collect ConfigFile `yaml:"collect"`
	}
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
  period: 1h
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
	assert.Equal(t, []string{"eu-west-1", "us-east-1"}, c.Regions)
	assert.Equal(t, Role{"arn:aws:iam::210987654321:role/path/microspend", "4711", ""}, c.Roles[1])
	assert.Equal(t, time.Hour, c.Timing.Period)
	assert.Negative(t, c.Timing.Overlap, "none is not the default")
	assert.Equal(t, 6*time.Hour, c.Timing.Reread)
	assert.Equal(t, "0.5", c.MaxAPICost.String())
	assert.Equal(t, 3, c.CallsBurst)
	require.Len(t, c.Metrics, 2)
	m := c.Metrics[0]
	assert.Equal(t, mapping.Dimensions{Tenant: "Customer", MicroVM: "VmId"}, m.Dimensions)
	assert.Equal(t, []mapping.Dimension{{Name: "Stage", Value: "prod"}}, m.Match)
	require.Len(t, m.Metrics, 3)
	assert.Equal(t, "vcpu-seconds", m.Metrics[0].Unit.String())
	assert.True(t, m.Metrics[0].Sparse)
	assert.Equal(t, "acme/memory", m.Metrics[1].Namespace)
	assert.Equal(t, mapping.Metric{Quantity: mapping.Launches, Name: "Starts", Statistic: "Sum", Unit: mapping.RecordUnit(mapping.Launches)}, m.Metrics[2])
	assert.Equal(t, mapping.Default().Metrics, c.Metrics[1].Metrics, "without metrics it is the meter's")
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
	assert.Equal(t, `microspend.yaml:3:11: collect.source: "cloudtrail" is no source; sources are cloudwatch, logs, microvms
microspend.yaml:4:13: collect.regions[0]: "Europe" is not an AWS region such as eu-west-1
microspend.yaml:5:11: collect.roles[0]: "admin" is not the ARN of a role such as arn:aws:iam::123456789012:role/microspend
microspend.yaml:6:11: collect.period: a period of 7m is not whole minutes that divide a day, such as 1m, 5m or 1h
microspend.yaml:7:10: collect.every: running more often than once a minute reads nothing new
microspend.yaml:8:13: collect.parallel: 0 is not a whole number from 1 to 64
microspend.yaml:10:7: collect.cloudwatch[0].metrics: is missing: it says which metrics of acme are usage
microspend.yaml:11:19: collect.cloudwatch[0].dimensions: a dimension stands for two things; each name may be there once
microspend.yaml:13:14: collect.cloudwatch[1].metrics.cpu: unknown key; allowed here: vcpu, memory, snapshot_read, snapshot_write, snapshot_storage, running, suspended, launches, suspends, resumes
microspend.yaml:14:31: collect.cloudwatch[1].metrics.vcpu.unit: "gb" is no unit of vcpu; units are vcpu-milliseconds, vcpu-seconds, vcpu-hours, vcpus
microspend.yaml:14:46: collect.cloudwatch[1].metrics.vcpu.statistic: "p99" is no statistic that usage can be read by; those are Sum, Average, Minimum, Maximum, SampleCount
microspend.yaml:15:17: collect.cloudwatch[1].metrics.memory.statistic: the sum of bytes is not how much is in use; give Average, or the unit with its time
microspend.yaml:16:24: collect.cloudwatch[1].metrics.snapshot_read.name: is missing
microspend.yaml:17:16: collect.cloudwatch[1].series[0].image: is missing: the series have the dimension Image
microspend.yaml:17:55: collect.cloudwatch[1].series[2]: is there twice, and would count twice
microspend.yaml:17:106: collect.cloudwatch[1].series[3].role: is given, but dimensions names no dimension for it`, err.Error())
}
