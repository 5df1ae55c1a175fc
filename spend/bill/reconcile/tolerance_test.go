package reconcile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/spend/bill/reconcile"
)

func TestParseTolerance(t *testing.T) {
	for _, test := range []struct{ text, want, err string }{
		{"1%", "1%", ""},
		{"$5", "$5", ""},
		{"0.5", "$0.5", ""},
		{"0%", "$0", ""},
		{"$5%", "", `"$5%" is neither a percentage such as 1% nor an amount of dollars such as 5`},
		{"-1", "", `"-1" is neither a percentage such as 1% nor an amount of dollars such as 5`},
		{"little", "", `"little" is neither a percentage such as 1% nor an amount of dollars such as 5`},
	} {
		got, err := reconcile.ParseTolerance(test.text)
		if test.err != "" {
			require.EqualError(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, got.String())
	}
}
