package logs

import (
	"cmp"
	"fmt"
	"strings"

	"microspend/internal/arn"
	"microspend/internal/emf"
	"microspend/internal/tenantproof"
)

// What AWS writes and a guest cannot: the account and region that a line was read in, the group and the stream that it
// lies in. What a line says of these itself is only ever compared with them.

// origin is where lines are read, and what that says of them.
type origin struct {
	group string
	image string // that the group is of; "" where it does not tell
	// tenant is whose the group is, as the operator says, who gives each tenant a role that can write only to its own
	// groups; "" where nobody's alone.
	tenant string
	rule   StreamRule
}

// GroupRule says what a log group is of, or all whose names begin as its name does before an asterisk.
type GroupRule struct {
	Name   string `yaml:"name,required,shorthand"`
	Image  string `yaml:"image"`          // "" where the group's name tells, or nothing does
	Tenant string `yaml:"tenant,trusted"` // "" for groups that are not one tenant's alone; eachTenant
}

// eachTenant is the tenant of a rule for several tenants' groups: each is called by what the asterisk stands for.
const eachTenant = "*"

func (g GroupRule) check() error {
	switch {
	case g.Tenant == "":
		return nil
	case g.Tenant != eachTenant:
		if err := tenantproof.CheckTenant(g.Tenant); err != nil {
			return fmt.Errorf("the tenant of %s: %w", g.Name, err)
		}
	case !strings.HasSuffix(g.Name, "*"):
		return fmt.Errorf("the tenant %q of %s is what the * at the end of a log group's name stands for, and it has none",
			g.Tenant, g.Name)
	}
	return nil
}

// origin is a log group's. Where the configuration says which image or tenant a group is of, that counts; of several
// rules that the group matches, the first that says so.
func (s *Source) origin(group string) origin {
	of := origin{group: group, rule: s.options.Streams}
	for _, rule := range s.options.Rules {
		if !matches(rule.Name, group) {
			continue
		}
		if rule.Tenant == eachTenant {
			rule.Tenant = strings.TrimPrefix(group, strings.TrimSuffix(rule.Name, "*"))
		}
		of.image, of.tenant = cmp.Or(of.image, rule.Image), cmp.Or(of.tenant, rule.Tenant)
	}
	of.image = cmp.Or(of.image, imageOf(group))
	return of
}

// StreamRule says which MicroVM a log stream is of. The zero value is AWS's own: the stream's name is the MicroVM's id.
type StreamRule struct {
	prefix, suffix string
	// Any says that the names of streams say nothing of MicroVMs, as where a forwarder writes them. Then there is nothing
	// but the line's word, which each that can print into the group can forge.
	Any bool
}

const (
	microVMWord = "{microvm}"
	anyStream   = "any"
)

// ParseScalar implements strictyaml.Scalar: it reads a rule such as {microvm}, sandbox/{microvm} or any.
func (s *StreamRule) ParseScalar(text string) error {
	prefix, suffix, found := strings.Cut(text, microVMWord)
	switch {
	case text == anyStream:
		*s = StreamRule{Any: true}
	case !found || strings.ContainsAny(text, "*:") || strings.Contains(suffix, microVMWord):
		return fmt.Errorf("%.60q is not how log streams are named: one %s and what stands before and after it, or %s",
			text, microVMWord, anyStream)
	default:
		*s = StreamRule{prefix: prefix, suffix: suffix}
	}
	return nil
}

// String is the rule as it is written.
func (s StreamRule) String() string {
	if s.Any {
		return anyStream
	}
	return s.prefix + microVMWord + s.suffix
}

// microVM is the MicroVM that a stream is of, as lines name it; "" where its name is not one of the rule's.
func (s StreamRule) microVM(stream string) string {
	id, starts := strings.CutPrefix(stream, s.prefix)
	id, ends := strings.CutSuffix(id, s.suffix)
	if !starts || !ends {
		return ""
	}
	name, _ := emf.Name(id)
	return name
}

// originOf is the MicroVM that a line is about, and what is wrong with it where it claims to be from elsewhere: one of
// the summary's counts, or "". A meter that was not told its MicroVM's id names none.
func (r *reading) originOf(stream string, line *emf.Line) (microVM, refused string) {
	if r.rule.Any {
		microVM = line.MicroVMID
	} else {
		microVM = r.rule.microVM(stream)
	}
	switch {
	case line.Region != "" && line.Region != r.target.Region, isAccount(line.Account) && line.Account != r.target.Account:
		return microVM, countElsewhere
	case microVM == "", microVM != line.MicroVMID && !strings.HasPrefix(line.MicroVMID, emf.Unnamed):
		return microVM, countStream
	}
	return microVM, ""
}

// isAccount reports whether a name is an account's. AWS's own images have "aws" in its place, which is nobody's.
func isAccount(name string) bool { return len(name) == 12 && strings.Trim(name, "0123456789") == "" }

// imageOf is the image that a log group is of; "" where its name does not tell.
func imageOf(group string) string {
	for _, pattern := range DefaultLogGroups() {
		if image, found := strings.CutPrefix(group, strings.TrimSuffix(pattern, "*")); found {
			return image
		}
	}
	return ""
}

// imageIn is the image of a line: that of its group, in the line's words where they agree. The line's ARN says more
// than the name in the group's, and is what records have had since ever.
func (r *reading) imageIn(line *emf.Line) (image string, agrees bool) {
	switch {
	case r.image == "" || line.Image == r.image:
		return line.Image, true
	case line.Image == "":
		return r.image, true
	}
	of, ok := arn.Parse(line.Image)
	agrees = ok && strings.TrimPrefix(of.Resource, "microvm-image:") == r.image &&
		(of.Region == "" || of.Region == r.target.Region) && (!isAccount(of.Account) || of.Account == r.target.Account)
	if agrees {
		return line.Image, true
	}
	return r.image, false
}
