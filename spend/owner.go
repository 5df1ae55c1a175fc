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

// owner is whose a group is: a tenant's name, or the label of its kind.
func (o owners) owner(g *ledger.Group) (name string, kind Kind) {
	switch name, shared := o.matcher.Tenant(g); {
	case shared:
		return Shared, KindShared
	case name == "":
		return Unallocated, KindUnallocated
	default:
		return name, KindTenant
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
		return OwnerName(who.owner(&ledger.Group{Tenant: r.Tenant, Image: r.Image, Resource: r.Resource, Role: r.Role}))
	}
}
