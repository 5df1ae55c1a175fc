package pricing

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	// MaxLifeSeconds is the longest life of one MicroVM: running and suspended time from its start add up to at most 8
	// hours, then it is terminated. Source: AWS Lambda MicroVMs documentation, maximumDurationInSeconds, read
	// 2026-09-19.
	MaxLifeSeconds = 28_800

	// MinImageHours is the least storage billed for an image version: one week. It holds for images only; no minimum
	// is documented for the snapshots of suspended MicroVMs. Source: AWS Lambda pricing page, read 2026-09-19.
	MinImageHours = 168

	// BurstFactor is how far vCPU and memory may each burst above the baseline, at the same unit rates. Source: AWS
	// Lambda pricing page, read 2026-09-19.
	BurstFactor = 4

	// smallestMiB is the baseline memory of the smallest size; each further size doubles it.
	smallestMiB = 512
	sizeCount   = 5
)

// Size is one of the five sizes a MicroVM can have, named by its baseline memory: 0.5, 1, 2, 4 or 8 GB. It can hold no
// other: the only ways to make one are [ParseSize] and [Sizes]. The zero value is the smallest, 0.5 GB.
//
// Source of sizes, vCPU and disk: AWS Lambda MicroVMs documentation, read 2026-09-19.
type Size struct{ doublings uint8 }

// Sizes returns the five sizes, smallest first.
func Sizes() []Size {
	all := make([]Size, sizeCount)
	for i := range all {
		all[i] = Size{uint8(i)}
	}
	return all
}

// ParseSize reads a size as its baseline memory, such as 0.5GB, 512MiB or 4 GiB. GB and GiB both mean 2^30 bytes.
func ParseSize(text string) (Size, error) {
	gb, err := ParseGB(text)
	if err != nil {
		return Size{}, err
	}
	for _, s := range Sizes() {
		if s.GB().Equal(gb) {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("%.60s is not a MicroVM size; sizes are %s", text, sizeList())
}

// MustSize is [ParseSize] for sizes that are written in a program; it panics where the text is not a size.
func MustSize(text string) Size {
	size, err := ParseSize(text)
	if err != nil {
		panic("pricing: " + err.Error())
	}
	return size
}

// MarshalText writes what String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a size as [ParseSize] does.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}

func sizeList() string {
	names := make([]string, sizeCount)
	for i, s := range Sizes() {
		names[i] = s.String()
	}
	return strings.Join(names[:sizeCount-1], ", ") + " and " + names[sizeCount-1]
}

// MiB is the baseline memory in units of 2^20 bytes.
func (s Size) MiB() int64 { return smallestMiB << s.doublings }

// GB is the baseline memory in units of 2^30 bytes.
func (s Size) GB() decimal.Decimal { return sizeTable[s.doublings].gb }

// VCPU is the baseline number of vCPUs: half the number of GB.
func (s Size) VCPU() decimal.Decimal { return sizeTable[s.doublings].vcpu }

// PeakGB is the most memory a burst can use, [BurstFactor] times the baseline.
func (s Size) PeakGB() decimal.Decimal { return s.GB().Mul(burstFactor) }

// PeakVCPU is the most vCPUs a burst can use, [BurstFactor] times the baseline.
func (s Size) PeakVCPU() decimal.Decimal { return s.VCPU().Mul(burstFactor) }

// DiskGB is the disk that comes with the size: 8 GB up to 2 GB of memory, then 16 and 32 GB.
func (s Size) DiskGB() decimal.Decimal { return sizeTable[s.doublings].disk }

// String names the size by its memory, as in "0.5GB".
func (s Size) String() string { return s.GB().String() + "GB" }

// sizeTable spares the arithmetic on every estimate; it is derived from the doubling rule above and never written to.
var sizeTable = func() (table [sizeCount]struct{ gb, vcpu, disk decimal.Decimal }) {
	disks := [sizeCount]int64{8, 8, 8, 16, 32}
	for i := range table {
		table[i].gb = decimal.New(5<<i, -1)
		table[i].vcpu = decimal.New(25<<i, -2)
		table[i].disk = decimal.NewFromInt(disks[i])
	}
	return table
}()

var burstFactor = decimal.NewFromInt(BurstFactor)

var mibPerGB = decimal.NewFromInt(1024)

// ParseGB reads an amount of memory or storage such as 2GB, 2 GiB, 0.63GB or 512MiB into GB of 2^30 bytes. It must be
// positive. MiB are exact: 1/1024 has ten decimals.
func ParseGB(text string) (decimal.Decimal, error) {
	const allowed = "a size such as 2GB, 0.63GiB or 512MiB (GB and GiB are 2^30 bytes)"
	number, perGB := "", decimal.Decimal{}
	for _, unit := range []struct {
		suffix string
		perGB  decimal.Decimal
	}{{"GiB", one}, {"GB", one}, {"MiB", mibPerGB}} {
		if rest, ok := strings.CutSuffix(text, unit.suffix); ok {
			number, perGB = strings.TrimSpace(rest), unit.perGB
			break
		}
	}
	if number == "" {
		return decimal.Decimal{}, fmt.Errorf("%.60q is not %s", text, allowed)
	}
	value, err := ParseDecimal(number)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("%.60q is not %s", text, allowed)
	}
	if !value.IsPositive() {
		return decimal.Decimal{}, fmt.Errorf("%.60s is not above zero", text)
	}
	return Divide(value, perGB, maxFractionDigits+10), nil
}

var one = decimal.NewFromInt(1)
