package pricing_test

import (
	"testing"

	"microspend/pricing"
)

func TestFargate(t *testing.T) {
	var (
		us, eu  = hundredHours(t, "us-east-1"), hundredHours(t, "eu-west-1")
		tokyo   = hundredHours(t, "ap-northeast-1")
		short   = inJobs(t, 100, "30")
		three   = hundredHours(t, "us-east-1")
		minutes = []string{"fargate-tasks"}
	)
	three.Users = whole(3)
	requireAlternatives(t, pricing.KindFargate, []alternativeCase{
		// 0.03238 + 2 × 0.00356 = 0.0395 an hour; × 100 h.
		{
			name: "arm64 us-east-1", reason: "the MicroVM's 1 vCPU and 2 GB", candidate: pricing.Fargate{},
			demand: us, shown: "Fargate arm64 1 vCPU 2 GB, active", monthly: "3.95",
			formula: "360,000 s / 3,600 × (1 vCPU × $0.03238 + 2 GB × $0.00356)", notes: minutes,
		},
		{
			name: "arm64 eu-west-1", reason: "the same price", candidate: pricing.Fargate{Arch: "arm64"}, demand: eu,
			shown: "Fargate arm64 1 vCPU 2 GB, active", monthly: "3.95", notes: minutes,
		},
		// 0.04048 + 2 × 0.004445 = 0.04937.
		{
			name: "x86 us-east-1", reason: "dearer", candidate: pricing.Fargate{Arch: "x86"}, demand: us,
			shown: "Fargate x86 1 vCPU 2 GB, active", monthly: "4.937", notes: minutes,
		},
		{
			name: "x86 eu-west-1", reason: "the same price", candidate: pricing.Fargate{Arch: "x86"}, demand: eu,
			shown: "Fargate x86 1 vCPU 2 GB, active", monthly: "4.937", notes: minutes,
		},
		// 0.01030969 + 2 × 0.00113349 = 0.01257667.
		{
			name: "spot us-east-1", reason: "about a third", candidate: pricing.Fargate{Spot: true}, demand: us,
			shown: "Fargate Spot arm64 1 vCPU 2 GB, active", monthly: "1.257667", notes: minutes,
		},
		// 0.00979124 + 2 × 0.00107649 = 0.01194422.
		{
			name: "spot eu-west-1", reason: "cheaper there", candidate: pricing.Fargate{Spot: true}, demand: eu,
			shown: "Fargate Spot arm64 1 vCPU 2 GB, active", monthly: "1.194422", notes: minutes,
		},
		{
			name: "spot x86", reason: "no price is known", candidate: pricing.Fargate{Spot: true, Arch: "x86"},
			demand: us, shown: "Fargate Spot x86 1 vCPU 2 GB, active",
			unknown: "the price of Fargate x86-spot in us-east-1 is not known; give it as vcpu_hour and gb_hour, or refresh the rates",
		},
		{
			name: "ap-northeast-1", reason: "no price is known", candidate: pricing.Fargate{}, demand: tokyo,
			shown:   "Fargate arm64 1 vCPU 2 GB, active",
			unknown: "the price of Fargate arm64 in ap-northeast-1 is not known; give it as vcpu_hour and gb_hour, or refresh the rates",
		},
		// 100 × 60 s = 6,000 s; × 0.0395 / 3,600 = 0.0658333…
		{
			name: "30-second jobs", reason: "a minute each is billed", candidate: pricing.Fargate{}, demand: short,
			shown: "Fargate arm64 1 vCPU 2 GB, active", monthly: "0.06583333333333333333",
			formula: "6,000 s / 3,600 × (1 vCPU × $0.03238 + 2 GB × $0.00356)", notes: minutes,
		},
		// 100 × 61 s = 6,100 s; × 0.0395 / 3,600 = 0.066930555…
		{
			name: "61-second jobs", reason: "by the second beyond a minute", candidate: pricing.Fargate{},
			demand: inJobs(t, 100, "61"), shown: "Fargate arm64 1 vCPU 2 GB, active",
			monthly: "0.06693055555555555556", notes: minutes,
		},
		// 4 × 0.03238 + 16 × 0.00356 = 0.18648; × 100 h.
		{
			name: "another size", reason: "what the user asks for",
			candidate: pricing.Fargate{VCPU: whole(4), GB: whole(16)}, demand: us,
			shown: "Fargate arm64 4 vCPU 16 GB, active", monthly: "18.648", notes: minutes,
		},
		// 0.0395 + 10 × 0.000111 = 0.04061; × 100 h.
		{
			name: "30 GB disk", reason: "20 GB are free", candidate: pricing.Fargate{DiskGB: whole(30)}, demand: us,
			shown: "Fargate arm64 1 vCPU 2 GB, active", monthly: "4.061",
			formula: "360,000 s / 3,600 × (1 vCPU × $0.03238 + 2 GB × $0.00356 + 10 GB disk × $0.000111)",
			notes:   minutes,
		},
		{
			name: "20 GB disk", reason: "all of it free", candidate: pricing.Fargate{DiskGB: whole(20)}, demand: us,
			shown: "Fargate arm64 1 vCPU 2 GB, active", monthly: "3.95", notes: minutes,
		},
		// 3 × 730 × 0.0395; the running time does not matter.
		{
			name: "always", reason: "a task for each user, 730 h", candidate: pricing.Fargate{Always: true},
			demand: three, shown: "Fargate arm64 1 vCPU 2 GB, always on", monthly: "86.505",
			formula: "3 tasks × 730 h × (1 vCPU × $0.03238 + 2 GB × $0.00356)",
		},
		// 730 × 0.01194422.
		{
			name: "always spot", reason: "the same hours at the Spot price",
			candidate: pricing.Fargate{Always: true, Spot: true}, demand: eu,
			shown: "Fargate Spot arm64 1 vCPU 2 GB, always on", monthly: "8.7192806",
			formula: "1 task × 730 h × (1 vCPU × $0.00979124 + 2 GB × $0.00107649)",
		},
		// 730 × 0.04061.
		{
			name: "always with disk", reason: "the disk is billed by the hour, too",
			candidate: pricing.Fargate{Always: true, DiskGB: whole(30)}, demand: us,
			shown: "Fargate arm64 1 vCPU 2 GB, always on", monthly: "29.6453",
		},
	})
}
