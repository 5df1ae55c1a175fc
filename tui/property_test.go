package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/tui/theme"
	"microspend/usage"
)

// hostileNames are names that try to break out of their cell.
var hostileNames = []string{
	"acme", "\x1b[31mred\x1b[0m", "a\tb", "line\nbreak", "\u202eevil", "宽宽宽宽宽宽宽宽", "👩‍👩‍👧‍👦 family",
	"e\u0301\u0301\u0301\u0301\u0301", "=cmd|' /C calc'!A0",
	strings.Repeat("long", 300), "❤️", "🇩🇪🇫🇷", "👍🏽", "\u200b\u200b", "(unallocated)", "a*", "-", "\u0e33\u0e33",
	"\x7f\u0085", "ｆｕｌｌ", "1", "",
}

// randomRecords makes up usage of the days before evening.
func randomRecords(t *rapid.T) []usage.Record {
	name := rapid.SampledFrom(hostileNames)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) usage.Record {
		start := evening.Add(-time.Duration(rapid.IntRange(0, 60*24).Draw(t, "hours ago")) * time.Hour)
		r := hour(start, name.Draw(t, "tenant"), name.Draw(t, "image"), "mvm-"+name.Draw(t, "microvm"),
			rapid.SampledFrom([]string{"eu-west-1", "us-east-1", "ap-south-1", "mars-north-1"}).Draw(t, "region"),
			rapid.Int64Range(0, 3600).Draw(t, "seconds"))
		scale := rapid.SampledFrom([]int64{1, 1, 1, 1000, 100_000_000}).Draw(t, "scale")
		r.Amounts[pricing.VCPU], r.Amounts[pricing.Memory] = r.Amounts[pricing.VCPU]*scale,
			r.Amounts[pricing.Memory]*scale/1000
		r.Coverage = usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage"))
		return r
	}), 0, 40).Draw(t, "records")
}

// TestNothingBreaksTheFrame presses random keys on random data at random sizes: no frame is wider or higher than the
// terminal, and nothing panics.
func TestNothingBreaksTheFrame(t *testing.T) {
	keys := []string{
		"1", "2", "3", "4", "5", "up", "down", "left", "right", "j", "k", "h", "l", "pgup", "pgdown", "home", "end", "G",
		"tab", "shift+tab",
		"enter", "esc", "x", "w", "/", "s", "S", "b", "g", "t", "T", "[", "]", "r", "p", "e", "?", "a", "0", ">", " ", "backspace",
		"ctrl+l", "ctrl+u", "ctrl+w", "c", "宽",
	}
	exports := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		measured := &records{all: randomRecords(rt)}
		if rapid.Bool().Draw(rt, "damaged") {
			measured.damaged = []ledger.DamagedFile{{
				Path:   "usage/dt=2026-11-01/part-00000.parquet",
				Reason: "\x1b]0;title\x07 it is gone",
			}}
		}
		source := spend.Source{
			Usage: measured, Rates: pricing.EmbeddedCards(),
			Sharing: spend.Sharing{Policy: spend.Policy(rapid.IntRange(0, 2).Draw(rt, "policy"))},
		}
		options := Options{Reader: readerOf(t, source, nil), Now: fixed(evening), StaleAfter: time.Hour, ExportDir: exports}
		options.Reader.BudgetSet = budget.Set{
			Budgets: []budget.Budget{
				{Subject: budget.OfEverything(), Amount: decimal.NewFromInt(100)},
				{Subject: budget.OfTenant(hostileNames[1]), Amount: decimal.New(1, -2)},
			},
		}
		width, height := rapid.IntRange(0, 220).Draw(rt, "width"), rapid.IntRange(0, 70).Draw(rt, "height")
		s := open(t, options, width, height)
		s.m.setTheme(rapid.Bool().Draw(rt, "dark"), theme.Colors(rapid.IntRange(0, 2).Draw(rt, "colors")))
		requireFits(rt, "the first frame", s.frame(), width, height)
		for _, key := range rapid.SliceOfN(rapid.SampledFrom(keys), 0, 25).Draw(rt, "keys") {
			if rapid.IntRange(0, 9).Draw(rt, "resize") == 0 {
				width, height = rapid.IntRange(0, 220).Draw(rt, "width"), rapid.IntRange(0, 70).Draw(rt, "height")
				s.resize(width, height)
			}
			s.press(key)
			requireFits(rt, "after "+key, s.frame(), width, height)
		}
	})
}
