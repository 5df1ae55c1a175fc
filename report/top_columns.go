package report

import (
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/view"
)

type topColumn = view.Column[*fleet.MicroVM]

// TopPlaces is how many decimals an hour's cost is shown with: a small MicroVM that is suspended costs less than a cent
// an hour.
const TopPlaces = 4

// TopColumns describes a listing of the fleet as it is now, for top, its documents and the dashboard's live view. The
// filters of both take the ids, or the shorter words of [TopWords]. Lengths of time are as of the snapshot.
func TopColumns(s *fleet.Snapshot) []view.Column[*fleet.MicroVM] {
	several := func(of func(*fleet.MicroVM) string) view.Scope {
		for i := range s.MicroVMs {
			if of(&s.MicroVMs[i]) != of(&s.MicroVMs[0]) {
				return view.Everyone
			}
		}
		return view.Data
	}
	text := func(id, title string, drop int, scope view.Scope, of func(*fleet.MicroVM) string) topColumn {
		return topColumn{ID: id, Title: title, Drop: drop, Scope: scope, Value: func(m *fleet.MicroVM) view.Value {
			return orDash(view.Text(of(m)), of(m) != "")
		}}
	}
	arch := func(m *fleet.MicroVM) string { return string(m.Arch) }
	region := func(m *fleet.MicroVM) string { return m.Region }
	account := func(m *fleet.MicroVM) string { return m.Account }
	columns := []topColumn{
		text("microvm_id", "MicroVM", 0, view.Everyone, func(m *fleet.MicroVM) string { return m.ID }),
		text("tenant", "tenant", 0, view.Everyone, func(m *fleet.MicroVM) string { return m.Owner }),
		{ID: "image", Title: "image", Drop: 6, Value: func(m *fleet.MicroVM) view.Value {
			return orDash(view.Text(m.Image).Shown(m.ImageName()), m.Image != "")
		}},
		text("image_version", "version", 0, view.Data, func(m *fleet.MicroVM) string { return m.ImageVersion }),
		{ID: "state", Title: "state", Value: func(m *fleet.MicroVM) view.Value { return StateValue(m.State) }},
		text("arch", "arch", 11, several(arch), arch),
		text("region", "region", 10, several(region), region),
		text("account", "account", 12, several(account), account),
		text("role", "role", 0, view.Data, func(m *fleet.MicroVM) string { return m.Role }),
	}
	return append(append(columns, topTimes(s.At)...), topMoney(s)...)
}

// TopWords are the short names of columns in filters, by their ids.
func TopWords() map[string]string {
	return map[string]string{
		"microvm_id": "id", "image_version": "version", "age_seconds": "age", "left_seconds": "left", "cap_seconds": "cap", "running_seconds": "running",
		"suspended_seconds": "suspended", "idle_seconds": "idle", "idle_remaining_seconds": "suspends_in",
		"burn_per_hour": "burn", "so_far": "spent", "spent": "in_ledger", "spent_estimated": "estimated",
	}
}

// topTimes are the columns of lengths of time, as of a moment.
func topTimes(at time.Time) []topColumn {
	length := func(
		id, title, long string, drop int, of func(*fleet.MicroVM) (d time.Duration, known bool),
	) topColumn {
		return topColumn{
			ID: id, Title: title, Long: long, Align: view.Right, Drop: drop,
			Value: func(m *fleet.MicroVM) view.Value {
				d, known := of(m)
				return orDash(view.Duration(d), known)
			},
		}
	}
	started := func(of func(*fleet.MicroVM) time.Duration) func(*fleet.MicroVM) (time.Duration, bool) {
		return func(m *fleet.MicroVM) (time.Duration, bool) { return of(m), !m.StartedAt.IsZero() }
	}
	return []topColumn{
		length("age_seconds", "age", "age", 4,
			started(func(m *fleet.MicroVM) time.Duration { return m.Age(at) })),
		length("left_seconds", "left", "left of its life", 7, func(m *fleet.MicroVM) (time.Duration, bool) {
			end := m.EndsBy()
			return max(end.Sub(at), 0), !end.IsZero() && m.Lives()
		}),
		data(length("cap_seconds", "", "longest life", 0, func(m *fleet.MicroVM) (time.Duration, bool) {
			return m.MaxLife, m.MaxLife > 0
		})),
		length("running_seconds", "ran", "time running", 8,
			started(func(m *fleet.MicroVM) time.Duration { return m.Running })),
		length("suspended_seconds", "slept", "time suspended", 9,
			started(func(m *fleet.MicroVM) time.Duration { return m.Suspended })),
		length("idle_seconds", "idle", "since the last activity", 3, func(m *fleet.MicroVM) (time.Duration, bool) {
			return max(at.Sub(m.LastActivity), 0), !m.LastActivity.IsZero() && m.Lives()
		}),
		length("idle_remaining_seconds", "susp in", "until it is suspended for idling", 5,
			func(m *fleet.MicroVM) (time.Duration, bool) { return m.IdleRemaining(at) }),
	}
}

// topMoney are the columns of money, of which those that have a total add up to it as shown.
func topMoney(s *fleet.Snapshot) []topColumn {
	amount := func(id, title, long string, drop int, value func(*fleet.MicroVM) view.Value) topColumn {
		return topColumn{ID: id, Title: title, Long: long, Unit: "$", Align: view.Decimal, Drop: drop, Value: value}
	}
	plain := func(of func(*fleet.MicroVM) fleet.Amount) func(*fleet.MicroVM) view.Value {
		return func(m *fleet.MicroVM) view.Value { return AmountValue(of(m), TopPlaces) }
	}
	burn := addingUp(s, func(m *fleet.MicroVM) fleet.Amount { return m.BurnPerHour })
	soFar := addingUp(s, sum)
	return []topColumn{
		{
			ID: "burn_per_hour", Title: "$/h", Long: "$ an hour now", Align: view.Decimal,
			Value: func(m *fleet.MicroVM) view.Value { return AmountValue(m.BurnPerHour, TopPlaces).SettledBy(burn(m)) },
		},
		amount("so_far", "so far", "spent so far", 2, func(m *fleet.MicroVM) view.Value {
			value := AmountValue(sum(m), TopPlaces).SettledBy(soFar(m))
			if stateOf(sum(m)) == pricing.Exact && !m.Newer.USD.IsZero() {
				return value.ShownBy(func() string { return "≈ " + figures.Fixed(soFar(m)(), TopPlaces) })
			}
			return value
		}),
		data(amount("spent", "", "of it in the ledger", 0, plain(func(m *fleet.MicroVM) fleet.Amount { return m.Spent }))),
		data(amount("spent_estimated", "", "of it newer than the ledger", 0,
			plain(func(m *fleet.MicroVM) fleet.Amount { return m.Newer }))),
	}
}

// data is a column for programs, and for filters.
func data(c topColumn) topColumn {
	c.Scope = view.Data
	return c
}

// StateValue is a state in the word of the service, for people in lower case.
func StateValue(s watch.State) view.Value {
	return orDash(view.Text(s).Shown(strings.ToLower(string(s))), s != "")
}

// AmountValue is an amount with a number of decimals, with what it rests on: a dash where there is none.
func AmountValue(a fleet.Amount, places int32) view.Value {
	return view.Number(a.USD, places).In(a.State).Or("–", a.Known)
}

// sum is what a MicroVM has cost: what the ledger has and what is newer. It is a lower bound where one of the two is
// not known.
func sum(m *fleet.MicroVM) fleet.Amount {
	return fleet.Amount{
		USD: m.Spent.USD.Add(m.Newer.USD), Known: m.Spent.Known || m.Newer.Known,
		State: stateOf(m.Spent).And(stateOf(m.Newer)),
	}
}

// addingUp rounds amounts so that they add up to their total as shown. It is worked out when it is first asked for.
func addingUp(s *fleet.Snapshot, of func(*fleet.MicroVM) fleet.Amount) func(*fleet.MicroVM) func() decimal.Decimal {
	rounded := sync.OnceValue(func() map[*fleet.MicroVM]decimal.Decimal {
		exact, total := make([]decimal.Decimal, len(s.MicroVMs)), decimal.Decimal{}
		for i := range exact {
			exact[i] = of(&s.MicroVMs[i]).USD
			total = total.Add(exact[i])
		}
		shown := map[*fleet.MicroVM]decimal.Decimal{}
		for i, d := range figures.Settle(exact, total.RoundBank(TopPlaces), TopPlaces) {
			shown[&s.MicroVMs[i]] = d
		}
		return shown
	})
	return func(m *fleet.MicroVM) func() decimal.Decimal {
		return func() decimal.Decimal { return rounded()[m] }
	}
}

// stateOf is the state of an amount, not measured where there is none.
func stateOf(a fleet.Amount) pricing.State {
	if !a.Known {
		return pricing.NotMeasured
	}
	return a.State
}

func orDash(v view.Value, known bool) view.Value { return v.Or("–", known) }
