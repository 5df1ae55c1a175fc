package pricing

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// TestBreakEvenOfParallelSteps has alternatives that bill in steps and cost the same per hour as the MicroVMs, or
// almost, so that the two change places over and over: the search has to end, and to say that it did not see
// everything.
func TestBreakEvenOfParallelSteps(t *testing.T) {
	line := Curve{Fixed: decimal.New(5, -1), Rate: decimal.NewFromInt(60)}
	steps := Curve{Rate: decimal.NewFromInt(60), Stretches: decimal.NewFromInt(1), Step: decimal.NewFromInt(60)}
	nearly := steps
	nearly.Rate = decimal.RequireFromString("60.0000001")

	for name, other := range map[string]Curve{"the same per hour": steps, "almost the same per hour": nearly} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			endless := FindBreakEven(line, other, decimal.Decimal{})
			require.True(t, endless.More)
			require.Less(t, time.Since(start), 10*time.Second)

			hour := FindBreakEven(line, other, decimal.NewFromInt(3600))
			require.False(t, hour.More)
			require.NotNil(t, hour.Beyond)
			// A dollar a minute against a dollar a started minute: equal in the middle of each, overtaken at its end.
			require.Equal(t, MicroVMs, hour.Below)
			require.Equal(t, "30", hour.Crossings[0].Seconds.Round(3).String())
			require.Equal(t, "60", hour.Crossings[1].Seconds.String())
			require.Len(t, hour.Crossings, 120)
		})
	}
}
