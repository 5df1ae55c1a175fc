package pricelist

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestReadRefuses(t *testing.T) {
	good := offerFile(t, fiveRows("eu-west-1", "EU-")...)
	lambda := row{
		sku: "FN", group: "AWS-Lambda-Requests-ARM", region: "eu-west-1", unit: "Requests", begin: "0",
		end: "Inf",
	}
	for _, tc := range []struct{ name, reason, text, want string }{
		{"empty", "a download that failed", "", "page 1: an empty file; download the price list again"},
		{
			"truncated", "a download that broke off", good[:1000],
			"page 1: product \"SKUCEUWEST1\": cannot be read as JSON after byte 1000: the file ends in the middle of the price list; download it again",
		},
		{
			"truncated between values", "likewise", strings.SplitAfter(good, `"products":`)[0],
			"page 1: cannot be read as JSON after byte 121: the file ends in the middle of the price list; download it again",
		},
		{
			"malformed", "a byte went wrong", strings.Replace(good, `"terms":{`, `"terms":{{`, 1),
			"unexpected character '{'",
		},
		{
			"gzip", "AWS's server compresses if asked", "\x1f\x8b\x08\x00",
			"page 1: neither an offer file nor a GetProducts reply but gzip data; decompress it first",
		},
		{
			"error page", "a proxy answers in HTML", "<html>",
			"but HTML or XML, perhaps an error page; download the JSON again",
		},
		{
			"CSV", "the other form of the offer file", `"FormatVersion","v1.0"`,
			"perhaps the CSV form; download index.json in its place",
		},
		{"UTF-16", "PowerShell redirects in UTF-16", "\xff\xfe{\x00", "but UTF-16 text; save it as UTF-8"},
		{
			"byte order mark", "Windows editors add one", "\xef\xbb\xbf" + good,
			"but text with a byte order mark; save it as UTF-8 without one",
		},
		{
			"PriceList alone", "aws pricing get-products --query PriceList", `["{}"]`,
			"but a JSON array; give the whole GetProducts reply, not its PriceList alone",
		},
		{
			"region index", "the file that points to price lists",
			`{"formatVersion":"v1.0","publicationDate":"2026-10-01T00:00:00Z","regions":{}}`,
			"page 1: neither an offer file of AWSLambda (products and terms) nor a GetProducts reply (PriceList): its outermost object has \"formatVersion, publicationDate, regions\"",
		},
		{"nothing in it", "not a price list", `{}`, "its outermost object is empty"},
		{
			"other offer", "a file of another service", `{"offerCode":"AmazonEC2","products":{}}`,
			"page 1: this is the offer file of \"AmazonEC2\"; download the one of AWSLambda",
		},
		{
			"no offer code", "products of who knows which service", `{"products":{},"terms":{}}`,
			"products without an offerCode",
		},
		{
			"no terms", "products have no prices", `{"offerCode":"AWSLambda","products":{}}`,
			"an offer file without its terms, which hold the prices",
		},
		{
			"terms first", "prices cannot be told apart before their products are known",
			`{"offerCode":"AWSLambda","terms":{},"products":{}}`,
			"the terms come before the products, which AWS's own files never do; put them in order, for example with jq",
		},
		{
			"two forms in one", "made by hand", `{"offerCode":"AWSLambda","products":{},"terms":{},"PriceList":[]}`,
			"both products and PriceList at the top",
		},
		{
			"products twice", "JSON does not say which counts", `{"products":{},"products":{}}`,
			`"products" is given twice`,
		},
		{
			"terms on demand twice", "likewise", `{"products":{},"terms":{"OnDemand":{},"OnDemand":{}}}`,
			`"OnDemand" is given twice`,
		},
		{
			"two texts", "pages joined into one file", good + good,
			"more data after the end of the price list; give each file or page by itself",
		},
		{
			"products not an object", "not the documented form", `{"products":[]}`,
			"page 1: cannot be read as JSON after byte 13: an array where an object should be",
		},
		{
			"PriceList not an array", "not the documented form", `{"PriceList":null}`,
			"page 1: cannot be read as JSON after byte 17: null where an array should be",
		},
		{
			"product not an object", "not the documented form", `{"products":{"A":5}}`,
			`page 1: product "A": cannot be read as JSON after byte 16: number where another kind of value should be`,
		},
		{
			"element not JSON", "not the documented form", `{"PriceList":["{}","{]"]}`,
			"page 1: cannot be read as JSON after byte 18: PriceList[1]: unexpected character ']'",
		},
		{
			"date", "a card's age rests on it", strings.Replace(good, "2026-10-01T05", "yesterday", 1),
			"is not a time such as 2026-09-19T07:03:54Z",
		},
		{
			"deep nesting", "made to exhaust memory", `{"x":` + strings.Repeat("[", 100),
			"page 1: cannot be read as JSON after byte 70: nested more than 64 levels deep",
		},
		{
			"escape in a region", "a terminal would obey it",
			offerFile(t, row{sku: "A", group: pricing.VCPU.On("").PriceListGroup(), region: "\x1b[2J"}),
			`whose sku "A" or regionCode "\x1b[2J" is not a plain word`,
		},
		{
			"no MicroVM", "an offer file from before MicroVMs", offerFile(t, lambda),
			"no MicroVM product among the 1 products given; give the price list of AWSLambda for a region that has MicroVMs",
		},
		{
			"first page only", "MicroVMs may be on a later one", reply(t, "more", false, lambda),
			"no MicroVM product among the 1 products given; the GetProducts reply ends with a NextToken, so more pages follow: give all of them",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read(pages(tc.text)...)
			require.ErrorContains(t, err, tc.want, tc.reason)
			require.NotContains(t, err.Error(), "\x1b")
		})
	}
}

func TestReadReportsEveryFile(t *testing.T) {
	_, err := Read(Page{"a.json", strings.NewReader("{")}, Page{"b.json", strings.NewReader("<")},
		Page{"c.json", iotest.ErrReader(errors.New("disk on fire"))})
	require.EqualError(t, err,
		"a.json: cannot be read as JSON after byte 1: the file ends in the middle of the price list; download it again\n"+
			"b.json: neither an offer file nor a GetProducts reply but HTML or XML, perhaps an error page; download the JSON again\n"+
			"c.json: reading failed after byte 0: disk on fire")
	syntax, ok := errors.AsType[*SyntaxError](err)
	require.True(t, ok)
	require.EqualValues(t, 1, syntax.Offset)
}

func TestReadLimits(t *testing.T) {
	rows := fiveRows("eu-west-1", "EU-")
	for _, tc := range []struct {
		name, reason string
		limits       limits
		body         io.Reader
		want         string
	}{
		{
			"input", "endless input ends",
			limits{100_000, 1 << 20, 64, 10},
			io.MultiReader(strings.NewReader(`{"x":[`), &repeat{text: `{"a":"b"},`, left: 1 << 30}),
			"more than 100000 bytes of input",
		},
		{
			"long string", "a string is held in memory as a whole",
			limits{1 << 30, 10_000, 64, 10},
			io.MultiReader(strings.NewReader(`{"x":"`), &repeat{text: "y", left: 1 << 30}),
			"cannot be read as JSON after byte 5: a single value of more than 10000 bytes",
		},
		{
			"large product", "so is a product",
			limits{1 << 30, 10_000, 64, 10},
			io.MultiReader(strings.NewReader(`{"products":{"P":{"x":[`), &repeat{text: "1,", left: 1 << 30}),
			`product "P": cannot be read as JSON after byte 17: a single value of more than 10000 bytes`,
		},
		{
			"many products", "so is each MicroVM product",
			limits{1 << 30, 10_000, 64, 4},
			strings.NewReader(offerFile(t, rows...)), "more than 4 MicroVM products",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := read(tc.limits, []Page{{Body: tc.body}})
			require.ErrorContains(t, err, tc.want, tc.reason)
		})
	}
}
