package cloudwatch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/bits"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/internal/emf"
	"microspend/usage"
)

// subjectSeries is a subject with its metrics: bit q is that of quantity q.
type subjectSeries struct {
	mapping.Subject
	metrics uint16
}

// owner is what keys the records of a subject, besides their time.
type owner struct {
	account  string // "" is the target's
	resource usage.Resource
}

// String names an owner as collector.SeriesSource.Series has it.
func (o owner) String() string {
	if o.account != "" {
		return o.account + "/" + o.resource.String()
	}
	return o.resource.String()
}

func ownerOf(s mapping.Subject) owner { return owner{s.Account, resourceOf(s)} }

// resourceOf is what records of a subject are about: its MicroVM, or the fleet of a tenant and an image.
func resourceOf(s mapping.Subject) usage.Resource {
	if s.MicroVM != "" {
		return usage.Resource{ID: fit(s.MicroVM, usage.MaxNameBytes)}
	}
	tenant, image := url.PathEscape(s.Tenant), url.PathEscape(s.Image)
	if len(tenant)+len("/")+len(image) > usage.MaxNameBytes {
		const half = (usage.MaxNameBytes - len("/")) / 2
		tenant, image = fit(tenant, half), fit(image, half)
	}
	return usage.Resource{Kind: usage.KindFleet, ID: tenant + "/" + image}
}

// fit shortens a name that is longer than a record may have it, so that no usage is lost to a long name: it is cut, and
// ends in a tilde and part of its SHA-256, as the meter's own names do. The same name always becomes the same.
func fit(name string, most int) string {
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	end := "~" + hex.EncodeToString(sum[:16])
	cut := most - len(end)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	if escape := strings.LastIndexByte(name[max(0, cut-2):cut], '%'); escape >= 0 && cut >= 2 {
		cut += escape - 2
	}
	return name[:cut] + end
}

// someTime is a time that a record can have.
var someTime = time.Date(2026, time.June, 22, 0, 0, 0, 0, time.UTC)

// nameOf is a dimension's value as a record has it. One that is no text is encoded, as the meter does.
func nameOf(value string) string {
	if !utf8.ValidString(value) || strings.IndexByte(value, 0) >= 0 {
		value, _ = emf.Name(value)
	}
	return fit(value, usage.MaxNameBytes)
}

// isCut reports whether a record cannot have all of a subject's names.
func isCut(s mapping.Subject) bool {
	longest := max(len(s.Tenant), len(s.Image), len(s.MicroVM), len(s.Role))
	fleet := s.MicroVM == "" && len(url.PathEscape(s.Tenant))+len("/")+len(url.PathEscape(s.Image)) > usage.MaxNameBytes
	return longest > usage.MaxNameBytes || fleet
}

// base is a record of a subject without its time and amounts.
func (m *mapped) base(target collector.Target, s mapping.Subject) usage.Record {
	tenant, image := unless(s.Tenant, emf.NoTenant), unless(s.Image, emf.NoImage)
	if m.fromMeter {
		tenant, image = emf.Decoded(tenant), emf.Decoded(image)
	}
	return usage.Record{
		Region: target.Region, Account: cmp.Or(s.Account, target.Account), Resource: resourceOf(s),
		Image: nameOf(image), Tenant: nameOf(tenant), Role: nameOf(s.Role), Source: SourceName,
	}
}

// assert says whose word the names of a record are. A dimension has no room for a proof.
func (m *mapped) assert(r *usage.Record) {
	name, _ := m.tenants.Record(r.Tenant, false)
	r.Tenant, r.TenantBy = nameOf(name), usage.TenantGuest
}

// unless is a name, or none where it is the one that stands for none: a dimension must have a value.
func unless(name, none string) string {
	if name == none {
		return ""
	}
	return name
}

// subjectOf is the subject that a record is of: the inverse of base and assert, whatever the trust was when the record
// was made. It is false where no subject has such a record, or where names were cut.
func (m *mapped) subjectOf(target collector.Target, r collector.Recorded) (mapping.Subject, bool) {
	plain, marked := r, false
	if plain.Tenant, marked = usage.Asserted(r.Tenant); marked {
		if s, ok := m.subjectNamed(target, plain); ok {
			return s, ok
		}
	}
	return m.subjectNamed(target, r)
}

func (m *mapped) subjectNamed(target collector.Target, r collector.Recorded) (mapping.Subject, bool) {
	dimension := func(has string, name, none string) string {
		switch {
		case has == "":
			return ""
		case m.fromMeter:
			name, _ = emf.Name(name)
		}
		return cmp.Or(name, none)
	}
	s := mapping.Subject{
		Tenant: dimension(m.Dimensions.Tenant, r.Tenant, emf.NoTenant),
		Image:  dimension(m.Dimensions.Image, r.Image, emf.NoImage), Account: unless(r.Account, target.Account),
	}
	if m.Dimensions.Role != "" {
		s.Role = r.Role
	}
	if m.Dimensions.MicroVM != "" {
		s.MicroVM = r.Resource.ID
	}
	base := m.base(target, s)
	return s, base.Resource == r.Resource && base.Tenant == r.Tenant && base.Image == r.Image && base.Role == r.Role
}

// checkSubject says why no record can be of a subject.
func (m *mapped) checkSubject(target collector.Target, s mapping.Subject) error {
	if m.Dimensions.MicroVM != "" && s.MicroVM == "" {
		return fmt.Errorf("its %s is empty", m.Dimensions.MicroVM)
	}
	r := m.base(target, s)
	r.PeriodStart, r.PeriodSeconds = someTime, 60
	return r.Check()
}

// groups cuts subjects in order into those of one owner each.
func groups(subjects []subjectSeries) (all [][]subjectSeries) {
	for len(subjects) > 0 {
		of, n := ownerOf(subjects[0].Subject), 1
		for n < len(subjects) && ownerOf(subjects[n].Subject) == of {
			n++
		}
		all, subjects = append(all, subjects[:n:n]), subjects[n:]
	}
	return all
}

func queriesOf(subjects []subjectSeries) (n int) {
	for _, s := range subjects {
		n += bits.OnesCount16(s.metrics)
	}
	return n
}

// all are the quantities of a mapping as a set.
func (m *mapped) all() (metrics uint16) {
	for _, metric := range m.Metrics {
		metrics |= 1 << metric.Quantity
	}
	return metrics
}

// describe names a subject in messages: {Tenant=acme, Image=web}. All of its dimensions are there and long values are
// cut, each with a checksum: the runner cuts what is longer than 200 bytes at its end, where the MicroVM is.
func (m *mapped) describe(s mapping.Subject) string {
	names, values := m.Names(), m.Values(s)
	within := func(limit int) string {
		dimensions := make([]string, len(names))
		for i := range names {
			dimensions[i] = names[i] + "=" + cut(values[i], limit)
		}
		return "{" + strings.Join(dimensions, ", ") + "}"
	}
	text := within(most)
	if len(text) > most {
		text = within(20)
	}
	if s.Account != "" {
		text += " of account " + s.Account
	}
	return text
}

// most is how many bytes of a name are shown: nobody reads a thousand.
const most = 120

// shown is a name in a message.
func shown(name string) string { return cut(name, most) }

// cut shortens a name. Those that begin alike stay apart by a checksum.
func cut(name string, limit int) string {
	valid := strings.ToValidUTF8(name, "\uFFFD")
	if len(valid) <= limit {
		return valid
	}
	at := limit
	for !utf8.RuneStart(valid[at]) {
		at--
	}
	return fmt.Sprintf(
		"%s… (%d characters, %08x)",
		valid[:at],
		utf8.RuneCountInString(valid),
		crc32.ChecksumIEEE([]byte(name)),
	)
}

// sortSubjects puts subjects into the order in which the ledger keeps their records, which is less work for it. Those
// of one owner are neighbors.
func sortSubjects(subjects []subjectSeries) {
	type keyed struct {
		resource usage.Resource
		subjectSeries
	}
	all := make([]keyed, len(subjects))
	for i, s := range subjects {
		all[i] = keyed{resourceOf(s.Subject), s}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		return cmp.Or(
			a.resource.Compare(b.resource), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Tenant, b.Tenant),
			cmp.Compare(a.Image, b.Image), cmp.Compare(a.MicroVM, b.MicroVM), cmp.Compare(a.Role, b.Role),
		)
	})
	for i, s := range all {
		subjects[i] = s.subjectSeries
	}
}
