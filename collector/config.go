package collector

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/collector/mapping"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// ConfigFile is the section collect of microspend.yaml as it is written. Every key may be left out, and a flag wins over it:
//
//	collect:
//	  source: cloudwatch            # or logs, microvms
//	  profile: finance              # of ~/.aws/config
//	  regions: [eu-west-1, us-east-1]
//	  roles:                        # one per account
//	    - arn:aws:iam::123456789012:role/microspend
//	    - {arn: "arn:aws:iam::210987654321:role/microspend", external_id: 4711}
//	  endpoint_url: http://localhost:4566
//	  period: 5m                    # of the records: 1m, 5m, 1h ...
//	  lookback: 14d                 # of the first run
//	  overlap: 48h                  # that is read again, as data may arrive late
//	  reread: 1h                    # how often, where runs are made with every; 0 by each run
//	  settle: 10m                   # before now, where the latest data is still arriving
//	  every: 5m                     # run again and again
//	  max_api_cost: 0.50            # US dollars a run
//	  parallel: 4                   # calls in flight
//	  calls: {per_second: 25, burst: 50}   # per account and region
//	  allow_overlapping_sources: false
//	  log_groups: [/aws/lambda-microvms/*, /acme/sandboxes]   # of logs; * at the end for all that begin so
//	  microvms:                     # of the source microvms
//	    poll: 1m                    # how often polls are made, where every does not say so
//	    max_gap: 3m                 # the longest time between two polls that is filled in
//	    images_every: 1h            # how often images are listed for their storage; 0 never
//	    sizes:                      # in place of what the API tells; the first that matches counts, size by size
//	      - {image: "team/*", memory: 2GB, image_size: 1.5GB, state: 0.63GB}
//	  cloudwatch:                   # which metrics are usage; without it those of microspend's own meter
//	    - namespace: acme/sandboxes
//	      dimensions: {tenant: Customer, image: Template, microvm: VmId, role: Role}   # names; leave out what there is not
//	      match: {Stage: prod}      # further dimensions, each with the one value that counts
//	      metrics:                  # vcpu, memory, snapshot_read, snapshot_write, snapshot_storage, running, suspended,
//	                                # launches, suspends, resumes
//	        vcpu: {name: CPUSeconds, unit: vcpu-seconds, statistic: Sum, scale: 1, sparse: false}
//	        memory: {name: MemoryInUse, unit: bytes, statistic: Average, namespace: acme/memory, filter_unit: Bytes}
//	      series:                   # in place of asking which there are
//	        - {tenant: acme, image: web, microvm: mvm-1}
type ConfigFile struct {
	Source      string           `yaml:"source"`
	Profile     string           `yaml:"profile"`
	Regions     []string         `yaml:"regions"`
	Roles       []roleFile       `yaml:"roles"`
	EndpointURL string           `yaml:"endpoint_url"`
	Period      *scalar.Duration `yaml:"period"`
	Lookback    *scalar.Duration `yaml:"lookback"`
	Overlap     *scalar.Duration `yaml:"overlap"`
	Reread      *scalar.Duration `yaml:"reread"`
	Settle      *scalar.Duration `yaml:"settle"`
	Every       *scalar.Duration `yaml:"every"`
	MaxAPICost  *scalar.Price    `yaml:"max_api_cost"`
	Parallel    *scalar.Count    `yaml:"parallel"`
	Calls       callsFile        `yaml:"calls"`
	Overlapping bool             `yaml:"allow_overlapping_sources"`
	LogGroups   []string         `yaml:"log_groups"`
	MicroVMs    microVMsFile     `yaml:"microvms"`
	CloudWatch  []mappingFile    `yaml:"cloudwatch"`
}

type roleFile struct {
	ARN         string `yaml:"arn,required,shorthand"`
	ExternalID  string `yaml:"external_id"`
	SessionName string `yaml:"session_name"`
}

type callsFile struct {
	PerSecond *scalar.Count `yaml:"per_second"`
	Burst     *scalar.Count `yaml:"burst"`
}

// Config is the section, read and checked.
type Config struct {
	Source      string // "" where none is named
	Profile     string
	Regions     []string
	Roles       []Role
	EndpointURL string

	Timing     Timing        // zero where it says nothing
	Every      time.Duration // 0 where it says nothing
	MaxAPICost *decimal.Decimal
	Parallel   int // 0 where it says nothing

	CallsPerSecond float64 // 0 where it says nothing; no money, so a float
	CallsBurst     int     // likewise

	AllowOverlappingSources bool

	Metrics   []mapping.Mapping // none where it says nothing
	LogGroups []string          // likewise
	MicroVMs  MicroVMs
}

// Role is a role that is assumed to read an account.
type Role struct{ ARN, ExternalID, SessionName string }

// Config checks the section. Faults are recorded in the document.
func (f ConfigFile) Config(doc *strictyaml.Document) Config {
	const section = "collect."
	c := Config{
		Source: f.Source, Profile: f.Profile, Regions: f.Regions, EndpointURL: f.EndpointURL,
		MaxAPICost: f.MaxAPICost.OrNil(), AllowOverlappingSources: f.Overlapping,
	}
	if f.Source != "" && !isCollecting(f.Source) {
		doc.Fault(section+"source", "%.40q is no source; sources are %s", f.Source, strings.Join(CollectingSources(), ", "))
	}
	for i, region := range f.Regions {
		if !pricing.IsRegionName(region) {
			doc.Fault(fmt.Sprintf("%sregions[%d]", section, i), "%.60q is not an AWS region such as eu-west-1", region)
		}
	}
	for i, role := range f.Roles {
		if !strings.HasPrefix(role.ARN, "arn:") || !strings.Contains(role.ARN, ":role/") {
			doc.Fault(fmt.Sprintf("%sroles[%d]", section, i), "%.200q is not the ARN of a role such as arn:aws:iam::123456789012:role/microspend", role.ARN)
		}
		c.Roles = append(c.Roles, Role(role))
	}
	for _, d := range []struct {
		key     string
		written *scalar.Duration
		into    *time.Duration
		none    time.Duration // what zero is kept as
	}{
		{"period", f.Period, &c.Timing.Period, -1},
		{"lookback", f.Lookback, &c.Timing.Lookback, -1},
		{"overlap", f.Overlap, &c.Timing.Overlap, -1},
		{"reread", f.Reread, &c.Timing.Reread, -1},
		{"settle", f.Settle, &c.Timing.Settle, -1},
		{"every", f.Every, &c.Every, -1},
	} {
		if d.written == nil {
			continue
		}
		*d.into = time.Duration(d.written.Seconds.Shift(9).IntPart())
		if *d.into == 0 {
			*d.into = d.none
		}
		if err := CheckLength(d.key, *d.into); err != nil {
			doc.Fault(section+d.key, "%s", err)
		}
	}
	c.Parallel = wholeCount(doc, section+"parallel", f.Parallel, 64)
	c.CallsBurst = wholeCount(doc, section+"calls.burst", f.Calls.Burst, 10_000)
	if rate := f.Calls.PerSecond; rate != nil {
		if c.CallsPerSecond = rate.InexactFloat64(); c.CallsPerSecond < 0.01 || c.CallsPerSecond > 10_000 {
			doc.Fault(section+"calls.per_second", "%s calls a second are not from 0.01 to 10,000", rate.Decimal)
		}
	}
	c.LogGroups, c.MicroVMs = f.LogGroups, f.MicroVMs.config(doc, section+"microvms")
	for i, m := range f.CloudWatch {
		c.Metrics = append(c.Metrics, m.mapping(doc, fmt.Sprintf("%scloudwatch[%d]", section, i)))
	}
	return c
}

func isCollecting(source string) bool {
	for _, known := range CollectingSources() {
		if source == known {
			return true
		}
	}
	return false
}

// CheckLength checks a length of [Timing], or of every, by its key.
func CheckLength(key string, d time.Duration) error {
	switch {
	case key == "period":
		return checkPeriod(d)
	case key == "every" && d < time.Minute:
		return fmt.Errorf("running more often than once a minute reads nothing new")
	case key == "lookback" && d <= 0:
		return fmt.Errorf("a lookback of nothing would never read anything")
	}
	return nil
}

// wholeCount reads a number from 1 on.
func wholeCount(doc *strictyaml.Document, path string, written *scalar.Count, most int64) int {
	if written == nil {
		return 0
	}
	if !written.IsInteger() || !written.IsPositive() || written.GreaterThan(decimal.NewFromInt(most)) {
		doc.Fault(path, "%s is not a whole number from 1 to %d", written.Decimal, most)
		return 0
	}
	return int(written.IntPart())
}
