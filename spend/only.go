package spend

// Only is the report with some of its rows, in the order given by their places. Its total is the sum of these.
func (s Spend) Only(places []int) Spend {
	out := s
	out.Rows = make([]Row, len(places))
	out.Total = Total{}
	if s.Total.Previous != nil {
		out.Total.Previous = &Comparison{}
	}
	for i, place := range places {
		row := s.Rows[place]
		out.Rows[i] = row
		out.Total.Cost = out.Total.Plus(row.Cost)
		out.Total.Shared = out.Total.Shared.Add(row.Shared)
		out.Total.Sum.Merge(&row.Sum)
		if out.Total.Previous != nil && row.Previous != nil {
			out.Total.Previous.Cost = out.Total.Previous.Plus(row.Previous.Cost)
		}
	}
	if out.Total.Previous != nil {
		out.Total.Previous.settle(out.Total.Cost)
	}
	return out
}
