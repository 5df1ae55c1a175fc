package spend

import (
	"fmt"
	"time"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/spend/tenants"
)

// Config is a [ConfigFile], read and checked. The zero value is the configuration of one who has no such file.
type Config struct {
	TenantsFile string         // as written; "" where there is none
	Location    *time.Location // nil where none is given
	Sharing     Sharing
	Currency    *pricing.Currency // nil where none is given

	discounts datedDiscounts
	rates     strictyaml.Map[datedRates]
	doc       *strictyaml.Document
}

// ConfigFile is what microspend.yaml says about spend, as it is written. Every key may be left out:
//
//	tenants: tenants.csv            # tenants file, CSV or YAML; relative to this file
//	timezone: Europe/Berlin         # where days and months are cut; default UTC
//	shared:
//	  policy: own-row               # of shared cost: own-row (default), even, or direct (in proportion to direct spend)
//	  usage:                        # what is shared beside image storage that is nobody's
//	    - microvm_id: "(image)*"    # one of microvm_id, image, role and tenant; * at the end for every name that begins so
//	    - tenant: platform
//	currency: {code: EUR, per_usd: 0.92, as_of: 2026-11-20, source: ECB}  # shown beside dollars, at this rate
//	discounts:                      # what is not charged, of all regions; or one figure for everything: discounts: 5%
//	  all: 5%                       # of what has no discount of its own
//	  vcpu: 10%                     # also memory, snapshot_read, snapshot_write and storage
//	  from: 2026-10-15              # the first UTC day on which they hold; without it they always do
//	rates:                          # per region, over AWS's list prices
//	  eu-central-1:
//	    card: private.yaml          # a rate card in place of the list's; relative to this file
//	    snapshot_read_gb: 0.0016    # inline figures win over the card
//	    snapshot_write_gb: 0.0041   # also vcpu_second or vcpu_hour, gb_second or gb_hour,
//	    storage_gb_month: 0.0952    # storage_gb_hour or storage_gb_month of 720 hours
//	    discount: 10%               # in place of discounts; likewise one figure, or one for each quantity
//	    source: contract 4711
//	    read_on: 2026-09-30
//	    from: 2026-10-15            # the first UTC day on which they hold; without it they always do
//
// Discounts and the rates of a region may be lists of such entries, in the order of their from. Each holds until the
// next one does and takes its place as a whole; before the first of them there are none.
//
// A quantity's discount in a region is the first there is of: the region's for that quantity, the region's for all,
// that of discounts for that quantity, that of discounts for all. Discounts come off the rates in use, whoever's they
// are.
type ConfigFile struct {
	configFile `yaml:",inline"`
}

type configFile struct {
	Tenants   string                     `yaml:"tenants"`
	Timezone  *zone                      `yaml:"timezone"`
	Shared    sharedFile                 `yaml:"shared"`
	Currency  *currencyFile              `yaml:"currency"`
	Discounts datedDiscounts             `yaml:"discounts"`
	Rates     strictyaml.Map[datedRates] `yaml:"rates"`
}

type sharedFile struct {
	Policy Policy            `yaml:"policy"`
	Usage  []sharedUsageFile `yaml:"usage"`
}

// sharedUsageFile is one of microvm_id, image, role and tenant.
type sharedUsageFile struct {
	tenants.Keys `yaml:",inline"`
	Tenant       *tenants.Pattern `yaml:"tenant"`
}

// Config checks the file. Its faults go to the document that it was decoded from.
func (written ConfigFile) Config(doc *strictyaml.Document) Config {
	c := Config{
		TenantsFile: written.Tenants, doc: doc,
		rates: written.Rates, discounts: written.Discounts,
		Sharing: Sharing{Policy: written.Shared.Policy},
	}
	if written.Timezone != nil {
		c.Location = written.Timezone.Location
	}
	for i, shared := range written.Shared.Usage {
		selector, ok := shared.Selector(shared.Tenant)
		if !ok {
			doc.Fault(fmt.Sprintf("shared.usage[%d]", i),
				"names none or more than one of microvm_id, image, role and tenant; give one")
		}
		c.Sharing.Usage = append(c.Sharing.Usage, selector)
	}
	c.Currency = written.Currency.currency(doc)
	written.Discounts.check(doc)
	for _, region := range written.Rates {
		region.Value.check(doc, "rates."+region.Key, region.Key)
	}
	return c
}

type currencyFile struct {
	Code   string          `yaml:"code,required"`
	PerUSD scalar.Positive `yaml:"per_usd,required"`
	AsOf   scalar.Date     `yaml:"as_of,required"`
	Source string          `yaml:"source"`
}

// currency is nil where none is given.
func (f *currencyFile) currency(doc *strictyaml.Document) *pricing.Currency {
	if f == nil || doc.Broken("currency.per_usd") { // or its zero would be a second fault
		return nil
	}
	c, err := pricing.NewCurrency(f.Code, f.PerUSD.Decimal, f.AsOf.Date, f.Source)
	if err != nil {
		doc.Fault("currency.code", "%s", err)
	}
	return &c
}

// Source puts the configuration together with what it does not contain.
func (c Config) Source(measured Usage, rates Rates, named tenants.File) Source {
	return Source{
		Usage: measured, Rates: rates, Tenants: named, Sharing: c.Sharing, Location: c.Location,
		Currency: c.Currency,
	}
}
