package collectplans

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestPlans plays a few plans of each kind; go run ./internal/bench plans plays many more. PLAN=cloudwatch/17 plays one
// and prints what happens.
func TestPlans(t *testing.T) {
	if one := os.Getenv("PLAN"); one != "" {
		kind, number, _ := strings.Cut(one, "/")
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range Play(seed, kind, t.TempDir(), true).Wrong {
			t.Error(wrong)
		}
		return
	}
	plans := 21
	if testing.Short() {
		plans = 3
	}
	all, err := PlayAll(plans, 2, Kinds(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range all.Wrong {
		t.Error(wrong)
	}
	if all.Records == 0 || all.Killed == 0 && plans > 3 {
		t.Errorf("the plans try nothing: %+v", all)
	}
	t.Logf("%+v", all)
}
