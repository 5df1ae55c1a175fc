package microvmapi

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMomentsAreReadToTheLastDigit(t *testing.T) {
	for text, want := range map[string]time.Time{
		"1782900000":            time.Unix(1782900000, 0).UTC(),
		"1782900000.123":        time.Unix(1782900000, 123e6).UTC(),
		"1782900000.9999999999": time.Unix(1782900000, 999999999).UTC(),
		"1.782900000123E9":      time.Unix(1782900000, 123e6).UTC(),
		"0":                     time.Unix(0, 0).UTC(),
		"-1.5":                  time.Unix(-2, 5e8).UTC(),
	} {
		var e epoch
		require.NoError(t, json.Unmarshal([]byte(text), &e), text)
		require.Equal(t, want, e.Time, text)
	}
	for _, text := range []string{`"2026-01-01"`, `true`, `{}`, `1e999999999`, `1e20`, `99999999999999`} {
		var e epoch
		require.Error(t, json.Unmarshal([]byte(text), &e), text)
	}
}

func TestSizesAreWholeBytes(t *testing.T) {
	for text, want := range map[string]size{"0": 0, "1024": 1024, "1024.0": 1024, "70368744177664": 64 << 40} {
		var s size
		require.NoError(t, json.Unmarshal([]byte(text), &s), text)
		require.Equal(t, want, s, text)
	}
	for _, text := range []string{"-1", "1024.5", "1e3", `"1"`, "70368744177665"} {
		var s size
		require.Error(t, json.Unmarshal([]byte(text), &s), text)
	}
}

// FuzzAnswers: no answer of a server, however it came about, is more than refused.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"items":[{"microvmId":"m","state":"RUNNING","imageArn":"a","imageVersion":"1","startedAt":1782900000.5}],"nextToken":"t"}`))
	f.Add([]byte(`{"microvmId":"m","state":"TERMINATED","startedAt":1,"terminatedAt":2}`))
	f.Add([]byte(`{"items":[{"imageVersion":"1.0","createdAt":1e9,"resources":[{"minimumMemoryInMiB":2048}]}]}`))
	f.Add([]byte(`{"buildId":"b","snapshotBuild":{"memorySnapshotSizeInBytes":1.0}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if page, err := decode[Page[MicrovmItem]](body); err == nil {
			for _, item := range page.Items {
				require.NotEmpty(t, item.ID)
			}
		}
		if m, err := decode[Microvm](body); err == nil {
			require.NotEmpty(t, m.ID)
		}
		_, _ = decode[Page[Image]](body)
		if versions, err := decode[Page[ImageVersion]](body); err == nil {
			for _, version := range versions.Items {
				require.NotEmpty(t, version.Version)
			}
		}
		_, _ = decode[ImageVersion](body)
		_, _ = decode[Page[Build]](body)
		_, _ = decode[Build](body)
	})
}
