package report

import (
	"strings"

	"microspend/spend"
	"microspend/view"
)

// GroupTable is the sums of groups for people, with the columns that are picked, as [SpendColumns] has them for a
// report by group, and the total.
func GroupTable(s spend.Spend, pick func([]view.Column[*spend.Row]) []view.Column[*spend.Row]) *view.Table {
	look := SpendLook{Counts: s.Counted, Groups: s.Subtotals()}
	columns := pick(SpendColumns(s, look))
	t := groupedTable(s, columns, look.Groups)
	total := view.RowOf(columns, SpendTotal(s), nil)
	total.Kind, total.Cells[0] = view.Total, view.Text("total")
	t.Add(total)
	return t
}

// indent keeps its width in HTML and Markdown, too, where plain blanks are lost.
const indent = "\u00a0\u00a0"

// groupedTable is what people read of a report by groups of tenants: each group with the sum of all below it, and its
// own rows under it, indented, so that nobody adds a sum to its parts. A group that is one row needs no sum.
func groupedTable(s spend.Spend, columns []spendColumn, groups []spend.Subtotal) *view.Table {
	var rows []*spend.Row
	headed, names := map[*spend.Row]bool{}, map[*spend.Row]string{}
	add := func(r *spend.Row, depth int, note string) {
		rows = append(rows, r)
		names[r] = strings.Repeat(indent, depth-1) + r.Group + note
	}
	for i := range groups {
		group := &groups[i]
		heading := len(group.All) > 1 || len(group.Own) == 0
		depth, note := group.Depth, ""
		if heading {
			headed[&group.Row] = true
			add(&group.Row, depth, "")
			depth++
		}
		if heading && len(s.By) == 1 {
			note = " (own tenants)"
		}
		for _, place := range group.Own {
			add(&s.Rows[place], depth, note)
		}
	}
	columns[0].Value = func(r *spend.Row) view.Value { return view.Text(r.Group).Shown(names[r]) }
	for i := range columns[1:min(len(s.By), len(columns))] {
		value := columns[i+1].Value
		columns[i+1].Value = func(r *spend.Row) view.Value {
			if headed[r] {
				return view.Value{}
			}
			return value(r)
		}
	}
	return view.NewTable(columns, rows, func(r *spend.Row) view.Look {
		look := view.Look{Warn: !r.Complete()}
		if headed[r] {
			look.Kind = view.Group
		}
		return look
	})
}

// groupRecords are the sums of all groups for programs: each group with all below it, parents before their parts.
func groupRecords(s spend.Spend, look SpendLook, ids []string) view.Records {
	s.By = []spend.Dimension{spend.ByGroup}
	depths := map[*spend.Row]int{}
	rows := make([]*spend.Row, len(look.Groups))
	for i := range look.Groups {
		rows[i] = &look.Groups[i].Row
		depths[rows[i]] = look.Groups[i].Depth
	}
	columns := append(view.First(SpendColumns(s, look), append([]string{"group"}, ids...)...), spendColumn{
		ID: "depth", Value: func(r *spend.Row) view.Value { return view.Count(depths[r]) },
	})
	return view.Records{Table: view.NewTable(columns, rows, nil)}
}
