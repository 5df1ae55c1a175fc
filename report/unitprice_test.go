package report

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestUnitPrice(t *testing.T) {
	for _, test := range []struct{ each, want string }{
		{"12.4122", "$12.41 per user"},
		{"0.10", "$0.10 per user"},
		{"0.0003", "$0.30 per 1,000 users"},
		{"0.0000003", "$0.30 per million users"},
		{"0.0000000003", "$0.00 per million users"},
		{"0", "$0.00 per user"},
		{"1234567.891", "$1,234,567.89 per user"},
	} {
		require.Equal(t, test.want, unitPrice(decimal.RequireFromString(test.each), "user"), test.each)
	}
}
