// Package overview draws the first view: what is spent, what it is heading for, who spends it, and what stands out. It
// is the program's own and promises nothing.
package overview

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/spend/advise"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// State is everything that the overview is drawn from. What is nil is not read yet, unless there is a fault.
type State struct {
	Theme    *theme.Theme
	Location *time.Location

	Sums      *data.Sums
	Budgets   *budget.Report
	Anomalies *anomaly.Report
	Days      *data.Days
	Instead   *data.Instead
	Advice    *advise.Report
	// AdviceRecords is how many records have to be looked through for advice; too many by the way where Advice is nil.
	AdviceRecords int64
	NoAdvice      bool          // single records cannot be read, so that there is none to be had
	Tenants       *data.Listing // in the period chosen, the largest amount first

	Empty  bool               // the ledger has no data of the last eight weeks
	Faults [PanelCount]string // why a panel could not be read
	Focus  Item
}

// Panel is a part of the overview.
type Panel uint8

// The panels, in the order in which the cursor goes through them.
const (
	Figures Panel = iota
	Chart
	TopTenants
	BudgetBars
	StandsOut
	ToChange
	InsteadOf
	PanelCount
)

// Item is one figure that the cursor can be on.
type Item struct {
	Panel Panel
	Index int
}

// The figures at the head.
const (
	FigureToday = iota
	FigureMonth
	FigureForecast
	FigureBurn
	figureCount
)

// mostTenants is how many tenants the overview lists; the others have a view of their own.
const mostTenants = 50

var whole = decimal.NewFromInt(1)

// part is a panel with figures below its heading, as the state has it.
type part struct {
	panel Panel
	above int // lines before the first figure
	count int
	draw  func(width, height int) []string
}

// wants is the height that the panel needs to show everything.
func (p part) wants() int { return p.above + max(1, p.count) }

// parts are the panels below the head, in the order in which the cursor goes through them.
func (s *State) parts() []part {
	instead := 0
	if s.Instead != nil {
		instead = len(s.Instead.Alternatives)
	}
	all := []part{
		{TopTenants, 1, s.tenantCount(), s.tenants},
		{BudgetBars, 1, len(s.budgetLines()), s.budgets},
		{StandsOut, 1, len(s.anomalies()), s.standsOut},
		{ToChange, 1, s.adviceCount(), s.toChange},
		{InsteadOf, 2, instead, s.insteadOf}, // the cost of MicroVMs stands above
	}
	return slices.DeleteFunc(all, func(p part) bool { return s.NoAdvice && p.panel == ToChange })
}

// Items are all that the cursor can be on, in order.
func (s *State) Items() []Item {
	var items []Item
	for _, p := range append([]part{{panel: Figures, count: figureCount}}, s.parts()...) {
		for i := range p.count {
			items = append(items, Item{p.panel, i})
		}
	}
	return items
}

func (s *State) tenantCount() int {
	if s.Tenants == nil {
		return 0
	}
	return min(len(s.Tenants.Spend.Rows), mostTenants)
}

// budgetLines are the budgets, the worst first: those that are used up, those that will be, and of these the one that
// has, or will have, more of its budget spent.
func (s *State) budgetLines() []budget.Line {
	if s.Budgets == nil {
		return nil
	}
	lines := slices.DeleteFunc(slices.Clone(s.Budgets.Lines), func(l budget.Line) bool { return l.Budget == nil })
	slices.SortStableFunc(lines, func(a, b budget.Line) int {
		return cmp.Or(cmp.Compare(severity(b), severity(a)), usedInTheEnd(b).Cmp(usedInTheEnd(a)))
	})
	return lines
}

// severity ranks how a budget stands. What is not known may be worse than what is.
func severity(l budget.Line) int {
	switch {
	case l.Status == budget.Over:
		return 5
	case l.Status == budget.Warning:
		return 4
	case l.Status == budget.AtRisk:
		return 3
	case l.Status == budget.Unknown:
		return 2
	case !l.Complete():
		return 1
	default:
		return 0
	}
}

// usedInTheEnd is the part of a budget that is spent, or forecast to be spent, by the end of its period.
func usedInTheEnd(l budget.Line) decimal.Decimal {
	used := decimal.Decimal{}
	if l.Used != nil {
		used = *l.Used
	}
	if l.Forecast != nil && l.Budget.Amount.IsPositive() {
		used = decimal.Max(used, partOf(*l.Forecast, l.Budget.Amount))
	}
	return used
}

// at is the item with an index, which data that was read anew need not have.
func at[T any](items []T, i int) (item T, ok bool) {
	if i < 0 || i >= len(items) {
		return item, false
	}
	return items[i], true
}

// Budget is the budget with an index.
func (s *State) Budget(i int) (budget.Line, bool) { return at(s.budgetLines(), i) }

// TotalLine is how everything together stands, with or without a budget.
func (s *State) TotalLine() (budget.Line, bool) {
	if s.Budgets == nil {
		return budget.Line{}, false
	}
	return s.Budgets.Total(), true
}

// anomalies are the days that stand out, those that are furthest from what is usual in dollars first, up or down; of
// the same distance the latest first.
func (s *State) anomalies() []anomaly.Anomaly {
	if s.Anomalies == nil {
		return nil
	}
	found := slices.Clone(s.Anomalies.Anomalies)
	slices.Reverse(found)
	slices.SortStableFunc(found, func(a, b anomaly.Anomaly) int { return unusual(b).Abs().Cmp(unusual(a).Abs()) })
	return found
}

// unusual is by how many dollars a day is off what is usual.
func unusual(a anomaly.Anomaly) decimal.Decimal { return a.Amount.Sub(a.Expected) }

// Anomaly is the anomaly with an index.
func (s *State) Anomaly(i int) (anomaly.Anomaly, bool) { return at(s.anomalies(), i) }

// Alternative is what could be run on instead, by its index.
func (s *State) Alternative(i int) (whatif.Alternative, bool) {
	if s.Instead == nil {
		return whatif.Alternative{}, false
	}
	return at(s.Instead.Alternatives, i)
}

// same is the one of some items that another, of figures that were read before, was then.
func same[T any](items []T, is func(T) bool) (found T, ok bool) {
	return at(items, slices.IndexFunc(items, is))
}

// SameBudget is how a budget stands now.
func (s *State) SameBudget(was budget.Line) (budget.Line, bool) {
	return same(s.budgetLines(), func(l budget.Line) bool { return l.Subject == was.Subject && l.Period == was.Period })
}

// SameAnomaly is a day that stood out, as it does now.
func (s *State) SameAnomaly(was anomaly.Anomaly) (anomaly.Anomaly, bool) {
	return same(s.anomalies(), func(a anomaly.Anomaly) bool { return a.Name() == was.Name() && a.Day == was.Day })
}

// SameAlternative is what something else would cost now.
func (s *State) SameAlternative(was whatif.Alternative) (whatif.Alternative, bool) {
	if s.Instead == nil {
		return whatif.Alternative{}, false
	}
	return same(s.Instead.Alternatives, func(a whatif.Alternative) bool { return a.Kind == was.Kind })
}

// Move moves the focus on by a number of items; ones that no longer exist count as the first of their panel.
func (s *State) Move(by int) {
	items := s.Items()
	s.Focus = items[max(0, min(s.place(items)+by, len(items)-1))]
}

// Jump puts the focus on the first item of the next or the previous panel, and goes around.
func (s *State) Jump(by int) {
	items := s.Items()
	at := s.place(items)
	for range items {
		at = (at + by + len(items)) % len(items)
		if items[at].Panel != s.Focus.Panel {
			s.Focus = Item{items[at].Panel, 0}
			return
		}
	}
}

func (s *State) place(items []Item) int {
	first := 0
	for i, item := range items {
		if item == s.Focus {
			return i
		}
		if item.Panel <= s.Focus.Panel {
			first = i
		}
	}
	return first
}

// Render draws the overview in exactly height lines of at most width cells.
func Render(s State, width, height int) string {
	if s.Empty {
		return draw.Frame(s.empty(width), width, height)
	}
	if width < wide || height < tall {
		return draw.Frame(s.narrow(width, height), width, height)
	}
	return draw.Frame(s.roomy(width, height), width, height)
}

// empty says what to do where there is no data.
func (s *State) empty(width int) []string {
	t := s.Theme
	lines := []string{"", " " + t.Strong.Text("The ledger has no usage of the last eight weeks.")}
	for _, text := range []string{
		"microspend collect brings it in from CloudWatch, microspend import from CSV; " +
			"microspend demo makes some up to look at.",
		"This screen looks again by itself. t and T choose an older period for the other views.",
	} {
		lines = append(append(lines, ""), draw.Paragraph(text, " ", width-2, t.Muted)...)
	}
	return lines
}

// The least size at which the overview has a chart and two columns.
const (
	wide = 72
	tall = 17
)

// roomy has the figures at the head and two columns of panels below, with the chart on top of the left one or, where
// that is too narrow for thirty columns, across both.
func (s *State) roomy(width, height int) []string {
	lines := s.figures(width)
	lines = append(lines, "")
	left := width * 57 / 100
	if width < split {
		left = width * 54 / 100
	}
	right := width - left - 2
	chart := max(6, min(height*2/5, 18))
	if width < split {
		chart = max(6, min(height/3, 12))
		lines = append(lines, s.chart(width, chart)...)
		if height >= 24 {
			lines = append(lines, "")
		}
		rest := height - len(lines)
		return append(lines, draw.Beside(s.tenants(left, rest), left+2, s.side(right, rest))...)
	}
	rest := height - len(lines)
	column := append(s.chart(left, chart), "")
	column = append(column, s.tenants(left, rest-len(column))...)
	return append(lines, draw.Beside(column, left+2, s.side(right, rest))...)
}

// split is the width from which on the chart fits into the left column.
const split = 112

// side is the right column: budgets, anomalies, alternatives, each with the room that it needs as far as there is any.
func (s *State) side(width, height int) []string {
	panels := s.parts()[1:]
	gap := 0
	if height >= 14 {
		gap = 1
	}
	room := height - gap*(len(panels)-1)
	heights := make([]int, len(panels))
	for i := range heights {
		heights[i] = min(2, panels[i].wants())
		room -= heights[i]
	}
	for grown := true; grown && room > 0; {
		grown = false
		for i := range heights {
			if heights[i] < panels[i].wants() && room > 0 {
				heights[i]++
				room--
				grown = true
			}
		}
	}
	var lines []string
	for i, panel := range panels {
		if i > 0 && gap > 0 {
			lines = append(lines, "")
		}
		drawn := panel.draw(width, heights[i])
		lines = append(append(lines, drawn...), make([]string, heights[i]-len(drawn))...)
	}
	if room > 4 { // all that the panels have is in sight
		lines = append(append(lines, ""), s.more(width, room-1)...)
	}
	return lines
}

// narrow is one column that scrolls with the focus.
func (s *State) narrow(width, height int) []string {
	lines, at := s.figureLines(width), s.Focus.Index
	for _, p := range s.parts() {
		if s.Focus.Panel == p.panel {
			at += len(lines) + p.above
		}
		lines = append(lines, p.draw(width, p.wants())...)
	}
	first := max(0, min(at-height/2, len(lines)-height))
	return lines[first:]
}

// window is which of the items are in sight in the given lines, so that the focused one is.
func (s *State) window(panel Panel, count, lines int) (from, to int) {
	if s.Focus.Panel == panel {
		from = max(0, min(s.Focus.Index-lines+1, count-lines))
	}
	return from, min(count, from+max(lines, 0))
}

func (s *State) focused(panel Panel, index int) bool { return s.Focus == Item{panel, index} }

// pending says that a panel is not read yet, or why it could not be.
func (s *State) pending(panel Panel, width int) []string {
	if fault := s.Faults[panel]; fault != "" {
		return []string{" " + s.Theme.Bad.Text(draw.Cut("✗ "+draw.Name(fault), width-1))}
	}
	return []string{" " + s.Theme.Muted.Text("reading …")}
}
