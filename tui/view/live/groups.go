package live

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/view"
)

// group is MicroVMs that have something in common.
type group struct {
	name, shown   string
	live, all     int
	running       int
	suspended     int
	idle, nearCap int
	memory        int64           // MiB of baselines of those that run
	money         [2]fleet.Amount // the burn, and what all of them have cost so far
	newer         bool            // a part of which is worked out from states
}

// gather makes a row for each group: of what lives, and of what those that ended today have cost.
func (l *List) gather() {
	places := map[string]int{}
	for i := range l.Snapshot.MicroVMs {
		m := &l.Snapshot.MicroVMs[i]
		name := l.Group.by(m)
		at, known := places[name]
		if !known {
			at = len(l.groups)
			places[name] = at
			shown := draw.Name(name)
			if name == "" {
				shown = "–"
			}
			l.groups = append(l.groups, group{name: name, shown: shown, money: [2]fleet.Amount{{Known: true}}})
		}
		l.groups[at].add(m, l.Snapshot)
	}
	slices.SortFunc(l.groups, func(a, b group) int { return strings.Compare(a.name, b.name) })
	ids := make([]string, len(l.groups))
	for i := range ids {
		ids[i] = l.groups[i].name
	}
	ended := func(row int) bool { return l.groups[row].live == 0 }
	l.Content = table.New(l.groupColumns(), ids, ended, burnID)
}

func (g *group) add(m *fleet.MicroVM, s *fleet.Snapshot) {
	g.all++
	g.money[1] = g.money[1].Plus(m.Spent).Plus(m.Newer)
	g.newer = g.newer || !m.Newer.USD.IsZero()
	if m.State == watch.Terminated {
		return
	}
	g.live++
	g.money[0] = g.money[0].Plus(m.BurnPerHour)
	switch m.State {
	case watch.Running:
		g.running++
		g.memory += m.MemoryMiB
	case watch.Suspended:
		g.suspended++
	}
	if m.Idles(s.At) {
		g.idle++
	}
	if m.NearCap(s.At) {
		g.nearCap++
	}
}

// groupColumns are the columns of groups.
func (l *List) groupColumns() []table.Column {
	amounts := [2][]decimal.Decimal{l.settled(0), l.settled(1)}
	most := float32(0)
	for i := range l.groups {
		most = max(most, float32(l.groups[i].money[0].USD.InexactFloat64()))
	}
	count := func(id, title string, drop int, of func(*group) int, tone table.Column) table.Column {
		tone.Column = view.Column[int]{
			ID: id, Title: title, Align: view.Right, Drop: drop,
			Value: func(row int) view.Value { return view.Count(of(&l.groups[row])) },
		}
		return tone
	}
	warnAbove0 := func(of func(*group) int) table.Column {
		return table.Column{Tone: func(row int, t *theme.Theme) theme.Paint {
			if of(&l.groups[row]) > 0 {
				return t.Warn
			}
			return t.Muted
		}}
	}
	money := func(i int, id, title string, drop int) table.Column {
		return table.Column{Column: view.Column[int]{
			ID: id, Title: title, Unit: "$", Align: view.Decimal, Drop: drop,
			Value: func(row int) view.Value {
				g := &l.groups[row]
				value := report.AmountValue(g.money[i], view.CentPlaces).
					SettledBy(func() decimal.Decimal { return amounts[i][row] })
				if i == 1 && g.newer && g.money[i].State == pricing.Exact {
					return value.ShownBy(func() string {
						return "≈ " + figures.Fixed(amounts[i][row], view.CentPlaces)
					})
				}
				return value
			},
		}, Tone: func(_ int, t *theme.Theme) theme.Paint {
			if i == 0 {
				return t.Strong
			}
			return t.Plain
		}}
	}
	idle, nearCap := func(g *group) int { return g.idle }, func(g *group) int { return g.nearCap }
	so := money(1, soFarID, "so far", 2)
	so.Word = "spent"
	burn := money(0, burnID, "$/h", 0)
	burn.Word, burn.Unit = "burn", ""
	return []table.Column{
		{Least: 12, Most: 44, Column: view.Column[int]{
			ID: l.Group.column, Title: l.Group.column,
			Value: func(row int) view.Value { return view.Text(l.groups[row].shown) },
		}},
		count("microvms", "MicroVMs", 3, func(g *group) int { return g.live }, table.Column{}),
		count("running", "running", 4, func(g *group) int { return g.running }, table.Column{}),
		count("suspended", "suspended", 6, func(g *group) int { return g.suspended }, table.Column{}),
		count("idle", "idle", 5, idle, warnAbove0(idle)),
		count("near_cap", "near cap", 8, nearCap, warnAbove0(nearCap)),
		{Column: view.Column[int]{
			ID: "memory_gb", Title: "memory GB", Align: view.Right, Drop: 9,
			Value: func(row int) view.Value { return gigabytes(l.groups[row].memory) },
		}, Word: "memory"},
		burn,
		{
			Fixed: 12, Column: view.Column[int]{ID: "bar", Drop: 10},
			Wide: func(row, width int) string {
				if most <= 0 || !l.groups[row].money[0].Known {
					return ""
				}
				return draw.Length(l.groups[row].money[0].USD.InexactFloat64()/float64(most), width)
			},
			Tone: func(_ int, t *theme.Theme) theme.Paint { return t.Components[0] },
		},
		so,
	}
}

// settled rounds an amount of all groups so that they add up to the total as shown.
func (l *List) settled(i int) []decimal.Decimal {
	exact, total := make([]decimal.Decimal, len(l.groups)), decimal.Decimal{}
	for at := range l.groups {
		exact[at] = l.groups[at].money[i].USD
		total = total.Add(exact[at])
	}
	return figures.Settle(exact, total.RoundBank(view.CentPlaces), view.CentPlaces)
}

// gigabytes are MiB in GB as AWS sizes memory by, which are 1,024 of them.
func gigabytes(mib int64) view.Value {
	return view.UpTo(pricing.Divide(decimal.NewFromInt(mib), decimal.NewFromInt(1024), pricing.RatioPlaces), 1)
}
