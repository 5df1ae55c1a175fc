package scenarios

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"

	"microspend/internal/figures"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// Scenario is a workload that has been read and checked: what it does in a month, at which rates, against what.
type Scenario struct {
	Name, Title, Region string

	Size     pricing.Size
	Arch     pricing.Arch
	Workload pricing.Workload // of one month, all users or jobs together

	// Work is what each day or job has to get done, from which its running time follows; nil where the file gives that.
	Work *Work

	Users decimal.Decimal // distinct users; 0 where the workload is counted in jobs
	Days  decimal.Decimal // active days a month of each user; 0 with jobs
	Jobs  decimal.Decimal // a month; 0 with users

	Candidates []pricing.Candidate // from the compare list, in its order
	Traits     []Trait
	Documented *DocumentedFile
	Notes      []pricing.Note // assumptions that follow from what the file leaves open
	Warnings   []pricing.Note // that follow from the file alone

	// Low is the scenario at the cheaper ends of its ranges, nil where it has none; the rest is at the costlier ends.
	Low *Scenario

	ranges []Range // those that its file gives

	basis   []func() string // of [Scenario.Basis], written when somebody reads it
	running periodDuration  // of each day or job, as written or as its work takes

	// ratesArch is the architecture whose compute the plain keys of the file's rates are of: its own, and also at points
	// of a sweep over architectures that of the file.
	ratesArch pricing.Arch

	file   *scenarioFile
	doc    *strictyaml.Document
	root   *yaml.Node
	name   string // of the file, for messages
	traces *traces
}

// PerUnit is what the cost is divided by, and what one of them is called: users, or jobs.
func (s *Scenario) PerUnit() (count decimal.Decimal, noun string) {
	if s.Jobs.IsPositive() {
		return s.Jobs, "job"
	}
	return s.Users, "user"
}

// Load reads a scenario. The name of the file is used in messages and, without its extension, as the default name.
// The error has every fault in the file, one per line, as file:line:column: path: message. Files that the
// scenario names are not opened, which is a fault; see [LoadWithFiles].
func Load(file string, text []byte) (*Scenario, error) {
	return loadText(file, text, nil, Given{}, nil)
}

func loadText(file string, text []byte, open Opener, given Given, also checks) (*Scenario, error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return nil, err
	}
	misplaced := given.into(root)
	s, err := loadTree(file, root, &traces{folder: filepath.Dir(file), open: open, given: given}, also)
	return s, cmp.Or(err, misplaced)
}

func loadTree(file string, root *yaml.Node, beside *traces, also checks) (*Scenario, error) {
	ranges, err := findRanges(file, root, beside, also)
	if err != nil {
		return nil, err
	}
	if len(ranges) > 0 {
		return loadRanges(file, root, ranges, beside, also)
	}
	return fromTree(file, root, beside, also)
}

// LoadWithFiles reads a scenario from a stream, no more of it than a scenario may have. A trace that it names is opened
// by open.
func LoadWithFiles(file string, in io.Reader, open Opener) (*Scenario, error) {
	return loadStream(file, in, open, Given{}, nil)
}

// Load is [LoadWithFiles] of a scenario that is going to be priced, with what is Given: what the market cannot price is
// among the faults, so that all are found in one run.
func (m Market) Load(file string, in io.Reader, open Opener) (*Scenario, error) {
	return loadStream(file, in, open, m.Given, m.check)
}

func loadStream(file string, in io.Reader, open Opener, given Given, also checks) (*Scenario, error) {
	text, err := io.ReadAll(io.LimitReader(in, strictyaml.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return loadText(file, text, open, given, also)
}

// checks are what a scenario has to pass beside those of its file; nil for none.
type checks func(*Scenario, faultFunc)

func fromTree(file string, root *yaml.Node, beside *traces, also checks) (*Scenario, error) {
	written := &scenarioFile{}
	doc := strictyaml.Decode(file, root, written)
	s := &Scenario{file: written, doc: doc, root: root, name: file, traces: beside}
	s.resolve()
	err := doc.Err()
	if also != nil {
		err = strictyaml.Join(err, s.faults(func(fault faultFunc) { also(s, fault) }))
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// resolve checks values against each other and works out the month. Faults go to s.doc; where a value is already at
// fault its zero is used, so that one mistake does not hide or cause another.
func (s *Scenario) resolve() {
	f := s.file
	s.Name, s.Title, s.Region = f.Name, f.Title, f.Region
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(s.name), filepath.Ext(s.name))
	}
	if len(s.Name) > maxNameBytes {
		s.doc.Fault("name", "is longer than %d bytes", maxNameBytes)
	}
	if !pricing.IsRegionName(f.Region) {
		s.doc.Fault("region", "%s", pricing.NotARegion(f.Region))
	}
	s.checkRates()
	if f.MicroVM.Memory != nil {
		s.Size = f.MicroVM.Memory.Size
	}
	s.Arch = pricing.Arch(valueOf(f.MicroVM.Arch)).OrDefault()
	s.ratesArch = s.Arch
	s.Workload.Size = s.Size
	s.resolveUnits()
	s.resolveTimes()
	s.resolveBurst()
	s.resolveImage()
	s.resolveState()
	s.Traits, s.Documented = f.Traits, f.Documented
	if len(f.Compare) > maxAlternatives {
		s.doc.Fault("compare", "has %d entries; at most %d are compared", len(f.Compare), maxAlternatives)
	}
	for i, entry := range f.Compare {
		s.Candidates = append(s.Candidates, entry.candidate(s.doc, indexed("compare", i)))
	}
	s.checkDocumented()
}

const (
	maxNameBytes    = 200
	maxAlternatives = 200
)

func (s *Scenario) note(n pricing.Note) { s.Notes = append(s.Notes, n) }

func (s *Scenario) checkRates() {
	r := s.file.Rates
	if r == nil {
		return
	}
	if r.Card != "" && r.Card != pricing.ListCard {
		s.doc.Fault("rates.card", "%.60q is not a rate card; the only one is %s", r.Card, pricing.ListCard)
	}
	r.Check("rates", s.doc.Fault)
}

// resolveUnits settles whether the workload is counted in users or in jobs.
func (s *Scenario) resolveUnits() {
	w := s.file.Workload
	if w.Trace != "" {
		return // resolveTrace does
	}
	switch {
	case w.Jobs != nil && (w.Users != nil || w.Days != nil):
		s.doc.Fault("workload.jobs", "takes the place of users and days; give one or the other")
	case w.Jobs != nil:
		s.Jobs = w.Jobs.Decimal
		s.checkWhole("workload.jobs", w.Jobs)
	case w.Users == nil && w.Days == nil:
		s.doc.Fault("workload", "has neither users and days nor jobs; give one or the other")
	case w.Users == nil:
		s.doc.Fault("workload.users", "is missing beside days")
	case w.Days == nil:
		s.doc.Fault("workload.days", "is missing beside users")
	}
	if w.Jobs != nil {
		return
	}
	if w.Users != nil {
		s.Users = w.Users.Decimal
		s.checkWhole("workload.users", w.Users)
	}
	if w.Days != nil {
		s.Days = w.Days.Decimal
		if !s.Days.IsPositive() || s.Days.GreaterThan(decimal.NewFromInt(31)) {
			s.doc.Fault("workload.days", "%s is not possible in a month; give more than 0 and at most 31", s.Days)
		}
	}
}

func (s *Scenario) checkWhole(path string, c *scalar.Count) {
	if !c.IsPositive() || !c.IsInteger() {
		s.doc.Fault(path, "%s is not a whole number of at least 1", c)
	}
}

// times is how often a figure per that period happens in a month, all users or jobs together.
func (s *Scenario) times(path string, per Period) decimal.Decimal {
	if s.file.Workload.Jobs != nil {
		switch per {
		case PerDay:
			s.doc.Fault(path, "is per day, but the workload is counted in jobs; give it per job or per month")
		case PerMonth:
			return decimal.NewFromInt(1)
		}
		return s.Jobs
	}
	switch per {
	case PerJob:
		if s.file.Workload.Users == nil && s.file.Workload.Days == nil {
			return s.Jobs // that neither is given is the fault, and has been reported
		}
		s.doc.Fault(path, "is per job, but the workload is counted in users; give it per day or per month")
	case PerMonth:
		return s.Users
	}
	return s.Users.Mul(s.Days)
}

var (
	hoursOfDay    = decimal.NewFromInt(24)
	oneMonthHours = decimal.NewFromInt(pricing.HoursPerGBMonth)
)

// resolveTimes works out the month's running and suspended seconds, launches and cycles.
func (s *Scenario) resolveTimes() {
	w, out := s.file.Workload, &s.Workload
	if s.resolveTrace() {
		return
	}
	total := func(key, what string, per Period, each decimal.Decimal, unit string) decimal.Decimal {
		sum := s.times("workload."+key, per).Mul(each)
		if sum.IsPositive() {
			s.because(what, sum, per, func() string { return figures.Grouped(each) + unit })
		}
		return sum
	}
	s.resolveRunning()
	if w.Suspended != nil {
		out.Suspended = total("suspended", "suspended seconds", w.Suspended.Per, w.Suspended.Seconds, " s")
	}
	launches := orFirst(w.Launches, periodCount{Count: scalar.Count{Decimal: decimal.NewFromInt(1)}})
	out.Launches = total("launches", "launches", launches.Per, launches.Count.Decimal, "")
	if w.Launches == nil {
		_, noun := s.PerUnit()
		what := "each user's active day"
		if noun == "job" {
			what = "each job"
		}
		s.note(assumption.LaunchesDefault.Note(what))
	}
	if w.Cycles != nil {
		out.Cycles = total("cycles", "cycles", w.Cycles.Per, w.Cycles.Count.Decimal, "")
	}
	s.checkDay()
}

// checkDay refuses more time than there is: users have one MicroVM at a time, so a day has 24 hours for each. Jobs may
// run side by side.
func (s *Scenario) checkDay() {
	w := s.file.Workload
	if w.Jobs != nil {
		return
	}
	running, known := s.hoursPerDay(&s.running)
	if !known {
		return
	}
	if running.GreaterThan(hoursOfDay) {
		path := "workload.running"
		if s.Work != nil {
			path = "workload.work"
		}
		s.doc.Fault(path, "is %s hours on each active day; a day has 24", running.Round(4))
		return
	}
	if w.Suspended == nil {
		return
	}
	suspended, known := s.hoursPerDay(w.Suspended)
	if together := running.Add(suspended); known && together.GreaterThan(hoursOfDay) {
		s.doc.Fault("workload.suspended", "makes %s hours on each active day together with running; a day has 24",
			together.Round(4))
	}
}

// hoursPerDay is a duration's share of one active day of one user.
func (s *Scenario) hoursPerDay(d *periodDuration) (hours decimal.Decimal, known bool) {
	perDay := decimal.NewFromInt(3600)
	if d.Per == PerMonth {
		if !s.Days.IsPositive() {
			return hours, false
		}
		perDay = perDay.Mul(s.Days)
	}
	return pricing.Divide(d.Seconds, perDay, pricing.AmountPlaces), true
}

// Basis says how the month's totals come from the file's figures, one sentence each: 288,000 running seconds = 1 user
// × 20 days × 14,400 s.
func (s *Scenario) Basis() []string {
	sentences := make([]string, len(s.basis))
	for i, write := range s.basis {
		sentences[i] = write()
	}
	return sentences
}

// because adds a sentence to the basis; what each day or job has comes last in it.
func (s *Scenario) because(what string, total decimal.Decimal, per Period, each func() string) {
	s.basis = append(s.basis, func() string { return s.basisSentence(what, total, per, each()) })
}

func (s *Scenario) basisSentence(what string, total decimal.Decimal, per Period, figure string) string {
	var factors []string
	switch {
	case s.Jobs.IsPositive() && per != PerMonth:
		factors = []string{figures.CountOf(s.Jobs, "job")}
	case s.Jobs.IsZero() && per == PerMonth:
		factors = []string{figures.CountOf(s.Users, "user")}
	case s.Jobs.IsZero():
		factors = []string{figures.CountOf(s.Users, "user"), figures.CountOf(s.Days, "day")}
	}
	return fmt.Sprintf("%s %s = %s", figures.Grouped(total), what, strings.Join(append(factors, figure), " × "))
}

// burst is the peak as it is written, the whole envelope where it names none.
func (s *Scenario) burst() pricing.Burst {
	b := s.file.Workload.Burst
	if b == nil || b.Share == nil || b.Share.Fraction.IsZero() {
		return pricing.Burst{}
	}
	return pricing.Burst{
		Share: b.Share.Fraction,
		VCPU:  orFirst(b.VCPU, scalar.Count{Decimal: s.Size.PeakVCPU()}).Decimal,
		GB:    orFirst(b.Memory, scalar.GB{Decimal: s.Size.PeakGB()}).Decimal,
	}
}

func (s *Scenario) resolveBurst() {
	b := s.file.Workload.Burst
	if b == nil || b.Share == nil || b.Share.Fraction.IsZero() {
		return
	}
	burst := s.burst()
	if b.VCPU == nil || b.Memory == nil {
		s.note(assumption.BurstEnvelope.Note())
	}
	if s.doc.Broken("microvm.memory") {
		return
	}
	if burst.VCPU.LessThan(s.Size.VCPU()) || burst.VCPU.GreaterThan(s.Size.PeakVCPU()) {
		s.doc.Fault("workload.burst.vcpu", "%s is not possible on a %s MicroVM; give %s (its baseline) to %s (4 times that)",
			burst.VCPU, s.Size, s.Size.VCPU(), s.Size.PeakVCPU())
	}
	if burst.GB.LessThan(s.Size.GB()) || burst.GB.GreaterThan(s.Size.PeakGB()) {
		s.doc.Fault("workload.burst.memory", "%sGB is not possible on a %s MicroVM; give %sGB (its baseline) to %sGB "+
			"(4 times that)",
			burst.GB, s.Size, s.Size.GB(), s.Size.PeakGB())
	}
	s.Workload.Burst = burst
}

func (s *Scenario) resolveImage() {
	written, image := s.file.Image, &s.Workload.Image
	image.GB, image.Hours = s.Size.GB(), oneMonthHours
	image.Count = orFirst(written.Count, scalar.Count{Decimal: decimal.NewFromInt(1)}).Decimal
	image.NotStored = image.Count.IsZero()
	switch {
	case written.Size != nil:
		image.GB = written.Size.Decimal
	case image.Count.IsPositive() || s.Workload.Launches.IsPositive():
		s.note(assumption.ImageSize.Note(s.Size, "; give image.size if it has been measured"))
	}
	if written.Hours != nil {
		// A month of 31 days has 744 hours.
		if limit := decimal.NewFromInt(744 * 3600); written.Hours.Seconds.GreaterThan(limit) {
			s.doc.Fault("image.hours", "is longer than the 744 hours of the longest month")
		}
		image.Hours = pricing.Divide(written.Hours.Seconds, decimal.NewFromInt(3600), pricing.AmountPlaces)
		if image.Hours.IsZero() { // to package pricing no hours are a whole month; billed, none are the shortest time there is
			image.Hours = decimal.New(1, -pricing.AmountPlaces)
		}
	}
	if image.Hours.LessThan(decimal.NewFromInt(pricing.MinImageHours)) && image.Count.IsPositive() {
		s.note(assumption.ImageMinimum.Note(image.Hours.Round(2), pricing.MinImageHours))
	}
}

func (s *Scenario) resolveState() {
	s.Workload.StateGB = s.Size.GB()
	if written := s.file.State.Size; written != nil {
		s.Workload.StateGB = written.Decimal
		if limit := s.Size.PeakGB().Add(s.Size.DiskGB()); !s.doc.Broken("microvm.memory") && written.GreaterThan(limit) {
			s.doc.Fault("state.size", "%sGB is more than a %s MicroVM can hold: %sGB of peak memory and %sGB of disk",
				written, s.Size, s.Size.PeakGB(), s.Size.DiskGB())
		}
		return
	}
	if s.Workload.Cycles.IsPositive() || s.Workload.Suspended.IsPositive() {
		s.note(assumption.StateSize.Note(s.Size, ". Give state.size if it has been measured"))
	}
}

func (s *Scenario) checkDocumented() {
	if s.Documented == nil {
		return
	}
	for _, figure := range s.Documented.Figures {
		path := "documented.figures." + figure.Key
		if _, err := parseFigureID(figure.Key); err != nil {
			s.doc.Fault(path, "%s", err)
		}
		if figure.Value.Printed == nil && figure.Value.Exact == "" {
			s.doc.Fault(path, "has neither a printed nor an exact figure")
		}
		if figure.Value.Exact != "" {
			if _, err := pricing.ParseDecimal(figure.Value.Exact); err != nil {
				s.doc.Fault(path+".exact", "%.60q is %s", figure.Value.Exact, err)
			}
		}
	}
}

// Fault makes an error about the value at a path of the scenario's file, with its line and column.
func (s *Scenario) Fault(path, format string, args ...any) error {
	if !s.loaded() {
		return fmt.Errorf(path+": "+format, args...)
	}
	return s.doc.Error(path, format, args...)
}
