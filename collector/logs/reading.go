package logs

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"microspend/collector"
	"microspend/internal/civil"
	"microspend/internal/emf"
	"microspend/internal/tenantproof"
	"microspend/usage"
)

// What the summary counts.
const (
	countLines      = "lines of the meter"
	countTwice      = "lines that came twice and count once"
	countContradict = "lines that contradict one with the same number, which counts"
	countDisorder   = "lines out of order"
	countMissing    = "lines that are missing"
	countBeginning  = "lives whose earlier lines are missing"
	countTenants    = "periods in which a MicroVM's tenant changed, of which the last counts"
	countOverfull   = "periods that lines are about for longer than they last, as of two meters in one MicroVM"
	countImpossible = "lines that say more than a MicroVM can use, which do not count"
	countStream     = "lines that name another MicroVM than their log stream is of, which do not count"
	countElsewhere  = "lines that name another account or region than they were read in, which do not count"
	countImage      = "lines that name another image than their log group is of, whose image counts"
	countAsserted   = "lines whose MicroVM is their own word, as log_stream is any"
	countShared     = "periods of a MicroVM in several log streams"
	countUntimely   = "lines about a time that they cannot be about when they were printed, which do not count"
	countLate       = "lines that CloudWatch Logs took in more than 5 minutes after they were printed"
	countNoEvent    = "events without a text or a time of the request, which do not count"
	countUnnamed    = "findings beyond those that are named"
)

// countOf is what the summary counts texts as that are not a line.
var countOf = map[emf.Kind]string{
	emf.Foreign: "lines that are not the meter's",
	emf.Cut:     "lines that are cut",
	emf.Mixed:   "lines with something else before, within or after them",
	emf.Newer:   "lines of a newer meter",
	emf.Invalid: "lines that are not as the meter writes them",
	emf.TooLong: "lines that are too long",
}

// clockStep is how much longer than a period its lines may be about, in milliseconds, where a clock was set.
const clockStep = 1000

// garbled are the kinds of texts that come about where a MicroVM ends while it prints, or where several processes print
// at a time. They are counted and named, and not quarantined: that they are there says nothing of who printed them.
var garbled = []emf.Kind{emf.Cut, emf.Mixed, emf.TooLong}

const (
	// notesPerKind is how many of each kind a batch names.
	notesPerKind = 10
	// maxFindings is how much of a window is quarantined by name, so that whoever prints a lot cannot fill the journal.
	maxFindings = 100
)

// reading is a log group's window while it is read.
type reading struct {
	target collector.Target
	group  string
	rule   StreamRule
	image  string // of the group; "" where it does not tell
	tenant string // whose group it is; "" where nobody's alone
	window collector.Window
	from   int64 // Unix milliseconds, as are all of its times
	to     int64
	period int64

	tenants       tenantproof.Policy
	namedUnproven map[finding]bool // MicroVMs, and why their tenant is not proven

	lives    map[lifeKey]*logLife
	microVMs map[string]*logUsage
	names    map[string]string // each text once, however many lines have it
	seed     maphash.Seed

	counts map[string]int64
	notes  []string
	noted  map[string]int
	bytes  int64 // of events
	most   int64 // of them that are read at a time

	streams map[string]*stream // by name: those with lines of a meter, of whatever version
	refused map[refusedIn]bool // the periods of MicroVMs of which a line was refused

	findings map[finding]collector.Window

	told func(*logUsage, *logCell, *emf.Line) // of each line that counts; may be nil
}

// stream is what was seen of a log stream beside its usage.
type stream struct {
	lines   bool  // of a meter that this program knows
	newer   int64 // how many lines of a newer one
	newerAt int64 // when the first of those was printed
}

// refusedIn is a period of a MicroVM, as lines name it.
type refusedIn struct {
	microVM string
	index   int64
}

// finding is what a quarantine is known by.
type finding struct{ what, reason string }

// lifeKey tells lives apart. Lives that were drawn before the image's snapshot was taken would be those of many
// MicroVMs.
type lifeKey struct{ life, microVM string }

// logLife is what was seen of a life: which lines, and when the last came.
type logLife struct {
	usage  *logUsage
	marks  []mark
	latest int64 // highest sequence number so far
	at     int64 // when its line was printed
	stream string
}

// mark is a line that was seen.
type mark struct {
	sequence   int64
	start, end int64
	sum        uint64 // of its text
}

// logUsage is what a MicroVM used, by period.
type logUsage struct {
	id    string
	cells []logCell // in order of time
	taken int64     // when CloudWatch Logs took in the first of its lines, by its own clock
}

// logCell is a MicroVM's period.
type logCell struct {
	index   int64 // of the period in the window
	amounts usage.Amounts

	covered    int64 // milliseconds that lines are about
	reached    int64 // where the last of them ends
	begin, end int64 // of the MicroVM's life, where it lies within the period; else of the period
	lacking    bool  // something of the period is known not to be known
	doubtful   bool  // lines contradict each other, or say that their meter was at fault

	tenant, image, role string // of the line that named takes them of
	arch                usage.Arch
	at                  int64  // when its period starts
	proven, claimed     bool   // whether it proves its tenant, and whether it has a proof at all
	stream              string // that the first line lay in
}

func newReading(target collector.Target, of origin, tenants tenantproof.Policy, window collector.Window) *reading {
	return &reading{
		target: target, group: of.group, rule: of.rule, image: of.image, tenant: of.tenant, window: window, tenants: tenants,
		from: window.From.UnixMilli(), to: window.To.UnixMilli(), period: window.Period.Milliseconds(),
		lives: map[lifeKey]*logLife{}, microVMs: map[string]*logUsage{}, names: map[string]string{},
		streams: map[string]*stream{}, refused: map[refusedIn]bool{},
		seed:   maphash.MakeSeed(),
		counts: map[string]int64{}, noted: map[string]int{}, findings: map[finding]collector.Window{},
		most: math.MaxInt64, namedUnproven: map[finding]bool{},
	}
}

// quarantine notes that something was left out, of the period that a moment lies in, or of the one at the window's
// nearer end.
func (r *reading) quarantine(what, reason string, ms int64) {
	index := (min(max(ms, r.from), r.to-1) - r.from) / r.period
	from := time.UnixMilli(r.from + index*r.period).UTC()
	key, window := finding{
		what,
		reason,
	}, collector.Window{
		From:   from,
		To:     from.Add(r.window.Period),
		Period: r.window.Period,
	}
	known, again := r.findings[key]
	switch {
	case again:
		window.From, window.To = civil.Earlier(window.From, known.From), civil.Later(window.To, known.To)
	case len(r.findings) >= maxFindings:
		r.counts[countUnnamed]++
		return
	}
	r.findings[key] = window
}

func (r *reading) groupName() string { return "log group " + r.group }

func (r *reading) streamOf(e *types.FilteredLogEvent) string {
	return r.groupName() + ", stream " + aws.ToString(e.LogStreamName)
}

// inside reports whether a moment lies in the window. What does not is another window's to count.
func (r *reading) inside(ms int64) bool { return ms >= r.from && ms < r.to }

func (r *reading) near(ms int64) bool {
	return ms >= r.from-neighbours.Milliseconds() && ms < r.to+neighbours.Milliseconds()
}

// event takes an event that may be a line of the meter. Nothing that is wrong with one concerns another: the error is
// that there are too many.
func (r *reading) event(e *types.FilteredLogEvent) error {
	if r.bytes += int64(len(aws.ToString(e.Message))); r.bytes > r.most {
		return errCrowded
	}
	r.take(e)
	return nil
}

func (r *reading) take(e *types.FilteredLogEvent) {
	if e.Message == nil || e.Timestamp == nil || !r.requested(*e.Timestamp) {
		r.counts[countNoEvent]++
		r.quarantine(r.streamOf(e), countNoEvent, r.from)
		return
	}
	printedInside := r.inside(*e.Timestamp) // each event is printed in one window alone
	line, err := emf.Decode([]byte(*e.Message))
	if err != nil {
		if printedInside {
			r.refuse(e, err)
		}
		return
	}
	microVM, refused := r.originOf(aws.ToString(e.LogStreamName), &line)
	if refused != "" {
		r.refuseOrigin(e, &line, microVM, refused)
		return
	}
	line.MicroVMID = microVM
	r.stream(e).lines = true
	if !timely(&line, *e.Timestamp) {
		if printedInside {
			r.counts[countUntimely]++
			r.note(
				countUntimely,
				e,
				"line %d of MicroVM %s is about %s",
				line.Sequence,
				line.MicroVMID,
				moment(line.PeriodStart),
			)
			r.quarantine(r.streamOf(e), countUntimely, *e.Timestamp)
		}
		return
	}
	if printedInside && aws.ToInt64(e.IngestionTime)-*e.Timestamp > settle.Milliseconds() {
		r.counts[countLate]++
	}
	if r.near(line.PeriodStart) {
		r.line(e, &line)
	}
}

// refuseOrigin leaves out a line that claims to be from elsewhere. Whoever printed it has its stream's MicroVM: it is
// that one's period that is not complete, as its meter's line may be missing.
func (r *reading) refuseOrigin(e *types.FilteredLogEvent, line *emf.Line, microVM, why string) {
	if r.inside(*e.Timestamp) {
		r.counts[why]++
		r.note(why, e, "line %d names MicroVM %s, account %s, region %s", line.Sequence, line.MicroVMID,
			cmp.Or(line.Account, "-"), cmp.Or(line.Region, "-"))
		r.quarantine(r.streamOf(e), why, *e.Timestamp)
	}
	r.spoil(microVM, line.PeriodStart)
}

// spoil notes that something of a MicroVM's period was refused, so that it is not complete.
func (r *reading) spoil(microVM string, ms int64) {
	if microVM != "" && r.inside(ms) {
		r.refused[refusedIn{r.name(microVM), (ms - r.from) / r.period}] = true
	}
}

func (r *reading) stream(e *types.FilteredLogEvent) *stream {
	name := aws.ToString(e.LogStreamName)
	s := r.streams[name]
	if s == nil {
		s = &stream{}
		r.streams[name] = s
	}
	return s
}

// requested reports whether an event can have been asked for.
func (r *reading) requested(ms int64) bool {
	return ms >= r.from-neighbours.Milliseconds() && ms < r.to+backdated.Milliseconds()
}

// timely reports whether a line can have been printed at a time: after its period, but for a clock that is a little
// ahead, and while its MicroVM can have lived. No window would read another one that is about its time.
func timely(line *emf.Line, at int64) bool {
	return line.PeriodStart <= at+neighbours.Milliseconds() && at < line.PeriodStart+backdated.Milliseconds()
}

func (r *reading) refuse(e *types.FilteredLogEvent, err error) {
	var fault *emf.Error
	if !errors.As(err, &fault) {
		return
	}
	what := countOf[fault.Kind]
	r.counts[what]++
	r.note(what, e, "%s (at byte %d)", fault.Reason, fault.Offset)
	switch {
	case fault.Kind == emf.Newer:
		s := r.stream(e)
		if s.newer++; s.newer == 1 {
			s.newerAt = *e.Timestamp
		}
		if !r.rule.Any { // it is about the minutes before it was printed, or about a suspension that others are lost of, too
			microVM := r.rule.microVM(aws.ToString(e.LogStreamName))
			r.spoil(microVM, *e.Timestamp)
			r.spoil(microVM, *e.Timestamp-neighbours.Milliseconds())
		}
	case fault.Kind == emf.Foreign || slices.Contains(garbled, fault.Kind):
	default:
		r.quarantine(r.streamOf(e), what, *e.Timestamp)
	}
}

// note names a line by where it is.
func (r *reading) note(what string, e *types.FilteredLogEvent, format string, args ...any) {
	if r.noted[what]++; r.noted[what] <= notesPerKind {
		r.notes = append(r.notes, fmt.Sprintf("%s: %s, %s, stream %s, printed %s: %s",
			what, r.target, r.group, aws.ToString(e.LogStreamName), moment(*e.Timestamp), fmt.Sprintf(format, args...)))
	}
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

func (r *reading) name(text string) string {
	known, ok := r.names[text]
	if !ok {
		r.names[text] = text
		return text
	}
	return known
}
