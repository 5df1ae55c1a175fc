package spend

import (
	"math"
	"time"

	"microspend/ledger"
)

// ImageStorage begins the microvm_id of usage that is no MicroVM's: the storage of an image version. Where neither a rule
// nor the record names its tenant it is shared cost. (A MicroVM's own id is made by AWS and begins with a letter.)
const ImageStorage = "(image)"

var imageStorage = Pattern{ImageStorage, true}

// owners names the tenant of usage during a time in which the same rules hold.
type owners struct {
	rules   *ruleIndex
	sharing *ruleIndex
}

func (s Source) ownersAt(moment time.Time) owners {
	return owners{indexAt(s.Tenants.Rules, moment), indexAt(s.Sharing.rules(), moment)}
}

// owner is the tenant of a group, in this order: what is said to be shared, the first rule, the record itself, image
// storage that is nobody's, unallocated.
func (o owners) owner(g *ledger.Group) (name string, kind Kind) {
	if o.sharing.match(g) < math.MaxInt {
		return Shared, KindShared
	}
	name = g.Tenant
	if i := o.rules.match(g); i < math.MaxInt {
		name = o.rules.rules[i].Tenant
		if name == Shared {
			return Shared, KindShared
		}
	}
	switch {
	case name != "" && o.sharing.first(MatchTenant, name, math.MaxInt) < math.MaxInt:
		return Shared, KindShared
	case name != "":
		return name, KindTenant
	case imageStorage.Match(g.MicroVMID):
		return Shared, KindShared
	default:
		return Unallocated, KindUnallocated
	}
}

// match is the place of the first rule that matches the MicroVM, image or role of a group; math.MaxInt if none does.
func (x *ruleIndex) match(g *ledger.Group) int {
	best := x.first(MatchMicroVM, g.MicroVMID, math.MaxInt)
	best = x.first(MatchImage, g.Image, best)
	return x.first(MatchRole, g.Role, best)
}

// ownerFields are the fields that naming the tenant needs, without those that only image storage needs.
func (s Source) ownerFields() map[ledger.Field]bool {
	need := map[ledger.Field]bool{ledger.FieldTenant: true}
	for _, rules := range [][]Rule{s.Tenants.Rules, s.Sharing.rules()} {
		for _, rule := range rules {
			switch rule.Field {
			case MatchMicroVM:
				need[ledger.FieldMicroVM] = true
			case MatchImage:
				need[ledger.FieldImage] = true
			case MatchRole:
				need[ledger.FieldRole] = true
			case MatchTenant:
			}
		}
	}
	return need
}
