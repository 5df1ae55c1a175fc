package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"

	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// Diff is how one estimate differs from another, line by line, and which inputs made it so.
type Diff struct {
	Before, After *Estimate
	Lines         []LineDiff    // every component that either bill has, in the order of a bill
	Inputs        []InputChange // values that differ between the files, in the order of the second

	// Low is the difference at the cheaper ends of the ranges of either file, nil where neither has any. The rest is of
	// the costlier ends. A file without ranges is the same at both.
	Low *Diff
}

// LineDiff is one component in both bills.
type LineDiff struct {
	Component     pricing.Component
	Before, After *pricing.Line // nil where the bill has no such line

	// QuantityEffect is what the change of quantity alone costs, at the old rate; RateEffect is what the change of
	// rate and discount costs, at the new quantity. They add up to Change exactly.
	QuantityEffect, RateEffect decimal.Decimal
}

// Equal reports whether every line of the two bills is the same, at both ends of ranges.
func (d Diff) Equal() bool {
	return (d.Low == nil || d.Low.Equal()) && !slices.ContainsFunc(d.Lines, func(l LineDiff) bool {
		return !l.QuantityEffect.IsZero() || !l.RateEffect.IsZero()
	})
}

// Change is the difference of the two amounts.
func (l LineDiff) Change() decimal.Decimal { return l.QuantityEffect.Add(l.RateEffect) }

// InputChange is one value of a scenario file that differs. An empty text means that the file does not give it.
type InputChange struct {
	Path, Before, After string
	LowBefore, LowAfter string // at the cheaper ends of ranges; the same where the value is no range
}

// Ranged reports whether the value is a range in either file.
func (c InputChange) Ranged() bool { return c.LowBefore != c.Before || c.LowAfter != c.After }

// Compare works out the difference between two estimates.
func Compare(before, after *Estimate) Diff {
	d := Diff{Before: before, After: after, Inputs: inputChanges(before.Scenario, after.Scenario)}
	if before.Low != nil || after.Low != nil {
		low := Compare(cmp.Or(before.Low, before), cmp.Or(after.Low, after))
		d.Low = &low
	}
	for _, c := range pricing.Components() {
		line := LineDiff{Component: c, Before: findLine(before.Bill, c), After: findLine(after.Bill, c)}
		if line.Before == nil && line.After == nil {
			continue
		}
		line.split(before.Bill.Card)
		d.Lines = append(d.Lines, line)
	}
	return d
}

func findLine(b pricing.Bill, c pricing.Component) *pricing.Line {
	for i := range b.Lines {
		if b.Lines[i].Component == c {
			return &b.Lines[i]
		}
	}
	return nil
}

// split divides the change of a line into the part of the quantity and the part of the rate.
func (l *LineDiff) split(old pricing.RateCard) {
	switch {
	case l.After == nil:
		l.QuantityEffect = l.Before.Amount.Neg()
	case l.Before == nil && !old.Rate(l.After.Of).Known():
		l.QuantityEffect = l.After.Amount // there is no old rate to value it at
	default:
		before := decimal.Decimal{}
		if l.Before != nil {
			before = l.Before.Amount
		}
		atOldRate := l.After.Amount
		switch {
		case sameRate(old, l.After):
		case l.Before != nil && l.Before.Quantity.Equal(l.After.Quantity):
			atOldRate = before // and not what a quantity rounded to 20 decimals would come to
		default:
			atOldRate = old.Charged(l.After.Of).Amount(l.After.Quantity)
		}
		l.QuantityEffect = atOldRate.Sub(before)
		l.RateEffect = l.After.Amount.Sub(atOldRate)
	}
}

// sameRate reports whether a line was priced as the card would; then its own amount is the better one, as quantities
// that are no finite decimals are rounded in it once only.
func sameRate(card pricing.RateCard, line *pricing.Line) bool {
	return card.Rate(line.Of).Equal(line.Rate) && card.Discounts[line.Of].Equal(line.Discount)
}

// inputChanges lists the values that differ, leaving out what does not enter the bill. Values are the same where they
// mean the same: 60m is 1h, microvm: 2GB is microvm: {memory: 2GB}, and a default is what it stands for.
func inputChanges(before, after *Scenario) []InputChange {
	olds, news := billed(before.root), billed(after.root)
	lowOlds, lowNews := billed(cmp.Or(before.Low, before).root), billed(cmp.Or(after.Low, after).root)
	var changes []InputChange
	add := func(path string) {
		differ := func(olds, news []leaf) bool {
			return !sameInput(inputOr(textAt(olds, path), path, olds), inputOr(textAt(news, path), path, news))
		}
		if differ(olds, news) || differ(lowOlds, lowNews) {
			changes = append(changes, InputChange{
				path, textAt(olds, path), textAt(news, path), textAt(lowOlds, path), textAt(lowNews, path),
			})
		}
	}
	for _, leaf := range news {
		add(leaf.path)
	}
	for _, old := range olds {
		if !slices.ContainsFunc(news, func(n leaf) bool { return n.path == old.path }) {
			add(old.path)
		}
	}
	return changes
}

// sameInput reports whether two values, as they are written, mean the same.
func sameInput(a, b string) bool {
	if a == b {
		return true
	}
	x, unitX, okX := Measure(a)
	y, unitY, okY := Measure(b)
	return okX && okY && x.Equal(y) && (unitX == unitY || x.IsZero())
}

// inputDefaults are what values stand for that a file does not give, or the path of the one that they are the same as.
var inputDefaults = map[string]string{
	"microvm.arch": "arm64",
	"image.count":  "1", "image.size": "microvm.memory", "image.hours": "720h", "state.size": "microvm.memory",
	"workload.launches": "1", "workload.cycles": "0", "workload.suspended": "0s", "workload.burst.share": "0%",
	"rates.discount": "0%",
}

// inputOr is the value that is given at a path, or its default.
func inputOr(given, path string, of []leaf) string {
	if given != "" {
		return given
	}
	fallback := inputDefaults[path]
	if strings.Contains(fallback, ".") {
		return textAt(of, fallback)
	}
	return fallback
}

// spelledOut is the path of a section with the key that a plain value there stands for: microvm.memory for microvm.
// What lies deeper is called by what people write: rates.discount.
func spelledOut(path string) string {
	if key := strictyaml.Shorthand(scenarioFile{}, path); key != "" && !strings.Contains(path, ".") {
		return path + "." + key
	}
	return path
}

// leaf is a single value of a scenario's file, with its path.
type leaf struct {
	path string
	*yaml.Node
}

func textAt(leaves []leaf, path string) string {
	for _, leaf := range leaves {
		if leaf.path == path {
			return leaf.Value
		}
	}
	return ""
}

// leaves flattens a tree into its values, in the order of the file.
func leaves(root *yaml.Node) []leaf {
	var all []leaf
	var walk func(node *yaml.Node, path string)
	walk = func(node *yaml.Node, path string) {
		switch node.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				walk(node.Content[i+1], strings.TrimPrefix(path+"."+node.Content[i].Value, "."))
			}
		case yaml.SequenceNode:
			for i, item := range node.Content {
				walk(item, indexed(path, i))
			}
		default:
			all = append(all, leaf{path, node})
		}
	}
	walk(root, "")
	return all
}

// billed are the values that enter the bill.
func billed(root *yaml.Node) []leaf {
	all := leaves(root)
	for i, l := range all {
		all[i].path = spelledOut(l.path)
	}
	return slices.DeleteFunc(all, func(l leaf) bool {
		section := l.path[:strings.IndexAny(l.path+".", ".[")]
		return slices.Contains([]string{"name", "title", "documented", "compare", "traits"}, section) ||
			slices.Contains([]string{"rates.source", "rates.read_on", "rates.card"}, l.path)
	})
}
