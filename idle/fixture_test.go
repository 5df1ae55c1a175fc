package idle

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// usEast is the model of a 2 GB MicroVM in us-east-1 with 2 GB of state and image, at the rates of the list.
func usEast(t testing.TB) Model {
	t.Helper()
	return modelOf(t, "us-east-1", "2GB", "2", "2")
}

func modelOf(t testing.TB, region, size, state, image string) Model {
	t.Helper()
	card, err := pricing.EmbeddedCards().Card(region)
	require.NoError(t, err)
	memory, err := pricing.ParseSize(size)
	require.NoError(t, err)
	m, err := NewModel(card, memory, dec(state), dec(image))
	require.NoError(t, err)
	return m
}

func gapsOf(t testing.TB, seconds ...int64) Distribution {
	t.Helper()
	ms := make([]int64, len(seconds))
	for i, s := range seconds {
		ms[i] = s * msPerSecond
	}
	d, err := NewDistribution(ms)
	require.NoError(t, err)
	return d
}

// azureTrace is the subset of the Azure Functions Trace that lies beside the checkout, where it does.
func azureTrace(t testing.TB) *Trace {
	t.Helper()
	const path = "../../shared/data/azure-functions-2019-500x480.csv.gz"
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("the Azure Functions trace is not there: %v", err)
	}
	defer file.Close()
	trace, err := ReadAzure([]Named{{"azure", file}})
	require.NoError(t, err)
	return trace
}

// csvOfGaps writes random gaps as CSV.
func csvOfGaps(n int) string {
	var out strings.Builder
	out.WriteString("gap_seconds\n")
	for _, gap := range randomGaps(n) {
		fmt.Fprintf(&out, "%d.%03d\n", gap/1000, gap%1000)
	}
	return out.String()
}
