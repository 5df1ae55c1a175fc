package scalar

import (
	"reflect"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Rates are rates that a file gives beside those of a card, for a struct to inline. vCPU and memory may be given per
// second or per hour, storage per GB-hour or per GB-month of 720 hours. There is a field for each key of
// [pricing.RateKeys].
type Rates struct {
	VCPUSecond      *Price     `yaml:"vcpu_second" jsonschema_description:"Dollars per vCPU-second."`
	VCPUHour        *Price     `yaml:"vcpu_hour" jsonschema_description:"Dollars per vCPU-hour, in place of vcpu_second."`
	GBSecond        *Price     `yaml:"gb_second" jsonschema_description:"Dollars per GB-second of memory."`
	GBHour          *Price     `yaml:"gb_hour" jsonschema_description:"Dollars per GB-hour of memory, in place of gb_second."`
	SnapshotReadGB  *Price     `yaml:"snapshot_read_gb" jsonschema_description:"Dollars per GB of snapshot read."`
	SnapshotWriteGB *Price     `yaml:"snapshot_write_gb" jsonschema_description:"Dollars per GB of snapshot written."`
	StorageGBHour   *Price     `yaml:"storage_gb_hour" jsonschema_description:"Dollars per GB-hour of snapshot stored."`
	StorageGBMonth  *Price     `yaml:"storage_gb_month" jsonschema_description:"Dollars per GB-month of 720 hours, in place of storage_gb_hour."`
	VCPUSecondX86   *Price     `yaml:"vcpu_second_x86" jsonschema_description:"Dollars per vCPU-second on x86-64."`
	VCPUHourX86     *Price     `yaml:"vcpu_hour_x86" jsonschema_description:"Dollars per vCPU-hour on x86-64, in place of vcpu_second_x86."`
	GBSecondX86     *Price     `yaml:"gb_second_x86" jsonschema_description:"Dollars per GB-second of memory on x86-64."`
	GBHourX86       *Price     `yaml:"gb_hour_x86" jsonschema_description:"Dollars per GB-hour of memory on x86-64, in place of gb_second_x86."`
	Discount        *Discounts `yaml:"discount" jsonschema_description:"What is not charged: a percentage of everything, or one for each billed quantity; below 100%."`
	Source          string     `yaml:"source" jsonschema_description:"Where the figures given here come from."`
	ReadOn          *Date      `yaml:"read_on" jsonschema_description:"The day on which they were read."`
}

// figures are the rates that are given, by key.
func (r *Rates) figures() map[pricing.RateKey]*decimal.Decimal {
	given := map[pricing.RateKey]*decimal.Decimal{}
	fields := reflect.ValueOf(r).Elem()
	for i := range fields.NumField() {
		if price, ok := fields.Field(i).Interface().(*Price); ok {
			given[pricing.RateKey(fields.Type().Field(i).Tag.Get("yaml"))] = price.OrNil()
		}
	}
	return given
}

// Check reports each rate that is given in two ways, and faults of the discounts.
func (r *Rates) Check(path string, fault func(path, format string, args ...any)) {
	given := r.figures()
	for _, rated := range pricing.AllRated() {
		first := pricing.RateKey("")
		for _, key := range rated.RateKeys() {
			switch {
			case given[key] == nil:
			case first == "":
				first = key
			default:
				fault(path+"."+string(key), "is given beside %s; give one of the two", first)
			}
		}
	}
	r.Discount.Check(path+".discount", fault)
}

// Inline makes rates of what is given. Where the file names no source, the rates say that they come from where.
func (r *Rates) Inline(where string) map[pricing.Rated]pricing.Rate {
	if r.Source != "" {
		where = r.Source
	}
	var readOn pricing.Date
	if r.ReadOn != nil {
		readOn = r.ReadOn.Date
	}
	return pricing.InlineRates(r.figures(), where, readOn)
}
