package microvmapi_test

import (
	"maps"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/awssource"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/pricing"
	"microspend/usage"
)

// apiOf is a client of a world's service without a server in between.
func apiOf(t *testing.T, w *world) *microvmapi.Client {
	server := httptest.NewServer(w.service)
	t.Cleanup(server.Close)
	return microvmapi.NewClient(t.Context(), configOf(server.URL, awssource.Retry{Attempts: 1}, nil),
		awssource.Clock{Now: func() time.Time { return w.now }})
}

func TestImagesAreStoredFromTheirCreationToTheirDeletion(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.Poll, o.MaxGap = 10*time.Minute, time.Hour })
	w.addImage(start.Add(-100 * 24 * time.Hour)) // long before: its week is over
	w.service.AddImage(fakemicrovms.Image{
		ARN: imageARN, Version: "2.0", MemoryMiB: 512, CreatedAt: start.Add(90 * time.Minute),
		DeletedAt: start.Add(5*time.Hour + 30*time.Minute),
		Builds:    []fakemicrovms.Build{{ID: "b", Memory: 5000}},
	})
	w.service.AddImage(fakemicrovms.Image{
		ARN: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:bare", Version: "1",
		CreatedAt: start,
	})
	w.poll()
	w.pollThrough(8*time.Hour, 10*time.Minute)

	byVersion := map[string]usage.Record{}
	for _, r := range w.list() {
		sum := byVersion[r.Resource.String()]
		sum.Amounts[pricing.SnapshotStorage] += r.Amounts[pricing.SnapshotStorage]
		byVersion[r.Resource.String()] = sum
		require.Zero(t, r.Amounts[usage.Suspended]+r.Amounts[usage.Running])
	}
	require.Equal(t, []string{"(image) " + imageARN + ":1.0", "(image) " + imageARN + ":2.0"},
		slices.Sorted(maps.Keys(byVersion)))
	hour := int64(3600)
	require.Equal(t, 1110*8*hour, byVersion["(image) "+imageARN+":1.0"].Amounts[pricing.SnapshotStorage])
	require.Equal(t, 5000*7*24*hour, byVersion["(image) "+imageARN+":2.0"].Amounts[pricing.SnapshotStorage],
		"four hours, and the rest of its first week")
	require.NotZero(t, w.counts["image versions whose size is not known"])
}

func TestImagesThatMayNotBeListedAreAGapOnly(t *testing.T) {
	w := newWorld(t, nil)
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.service.SetFaults(func(c fakemicrovms.Call) fakemicrovms.Fault {
		if c.Operation == "ListMicrovmImages" {
			return fakemicrovms.Denied
		}
		return fakemicrovms.Fault{}
	})
	w.poll()
	w.pollThrough(5*time.Minute, time.Minute)
	require.Equal(t, 5*time.Minute.Milliseconds(), w.sum().Amounts[usage.Running])
	require.Contains(t, w.gaps[0].String(), "the storage of images")
}
