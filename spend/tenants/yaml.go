package tenants

import (
	"fmt"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// Keys are a [Selector] as it is written in YAML: one key, which names the field.
type Keys struct {
	MicroVMID *Pattern `yaml:"microvm_id"`
	MicroVM   *Pattern `yaml:"microvm"` // the same
	Image     *Pattern `yaml:"image"`
	Role      *Pattern `yaml:"role"`
}

// Selector is the one that is given, among the keys and a pattern for tenants, which is nil where there can be none. It
// reports false where none or more than one is.
func (k Keys) Selector(tenant *Pattern) (out Selector, ok bool) {
	given := 0
	for _, key := range []struct {
		field   Field
		pattern *Pattern
	}{{MicroVM, k.MicroVMID}, {MicroVM, k.MicroVM}, {Image, k.Image}, {Role, k.Role}, {Tenant, tenant}} {
		if key.pattern != nil {
			out = Selector{key.field, *key.pattern}
			given++
		}
	}
	return out, given == 1
}

// fileYAML is a tenants file as it is written in YAML.
type fileYAML struct {
	Rules   []ruleYAML   `yaml:"rules"`
	Tenants []tenantName `yaml:"tenants"`
}

// ruleYAML is a rule: one of microvm_id, image and role, and the tenant.
type ruleYAML struct {
	Keys   `yaml:",inline"`
	Tenant *tenantName  `yaml:"tenant,required"`
	From   *scalar.Date `yaml:"from"`
	To     *scalar.Date `yaml:"to"`
}

// tenantName is the name of a tenant, or (shared).
type tenantName string

// ParseScalar implements strictyaml.Scalar.
func (n *tenantName) ParseScalar(text string) error {
	*n = tenantName(text)
	return checkTenant(text)
}

func loadYAML(file string, text []byte) (File, error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return File{}, err
	}
	var written fileYAML
	doc := strictyaml.Decode(file, root, &written)
	var out File
	for i, r := range written.Rules {
		out.Rules = append(out.Rules, r.rule(doc, fmt.Sprintf("rules[%d]", i)))
	}
	for i, name := range written.Tenants {
		if name == Shared {
			doc.Fault(fmt.Sprintf("tenants[%d]", i), "%s is not a tenant to be listed", Shared)
		}
		out.Known = append(out.Known, string(name))
	}
	if err := doc.Err(); err != nil {
		return File{}, err
	}
	return out, nil
}

func (r ruleYAML) rule(doc *strictyaml.Document, path string) Rule {
	selector, ok := r.Selector(nil)
	if !ok {
		doc.Fault(path, "names none or more than one of microvm_id, image and role; give one")
	}
	rule := Rule{Selector: selector}
	if r.Tenant != nil {
		rule.Tenant = string(*r.Tenant)
	}
	if r.From != nil {
		rule.From = r.From.Date
	}
	if r.To != nil {
		rule.To = r.To.Date
	}
	if err := checkDays(rule.From, rule.To); err != nil {
		doc.Fault(path+".to", "%s", err)
	}
	return rule
}
