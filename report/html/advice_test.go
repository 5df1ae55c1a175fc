package html_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/sampleledger"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/usage"
)

// toMove is November's statement of two tenants in eu-west-1, one with an hour of 1,000 vCPUs and 2,000 GB on ARM64, the
// other with two. Moving them saves 3,600,000 × (0.0000295444 − 0.0000276944) = $6.66 an hour on vCPUs, and nothing on
// memory: $19.98. There are no prices of EC2 and Fargate, so
// that nothing else saves.
func toMove(t *testing.T, change func(*advise.Inputs)) statement.Statement {
	t.Helper()
	var records []usage.Record
	for n, name := range []string{`<script>alert(1)</script>`, "\x1b[31m\u202eevil", "\x1b[31m\u202eevil"} {
		records = append(records, usage.Record{
			PeriodStart: november.Add([]time.Duration{0, 718, 719}[n] * time.Hour), PeriodSeconds: 3600, Region: "eu-west-1",
			Resource: usage.Resource{ID: name}, Image: `"><img src=x>`, Arch: usage.ArchARM64, Tenant: name, Source: "test",
			Coverage: usage.CoverageComplete, Amounts: usage.Amounts{
				pricing.VCPU: 3_600_000 * 1000, pricing.Memory: 3_600_000 * 2000 * 1024, usage.Running: 3_600_000,
			},
		})
	}
	measured, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) { yield(records) })
	require.NoError(t, err)
	in := &advise.Inputs{
		Regions: []string{"eu-west-1", "us-east-1"}, Records: measured.Records, Info: measured.Info,
	}
	if change != nil {
		change(in)
	}
	december := november.AddDate(0, 1, 0)
	s, err := statement.Build(t.Context(), spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, statement.Request{
		From: november, To: december, Now: december, Apart: true, Advice: in,
	})
	require.NoError(t, err)
	return s
}

func TestWhatToChange(t *testing.T) {
	s := toMove(t, nil)
	whole := rendered(t, s, html.Options{})
	require.Contains(t, whole, `<a href="#advice">What to change</a>`)
	require.Contains(t, whole, `<h3>Region: 2 tenants in eu-west-1 <b>$19.98 <small>a month</small></b></h3>`)
	require.Contains(t, whole, `<li>eu-west-1 → us-east-1</li>`)
	require.Contains(t, whole, "<dt>How</dt><dd>Create the image in us-east-1 and call RunMicrovm there.</dd>")
	require.Contains(t, whole, "<dt>Risk</dt><dd>Latency to users and data")
	require.Contains(t, whole, "Together they save $19.98 of $")
	require.Contains(t, whole, "(1 of 1).</p>")
	require.Contains(t, whole, "Dollars a month of 30 days, from usage of November 2026.")
	require.Contains(t, whole, "<dt>"+s.Advice.Found.MonthNote().ID+"</dt>", "what it rests on")
	for i := range s.Tenants {
		of := s.For(i)
		require.Nil(t, of.Advice)
		alone := rendered(t, of, html.Options{})
		require.NotContains(t, alone, "What to change", "a tenant's page tells nothing of the fleet")
		require.NotContains(t, alone, s.Advice.Found.MonthNote().ID)
	}
	s.Advice = nil
	require.NotContains(t, rendered(t, s, html.Options{}), "What to change")
}

// With a tenant's part of the move dismissed, what is left is about one tenant, whose name others have chosen.
func TestAdviceOnHostileNames(t *testing.T) {
	parts := toMove(t, nil).Advice.Top[0].Parts
	require.Len(t, parts, 2)
	for i, want := range []string{
		"<h3>Region: &lt;script&gt;alert(1)&lt;/script&gt; in eu-west-1 <b>$6.66 ", `evil in eu-west-1 <b>$13.32 `,
	} {
		s := toMove(t, func(in *advise.Inputs) {
			in.Dismissed = func(context.Context) (advise.Dismissals, error) {
				return advise.Dismissals{parts[i].ID: {ID: parts[i].ID, Saving: parts[i].Saving}}, nil
			}
		})
		text := rendered(t, s, html.Options{})
		_, section, _ := strings.Cut(text, `<section id="advice"`)
		section, _, _ = strings.Cut(section, "</section>")
		require.Contains(t, section, want)
		require.Equal(t, 1, strings.Count(section, "<h3>"), "what is dismissed is not shown")
		require.Equal(t, 1, strings.Count(text, "<script"), "the page's own")
		require.NotContains(t, text, "<img")
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\u202e")
	}
}

func TestAdviceThatIsNotThere(t *testing.T) {
	many := toMove(t, func(in *advise.Inputs) {
		in.Info = func(context.Context) (ledger.Info, error) {
			return ledger.Info{Days: []ledger.DayInfo{{Day: november, Rows: 250_001}}}, nil
		}
	})
	require.Contains(t, rendered(t, many, html.Options{}), "<p>This period has 250,001 records. A report looks for advice in "+
		"no more than 250,000; microspend advise does in any number.</p>")
	failed := toMove(t, func(in *advise.Inputs) {
		in.Dismissed = func(context.Context) (advise.Dismissals, error) { return nil, errors.New("s3://secret: denied") }
	})
	text := rendered(t, failed, html.Options{})
	require.Contains(t, text, "What to change could not be worked out; microspend advise says why.")
	require.NotContains(t, text, "secret")
	nothing := toMove(t, func(in *advise.Inputs) { in.Regions = []string{"eu-west-1"} })
	require.Nil(t, nothing.Advice)
	require.NotContains(t, rendered(t, nothing, html.Options{}), "What to change")
}
