package emf

import (
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// HourLines is how many lines a MicroVM writes that runs for an hour.
const HourLines = 60

// HourBytes is what CloudWatch Logs bills for the lines of a MicroVM that runs for an hour, with names of a usual
// length: their bytes and AWS's own of each event. It is what lines cost wherever that is told before there are any.
func HourBytes(p Publication) int64 {
	start := time.Date(2026, time.October, 1, 9, 0, 0, 0, time.UTC).UnixMilli()
	line := Line{
		Life: "0123456789abcdef0123456789abcdef", Sequence: 100, Event: Interval,
		MicroVMID: "microvm-0123456789abcdef0", Tenant: "tenant-0001",
		Image:        "arn:aws:lambda:eu-west-1:123456789012:microvm-image:sandbox",
		ImageVersion: "12.0", Region: "eu-west-1", Account: "123456789012", Arch: pricing.ArchARM64,
		PeriodStart: start, PeriodEnd: start + 60_000,
		Amounts:     usage.Amounts{pricing.VCPU: 60_000, pricing.Memory: 122_880_000, usage.Running: 60_000},
		Publication: p,
	}
	return HourLines * (int64(len(line.AppendTo(nil))) + pricing.LogEventBytes)
}
