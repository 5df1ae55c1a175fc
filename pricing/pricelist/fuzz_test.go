package pricelist

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// FuzzRead proves that no input makes Read panic, and that whatever input gives a card, each of the card's rates is the
// price of a product of that rate's group and region that nowhere says x86, read in a second, simpler way.
// Run it with -fuzzminimizetime 5x: shrinking inputs of this size otherwise takes all of the time.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"offer.json", "reply-1.json", "reply-2.json"} {
		text, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(text)
	}
	rows := fiveRows("eu-west-1", "EU-")
	x86 := rows[0]
	x86.sku, x86.group, x86.prices = "X", "AWS-Lambda-MicroVM-vCPU-Second", map[string]string{"USD": "0.0000326557"}
	says := rows[1]
	says.sku, says.description, says.prices = "Y", "memory, x86", map[string]string{"USD": "0.0000043235"}
	rows = append(rows, x86, says)
	f.Add([]byte(offerFile(f, rows...)))
	f.Add([]byte(reply(f, "", false, rows...)))
	f.Add([]byte(reply(f, "", true, rows...)))

	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Read(pages(string(text))...)
		if err != nil {
			require.Empty(t, l.Regions())
			require.NotContains(t, err.Error(), "\x1b", "a message must not steer the terminal")
			return
		}
		for _, region := range l.Regions() {
			card, err := l.Card(region, pricing.RateCard{}, date(t, "2026-10-01"))
			if err != nil {
				require.NotContains(t, err.Error(), "\x1b")
				continue
			}
			require.Empty(t, card.Unknown())
			for _, q := range pricing.BilledQuantities() {
				figure := card.Rate(q).Figure
				require.True(t, figure.IsPositive())
				require.Contains(t, armPrices(text, region, q.On(pricing.ArchARM64).PriceListGroup()), figure.String())
			}
		}
	})
}

// armPrices finds the prices in US dollars of all products of a group and region that say nothing of x86.
func armPrices(text []byte, region, group string) map[string]bool {
	var file struct {
		Products  map[string]product
		Terms     map[string]map[string]map[string]term
		PriceList []json.RawMessage
	}
	_ = json.Unmarshal(exactKeys(text), &file)
	found := map[string]bool{}
	look := func(p product, terms map[string]term) {
		if p.Attributes["group"] != group || p.Attributes["regionCode"] != region || mentionsX86(p.Attributes) {
			return
		}
		for _, t := range terms {
			for _, d := range t.PriceDimensions {
				if price, err := pricing.ParseDecimal(d.PricePerUnit["USD"]); err == nil && !mentionsX86(d.Description) {
					found[price.String()] = true
				}
			}
		}
	}
	for sku, p := range file.Products {
		look(p, file.Terms["OnDemand"][sku])
	}
	for _, element := range file.PriceList {
		var inner string
		if json.Unmarshal(element, &inner) == nil {
			element = json.RawMessage(inner)
		}
		var offered struct {
			Product product
			Terms   struct{ OnDemand map[string]term }
		}
		_ = json.Unmarshal(element, &offered)
		look(offered.Product, offered.Terms.OnDemand)
	}
	return found
}

// exactKeys leaves only the outermost members whose names are spelled as documented, which json.Unmarshal would not
// ask for.
func exactKeys(text []byte) []byte {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(text, &all)
	kept := map[string]json.RawMessage{}
	for _, key := range []string{"products", "terms", "PriceList"} {
		if value, given := all[key]; given {
			kept[key] = value
		}
	}
	out, _ := json.Marshal(kept)
	return out
}

func mentionsX86(value any) bool {
	text, _ := json.Marshal(value)
	return strings.Contains(strings.ToLower(string(text)), "x86")
}
