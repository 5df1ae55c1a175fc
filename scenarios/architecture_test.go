package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// By hand, 2 GB / 1 vCPU in us-east-1 for an hour, with one launch of a 2 GB image that is stored all month: on x86-64
// 3,600 × (0.0000326557 + 2 × 0.0000043235) = 0.14868972, on ARM64 3,600 × (0.0000276944 + 2 × 0.0000036667) =
// 0.12610008; and on both 2 × 0.0015467699 + 2 × 720 × 0.0001111111 = 0.1630935238.
const oneHour = "name: x86-sandbox\nregion: us-east-1\nimage: {size: 2GB}\nworkload: {jobs: 1, running: 1h}\n"

const (
	onX86   = "0.3117832438"
	onARM64 = "0.2891936038"
)

func TestEstimateOfAnArchitecture(t *testing.T) {
	for _, tc := range []struct {
		name, reason, microvm, total string
		assumed                      bool
	}{
		{"x86-64", "its own rates", "{memory: 2GB, arch: x86_64}", onX86, true},
		{"ARM64", "written out", "{memory: 2GB, arch: arm64}", onARM64, false},
		{"default", "ARM64", "2GB", onARM64, false},
		{"the API's word", "what an image's cpuConfigurations call it", "{memory: 2GB, architecture: x86_64}", onX86, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estimate(t, oneHour+"microvm: "+tc.microvm)
			require.Equal(t, tc.total, e.Bill.Total().String(), tc.reason)
			ids := ""
			for _, note := range e.Assumptions {
				ids += note.ID + " "
			}
			require.Equal(t, tc.assumed, strings.Contains(ids, "snapshot-arch"), "%s", ids)
		})
	}
	_, err := Load("x.yaml", []byte(oneHour+"microvm: {memory: 2GB, arch: x86}"))
	require.EqualError(t, err, `x.yaml:5:30: microvm.arch: "x86" is not one of arm64, x86_64`)
	_, err = Load("x.yaml", []byte(oneHour+"microvm: {memory: 2GB, arch: arm64, architecture: x86_64}"))
	require.EqualError(t, err, "x.yaml:5:37: microvm.arch: is given twice; architecture is another word for arch")
}

// The other architecture is compared without being asked for, last, and with the same bill as a scenario of its own.
func TestOtherArchitectureBeside(t *testing.T) {
	for _, tc := range []struct{ name, more, total, ratio string }{
		{"MicroVMs on x86-64", "microvm: {memory: 2GB}", onX86, "0.9275469723"},
		{"MicroVMs on ARM64", "microvm: {memory: 2GB, arch: x86_64}", onARM64, "1.078112516"},
		{"MicroVMs on x86-64", "microvm: {memory: 2GB}\ncompare: [{fixed: {name: X, per_month: 1}}]", onX86, "0.9275469723"},
	} {
		e := estimate(t, oneHour+tc.more)
		all, err := market(t).Compare(e)
		require.NoError(t, err)
		last := all[len(all)-1]
		require.Equal(t, tc.name, last.Name)
		require.Equal(t, tc.total, last.Monthly.String())
		require.Equal(t, tc.ratio, last.Ratio.String())
		require.Len(t, last.Sources, 2)
		if len(e.Scenario.Candidates) > 0 {
			require.Len(t, all, 2)
		}
	}
}

// Rates that a scenario gives are those of its own architecture. What was agreed for one says nothing about the other,
// which is unknown until it is given too.
func TestOwnRatesAreOfTheOwnArchitecture(t *testing.T) {
	const own = "rates: {vcpu_second: 0.00001, gb_second: 0.000002}\n"
	for _, tc := range []struct {
		name, text, total, other string
	}{
		{
			"of ARM64", own + "microvm: {memory: 2GB}", "0.2134935238",
			"the x86-64 vCPU rate of us-east-1 is not known; give it as rates.vcpu_second_x86",
		},
		{
			"of x86-64", own + "microvm: {memory: 2GB, arch: x86_64}", "0.2134935238",
			"the vCPU rate of us-east-1 is not known; give it as rates.vcpu_second, and that of x86-64 as vcpu_second_x86",
		},
		{
			"of snapshots", "rates: {snapshot_read_gb: 0.0015467699}\nmicrovm: {memory: 2GB, arch: x86_64}", onX86, "",
		},
		{
			"of both", "rates: {vcpu_second: 0.00001, gb_second: 0.000002, vcpu_second_x86: 0.0000326557, " +
				"gb_second_x86: 0.0000043235}\nmicrovm: {memory: 2GB, arch: x86_64}", onX86, "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estimate(t, oneHour+tc.text)
			require.Equal(t, tc.total, e.Bill.Total().String())
			all, err := market(t).Compare(e)
			require.NoError(t, err)
			require.Equal(t, tc.other, all[len(all)-1].Unknown())
		})
	}
}

func TestSweepOverArchitectures(t *testing.T) {
	axis, err := ParseAxis("microvm.arch=arm64,x86_64")
	require.NoError(t, err)
	sweep, err := market(t).Sweep(load(t, oneHour+"microvm: {memory: 2GB}"), axis)
	require.NoError(t, err)
	require.Equal(t, []string{onARM64, onX86}, []string{sweep.Points[0].Total.String(), sweep.Points[1].Total.String()})
}

func TestRateKeysInMessages(t *testing.T) {
	s := load(t, "region: eu-central-1\nmicrovm: {memory: 2GB, arch: x86_64}\nimage: {size: 2GB, count: 0}\n"+
		"workload: {jobs: 1, running: 1h, launches: 0}")
	_, err := market(t).Estimate(s)
	require.ErrorContains(t, err, "rates.vcpu_second: the x86-64 vCPU rate of eu-central-1 is not known")
	require.Equal(t, pricing.ArchX86, s.Arch)
}
