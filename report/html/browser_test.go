package html_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"microspend/internal/browsertest"
	"microspend/internal/ledgertest"
	"microspend/internal/sampleledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/usage"
)

var (
	november = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	noon     = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
)

// demo is the statement of the demo's November, made once, as nobody changes it.
func demo(t testing.TB) statement.Statement {
	t.Helper()
	s, err := demoOnce()
	require.NoError(t, err)
	return s
}

var demoOnce = sync.OnceValues(func() (statement.Statement, error) {
	dir, err := os.MkdirTemp("", "microspend-html")
	if err != nil {
		return statement.Statement{}, err
	}
	defer os.RemoveAll(dir)
	in, err := sampleledger.Demo(dir, noon, 62) // all of the month before, with which changes are compared
	if err != nil {
		return statement.Statement{}, err
	}
	opened := in.Source.Usage.(*parquet.Ledger)
	prices, err := pricing.EmbeddedPrices()
	if err != nil {
		return statement.Statement{}, err
	}
	return statement.Build(context.Background(), in.Source, statement.Request{
		From: november, To: november.AddDate(0, 1, 0), Now: noon, Apart: true, Budgets: in.Budgets,
		AnomalyRule: in.AnomalyRule, Advice: &advise.Inputs{
			Prices: prices, Regions: pricing.EmbeddedCards().Regions(), Records: opened.Records,
		},
	})
})

func rendered(t testing.TB, s statement.Statement, options html.Options) string {
	t.Helper()
	text, err := html.Page(s, options)
	require.NoError(t, err)
	return string(text)
}

// saved writes a page into a file and returns its address.
func saved(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// TestInBrowser looks at the demo's page and at one tenant's in all the ways people do.
func TestInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	whole := demo(t)
	cinder := slices.IndexFunc(whole.Tenants, func(t statement.Tenant) bool { return t.Tenant == "cinder" })
	for name, s := range map[string]statement.Statement{"whole": whole, "tenant": whole.For(cinder)} {
		address := saved(t, rendered(t, s, html.Options{}))
		for _, view := range []browsertest.View{
			{Width: 390, Height: 844},
			{Width: 820, Height: 1180},
			{Width: 1280, Height: 800},
			{Width: 390, Height: 844, Dark: true},
			{Width: 1280, Height: 800, Dark: true},
			{Width: 1280, Height: 800, NoScript: true},
		} {
			kind := fmt.Sprintf("%s-%d-dark=%t-noscript=%t", name, view.Width, view.Dark, view.NoScript)
			t.Run(kind, func(t *testing.T) {
				tab := browser.Open(t, address, view)
				picture := tab.Screenshot(t, kind)
				require.NotEmpty(t, picture)
				require.Empty(t, tab.Errors())
				require.Equal(t, []string{address}, tab.Requests(), "no request leaves the page")
				if view.NoScript {
					return
				}
				require.LessOrEqual(t, tab.Number(t, "document.documentElement.scrollWidth"),
					tab.Number(t, "document.documentElement.clientWidth"),
					"nothing sticks out to the side")
				var bars [][2]float64 // percent in words, and of the bar
				tab.Eval(t, `[...document.querySelectorAll("#budgets .bar")].filter(b => b.getClientRects().length).map(b =>
					[Math.min(parseFloat(b.parentElement.textContent.replace(/^\D+/, "")), 100), 100 * b.firstChild.getBoundingClientRect().width / b.getBoundingClientRect().width])`, &bars)
				require.Equal(t, view.Width > 960, len(bars) > 0, "bars give way to figures at 60rem, as the style sheet says")
				for _, b := range bars {
					require.InDelta(t, b[0], b[1], 2, "a bar is as long as it says")
				}
				require.Equal(t, "Together", tab.Text(t, `document.querySelector("tfoot th").textContent.trim()`))
			})
		}
		t.Run(name+"-printed", func(t *testing.T) {
			tab := browser.Open(t, address, browsertest.View{Width: 1280, Height: 800, Dark: true})
			require.NotEmpty(t, tab.PDF(t, name))
		})
	}
}

// TestNothingIsCutOff measures tables where room is scarce: on a narrow phone and on paper, whose width without margins
// is that of a page in the style sheet. There is nothing to scroll to the side for, so every column that is shown is
// seen, and amounts are always shown.
func TestNothingIsCutOff(t *testing.T) {
	browser := browsertest.Start(t)
	whole := demo(t)
	wide := wideStatement(t)
	for name, s := range map[string]statement.Statement{"whole": whole, "tenant": whole.For(0), "wide": wide} {
		address := saved(t, rendered(t, s, html.Options{}))
		for _, view := range []browsertest.View{
			{Width: 400, Height: 800},
			{Width: 800, Height: 800},
			{Width: 688, Height: 1000, Print: true},
			{Width: 710, Height: 950, Print: true}, // A4, Letter
		} {
			t.Run(fmt.Sprintf("%s-%d", name, view.Width), func(t *testing.T) {
				tab := browser.Open(t, address, view)
				tab.Screenshot(t, fmt.Sprintf("cut-%s-%d", name, view.Width))
				var cut []string
				tab.Eval(t, `[...document.querySelectorAll(".scroll, pre")].filter(e => e.getClientRects().length)
					.filter(e => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > innerWidth)
					.map(e => (e.getAttribute("aria-label") || e.closest("section").id) + ": " + e.scrollWidth + " in " + e.clientWidth)`, &cut)
				require.Empty(t, cut, "no table has to be scrolled to the side")
				var without []string
				tab.Eval(t, `[...document.querySelectorAll("table")].filter(t => [...t.querySelectorAll("thead th")]
					.some(h => /\$/.test(h.textContent)) && ![...t.querySelectorAll("thead th")]
					.some(h => /Amount|Spend|Spent|\$$/.test(h.textContent) && h.getClientRects().length))
					.map(t => t.caption.textContent)`, &without)
				require.Empty(t, without, "a table has its amounts")
			})
		}
	}
}

// wideStatement has amounts of seven digits and names that are long.
func wideStatement(t *testing.T) statement.Statement {
	var records ledgertest.Records
	for day := range 30 {
		for i, tenant := range []string{"acme", strings.Repeat("a-tenant-with-a-name-", 4), "initech"} {
			records = append(records, usage.Record{
				PeriodStart: november.AddDate(0, 0, day), PeriodSeconds: 3600, Region: "ap-northeast-1",
				Resource: usage.Resource{ID: "microvm-0123456789abcdef0123456789abcdef"}, Image: strings.Repeat("image-", 10),
				Tenant: tenant, Source: "test", Coverage: usage.CoverageComplete,
				Amounts: usage.Amounts{
					pricing.VCPU: int64(4_000_000_000_123) * int64(i+1), pricing.Memory: 9_000_000_000_007 * 1024,
					pricing.SnapshotRead: 900_000 << 30, pricing.SnapshotWrite: 800_000 << 30,
					pricing.SnapshotStorage: 99_000 << 30 * 3600, usage.Running: 1_000_000_000, usage.Launches: 12_345_678,
				},
			})
		}
	}
	s, err := statement.Build(t.Context(), spend.Source{Usage: records, Rates: pricing.EmbeddedCards()}, statement.Request{
		From: november, To: november.AddDate(0, 1, 0), Now: november.AddDate(0, 1, 0),
	})
	require.NoError(t, err)
	return s
}

// TestSorting sorts by click and by keyboard.
func TestSorting(t *testing.T) {
	browser := browsertest.Start(t)
	tab := browser.Open(t, saved(t, rendered(t, demo(t), html.Options{})), browsertest.View{Width: 1280, Height: 800})
	names := func() []string {
		var out []string
		tab.Eval(t, `[...document.querySelectorAll("#tenants tbody tr:not([hidden]) th")].map(c => c.textContent)`, &out)
		return out
	}
	sorted := func(column int) string {
		return tab.Text(t, fmt.Sprintf(`document.querySelectorAll("#tenants thead th")[%d].getAttribute("aria-sort") || ""`,
			column))
	}
	head := func(column int) string { return fmt.Sprintf("#tenants thead th:nth-child(%d) button", column+1) }

	before := names()
	require.Len(t, before, 42)
	require.Equal(t, "descending", sorted(2), "the page comes sorted by amount")
	require.False(t, slices.IsSorted(before))

	tab.Click(t, head(0))
	byName := names()
	require.Equal(t, "ascending", sorted(0))
	require.Empty(t, sorted(2), "one column at a time")
	require.Equal(t, "acme", byName[2], "after (shared) and (unallocated)")
	require.ElementsMatch(t, before, byName, "no row is lost")

	tab.Press(t, head(2), kb.Enter)
	require.Equal(t, "descending", sorted(2))
	require.Equal(t, before[:35], names()[:35])
	tab.Press(t, head(2), " ")
	require.Equal(t, "ascending", sorted(2))
	require.Equal(t, "dormouse", names()[0])

	tab.Click(t, head(4))
	require.Equal(t, "cinder", names()[0], "the largest change, where a minus is a minus sign")

	tab.Type(t, ".find input", "CIN")
	require.Equal(t, []string{"cinder"}, names())
	require.Empty(t, tab.Errors())
}

// TestAccessible asks for what a screen reader needs: names for everything that can be reached, headings in order,
// tables with captions and headings, charts in words.
func TestAccessible(t *testing.T) {
	browser := browsertest.Start(t)
	tab := browser.Open(t, saved(t, rendered(t, demo(t), html.Options{})), browsertest.View{Width: 1280, Height: 800})
	roles := map[string]int{}
	for _, node := range tab.Accessible(t) {
		roles[node.Role]++
		switch node.Role {
		case "link", "button", "region", "image", "img", "table", "heading", "searchbox", "navigation", "columnheader",
			"rowheader":
			require.NotEmpty(t, node.Name, "a %s needs a name", node.Role)
		}
	}
	for _, role := range []string{
		"main", "banner", "contentinfo", "navigation", "table", "columnheader", "rowheader",
		"region", "searchbox", "button",
	} {
		require.Positive(t, roles[role], role)
	}
	var levels []int
	tab.Eval(t, `[...document.querySelectorAll("h1,h2,h3,h4")].map(h => +h.tagName[1])`, &levels)
	for i := range levels[1:] {
		if levels[i] != 2 || levels[i+1] != 4 { // "What it rests on" has no third level
			require.LessOrEqual(t, levels[i+1], levels[i]+1, "heading %d", i+1)
		}
	}
	require.Zero(t, tab.Number(t,
		`document.querySelectorAll("table:not(:has(caption)), th:not([scope]), svg:not([aria-hidden]):not([role])").length`))
	require.Zero(t, tab.Number(t,
		`[...document.querySelectorAll("[id]")].length - new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size`), "ids are unique")
	require.Zero(t, tab.Number(t,
		`[...document.querySelectorAll("a[href^='#']")].filter(a => !document.getElementById(a.getAttribute("href").slice(1))).length`), "links lead somewhere")
	require.Equal(t, "en", tab.Text(t, "document.documentElement.lang"))
	require.Contains(t, tab.Text(t, `document.querySelector("figcaption").textContent`),
		"The highest day was Thursday 19 November")
	require.NotEmpty(t, strings.TrimSpace(tab.Text(t, `document.querySelector(".chart desc").textContent`)))
}

// contrast is the worst contrast of text against what it stands on, over all elements with text of their own.
const contrast = `(() => {
  const lum = (c) => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
  const rgba = (s) => (s.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  let worst = [99, ""];
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg") || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
    let back = e, ground = [255, 255, 255];
    for (; back; back = back.parentElement) { const c = rgba(getComputedStyle(back).backgroundColor); if (c.length < 4 || c[3] > 0) { ground = c.slice(0, 3); break } }
    const a = lum(rgba(getComputedStyle(e).color).slice(0, 3)), b = lum(ground);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
  }
  return worst.join(" ");
})()`

func TestContrast(t *testing.T) {
	browser := browsertest.Start(t)
	address := saved(t, rendered(t, demo(t), html.Options{}))
	for _, dark := range []bool{false, true} {
		tab := browser.Open(t, address, browsertest.View{Width: 1280, Height: 800, Dark: dark})
		text := tab.Text(t, contrast)
		var ratio float64
		_, err := fmt.Sscan(text, &ratio)
		require.NoError(t, err)
		require.GreaterOrEqual(t, ratio, 4.5, "WCAG AA, dark %t: %s", dark, text)
	}
}
