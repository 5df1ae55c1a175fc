package spend

import (
	"time"

	"microspend/ledger"
	"microspend/spend/tenants"
	"microspend/usage"
)

// owners names the tenants of usage at a moment.
type owners struct{ matcher *tenants.Matcher }

func (s Source) ownersAt(moment time.Time) owners {
	return owners{tenants.NewMatcher(s.Tenants, s.Sharing.Usage, moment)}
}

// owner is whose a group is: a tenant's name, or the label of its kind. Asserted is whether that is the guest's word.
func (o owners) owner(g *ledger.Group) (name string, kind Kind, asserted bool) {
	switch owner := o.matcher.Owner(g); {
	case owner.Shared:
		return Shared, KindShared, owner.Asserted
	case owner.Name == "":
		return Unallocated, KindUnallocated, false
	default:
		return owner.Name, KindTenant, owner.Asserted
	}
}

// RecordOwner returns a function that names the tenant of a record as [OwnerName] writes that of [Source.Report]. It is
// for whoever reads records one by one, and is not safe for use by several goroutines.
func (s Source) RecordOwner() func(*usage.Record) string {
	byDay := map[time.Time]owners{} // rules hold on whole UTC days
	return func(r *usage.Record) string {
		day := r.Day()
		who, known := byDay[day]
		if !known {
			who = s.ownersAt(day)
			byDay[day] = who
		}
		name, kind, _ := who.owner(&ledger.Group{Tenant: r.Tenant, Image: r.Image, Resource: r.Resource, Role: r.Role})
		return OwnerName(name, kind)
	}
}
