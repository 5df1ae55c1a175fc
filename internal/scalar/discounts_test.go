package scalar_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
)

func TestDiscounts(t *testing.T) {
	below := pricing.FlatDiscount(decimal.New(5, -2))
	for _, tc := range []struct{ name, reason, text, want, err string }{
		{"one figure", "a plain value is for everything", "discount: 10%", "10%", ""},
		{
			"by quantity", "the others keep what they had", "discount: {vcpu: 10%}",
			"10% on vCPU, 5% on memory, 5% on snapshot read, 5% on snapshot write, 5% on snapshot storage", "",
		},
		{
			"both", "a quantity's own wins", "discount: {all: 20%, storage: 0%}",
			"20% on vCPU, 20% on memory, 20% on snapshot read, 20% on snapshot write", "",
		},
		{"none", "nothing written leaves what is there", "other: x", "5%", ""},
		{"zero", "takes a discount away", "discount: 0%", "", ""},
		{
			"everything", "would make it free", "discount: 100%", "",
			"c.yaml:1:11: discount: 100% would make everything free; give less",
		},
		{
			"of one", "likewise", "discount: {memory: 100%}", "",
			"c.yaml:1:20: discount.memory: 100% would make everything free; give less",
		},
		{"more", "AWS does not pay", "discount: 101%", "", "c.yaml:1:11: discount: 101% is outside 0% to 100%"},
		{
			"unknown", "a slip", "discount: {gpu: 5%}", "",
			"c.yaml:1:12: discount.gpu: unknown key; allowed here: all, vcpu, memory, snapshot_read, snapshot_write, storage",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root, err := strictyaml.Parse("c.yaml", []byte(tc.text))
			require.NoError(t, err)
			var file struct {
				Discount *scalar.Discounts `yaml:"discount"`
				Other    string            `yaml:"other"`
			}
			doc := strictyaml.Decode("c.yaml", root, &file)
			file.Discount.Check("discount", doc.Fault)
			if tc.err != "" {
				require.EqualError(t, doc.Err(), tc.err, tc.reason)
				return
			}
			require.NoError(t, doc.Err())
			require.Equal(t, tc.want, fmt.Sprint(file.Discount.Over(below)), tc.reason)
		})
	}
}
