package collectplans

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestPlans plays a few plans of each kind; go run ./internal/bench plans plays many more.
// PLAN=cloudwatch/17 plays one and prints what happens.
func TestPlans(t *testing.T) {
	if one := os.Getenv("PLAN"); one != "" {
		kind, number, _ := strings.Cut(one, "/")
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		report := Play(seed, kind, filepath.Join(t.TempDir(), "plan"), true)
		for _, wrong := range report.Wrong {
			t.Error(wrong)
		}
		return
	}
	seeds := uint64(7)
	if n, err := strconv.ParseUint(os.Getenv("PLANS"), 10, 64); err == nil {
		seeds = n
	}
	if testing.Short() {
		seeds = 1
	}
	var all Report
	for _, kind := range strings.Fields(cmp.Or(os.Getenv("KINDS"), strings.Join(Kinds(), " "))) {
		for seed := range seeds {
			all.Add(Play(seed, kind, filepath.Join(t.TempDir(), "plan"), false))
		}
	}
	for _, wrong := range all.Wrong {
		t.Error(wrong)
	}
	t.Logf("%+v", all)
}
