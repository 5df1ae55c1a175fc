package emf

import (
	"slices"

	"microspend/pricing"
	"microspend/usage"
)

const (
	// Schema is the name and version of the line, in its member of that name.
	Schema = "microspend.meter/v1"

	// schemaFamily begins the name of every version.
	schemaFamily = "microspend.meter/"

	// DefaultNamespace is the CloudWatch namespace of the meter's metrics.
	DefaultNamespace = "microspend"

	// NoTenant stands for a tenant that is not known: a dimension must have a value.
	NoTenant = "(unallocated)"

	// NoImage stands for an image that is not known.
	NoImage = "(unknown)"
)

// The dimensions of the metrics, which are also members of the line.
const (
	DimensionTenant    = "Tenant"
	DimensionImage     = "Image"
	DimensionMicroVMID = "MicrovmId"
)

// Metric is one number of a line, and a CloudWatch metric where the line publishes it. Its statistic is Sum.
type Metric struct {
	Name   string
	Unit   string // in CloudWatch's spelling
	Billed bool   // one of the five billed quantities
}

// Metrics returns every number of a line, the billed ones first.
func Metrics() []Metric { return append([]Metric(nil), metrics[:]...) }

const (
	metricCount = usage.MeasureCount
	billedCount = pricing.QuantityCount
)

// metrics are by measure, and never written to.
var metrics = [metricCount]Metric{
	{"VCPUMilliseconds", "Milliseconds", true},       // vCPU × milliseconds
	{"MemoryMiBMilliseconds", "None", true},          // MiB × milliseconds
	{"SnapshotReadBytes", "Bytes", true},             // read by launches and resumes
	{"SnapshotWriteBytes", "Bytes", true},            // written by suspends
	{"SnapshotStorageByteSeconds", "None", true},     // bytes × seconds of suspended state
	{"RunningMilliseconds", "Milliseconds", false},   // in state RUNNING
	{"SuspendedMilliseconds", "Milliseconds", false}, // in state SUSPENDED
	{"Launches", "Count", false},
	{"Suspends", "Count", false},
	{"Resumes", "Count", false},
}

// MetricSet says which numbers of a line become metrics, each of which CloudWatch bills per set of dimension values.
type MetricSet uint8

// The sets. The zero value is the usual one.
const (
	BilledMetrics MetricSet = iota // the five billed quantities
	AllMetrics                     // all ten
	NoMetrics                      // none: the lines are read from the log
)

var metricSetNames = [...]string{BilledMetrics: "billed", AllMetrics: "all", NoMetrics: "none"}

// String is the word used in flags: billed, all or none.
func (s MetricSet) String() string { return metricSetNames[s] }

// MetricSetNames are the words that [ParseMetricSet] reads.
func MetricSetNames() []string { return slices.Clone(metricSetNames[:]) }

// ParseMetricSet reads the word used in flags.
func ParseMetricSet(word string) (MetricSet, bool) {
	i := slices.Index(metricSetNames[:], word)
	return MetricSet(max(i, 0)), i >= 0
}

// Metrics are the metrics in the set.
func (s MetricSet) Metrics() []Metric { return Metrics()[:s.Count()] }

// Count is how many metrics are in the set.
func (s MetricSet) Count() int {
	switch s {
	case AllMetrics:
		return metricCount
	case NoMetrics:
		return 0
	default:
		return billedCount
	}
}

// Event is what ended a line's period, by the word in the line.
type Event string

// The events.
const (
	Interval  Event = "interval"  // a minute of UTC was over, the clock was set, or the meter was stopped
	Launch    Event = "launch"    // the MicroVM was started from its image; a period of no length
	Suspend   Event = "suspend"   // the MicroVM is about to be suspended
	Suspended Event = "suspended" // nothing ended: time that passed while suspended, found at the resume
	Resume    Event = "resume"    // the MicroVM was resumed; a period of no length
	Terminate Event = "terminate" // the MicroVM is about to be terminated
)

// events are never written to.
var events = []Event{Interval, Launch, Suspend, Suspended, Resume, Terminate}

// Notes that a line can carry. Readers accept others, which later meters may add.
const (
	NoteTenantMissing    = "tenant-missing"     // neither flag, environment nor payload names a tenant
	NoteProofUnreadable  = "proof-unreadable"   // the payload's proof of the tenant is not one: it is left out
	NoteNameChanged      = "name-changed"       // a name was not printable ASCII or too long; see Name
	NoteRunUnreadable    = "run-unreadable"     // the run hook's body was not as AWS documents it
	NoteLaunchUnseen     = "launch-unseen"      // metering began without a run hook
	NoteImageSizeUnknown = "image-size-unknown" // what the launch read is not in SnapshotReadBytes
	NoteBaselineInferred = "baseline-inferred"  // the baseline was worked out from the memory that the guest sees
	NoteBurstUnknown     = "burst-unknown"      // CPU or memory could not be read: the baseline alone is counted
	NoteUnannounced      = "unannounced"        // a jump of the clock was taken as a suspend that no hook announced
	NoteResumeUnseen     = "resume-unseen"      // no resume hook came; the clock showed that the MicroVM runs again
	NoteSuspendUndone    = "suspend-undone"     // after a suspend hook the MicroVM ran on
	NoteTerminateUndone  = "terminate-undone"   // after a terminate hook the MicroVM ran on
	NoteRunRefused       = "run-refused"        // a run hook named another MicroVM, tenant or budget than the first one
	NoteClockStepped     = "clock-stepped"      // the wall clock was set
	NoteClockUncorrected = "clock-uncorrected"  // the wall clock may not have been set after a snapshot
	// how long the MicroVM was suspended could not be told: it is not counted
	NoteSuspendedUnknown  = "suspended-unknown"
	NoteMeterStopped      = "meter-stopped"       // the meter was stopped; the MicroVM may run on
	NoteLinesDropped      = "lines-dropped"       // standard output did not take earlier lines: see DroppedLines
	NoteMeasuredForCgroup = "measured-for-cgroup" // CPU and memory are those of the meter's cgroup, not of the whole guest
	NoteBudgetUnreadable  = "budget-unreadable"   // a limit of the run hook's payload could not be read; the flags' hold
	NoteBudgetThreshold   = "budget-threshold"    // a threshold of the meter's --at was reached
	NoteBudgetExhausted   = "budget-exhausted"    // the dollars, the running time or the life were used up

	// Notes of lines that are not to be trusted: see Line.Faulty.
	NoteSettingsIgnored = "settings-ignored" // a setting could not be used; its default took its place
	NoteHooksUnserved   = "hooks-unserved"   // the hooks' port could not be had: launches and suspends are told by the clock
	NoteMeterFault      = "meter-fault"      // a part of the meter failed and was started again
)

// faultNotes are never written to.
var faultNotes = []string{NoteSettingsIgnored, NoteHooksUnserved, NoteMeterFault}
