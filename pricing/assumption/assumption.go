// Package assumption is the register of what figures rest on that nobody has established, and of every warning: each
// has a stable id and is worded once, in register.yaml, with what it moves and what is known. It is the program's own
// and promises nothing. docs/assumptions.md shows it to readers. Outputs print a [Note] of it; which notes apply is for
// those who make the figures.
package assumption

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// ID names something that figures rest on and that nobody has established, or a warning, by its entry in
// register.yaml. Whatever shows it asks for its [Note].
type ID string

// The entries of register.yaml, in its order. A test sees to it that each entry has a constant and each constant an
// entry.
const (
	TransitionBilling      ID = "transition-billing"
	LaunchRead             ID = "launch-read"
	ImageBuilds            ID = "image-builds"
	SuspendMinimum         ID = "suspend-minimum"
	NoFreeTier             ID = "no-free-tier"
	NoFreeTierNoPlan       ID = "no-free-tier-no-plan"
	SavingsPlanCovers      ID = "savings-plan-covers"
	ImageMinimum           ID = "image-minimum"
	ImageSize              ID = "image-size"
	StateSize              ID = "state-size"
	LaunchesDefault        ID = "launches-default"
	BurstEnvelope          ID = "burst-envelope"
	WorkParallel           ID = "work-parallel"
	WorkBaseline           ID = "work-baseline"
	Range                  ID = "range"
	IdleTimeout            ID = "idle-timeout"
	TraceMonth             ID = "trace-month"
	TraceEnd               ID = "trace-end"
	TracePeriod            ID = "trace-period"
	TraceUsers             ID = "trace-users"
	Period                 ID = "period"
	ByTheMinute            ID = "by-the-minute"
	FilesJoined            ID = "files-joined"
	LedgerGaps             ID = "ledger-gaps"
	LedgerGapsRecorded     ID = "ledger-gaps-recorded"
	CurrentTimeout         ID = "current-timeout"
	NoBurst                ID = "no-burst"
	Latency                ID = "latency"
	LastRequest            ID = "last-request"
	ZeroDuration           ID = "zero-duration"
	AlternativesBaseline   ID = "alternatives-baseline"
	JobsInTurn             ID = "jobs-in-turn"
	CIJobs                 ID = "ci-jobs"
	FargateTasks           ID = "fargate-tasks"
	AllAtOnce              ID = "all-at-once"
	BurstableCPU           ID = "burstable-cpu"
	FunctionTenants        ID = "function-tenants"
	FargateUSRegions       ID = "fargate-us-regions"
	WholeVCPUs             ID = "whole-vcpus"
	SandboxDisk            ID = "sandbox-disk"
	SandboxDiskUnpriced    ID = "sandbox-disk-unpriced"
	BilledBasis            ID = "billed-basis"
	MeasuredUsage          ID = "measured-usage"
	AgreedRates            ID = "agreed-rates"
	RatesBeforeFirst       ID = "rates-before-first"
	TenantAsserted         ID = "tenant-asserted"
	BeyondQuota            ID = "beyond-quota"
	NotListed              ID = "not-listed"
	NotRunning             ID = "not-running"
	DoubtsMore             ID = "doubts-more"
	SharedCost             ID = "shared-cost"
	SharedCostRow          ID = "shared-cost-row"
	Unallocated            ID = "unallocated"
	Coverage               ID = "coverage"
	NoTax                  ID = "no-tax"
	UnknownRate            ID = "unknown-rate"
	DamagedFile            ID = "damaged-file"
	Baseline               ID = "baseline"
	Attribution            ID = "attribution"
	Whose                  ID = "whose"
	Shared                 ID = "shared"
	RunRate                ID = "run-rate"
	WeekdayMean            ID = "weekday-mean"
	Transitions            ID = "transitions"
	StartedAt              ID = "started-at"
	HalfWay                ID = "half-way"
	OneChange              ID = "one-change"
	BaselineOnly           ID = "baseline-only"
	ImageWeek              ID = "image-week"
	LogReadFree            ID = "log-read-free"
	ListMetricsPrice       ID = "list-metrics-price"
	MicroVMAsserted        ID = "microvm-asserted"
	LogIngestPrice         ID = "log-ingest-price"
	BucketRequestPrice     ID = "bucket-request-price"
	LogStoragePrice        ID = "log-storage-price"
	BurstMeasure           ID = "burst-measure"
	MonthAtThisPace        ID = "month-at-this-pace"
	SameUsage              ID = "same-usage"
	IdleTimeoutNow         ID = "idle-timeout-now"
	IdleTimeoutRecorded    ID = "idle-timeout-recorded"
	IdleBaseline           ID = "idle-baseline"
	IdleNoSuspends         ID = "idle-no-suspends"
	IdleModel              ID = "idle-model"
	IdleMemoryless         ID = "idle-memoryless"
	IdleShorter            ID = "idle-shorter"
	IdlePauses             ID = "idle-pauses"
	IdleCheapest           ID = "idle-cheapest"
	IdleNotRead            ID = "idle-not-read"
	SizeMeasured           ID = "size-measured"
	SizeScales             ID = "size-scales"
	StateScales            ID = "state-scales"
	AdviseMonth            ID = "advise-month"
	IdleTimeoutImplied     ID = "idle-timeout-implied"
	IdlePausesMeasured     ID = "idle-pauses-measured"
	IdleUnseen             ID = "idle-unseen"
	StateAverage           ID = "state-average"
	ArchSameTime           ID = "arch-same-time"
	PeakHour               ID = "peak-hour"
	TaskRunsOn             ID = "task-runs-on"
	SuspendedWithoutCycles ID = "suspended-without-cycles"
	SnapshotArch           ID = "snapshot-arch"
	ArchAssumed            ID = "arch-assumed"
	NoLaunches             ID = "no-launches"
	LifeCap                ID = "life-cap"
	StaleRates             ID = "stale-rates"
	RegionUnlisted         ID = "region-unlisted"
	UnknownAlternative     ID = "unknown-alternative"
	UnseenGaps             ID = "unseen-gaps"
	NeverPays              ID = "never-pays"
	BelowMinimum           ID = "below-minimum"
	BeyondLife             ID = "beyond-life"
	ShortTrace             ID = "short-trace"
	LessThanADay           ID = "less-than-a-day"
	PeriodTooShort         ID = "period-too-short"
	UnderAMinute           ID = "under-a-minute"
	Overlaps               ID = "overlaps"
	Rounded                ID = "rounded"
	Unended                ID = "unended"
	IgnoredColumns         ID = "ignored-columns"
	NotKept                ID = "not-kept"
	TooLittle              ID = "too-little"
	LivesDiffer            ID = "lives-differ"
	Limits                 ID = "limits"
)

// Facts are an entry of the register.
type Facts struct {
	// ID is what outputs print; "" where it is the entry's own name. Two entries share an id where one assumption has
	// forms that need different figures.
	ID       string `yaml:"id"`
	Text     string `yaml:"text"`     // a clause without a full stop; %s stands for a figure
	Measured string `yaml:"measured"` // for measured usage, where that is worded differently
	Moves    string `yaml:"moves"`    // which figures would change
	Source   string `yaml:"source"`   // what is known
	Warning  bool   `yaml:"warning"`
}

//go:embed register.yaml
var registerText []byte

// register is parsed on first use and never changed.
var register = sync.OnceValue(func() map[ID]Facts {
	var entries map[ID]Facts
	if err := yaml.Load(registerText, &entries, yaml.WithKnownFields()); err != nil {
		panic("pricing/assumption/register.yaml: " + err.Error()) // it is embedded, and a test reads it
	}
	for name, entry := range entries {
		if entry.ID == "" {
			entry.ID = string(name)
			entries[name] = entry
		}
	}
	return entries
})

// Facts are the assumption's entry, with its id. They are empty for one that is not registered.
func (id ID) Facts() Facts { return register()[id] }

// Note words the assumption as a sentence with the given figures.
func (id ID) Note(figures ...any) Note { return id.note(id.Facts().Text+".", figures) }

// Clause is [ID.Note] without a full stop, for outputs that set it themselves.
func (id ID) Clause(figures ...any) Note { return id.note(id.Facts().Text, figures) }

// Measured is [ID.Clause] as it is worded for measured usage.
func (id ID) Measured(figures ...any) Note { return id.note(id.Facts().Measured, figures) }

func (id ID) note(text string, figures []any) Note {
	for i, figure := range figures {
		figures[i] = fmt.Sprint(figure)
	}
	return Note{id.Facts().ID, fmt.Sprintf(text, figures...)}
}

// Note is an assumption or a warning as it is printed: a stable id and what it says.
type Note struct{ ID, Text string }

// String writes the note as a line: its id and what it says.
func (n Note) String() string { return n.ID + ": " + n.Text }

// Clause is the note without a full stop.
func (n Note) Clause() Note { return Note{n.ID, strings.TrimSuffix(n.Text, ".")} }

// Sentence is the note with a capital letter and a full stop.
func (n Note) Sentence() Note {
	if n.Text == "" {
		return n
	}
	return Note{n.ID, strings.ToUpper(n.Text[:1]) + strings.TrimSuffix(n.Text[1:], ".") + "."}
}
