package pricelist

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/pricing"
)

// product is the part of a product that both forms of the Price List give in the same way.
type product struct {
	SKU        string     `json:"sku"`
	Family     string     `json:"productFamily"`
	Attributes attributes `json:"attributes"`
}

// attributes describe a product. Values that are not strings are none of those that are looked at.
type attributes map[string]any

func (a attributes) text(name string) string {
	text, _ := a[name].(string)
	return text
}

// class is what a product is to a rate card.
type class uint8

const (
	unrelated     class = iota // not of a MicroVM: ordinary functions, edge functions, and so on
	unrecognized               // of a MicroVM, but nothing that is known to be billed
	contradictory              // of one architecture by its group and of another by what else is said of it
	priced
)

// classify finds what is rated by the attribute group alone, and whatever speaks of another architecture rules it out.
//
// The groups of x86-64 lack the suffix: GetProducts of 2026-08-07 has AWS-Lambda-MicroVM-vCPU-Second at 0.0000326557
// beside AWS-Lambda-MicroVM-vCPU-Second-ARM at 0.0000276944 in us-east-1. The suffix -X86 is taken for the same.
func (a attributes) classify() (pricing.Rated, class) {
	group := a.text("group")
	if !strings.Contains(strings.ToLower(group), "microvm") {
		return pricing.Rated{}, unrelated
	}
	for _, rated := range pricing.AllRated() {
		own := rated.PriceListGroup()
		if group != own && (rated.Arch != pricing.ArchX86 || !strings.EqualFold(group, own+"-x86")) {
			continue
		}
		// All names and values are looked at, since AWS may come to say it in an attribute of its own.
		if contradicts(rated, fmt.Sprint(map[string]any(a))) {
			return rated, contradictory
		}
		return rated, priced
	}
	return pricing.Rated{}, unrecognized
}

// contradicts reports whether a text about a product speaks of another architecture than the one it is a rate of. What
// is billed alike on all may name them all.
func contradicts(rated pricing.Rated, text string) bool {
	mentioned := pricing.ArchsMentioned(text)
	own := rated.Arch.OrDefault()
	foreign := slices.ContainsFunc(mentioned, func(arch pricing.Arch) bool { return arch != own })
	return foreign && (rated.Quantity.ByArch() || !slices.Contains(mentioned, own))
}

// term is one of the terms under which a product is sold.
type term struct {
	EffectiveDate   string               `json:"effectiveDate"`
	PriceDimensions map[string]dimension `json:"priceDimensions"`
}

// dimension is one price of a term. A term with tiers has several.
type dimension struct {
	Description  string            `json:"description"`
	BeginRange   string            `json:"beginRange"`
	EndRange     string            `json:"endRange"`
	Unit         string            `json:"unit"`
	PricePerUnit map[string]string `json:"pricePerUnit"`
}

// parseTerms reads the terms on demand of one product, in the order of their codes.
func parseTerms(text json.RawMessage) ([]term, error) {
	var byCode map[string]term
	if err := json.Unmarshal(text, &byCode); err != nil {
		return nil, fmt.Errorf("its terms are not in the documented form (%w)", err)
	}
	var terms []term
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		terms = append(terms, byCode[code])
	}
	return terms, nil
}

// Edition is one publication of the Price List.
type Edition struct {
	Version   string       // such as 20260919070354; "" where the file gives none
	Published pricing.Date // UTC; the zero date where the file gives none
}

// newEdition reads a version and a publicationDate, such as 2026-09-19T07:03:54Z.
func newEdition(version, publicationDate string) (Edition, error) {
	if !plain(version) {
		return Edition{}, fmt.Errorf("version %.40q is not a plain word", version)
	}
	if publicationDate == "" {
		return Edition{Version: version}, nil
	}
	moment, err := time.Parse(time.RFC3339, publicationDate)
	if err != nil {
		return Edition{}, fmt.Errorf("publicationDate %.40q is not a time such as 2026-09-19T07:03:54Z", publicationDate)
	}
	return Edition{version, pricing.DateOf(moment)}, nil
}

// plain reports whether a name is short and made of letters, digits, points, dashes and underscores only. What comes
// from a file and is not plain is quoted in messages and kept out of cards, so that it cannot deceive a terminal.
func plain(name string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	return len(name) <= 64 && strings.Trim(name, allowed) == ""
}
