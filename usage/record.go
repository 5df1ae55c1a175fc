package usage

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Record is what one MicroVM used in one period. Its key is (Source, Region, Account, MicroVMID, PeriodStart): a later
// record with the same key takes the place of an earlier one.
type Record struct {
	PeriodStart   time.Time // UTC, a whole second
	PeriodSeconds int64     // length of the period, 1 second to 1 day

	Region    string
	Account   string // AWS account id; "" where it is not known
	MicroVMID string
	Image     string // name or ARN; "" where it is not known
	Tenant    string // as the source names it; "" where it does not
	Role      string // ARN of the execution role; "" where it is not known
	Source    string // what measured it, such as cloudwatch or import

	Amounts Amounts

	Coverage Coverage
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
func (c Coverage) String() string { return coverageNames[c] }

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
	Source, Region, Account, MicroVMID string
	PeriodStart                        int64 // Unix seconds
}

// Key returns the record's key.
func (r Record) Key() Key {
	return Key{r.Source, r.Region, r.Account, r.MicroVMID, r.PeriodStart.Unix()}
}

// Day is the UTC day that the period starts on.
func (r Record) Day() time.Time { return r.PeriodStart.UTC().Truncate(24 * time.Hour) }

const (
	// MaxPeriodSeconds is the longest period: a day.
	MaxPeriodSeconds = 86_400
	// MaxNameBytes is the longest name of a tenant, image or MicroVM.
	MaxNameBytes = 2048
)

// The years that a period can start in: MicroVMs opened in 2026, and a date far off is a slip.
var (
	earliest = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// Check returns everything that is wrong with a record: a missing key, a period that is no whole second, is longer than a
// day, crosses midnight UTC or starts outside 2020 to 2099, a negative quantity, a name that is too long or no UTF-8.
func (r Record) Check() error {
	if r.sound() {
		return nil
	}
	return r.faults()
}

// sound says whether Check has nothing to say, in a tenth of the time.
func (r *Record) sound() bool {
	start := r.PeriodStart.Unix()
	return r.PeriodStart.Nanosecond() == 0 && start >= earliest.Unix() && start < latest.Unix() &&
		r.PeriodSeconds >= 1 && r.PeriodSeconds <= MaxPeriodSeconds && start%MaxPeriodSeconds+r.PeriodSeconds <= MaxPeriodSeconds &&
		r.Region != "" && r.MicroVMID != "" && r.Source != "" &&
		soundName(r.Region) && soundName(r.Account) && soundName(r.MicroVMID) && soundName(r.Image) && soundName(r.Tenant) &&
		soundName(r.Role) && soundName(r.Source) &&
		r.Amounts.sound() &&
		int(r.Coverage) < len(coverageNames)
}

// sound reports whether no amount is below zero: the sign bits of all of them, in one comparison.
func (a *Amounts) sound() bool {
	var all int64
	for _, amount := range a {
		all |= amount
	}
	return all >= 0
}

func soundName(name string) bool {
	return len(name) <= MaxNameBytes && utf8.ValidString(name) && strings.IndexByte(name, 0) < 0
}

func (r Record) faults() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch {
	case r.PeriodStart.Nanosecond() != 0:
		fault("period_start %s is not a whole second", r.PeriodStart.UTC().Format(time.RFC3339Nano))
	case r.PeriodStart.Before(earliest) || !r.PeriodStart.Before(latest):
		fault("period_start %s is not in the years 2020 to 2099", r.PeriodStart.UTC().Format(time.RFC3339))
	case r.PeriodSeconds < 1 || r.PeriodSeconds > MaxPeriodSeconds:
		fault("period_seconds %d is not from 1 to %d", r.PeriodSeconds, MaxPeriodSeconds)
	case r.PeriodStart.Add(time.Duration(r.PeriodSeconds) * time.Second).After(r.Day().AddDate(0, 0, 1)):
		fault("the period from %s of %d s crosses midnight UTC; split it there", r.PeriodStart.UTC().Format(time.RFC3339), r.PeriodSeconds)
	}
	for _, name := range []struct{ field, value string }{
		{"region", r.Region}, {"microvm_id", r.MicroVMID}, {"source", r.Source},
	} {
		if name.value == "" {
			fault("%s is missing", name.field)
		}
	}
	for _, name := range []struct{ field, value string }{
		{"region", r.Region},
		{"account", r.Account},
		{"microvm_id", r.MicroVMID},
		{"image", r.Image},
		{"tenant", r.Tenant},
		{"role", r.Role},
		{"source", r.Source},
	} {
		if len(name.value) > MaxNameBytes {
			fault("%s is longer than %d bytes", name.field, MaxNameBytes)
		}
		if !utf8.ValidString(name.value) || strings.ContainsRune(name.value, 0) {
			fault("%s is not valid UTF-8 text", name.field)
		}
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
