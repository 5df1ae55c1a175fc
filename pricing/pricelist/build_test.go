package pricelist

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// row is a product with one price, from which tests build price lists of either form.
type row struct {
	sku, group, region, usageType, description string
	unit, begin, end, priceDescription         string
	prices                                     map[string]string
	copies                                     int // of the price dimension, over the first
	terms                                      int // over the first
	noTerms                                    bool
}

// fiveRows is a region as AWS lists it, with the rates of us-east-1 (2026-09-19).
func fiveRows(region, prefix string) []row {
	usd := []string{"0.0000276944", "0.0000036667", "0.0015467699", "0.0037977138", "0.0001111111"}
	var rows []row
	for i, q := range pricing.BilledQuantities() {
		name := strings.TrimPrefix(q.On(pricing.ArchARM64).PriceListGroup(), "AWS-")
		rows = append(rows, row{
			sku: "SKU" + string(rune('A'+i)) + strings.ToUpper(strings.ReplaceAll(region, "-", "")), group: q.On(pricing.ArchARM64).PriceListGroup(),
			region: region, usageType: prefix + name, unit: q.Unit(), begin: "0", end: "Inf",
			prices: map[string]string{"USD": usd[i]},
		})
	}
	return rows
}

type object = map[string]any

func (r row) product() object {
	return object{"sku": r.sku, "productFamily": "Serverless", "attributes": object{
		"servicecode": "AWSLambda", "location": "Somewhere", "group": r.group, "groupDescription": r.description,
		"usagetype": r.usageType, "regionCode": r.region, "aws_added": object{"later": []int{1}},
	}}
}

func (r row) onDemand() object {
	terms := object{}
	if r.noTerms {
		return terms
	}
	for t := range 1 + r.terms {
		prices := object{}
		for d := range 1 + r.copies {
			prices[r.sku+".T.D"+string(rune('0'+d))] = object{
				"unit": r.unit, "beginRange": r.begin, "endRange": r.end, "description": r.priceDescription,
				"pricePerUnit": r.prices, "appliesTo": []string{},
			}
		}
		terms[r.sku+".T"+string(rune('0'+t))] = object{"sku": r.sku, "priceDimensions": prices}
	}
	return terms
}

// offerFile is a bulk offer file of the rows.
func offerFile(t testing.TB, rows ...row) string {
	products, terms := object{}, object{}
	for _, r := range rows {
		products[r.sku] = r.product()
		if !r.noTerms {
			terms[r.sku] = r.onDemand()
		}
	}
	return `{"formatVersion":"v1.0","offerCode":"AWSLambda","version":"20261001","publicationDate":"2026-10-01T05:00:00Z",` +
		`"products":` + encode(t, products) + `,"terms":{"Reserved":{"X":[[]]},"OnDemand":` + encode(t, terms) + `}}`
}

// reply is a page of a GetProducts reply, with its elements as strings or as objects.
func reply(t testing.TB, nextToken string, asObjects bool, rows ...row) string {
	elements := []any{}
	for _, r := range rows {
		var element any = object{
			"product": r.product(), "terms": object{"OnDemand": r.onDemand()},
			"version": "20261001", "publicationDate": "2026-10-01T05:00:00Z",
		}
		if !asObjects {
			element = encode(t, element)
		}
		elements = append(elements, element)
	}
	page := object{"FormatVersion": "aws_v1", "PriceList": elements}
	if nextToken != "" {
		page["NextToken"] = nextToken
	}
	return encode(t, page)
}

func encode(t testing.TB, value any) string {
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func pages(texts ...string) []Page {
	var all []Page
	for _, text := range texts {
		all = append(all, Page{Body: strings.NewReader(text)})
	}
	return all
}

func date(t testing.TB, text string) pricing.Date {
	day, err := pricing.ParseDate(text)
	require.NoError(t, err)
	return day
}

// figures are a card's rates in the order of a bill.
func figures(card pricing.RateCard) []string {
	var all []string
	for _, q := range pricing.BilledQuantities() {
		all = append(all, card.Rate(q).Figure.String())
	}
	return all
}

// repeat reads as a text over and over.
type repeat struct {
	text string
	left int
	at   int
}

func (r *repeat) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		copied := copy(p[n:], r.text[r.at:])
		n, r.at = n+copied, r.at+copied
		if r.at == len(r.text) {
			r.at, r.left = 0, r.left-1
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// editions lists the publications that the products are from, oldest first.
func editions(l Listing) []Edition {
	var all []Edition
	for _, entries := range l.byRegion {
		for _, e := range entries {
			all = append(all, e.edition)
		}
	}
	slices.SortFunc(all, func(a, b Edition) int { return cmp.Compare(a.Version, b.Version) })
	return slices.Compact(all)
}
