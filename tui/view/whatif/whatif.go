// Package whatif draws a tenant's bill beside what it would have been: with another idle timeout, another size, in
// another region, or on something else than MicroVMs. It is the program's own and promises nothing.
package whatif

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/tui/view/explain"
	"microspend/view"
)

// Knob is one thing that can be changed.
type Knob uint8

// The knobs, in order.
const (
	TimeoutNow Knob = iota // what the idle timeout is taken to be at present
	TimeoutThen
	Memory
	Region
	RunOn
	KnobCount
)

// usualTimeouts are the idle timeouts to choose from, in seconds: the service's minimum is 60.
var usualTimeouts = [...]int64{60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400}

// Choice is where each knob stands: a place among its values.
type Choice [KnobCount]int

// State is everything that a what-if is drawn from.
type State struct {
	Theme    *theme.Theme
	Location *time.Location
	Tenant   string
	From, To time.Time
	Fault    string

	Read     bool // Parts were
	Parts    []whatif.Part
	Measured pricing.State // how far the usage of the parts was measured, which every amount rests on
	Pauses   Pauses
	Regions  []string
	Timeouts []int64 // to choose from in place of the usual ones: with those that are recorded
	Choice   Choice
	Advised  Choice // what it started from, where that was advised
	Focus    Knob
	Outcome  *whatif.Outcome // of the choice; nil until it is worked out
}

func (s *State) timeouts() []int64 {
	if s.Timeouts != nil {
		return s.Timeouts
	}
	return usualTimeouts[:]
}

// Recall puts the timeout that most MicroVMs were launched with in the place of the one that is assumed. A change that
// was chosen already stays.
func (s *State) Recall(present whatif.Present) {
	if present.Recorded == 0 {
		return
	}
	now, then := s.timeouts()[s.Choice[TimeoutNow]], s.timeouts()[s.Choice[TimeoutThen]]
	if now == then {
		then = present.Usual()
	}
	s.Timeouts = append(usualTimeouts[:len(usualTimeouts):len(usualTimeouts)], then)
	for _, t := range present.Timeouts {
		s.Timeouts = append(s.Timeouts, t.Seconds)
	}
	slices.Sort(s.Timeouts)
	s.Timeouts = slices.Compact(s.Timeouts)
	s.Choice[TimeoutNow] = slices.Index(s.Timeouts, present.Usual())
	s.Choice[TimeoutThen] = slices.Index(s.Timeouts, then)
}

// Preset starts from a change, as far as there is a knob for it.
func (s *State) Preset(c whatif.Change, instead *whatif.Alternative) {
	if at := slices.Index(s.Regions, c.Region); at >= 0 {
		s.Choice[Region] = at + 1
	}
	if instead != nil {
		s.Choice[RunOn] = slices.Index(whatif.Kinds(), instead.Kind) + 1
	}
	if c.TimeoutNow == c.TimeoutThen {
		return
	}
	s.Timeouts = append(usualTimeouts[:len(usualTimeouts):len(usualTimeouts)], c.TimeoutNow, c.TimeoutThen)
	slices.Sort(s.Timeouts)
	s.Timeouts = slices.Compact(s.Timeouts)
	s.Choice[TimeoutNow], s.Choice[TimeoutThen] = slices.Index(
		s.Timeouts,
		c.TimeoutNow,
	), slices.Index(
		s.Timeouts,
		c.TimeoutThen,
	)
}

// Present is what is recorded of the timeouts that were in force.
func (s *State) Present() whatif.Present {
	if s.Pauses.Seen == nil {
		return whatif.Present{}
	}
	return s.Pauses.Seen.Present()
}

// defaultTimeout is the place among usual timeouts that both knobs start at: five minutes.
const defaultTimeout = 2

// Start is a choice that changes nothing.
func Start() Choice { return Choice{TimeoutNow: defaultTimeout, TimeoutThen: defaultTimeout} }

// options are the values to choose from, of which the first of the last three changes nothing.
func (s *State) options(k Knob) []string {
	var options []string
	switch k {
	case TimeoutNow, TimeoutThen:
		for _, seconds := range s.timeouts() {
			options = append(options, duration(seconds))
		}
	case Memory:
		options = append(options, "as it is")
		for _, size := range pricing.Sizes() {
			options = append(options, size.String())
		}
	case Region:
		options = append([]string{"as it is"}, s.Regions...)
	default:
		options = append(options, "MicroVMs")
		for _, kind := range whatif.Kinds() {
			options = append(options, kind.String())
		}
	}
	return options
}

// Turn moves the focused knob by so many values, around at the ends.
func (s *State) Turn(by int) {
	n := len(s.options(s.Focus))
	s.Choice[s.Focus] = ((s.Choice[s.Focus]+by)%n + n) % n
}

// Label is the knob's name.
func (k Knob) Label() string {
	return [...]string{"idle timeout now", "idle timeout then", "memory", "region", "run on"}[k]
}

func (s *State) value(k Knob) string { return s.options(k)[s.Choice[k]] }

// remark is what to know about the value that a knob is at.
func (s *State) remark(k Knob) string {
	switch {
	case k == TimeoutNow:
		if present := s.Present(); present.Recorded > 0 {
			return present.String()
		}
		return "assumed: the ledger does not have it"
	case k == TimeoutThen:
		return s.judged()
	case k == Memory && s.Choice[k] == 0:
		return s.sizes()
	case k == Region && s.Choice[k] != 0 && s.Choice[k] == s.Advised[k]:
		return "what would save most"
	case k == Region && s.Choice[k] == 0:
		return s.regions()
	default:
		return ""
	}
}

// Values are what each knob is at, by its name.
func (s *State) Values() map[string]string {
	values := map[string]string{}
	for k := range KnobCount {
		values[k.Label()] = s.value(k)
	}
	return values
}

func duration(seconds int64) string {
	switch {
	case seconds >= 3600 && seconds%3600 == 0:
		return fmt.Sprintf("%d h", seconds/3600)
	case seconds%60 == 0:
		return fmt.Sprintf("%d min", seconds/60)
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

// sizes are those that were measured.
func (s *State) sizes() string {
	var sizes []string
	for i := range s.Parts {
		if facts, ran := whatif.FactsOf(&s.Parts[i].Sum); ran {
			if text := "about " + facts.Size.String(); !slices.Contains(sizes, text) {
				sizes = append(sizes, text)
			}
		}
	}
	return strings.Join(sizes, ", ")
}

func (s *State) regions() string {
	var regions []string
	for i := range s.Parts {
		regions = append(regions, draw.Name(s.Parts[i].Region))
	}
	return strings.Join(regions, ", ")
}

// low is the height below which only the knob in hand is shown.
const low = 15

// Lines are the lines of the what-if, of which the screen shows as many as it has room for: fewer where it is low.
func (s *State) Lines(width, height int) []string {
	t := s.Theme
	until := s.From.In(s.Location).Format("2 Jan") + " – " + s.To.In(s.Location).Format("2 Jan 2006 15:04")
	title := " " + t.Strong.Text("what if: "+draw.Cut(s.Tenant, max(8, width-12)))
	lines := []string{draw.Ends(title, t.Muted.Text(until)+" ", min(width, explain.Widest))}
	if height >= low {
		lines = append(lines, "")
	}
	if s.Fault != "" {
		return append(lines, " "+t.Bad.Text(draw.Cut("✗ "+draw.Name(s.Fault), width-1)))
	}
	knobs := s.knobs(width)
	if height < low {
		knobs = knobs[s.Focus : s.Focus+1]
	}
	lines = append(lines, knobs...)
	switch {
	case !s.Read:
		return append(lines, "", " "+t.Muted.Text("reading …"))
	case s.Outcome == nil:
		return append(lines, "", " "+t.Muted.Text("working it out …"))
	case len(s.Outcome.Lines) == 0:
		return append(lines, "", " "+t.Muted.Text("nothing was used in this period"))
	}
	table := s.table(width)
	if height < low {
		lines = append(lines, table[1], table[len(table)-1]) // the headings and the total
	} else {
		lines = append(lines, table...)
	}
	month := s.month(width)
	if height < low {
		month = month[1:] // both bars are in sight
	}
	lines = append(lines, month...)
	if alt := s.Outcome.Alternative; alt != nil {
		lines = append(lines, s.alternative(alt, width)...)
	}
	for _, unknown := range s.Outcome.Unknown {
		lines = append(lines, draw.Paragraph("! "+draw.Name(unknown), " ", width-2, t.Warn)...)
	}
	return append(lines, explain.Notes(t, "taken for granted", s.Outcome.Notes, width)...)
}

func (s *State) knobs(width int) []string {
	t := s.Theme
	var lines []string
	widest := 10
	for k := range KnobCount {
		widest = max(widest, draw.Width(s.value(k)))
	}
	for k := range KnobCount {
		label, value, remark := draw.Left(k.Label(), 18), "‹ "+draw.Left(s.value(k), widest)+" ›", s.remark(k)
		remark = draw.CutWords(remark, width-1-draw.Width(label+value)-2)
		if k == s.Focus {
			lines = append(lines, t.Marked.Text(draw.Left("▸"+label+value+"  "+remark, width)))
			continue
		}
		paint := t.Plain
		if s.changed(k) {
			paint = t.Strong
		}
		lines = append(lines, draw.Cut(" "+t.Muted.Text(label)+paint.Text(value)+"  "+t.Muted.Text(remark), width))
	}
	return lines
}

// changed reports whether a knob is not where it began: with a recorded timeout, both begin there.
func (s *State) changed(k Knob) bool {
	switch {
	case s.Timeouts == nil || k != TimeoutNow && k != TimeoutThen:
		return s.Choice[k] != Start()[k]
	case k == TimeoutThen:
		return s.Choice[k] != s.Choice[TimeoutNow]
	}
	return s.timeouts()[s.Choice[k]] != s.Present().Usual()
}

// leastFigure is room for a blank and three digits of any figure with its marks.
const leastFigure = 10

// table has a line for each billed quantity: actual, what if, and the difference.
func (s *State) table(width int) []string {
	t, o := s.Theme, s.Outcome
	name, figure := 17, 13
	quantities := width >= 1+name+5*(figure+2)
	if width < 1+name+3*(figure+1) {
		name, figure = min(14, width-1-3*leastFigure), max(leastFigure, (width-16)/3)
	}
	right := func(text string, width int) string { return " " + draw.FitRight(text, width-1) }
	row := func(label, quantity, then, a, b, change string) string {
		line := " " + draw.Left(label, name)
		if quantities {
			line += right(quantity, figure+2) + right(then, figure+2)
		}
		return draw.Cut(line+right(a, figure)+right(b, figure)+right(change, figure), width)
	}
	heads := [...]string{"actual $", "what if $", "change $"}
	if figure < 11 {
		heads = [...]string{"now $", "if $", "± $"}
	}
	lines := []string{"", t.Muted.Text(row("", "quantity", "what if", heads[0], heads[1], heads[2]))}
	for _, line := range o.Lines {
		then, b, change := figures.Fixed(line.Then, 1), s.known(line.ThenAmount, line.ThenKnown), ""
		switch {
		case o.Alternative != nil: // which has no lines like these
			then, b = "", ""
		case line.Known && line.ThenKnown:
			change = s.change(line.ThenAmount.Sub(line.Amount))
		}
		lines = append(lines,
			row(line.Of.Name(), figures.Fixed(line.Quantity, 1), then, s.known(line.Amount, line.Known), b, change))
	}
	change := ""
	if o.Complete && o.ThenComplete {
		change = s.change(o.Then.Sub(o.Total))
	}
	total := row("total", "", "", s.known(o.Total, o.Complete), s.known(o.Then, o.ThenComplete), change)
	return append(lines, t.Strong.Text(total))
}

// change is a difference in the state of the usage that both sides rest on: what was not measured would add to it, so
// that a fall has an upper bound.
func (s *State) change(d decimal.Decimal) string {
	text := view.Signed(d, 2).In(s.Measured).String()
	if d.IsNegative() {
		return strings.Replace(text, "≥", "≤", 1)
	}
	return text
}

// known is an amount in the state of what it rests on; where it is not complete it may lack everything.
func (s *State) known(d decimal.Decimal, complete bool) string { return s.amount("", d, complete) }

func (s *State) amount(currency string, d decimal.Decimal, complete bool) string {
	return view.Text(currency+figures.Fixed(d, 2)).In(s.StateOf(complete)).Or("unknown", complete || !d.IsZero()).String()
}

// StateOf is the state of an amount of which every rate is known, or not: measured in part, the bill as it was and
// every bill that it might have been are lower bounds alike.
func (s *State) StateOf(complete bool) pricing.State {
	if complete {
		return s.Measured
	}
	return s.Measured.And(pricing.UnknownRates)
}

// month sets a month of both beside each other, as bars.
func (s *State) month(width int) []string {
	t, o := s.Theme, s.Outcome
	most := decimal.Max(o.Month, o.ThenMonth)
	width = min(width, explain.Widest)
	verdict, title := s.verdict(), "a month at this pace"
	if draw.Width(title+verdict)+4 > width { // the verdict says more
		title = "a month"
	}
	lines := []string{"", draw.Heading(t, title, verdict, width)}
	bar := max(4, width-1-9-1-15)
	for _, side := range []struct {
		label    string
		amount   decimal.Decimal
		complete bool
		paint    theme.Paint
	}{{"actual", o.Month, o.Complete, t.Plain}, {"what if", o.ThenMonth, o.ThenComplete, t.Accent}} {
		part := 0.0
		if most.IsPositive() {
			part = pricing.Divide(side.amount, most, pricing.RatioPlaces).InexactFloat64()
		}
		lines = append(lines, " "+draw.Left(side.label, 9)+draw.Bar(part, bar, side.paint, t.Track)+
			t.Strong.Text(" "+draw.FitRight(s.amount("$", side.amount, side.complete), 14)))
	}
	return lines
}

// verdict is the difference in percent.
func (s *State) verdict() string {
	o := s.Outcome
	if !o.Complete || !o.ThenComplete {
		return "the difference is not known"
	}
	if !o.Month.IsPositive() {
		return ""
	}
	change := o.ThenMonth.Sub(o.Month)
	if change.IsZero() {
		return "no difference"
	}
	percent := pricing.Divide(change.Shift(2), o.Month, pricing.RatioPlaces)
	dollars := view.Text(draw.Dollars(change.Abs())).In(s.Measured).String()
	sign := "saves " + dollars
	if change.IsPositive() {
		sign = "costs " + dollars + " more"
	}
	return sign + ", " + view.SignedPercent(percent, 1).String()
}

func (s *State) alternative(alt *whatif.Alternative, width int) []string {
	t := s.Theme
	var lines []string
	say := func(paint theme.Paint, text string) {
		lines = append(lines, draw.Paragraph(text, " ", width-2, paint)...)
	}
	if alt.Formula != "" {
		say(t.Muted, alt.Name+": "+alt.Formula)
	}
	if alt.Sentence != "" {
		say(t.Plain, alt.Sentence)
	}
	if alt.GivesUp != "" {
		say(t.Muted, "gives up: "+alt.GivesUp)
	}
	for _, source := range alt.Sources {
		say(t.Muted, "$"+source.USD.String()+": "+source.Source+", "+source.ReadOn)
	}
	return lines
}

// Work prices the choice. Card gives the rates of a region.
func Work(
	ctx context.Context, s *State, book pricing.PriceBook, card func(string) (pricing.RateCard, error),
) (*whatif.Outcome, error) {
	change := whatif.Change{
		TimeoutNow: s.timeouts()[s.Choice[TimeoutNow]], TimeoutThen: s.timeouts()[s.Choice[TimeoutThen]],
	}
	if at := s.Choice[Memory]; at > 0 {
		size := pricing.Sizes()[at-1]
		change.Memory = &size
	}
	if at := s.Choice[Region]; at > 0 {
		var err error
		change.Region = s.Regions[at-1]
		if change.Card, err = card(change.Region); err != nil {
			return nil, err
		}
	}
	length := int64(s.To.Sub(s.From) / time.Second)
	if at := s.Choice[RunOn]; at > 0 {
		alt, err := whatif.Instead(ctx, book, whatif.Kinds()[at-1], s.Parts, length)
		if err != nil {
			return nil, err
		}
		change.Alternative = &alt
	}
	if s.Pauses.Seen != nil {
		change.Idle = s.Pauses.Seen
	}
	outcome, err := whatif.Apply(s.Parts, length, change)
	if s.Longer() && s.Pauses.Fault != "" {
		outcome.Notes = append(outcome.Notes, assumption.IdleNotRead.Clause(s.Pauses.Fault))
	}
	return &outcome, err
}

// Pauses are the tenant's single suspensions, which are read once they are needed.
type Pauses struct {
	Reading bool
	Seen    *whatif.Pauses // nil until they are read, and where they cannot be
	Fault   string         // why they cannot
}

// Longer reports whether the choice is for a longer idle timeout, which can be judged by single pauses.
func (s *State) Longer() bool { return s.Choice[TimeoutThen] > s.Choice[TimeoutNow] }

// judged says what the effect of the chosen timeout is worked out from.
func (s *State) judged() string {
	switch {
	case s.Choice[TimeoutThen] == s.Choice[TimeoutNow]:
		return "as it is"
	case !s.Longer():
		return "estimated: the ledger hides short pauses"
	case s.Pauses.Reading:
		return "reading single pauses …"
	case s.Pauses.Seen != nil && s.Pauses.Seen.Count() > 0:
		return fmt.Sprintf("worked out from %s pauses", figures.Grouped(decimal.NewFromInt(s.Pauses.Seen.Count())))
	default:
		return "estimated from averages"
	}
}
