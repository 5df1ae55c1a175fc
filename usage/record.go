package usage

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"microspend/internal/figures"
)

// Record is what one resource used in one period. Its key is (Source, Region, Account, Resource, PeriodStart): a later
// record with the same key takes the place of an earlier one.
type Record struct {
	PeriodStart   time.Time // UTC, a whole second
	PeriodSeconds int64     // length of the period, 1 second to 1 day

	Region   string
	Account  string // AWS account id; "" where it is not known
	Resource Resource
	Image    string // name or ARN; "" where it is not known
	Arch     Arch
	Tenant   string   // as the source names it; "" where it does not
	TenantBy TenantBy // whose word that is
	Role     string   // ARN of the execution role; "" where it is not known
	Source   string   // what measured it, such as cloudwatch or import

	Amounts Amounts

	Coverage Coverage
}

// NameCount is how many names a record has.
const NameCount = 9

// nameColumns are the columns of a record's names, in CSV files and in the ledger's.
var nameColumns = [NameCount]string{
	"region",
	"account",
	"microvm_id",
	"image",
	"arch",
	"tenant",
	"tenant_by",
	"role",
	"source",
}

// resourceName is the place of the resource's id among the names.
const resourceName = 2

// NameColumns returns the columns of a record's names, in the order of [Record.Names].
func NameColumns() [NameCount]string { return nameColumns }

// Names are the names of a record, to be read or set: what whoever keeps records writes besides time, amounts,
// coverage and the resource's kind.
func (r *Record) Names() [NameCount]*string {
	return [...]*string{
		&r.Region, &r.Account, &r.Resource.ID, &r.Image, (*string)(&r.Arch), &r.Tenant, (*string)(&r.TenantBy),
		&r.Role, &r.Source,
	}
}

// Coverage says how much of a period was seen.
type Coverage uint8

// The coverages. The zero value is what a source that says nothing gets.
const (
	CoverageUnknown Coverage = iota
	CoveragePartial
	CoverageComplete
)

var coverageNames = [...]string{CoverageUnknown: "unknown", CoveragePartial: "partial", CoverageComplete: "complete"}

// String is the word used in files: unknown, partial or complete.
func (c Coverage) String() string { return figures.Word("coverage", coverageNames[:], c) }

// ParseCoverage reads the word used in files.
func ParseCoverage(word string) (Coverage, error) {
	for c, name := range coverageNames {
		if word == name {
			return Coverage(c), nil
		}
	}
	return 0, fmt.Errorf("%.40q is not a coverage; coverages are complete, partial and unknown", word)
}

// Key identifies a record.
type Key struct {
	Source, Region, Account string
	Resource                Resource
	PeriodStart             int64 // Unix seconds
}

// Key returns the record's key.
func (r *Record) Key() Key {
	return Key{r.Source, r.Region, r.Account, r.Resource, r.PeriodStart.Unix()}
}

// Day is the UTC day that the period starts on.
func (r *Record) Day() time.Time { return r.PeriodStart.UTC().Truncate(24 * time.Hour) }

const (
	// MaxPeriodSeconds is the longest period: a day.
	MaxPeriodSeconds = 86_400
	// MaxNameBytes is the longest name of a tenant, image or resource.
	MaxNameBytes = 2048
)

// The years that a period can start in: MicroVMs opened in 2026, and a date far off is a slip.
var (
	earliest = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	latest   = time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// Check returns everything that is wrong with a record: a missing key, a period that is no whole second, is longer
// than a day, crosses midnight UTC or starts outside 2020 to 2099, a negative amount, a name that is too long or not
// UTF-8, a kind, architecture or coverage that does not exist.
//
// Imports check every record, so a sound one must take no longer than comparing its fields does.
func (r *Record) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	start := r.PeriodStart.Unix()
	switch {
	case r.PeriodStart.Nanosecond() != 0:
		fault("period_start %s is not a whole second", r.PeriodStart.UTC().Format(time.RFC3339Nano))
	case start < earliest || start >= latest:
		fault("period_start %s is not in the years 2020 to 2099", r.PeriodStart.UTC().Format(time.RFC3339))
	case r.PeriodSeconds < 1 || r.PeriodSeconds > MaxPeriodSeconds:
		fault("period_seconds %d is not from 1 to %d", r.PeriodSeconds, MaxPeriodSeconds)
	case start%MaxPeriodSeconds+r.PeriodSeconds > MaxPeriodSeconds:
		fault("the period from %s of %d s crosses midnight UTC; split it there", r.PeriodStart.UTC().Format(time.RFC3339),
			r.PeriodSeconds)
	}
	if r.Region == "" {
		fault("region is missing")
	}
	switch {
	case int(r.Resource.Kind) >= len(kindNames):
		fault("kind of resource %d does not exist", r.Resource.Kind)
	case r.Resource.ID == "" && r.Resource.Kind != KindImage:
		fault("microvm_id is missing")
	case r.Resource != ParseResource(r.Resource.String()): // or it would become another one in a CSV file
		fault("microvm_id %.40q is not the id of a resource of kind %s", r.Resource.ID, r.Resource.Kind)
	}
	if r.Source == "" {
		fault("source is missing")
	}
	for i, name := range r.Names() {
		if *name == "" { // as most records have a name or two that their source does not know
			continue
		}
		if len(*name) > MaxNameBytes {
			fault("%s is longer than %d bytes", nameColumns[i], MaxNameBytes)
		}
		if !isPlain(*name) && (!utf8.ValidString(*name) || strings.IndexByte(*name, 0) >= 0) {
			fault("%s is not valid UTF-8 text", nameColumns[i])
		}
	}
	if !r.Arch.Valid() {
		fault("unknown arch %.40q; it is arm64, x86_64 or empty", r.Arch)
	}
	if !r.TenantBy.sound() {
		fault("unknown tenant_by %.40q; it is proven, asserted, unverified, guest or empty", r.TenantBy)
	}
	for i, amount := range r.Amounts {
		if amount < 0 {
			fault("%s is %d; it cannot be below zero", Measure(i).Counted().Column, amount)
		}
	}
	if int(r.Coverage) >= len(coverageNames) {
		fault("coverage %d does not exist", r.Coverage)
	}
	return errors.Join(faults...)
}

// isPlain reports whether a text is of ASCII without a NUL, as nearly all names are: eight bytes at a time, since
// imports check every name.
func isPlain(text string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		eight := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
		if (eight|(eight-ones))&high != 0 { // a byte from 128, or one that was 0 before the subtraction
			return false
		}
	}
	for i := range len(text) {
		if text[i] == 0 || text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
