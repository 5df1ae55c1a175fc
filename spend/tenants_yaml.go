package spend

import (
	"fmt"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// tenantsFile is a tenants file as it is written in YAML.
type tenantsFile struct {
	Rules   []ruleFile   `yaml:"rules"`
	Tenants []tenantName `yaml:"tenants"`
}

// ruleFile is a rule: one of microvm, image and role, and the tenant.
type ruleFile struct {
	MicroVM *Pattern     `yaml:"microvm"`
	Image   *Pattern     `yaml:"image"`
	Role    *Pattern     `yaml:"role"`
	Tenant  *tenantName  `yaml:"tenant,required"`
	From    *scalar.Date `yaml:"from"`
	To      *scalar.Date `yaml:"to"`
}

// tenantName is the name of a tenant, or (shared).
type tenantName string

// ParseScalar implements strictyaml.Scalar.
func (n *tenantName) ParseScalar(text string) error {
	*n = tenantName(text)
	return checkTenant(text)
}

func loadTenantsYAML(file string, text []byte) (Tenants, error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return Tenants{}, err
	}
	var written tenantsFile
	doc := strictyaml.Decode(file, root, &written)
	var out Tenants
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
		return Tenants{}, err
	}
	return out, nil
}

func (r ruleFile) rule(doc *strictyaml.Document, path string) Rule {
	field, pattern, ok := oneOf(r.MicroVM, r.Image, r.Role, nil)
	if !ok {
		doc.Fault(path, "names none or more than one of microvm, image and role; give one")
	}
	rule := Rule{Field: field, Pattern: pattern}
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

// oneOf returns the one pattern that is given.
func oneOf(microvm, image, role, tenant *Pattern) (field RuleField, pattern Pattern, ok bool) {
	given := 0
	for i, p := range []*Pattern{MatchMicroVM: microvm, MatchImage: image, MatchRole: role, MatchTenant: tenant} {
		if p != nil {
			field, pattern = RuleField(i), *p
			given++
		}
	}
	return field, pattern, given == 1
}
