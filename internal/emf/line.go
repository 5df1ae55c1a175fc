package emf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// Line is what a MicroVM used in one period.
type Line struct {
	// Life is drawn at random for each life of a MicroVM: 32 lower-case hexadecimal digits. Sequence counts the lines of a
	// life from 1.
	Life     string
	Sequence int64
	Event    Event

	// Names are as Name makes them; "" where not known, which MicroVMID never is.
	MicroVMID    string
	Tenant       string
	Image        string
	ImageVersion string
	Region       string
	Account      string
	Role         string // ARN of the execution role

	// Arch is the architecture that the MicroVM's compute is billed as; unknown in lines of meters from before it.
	Arch pricing.Arch

	// TenantProof is what the control plane gave the MicroVM to show that it named the tenant: an HMAC-SHA256 in 64
	// lower-case hexadecimal digits, or "". It proves the tenant as it was before Name, which Decoded gives back but for
	// names that were cut. Only who has the key can tell whether it does.
	TenantProof string

	PeriodStart, PeriodEnd int64 // Unix milliseconds, half-open

	Amounts usage.Amounts

	DroppedLines int64    // lines of this life that were lost before this one
	Notes        []string // what a reader should know: see the constants; nil where there is nothing

	Publication
}

// Publication says which metrics CloudWatch makes of a line.
type Publication struct {
	Namespace  string
	Metrics    MetricSet
	PerMicroVM bool // besides [Tenant, Image] also [Tenant, Image, MicrovmId]
}

// Sets is how many sets of dimensions the metrics have.
func (p Publication) Sets() int {
	switch {
	case p.Metrics == NoMetrics:
		return 0
	case p.PerMicroVM:
		return 2
	default:
		return 1
	}
}

// Faulty reports whether the meter itself says that something was wrong with it. What such a line says is the best that
// there is; how much was really used in its period is unknown.
func (l *Line) Faulty() bool {
	return slices.ContainsFunc(l.Notes, func(note string) bool { return slices.Contains(faultNotes, note) })
}

// Start is the period's start, which is also the timestamp of the metrics.
func (l *Line) Start() time.Time { return time.UnixMilli(l.PeriodStart).UTC() }

// End is the end of the period, exclusive.
func (l *Line) End() time.Time { return time.UnixMilli(l.PeriodEnd).UTC() }

// Grain is what the period lies within, in milliseconds of UTC: a minute, or five while suspended.
func (e Event) Grain() int64 {
	if e == Suspended {
		return 5 * 60_000
	}
	return 60_000
}

// Unnamed begins the MicroVMID of a meter that was not told its MicroVM's id; the id of a life follows.
const Unnamed = "unnamed-"

const (
	// MaxValue is the greatest number in a line: CloudWatch's metrics are floats, in which no greater one is exact.
	MaxValue = 1<<53 - 1

	maxNotes    = 16
	maxNote     = 40
	lifeDigits  = 32
	proofDigits = 64
	maxSequence = MaxValue
)

// The years a period can lie in, as those of usage.Record.
var (
	earliest = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	latest   = time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

// named is a member of the line that holds a name.
type named struct {
	member   string
	value    *string
	absent   string // what stands for "", where the member must have a value
	required bool
}

const nameCount = 7

func (l *Line) names() [nameCount]named {
	return [nameCount]named{
		{DimensionMicroVMID, &l.MicroVMID, "", true},
		{DimensionTenant, &l.Tenant, NoTenant, false},
		{DimensionImage, &l.Image, NoImage, false},
		{"ImageVersion", &l.ImageVersion, "", false},
		{"Region", &l.Region, "", false},
		{"Account", &l.Account, "", false},
		{"Role", &l.Role, "", false},
	}
}

// Check returns everything that is wrong with a line: a period that crosses its grain, ends before it starts or lies
// outside 2020 to 2099, a number below zero or above MaxValue, a name that is not as Name makes it, a life or sequence
// that is none.
func (l *Line) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !isLife(l.Life) {
		fault("Life %.40q is not %d hexadecimal digits", l.Life, lifeDigits)
	}
	if l.Sequence < 1 || l.Sequence > maxSequence {
		fault("Sequence %d is not from 1 on", l.Sequence)
	}
	if !slices.Contains(events, l.Event) {
		fault("event %.40q does not exist", l.Event)
	}
	for _, name := range l.names() {
		switch {
		case *name.value == "" && name.required:
			fault("%s is missing", name.member)
		case *name.value != "" && !isName(*name.value):
			fault("%s is not 1 to %d printable ASCII characters", name.member, MaxName)
		case *name.value == name.absent && name.absent != "":
			fault("%s %s stands for one that is not known", name.member, name.absent)
		}
	}
	if !l.Arch.Valid() {
		fault("Arch %.40q does not exist", l.Arch)
	}
	if l.TenantProof != "" && !IsProof(l.TenantProof) {
		fault("TenantProof %.80q is not %d lower-case hexadecimal digits", l.TenantProof, proofDigits)
	}
	switch grain := l.Event.Grain(); {
	case l.PeriodStart < earliest || l.PeriodEnd >= latest:
		fault("the period from %d to %d is not in the years 2020 to 2099", l.PeriodStart, l.PeriodEnd)
	case l.PeriodEnd < l.PeriodStart:
		fault("PeriodEnd %d is before PeriodStart %d", l.PeriodEnd, l.PeriodStart)
	case l.PeriodEnd > l.PeriodStart && (l.PeriodEnd-1)/grain != l.PeriodStart/grain:
		fault("the period from %d to %d crosses a boundary of %d s", l.PeriodStart, l.PeriodEnd, grain/1000)
	}
	for i, value := range l.Amounts {
		if value < 0 || value > MaxValue {
			fault("%s %d is not from 0 to 2^53 - 1", metrics[i].Name, value)
		}
	}
	if l.DroppedLines < 0 || l.DroppedLines > MaxValue {
		fault("DroppedLines %d is not from 0 to 2^53 - 1", l.DroppedLines)
	}
	if len(l.Notes) > maxNotes {
		fault("%d notes are more than %d", len(l.Notes), maxNotes)
	}
	for _, note := range l.Notes {
		if !isNote(note) {
			fault("%.60q is not a note", note)
		}
	}
	if !isName(l.Namespace) || l.Namespace[0] == ':' || len(l.Namespace) > MaxNamespace {
		fault("%.60q is not a namespace: 1 to %d printable ASCII characters", l.Namespace, MaxNamespace)
	}
	if int(l.Metrics) >= len(metricSetNames) {
		fault("metric set %d does not exist", l.Metrics)
	}
	if l.Metrics == NoMetrics && l.PerMicroVM {
		fault("metrics per MicroVM are asked for, and none are published")
	}
	return errors.Join(faults...)
}

func isLife(s string) bool { return isHex(s, lifeDigits) }

// IsProof reports whether s has the form of Line.TenantProof.
func IsProof(s string) bool { return isHex(s, proofDigits) }

func isHex(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}

func isNote(s string) bool {
	return s != "" && len(s) <= maxNote && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}
