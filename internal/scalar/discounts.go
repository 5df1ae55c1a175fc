package scalar

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Discounts are what is not charged, as they are written: one percentage of everything, or one for each billed
// quantity, which wins over it. It is a mapping; a plain value is for everything. A nil pointer is nothing written.
type Discounts struct {
	All           *Percent `yaml:"all,shorthand" jsonschema_description:"Of everything that has no discount of its own."`
	VCPU          *Percent `yaml:"vcpu" jsonschema_description:"Of vCPU-seconds."`
	Memory        *Percent `yaml:"memory" jsonschema_description:"Of GB-seconds of memory."`
	SnapshotRead  *Percent `yaml:"snapshot_read" jsonschema_description:"Of GB read."`
	SnapshotWrite *Percent `yaml:"snapshot_write" jsonschema_description:"Of GB written."`
	Storage       *Percent `yaml:"storage" jsonschema_description:"Of GB-hours stored."`
}

// own are the discounts of single quantities.
func (d *Discounts) own() map[pricing.BilledQuantity]*Percent {
	return map[pricing.BilledQuantity]*Percent{
		pricing.VCPU: d.VCPU, pricing.Memory: d.Memory, pricing.SnapshotRead: d.SnapshotRead,
		pricing.SnapshotWrite: d.SnapshotWrite, pricing.SnapshotStorage: d.Storage,
	}
}

// Check refuses what would make everything free.
func (d *Discounts) Check(path string, fault func(path, format string, args ...any)) {
	if d == nil {
		return
	}
	refuse := func(path string, p *Percent) {
		if p != nil && !p.Fraction.LessThan(decimal.NewFromInt(1)) {
			fault(path, "%s%% would make everything free; give less", p.Fraction.Shift(2))
		}
	}
	refuse(path, d.All)
	for q, p := range d.own() {
		refuse(path+"."+strings.ReplaceAll(q.String(), ".", "_"), p)
	}
}

// Over lays what is written over discounts that are there; nothing written leaves them.
func (d *Discounts) Over(below pricing.Discounts) pricing.Discounts {
	if d == nil {
		return below
	}
	own := map[pricing.BilledQuantity]*decimal.Decimal{}
	for q, p := range d.own() {
		own[q] = fractionOrNil(p)
	}
	return below.Over(fractionOrNil(d.All), own)
}

func fractionOrNil(p *Percent) *decimal.Decimal {
	if p == nil {
		return nil
	}
	return &p.Fraction
}
