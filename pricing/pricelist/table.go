package pricelist

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"microspend/pricing"
)

// Tables are the tables of one service's prices, each in the form of the file that [pricing.PriceBook.Over] reads.
func (o Offer) Tables(service string) (map[string][]byte, error) {
	trees := map[string]map[string]any{}
	put := func(table string, at []string, value any) error {
		if trees[table] == nil {
			trees[table] = map[string]any{}
		}
		below := trees[table]
		for _, key := range at[:len(at)-1] {
			if below[key] == nil {
				below[key] = map[string]any{}
			}
			next, ok := below[key].(map[string]any)
			if !ok {
				return fmt.Errorf("%s: %s is both a price and a table", table, strings.Join(at, "."))
			}
			below = next
		}
		below[at[len(at)-1]] = value
		return nil
	}
	for _, p := range o.Prices {
		if p.Service != service {
			continue
		}
		figure := &yaml.Node{Kind: yaml.ScalarNode, Value: p.Price.USD.String()}
		if err := put(p.Table, p.At, map[string]any{
			"usd": figure, "source": p.Price.Source, "read_on": p.Price.ReadOn,
		}); err != nil {
			return nil, err
		}
	}
	for _, f := range o.Facts {
		if f.Service != service {
			continue
		}
		if err := put(f.Table, f.At, f.Set); err != nil {
			return nil, err
		}
	}
	texts := map[string][]byte{}
	for table, tree := range trees {
		text, err := yaml.Dump(tree, yaml.WithIndent(2))
		if err != nil {
			return nil, err
		}
		texts[table] = text
	}
	return texts, nil
}

// Has reports whether a region has any MicroVM product.
func (l Listing) Has(region string) bool { return len(l.byRegion[region]) > 0 }

// Effective is the day from which a rate holds in a region, as its term says: the later one where there
// are several, the zero date where none says.
func (l Listing) Effective(region string, rated pricing.Rated) pricing.Date {
	var days []pricing.Date
	for _, e := range l.byRegion[region] {
		for _, t := range e.terms {
			if at, err := time.Parse(time.RFC3339, t.EffectiveDate); err == nil && e.rated == rated {
				days = append(days, pricing.DateOf(at))
			}
		}
	}
	if len(days) == 0 {
		return pricing.Date{}
	}
	return slices.MaxFunc(days, func(a, b pricing.Date) int { return a.Start().Compare(b.Start()) })
}
