package pricelist

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// one changes the vCPU row of a region that is otherwise in order.
func one(change func(*row)) func([]row) []row {
	return func(rows []row) []row {
		change(&rows[0])
		return rows
	}
}

func TestCardRefuses(t *testing.T) {
	const vcpu = "eu-west-1: SKU SKUAEUWEST1 of group AWS-Lambda-MicroVM-vCPU-Second-ARM: "
	const lacksVCPU = "eu-west-1: no product for AWS-Lambda-MicroVM-vCPU-Second-ARM"
	const unit = " is expected; a changed unit is never priced, so keep the present card and look at AWS's pricing page"
	const complete = "; give a complete price list, or keep the present card"
	const refusedX86 = "; SKU SKUAEUWEST1 of group AWS-Lambda-MicroVM-vCPU-Second-ARM was refused, as its description is of " +
		"another architecture"
	usd := func(text string) func([]row) []row {
		return one(func(r *row) { r.prices = map[string]string{"USD": text} })
	}
	for _, tc := range []struct {
		name, reason string
		change       func([]row) []row
		want         string
	}{
		{
			"unit per hour", "3,600 times the price", one(func(r *row) { r.unit = "vCPU-Hours" }),
			vcpu + `priced per "vCPU-Hours" where vCPU-Seconds` + unit,
		},
		{
			"unit with a prefix", "functions' own unit is priced otherwise", one(func(r *row) { r.unit = "Lambda-vCPU-Second" }),
			vcpu + `priced per "Lambda-vCPU-Second" where vCPU-Seconds` + unit,
		},
		{
			"no unit", "nothing says what is paid for", one(func(r *row) { r.unit = "" }),
			vcpu + `priced per "" where vCPU-Seconds` + unit,
		},
		{
			"no term", "a product that is not sold", one(func(r *row) { r.noTerms = true }),
			vcpu + "it has no term on demand, so no price",
		},
		{
			"two terms", "the list has no rule for which is billed", one(func(r *row) { r.terms = 1 }),
			vcpu + "it has 2 terms on demand, and which of them is billed cannot be told",
		},
		{
			"two prices", "a card has one", one(func(r *row) { r.copies = 1 }),
			vcpu + "it has 2 prices (tiers); a rate card holds one",
		},
		{"no price", "nothing to bill by", one(func(r *row) { r.copies = -1 }), vcpu + "its term has no price"},
		{
			"upper tier", "the price of the first units is unknown", one(func(r *row) { r.begin = "1000" }),
			vcpu + `its price is for usage from "1000" to "Inf" only (a tier), not from 0 to Inf`,
		},
		{
			"lower tier", "the price of the last units is unknown", one(func(r *row) { r.end = "1000" }),
			vcpu + `its price is for usage from "0" to "1000" only (a tier), not from 0 to Inf`,
		},
		{
			"other currency", "AWS China's list", one(func(r *row) { r.prices = map[string]string{"CNY": "0.0002"} }),
			vcpu + `it has no price in USD (currencies given: "CNY")`,
		},
		{"negative", "AWS pays nobody", usd("-0.0000276944"), vcpu + "its price -0.0000276944 is negative"},
		{
			"zero", "unknown is not free", usd("0.0000000000"),
			vcpu + "its price is zero, which is implausible: AWS charges for vCPU",
		},
		{
			"exponent", "exact decimals are plain", usd("2.76944E-5"),
			vcpu + `price "2.76944E-5": not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)`,
		},
		{
			"empty price", "unknown is not free", usd(""),
			vcpu + `price "": not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)`,
		},
		{
			"missing group", "a card is complete or there is none", func(rows []row) []row { return rows[1:] },
			lacksVCPU + complete,
		},
		{
			"all other groups missing", "they are named in the order of a bill", func(rows []row) []row { return rows[3:4] },
			"eu-west-1: no product for AWS-Lambda-MicroVM-vCPU-Second-ARM, AWS-Lambda-MicroVM-Memory-GB-Second-ARM, " +
				"AWS-Lambda-MicroVM-Snapshot-Read-GB, AWS-Lambda-MicroVM-Snapshot-Storage-GB-Hour" + complete,
		},
		{
			"group in other capitals", "a group is matched exactly",
			one(func(r *row) { r.group = "AWS-Lambda-MicroVM-VCPU-Second-ARM" }),
			lacksVCPU + complete,
		},
		{
			"only x86, AWS's group", "18 % dearer: the rate of one architecture is never that of another",
			one(func(r *row) { r.group = "AWS-Lambda-MicroVM-vCPU-Second" }),
			lacksVCPU + complete,
		},
		{
			"only x86, by suffix", "likewise", one(func(r *row) { r.group = "AWS-Lambda-MicroVM-vCPU-Second-X86" }),
			lacksVCPU + complete,
		},
		{
			"x86 by usage type", "the group alone is not trusted", one(func(r *row) { r.usageType += "-x86" }),
			lacksVCPU + refusedX86 + complete,
		},
		{
			"x86 by description", "likewise", one(func(r *row) { r.description = "vCPU on x86_64" }),
			lacksVCPU + refusedX86 + complete,
		},
		{
			"x86 by the price's description", "terms come apart from products",
			one(func(r *row) { r.priceDescription = "per X86 vCPU" }),
			lacksVCPU + refusedX86 + complete,
		},
		{"two prices for one rate", "which one is billed cannot be told", func(rows []row) []row {
			dearer := rows[0]
			dearer.sku, dearer.prices = "TWIN", map[string]string{"USD": "0.00003"}
			return append(rows, dearer)
		}, "eu-west-1: SKUs SKUAEUWEST1 and TWIN both are of group AWS-Lambda-MicroVM-vCPU-Second-ARM, " +
			"priced at $0.0000276944 and $0.00003; which one is billed cannot be told"},
		{"one price twice", "both may come to be billed", func(rows []row) []row {
			twin := rows[0]
			twin.sku = "TWIN"
			return append(rows, twin)
		}, "eu-west-1: SKUs SKUAEUWEST1 and TWIN both are of group AWS-Lambda-MicroVM-vCPU-Second-ARM, " +
			"with the same price; which one is billed cannot be told"},
		{
			"two products, one at fault", "each is told of", func(rows []row) []row {
				free := rows[0]
				free.sku, free.prices = "TWIN", map[string]string{"USD": "0"}
				return append(rows, free)
			}, "eu-west-1: SKU TWIN of group AWS-Lambda-MicroVM-vCPU-Second-ARM: " +
				"its price is zero, which is implausible: AWS charges for vCPU\n" +
				"eu-west-1: SKUs SKUAEUWEST1 and TWIN both are of group AWS-Lambda-MicroVM-vCPU-Second-ARM, " +
				"priced at $0.0000276944 and no known figure; which one is billed cannot be told",
		},
		{"several faults", "all are reported at once", func(rows []row) []row {
			rows[0].unit, rows[0].prices["USD"], rows[1].end = "GB", "0", "9"
			return rows[:4]
		}, vcpu + `priced per "GB" where vCPU-Seconds` + unit + "\n" +
			vcpu + "its price is zero, which is implausible: AWS charges for vCPU\n" +
			"eu-west-1: SKU SKUBEUWEST1 of group AWS-Lambda-MicroVM-Memory-GB-Second-ARM: its price is for usage from \"0\" to \"9\" only (a tier), not from 0 to Inf\n" +
			"eu-west-1: no product for AWS-Lambda-MicroVM-Snapshot-Storage-GB-Hour" + complete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows := tc.change(fiveRows("eu-west-1", "EU-"))
			fine := fiveRows("us-east-1", "")
			for form, text := range map[string]string{
				"offer": offerFile(t, slices.Concat(fine, rows)...), "reply": reply(t, "", false, slices.Concat(fine, rows)...),
			} {
				l, err := Read(pages(text)...)
				require.NoError(t, err)
				_, err = l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
				require.EqualError(t, err, tc.want, "%s: %s", form, tc.reason)
				_, err = l.Cards(pricing.CardSource{}, pricing.Date{})
				require.EqualError(t, err, tc.want, "%s: nothing is wrong with the other region", form)
				_, err = l.Card("us-east-1", pricing.RateCard{}, pricing.Date{})
				require.NoError(t, err, "%s: one region's fault is not another's", form)
			}
		})
	}
}

func TestCardRefusesMalformedTerms(t *testing.T) {
	l, err := Read(pages(`{"offerCode":"AWSLambda","products":{"A":` +
		encode(t, fiveRows("eu-west-1", "EU-")[0].product()) +
		`},"terms":{"OnDemand":{"A":{"A.T":{"priceDimensions":{"A.T.D":{"pricePerUnit":{"USD":0.5}}}}}}}}`)...)
	require.NoError(t, err)
	_, err = l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
	require.ErrorContains(t, err,
		"SKU A of group AWS-Lambda-MicroVM-vCPU-Second-ARM: its terms are not in the documented form (json: ")
	fault, ok := errors.AsType[*PriceError](err)
	require.True(t, ok)
	require.Equal(t, "eu-west-1", fault.Region)
}

func TestCardWithoutTheLastPage(t *testing.T) {
	rows := fiveRows("eu-west-1", "EU-")
	l, err := Read(pages(reply(t, "more", false, rows[:4]...))...)
	require.NoError(t, err)
	_, err = l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
	require.EqualError(t, err, "eu-west-1: no product for AWS-Lambda-MicroVM-Snapshot-Storage-GB-Hour; "+
		"the GetProducts reply ends with a NextToken, so more pages follow: give all of them")
}

func TestCardOfAPageGivenTwice(t *testing.T) {
	page := reply(t, "", false, fiveRows("eu-west-1", "EU-")...)
	l, err := Read(pages(page, page)...)
	require.NoError(t, err)
	_, err = l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
	require.ErrorContains(t, err, "eu-west-1: SKU SKUAEUWEST1 of group AWS-Lambda-MicroVM-vCPU-Second-ARM "+
		"is given twice, in page 1 and in page 2; give each file or page once")
}

func TestCardOfAnotherRegion(t *testing.T) {
	l, err := Read(pages(offerFile(t, fiveRows("eu-west-1", "EU-")...))...)
	require.NoError(t, err)
	_, err = l.Card("eu-central-1", pricing.RateCard{}, pricing.Date{})
	require.EqualError(t, err, `no MicroVM prices for region "eu-central-1" in this price list; it has them for eu-west-1`)
	_, err = l.Card("eu-west-1", pricing.RateCard{Region: "us-east-1"}, pricing.Date{})
	require.EqualError(t, err, "the card of us-east-1 is no base for eu-west-1")
}

func TestCardsNeedReadablePresentCards(t *testing.T) {
	l, err := Read(pages(offerFile(t, fiveRows("eu-west-1", "EU-")...))...)
	require.NoError(t, err)
	broken := pricing.EmbeddedCards().Over(fstest.MapFS{"eu-west-1.yaml": {Data: []byte("card: aws-list")}})
	_, err = l.Cards(broken, pricing.Date{})
	require.EqualError(t, err,
		"the present rate card eu-west-1.yaml: a rate card names its card and its region; remove it to import another")
}

// Which row comes first, and how the list is cut into pages, changes nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	rows := slices.Concat(fiveRows("eu-west-1", "EU-"), fiveRows("us-east-1", ""))
	var want []pricing.RateCard
	for turn := range rows {
		turned := slices.Concat(rows[turn:], rows[:turn])
		l, err := Read(pages(reply(t, "", true, turned[:turn]...), reply(t, "next", true, turned[turn:]...))...)
		require.NoError(t, err)
		cards, err := l.Cards(pricing.EmbeddedCards(), pricing.Date{})
		require.NoError(t, err)
		if want == nil {
			want = cards
		}
		require.Equal(t, want, cards)
	}
}

// A card made of two publications is as old as the older one.
func TestEditions(t *testing.T) {
	rows := fiveRows("eu-west-1", "EU-")
	older := strings.NewReplacer("2026-10-01T05", "2026-09-01T05", "20261001",
		"20260901").Replace(offerFile(t, rows[2:]...))
	l, err := Read(pages(offerFile(t, rows[:2]...), older)...)
	require.NoError(t, err)
	require.Equal(t, []Edition{{"20260901", date(t, "2026-09-01")}, {"20261001", date(t, "2026-10-01")}}, editions(l))
	card, err := l.Card("eu-west-1", pricing.RateCard{}, date(t, "2026-11-23"))
	require.NoError(t, err)
	require.Equal(t, "2026-09-01", card.ReadOn().String())
	require.Equal(t, "2026-10-01", card.Rate(pricing.VCPU).ReadOn.String())
	require.Contains(t, card.Rate(pricing.SnapshotRead).Source, "AWS Price List 20260901,")
}

// What is sold in no region, such as a free tier for the world, is on no card and in no card's way.
func TestProductsOfNoRegionArePassedOver(t *testing.T) {
	rows := fiveRows("eu-west-1", "EU-")
	global := rows[0]
	global.sku, global.region, global.prices = "GLOBAL", "", map[string]string{"USD": "0"}
	l, err := Read(pages(offerFile(t, append(rows, global)...))...)
	require.NoError(t, err)
	require.Equal(t, 1, l.PassedOver)
	_, err = l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
	require.NoError(t, err)
}

// Each architecture has rates of its own. What the list does not have of another than ARM64 is not known, and says
// where it was looked for; what contradicts itself is none's.
func TestCardOfBothArchitectures(t *testing.T) {
	x86 := func(i int, figure string) row {
		r := fiveRows("eu-west-1", "EU-")[i]
		r.sku, r.group, r.usageType = "X"+r.sku, strings.TrimSuffix(r.group, "-ARM"), strings.TrimSuffix(r.usageType, "-ARM")
		r.prices = map[string]string{"USD": figure}
		return r
	}
	contradictory := x86(0, "0.0000340538")
	contradictory.description = "vCPU-Seconds on ARM64"
	for _, tc := range []struct {
		name, reason string
		more         []row
		vcpu, memory string // "0" where it is not known
		passedOver   int
	}{
		{"neither", "a region that has no x86-64", nil, "0", "0", 0},
		{"both", "each its own", []row{x86(0, "0.0000340538"), x86(1, "0.0000045086")}, "0.0000340538", "0.0000045086", 0},
		{"one", "the other is not made up", []row{x86(1, "0.0000045086")}, "0", "0.0000045086", 0},
		{"contradictory", "neither architecture's", []row{contradictory}, "0", "0", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Read(pages(offerFile(t, append(fiveRows("eu-west-1", "EU-"), tc.more...)...))...)
			require.NoError(t, err)
			require.Equal(t, tc.passedOver, l.PassedOver)
			card, err := l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
			require.NoError(t, err, tc.reason)
			require.Equal(t, "0.0000276944", card.Rate(pricing.VCPU).Figure.String())
			onX86 := card.For(pricing.ArchX86)
			require.Equal(t, []string{tc.vcpu, tc.memory}, figures(onX86)[:2], tc.reason)
			if !onX86.Rate(pricing.VCPU).Known() {
				require.Equal(t, "not found in AWS Price List 20261001, group AWS-Lambda-MicroVM-vCPU-Second",
					onX86.Rate(pricing.VCPU).Source)
			}
		})
	}

	free := x86(0, "0")
	l, err := Read(pages(offerFile(t, append(fiveRows("eu-west-1", "EU-"), free)...))...)
	require.NoError(t, err)
	_, err = l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
	require.EqualError(t, err, "eu-west-1: SKU XSKUAEUWEST1 of group AWS-Lambda-MicroVM-vCPU-Second: its price is zero, "+
		"which is implausible: AWS charges for x86-64 vCPU", "a price that is there and wrong is a fault on any architecture")
}
