package usage

import (
	"fmt"
	"strings"
)

// TenantBy says whose word the tenant of a record is. What runs in a MicroVM is the tenant's own, and may call itself
// what it likes.
type TenantBy string

// The words. The zero value is for whoever answers for the record as a whole, such as the operator who imports a file.
const (
	TenantGiven TenantBy = ""
	// TenantProven has a proof by the control plane that launched the MicroVM.
	TenantProven TenantBy = "proven"
	// TenantAsserted is what the guest says, and so is its role. AWS vouches for the MicroVM and the image.
	TenantAsserted TenantBy = "asserted"
	// TenantUnverified is what the guest says where proofs are asked for: the tenant is [Unverified].
	TenantUnverified TenantBy = "unverified"
	// TenantGuest is what the guest says, and so is every other name of the record, as in a metric's dimensions.
	TenantGuest TenantBy = "guest"
)

func (t TenantBy) sound() bool {
	switch t {
	case TenantGiven, TenantProven, TenantAsserted, TenantUnverified, TenantGuest:
		return true
	}
	return false
}

// ParseTenantBy reads the word used in files.
func ParseTenantBy(word string) (TenantBy, error) {
	if t := TenantBy(word); t.sound() {
		return t, nil
	}
	return "", fmt.Errorf("unknown tenant_by %.40q; it is proven, asserted, unverified, guest or empty", word)
}

const unverified = "(unverified) "

// Unverified is what the tenant of a record is called that only the guest asserts: a name of its own, so that whoever
// sums a ledger by tenant, with whatever program, bills nobody for it. "" stays what it is.
func Unverified(tenant string) string {
	if tenant == "" {
		return ""
	}
	return unverified + tenant
}

// IsUnverified reports whether a tenant's name is one that [Unverified] makes.
func IsUnverified(tenant string) bool { return strings.HasPrefix(tenant, unverified) }

// Asserted is what the guest called itself whose name [Unverified] made; marked is false for any other name, which
// stays what it is.
func Asserted(tenant string) (name string, marked bool) { return strings.CutPrefix(tenant, unverified) }
