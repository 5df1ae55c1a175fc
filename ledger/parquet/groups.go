package parquet

import (
	"cmp"
	"slices"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/usage"
)

// columnOf is the column that a field groups by. FieldDay has none of its own.
var columnOf = [...]column{
	ledger.FieldTenant: columnTenant, ledger.FieldTenantBy: columnTenantBy, ledger.FieldImage: columnImage, ledger.FieldArch: columnArch, ledger.FieldKind: columnKind,
	ledger.FieldResource: columnResource,
	ledger.FieldRole:     columnRole, ledger.FieldRegion: columnRegion, ledger.FieldAccount: columnAccount, ledger.FieldSource: columnSource,
}

// groupKey tells groups apart: names by their id, 0 where they are not asked for, and the day.
type groupKey struct {
	names [len(columnOf)]uint32
	day   int32
}

// groups are sums by group, column by column.
type groups struct {
	ids   map[string]uint32 // of the names, from 1
	index map[groupKey]int32
	keys  []groupKey
	sums  []usage.Sum
}

func newGroups() groups {
	return groups{ids: map[string]uint32{}, index: map[groupKey]int32{}}
}

func (g *groups) id(name string) uint32 {
	id, ok := g.ids[name]
	if !ok {
		id = uint32(len(g.ids)) + 1
		g.ids[name] = id
	}
	return id
}

func (g *groups) group(key groupKey) int32 {
	i, ok := g.index[key]
	if !ok {
		i = int32(len(g.keys))
		g.index[key] = i
		if len(g.sums) == cap(g.sums) { // append would move them four times as often
			g.grow(max(len(g.sums), 64))
		}
		g.keys = append(g.keys, key)
		g.sums = append(g.sums, usage.Sum{})
	}
	return i
}

// grow makes room for more groups, so that they need not be moved again and again.
func (g *groups) grow(more int) {
	g.keys, g.sums = slices.Grow(g.keys, more), slices.Grow(g.sums, more)
}

// reset empties the sums and keeps the memory.
func (g *groups) reset() {
	clear(g.index)
	g.keys, g.sums = g.keys[:0], g.sums[:0]
}

// merge adds groups whose names have the same ids.
func (g *groups) merge(other *groups) {
	for i, key := range other.keys {
		g.add(key, &other.sums[i])
	}
}

func (g *groups) add(key groupKey, sum *usage.Sum) {
	i := g.group(key)
	g.sums[i].Merge(sum)
}

// together puts the workers' sums together, whose tables are of no use after that.
func together(workers []*aggregator) *groups {
	all := &workers[0].table
	for _, worker := range workers[1:] {
		names := make([]uint32, len(worker.table.ids)+1)
		for name, id := range worker.table.ids {
			names[id] = all.id(name)
		}
		if workers[0].byDay { // and days are divided among workers, so that few groups are of several
			all.grow(len(worker.table.keys))
		}
		for i, key := range worker.table.keys {
			for n := range key.names {
				key.names[n] = names[key.names[n]]
			}
			all.add(key, &worker.table.sums[i])
		}
		worker.table = groups{}
	}
	return all
}

// result is the answer: all groups in the order of their keys.
func (a *aggregator) result(all *groups, broken []ledger.DamagedFile) ledger.Result {
	names := make([]string, 1, len(all.ids)+1)
	for name := range all.ids {
		names = append(names, name)
	}
	slices.Sort(names[1:])
	rank := make([]uint32, len(names)) // of an id: its place among the names
	for i, name := range names[1:] {
		rank[all.ids[name]] = uint32(i + 1)
	}
	order := make([]int, len(all.keys))
	for i := range all.keys {
		order[i] = i
		for n, id := range all.keys[i].names {
			all.keys[i].names[n] = rank[id]
		}
	}
	slices.SortFunc(order, func(a, b int) int { return compareGroups(&all.keys[a], &all.keys[b]) })
	result := ledger.Result{Damaged: broken}
	if len(order) > 0 {
		result.Groups = make([]ledger.Group, len(order))
	}
	days := map[int32]time.Time{}
	for i, of := range order {
		result.Groups[i] = all.result(of, names)
		if a.byDay {
			day, known := days[all.keys[of].day]
			if !known {
				day = civil.Day(all.keys[of].day).Start(a.location)
				days[all.keys[of].day] = day
			}
			result.Groups[i].Day = day
		}
	}
	slices.SortFunc(result.Damaged, func(a, b ledger.DamagedFile) int { return cmp.Compare(a.Path, b.Path) })
	result.Damaged = slices.CompactFunc(result.Damaged, func(a, b ledger.DamagedFile) bool { return a.Path == b.Path })
	return result
}

func (g *groups) result(i int, names []string) ledger.Group {
	group := ledger.Group{Sum: g.sums[i]}
	for f, id := range g.keys[i].names {
		group.Set(ledger.Field(f), names[id])
	}
	return group
}

// compareGroups orders groups by their names, as the fields are declared, then by day. The names' ids must be in the
// order of the names.
func compareGroups(a, b *groupKey) int {
	if c := slices.Compare(a.names[:], b.names[:]); c != 0 {
		return c
	}
	return cmp.Compare(a.day, b.day)
}
