package simulate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// The tenants with a story.
const (
	Growing    = "borealis" // more from day to day
	Runaway    = "cinder"   // one bad day
	Idle       = "dormouse" // in the tenants file, never in the usage
	PartlySeen = "juniper"  // one morning of which was only seen in part
)

// names are those of tenants, the ones with a story among the first.
var names = [...]string{
	"acme", Growing, Runaway, Idle, "ember", "fjord", "granite", "harbor", "iris", "juniper", "kestrel", "lumen", "meadow",
	"nimbus", "orchard", "pebble", "quartz", "raven", "sable", "tundra", "umber", "violet", "willow", "xenon", "yarrow",
	"zephyr",
	"alder", "birch", "cedar", "dahlia", "elm", "fern", "ginkgo", "heather", "indigo", "jasmine", "kiwi", "laurel",
	"maple",
	"nettle",
}

// habit is when a tenant works.
type habit uint8

const (
	office    habit = iota // weekdays, some hours of work with pauses
	nights                 // a batch every night
	steady                 // all the time, a new MicroVM every 8 hours
	weekends               // evenings at the weekend
	pipelines              // many short jobs on weekdays
	idle                   // never

	habitCount = idle
)

// told is how it is known whose a record is.
type told uint8

const (
	bySource told = iota // the record names the tenant
	byImage
	byRole
	byNobody // nothing does
)

type image struct {
	name  string
	bytes int64
}

// Moving is the image that has been built for x86-64 since there is such. What was launched from it before runs on.
const Moving = "browser"

// arch is the architecture of what is launched from an image at a time.
func (i image) arch(at time.Time) usage.Arch {
	if i.name == Moving && !at.Before(pricing.ArchsSince().Start()) {
		return usage.ArchX86
	}
	return usage.ArchARM64
}

type tenant struct {
	place  int
	name   string
	habit  habit
	told   told
	region string
	size   pricing.Size
	image  image
	state  int64 // bytes written by a suspend: 0.3 to 0.6 of the memory
	scale  int   // MicroVMs on a normal day
}

func (t tenant) role() string { return "arn:aws:iam::" + account + ":role/microvm-" + t.name }

// tenants are the fleet's, and one who is nobody.
func (f Fleet) tenants() []tenant {
	count := len(names)
	if f.Tenants > 0 {
		count = min(f.Tenants, count)
	}
	random := rand.New(rand.NewPCG(f.Seed, 0))
	sizes := pricing.Sizes()
	images := [...]image{
		{"sandbox-python", 1900 * mib}, {"sandbox-node", 1400 * mib}, {Moving, 3100 * mib}, {"build-arm64", 5200 * mib},
	}
	regions := [...]string{"us-east-1", "eu-west-1"}
	out := make([]tenant, 0, count+1)
	for i := range count {
		t := tenant{
			place: i, name: names[i], habit: habit(random.IntN(int(habitCount))),
			told: told(i % 3), region: regions[random.IntN(2)],
			size: sizes[random.IntN(len(sizes))], image: images[random.IntN(len(images))], scale: 2 + random.IntN(9),
		}
		t.state = t.size.MiB() * (30 + random.Int64N(31)) / 100 * mib
		if t.told == byImage {
			t.image = image{"app-" + t.name, (600 + random.Int64N(3000)) * mib}
		}
		switch t.name {
		case Growing, Runaway:
			t.habit, t.size, t.scale = office, sizes[2], 5
			t.state = t.size.MiB() * 2 / 5 * mib
		case Idle:
			t.habit, t.image = idle, image{}
		}
		out = append(out, t)
	}
	return append(out, tenant{
		place: count, name: "nobody", habit: pipelines, told: byNobody, region: regions[0], size: sizes[1], image: images[0],
		state: sizes[1].MiB() * 45 / 100 * mib, scale: 3,
	})
}

// launches are those of one day, the n-th of the fleet's.
func (t tenant) launches(f Fleet, day time.Time, n int, random *rand.Rand) []launch {
	weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
	count := t.scale
	switch t.habit {
	case idle:
		return nil
	case office, pipelines:
		if weekend {
			count /= 5
		}
	case weekends:
		if !weekend {
			count /= 4
		}
	case steady:
		count = (t.scale + 2) / 3 * 3 // three a day, one after the other
	case nights:
	}
	if t.habit == pipelines {
		count *= 6
	}
	switch {
	case t.name == Growing:
		count = (count*n*4/f.days() + count) / 2
	case t.name == Runaway && day.Equal(f.BadDay()):
		count *= 25
	}
	out := make([]launch, 0, count)
	for i := range count {
		start, length := t.session(i, random)
		out = append(out, t.launch(fmt.Sprintf("mvm-%02d%03d%04d%08x", t.place, n, i, random.Uint32()),
			day.Add(time.Duration(start)*time.Second), length, f.end(), random))
	}
	return out
}

// session is when in the day the i-th MicroVM is launched and how long it is wanted, in seconds.
func (t tenant) session(i int, random *rand.Rand) (start, length int64) {
	const hour = 3600
	minutes := random.Int64N(60) * 60
	switch t.habit {
	case nights:
		return minutes + hour*random.Int64N(4), 2*hour + random.Int64N(4*hour)
	case steady:
		return int64(i%3) * pricing.MaxLifeSeconds, pricing.MaxLifeSeconds
	case weekends:
		return 15*hour + minutes + hour*random.Int64N(5), hour + random.Int64N(3*hour)
	case pipelines:
		return 6*hour + minutes + hour*random.Int64N(13), 60 + random.Int64N(1200)
	case office, idle:
	}
	return 7*hour + minutes + hour*random.Int64N(4), 4*hour + random.Int64N(6*hour)
}
