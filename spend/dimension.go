package spend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend/tenants"
)

// Dimension is something that spend can be grouped by.
type Dimension uint8

// The dimensions. A new one has an entry in the table below and a field of [Key]: flags, queries, columns and files
// follow from these.
const (
	ByTenant Dimension = iota
	ByGroup            // of tenants, such as a cost center: its path, written Engineering/Platform
	ByImage
	ByMicroVM
	ByRegion
	ByAccount   // AWS account id
	ByArch      // arm64 or x86_64
	ByDay       // written 2026-10-01
	ByWeek      // ISO 8601, from Monday, written 2026-W40
	ByMonth     // written 2026-10
	ByComponent // billed quantity: vcpu, memory, snapshot.read, snapshot.write, storage

	DimensionCount = iota
)

// dimensions has what is particular to each dimension.
var dimensions = [DimensionCount]struct {
	name string
	// Of those that are a name in the ledger: which, and the name that a group of usage has.
	field ledger.Field
	of    func(*ledger.Group) string
	// filter is where patterns of names are; nil where names cannot be filtered.
	filter func(*Filter) *[]tenants.Pattern
}{
	ByTenant: {
		name:   "tenant",
		filter: func(f *Filter) *[]tenants.Pattern { return &f.Tenants },
	},
	ByGroup: {
		name:   "group",
		filter: func(f *Filter) *[]tenants.Pattern { return &f.Groups },
	},
	ByImage: {
		name:  "image",
		field: ledger.FieldImage, of: func(g *ledger.Group) string { return g.Image },
		filter: func(f *Filter) *[]tenants.Pattern { return &f.Images },
	},
	ByMicroVM: {
		name:  "microvm",
		field: ledger.FieldResource, of: func(g *ledger.Group) string { return g.Resource.String() },
		filter: func(f *Filter) *[]tenants.Pattern { return &f.MicroVMs },
	},
	ByRegion: {
		name:  "region",
		field: ledger.FieldRegion, of: func(g *ledger.Group) string { return g.Region },
		filter: func(f *Filter) *[]tenants.Pattern { return &f.Regions },
	},
	ByAccount: {
		name:  "account",
		field: ledger.FieldAccount, of: func(g *ledger.Group) string { return g.Account },
		filter: func(f *Filter) *[]tenants.Pattern { return &f.Accounts },
	},
	ByArch: {
		name:  "arch",
		field: ledger.FieldArch, of: func(g *ledger.Group) string { return string(g.Arch) },
		filter: func(f *Filter) *[]tenants.Pattern { return &f.Archs },
	},
	ByDay:       {name: "day"},
	ByWeek:      {name: "week"},
	ByMonth:     {name: "month"},
	ByComponent: {name: "component"},
}

// Dimensions returns all dimensions.
func Dimensions() []Dimension {
	all := make([]Dimension, DimensionCount)
	for d := range all {
		all[d] = Dimension(d)
	}
	return all
}

// NamedDimensions returns the dimensions whose names can be filtered.
func NamedDimensions() []Dimension {
	return slices.DeleteFunc(Dimensions(), func(d Dimension) bool { return dimensions[d].filter == nil })
}

// ledgerDimensions are the dimensions whose names the ledger has.
var ledgerDimensions = slices.DeleteFunc(Dimensions(), func(d Dimension) bool { return dimensions[d].of == nil })

// String is the word used in flags and outputs, such as tenant.
func (d Dimension) String() string {
	if d >= DimensionCount {
		return fmt.Sprintf("dimension %d", uint8(d))
	}
	return dimensions[d].name
}

// DimensionNames are the words of all dimensions.
func DimensionNames() []string {
	names := make([]string, DimensionCount)
	for d := range names {
		names[d] = dimensions[d].name
	}
	return names
}

// ParseDimensions reads dimensions separated by commas, as in "tenant,day". An empty text is no dimension: one row over
// all.
func ParseDimensions(text string) ([]Dimension, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var by []Dimension
	for word := range strings.SplitSeq(text, ",") {
		d, err := parseWord[Dimension]("dimension", DimensionNames(), strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		by = append(by, d)
	}
	return by, checkDimensions(by)
}

func checkDimensions(by []Dimension) error {
	for i, d := range by {
		if d >= DimensionCount {
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
	KindNoGroup                 // tenants that are in no group, in a report by group and not by tenant
	KindUnallocated             // usage that no tenant can be named for
	KindShared                  // cost that all tenants share
	KindUnmetered               // what AWS billed and no measured usage accounts for; on the billed basis only
	KindOther                   // rows folded into one by a report's Top or Min
)

// The labels of rows that are no tenant's.
const (
	NoGroup     = tenants.NoGroup
	Unallocated = tenants.Unallocated
	Shared      = tenants.Shared
	Unmetered   = "(unmetered)"
	Other       = tenants.Other
)

// String is the word used in outputs.
func (k Kind) String() string { return figures.Word("kind", kindNames[:], k) }

var kindNames = [...]string{
	KindTenant: "tenant", KindUnallocated: "unallocated", KindShared: "shared", KindUnmetered: "unmetered",
	KindNoGroup: "no-group", KindOther: "other",
}

// literally stands before the name of a tenant who is named like a label where both may stand.
const literally = "tenant "

// OwnerName is how a tenant, or the label of a kind, is written wherever one may stand for the other: in tables,
// filters and budgets. A label is written as it is, and a tenant by the name alone unless that is a label: then it is
// "tenant (unallocated)", as budgets and filters by a label mean what the label stands for. No two are written alike.
func OwnerName(name string, kind Kind) string {
	if kind == KindTenant && likeLabel(name) {
		return literally + name
	}
	return name
}

// likeLabel reports whether a tenant's name would be taken for a label, or for the name of one who is called like a
// label.
func likeLabel(name string) bool {
	for {
		shorter, found := strings.CutPrefix(name, literally)
		if !found {
			return slices.Contains([]string{Unallocated, Shared, Unmetered, Other}, name)
		}
		name = shorter
	}
}

// NamedLikeLabel reports whether a tenant has the name of the label of rows that are no tenant's.
func (k Key) NamedLikeLabel() bool { return k.Kind == KindTenant && likeLabel(k.Tenant) }

// Key says what a row is about. Only the fields that the report is grouped by are set. The row of a tenant without
// usage has its tenant alone.
type Key struct {
	Kind      Kind
	Tenant    string // a tenant's name, or the label of the row's kind
	Group     string // the path of a group, [NoGroup], or the label of the row's kind
	Image     string // "" also where the image is not known
	MicroVM   string
	Region    string
	Account   string // "" where it is not known
	Arch      string // "" where it is not known
	Day       string // 2026-10-01
	Week      string // 2026-W40
	Month     string // 2026-10
	Component string // id of a billed quantity; "" where nothing was used

	card int // of those of the region, from 1, where a report is by rate card; see [Request.Rated]
}

// owner is the tenant and the group of a row alone.
func (k Key) owner() Key { return Key{Kind: k.Kind, Tenant: k.Tenant, Group: k.Group} }

// SameButForRates reports whether two rows of a report by rate card are of the same and differ in the card alone.
func (k Key) SameButForRates(other Key) bool {
	k.card, other.card = 0, 0
	return k == other
}

// field is the field of one dimension.
func (k *Key) field(d Dimension) *string {
	switch d { // and not a function in the table, by which every key that is compared would move to the heap
	case ByTenant:
		return &k.Tenant
	case ByGroup:
		return &k.Group
	case ByImage:
		return &k.Image
	case ByMicroVM:
		return &k.MicroVM
	case ByRegion:
		return &k.Region
	case ByAccount:
		return &k.Account
	case ByArch:
		return &k.Arch
	case ByDay:
		return &k.Day
	case ByWeek:
		return &k.Week
	case ByMonth:
		return &k.Month
	case ByComponent:
		return &k.Component
	}
	panic("spend: an unknown dimension")
}

// Value is the key's text for one dimension.
func (k Key) Value(d Dimension) string { return *k.field(d) }

// Name is the key's text for one dimension as filters match it: that of [OwnerName] for tenants, and otherwise its
// value.
func (k Key) Name(d Dimension) string {
	if d == ByTenant {
		return OwnerName(k.Tenant, k.Kind)
	}
	return k.Value(d)
}

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
			order = cmp.Or(cmp.Compare(a.Kind, b.Kind), order)
		case ByGroup:
			order = cmp.Or(cmp.Compare(a.groupKind(), b.groupKind()), tenants.CompareGroups(a.Group, b.Group))
		case ByComponent:
			order = cmp.Compare(a.componentPlace(), b.componentPlace())
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(a.card, b.card)
}

// groupKind is the row's kind as far as its group goes, which no group's name can be taken for.
func (k Key) groupKind() Kind {
	if k.Kind == KindTenant && k.Group == NoGroup {
		return KindNoGroup
	}
	return k.Kind
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
