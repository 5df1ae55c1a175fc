package spend

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// Config is a [ConfigFile], read and checked. The zero value is the configuration of one who has no such file.
type Config struct {
	TenantsFile string         // as written; "" where there is none
	Location    *time.Location // nil where none is given
	Sharing     Sharing
	Budgets     Budgets
	AnomalyRule AnomalyRule

	discounts *scalar.Discounts
	rates     strictyaml.Map[regionRates]
	doc       *strictyaml.Document
}

// ConfigFile is what microspend.yaml says about spend, as it is written. Every key may be left out:
//
//	tenants: tenants.csv            # tenants file, CSV or YAML; relative to this file
//	timezone: Europe/Berlin         # where days and months are cut; default UTC
//	shared:
//	  policy: own-row               # of shared cost: own-row (default), even, or direct (in proportion to direct spend)
//	  usage:                        # what is shared beside image storage that is nobody's
//	    - microvm: "(image)*"       # one of microvm, image, role and tenant; * at the end for every name that begins so
//	    - tenant: platform
//	budgets:                        # US dollars a calendar month
//	  threshold: 100%               # of every budget that does not say otherwise; the check fails above it
//	  total: 5000                   # or {monthly: 5000, threshold: 90%}
//	  tenants:
//	    acme: 100
//	    bravo: {monthly: 250, threshold: 80%}
//	anomalies:
//	  floor: 1                      # dollars; smaller moves are not worth a word
//	  k: 4                          # deviations from the median, scaled to a standard deviation
//	discounts:                      # what is not charged, of all regions; or one figure for everything: discounts: 5%
//	  all: 5%                       # of what has no discount of its own
//	  vcpu: 10%                     # also memory, snapshot_read, snapshot_write and storage
//	rates:                          # per region, over AWS's list prices
//	  eu-central-1:
//	    card: private.yaml          # a rate card in place of the list's; relative to this file
//	    snapshot_read_gb: 0.0016    # inline figures win over the card
//	    snapshot_write_gb: 0.0041   # also vcpu_second or vcpu_hour, gb_second or gb_hour,
//	    storage_gb_month: 0.0952    # storage_gb_hour or storage_gb_month of 720 hours
//	    discount: 10%               # in place of discounts; likewise one figure, or one for each quantity
//	    source: contract 4711
//	    read_on: 2026-09-30
//
// A quantity's discount in a region is the first there is of: the region's for that quantity, the region's for all, that
// of discounts for that quantity, that of discounts for all. Discounts come off the rates in use, whoever's they are.
type ConfigFile struct {
	Tenants   string                      `yaml:"tenants"`
	Timezone  *zone                       `yaml:"timezone"`
	Shared    sharedFile                  `yaml:"shared"`
	Budgets   budgetsFile                 `yaml:"budgets"`
	Anomalies anomaliesFile               `yaml:"anomalies"`
	Discounts *scalar.Discounts           `yaml:"discounts"`
	Rates     strictyaml.Map[regionRates] `yaml:"rates"`
}

type sharedFile struct {
	Policy Policy            `yaml:"policy"`
	Usage  []sharedUsageFile `yaml:"usage"`
}

// sharedUsageFile is one of the four.
type sharedUsageFile struct {
	MicroVM *Pattern `yaml:"microvm"`
	Image   *Pattern `yaml:"image"`
	Role    *Pattern `yaml:"role"`
	Tenant  *Pattern `yaml:"tenant"`
}

type budgetsFile struct {
	Threshold *scalar.Proportion         `yaml:"threshold"`
	Total     *budgetFile                `yaml:"total"`
	Tenants   strictyaml.Map[budgetFile] `yaml:"tenants"`
}

type budgetFile struct {
	Monthly   *scalar.Positive   `yaml:"monthly,required,shorthand"`
	Threshold *scalar.Proportion `yaml:"threshold"`
}

type anomaliesFile struct {
	Floor *scalar.Positive `yaml:"floor"`
	K     *scalar.Positive `yaml:"k"`
}

// Config checks the file. Its faults go to the document that it was decoded from.
func (written ConfigFile) Config(doc *strictyaml.Document) Config {
	c := Config{
		TenantsFile: written.Tenants, Budgets: written.Budgets.budgets(doc), doc: doc,
		rates: written.Rates, discounts: written.Discounts,
		Sharing: Sharing{Policy: written.Shared.Policy},
	}
	if written.Timezone != nil {
		c.Location = written.Timezone.Location
	}
	for i, shared := range written.Shared.Usage {
		field, pattern, ok := oneOf(shared.MicroVM, shared.Image, shared.Role, shared.Tenant)
		if !ok {
			doc.Fault(fmt.Sprintf("shared.usage[%d]", i), "names none or more than one of microvm, image, role and tenant; give one")
		}
		c.Sharing.Usage = append(c.Sharing.Usage, SharedUsage{field, pattern})
	}
	if floor := written.Anomalies.Floor; floor != nil {
		c.AnomalyRule.Floor = floor.Decimal
	}
	if k := written.Anomalies.K; k != nil {
		c.AnomalyRule.K = k.Decimal
	}
	written.Discounts.Check("discounts", doc.Fault)
	for _, region := range written.Rates {
		region.Value.check(doc, "rates."+region.Key, region.Key)
	}
	return c
}

func (f budgetsFile) budgets(doc *strictyaml.Document) Budgets {
	out := Budgets{}
	if f.Total != nil {
		total := f.Total.budget(doc, "budgets.total", f.Threshold)
		out.Total = &total
	}
	if f.Threshold != nil && f.Threshold.Fraction.IsZero() {
		doc.Fault("budgets.threshold", "0%% would be exceeded by any spend; give more")
	}
	for _, tenant := range f.Tenants {
		path := "budgets.tenants." + tenant.Key
		if err := checkName(tenant.Key); err != nil {
			doc.Fault(path, "as a tenant's name %s", err)
		}
		out.Tenants = append(out.Tenants, TenantBudget{tenant.Key, tenant.Value.budget(doc, path, f.Threshold)})
	}
	return out
}

func (f budgetFile) budget(doc *strictyaml.Document, path string, threshold *scalar.Proportion) Budget {
	out := Budget{Threshold: decimal.NewFromInt(1)}
	if f.Monthly != nil {
		out.Monthly = f.Monthly.Decimal
	}
	if f.Threshold != nil {
		threshold = f.Threshold
		if threshold.Fraction.IsZero() {
			doc.Fault(path+".threshold", "0%% would be exceeded by any spend; give more")
		}
	}
	if threshold != nil {
		out.Threshold = threshold.Fraction
	}
	return out
}

// Source puts the configuration together with what it does not contain.
func (c Config) Source(measured Usage, rates Rates, tenants Tenants) Source {
	return Source{
		Usage: measured, Rates: rates, Tenants: tenants, Sharing: c.Sharing, Budgets: c.Budgets,
		AnomalyRule: c.AnomalyRule,
		Location:    c.Location,
	}
}
