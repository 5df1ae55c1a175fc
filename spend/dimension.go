package spend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"microspend/pricing"
	"microspend/spend/tenants"
)

// Dimension is something that spend can be grouped by.
type Dimension uint8

// The dimensions.
const (
	ByTenant Dimension = iota
	ByImage
	ByMicroVM
	ByRegion
	ByDay       // written 2026-10-01
	ByWeek      // ISO 8601, from Monday, written 2026-W40
	ByMonth     // written 2026-10
	ByComponent // billed quantity: vcpu, memory, snapshot.read, snapshot.write, storage
)

var dimensionNames = [...]string{
	ByTenant: "tenant", ByImage: "image", ByMicroVM: "microvm", ByRegion: "region", ByDay: "day", ByWeek: "week",
	ByMonth: "month", ByComponent: "component",
}

// Dimensions returns all dimensions.
func Dimensions() []Dimension {
	return []Dimension{ByTenant, ByImage, ByMicroVM, ByRegion, ByDay, ByWeek, ByMonth, ByComponent}
}

// String is the word used in flags and outputs, such as tenant.
func (d Dimension) String() string {
	if int(d) >= len(dimensionNames) {
		return fmt.Sprintf("dimension %d", uint8(d))
	}
	return dimensionNames[d]
}

// ParseDimensions reads dimensions separated by commas, as in "tenant,day". An empty text is none: one row over all.
func ParseDimensions(text string) ([]Dimension, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var by []Dimension
	for word := range strings.SplitSeq(text, ",") {
		d, err := parseWord[Dimension]("dimension", dimensionNames[:], strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		by = append(by, d)
	}
	return by, checkDimensions(by)
}

func checkDimensions(by []Dimension) error {
	for i, d := range by {
		if int(d) >= len(dimensionNames) {
			return fmt.Errorf("%s does not exist", d)
		}
		if slices.Contains(by[:i], d) {
			return fmt.Errorf("%s is given twice", d)
		}
	}
	return nil
}

// Kind tells a tenant's row from rows that stand for something else, so that no tenant's name can be taken for one of
// them. Rows are listed in this order.
type Kind uint8

// The kinds of rows.
const (
	KindTenant      Kind = iota // a tenant, or any row of a report that is not by tenant
	KindUnallocated             // usage that no tenant can be named for
	KindShared                  // cost that all tenants share
	KindUnmetered               // what AWS billed and no measured usage accounts for; on the billed basis only
	KindOther                   // rows folded into one by a report's Top or Min
)

// The labels of rows that are no tenant's.
const (
	Unallocated = tenants.Unallocated
	Shared      = tenants.Shared
	Unmetered   = "(unmetered)"
	Other       = tenants.Other
)

// Key says what a row is about. Only the fields that the report is grouped by are set. The row of a tenant without
// usage has its tenant alone.
type Key struct {
	Kind      Kind
	Tenant    string // a tenant's name, or the label of the row's kind
	Image     string // "" also where the image is not known
	MicroVM   string
	Region    string
	Day       string // 2026-10-01
	Week      string // 2026-W40
	Month     string // 2026-10
	Component string // id of a billed quantity; "" where nothing was used

	card int // of those of the region, from 1, where a report is by rate card; see [Request.Rated]
}

// SameButForRates reports whether two rows of a report by rate card are of the same and differ in the card alone.
func (k Key) SameButForRates(other Key) bool {
	k.card, other.card = 0, 0
	return k == other
}

// field is the field of one dimension.
func (k *Key) field(d Dimension) *string {
	return [...]*string{
		ByTenant: &k.Tenant, ByImage: &k.Image, ByMicroVM: &k.MicroVM, ByRegion: &k.Region, ByDay: &k.Day, ByWeek: &k.Week,
		ByMonth: &k.Month, ByComponent: &k.Component,
	}[d]
}

// Value is the key's text for one dimension.
func (k Key) Value(d Dimension) string { return *k.field(d) }

// Quantity is the billed quantity of a row by component. It reports false where nothing was used.
func (k Key) Quantity() (pricing.BilledQuantity, bool) {
	return pricing.ParseBilledQuantity(k.Component)
}

// compareKeys orders by each dimension in turn: names by their bytes, components as on a bill, and the row of what was
// folded together last.
func compareKeys(a, b Key, by []Dimension) int {
	if order := cmp.Compare(btoi(a.Kind == KindOther), btoi(b.Kind == KindOther)); order != 0 {
		return order
	}
	for _, d := range by {
		order := cmp.Compare(a.Value(d), b.Value(d))
		switch d {
		case ByTenant:
			order = cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant))
		case ByComponent:
			order = cmp.Compare(a.componentPlace(), b.componentPlace())
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(a.card, b.card)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (k Key) componentPlace() int {
	if q, ok := k.Quantity(); ok {
		return int(q)
	}
	return -1
}
