package spend

import (
	"time"

	"microspend/ledger"
	"microspend/usage"
)

// RecordOwner returns a function that names the tenant of a record as [Source.Report] does. It is for whoever reads
// records one by one, and is not safe for use by several goroutines.
func (s Source) RecordOwner() func(*usage.Record) string {
	byDay := map[time.Time]owners{} // rules hold on whole UTC days
	return func(r *usage.Record) string {
		day := r.Day()
		who, known := byDay[day]
		if !known {
			who = s.ownersAt(day)
			byDay[day] = who
		}
		name, _ := who.owner(&ledger.Group{Tenant: r.Tenant, Image: r.Image, MicroVMID: r.MicroVMID, Role: r.Role})
		return name
	}
}
