package scenarios

import (
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"

	"microspend/pricing"
)

// Given is what is said beside a scenario's file and takes the place of what the file says. It is laid into the file as
// it is read, so that a sweep, a range or a comparison of regions varies it as if it stood there. The figures that a
// source documents are of the file as it is: where anything is given they are left out.
//
// The zero value gives nothing.
type Given struct {
	Region    string                              // "" is the file's
	Arch      pricing.Arch                        // [pricing.ArchUnknown] is the file's
	Rates     map[pricing.RateKey]decimal.Decimal // over the file's, with the meaning that a key has in the file
	Discounts *pricing.Discounts                  // in place of the file's and the card's; nil leaves them
}

// givenSource is where rates come from that are given beside the file.
const givenSource = "given on the command line"

// Load is [LoadWithFiles] of a file with what is given in it. An error in what is given has the place in the file where
// that would stand.
func (g Given) Load(file string, in io.Reader, open Opener) (*Scenario, error) {
	return loadStream(file, in, open, g, nil)
}

func (g Given) isZero() bool {
	return g.Region == "" && g.Arch == pricing.ArchUnknown && len(g.Rates) == 0 && g.Discounts == nil
}

// into lays what is given into a file's tree. Its error is about a section that is not one, which the file's own faults
// name better where they do.
func (g Given) into(root *yaml.Node) error {
	if g.isZero() || root.Kind != yaml.MappingNode {
		return nil
	}
	dropKey(root, "documented")
	var values [][2]string
	if g.Region != "" {
		values = append(values, [2]string{"region", g.Region})
	}
	if g.Arch != pricing.ArchUnknown {
		dropKey(childOf(root, "microvm"), "architecture")
		values = append(values, [2]string{"microvm.arch", string(g.Arch)})
	}
	if len(g.Rates) > 0 || g.Discounts != nil {
		values = append(values, g.ratesInto(childOf(root, "rates"), g.archOf(root))...)
	}
	for _, v := range values {
		if err := setScalar(root, v[0], v[1]); err != nil {
			return err
		}
	}
	return nil
}

// ratesInto takes out of the section what is given in another way, and returns what to put there.
func (g Given) ratesInto(rates *yaml.Node, own pricing.Arch) (values [][2]string) {
	for _, key := range pricing.RateKeys() {
		figure, given := g.Rates[key]
		if !given {
			continue
		}
		for _, other := range replacedBy(key, rates, own) {
			if _, also := g.Rates[other]; !also || other == key {
				dropKey(rates, string(other))
			}
		}
		values = append(values, [2]string{"rates." + string(key), figure.String()})
	}
	if g.Discounts == nil {
		return values
	}
	dropKey(rates, "discount")
	if flat, same := g.Discounts.Flat(); same {
		return append(values, [2]string{"rates.discount", flat.Shift(2).String() + "%"})
	}
	for _, q := range pricing.BilledQuantities() {
		key := strings.ReplaceAll(q.String(), ".", "_")
		values = append(values, [2]string{"rates.discount." + key, g.Discounts[q].Shift(2).String() + "%"})
	}
	return values
}

// replacedBy are the keys of a file's rates that a key takes the place of: those of the same rate, which may be per hour
// or per second, and as a plain key in a file means what the workload runs on, also those that mean that.
func replacedBy(key pricing.RateKey, rates *yaml.Node, own pricing.Arch) []pricing.RateKey {
	rated, _, _ := key.Meaning()
	plain, full := rated.Quantity.On(pricing.ArchUnknown), rated.Quantity.On(own)
	has := func(key pricing.RateKey) bool { return childOf(rates, string(key)) != nil }
	switch {
	case rated == plain:
		return slices.Concat(rated.RateKeys(), full.RateKeys())
	case rated == full && !slices.ContainsFunc(full.RateKeys(), has):
		return slices.Concat(rated.RateKeys(), plain.RateKeys())
	}
	return rated.RateKeys()
}

// archOf is what the workload runs on: what is given, or what the file says.
func (g Given) archOf(root *yaml.Node) pricing.Arch {
	if g.Arch != pricing.ArchUnknown {
		return g.Arch
	}
	microvm := childOf(root, "microvm")
	for _, key := range []string{"arch", "architecture"} {
		if node := childOf(microvm, key); node != nil {
			if arch, err := pricing.ParseArch(node.Value); err == nil {
				return arch
			}
		}
	}
	return pricing.ArchARM64
}

// childOf is the value under a key of a mapping, nil where there is none.
func childOf(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// dropKey takes a key out of a mapping, where it is there.
func dropKey(mapping *yaml.Node, key string) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return
		}
	}
}
