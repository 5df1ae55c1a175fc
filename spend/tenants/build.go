package tenants

// builder puts a file together from what is written in it, in whatever form, and checks it: each check is here once,
// and the forms differ only in how a fault finds its place.
type builder struct{ out File }

// faulty records that what stands in a field is wrong: tenant, from, to or group.
type faulty func(field, format string, args ...any)

// rule adds a rule.
func (b *builder) rule(r Rule, wrong faulty) {
	checkTenant(r.Tenant, wrong)
	if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
		wrong("to", "is not after from; to is the first day on which the rule no longer holds")
	}
	b.out.Rules = append(b.out.Rules, r)
}

// listed adds a tenant that is listed even if it spends nothing.
func (b *builder) listed(tenant string, wrong faulty) {
	if tenant == Shared {
		wrong("tenant", "%s is not a tenant to be listed", Shared)
		return
	}
	checkTenant(tenant, wrong)
	b.out.Known = append(b.out.Known, tenant)
}

// member puts a tenant into a group.
func (b *builder) member(tenant, path string, wrong faulty) {
	if err := checkGroup(path); err != nil {
		wrong("group", "%s", err)
		return
	}
	if tenant == Shared {
		wrong("group", "%s is no tenant and cannot be in a group", Shared)
		return
	}
	if other, grouped := b.out.Groups[tenant]; grouped && other != path {
		wrong("group", "tenant %.60q is in group %.60q already; a tenant is in one group", tenant, other)
		return
	}
	if b.out.Groups == nil {
		b.out.Groups = map[string]string{}
	}
	b.out.Groups[tenant] = path
}

// checkTenant is the check of a tenant's name in a file.
func checkTenant(name string, wrong faulty) {
	if name == Unallocated || name == Other {
		wrong("tenant", "%s is the label of a row and cannot be a tenant", name)
	} else if err := CheckName(name); err != nil {
		wrong("tenant", "%s", err)
	}
}
