package sources

import (
	"errors"

	"microspend/internal/strictyaml"
	"microspend/internal/tenantproof"
)

// Tenants say whom to believe about the tenant of a MicroVM.
type Tenants struct {
	Trust tenantproof.Trust
	// KeyFiles have the keys that prove tenants. Each of them does, so that a new key can be in use before the old one is
	// not.
	KeyFiles []string
}

// tenantsFile is Tenants as it is written.
type tenantsFile struct {
	Trust    *trustWord                   `yaml:"trust,trusted"`
	KeyFiles strictyaml.OneOrMore[string] `yaml:"tenant_key_file,trusted"`
}

type trustWord struct{ tenantproof.Trust }

// ParseScalar implements strictyaml.Scalar.
func (t *trustWord) ParseScalar(text string) (err error) {
	t.Trust, err = tenantproof.ParseTrust(text)
	return err
}

func (f tenantsFile) tenants() (t Tenants) {
	if f.Trust != nil {
		t.Trust = f.Trust.Trust
	}
	t.KeyFiles = f.KeyFiles.Values
	return t
}

// policy reads the keys.
func (t Tenants) policy() (tenantproof.Policy, error) {
	p := tenantproof.Policy{Trust: t.Trust}
	var faults []error
	for _, path := range t.KeyFiles {
		key, err := tenantproof.ReadKey(path)
		p.Keys, faults = append(p.Keys, key), append(faults, err)
	}
	return p, errors.Join(faults...)
}
