package tenantproof

import (
	"fmt"

	"microspend/usage"
)

// Trust says whose word on the tenant of a MicroVM is taken.
type Trust string

// The trusts. The zero value is [TrustProven] with a key and [TrustGuest] without.
const (
	// TrustGuest takes the guest's word. With a key, proofs are verified and what is unproven is counted: the step before
	// TrustProven.
	TrustGuest Trust = "guest"
	// TrustProven takes a proof. What a guest says without one is shown as its word, and no tenant is billed for it.
	TrustProven Trust = "proven"
)

// ParseTrust reads the word used in the configuration.
func ParseTrust(word string) (Trust, error) {
	if t := Trust(word); t == TrustGuest || t == TrustProven {
		return t, nil
	}
	return "", fmt.Errorf("unknown trust %.40q; it is guest or proven", word)
}

// Policy decides whether a tenant is believed. The zero value believes the guest.
type Policy struct {
	Keys  []Key // each of which proves, so that one can take another's place
	Trust Trust
}

// OnlyProven reports whether a tenant that only the guest asserts is billed to nobody.
func (p Policy) OnlyProven() bool {
	return p.Trust == TrustProven || p.Trust == "" && len(p.Keys) > 0
}

// Verifies reports whether proofs are looked at.
func (p Policy) Verifies() bool { return len(p.Keys) > 0 || p.OnlyProven() }

// Proves reports whether a proof is that of a tenant under any of the keys.
func (p Policy) Proves(tenant, proof string) bool {
	proven := false
	for _, key := range p.Keys { // all of them, so that time does not tell which
		proven = key.Proves(tenant, proof) || proven
	}
	return proven && tenant != ""
}

// Record gives the tenant that a record has, and whose word that is. The tenant is as the guest wrote it; "" is named
// by nobody.
func (p Policy) Record(tenant string, proven bool) (name string, by usage.TenantBy) {
	switch {
	case proven:
		return tenant, usage.TenantProven
	case !p.OnlyProven():
		return tenant, usage.TenantAsserted
	default:
		return usage.Unverified(tenant), usage.TenantUnverified
	}
}
