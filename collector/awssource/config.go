package awssource

import (
	"fmt"
	"time"

	"microspend/collector"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// ConfigFile is what the section collect of microspend.yaml says of accounts and regions, as it is written.
type ConfigFile struct {
	Profile     string     `yaml:"profile,trusted"`
	Regions     []string   `yaml:"regions"`
	Roles       []roleFile `yaml:"roles,trusted"`
	EndpointURL string     `yaml:"endpoint_url,trusted"`
	Calls       callsFile  `yaml:"calls"`
	Quota       quotaFile  `yaml:"quota"`
}

type roleFile struct {
	ARN         string `yaml:"arn,required,shorthand"`
	ExternalID  string `yaml:"external_id"`
	SessionName string `yaml:"session_name"`
}

// callsFile limits the calls to each account and region.
type callsFile struct {
	PerSecond *scalar.Count    `yaml:"per_second"`
	Burst     *scalar.Count    `yaml:"burst"`
	Timeout   *scalar.Duration `yaml:"timeout"`
}

const maxCalls = 10_000

// Options checks what was decoded, and records faults in the document. Keys lie in the given section. A rate that is
// left out is zero.
func (f ConfigFile) Options(doc *strictyaml.Document, section string) Options {
	o := Options{Profile: f.Profile, Regions: f.Regions, EndpointURL: f.EndpointURL, Quota: Quota{int64(f.Quota.Memory)}}
	for i, region := range f.Regions {
		if err := checkRegion(region); err != nil {
			doc.Fault(fmt.Sprintf("%s.regions[%d]", section, i), "%s", err)
		}
	}
	for i, written := range f.Roles {
		role := Role(written)
		if err := role.checkARN(); err != nil {
			doc.Fault(fmt.Sprintf("%s.roles[%d]", section, i), "%s", err)
		}
		o.Roles = append(o.Roles, role)
	}
	o.Rate.Burst = collector.WholeCount(doc, section+".calls.burst", f.Calls.Burst, maxCalls)
	if rate := f.Calls.PerSecond; rate != nil {
		o.Rate.PerSecond = rate.InexactFloat64() // no money, so a float
		if o.Rate.PerSecond < 0.01 || o.Rate.PerSecond > maxCalls {
			doc.Fault(section+".calls.per_second", "%s calls a second are not from 0.01 to 10,000", rate.Decimal)
		}
	}
	if timeout := f.Calls.Timeout; timeout != nil {
		o.Timeout = timeout.Length()
		if o.Timeout < time.Second || o.Timeout > 10*time.Minute {
			doc.Fault(section+".calls.timeout", "%s is not from 1s to 10m", o.Timeout)
		}
	}
	return o
}
