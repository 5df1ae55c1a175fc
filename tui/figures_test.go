package tui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/usage"
)

// cut is a figure that lost its end, or that touches another one. No name of the data that is looked at has a digit.
var cut = regexp.MustCompile(`[0-9]…|\.[0-9]+[+$≥≤]|\.[0-9]+\.[0-9]|,[0-9]{3}[0-9]|%[0-9]|[0-9]\$|[0-9]#|#[0-9]`)

// TestFiguresAreNeverCut draws every view at sizes from the least to the largest, of sums of cents, of billions, of
// usage without a rate and of usage measured in part: no figure is cut, none touches another, the head is there, and
// help and quit are named.
func TestFiguresAreNeverCut(t *testing.T) {
	for name, measured := range map[string]func(hour int) (region string, scale int64, covered usage.Coverage){
		"cents":  func(int) (string, int64, usage.Coverage) { return "eu-west-1", 1, usage.CoverageComplete },
		"huge":   func(int) (string, int64, usage.Coverage) { return "eu-west-1", 2_000_000_000, usage.CoverageComplete },
		"partly": func(int) (string, int64, usage.Coverage) { return "eu-west-1", 300_000_000, usage.CoveragePartial },
		"unknown": func(hour int) (string, int64, usage.Coverage) {
			return []string{"eu-west-1", "mars-north"}[hour%2], 40_000_000, usage.CoverageComplete
		},
		"growing": func(hour int) (string, int64, usage.Coverage) {
			return "eu-west-1", 1 + int64(1500-hour)*1000, usage.CoverageComplete
		},
	} {
		var all []usage.Record
		for i := range 60 * 24 / 5 {
			region, scale, covered := measured(i * 5)
			for _, tenant := range []string{"acme", "a-tenant-with-a-long-name-of-many-words", "\u202e宽宽宽"} {
				r := hour(
					evening.Add(-time.Duration(i*5+2)*time.Hour).Truncate(time.Hour),
					tenant,
					"base",
					"mvm-"+tenant,
					region,
					3600,
				)
				r.Amounts[pricing.VCPU], r.Amounts[pricing.Memory] = r.Amounts[pricing.VCPU]*scale, r.Amounts[pricing.Memory]*scale
				r.Coverage = covered
				all = append(all, r)
			}
		}
		options := over(t, &records{all: all}, nil)
		options.Reader.Source.Sharing = spend.Sharing{}
		options.Reader.BudgetSet = budget.Set{Budgets: []budget.Budget{
			{Subject: budget.OfEverything(), Amount: decimal.NewFromInt(123_456_789_012)},
			{Subject: budget.OfTenant("acme"), Amount: decimal.New(1, -2)},
		}}
		s := open(t, options, 240, 70)
		for _, keys := range []string{"1", "2", "2 right right right", "2 w", "2 x", "3", "4", "5", "5 b"} {
			s.reset()
			s.press(strings.Fields(keys)...)
			for _, size := range [][2]int{{20, 5}, {40, 10}, {52, 14}, {80, 24}, {100, 30}, {120, 40}, {200, 60}, {240, 70}} {
				s.resize(size[0], size[1])
				frame := s.frame()
				what := fmt.Sprintf("%s, %s at %v", name, keys, size)
				requireFits(t, what, frame, size[0], size[1])
				for line := range strings.Lines(ansi.Strip(frame)) {
					assert.NotRegexp(t, cut, line, what)
				}
				if size[0] >= leastWidth {
					require.Contains(t, s.foot(), "? help  q quit", what)
					require.Contains(t, strings.SplitN(ansi.Strip(frame), "\n", 2)[0], fmt.Sprint(s.m.view+1), what)
				}
			}
		}
	}
}
