package cloudwatch

import (
	"errors"
	"flag"
	"fmt"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/mapping"
	"microspend/internal/emf"
	"microspend/internal/strictyaml"
)

// SourceName is the source of the records.
const SourceName = "cloudwatch"

// Definition is what the program knows of the source.
func Definition() awssource.Definition {
	return awssource.Definition{
		Name:  SourceName,
		About: "CloudWatch metrics: those of microspend's own meter or, as configured, any others",
		// GetMetricData has a quota of 50 calls a second; others in the account need a share of it.
		Rate:     awssource.Rate{PerSecond: 25, Burst: 50},
		Actions:  []string{"cloudwatch:GetMetricData", "cloudwatch:ListMetrics"},
		Settings: func() awssource.Settings { return &Settings{} },
	}
}

// Settings are which metrics are usage, under the key cloudwatch:
//
//	cloudwatch:                   # without it the metrics of microspend's own meter
//	  - namespace: acme/sandboxes
//	    dimensions: {tenant: Customer, image: Template, microvm: VmId, role: Role}   # leave out what there is not
//	    match: {Stage: prod}      # further dimensions, each with the one value that counts
//	    metrics:                  # vcpu, memory, snapshot_read, snapshot_write, snapshot_storage, running, suspended,
//	                              # launches, suspends, resumes
//	      vcpu: {name: CPUSeconds, unit: vcpu-seconds, statistic: Sum, scale: 1, sparse: false}
//	      memory: {name: MemoryInUse, unit: bytes, statistic: Average, namespace: acme/memory, filter_unit: Bytes}
//	    series:                   # in place of asking which there are
//	      - {tenant: acme, image: web, microvm: mvm-1, account: "123456789012"}
//
// and under the key include_linked_accounts whether to read what is linked to a monitoring account.
type Settings struct {
	Mappings       []mapping.Mapping // none means the meter's
	perMicroVM     bool
	linkedAccounts bool

	written []mappingFile
}

// Keys implements [awssource.Settings].
func (s *Settings) Keys() strictyaml.Keys {
	return strictyaml.Keys{
		{Name: "cloudwatch", Into: &s.written},
		{Name: "include_linked_accounts", Into: &s.linkedAccounts},
	}
}

// Check implements [awssource.Settings].
func (s *Settings) Check(doc *strictyaml.Document, section string) {
	for i, m := range s.written {
		s.Mappings = append(s.Mappings, m.mapping(doc, fmt.Sprintf("%s.cloudwatch[%d]", section, i), s.linkedAccounts))
	}
}

// Flags implements [awssource.Settings].
func (s *Settings) Flags(flags *flag.FlagSet) {
	flags.BoolVar(&s.perMicroVM, "per-microvm", false, "read the meter's metrics that have a dimension for the MicroVM")
	flags.BoolVar(&s.linkedAccounts, "include-linked-accounts", false,
		"read the metrics of accounts that are linked to this monitoring account, too")
}

// Override implements [awssource.Settings].
func (s *Settings) Override(flags awssource.Settings) error {
	given := flags.(*Settings)
	s.linkedAccounts = s.linkedAccounts || given.linkedAccounts
	if !given.perMicroVM {
		return nil
	}
	if len(s.Mappings) > 0 {
		return errors.New("--per-microvm: the configuration says which metrics are read; give it a dimension for microvm " +
			"there")
	}
	m := mapping.Default()
	m.Dimensions.MicroVM = emf.DimensionMicroVMID
	s.Mappings = []mapping.Mapping{m}
	return nil
}

// Open implements [awssource.Settings].
func (s *Settings) Open(env awssource.Env) (collector.Source, error) {
	mappings := s.Mappings
	if len(mappings) == 0 {
		mappings = []mapping.Mapping{mapping.Default()}
	}
	return New(Options{
		Mappings: mappings, LinkedAccounts: s.linkedAccounts, Prices: env.Prices, Quota: env.Quota,
		Explain: env.Explain, Now: env.Now,
		Tenants: env.Tenants, Client: awssource.Clients(env, NewClient),
	}), nil
}
