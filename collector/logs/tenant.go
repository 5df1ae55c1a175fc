package logs

import (
	"fmt"

	"microspend/internal/emf"
	"microspend/usage"
)

// countUnproven is what the summary counts where proofs are verified.
const countUnproven = "periods whose tenant is not proven"

// named takes over what a line calls a MicroVM's tenant, image, role and architecture: of the lines of a period the one
// with the latest start counts, but one with a proof before any without. A guest that leaves its proof out now and then
// gains nothing by it.
func (r *reading) named(c *logCell, line *emf.Line) {
	proven := r.tenants.Proves(emf.Decoded(line.Tenant), line.TenantProof)
	if c.proven && !proven || c.proven == proven && line.PeriodStart < c.at {
		return
	}
	if c.at > 0 && c.tenant != line.Tenant {
		r.counts[countTenants]++
	}
	c.tenant, c.image, c.role, c.arch = r.name(line.Tenant), r.name(line.Image), r.name(line.Role), line.Arch
	c.at, c.proven, c.claimed = line.PeriodStart, proven, line.TenantProof != ""
}

// attribute sets the names of a record. A tenant that has the group for itself is its tenant, whatever lines say.
// There, and where only proofs are believed, names that nobody but the guest vouches for are left out: a rule of the
// tenants file that looks at them would be the guest's to satisfy.
func (r *reading) attribute(record *usage.Record, u *logUsage, c *logCell) {
	tenant := emf.Decoded(c.tenant)
	record.Image, record.Role, record.Arch = emf.Decoded(c.image), emf.Decoded(c.role), c.arch
	record.Tenant, record.TenantBy = r.tenants.Record(tenant, c.proven)
	if r.tenant != "" {
		record.Tenant, record.TenantBy = r.tenant, usage.TenantGiven
	}
	if r.tenant != "" || r.tenants.OnlyProven() {
		record.Role = ""
		if r.image == "" {
			record.Image = ""
		}
	} else if record.TenantBy == usage.TenantAsserted && (r.image == "" || r.rule.Any) {
		record.TenantBy = usage.TenantGuest
	}
	if r.tenant == "" && tenant != "" && !c.proven && r.tenants.Verifies() {
		r.unproven(u, c, tenant, record.Tenant)
	}
}

// unproven counts a period, and names its MicroVM once.
func (r *reading) unproven(u *logUsage, c *logCell, tenant, shown string) {
	r.counts[countUnproven]++
	why := "has no proof"
	if c.claimed {
		why = "has a proof that is not its own"
	}
	key := finding{u.id, why}
	if r.namedUnproven[key] || len(r.namedUnproven) >= notesPerKind {
		return
	}
	r.namedUnproven[key] = true
	r.notes = append(r.notes, fmt.Sprintf("%s: %s, %s, MicroVM %s: tenant %.80q %s; it is shown as %.100q",
		countUnproven, r.target, r.group, u.id, tenant, why, shown))
}
