package pricing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// The five sizes: AWS Lambda MicroVMs documentation, read 2026-09-19.
func TestSizes(t *testing.T) {
	table := []struct {
		name                                 string
		mib                                  int64
		gb, vcpu, peakGB, peakVCPU, diskSize string
	}{
		{"0.5GB", 512, "0.5", "0.25", "2", "1", "8"},
		{"1GB", 1024, "1", "0.5", "4", "2", "8"},
		{"2GB", 2048, "2", "1", "8", "4", "8"},
		{"4GB", 4096, "4", "2", "16", "8", "16"},
		{"8GB", 8192, "8", "4", "32", "16", "32"},
	}
	require.Len(t, pricing.Sizes(), len(table), "five sizes and no other")
	for i, want := range table {
		t.Run(want.name, func(t *testing.T) {
			s := pricing.Sizes()[i]
			require.Equal(t, want.name, s.String())
			require.Equal(t, want.mib, s.MiB())
			require.Equal(t, want.gb, s.GB().String())
			require.Equal(t, want.vcpu, s.VCPU().String())
			require.Equal(t, want.peakGB, s.PeakGB().String())
			require.Equal(t, want.peakVCPU, s.PeakVCPU().String())
			require.Equal(t, want.diskSize, s.DiskGB().String())

			byMiB, err := pricing.ParseSize(fmt.Sprintf("%dMiB", want.mib))
			require.NoError(t, err)
			require.Equal(t, s, byMiB)
			byName, err := pricing.ParseSize(s.String())
			require.NoError(t, err)
			require.Equal(t, s, byName, "a size reads back what it writes")
		})
	}
	require.Equal(t, pricing.Sizes()[0], pricing.Size{}, "the zero value is the smallest")
}

const sizesAre = "sizes are 0.5GB, 1GB, 2GB, 4GB and 8GB"

func TestParseSize(t *testing.T) {
	for _, tc := range []struct{ name, reason, in, want, err string }{
		{"GB", "as AWS's pages write it", "4GB", "4GB", ""},
		{"GiB", "the same 2^30 bytes", "4GiB", "4GB", ""},
		{"MiB", "as the API writes it", "512MiB", "0.5GB", ""},
		{"space", "between number and unit", "8 GB", "8GB", ""},
		{"trailing zeros", "2.00 is 2", "2.00GB", "2GB", ""},
		{"three", "between two sizes", "3GB", "", "3GB is not a MicroVM size; " + sizesAre},
		{"sixteen", "beyond the largest", "16GB", "", "16GB is not a MicroVM size; " + sizesAre},
		{"quarter", "below the smallest", "256MiB", "", "256MiB is not a MicroVM size; " + sizesAre},
		{
			"almost", "a size is exact", "1.99999999999999999999GB", "",
			"1.99999999999999999999GB is not a MicroVM size; " + sizesAre,
		},
		{"zero", "no memory", "0GB", "", "0GB is not above zero"},
		{"no unit", "4 of what", "4", "", `"4" is not a size such as 2GB, 0.63GiB or 512MiB (GB and GiB are 2^30 bytes)`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := pricing.ParseSize(tc.in)
			if tc.err != "" {
				require.EqualError(t, err, tc.err, tc.reason)
				return
			}
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.want, got.String(), tc.reason)
		})
	}
	for _, mib := range []int64{511, 513, 1536, 16384, 1 << 49} {
		_, err := pricing.ParseSize(fmt.Sprintf("%dMiB", mib))
		require.ErrorContains(t, err, "MiB is not a MicroVM size; "+sizesAre)
	}
}

func TestParseGB(t *testing.T) {
	refusal := func(in string) string {
		return `"` + in + `" is not a size such as 2GB, 0.63GiB or 512MiB (GB and GiB are 2^30 bytes)`
	}
	for _, tc := range []struct{ name, reason, in, want, err string }{
		{"GB", "2^30 bytes on AWS's bill", "2GB", "2", ""},
		{"GiB", "the same", "2GiB", "2", ""},
		{"measured", "a state measured at 0.63 GiB", "0.63GiB", "0.63", ""},
		{"MiB", "a power of two", "512MiB", "0.5", ""},
		{"one MiB", "1/1024 has ten decimals, all kept", "1MiB", "0.0009765625", ""},
		{
			"finest MiB", "twenty decimals over 1024 need thirty, all kept", "0.00000000000000000001MiB",
			"0.000000000000000000000009765625", "",
		},
		{"zero", "a size is above zero", "0MiB", "", "0MiB is not above zero"},
		{"negative", "a size is above zero", "-2GB", "", "-2GB is not above zero"},
		{"empty", "nothing is not zero", "", "", refusal("")},
		{"unit alone", "no number", "GB", "", refusal("GB")},
		{"bytes", "too easily a mistake of 2^30", "5B", "", refusal("5B")},
		{"lower case", "units are written one way", "2gb", "", refusal("2gb")},
		{"megabytes", "MB would be read as 10^6 by some, 2^20 by others", "512MB", "", refusal("512MB")},
		{"exponent", "plain notation only", "1e3GB", "", refusal("1e3GB")},
		{"two units", "one is enough", "2GBGB", "", refusal("2GBGB")},
		{"unit first", "a number leads", "GB2", "", refusal("GB2")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := pricing.ParseGB(tc.in)
			if tc.err != "" {
				require.EqualError(t, err, tc.err, tc.reason)
				return
			}
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.want, got.String(), tc.reason)
		})
	}
}
