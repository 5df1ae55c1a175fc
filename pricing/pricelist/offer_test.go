package pricelist

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func fargateRow(sku, usd string) row {
	return row{
		sku: sku, region: "eu-west-1", usageType: "EU-Fargate-GB-Hours", unit: "hours", begin: "0", end: "Inf",
		prices: map[string]string{"USD": usd},
	}
}

func fargateOnly(t testing.TB) []Service {
	all, err := Services()
	require.NoError(t, err)
	for _, service := range all {
		if service.Name == "fargate" {
			return []Service{service}
		}
	}
	t.Fatal("there is no service fargate")
	return nil
}

// Two products for one price are refused unless they agree, as no rule says which is billed.
func TestTwoProductsForOnePrice(t *testing.T) {
	read := func(rows ...row) Offer {
		text := strings.Replace(offerFile(t, rows...), ServiceCode, "AmazonECS", 1)
		offer, err := ReadOffer(Page{"offer.json", strings.NewReader(text)}, "eu-west-1", fargateOnly(t))
		require.NoError(t, err)
		return offer
	}
	elsewhere := fargateRow("C", "9")
	elsewhere.region = "eu-west-2"
	agreed := read(fargateRow("B", "0.004445"), fargateRow("A", "0.0044450000"), elsewhere)
	require.Empty(t, agreed.Faults)
	require.Len(t, agreed.Prices, 1)
	require.Equal(t, "A", agreed.Prices[0].SKU, "the first of those that agree, whatever the order of the file")
	require.Equal(t, []string{"gb_hour", "x86", "eu-west-1"}, agreed.Prices[0].At)

	differing := read(fargateRow("A", "0.004445"), fargateRow("B", "0.005"))
	require.Empty(t, differing.Prices)
	require.EqualError(
		t,
		differing.Faults["fargate"][0],
		"SKUs A and B both are gb_hour.x86.eu-west-1, priced at $0.004445 and "+
			"$0.005; which one is billed cannot be told",
	)
}

// A usage type may have a location's prefix, and nothing else before what the pattern says.
func TestPrefixesOfUsageTypes(t *testing.T) {
	pick := &fargateOnly(t)[0].Picks[3]
	for usageType, want := range map[string]bool{
		"Fargate-GB-Hours": true, "USE1-Fargate-GB-Hours": true, "EU-Fargate-GB-Hours": true, "Spot-Fargate-GB-Hours": false,
		"USE1-SpotUsage-Fargate-GB-Hours": false, "Fargate-GB-Hours-Windows": false,
	} {
		_, ok := pick.match(product{Attributes: attributes{"usagetype": usageType}})
		require.Equal(t, want, ok, usageType)
	}
}

func FuzzReadOffer(f *testing.F) {
	services := fargateOnly(f)
	f.Add(strings.Replace(offerFile(f, fargateRow("A", "0.004445")), ServiceCode, "AmazonECS", 1))
	f.Add(`{"terms":{"savingsPlan":[{"rates":[{"discountedUsageType":"Lambda-MicroVM-vCPU-Second"}]}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		offer, err := ReadOffer(Page{"fuzz", strings.NewReader(text)}, "eu-west-1", services)
		if err == nil {
			for _, p := range offer.Prices {
				require.True(t, p.Price.USD.IsPositive())
			}
			_, err := offer.Tables("fargate")
			require.NoError(t, err)
		}
		plan, err := ReadSavingsPlan(Page{"fuzz", strings.NewReader(text)})
		if err == nil {
			require.LessOrEqual(t, len(plan.Covered), plan.Rates)
		}
	})
}

func TestServiceNamesAreThoseOfTheServices(t *testing.T) {
	all, err := Services()
	require.NoError(t, err)
	var names []string
	for _, service := range all {
		names = append(names, service.Name)
	}
	require.Equal(t, names, ServiceNames())
}
