package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestSandbox(t *testing.T) {
	const disk, wholeVCPUs = "sandbox-disk", "whole-vcpus"
	d := hundredHours(t, "us-east-1")
	of := func(name string) pricing.Demand {
		sized := d
		sized.Size = size(t, name)
		return sized
	}
	requireAlternatives(t, pricing.KindSandbox, []alternativeCase{
		// 0.000014 + 2 × 0.0000045 = 0.000023 a second; × 360,000.
		{
			name: "E2B", reason: "running only", candidate: pricing.Sandbox{Provider: "e2b"}, demand: d, shown: "E2B",
			monthly: "8.28", formula: "360,000 s × (1 vCPU × $0.000014 + 2 GB × $0.0000045)",
		},
		// 4 × 0.000014 + 8 × 0.0000045 = 0.000092.
		{
			name: "E2B 8 GB", reason: "the MicroVM's 4 vCPU", candidate: pricing.Sandbox{Provider: "e2b"},
			demand: of("8GB"), shown: "E2B", monthly: "33.12",
		},
		// 2 × 0.000014 + 1 × 0.0000045 = 0.0000325.
		{
			name: "E2B of another size", reason: "what the user asks for",
			candidate: pricing.Sandbox{Provider: "e2b", VCPU: whole(2), GB: whole(1)}, demand: d, shown: "E2B",
			monthly: "11.7",
		},
		{
			name: "E2B with a disk", reason: "no price of disk is known, so it is left out and says so",
			candidate: pricing.Sandbox{Provider: "e2b", DiskGB: whole(50)}, demand: d, shown: "E2B", monthly: "8.28",
			notes: []string{"sandbox-disk"},
		},
		// 0.0504 + 2 × 0.0162 = 0.0828 an hour; × 100.
		{
			name: "Daytona", reason: "per hour, billed by the second",
			candidate: pricing.Sandbox{Provider: "daytona"}, demand: d, shown: "Daytona", monthly: "8.28",
			formula: "360,000 s / 3,600 × (1 vCPU × $0.0504 + 2 GB × $0.0162)",
		},
		// 0.0828 + 10 × 0.000108 = 0.08388.
		{
			name: "Daytona with 15 GB", reason: "5 GB are free; how long the rest is billed is an assumption",
			candidate: pricing.Sandbox{Provider: "daytona", DiskGB: whole(15)}, demand: d, shown: "Daytona",
			monthly: "8.388",
			formula: "360,000 s / 3,600 × (1 vCPU × $0.0504 + 2 GB × $0.0162 + 10 GB disk × $0.000108)",
			notes:   []string{disk},
		},
		{
			name: "Daytona with 5 GB", reason: "all of it free",
			candidate: pricing.Sandbox{Provider: "daytona", DiskGB: whole(5)}, demand: d, shown: "Daytona",
			monthly: "8.28",
		},
		// 0.00001196 × 360,000; the 2 GB come with the vCPU.
		{
			name: "Fly", reason: "2 GB included with a vCPU", candidate: pricing.Sandbox{Provider: "fly"}, demand: d,
			shown: "Fly Machines, performance", monthly: "4.3056", formula: "360,000 s × (1 vCPU × $0.00001196)",
		},
		// 0.00001196 + (4 − 2) × 0.00000193 = 0.00001582.
		{
			name: "Fly with more memory", reason: "only what is beyond is paid",
			candidate: pricing.Sandbox{Provider: "fly", GB: whole(4)}, demand: d, shown: "Fly Machines, performance",
			monthly: "5.6952", formula: "360,000 s × (1 vCPU × $0.00001196 + 2 GB × $0.00000193)",
		},
		{
			name: "Fly with less memory", reason: "what is included is not paid back",
			candidate: pricing.Sandbox{Provider: "fly", GB: whole(1)}, demand: d, shown: "Fly Machines, performance",
			monthly: "4.3056",
		},
		// 0.25 vCPU, up to 1; 0.5 GB within the 2 included.
		{
			name: "Fly 0.5 GB", reason: "a quarter of a vCPU cannot be had",
			candidate: pricing.Sandbox{Provider: "fly"}, demand: of("0.5GB"), shown: "Fly Machines, performance",
			monthly: "4.3056", notes: []string{wholeVCPUs},
		},
		// 2 × 0.00001196 × 360,000; 4 GB within 2 × 2.
		{
			name: "Fly 4 GB", reason: "each vCPU brings its 2 GB", candidate: pricing.Sandbox{Provider: "fly"},
			demand: of("4GB"), shown: "Fly Machines, performance", monthly: "8.6112",
		},
		// 0.00000075 + (2 − 0.25) × 0.00000193 = 0.0000041275.
		{
			name: "Fly shared", reason: "256 MB included", candidate: pricing.Sandbox{Provider: "fly-shared"},
			demand: d, shown: "Fly Machines, shared", monthly: "1.4859",
			formula: "360,000 s × (1 vCPU × $0.00000075 + 1.75 GB × $0.00000193)",
		},
		// 1 GB has half a vCPU, up to 1; 0.00000075 + 0.75 × 0.00000193 = 0.0000021975.
		{
			name: "Fly shared 1 GB", reason: "whole vCPUs, and one's memory included",
			candidate: pricing.Sandbox{Provider: "fly-shared"}, demand: of("1GB"), shown: "Fly Machines, shared",
			monthly: "0.7911", notes: []string{wholeVCPUs},
		},
		// 0.5 × 0.00003942 + 2 × 0.00000667 = 0.00003305.
		{
			name: "Modal", reason: "a physical core is two vCPUs", candidate: pricing.Sandbox{Provider: "modal"},
			demand: d, shown: "Modal Sandbox", monthly: "11.898",
			formula: "360,000 s × (0.5 cores × $0.00003942 + 2 GB × $0.00000667)",
		},
		// 0.125 × 0.00003942 + 0.5 × 0.00000667 = 0.0000082625.
		{
			name: "Modal 0.5 GB", reason: "a quarter of a vCPU is an eighth of a core",
			candidate: pricing.Sandbox{Provider: "modal"}, demand: of("0.5GB"), shown: "Modal Sandbox",
			monthly: "2.9745",
		},
		// 0.0895 + 2 × 0.00945 = 0.1084 an hour.
		{
			name: "AgentCore", reason: "busy all the time unless it is said otherwise",
			candidate: pricing.Sandbox{Provider: "agentcore"}, demand: d, shown: "AgentCore Runtime",
			monthly: "10.84", formula: "360,000 s / 3,600 × (1 vCPU × $0.0895 + 2 GB × $0.00945)",
		},
		// 0.2 × 0.0895 + 0.0189 = 0.0368.
		{
			name: "AgentCore a fifth busy", reason: "only active CPU is billed; memory all the time",
			candidate: pricing.Sandbox{Provider: "agentcore", Active: dec("0.2")}, demand: d,
			shown: "AgentCore Runtime", monthly: "3.68",
			formula: "360,000 s / 3,600 × (0.2 vCPU active × $0.0895 + 2 GB × $0.00945)",
		},
		{
			name: "unknown provider", reason: "the known ones are named",
			candidate: pricing.Sandbox{Provider: "codespaces"}, demand: d, shown: "codespaces",
			unknown: `no sandbox "codespaces" is known; sandboxes are [agentcore daytona e2b fly fly-shared modal]`,
		},
	})
	require.Equal(t, []string{"agentcore", "daytona", "e2b", "fly", "fly-shared", "modal"}, prices(t).Sandboxes())
}
