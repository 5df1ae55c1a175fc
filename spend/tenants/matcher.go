package tenants

import (
	"math"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

// Matcher names the tenant of usage at a time at which the same rules hold.
type Matcher struct {
	rules         []Rule
	shared        []Selector
	byRule        index
	declareShared index
}

// NewMatcher looks usage up in the rules of a file that hold at a moment, and in what has been declared shared,
// whoever's it would otherwise be.
func NewMatcher(file File, shared []Selector, moment time.Time) *Matcher {
	m := &Matcher{rules: file.Rules, shared: shared}
	for i, rule := range file.Rules {
		if rule.holds(moment) {
			m.byRule.add(i, rule.Selector)
		}
	}
	for i, selector := range shared {
		m.declareShared.add(i, selector)
	}
	m.byRule.finish()
	m.declareShared.finish()
	return m
}

// Owner is whose the usage of a group is.
type Owner struct {
	Name   string // a tenant, [Shared], or "" where none can be named
	Shared bool   // tells the label from a tenant of that name
	// Asserted is whether that rests on what the guest said, by itself or through a rule that looks at a name that it
	// gave. Where none can be named, and where the guest's word is shown as no more than that, nothing rests on it.
	Asserted bool
}

// Owner is whose a group is. What was declared shared comes first, then the first rule, the record itself, and image
// storage that is nobody's.
//
// Image storage is an image's own ([usage.KindImage]): nobody runs it, and whoever starts from the image needs it.
func (m *Matcher) Owner(g *ledger.Group) Owner {
	if i := m.declareShared.match(g); i < none {
		return Owner{Shared, true, asserted(g, m.shared[i].Field)}
	}
	owner := Owner{Name: g.Tenant, Asserted: asserted(g, Tenant)}
	if i := m.byRule.match(g); i < none {
		owner = Owner{Name: m.rules[i].Tenant, Asserted: asserted(g, m.rules[i].Field)}
		if owner.Name == Shared {
			owner.Shared = true
			return owner
		}
	}
	switch {
	case owner.Name == "" && g.Resource.Kind == usage.KindImage:
		return Owner{Name: Shared, Shared: true}
	case m.declareShared.first(Tenant, owner.Name, none) < none:
		owner.Name, owner.Shared = Shared, true
	}
	owner.Asserted = owner.Asserted && owner.Name != ""
	return owner
}

// asserted reports whether what a group has in a field is the guest's word.
func asserted(g *ledger.Group, field Field) bool {
	switch g.TenantBy {
	case usage.TenantAsserted: // AWS says which MicroVM a line is of, and of which image
		return field == Tenant || field == Role
	case usage.TenantProven: // proofs are of tenants
		return field == Role
	case usage.TenantGuest:
		return field != Tenant || !usage.IsUnverified(g.Tenant)
	default:
		return false
	}
}

// Fields are the fields of the ledger that naming tenants needs.
func Fields(file File, shared []Selector) map[ledger.Field]bool {
	need := map[ledger.Field]bool{ledger.FieldTenant: true, ledger.FieldTenantBy: true, ledger.FieldKind: true}
	fields := [fieldCount]ledger.Field{
		MicroVM: ledger.FieldResource, Image: ledger.FieldImage, Role: ledger.FieldRole, Tenant: ledger.FieldTenant,
	}
	for _, rule := range file.Rules {
		need[fields[rule.Field]] = true
	}
	for _, selector := range shared {
		need[fields[selector.Field]] = true
	}
	return need
}

// index finds the first selector that matches without trying all of them: one look-up for each length of a prefix, as
// files have many tenants and ledgers have many more MicroVMs.
type index struct {
	exact    [fieldCount]map[string]int
	prefixes [fieldCount]map[string]int
	lengths  [fieldCount][]int // of the prefixes, each once
}

// none is the place of no selector: behind all.
const none = math.MaxInt

// add adds the selector at a place; selectors come in the order of their places.
func (x *index) add(place int, s Selector) {
	of := &x.exact[s.Field]
	if s.Pattern.prefix {
		of = &x.prefixes[s.Field]
		x.lengths[s.Field] = append(x.lengths[s.Field], len(s.Pattern.text))
	}
	if *of == nil {
		*of = map[string]int{}
	}
	if _, earlier := (*of)[s.Pattern.text]; !earlier {
		(*of)[s.Pattern.text] = place
	}
}

func (x *index) finish() {
	for field := range x.lengths {
		slices.Sort(x.lengths[field])
		x.lengths[field] = slices.Compact(x.lengths[field])
	}
}

// match is the place of the first selector that matches the MicroVM, image or role of a group; none if none does.
func (x *index) match(g *ledger.Group) int {
	best := x.first(MicroVM, g.Resource.String(), none)
	best = x.first(Image, g.Image, best)
	return x.first(Role, g.Role, best)
}

// first is the place of the first selector for a field that matches the name, if it comes before best, which is
// returned otherwise. No selector matches a name that is not known.
func (x *index) first(field Field, name string, best int) int {
	if name == "" {
		return best
	}
	if i, ok := x.exact[field][name]; ok && i < best {
		best = i
	}
	for _, length := range x.lengths[field] {
		if length > len(name) {
			break
		}
		if i, ok := x.prefixes[field][name[:length]]; ok && i < best {
			best = i
		}
	}
	return best
}
