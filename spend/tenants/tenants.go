// Package tenants says which tenant usage belongs to: by the rules of a tenants file, by what a record itself says, and
// by what a company has declared to be shared. It is the program's own and promises nothing. It also says which group
// of tenants, such as a cost center, a tenant is in.
//
// # What is promised
//
// The first rule in the file that matches decides, so a file reads from top to bottom; a rule wins over the tenant
// that a record names, as a record may be wrong and is not changed. Rules hold on whole UTC days. A name that a user
// gave is never interpreted: a tenant may be called like the label of a row and is not taken for it.
package tenants

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
)

// Labels of rows that are no tenant's. In a tenants file (shared) stands for shared cost; the others cannot be named
// there.
const (
	Unallocated = "(unallocated)"
	Shared      = "(shared)"
	Other       = "(other)"
)

// Field is what a selector looks at.
type Field uint8

// The fields. A rule looks at one of the first three; Tenant, whom a record or a rule names, is for saying what is
// shared.
const (
	MicroVM Field = iota
	Image
	Role // ARN of the execution role
	Tenant

	fieldCount = 4
)

// Selector chooses usage by the name in one field.
type Selector struct {
	Field   Field
	Pattern Pattern
}

// Rule names the tenant of usage. It holds on UTC days from From up to but not including To; a zero date is no bound.
type Rule struct {
	Selector
	Tenant   string // [Shared] makes it shared cost
	From, To pricing.Date
}

// File is a tenants file. The zero value has no rules: usage then belongs to the tenant that its record names.
type File struct {
	Rules []Rule
	Known []string // tenants that are listed even if they spend nothing, beside those that rules name
	// Groups has the group that a tenant is in: its path, such as Engineering/Platform. Tenants that it lacks are in none.
	Groups map[string]string
}

// MaxFileBytes bounds a tenants file: some 200,000 rules.
const MaxFileBytes = 16 << 20

// Load reads a tenants file: YAML where its name ends in .yaml or .yml, otherwise CSV. Errors name every fault, each
// with file:line:column.
//
// CSV has a header; its columns may stand in any order, and from, to and group may be left out:
//
//	match,value,tenant,from,to,group
//	microvm_id,mvm-0a1b2c,acme,,,Engineering/Platform
//	image,acme-*,acme,2026-10-01,2026-11-01,
//	role,arn:aws:iam::123456789012:role/tenant-b,bravo,,,
//	image,base,(shared),,,
//	,,charlie,,,Sales
//
// A row without match and value names a tenant that is listed even if it spends nothing. The group of a tenant stands
// in one of its rows at least, and nothing else in the others. YAML holds the same:
//
//	rules:
//	  - {microvm_id: mvm-0a1b2c, tenant: acme}
//	  - {image: acme-*, tenant: acme, from: 2026-10-01, to: 2026-11-01}
//	  - {role: "arn:aws:iam::123456789012:role/tenant-b", tenant: bravo}
//	tenants: [charlie]
//	groups:
//	  Engineering:
//	    groups:
//	      Platform: [acme]          # or {tenants: [acme], groups: …}, as deep as needed
//	  Sales: [charlie]
//
// Both take microvm for microvm_id.
func Load(file string, text []byte) (File, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return loadYAML(file, text)
	default:
		return loadCSV(file, text)
	}
}

// Names lists the tenants that rules name or that are listed, in order and each once.
func (f File) Names() []string {
	names := slices.Clone(f.Known)
	for _, rule := range f.Rules {
		if rule.Tenant != Shared {
			names = append(names, rule.Tenant)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Cuts are the moments inside a span at which rules begin or cease to hold, so that between two of them the same
// rules hold.
func (f File) Cuts(s civil.Span) []time.Time {
	var cuts []time.Time
	for _, rule := range f.Rules {
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

// holds reports whether a rule holds at a moment.
func (r Rule) holds(moment time.Time) bool {
	return (r.From.IsZero() || !moment.Before(startOf(r.From))) && (r.To.IsZero() || moment.Before(startOf(r.To)))
}

// startOf is the first moment of a date, which must not be zero.
func startOf(date pricing.Date) time.Time { return civil.Day(-date.DaysUntil(time.Unix(0, 0))).UTC() }
