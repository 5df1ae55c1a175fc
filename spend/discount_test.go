package spend

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/strictyaml"
	"microspend/pricing"
)

func TestDiscountPrecedence(t *testing.T) {
	config, err := loadConfig("c.yaml", []byte(`
discounts: {all: 5%, vcpu: 10%}
rates:
  us-east-1: {discount: 20%}
  us-east-2: {discount: {memory: 30%}}
  us-west-2: {vcpu_second: 0.00002}
`))
	require.NoError(t, err)
	rates, err := config.Rates(pricing.EmbeddedCards(), nil)
	require.NoError(t, err)
	for _, test := range []struct{ region, reason, want string }{
		{
			"eu-west-1", "what holds everywhere",
			"10% on vCPU, 5% on memory, 5% on snapshot read, 5% on snapshot write, 5% on snapshot storage",
		},
		{"us-east-1", "the region's for all wins over both", "20%"},
		{
			"us-east-2", "the region's for one quantity leaves the others",
			"10% on vCPU, 30% on memory, 5% on snapshot read, 5% on snapshot write, 5% on snapshot storage",
		},
	} {
		series, err := rates.Series(test.region)
		require.NoError(t, err)
		require.Equal(t, test.want, series.Newest().Discounts.String(), test.reason)
	}
	series, err := rates.Series("us-west-2")
	require.NoError(t, err)
	private := series.Newest()
	requireDecimal(t, "0.0000276944", private.ListRate(pricing.VCPU).Figure, "AWS's rate stays beside the agreed one")
	requireDecimal(t, "0.00002", private.Rate(pricing.VCPU).Figure)
	_, err = loadConfig("c.yaml", []byte("discounts: {vcpu: 100%}\n"))
	require.EqualError(t, err, "c.yaml:1:19: discounts.vcpu: 100% would make everything free; give less")
}

// List and effective cost both add up exactly, whatever the rows are and however shared cost is shared out, and what
// things cost at list does not depend on what was agreed.
func TestListCostAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		source, request := drawSource(t, records), drawRequest(t)
		list, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		require.False(t, list.Negotiated)
		fraction := decimal.New(rapid.Int64Range(1, 99).Draw(t, "percent"), -2)
		source.Rates = discounted{source.Rates, pricing.FlatDiscount(fraction)}
		agreed, err := source.Report(t.Context(), request)
		require.NoError(t, err)

		requireAddsUp(t, agreed)
		require.Equal(t, list.Total.Amount.String(), agreed.Total.List.String(), "list cost is what it would be without")
		atList := decimal.Decimal{}
		for _, row := range agreed.Rows {
			atList = atList.Add(row.List)
		}
		require.Equal(t, agreed.Total.List.String(), atList.String())
	})
}

// discounted lays discounts over rates.
type discounted struct {
	Rates
	discounts pricing.Discounts
}

func (d discounted) Series(region string) (pricing.Series, error) {
	series, err := d.Rates.Series(region)
	series = slices.Clone(series)
	for i := range series {
		series[i].Discounts = d.discounts
	}
	return series, err
}

// loadConfig reads a file that says nothing but what is spend's.
func loadConfig(name string, text []byte) (Config, error) {
	root, err := strictyaml.Parse(name, text)
	if err != nil {
		return Config{}, err
	}
	var written ConfigFile
	doc := strictyaml.Decode(name, root, &written)
	return written.Config(doc), doc.Err()
}
