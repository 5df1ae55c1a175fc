package spend

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
)

// RuleField is what of a record a rule looks at.
type RuleField uint8

// The fields. A rule looks at one of the first three; MatchTenant, the tenant that a record or a rule names, is for saying
// what is shared.
const (
	MatchMicroVM RuleField = iota
	MatchImage
	MatchRole // ARN of the execution role
	MatchTenant

	ruleFieldCount = 4
)

// Rule names the tenant of usage. It holds on UTC days from From up to but not including To; a zero date is no bound.
type Rule struct {
	Field    RuleField
	Pattern  Pattern
	Tenant   string // [Shared] makes it shared cost
	From, To pricing.Date
}

// Tenants says which tenant usage belongs to: the first rule that matches names it, then the record itself, and otherwise
// it is unallocated. The zero value has no rules.
type Tenants struct {
	Rules []Rule
	Known []string // tenants that are listed even if they spend nothing, beside those that rules name
}

// maxTenantsBytes bounds a tenants file: some 200,000 rules.
const maxTenantsBytes = 16 << 20

// LoadTenants reads a tenants file: YAML where its name ends in .yaml or .yml, otherwise CSV. Errors name every fault,
// each with file:line:column.
//
// CSV has a header; its columns may stand in any order, and from and to may be left out:
//
//	match,value,tenant,from,to
//	microvm_id,mvm-0a1b2c,acme,,
//	image,acme-*,acme,2026-10-01,2026-11-01
//	role,arn:aws:iam::123456789012:role/tenant-b,bravo,,
//	image,base,(shared),,
//	,,charlie,,
//
// A row without match and value names a tenant that is listed even if it spends nothing. YAML holds the same:
//
//	rules:
//	  - {microvm: mvm-0a1b2c, tenant: acme}
//	  - {image: acme-*, tenant: acme, from: 2026-10-01, to: 2026-11-01}
//	  - {role: "arn:aws:iam::123456789012:role/tenant-b", tenant: bravo}
//	tenants: [charlie]
func LoadTenants(file string, text []byte) (Tenants, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return loadTenantsYAML(file, text)
	default:
		return loadTenantsCSV(file, text)
	}
}

// Names lists the tenants that rules name or that are listed, in order and each once.
func (t Tenants) Names() []string {
	names := slices.Clone(t.Known)
	for _, rule := range t.Rules {
		if rule.Tenant != Shared {
			names = append(names, rule.Tenant)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkTenant is the check of a tenant's name in a file.
func checkTenant(name string) error {
	if name == Unallocated || name == Other {
		return fmt.Errorf("%s is the label of a row and cannot be a tenant", name)
	}
	return checkName(name)
}

func checkDays(from, to pricing.Date) error {
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return errors.New("is not after from; to is the first day on which the rule no longer holds")
	}
	return nil
}

// startOf is the first moment of a date, which must not be zero.
func startOf(date pricing.Date) time.Time {
	return time.Unix(-int64(date.DaysUntil(time.Unix(0, 0)))*86_400, 0).UTC()
}

// cuts are the moments inside a span at which rules begin or cease to hold, so that between two of them the same rules hold.
func (t Tenants) cuts(s civil.Span) []time.Time {
	var cuts []time.Time
	for _, rule := range t.Rules {
		for _, date := range []pricing.Date{rule.From, rule.To} {
			if date.IsZero() {
				continue
			}
			if moment := startOf(date); s.From.Before(moment) && moment.Before(s.To) {
				cuts = append(cuts, moment)
			}
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	return slices.CompactFunc(cuts, time.Time.Equal)
}

// holds says whether a rule holds at a moment.
func (r Rule) holds(moment time.Time) bool {
	return (r.From.IsZero() || !moment.Before(startOf(r.From))) && (r.To.IsZero() || moment.Before(startOf(r.To)))
}

// ruleIndex finds the first rule that matches without trying all of them.
type ruleIndex struct {
	rules    []Rule
	exact    [ruleFieldCount]map[string]int
	prefixes [ruleFieldCount]map[string]int
	lengths  [ruleFieldCount][]int // of the prefixes, each once
}

// indexAt indexes the rules that hold at a moment.
func indexAt(rules []Rule, moment time.Time) *ruleIndex {
	x := &ruleIndex{rules: rules}
	for i, rule := range rules {
		if !rule.holds(moment) {
			continue
		}
		of := &x.exact[rule.Field]
		if rule.Pattern.prefix {
			of = &x.prefixes[rule.Field]
			x.lengths[rule.Field] = append(x.lengths[rule.Field], len(rule.Pattern.text))
		}
		if *of == nil {
			*of = map[string]int{}
		}
		if _, earlier := (*of)[rule.Pattern.text]; !earlier {
			(*of)[rule.Pattern.text] = i
		}
	}
	for field := range x.lengths {
		slices.Sort(x.lengths[field])
		x.lengths[field] = slices.Compact(x.lengths[field])
	}
	return x
}

// first returns the place of the first rule for a field that matches the name, if it comes before best.
func (x *ruleIndex) first(field RuleField, name string, best int) int {
	if name == "" {
		return best
	}
	if i, ok := x.exact[field][name]; ok && i < best {
		best = i
	}
	for _, length := range x.lengths[field] {
		if length > len(name) {
			break
		}
		if i, ok := x.prefixes[field][name[:length]]; ok && i < best {
			best = i
		}
	}
	return best
}
