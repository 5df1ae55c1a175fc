package html

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"microspend/internal/lazyregexp"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/view"
)

// PerTenant makes a page for each tenant, with nobody else's data in it, and hands each on under the name of its file.
// What is shared or nobody's has no page. It stops at the first error.
//
// The statement must have been built with [statement.Request.Apart] set and every tenant detailed.
func PerTenant(
	s statement.Statement, write func(name string, render func(io.Writer) error) error,
) (pages int, err error) {
	taken := map[string]string{}
	for i := range s.Tenants {
		t := &s.Tenants[i]
		if t.Kind != spend.KindTenant {
			continue
		}
		name := FileName(t.Tenant)
		if other, ok := taken[name]; ok {
			return pages, fmt.Errorf("the tenants %q and %q would be the same file", view.Visible(other), view.Visible(t.Tenant))
		}
		taken[name] = t.Tenant
		err := write(name, func(w io.Writer) error { return Write(w, s.For(i), Options{}) })
		if err != nil {
			return pages, err
		}
		pages++
	}
	return pages, nil
}

var (
	// plainName is what a file may be called as it is, on every system and whatever other tenants are called. What ends
	// like a fingerprint gets one itself, so that nobody can take another's name.
	plainName      = lazyregexp.New(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	hasFingerprint = lazyregexp.New(`-[0-9a-f]{12}$`)
	// reserved are names that Windows keeps for devices, and that of an index.
	reserved = lazyregexp.New(`^(con|prn|aux|nul|com[0-9]|lpt[0-9]|index)$`)
	notPlain = lazyregexp.New(`[^a-z0-9]+`)
)

const mostNameBytes = 60

// FileName is the file of a tenant's page: made of a to z, digits and dashes, and at most 80 bytes long, whatever the
// tenant is called. A name that is not of this form, or too long, is cut to it and gets a fingerprint, so that names
// that differ in case alone, say, do not meet; two tenants have the same file only where SHA-256 has the same 12
// digits.
func FileName(tenant string) string {
	if len(tenant) <= mostNameBytes && plainName.MatchString(tenant) &&
		!hasFingerprint.MatchString(tenant) && !reserved.MatchString(tenant) {
		return tenant + ".html"
	}
	sum := sha256.Sum256([]byte(tenant))
	name := notPlain.ReplaceAllString(strings.ToLower(tenant), "-")
	name = strings.Trim(name[:min(len(name), mostNameBytes)], "-")
	if name == "" {
		name = "tenant"
	}
	return name + "-" + hex.EncodeToString(sum[:6]) + ".html"
}
