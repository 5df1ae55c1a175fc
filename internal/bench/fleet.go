package main

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// fleet is usage made up for measuring, the same in every run: a thousand records for each MicroVM over 30 days, in
// the order in which a collector would write them. MicroVMs have habits and belong to 500 tenants; amounts are as odd
// as metered ones are.
type fleet struct {
	microVMs int
	days     int // of the 30 that are written
}

const (
	fleetDays    = 30
	fleetTenants = 500
	fleetPeriod  = 86_400 / 34 // seconds
)

var fleetStart = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// periodsOf is how many periods a day has: 34, 33, 33 and so on, a thousand in 30 days.
func periodsOf(day int) int {
	if day%3 == 0 {
		return 34
	}
	return 33
}

func (f fleet) rows() int {
	rows := 0
	for day := range f.days {
		rows += periodsOf(day) * f.microVMs
	}
	return rows
}

func (f fleet) records() iter.Seq2[usage.Record, error] {
	var ids, tenants, images []string
	for vm := range f.microVMs {
		ids = append(ids, fmt.Sprintf("microvm-%017x", mix(uint64(vm))>>1))
		tenants = append(tenants, fmt.Sprintf("tenant-%03d", vm%fleetTenants))
		images = append(images, fmt.Sprintf("image-%d", vm%40))
	}
	return func(yield func(usage.Record, error) bool) {
		slot := uint64(0)
		for day := range f.days {
			for period := range periodsOf(day) {
				start := fleetStart.AddDate(0, 0, day).Add(time.Duration(period) * fleetPeriod * time.Second)
				slot++
				for vm := range f.microVMs {
					r := usage.Record{
						PeriodStart: start, PeriodSeconds: fleetPeriod, Region: [...]string{"eu-west-1", "us-east-1"}[vm%2],
						Account: "111122223333", Resource: usage.Resource{ID: ids[vm]}, Image: images[vm], Tenant: tenants[vm],
						Source: "cloudwatch",
					}
					use(&r, 512<<(vm%5), mix(slot<<32|uint64(vm)))
					if !yield(r, nil) {
						return
					}
				}
			}
		}
	}
}

// use fills in what a MicroVM of so many MiB used, as the bits of a random number say.
func use(r *usage.Record, mib int64, random uint64) {
	draw := func(below int64) int64 {
		n := int64(random>>33) * below >> 31
		random = mix(random)
		return n
	}
	r.Amounts[usage.Running] = draw(fleetPeriod*1000 + 1)
	r.Amounts[usage.Suspended] = fleetPeriod*1000 - r.Amounts[usage.Running]
	r.Amounts[pricing.VCPU], r.Amounts[pricing.Memory] = r.Amounts[usage.Running]*mib/2048, r.Amounts[usage.Running]*mib
	if draw(4) == 0 { // a burst
		r.Amounts[pricing.VCPU] += draw(r.Amounts[usage.Running]/2 + 1)
		r.Amounts[pricing.Memory] += draw(r.Amounts[usage.Running]/2+1) * mib
	}
	r.Amounts[usage.Suspends], r.Amounts[usage.Resumes], r.Amounts[usage.Launches] = draw(3), draw(3), draw(8)/7
	r.Amounts[pricing.SnapshotWrite] = r.Amounts[usage.Suspends] * mib << 20
	r.Amounts[pricing.SnapshotRead] = r.Amounts[usage.Resumes]*mib<<20 + r.Amounts[usage.Launches]*2<<30
	r.Amounts[pricing.SnapshotStorage] = r.Amounts[usage.Suspended] / 1000 * mib << 20
	r.Coverage = usage.CoverageComplete
	if draw(20) == 0 {
		r.Coverage = usage.CoveragePartial
	}
}

// mix is splitmix64's, by Steele, Lea and Flood.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// writeCSV writes the fleet's usage to a file.
func (f fleet) writeCSV(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	if _, err := usage.WriteCSV(out, f.records()); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
