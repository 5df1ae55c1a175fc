package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	stdhtml "html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/internal/sampleledger"
	"microspend/pricing"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/spend/tenants"
	"microspend/usage"
)

var october = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// TestSize is the promise: 500 tenants over 31 days in less than 300,000 bytes.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("a ledger of 372,000 records takes long")
	}
	source, err := sampleledger.Fleet{Tenants: 500, Days: 31, Start: october}.Source(t.TempDir())
	require.NoError(t, err)
	s, err := statement.Build(t.Context(), source, statement.Request{
		From: october, To: october.AddDate(0, 1, 0),
		Now: noon, Detailed: 20,
	})
	require.NoError(t, err)
	text := rendered(t, s, html.Options{})
	require.Less(t, len(text), 300_000)
	require.Equal(t, 500, strings.Count(text, "<tr><th scope=row><a href=#t"), "a row for each tenant")
	require.Equal(t, 500, strings.Count(text, "<pre"), "the days of each")
	require.Equal(t, 500, len(regexp.MustCompile(`(?:<section class="t" id="|<div id=)t\d+`).FindAllString(text, -1)),
		"a section for each")
	t.Logf("%d bytes", len(text))

	// The same with the widest figures: every day and hour different, hundreds of dollars a day.
	dear := s
	dear.Tenants = append([]statement.Tenant{}, s.Tenants...)
	for i := range dear.Tenants {
		days := append([]statement.Day{}, dear.Tenants[i].Days...)
		for n := range days {
			days[n].Amount = decimal.New(int64(10_000+(i*7919+n*104_729)%89_999), -2)
		}
		dear.Tenants[i].Days = days
	}
	require.Less(t, len(rendered(t, dear, html.Options{})), 300_000)
}

// TestPolicy checks that what the policy names is what the page has, and that nothing else could run.
func TestPolicy(t *testing.T) {
	text := rendered(t, demo(t), html.Options{})
	policy := stdhtml.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]+)"`).FindStringSubmatch(text)[1])
	require.Equal(t, html.Policy(), policy)
	require.True(t, strings.HasPrefix(policy, "default-src 'none'; "))
	for _, element := range []string{"style", "script"} {
		bodies := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(text, -1)
		require.Len(t, bodies, 1)
		sum := sha256.Sum256([]byte(bodies[0][1]))
		require.Contains(t, policy, element+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	require.Less(t, strings.Index(text, "Content-Security-Policy"), strings.Index(text, "<style"),
		"a policy counts from where it stands")
	require.NotRegexp(t, `(?i)\s(on[a-z]+|style|src|srcset|action|formaction|ping)\s*=|javascript:|data:|<(iframe|object|embed|link|base|form|img)`, stripped(text))
	for _, address := range regexp.MustCompile(`(?:href|xlink:href)="?([^" >]+)`).FindAllStringSubmatch(text, -1) {
		require.True(t, strings.HasPrefix(address[1], "#"), address[1])
	}
}

// stripped is the markup without the style sheet and the script.
func stripped(text string) string {
	return regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(text, "")
}

// TestHostileNames puts what others can choose into every place, and asks that none of it becomes markup.
func TestHostileNames(t *testing.T) {
	hostile := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'onmouseover='alert(1)`, `javascript:alert(1)`,
		`</title><script>`,
		"\x1b[31mred\r\n\u202eevil", `{{.}}`, `]]>`, `--></style>`, strings.Repeat("W", 200), "=cmd|' /C calc'!A0",
	}
	measured, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) {
		var batch []usage.Record
		for i, name := range hostile {
			batch = append(batch, usage.Record{
				PeriodStart: october.Add(time.Duration(i) * time.Hour), PeriodSeconds: 3600, Region: "us-east-1",
				Resource: usage.Resource{ID: name}, Image: name,
				Tenant: name, Source: name, Coverage: usage.CoverageComplete,
				Amounts: usage.Amounts{pricing.VCPU: int64(i+1) << 40, pricing.Memory: 1 << 40, usage.Running: 1000},
			})
		}
		yield(batch)
	})
	require.NoError(t, err)
	source := spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}
	var budgets budget.Set
	for _, name := range hostile {
		budgets.Budgets = append(budgets.Budgets,
			budget.Budget{Subject: budget.OfTenant(name), Amount: decimal.NewFromInt(1)})
	}
	s, err := statement.Build(t.Context(), source, statement.Request{
		From: october, To: october.AddDate(0, 1, 0),
		Now: noon, Apart: true, Budgets: budgets,
	})
	require.NoError(t, err)
	whole := rendered(t, s, html.Options{
		TenantURL: func(name string) string { return "/?tenant=" + name },
		Nav:       []html.Link{{URL: `javascript:alert(1)`, Text: hostile[0]}},
	})
	pages := []string{whole}
	for i := range s.Tenants {
		pages = append(pages, rendered(t, s.For(i), html.Options{}))
	}
	for _, text := range pages {
		require.Equal(t, 1, strings.Count(text, "<script"), "the page's own")
		require.NotRegexp(t, `<(img|title>[^<]*<script)`, text)
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\u202e")
		require.NotContains(t, text, `href="javascript:`)
		require.Less(t, strings.Index(text, "</title>"), strings.Index(text, "<style>"), "the title ends where it should")
	}
	require.Contains(t, whole, `&lt;script&gt;alert(1)&lt;/script&gt;`)
}

// TestPerTenantHasNobodyElsesData compares each page with the one made of a ledger that never had anybody else in it:
// they are the same to the byte.
func TestPerTenantHasNobodyElsesData(t *testing.T) {
	fleet := sampleledger.Fleet{Tenants: 6, Days: 40, Start: october}
	source, err := fleet.Source(t.TempDir())
	require.NoError(t, err)
	request := statement.Request{From: october, To: october.AddDate(0, 1, 0), Now: october.AddDate(0, 0, 40), Apart: true}
	all, err := statement.Build(t.Context(), source, request)
	require.NoError(t, err)
	pages := map[string]string{}
	written, err := html.PerTenant(all, func(name string, render func(io.Writer) error) error {
		var out bytes.Buffer
		defer func() { pages[name] = out.String() }()
		return render(&out)
	})
	require.NoError(t, err)
	require.Equal(t, 6, written)
	for i := range 6 {
		name := fmt.Sprintf("tenant-%04d", i)
		alone, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) {
			for batch := range fleet.Batches() {
				var own []usage.Record
				for _, r := range batch {
					if r.Tenant == name {
						own = append(own, r)
					}
				}
				if !yield(own) {
					return
				}
			}
		})
		require.NoError(t, err)
		own := source
		own.Usage = alone
		request.Tenants = []tenants.Pattern{tenants.Exactly(name)}
		s, err := statement.Build(t.Context(), own, request)
		require.NoError(t, err)
		require.Equal(t, rendered(t, s, html.Options{}), pages[name+".html"])
		for other := range 6 {
			if other != i {
				require.NotContains(t, pages[name+".html"], fmt.Sprintf("tenant-%04d", other))
			}
		}
	}
}

func TestFileName(t *testing.T) {
	require.Equal(t, "acme.html", html.FileName("acme"), "a plain name is its own file")
	for _, tc := range []struct{ tenant, want, reason string }{
		{"Acme", "acme-", "case alone does not tell files apart everywhere"},
		{"../x", "x-", "no way out of the folder"},
		{"..", "tenant-", "nothing is left of it"},
		{"a/b", "a-b-", "no folders"},
		{"CON", "con-", "a device of Windows"},
		{"con", "con-", "likewise"},
		{"index", "index-", "the name of an index"},
		{"日本", "tenant-", "letters that some archives cannot hold"},
		{strings.Repeat("x", 300), strings.Repeat("x", 60) + "-", "a name longer than file systems take"},
		{"acme-9c75b6df13a3", "acme-9c75b6df13a3-", "made to take the file of another"},
		{"-x", "x-", "no option of a command"},
		{".htaccess", "htaccess-", "no hidden file"},
		{"a\x00b", "a-b-", "no end in the middle"},
	} {
		require.Regexp(t, `^`+tc.want+`[0-9a-f]{12}\.html$`, html.FileName(tc.tenant), tc.reason)
	}
	form := regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,75}\.html$`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		require.Regexp(t, form, html.FileName(a))
		if a != b {
			require.NotEqual(t, html.FileName(a), html.FileName(b))
		}
	})
}

func TestUnknownAndNothing(t *testing.T) {
	s, err := statement.Build(t.Context(), spend.Source{Usage: ledgertest.Records{}, Rates: pricing.EmbeddedCards()},
		statement.Request{From: october, To: october.AddDate(0, 1, 0), Now: noon})
	require.NoError(t, err)
	text := rendered(t, s, html.Options{})
	require.Contains(t, text, `<p class="sum">–</p>`, "what was not measured is not zero")
	require.Contains(t, text, "The change is not known: no data.")
	require.Contains(t, text, "The ledger has nothing for this period.")
	require.Contains(t, text, "The ledger has nothing for 31 days of this period that are over.")
	require.Contains(t, text, "Nothing was used.")

	mars, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) {
		yield([]usage.Record{{
			PeriodStart: october, PeriodSeconds: 3600, Region: "mars-north-1", Resource: usage.Resource{ID: "mvm-1"},
			Tenant: "acme", Source: "test",
			Amounts: usage.Amounts{pricing.VCPU: 1000}, Coverage: usage.CoveragePartial,
		}})
	})
	require.NoError(t, err)
	s, err = statement.Build(t.Context(), spend.Source{Usage: mars, Rates: pricing.EmbeddedCards()},
		statement.Request{From: october, To: october.AddDate(0, 1, 0), Now: noon})
	require.NoError(t, err)
	text = rendered(t, s, html.Options{})
	require.Contains(t, text, `<p class="sum">unknown</p>`)
	require.Contains(t, text, "The vCPU rate of mars-north-1 is not known")
	require.Contains(t, text, "0.0\u00a0%", "no coverage")
}

func BenchmarkPage(b *testing.B) {
	source, err := sampleledger.Fleet{Tenants: 500, Days: 31, Start: october}.Source(b.TempDir())
	require.NoError(b, err)
	request := statement.Request{From: october, To: october.AddDate(0, 1, 0), Now: noon, Detailed: 20}
	s, err := statement.Build(b.Context(), source, request)
	require.NoError(b, err)
	b.Run("HTML", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, html.Write(io.Discard, s, html.Options{}))
		}
	})
	b.Run("LedgerToHTML", func(b *testing.B) {
		for b.Loop() {
			s, err := statement.Build(b.Context(), source, request)
			require.NoError(b, err)
			require.NoError(b, html.Write(io.Discard, s, html.Options{}))
		}
	})
}
