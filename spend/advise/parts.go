package advise

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend/whatif"
)

// gather makes one piece of all pieces that move work out of a region in the same way, as that is one decision: listed
// tenant by tenant, they would bury what a team can change by itself. Every figure of the whole is the exact sum of
// those of its parts. Its id is made of kind and region alone, so that it is the same whoever is part of it; the parts
// keep their own. Other pieces stay as they are.
func gather(pieces []Advice) []Advice {
	type home struct {
		kind   Kind
		region string
	}
	var out []Advice
	parts := map[home][]Advice{}
	for _, a := range pieces {
		if !a.Kind.Moves() {
			out = append(out, a)
			continue
		}
		at := home{a.Kind, a.Region}
		parts[at] = append(parts[at], a)
	}
	for _, kind := range kinds {
		for at, of := range parts {
			if at.kind == kind.kind {
				out = append(out, whole(of))
			}
		}
	}
	sortPieces(out)
	return out
}

// sortPieces puts the largest saving first.
func sortPieces(all []Advice) {
	slices.SortStableFunc(all, func(a, b Advice) int {
		return cmp.Or(b.Saving.Cmp(a.Saving), cmp.Compare(a.ID, b.ID))
	})
}

// whole is the piece that parts of one kind and region make together.
func whole(parts []Advice) Advice {
	sortPieces(parts)
	first := &parts[0]
	out := *first
	out.ID = id(first.Kind, []string{first.Region})
	if len(parts) == 1 {
		return out
	}
	out.Parts, out.Instead, out.Change = parts, nil, whatif.Change{}
	out.Lines, out.edits = nil, nil
	out.Actual, out.Changed, out.Saving = decimal.Decimal{}, decimal.Decimal{}, decimal.Decimal{}
	out.Low, out.High = decimal.Decimal{}, decimal.Decimal{}
	for i := range parts {
		p := &parts[i]
		out.Actual, out.Changed, out.Saving = out.Actual.Add(p.Actual), out.Changed.Add(p.Changed), out.Saving.Add(p.Saving)
		out.Low, out.High = out.Low.Add(p.Low), out.High.Add(p.High)
		out.State = out.State.And(p.State)
		out.Lines = addLines(out.Lines, p.Lines)
		out.edits = append(out.edits, p.edits...)
	}
	out.Tenant = common(parts, func(a *Advice) string { return a.Tenant })
	out.Image = common(parts, func(a *Advice) string { return a.Image })
	out.Subject = fmt.Sprintf("%s in %s", cmp.Or(out.Tenant, figures.Count(tenantCount(parts), "tenant")), first.Region)
	out.To = destinations(parts)
	out.Risk = forExample(parts, func(a *Advice) string { return a.Risk })
	out.How = forExample(parts, func(a *Advice) string { return a.How })
	out.RestsOn = notesOf(parts)
	return out
}

// addLines adds up the lines of two bills, quantity by quantity.
func addLines(sum, lines []whatif.Line) []whatif.Line {
	for _, line := range lines {
		at := slices.IndexFunc(sum, func(have whatif.Line) bool { return have.Of == line.Of })
		if at < 0 {
			sum = append(sum, line)
			continue
		}
		have := &sum[at]
		have.Quantity, have.Then = have.Quantity.Add(line.Quantity), have.Then.Add(line.Then)
		have.Amount, have.ThenAmount = have.Amount.Add(line.Amount), have.ThenAmount.Add(line.ThenAmount)
	}
	slices.SortFunc(sum, func(a, b whatif.Line) int { return cmp.Compare(a.Of, b.Of) })
	return sum
}

func tenantCount(parts []Advice) int {
	tenants := map[string]bool{}
	for i := range parts {
		tenants[parts[i].Tenant] = true
	}
	return len(tenants)
}

// common is what all parts have in common, "" where they differ.
func common(parts []Advice, of func(*Advice) string) string {
	text := of(&parts[0])
	for i := range parts {
		if of(&parts[i]) != text {
			return ""
		}
	}
	return text
}

// forExample is what is said of all parts, or of the one that saves most where they differ.
func forExample(parts []Advice, of func(*Advice) string) string {
	if text := common(parts, of); text != "" {
		return text
	}
	return fmt.Sprintf("differs; for %s: %s", parts[0].Subject, of(&parts[0]))
}

// destinations are where parts go to, that of most first: Fargate (16), EC2 (3).
func destinations(parts []Advice) string {
	var names []string
	count := map[string]int{}
	for i := range parts {
		name := parts[i].To
		if parts[i].Instead != nil {
			name, _, _ = strings.Cut(name, " ") // whatever its size
		}
		if count[name]++; count[name] == 1 {
			names = append(names, name)
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s (%d)", name, count[name])
	}
	return strings.Join(names, ", ")
}

// notesOf is what parts rest on, once each. What is measured part by part is told of the one that saves most.
func notesOf(parts []Advice) (notes []pricing.Note) {
	for i := range parts {
		for _, n := range parts[i].RestsOn {
			at := slices.IndexFunc(notes, func(have pricing.Note) bool { return have.ID == n.ID })
			if at < 0 {
				notes = append(notes, n)
			}
		}
	}
	for i := range notes {
		n := &notes[i]
		text, teller := n.Text, ""
		for j := range parts {
			for _, other := range parts[j].RestsOn {
				switch {
				case other.ID != n.ID:
				case teller == "":
					teller = parts[j].Subject
				case other.Text != text:
					n.Text = fmt.Sprintf("differs; for %s: %s", teller, text)
				}
			}
		}
	}
	return notes
}

// pieces are the parts of a piece, or the piece itself where it has none.
func (a *Advice) pieces() []*Advice {
	if len(a.Parts) == 0 {
		return []*Advice{a}
	}
	all := make([]*Advice, len(a.Parts))
	for i := range a.Parts {
		all[i] = &a.Parts[i]
	}
	return all
}

// Elsewhere is what a month costs on what is used in place of MicroVMs.
func (a *Advice) Elsewhere() decimal.Decimal {
	sum := decimal.Decimal{}
	for _, p := range a.pieces() {
		if p.Instead != nil {
			sum = sum.Add(p.Instead.Month)
		}
	}
	return sum
}

// Best is the piece about a tenant alone, or the part of one, that saves most of those that a what-if of the tenant can
// try together with others; false where there is none. A move off MicroVMs is not one: nothing else matters to its
// bill. A nil report has none.
func (r *Report) Best(tenant string) (best Advice, ok bool) {
	if r == nil {
		return best, false
	}
	for i := range r.Advice {
		for _, a := range r.Advice[i].pieces() {
			tried := a.Change.Region != "" || a.Change.TimeoutNow != a.Change.TimeoutThen
			if tried && a.Tenant == tenant && (!ok || a.Saving.GreaterThan(best.Saving)) {
				best, ok = *a, true
			}
		}
	}
	return best, ok
}
