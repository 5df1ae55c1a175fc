package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What people write most, microvm: 2GB, is swept like its long form. The figures are those of [oneHour], by hand.
func TestSweepOfAShorthand(t *testing.T) {
	const ownRates = "rates: {vcpu_second: 0.0000276944, gb_second: 0.0000036667}\n"
	for _, tc := range []struct{ name, reason, text, vary, totals string }{
		{"other key", "the plain value stays the memory", "microvm: 2GB", "microvm.arch=arm64,x86_64", onARM64 + " " + onX86},
		{"its key", "the memory by its own path", "microvm: 4GB", "microvm.memory=2GB", onARM64},
		{"long form", "the section's value is its memory", "microvm: {memory: 4GB, arch: x86_64}", "microvm=2GB", onX86},
		{
			"own rates", "those that are given are ARM64's, and x86-64's are unknown with them",
			ownRates + "microvm: 2GB", "microvm.arch=arm64,x86_64", onARM64 + " unknown",
		},
		{
			"own rates of both", "each has its own",
			strings.Replace(ownRates, "{", "{vcpu_second_x86: 0.0000326557, gb_second_x86: 0.0000043235, ", 1) + "microvm: 2GB",
			"microvm.arch=arm64,x86_64", onARM64 + " " + onX86,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := sweep(t, oneHour+tc.text, tc.vary)
			require.NoError(t, err)
			var totals []string
			for _, p := range s.Points {
				if p.Unknown != "" {
					require.Contains(t, p.Unknown, "x86-64")
					totals = append(totals, "unknown")
					continue
				}
				totals = append(totals, p.Total.String())
			}
			require.Equal(t, tc.totals, strings.Join(totals, " "), tc.reason)
		})
	}
}
