package bill

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestParseAmount(t *testing.T) {
	for _, tc := range []struct{ text, want, reason string }{
		{"1.0E-7", "0.0000001", "as CUR writes small amounts"},
		{"0.0000291572", "0.0000291572", "plain"},
		{"-0.0419863680", "-0.041986368", "a discount"},
		{"7.2E+3", "7200", "as Java writes large ones"},
		{"0", "0", ""},
		{"0E-10", "0", "zero, however it is written"},
		{"-0", "0", ""},
		{".5", "0.5", "no digit before the point"},
		{"5.", "5", "none after it"},
		{"1.2345678901234567E-18", "0.0000000000000000012345678901234567", "a double in full"},
		{"999999999999999", "999999999999999", "15 digits"},
		{"0,0225", "0.0225", "a spreadsheet that writes commas"},
		{"1.234,5", "1234.5", "likewise, with thousands"},
	} {
		got, err := parseAmount(tc.text)
		require.NoError(t, err, tc.text)
		require.Equal(t, tc.want, got.String(), tc.reason)
	}
	for _, text := range []string{
		"", "-", ".", "e5", "NaN", "Infinity", "-Inf", "1,000", "0x10", "1e",
		"1e+", "1e41", "1e-99", "$5", "5 USD", "1e5e5", "1000000000000000", "--5",
	} {
		_, err := parseAmount(text)
		require.Error(t, err, text)
	}
}

// FuzzParseAmount: what is read is exactly what is written, as fractions have it.
func FuzzParseAmount(f *testing.F) {
	for _, text := range []string{"1.0E-7", "-12.50", "7.2E+3", "NaN", "1e999999999", ".5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseAmount(text)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			return // with separators, which tabular.Number is tested for
		}
		require.Zero(t, want.Cmp(got.Rat()), "%q is not %s", text, got)
		require.LessOrEqual(t, len(got.String()), 130)
	})
}

func TestClassify(t *testing.T) {
	arm, x86 := pricing.ArchARM64, pricing.ArchX86
	for _, tc := range []struct {
		name, prefix string
		class        class
		of           pricing.Rated
	}{
		{"Lambda-MicroVM-vCPU-Second-ARM", "", billed, pricing.VCPU.On(arm)},
		{"USE2-Lambda-MicroVM-Snapshot-Storage-GB-Hour", "USE2-", billed, pricing.SnapshotStorage.On("")},
		{"EU-Lambda-MicroVM-Memory-GB-Second-ARM", "EU-", billed, pricing.Memory.On(arm)},
		{"Lambda-MicroVM-vCPU-Second", "", billed, pricing.VCPU.On(x86)},
		{"APN1-Lambda-MicroVM-Memory-GB-Second", "APN1-", billed, pricing.Memory.On(x86)},
		{name: "Lambda-MicroVM-Snapshot-Read-GB-ARM", class: other},
		{name: "Lambda-MicroVM-vCPU-Second-X86", class: other},
		{name: "EU-Lambda-GB-Second-ARM", class: unrelated},
		{name: "Lambda-MicroVM-Network-GB", class: other},
		{name: "lambda-microvm-vcpu-second-arm", class: other},
		{name: "evilLambda-MicroVM-vCPU-Second-ARM", class: other},
		{name: "Lambda-MicroVM-vCPU-Second-ARM-Spot", class: other},
		{name: "", class: unrelated},
	} {
		of, prefix, got := classify(tc.name)
		require.Equal(t, tc.class, got, tc.name)
		if got == billed {
			require.Equal(t, tc.prefix, prefix, tc.name)
			require.Equal(t, tc.of, of, tc.name)
		}
	}
}
