package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSortAndFilterAreRemembered(t *testing.T) {
	options := over(t, fewRecords(), nil)
	options.StateFile = filepath.Join(t.TempDir(), "state", "dash.json")
	s := open(t, options, 120, 30)
	s.press("2", "s", "down", "enter", "S", "/").write("amount > 0.5").press("enter", "5", "b", "t")
	again := open(t, options, 120, 30)
	again.press("2").has("share ▲", "/ amount > 0.5", "today").press("5").has("week")
	text, err := os.ReadFile(options.StateFile)
	require.NoError(t, err)
	require.Contains(t, string(text), `"filter": "amount \u003e 0.5"`)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(options.StateFile), ".*"))
	require.NoError(t, err)
	require.Empty(t, left, "no half-written file is left")

	again.press("2", "esc")
	open(t, options, 120, 30).press("2").has("share ▲").lacks("/ amount")
}

func TestBrokenMemoryIsIgnored(t *testing.T) {
	for reason, text := range map[string]string{
		"empty": "", "no JSON": "{",
		"another version":  `{"version": 99, "views": {"tenants": {"group": "tenants", "sort": "share"}}}`,
		"another shape":    `{"version": 1, "views": [1, 2]}`,
		"an unknown group": `{"version": 1, "views": {"tenants": {"group": "moons", "sort": "share"}}}`,
		"too large": `{"version": 1, "views": {"tenants": {"group": "tenants", "sort": "share", "filter": "` +
			strings.Repeat("x", maxMemory) + `"}}}`,
	} {
		options := over(t, fewRecords(), nil)
		options.StateFile = filepath.Join(t.TempDir(), "dash.json")
		require.NoError(t, os.WriteFile(options.StateFile, []byte(text), 0o600))
		s := open(t, options, 120, 30)
		s.press("2").has("amount $ ▼", "3 tenants")
		require.NotEmpty(t, reason)
	}
	options := over(t, fewRecords(), nil)
	options.StateFile = filepath.Join(t.TempDir(), "dash.json")
	require.NoError(t, os.WriteFile(options.StateFile,
		[]byte(`{"version": 1, "views": {"tenants": {"group": "tenants", "sort": "no such column", "filter": "((("}}}`),
		0o600))
	open(t, options, 120, 30).press("2").has("0 of 3", "Nothing matches the filter.").press("esc").has("3 tenants")
}

func TestUnwritableMemoryIsSaid(t *testing.T) {
	options := over(t, fewRecords(), nil)
	options.StateFile = "/proc/nowhere/dash.json"
	open(t, options, 120, 30).press("2", "S").has("could not be saved", "acme")
}
