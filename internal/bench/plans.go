package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"microspend/internal/collectplans"
)

// plansFigures plays random plans of runs, faults and kills against the collector: MICROSPEND_PLANS of them, of the
// sources in MICROSPEND_PLANS_OF.
func plansFigures(show func(figure)) error {
	plans, kinds := 1_000, collectplans.Kinds()
	if text := os.Getenv("MICROSPEND_PLANS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("MICROSPEND_PLANS: %q is not a number of plans", text)
		}
		plans = n
	}
	if text := os.Getenv("MICROSPEND_PLANS_OF"); text != "" {
		kinds = strings.Fields(text)
	}
	began := time.Now()
	all, err := collectplans.PlayAll(plans, 2, kinds, func(r collectplans.Report) {
		for _, wrong := range r.Wrong {
			fmt.Fprintln(os.Stderr, wrong)
		}
	})
	if err != nil {
		return err
	}
	count := func(name string, n int, promised string) { show(figure{name, strconv.Itoa(n), promised, ""}) }
	show(figure{"random plans", strconv.Itoa(all.Plans), "", "in " + time.Since(began).Round(time.Second).String()})
	count("  runs", all.Runs, "")
	count("  of them killed", all.Killed, "")
	count("  of them interrupted", all.Interrupted, "")
	count("  calls", all.Calls, "")
	count("  faults", all.Faults, "")
	count("  records compared", all.Records, "")
	count("  periods that are missing or partial, and named", all.Excused, "")
	count("  wrong", len(all.Wrong), "0")
	if n := len(all.Wrong); n > 0 {
		return fmt.Errorf("%d things are wrong; PLAN=<source>/<seed> go test ./internal/collectplans plays a plan again", n)
	}
	return nil
}
