package compare

import "microspend/internal/civil"

// sentence names what is compared. Years are named where the two stretches do not lie in the same one.
func (k Known) sentence(now, before civil.Span) string {
	loc := k.location()
	years := now.From.In(loc).Year() != before.From.In(loc).Year() ||
		now.From.In(loc).Year() != now.To.Add(-1).In(loc).Year()
	return now.Words(loc, years) + " with " + before.Words(loc, years)
}
