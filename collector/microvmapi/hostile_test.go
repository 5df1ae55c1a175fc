package microvmapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/pricing"
	"microspend/usage"
)

// hostile is a world of one image whose storage is not counted, polled once at the start.
func hostile(t *testing.T, change func(*microvmapi.Options, *fakemicrovms.Options)) *world {
	w := newWorld(t, func(o *microvmapi.Options, f *fakemicrovms.Options) {
		o.ImagesEvery = -1
		if change != nil {
			change(o, f)
		}
	})
	w.addImage(start.Add(-time.Hour))
	w.poll()
	return w
}

// of are the records of one MicroVM, in order.
func (w *world) of(id string) (records []usage.Record) {
	for _, r := range w.list() {
		if r.Resource.ID == id {
			records = append(records, r)
		}
	}
	return records
}

// TestAnUnknownStateCostsItsOwnTime: running from 0:10; the state is HIBERNATED from 2:00 to 6:00, as the polls of each
// minute see it, so the changes are put at 1:30 and 5:30: 80 s of running in the first five minutes, 270 s in the next.
func TestAnUnknownStateCostsItsOwnTime(t *testing.T) {
	w := hostile(t, nil)
	w.service.Add(life("odd", 10*time.Second, at(10*time.Second, running), at(2*time.Minute, "HIBERNATED"),
		at(6*time.Minute, running)))
	w.service.Add(life("whole", 0, at(0, running)))
	w.pollThrough(10*time.Minute, time.Minute)

	odd := w.of("odd")
	require.Len(t, odd, 2)
	require.EqualValues(t, 80_000, odd[0].Amounts[usage.Running])
	require.EqualValues(t, 270_000, odd[1].Amounts[usage.Running])
	for _, r := range odd {
		require.Equal(t, usage.CoveragePartial, r.Coverage)
		require.Zero(t, r.Amounts[usage.Suspended]+r.Amounts[usage.Suspends]+r.Amounts[usage.Resumes])
	}
	require.Equal(t, map[string]string{
		"the state of MicroVM odd": `state "HIBERNATED" is not known: time in it counts as neither running nor suspended`,
	}, w.left)
	require.Empty(t, w.gaps)
	whole := w.of("whole")
	require.Len(t, whole, 2)
	for _, r := range whole {
		require.EqualValues(t, 300_000, r.Amounts[usage.Running])
	}
	require.Equal(t, usage.CoverageComplete, whole[1].Coverage)
}

func TestAMicroVMWakesFromAnUnknownState(t *testing.T) {
	w := hostile(t, nil)
	w.service.Add(life("odd", 10*time.Second, at(10*time.Second, running), at(2*time.Minute, suspended),
		at(3*time.Minute, microvmapi.MicrovmState(strings.Repeat("Ü", 100))), at(4*time.Minute, running)))
	w.pollThrough(5*time.Minute, time.Minute)
	r := w.of("odd")[0]
	require.EqualValues(t, 1, r.Amounts[usage.Suspends])
	require.EqualValues(t, 1, r.Amounts[usage.Resumes], "it was suspended, and it runs")
	require.EqualValues(t, 60_000, r.Amounts[usage.Suspended], "from the middle of 1:00–2:00 to that of 2:00–3:00")
	require.Contains(t, w.left["the state of MicroVM odd"], `"`+strings.Repeat("Ü", 32)+`"`, "as much as is kept of it")
}

func TestABadItemCostsItself(t *testing.T) {
	for name, amend := range map[string]map[string]any{
		"no id":                   {"microvmId": fakemicrovms.Without},
		"an id that is null":      {"microvmId": nil},
		"an id that is a number":  {"microvmId": 7},
		"an id that is too long":  {"microvmId": strings.Repeat("x", 3000)},
		"an id with a zero byte":  {"microvmId": "a\x00b"},
		"a state that is a list":  {"state": []any{"RUNNING"}},
		"an image that is a list": {"imageArn": []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := hostile(t, nil)
			bad := life("bad", 0, at(0, running))
			bad.Amend = amend
			w.service.Add(bad)
			w.service.Add(life("good", 0, at(0, running)))
			w.pollThrough(10*time.Minute, time.Minute)
			require.Len(t, w.records, 2)
			require.EqualValues(t, 300_000, w.of("good")[1].Amounts[usage.Running])
			require.Equal(t, usage.CoverageComplete, w.of("good")[1].Coverage)
			require.Len(t, w.left, 1)
			require.Empty(t, w.gaps)
		})
	}
}

func TestUnknownMembersAreIgnored(t *testing.T) {
	w := hostile(t, nil)
	m := life("new", 0, at(0, running))
	m.Amend = map[string]any{"zone": map[string]any{"a": 1}, "endpoint": nil}
	m.AmendDetails = m.Amend
	w.service.Add(m)
	w.pollThrough(5*time.Minute, time.Minute)
	require.EqualValues(t, 300_000, w.of("new")[0].Amounts[usage.Running])
	require.Empty(t, w.left)
}

// TestWithoutAStartItCountsFromItsFirstSight: launched at 1:10, first seen at 2:00.
func TestWithoutAStartItCountsFromItsFirstSight(t *testing.T) {
	for name, missing := range map[string]any{"left out": fakemicrovms.Without, "null": nil, "a text": "yesterday", "zero": 0} {
		t.Run(name, func(t *testing.T) {
			w := hostile(t, nil)
			m := life("m", 70*time.Second, at(70*time.Second, running))
			m.Amend = map[string]any{"startedAt": missing}
			m.AmendDetails = m.Amend
			w.service.Add(m)
			told := life("told", 70*time.Second, at(70*time.Second, running))
			told.Amend = m.Amend
			w.service.Add(told)
			w.pollThrough(5*time.Minute, time.Minute)

			r := w.of("m")[0]
			require.EqualValues(t, 180_000, r.Amounts[usage.Running])
			require.EqualValues(t, 1, r.Amounts[usage.Launches], "it was not listed before")
			require.Equal(t, usage.CoveragePartial, r.Coverage)
			require.Len(t, w.left, 1)
			require.Contains(t, w.left["the start of MicroVM m"], "as a lower bound")

			r = w.of("told")[0]
			require.EqualValues(t, 230_000, r.Amounts[usage.Running], "GetMicrovm tells what the listing does not")
			require.EqualValues(t, 1, r.Amounts[usage.Launches])
		})
	}
}

// TestAListingThatIsNotWholeEndsNoMicroVM: what cannot be listed is asked for again, and nothing is taken for ended.
func TestAListingThatIsNotWholeEndsNoMicroVM(t *testing.T) {
	for name, fault := range map[string]func(fakemicrovms.Call) fakemicrovms.Fault{
		"tokens in a circle": func(c fakemicrovms.Call) fakemicrovms.Fault {
			if c.Query.Get("nextToken") == "1" {
				return fakemicrovms.Fault{Token: "0"}
			}
			return fakemicrovms.Fault{Token: "1"}
		},
		"the same token for ever": func(fakemicrovms.Call) fakemicrovms.Fault { return fakemicrovms.Fault{Token: "0"} },
		"no list of items": func(fakemicrovms.Call) fakemicrovms.Fault {
			return fakemicrovms.Fault{Garbage: []byte(`{}`)}
		},
		"items that are null": func(fakemicrovms.Call) fakemicrovms.Fault {
			return fakemicrovms.Fault{Garbage: []byte(`{"items": null}`)}
		},
		"items that are no list": func(fakemicrovms.Call) fakemicrovms.Fault {
			return fakemicrovms.Fault{Garbage: []byte(`{"items": {}}`)}
		},
		"cut after a page": func(c fakemicrovms.Call) fakemicrovms.Fault {
			return fakemicrovms.Fault{Cut: c.Query.Get("nextToken") != ""}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := hostile(t, func(_ *microvmapi.Options, f *fakemicrovms.Options) { f.PageItems = 1 })
			for _, id := range []string{"a", "b", "c"} {
				w.service.Add(life(id, 0, at(0, running)))
			}
			w.pollAt(time.Minute)
			w.advance(time.Minute)
			calls := len(w.service.Calls())
			w.service.SetFaults(fault)
			require.Error(t, w.fetch())
			require.LessOrEqual(t, len(w.service.Calls())-calls, 6, "it ends at once")
			w.service.SetFaults(nil)
			w.pollThrough(5*time.Minute, time.Minute)
			require.Zero(t, w.counts["MicroVMs that ended"])
			require.Len(t, w.records, 3)
			for _, r := range w.records {
				require.EqualValues(t, 300_000, r.Amounts[usage.Running], "the next poll fills it in")
			}
		})
	}
}

func TestRecordsHaveTheArchitectureOfTheImage(t *testing.T) {
	for cpu, want := range map[string]usage.Arch{"": usage.ArchARM64, "X86_64": usage.ArchX86, "RISCV_64": ""} {
		w := hostile(t, nil)
		w.service.AddImage(fakemicrovms.Image{
			ARN: imageARN, Version: "2.0", CPU: cpu, MemoryMiB: 2048, CreatedAt: start.Add(-time.Hour),
		})
		m := life("m", 0, at(0, running))
		m.Version = "2.0"
		w.service.Add(m)
		w.pollThrough(5*time.Minute, time.Minute)
		require.Equal(t, want, w.of("m")[0].Arch, cpu)
	}
}

// TestABadVersionIsNotADeletedOne: 1,110 bytes stored from the first poll at 12:00 on. The listing of 13:00 cannot be
// understood, that of 14:00 can.
func TestABadVersionIsNotADeletedOne(t *testing.T) {
	for _, operation := range []string{"ListMicrovmImageVersions", "ListMicrovmImages"} {
		w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.Period = time.Hour })
		w.addImage(start.Add(-time.Hour))
		w.service.Add(life("m", 0, at(0, running)))
		w.poll()
		w.service.SetFaults(func(c fakemicrovms.Call) fakemicrovms.Fault {
			if c.Operation == operation {
				return fakemicrovms.Fault{Garbage: []byte(`{"items":[{"imageVersion":5,"imageArn":6}]}`)}
			}
			return fakemicrovms.Fault{}
		})
		w.pollThrough(time.Hour, time.Minute)
		require.NotEmpty(t, w.left)
		w.service.SetFaults(nil)
		w.pollThrough(2*time.Hour, time.Minute)
		stored := int64(0)
		for _, r := range w.records {
			if r.Resource.Kind == usage.KindImage {
				stored += r.Amounts[pricing.SnapshotStorage]
				require.Equal(t, usage.CoverageComplete, r.Coverage)
			}
		}
		require.EqualValues(t, 1110*2*3600, stored)
	}
}

// TestAnImageThatCannotBeAskedAboutHoldsNoUsageBack: after an hour its MicroVMs' usage is written with what is known.
func TestAnImageThatCannotBeAskedAboutHoldsNoUsageBack(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fakemicrovms.Options) {
		o.ImagesEvery = -1
		f.Faults = func(c fakemicrovms.Call) fakemicrovms.Fault {
			if c.Operation == "GetMicrovmImageVersion" {
				return fakemicrovms.Internal
			}
			return fakemicrovms.Fault{}
		}
	})
	w.service.Add(life("m", 0, at(0, running)))
	w.poll()
	w.pollThrough(59*time.Minute, time.Minute)
	require.Empty(t, w.records)
	w.pollThrough(time.Hour, time.Minute)
	require.Len(t, w.records, 12)
	for _, r := range w.records {
		require.EqualValues(t, 300_000, r.Amounts[usage.Running])
		require.Equal(t, usage.CoverageUnknown, r.Coverage)
	}
}
