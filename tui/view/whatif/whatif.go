// Package whatif draws a tenant's bill beside what it would have been: with another idle timeout, another size, in another
// region, or on something else than MicroVMs.
package whatif

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/tui/view/explain"
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

// Timeouts are the idle timeouts to choose from, in seconds: the service's least is 60.
func Timeouts() []int64 { return []int64{60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400} }

// Choice is where each knob stands: a place among its values.
type Choice [KnobCount]int

// State is everything that a what-if is drawn from.
type State struct {
	Theme    *theme.Theme
	Location *time.Location
	Tenant   string
	From, To time.Time
	Fault    string

	Parts   []whatif.Part // nil until they are read
	Pauses  Pauses
	Regions []string
	Choice  Choice
	Focus   Knob
	Outcome *whatif.Outcome // of the choice; nil until it is worked out
	Scroll  int
}

// DefaultTimeout is the place among [Timeouts] that both start at: five minutes.
const DefaultTimeout = 2

// Start is a choice that changes nothing.
func Start() Choice { return Choice{TimeoutNow: DefaultTimeout, TimeoutThen: DefaultTimeout} }

// Count is how many values a knob has.
func (s *State) Count(k Knob) int {
	switch k {
	case TimeoutNow, TimeoutThen:
		return len(Timeouts())
	case Memory:
		return 1 + len(pricing.Sizes())
	case Region:
		return 1 + len(s.Regions)
	default:
		return 1 + len(whatif.Kinds())
	}
}

// Turn moves the focused knob by so many values, around at the ends.
func (s *State) Turn(by int) {
	n := s.Count(s.Focus)
	s.Choice[s.Focus] = ((s.Choice[s.Focus]+by)%n + n) % n
}

// Label is the knob's name.
func (k Knob) Label() string {
	return [...]string{"idle timeout now", "idle timeout then", "memory", "region", "run on"}[k]
}

// value is what a knob stands at, and what to know about it.
func (s *State) value(k Knob) (text, remark string) {
	at := s.Choice[k]
	switch k {
	case TimeoutNow:
		return seconds(Timeouts()[at]), "assumed: the ledger does not have it"
	case TimeoutThen:
		return seconds(Timeouts()[at]), s.judged()
	case Memory:
		if at == 0 {
			return "as it is", s.sizes()
		}
		return pricing.Sizes()[at-1].String(), ""
	case Region:
		if at == 0 {
			return "as it is", s.regions()
		}
		return s.Regions[at-1], ""
	default:
		if at == 0 {
			return "MicroVMs", ""
		}
		return whatif.Kinds()[at-1].String(), ""
	}
}

// Values are what each knob stands at, by its name.
func (s *State) Values() map[string]string {
	values := map[string]string{}
	for k := range KnobCount {
		values[k.Label()], _ = s.value(k)
	}
	return values
}

func seconds(n int64) string {
	switch {
	case n >= 3600 && n%3600 == 0:
		return fmt.Sprintf("%d h", n/3600)
	case n%60 == 0:
		return fmt.Sprintf("%d min", n/60)
	default:
		return fmt.Sprintf("%d s", n)
	}
}

// sizes says which sizes were measured.
func (s *State) sizes() string {
	text, seen := "", map[pricing.Size]bool{}
	for i := range s.Parts {
		facts, ran := whatif.FactsOf(&s.Parts[i].Sum)
		if !ran || seen[facts.Size] {
			continue
		}
		seen[facts.Size] = true
		if text != "" {
			text += ", "
		}
		text += "about " + facts.Size.String()
	}
	return text
}

func (s *State) regions() string {
	text := ""
	for i := range s.Parts {
		if i > 0 {
			text += ", "
		}
		text += draw.Name(s.Parts[i].Region)
	}
	return text
}

// Render draws the what-if in exactly so many lines of at most so many cells.
func Render(s State, width, height int) string {
	lines := s.Lines(width, height)
	first := max(0, min(s.Scroll, len(lines)-height))
	return draw.Frame(lines[first:], width, height)
}

// low is the height below which only the knob in hand is shown.
const low = 15

// Lines are all its lines for a height, of which [Render] shows those in sight.
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
	case s.Parts == nil:
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
		for _, line := range draw.Wrap("! "+draw.Name(unknown), width-2) {
			lines = append(lines, " "+t.Warn.Text(line))
		}
	}
	return append(lines, explain.Notes(t, "taken for granted", s.Outcome.Notes, width)...)
}

func (s *State) knobs(width int) []string {
	t := s.Theme
	var lines []string
	widest := 10
	for k := range KnobCount {
		text, _ := s.value(k)
		widest = max(widest, draw.Width(text))
	}
	for k := range KnobCount {
		text, remark := s.value(k)
		label, value := draw.Left(k.Label(), 18), "‹ "+draw.Left(text, widest)+" ›"
		if k == s.Focus {
			lines = append(lines, t.Marked.Text(draw.Left("▸"+label+value+"  "+remark, width)))
			continue
		}
		paint := t.Plain
		if s.Choice[k] != Start()[k] {
			paint = t.Strong
		}
		lines = append(lines, draw.Cut(" "+t.Muted.Text(label)+paint.Text(value)+"  "+t.Muted.Text(remark), width))
	}
	return lines
}

// table has a line for each billed quantity: actual, what if, and the difference.
func (s *State) table(width int) []string {
	t, o := s.Theme, s.Outcome
	name, figure := 17, 13
	quantities := width >= 1+name+5*(figure+2)
	if width < 1+name+3*(figure+1) {
		name, figure = 14, max(7, (width-16)/3)
	}
	row := func(label, a, b, change string, quantity, then string) string {
		line := " " + draw.Left(label, name)
		if quantities {
			line += draw.Right(quantity, figure+2) + draw.Right(then, figure+2)
		}
		return line + draw.Right(a, figure) + draw.Right(b, figure) + draw.Right(change, figure)
	}
	heads := [...]string{"actual $", "what if $", "change $"}
	if figure < 11 {
		heads = [...]string{"now $", "if $", "± $"}
	}
	lines := []string{"", t.Muted.Text(draw.Cut(row("", heads[0], heads[1], heads[2], "quantity", "what if"), width))}
	for _, line := range o.Lines {
		a, b := known(line.Amount, line.Known), known(line.ThenAmount, line.ThenKnown)
		if o.Alternative != nil {
			b = ""
		}
		change := ""
		if line.Known && line.ThenKnown && o.Alternative == nil {
			change = figures.Signed(line.ThenAmount.Sub(line.Amount), 2)
		}
		then := figures.Fixed(line.Then, 1)
		if o.Alternative != nil {
			then = ""
		}
		lines = append(lines, draw.Cut(row(line.Of.Name(), a, b, change, figures.Fixed(line.Quantity, 1), then), width))
	}
	change := ""
	if o.Complete && o.ThenComplete {
		change = figures.Signed(o.Then.Sub(o.Total), 2)
	}
	return append(lines,
		t.Strong.Text(draw.Cut(row("total", known(o.Total, o.Complete), known(o.Then, o.ThenComplete), change, "", ""), width)))
}

func known(d decimal.Decimal, is bool) string {
	switch {
	case !is && d.IsZero():
		return "unknown"
	case !is:
		return figures.Fixed(d, 2) + " +?"
	default:
		return figures.Fixed(d, 2)
	}
}

// month sets a month of both beside each other, as bars.
func (s *State) month(width int) []string {
	t, o := s.Theme, s.Outcome
	most := decimal.Max(o.Month, o.ThenMonth)
	width = min(width, explain.Widest)
	lines := []string{"", draw.Heading(t, "a month at this pace", s.verdict(), width)}
	bar := max(4, width-1-9-1-15)
	for _, side := range []struct {
		label    string
		amount   decimal.Decimal
		complete bool
		paint    theme.Paint
	}{{"actual", o.Month, o.Complete, t.Components[0]}, {"what if", o.ThenMonth, o.ThenComplete, t.Components[1]}} {
		part := 0.0
		if most.IsPositive() {
			part = pricing.Divide(side.amount, most, pricing.RatioPlaces).InexactFloat64()
		}
		lines = append(lines, " "+draw.Left(side.label, 9)+draw.Bar(part, bar, side.paint, t.Track)+
			t.Strong.Text(draw.Right("$"+known(side.amount, side.complete), 15)))
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
	sign := "saves $" + figures.Fixed(change.Neg(), 2)
	if change.IsPositive() {
		sign = "costs $" + figures.Fixed(change, 2) + " more"
	}
	text := figures.Fixed(percent, 1)
	if percent.IsPositive() {
		text = "+" + text
	}
	return sign + ", " + text + " %"
}

func (s *State) alternative(alt *whatif.Alternative, width int) []string {
	t := s.Theme
	var lines []string
	say := func(paint theme.Paint, text string) {
		for _, line := range draw.Wrap(text, width-2) {
			lines = append(lines, " "+paint.Text(line))
		}
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
func Work(s *State, book pricing.PriceBook, card func(string) (pricing.RateCard, error)) (*whatif.Outcome, error) {
	change := whatif.Change{
		TimeoutNow: Timeouts()[s.Choice[TimeoutNow]], TimeoutThen: Timeouts()[s.Choice[TimeoutThen]],
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
		alt := whatif.Instead(book, whatif.Kinds()[at-1], s.Parts, length)
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
