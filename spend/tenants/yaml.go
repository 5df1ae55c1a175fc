package tenants

import (
	"fmt"
	"slices"
	"strings"

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
	Rules   []ruleYAML                `yaml:"rules"`
	Tenants []string                  `yaml:"tenants"`
	Groups  strictyaml.Map[groupYAML] `yaml:"groups"`
}

// ruleYAML is a rule: one of microvm_id, image and role, and the tenant.
type ruleYAML struct {
	Keys   `yaml:",inline"`
	Tenant string       `yaml:"tenant,required"`
	From   *scalar.Date `yaml:"from"`
	To     *scalar.Date `yaml:"to"`
}

// groupYAML is a group: the tenants that are in it, and the groups below it.
type groupYAML struct {
	Tenants []string                  `yaml:"tenants,shorthand"`
	Groups  strictyaml.Map[groupYAML] `yaml:"groups"`
}

// yamlReader turns a decoded file into rules, tenants and groups.
type yamlReader struct {
	builder
	doc *strictyaml.Document
}

func loadYAML(file string, text []byte) (File, error) {
	var written fileYAML
	root, err := strictyaml.Parse(file, text)
	if err == nil {
		err = strictyaml.Foreign(file, root, &written)
	}
	if err != nil {
		return File{}, strictyaml.WithoutPaths(err)
	}
	r := yamlReader{doc: strictyaml.Decode(file, root, &written)}
	for i, rule := range written.Rules {
		r.rule(rule, fmt.Sprintf("rules[%d]", i))
	}
	for i, name := range written.Tenants {
		r.listed(name, r.at(fmt.Sprintf("tenants[%d]", i)))
	}
	names := r.out.Names()
	for _, group := range written.Groups {
		r.group("groups."+group.Key, "", group, names)
	}
	if err := r.doc.Err(); err != nil {
		return File{}, err
	}
	return r.out, nil
}

// at finds faults in a value that is no mapping, whatever the field.
func (r *yamlReader) at(path string) faulty {
	return func(_, format string, args ...any) { r.doc.Fault(path, format, args...) }
}

func (r *yamlReader) rule(written ruleYAML, path string) {
	selector, ok := written.Selector(nil)
	if !ok {
		r.doc.Fault(path, "names none or more than one of microvm_id, image and role; give one")
	}
	rule := Rule{Selector: selector, Tenant: written.Tenant}
	if written.From != nil {
		rule.From = written.From.Date
	}
	if written.To != nil {
		rule.To = written.To.Date
	}
	r.builder.rule(rule, func(field, format string, args ...any) { r.doc.Fault(path+"."+field, format, args...) })
}

// group takes a group and those below it. A tenant that neither a rule nor the list names is an error: mistyped, it
// would leave the real one without a group.
func (r *yamlReader) group(path, above string, g strictyaml.Entry[groupYAML], names []string) {
	if strings.Contains(g.Key, GroupSeparator) {
		r.doc.Fault(path, "has a %s in its name; give the groups below a group under groups", GroupSeparator)
		return
	}
	if err := checkGroup(above + g.Key); err != nil {
		r.doc.Fault(path, "%s", err)
		return
	}
	for i, tenant := range g.Value.Tenants {
		wrong := r.at(fmt.Sprintf("%s.tenants[%d]", path, i))
		if _, found := slices.BinarySearch(names, tenant); !found {
			wrong("group", "unknown tenant %.60q; list it under tenants if only the ledger names it", tenant)
			continue
		}
		r.member(tenant, above+g.Key, wrong)
	}
	for _, below := range g.Value.Groups {
		r.group(path+".groups."+below.Key, above+g.Key+GroupSeparator, below, names)
	}
}
