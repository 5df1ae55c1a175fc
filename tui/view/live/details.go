package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/tui/draw"
	"microspend/view"
)

// labelled is a line of the details: what it is about, and the words, which may be painted only where they are no
// longer than a line.
type labelled struct{ label, text string }

const labelCells = 9

// pane is the details of a MicroVM in the given lines, the more important first.
func (s *State) pane(m *fleet.MicroVM, width, height int) []string {
	t := s.Theme
	name, note := draw.Name(m.ID), ""
	for _, about := range about1(m) { // what is whole of it
		if more := strings.TrimPrefix(note+" · "+about, " · "); draw.Width(name)+draw.Width(more)+10 <= width {
			note = more
		}
	}
	lines := []string{draw.Heading(t, Symbol(m.State)+" "+name, note, width)}
	lines = append(lines, " "+t.Muted.Text(draw.Left("life", labelCells))+s.lifeLine(m, width-labelCells-2))
	room := width - labelCells - 2
	for _, l := range s.facts(m, room) {
		text := draw.CutWords(l.text, room)
		if text == "" { // a name, which has no blanks
			text = draw.Cut(l.text, room)
		}
		lines = append(lines, " "+t.Muted.Text(draw.Left(l.label, labelCells))+text)
	}
	if height > paneHeight+4 { // there is room for more than the short of it
		states := append([]string{"", draw.Heading(t, "states", "newest first", width)}, s.stretches(m, width)...)
		lines = append(lines, states...)
	}
	return lines[:min(len(lines), height)]
}

// paneHeight is how many lines the pane has: its heading, the life, and the facts.
const paneHeight = 7

// Details are all that is known of a MicroVM, in lines of at most width cells.
func (s *State) Details(m *fleet.MicroVM, width int) []string {
	t := s.Theme
	room := max(width-labelCells-2, 10)
	title, state := Symbol(m.State)+" "+draw.Name(m.ID), report.StateValue(m.State).String()
	lines := []string{draw.Heading(t, title, state, width), ""}
	add := func(label string, texts ...string) {
		for i, text := range texts {
			if i > 0 {
				label = ""
			}
			lines = append(lines, draw.Cut(" "+t.Muted.Text(draw.Left(label, labelCells))+text, width))
		}
	}
	add("of", draw.Wrap(strings.Join(about1(m), " · "), room)...)
	add("life", Strip(m, s.Snapshot.At, room, t))
	add("", draw.Wrap(s.lifeWords(m), room)...)
	if width >= 100 {
		add("", lifeLegend(t, room))
	}
	lines = append(lines, "")
	for _, l := range s.facts(m, 0) {
		add(l.label, draw.Wrap(l.text, room)...)
	}
	lines = append(lines, "", draw.Cut(draw.Heading(t, "states", "newest first", width), width))
	lines = append(lines, s.stretches(m, width)...)
	lines = append(lines, "", draw.Cut(draw.Heading(t, "events", "newest first", width), width))
	return append(lines, s.events(width, len(s.Snapshot.Events), func(e *fleet.Event) bool {
		return e.MicroVM == m.ID && e.Region == m.Region && e.Account == m.Account
	})...)
}

// stretches are the states that it was in, the newest first.
func (s *State) stretches(m *fleet.MicroVM, width int) []string {
	t := s.Theme
	if len(m.Life) == 0 {
		return []string{draw.Cut(" "+t.Muted.Text("no state has been seen for any length of time yet"), width)}
	}
	var lines []string
	for _, stretch := range slices.Backward(m.Life) {
		sure := ""
		if !stretch.Sure {
			sure = t.Muted.Text("  not seen twice: the state may have changed in between")
		}
		lines = append(lines, draw.Cut(fmt.Sprintf(" %s  %s %s %s%s", draw.Left(s.clock(stretch.From), 12),
			statePaint(stretch.State, t).Text(Symbol(stretch.State)),
			draw.Left(draw.Name(report.StateValue(stretch.State).String()), 11),
			draw.Right(figures.Duration(stretch.To.Sub(stretch.From)), 7), sure), width))
	}
	return lines
}

// about1 is whose a MicroVM is and what it is made of, as far as that is known.
func about1(m *fleet.MicroVM) []string {
	var all []string
	add := func(known bool, text string) {
		if known {
			all = append(all, draw.Name(text))
		}
	}
	image := m.Image
	if m.ImageVersion != "" {
		image += ":" + m.ImageVersion
	}
	add(m.Owner != "", m.Owner)
	add(m.Image != "", image)
	add(m.MemoryMiB > 0, gigabytes(m.MemoryMiB).String()+" GB")
	add(m.Arch != "", string(m.Arch))
	add(m.Region != "", m.Region)
	return all
}

// lifeLine is the strip and the words behind it, as far as there is room for both.
func (s *State) lifeLine(m *fleet.MicroVM, width int) string {
	words := s.lifeWords(m)
	if strip := width - draw.Width(words) - 2; strip >= 20 {
		return Strip(m, s.Snapshot.At, strip, s.Theme) + "  " + words
	}
	return Strip(m, s.Snapshot.At, width, s.Theme)
}

// lifeWords say when it was launched and when it ends.
func (s *State) lifeWords(m *fleet.MicroVM) string {
	if m.StartedAt.IsZero() {
		return "when it was launched is not known"
	}
	text := "launched " + s.clock(m.StartedAt)
	end := m.EndsBy()
	switch {
	case !m.EndedAt.IsZero():
		return text + ", ended " + s.clock(m.EndedAt)
	case end.IsZero():
		return text + ", its cap is not known"
	default:
		return text + ", ends by " + s.clock(end) + ", in " + figures.Duration(max(end.Sub(s.Snapshot.At), 0))
	}
}

// clock is a time of day, with its day where that is another one.
func (s *State) clock(at time.Time) string {
	at = at.In(s.Location)
	if now := s.Snapshot.At.In(s.Location); at.Format(time.DateOnly) != now.Format(time.DateOnly) {
		return at.Format("2 Jan 15:04")
	}
	return at.Format("15:04:05")
}

// facts are what is known besides the life, the more important first. Room is how wide a line may be; 0 is as long as
// it takes.
func (s *State) facts(m *fleet.MicroVM, room int) []labelled {
	facts := []labelled{{"money", s.moneyWords(m, room)}, {"if idle", s.savingWords(m)}, {"idle", s.idleWords(m)}}
	facts = append(facts, labelled{"in use", s.useWords(m, room)})
	runs := "account " + m.Account
	if m.Account == "" {
		runs = "account not known"
	}
	if m.Role != "" {
		runs = m.Role
	}
	return append(facts, labelled{"runs as", draw.Name(runs)})
}

// moneyWords are the amounts by billed quantity, which add up to the total as shown, or the total alone where there is
// no room for all of them.
func (s *State) moneyWords(m *fleet.MicroVM, room int) string {
	total := m.Spent.Plus(m.Newer)
	if !total.Known {
		return "what it has cost so far is not known"
	}
	exact, state := make([]decimal.Decimal, pricing.QuantityCount), pricing.Exact
	for q, a := range m.Quantities {
		exact[q] = a.USD
		state = state.And(a.State)
	}
	sum := total.USD.RoundBank(report.TopPlaces)
	var parts []string
	for q, d := range figures.Settle(exact, sum, report.TopPlaces) {
		if of := m.Quantities[q]; of.Known && !d.IsZero() {
			name := strings.TrimPrefix(pricing.BilledQuantity(q).Name(), "snapshot ")
			of.USD = d
			parts = append(parts, name+" "+report.AmountValue(of, report.TopPlaces).String())
		}
	}
	text := "$" + report.AmountValue(fleet.Amount{USD: sum, State: total.State, Known: true}, report.TopPlaces).String()
	switch newer := "≈ " + report.AmountValue(m.Newer, report.TopPlaces).String(); {
	case !m.Newer.Known:
		text += ", without what is newer than the ledger"
	case m.Newer.USD.IsZero():
	case s.Snapshot.LedgerUntil.IsZero() || m.Spent.USD.IsZero():
		text += ", all of it ≈"
	default:
		text += ", " + newer + " of it since " + s.Snapshot.LedgerUntil.In(s.Location).Format("15:04")
	}
	if full := strings.Join(parts, " + ") + " = " + text; len(parts) > 0 && (room == 0 || draw.Width(full) <= room) {
		return full
	}
	return text
}

// savingWords say what suspending it now would save.
func (s *State) savingWords(m *fleet.MicroVM) string {
	resume := "resuming costs " + rate(m.ResumeCosts)
	switch {
	case !m.Lives():
		return "it has ended, or is about to"
	case m.State == watch.Suspended:
		return "it is suspended, at " + rate(m.BurnPerHour) + " /h; " + resume
	case !m.SuspendSaves.Known:
		return "what suspending it would save is not known: " + missing(m)
	}
	text := "suspending now saves ≈ " + rate(m.SuspendSaves) + " /h; " + resume
	if m.ResumeCosts.Known && m.SuspendSaves.USD.IsPositive() {
		hours := pricing.Divide(m.ResumeCosts.USD, m.SuspendSaves.USD, pricing.RatioPlaces)
		seconds := hours.Shift(3).IntPart() * 36 / 10
		if seconds < int64(24*time.Hour/time.Second) {
			text += ", worth it from " + figures.Duration(time.Duration(seconds+1)*time.Second) + " on"
		}
	}
	return text
}

// missing is what keeps a saving from being known.
func missing(m *fleet.MicroVM) string {
	switch {
	case m.State != watch.Running:
		return "it does not run"
	case m.MemoryMiB <= 0:
		return "its memory is not"
	case m.StateBytes <= 0:
		return "the size of its snapshot is not"
	default:
		return "not every rate is"
	}
}

func rate(a fleet.Amount) string {
	text := report.AmountValue(a, report.TopPlaces).String()
	if a.Known && a.State != pricing.AtLeast {
		return "$" + text
	}
	return text
}

// idleWords are the idle policy, and where it stands.
func (s *State) idleWords(m *fleet.MicroVM) string {
	p := m.Policy
	if !p.Known {
		return "its idle policy is not known; GetMicrovm tells it (permission lambda:GetMicrovm)"
	}
	text := "never suspended for idling"
	if p.MaxIdle > 0 {
		text = "suspended after " + short(p.MaxIdle) + " without a request"
	}
	if left, known := m.IdleRemaining(s.Snapshot.At); known {
		text = "suspended in " + figures.Duration(left) +
			" (idle for " + figures.Duration(m.IdleFor(s.Snapshot.At)) + " of " + short(p.MaxIdle) + ")"
	}
	if p.Suspended > 0 {
		text += "; terminated after " + short(p.Suspended) + " suspended"
	}
	if p.AutoResume {
		return text + "; a request resumes it"
	}
	return text + "; only a call resumes it"
}

// short is a length of time without what is zero: 5m, 1h30m, 8h.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// useWords are what the meter saw in use.
func (s *State) useWords(m *fleet.MicroVM, room int) string {
	if len(m.Gauges) == 0 {
		return "not known: no meter runs in it (microspend meter, in the image)"
	}
	cells := 20
	if room > 0 {
		cells = min(cells, max(room/8, 8))
	}
	var vcpu, memory []float32
	peak := int64(0)
	for _, g := range m.Gauges {
		vcpu, memory, peak = append(vcpu, float32(g.VCPU)), append(memory, float32(g.MemoryMiB)), max(peak, g.PeakVCPU)
	}
	last := m.Gauges[len(m.Gauges)-1]
	ofVCPU, ofMemory := "", ""
	if m.MemoryMiB > 0 {
		ofVCPU = " of " + thousandths(m.MemoryMiB*1000/mibPerVCPU)
		ofMemory = " of " + gigabytes(m.MemoryMiB).String()
	}
	spark := func(values []float32) string { return draw.Spark(values, draw.SparkCells(len(values), cells)) }
	text := "vCPU " + spark(vcpu) + " " + thousandths(last.VCPU) + ofVCPU
	if peak > 0 {
		text += ", peak " + thousandths(peak)
	}
	text += "   memory " + spark(memory) + " " + gigabytes(last.MemoryMiB).String() + ofMemory + " GB"
	if age := s.Snapshot.At.Sub(last.At); age > 5*time.Minute {
		text += ", " + figures.Duration(age) + " ago"
	}
	return text
}

// mibPerVCPU is the memory of a baseline that comes with a vCPU. Source: AWS Lambda MicroVMs documentation, sizes, read
// 2026-09-19.
const mibPerVCPU = 2048

// thousandths are a number of vCPU.
func thousandths(n int64) string { return view.UpTo(decimal.New(n, -3), 1).String() }
