package prices

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/cardstore"
	"microspend/internal/fakepricelist"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

func statuses(result Result) map[string]Status {
	all := map[string]Status{}
	for _, o := range result.Outcomes {
		all[o.Region+" "+o.Service] = o.Status
	}
	return all
}

// TestUpdateFillsTheStore takes everything from a server, by figures typed from the list.
func TestUpdateFillsTheStore(t *testing.T) {
	list := fakepricelist.Standard("us-east-1", "us-west-2", "eu-west-3")
	list.Product("AWSLambda", "us-west-2", "VCPU").Tiers[0].Price = "0.0000280000"
	server := fakepricelist.Serve(t, list)
	s := store{t.TempDir()}
	result := s.run(t, web(t, server.URL), Request{})
	require.NoError(t, result.Stopped)
	got := statuses(result)
	for place, want := range map[string]Status{
		"us-west-2 microvm": Updated, "eu-west-3 ec2": Updated, "eu-west-3 fargate": Updated, "eu-west-3 ebs": Updated,
		"us-east-1 microvm": Unchanged, "us-east-1 ec2": Updated, "us-east-1 lightsail": Unchanged,
		"eu-west-3 microvm": Updated, "eu-west-1 microvm": NotListed,
	} {
		require.Equal(t, want, got[place], place)
	}
	for _, tc := range []struct {
		region, table, want, reason string
		at                          []string
	}{
		{"us-west-2", "ec2", "0.0336", "an instance", []string{"hourly", "us-west-2", "t4g.medium"}},
		{"us-west-2", "ec2", "0.09576", "a flex type of x86", []string{"hourly", "us-west-2", "m7i-flex.large"}},
		{"us-west-2", "ec2", "unknown", "no machine for a MicroVM's work", []string{"hourly", "us-west-2", "p5.48xlarge"}},
		{"us-west-2", "ec2", "0.08", "a volume", []string{"ebs_gb_month", "us-west-2"}},
		{"us-west-2", "fargate", "0.04048", "x86 is neither ARM's nor Windows'", []string{"vcpu_hour", "x86", "us-west-2"}},
		{"us-west-2", "function", "0.0000133334", "the first tier", []string{"gb_second", "arm64", "us-west-2"}},
		{"us-west-2", "function", "0.2", "0.0000002 × 1,000,000", []string{"million_requests", "us-west-2"}},
		{"us-west-2", "lightsail", "7", "0.0094086020 × 744 = 6.999999888, and the month is a multiple of 0.5", []string{"with_ipv4", "1GB", "us-west-2"}},
		{"us-west-2", "lightsail", "12", "Linux, not Windows", []string{"with_ipv4", "2GB", "us-west-2"}},
		{"us-west-2", "cloudwatch", "0.01", "0.00001 × 1,000", []string{"thousand_metrics_requested"}},
		{"us-west-2", "ec2", "0.005", "an address", []string{"public_ipv4_hour", "us-west-2"}},
	} {
		require.Equal(t, tc.want, s.listed(t, tc.region, tc.table, tc.at...), tc.reason)
	}
	// AWS's day on which the price took effect is after the day of the card built in.
	require.Equal(t, "0.0000276944", s.rate(t, "us-west-2", "2026-10-31"))
	require.Equal(t, "0.000028", s.rate(t, "us-west-2", "2026-11-01"))
	card, err := s.cards().Card("eu-west-3")
	require.NoError(t, err, "a region without a card gets one")
	require.Equal(t, "0.0000326557", card.For(pricing.ArchX86).Rate(pricing.VCPU).Figure.String(), "each architecture its own")
	require.Equal(t, "AWS Price List 20261120010101, group AWS-Lambda-MicroVM-vCPU-Second-ARM", card.Rate(pricing.VCPU).Source)
	find, err := s.prices(t).Table("us-west-2", "ec2")
	require.NoError(t, err)
	price, _ := find([]string{"hourly", "us-west-2", "m8g.large"})
	require.Equal(t, "AWS Price List 20261120010101, SKU M8GLARGE", price.Source)
	require.Equal(t, "2026-11-20", price.ReadOn)
	card, err = s.cards().Card("us-east-1")
	require.NoError(t, err)
	require.Equal(t, "2026-11-20", card.ReadOn().String(), "the same figures, read again")
	measuring, err := s.prices(t).Measuring("us-west-2")
	require.NoError(t, err)
	require.Empty(t, measuring.LogIngestGB.Assumption, "what a source gives is no assumption")

	// A second update has nothing to do, and asks for no file that it has.
	before, sent := s.files(t), server.Sent("/current/us-west-2/index.json")
	result = s.run(t, web(t, server.URL), Request{})
	require.Equal(t, NotModified, statuses(result)["us-west-2 ec2"])
	require.Equal(t, before, s.files(t))
	require.Equal(t, sent, server.Sent("/current/us-west-2/index.json"))

	// A file that is gone from the store is read again.
	require.NoError(t, os.Remove(filepath.Join(s.dir, "us-west-2@2026-11-01.yaml")))
	result = s.run(t, web(t, server.URL), Request{Regions: []string{"us-west-2"}})
	require.Equal(t, Updated, statuses(result)["us-west-2 microvm"])
	require.Equal(t, before, s.files(t))
}

// TestUpdateRefusesWhatDoesNotAddUp leaves everything of the region as it was, whichever of its prices is at fault.
func TestUpdateRefusesWhatDoesNotAddUp(t *testing.T) {
	for _, tc := range []struct {
		name, offer, sku, want string
		change                 func(*fakepricelist.Product)
	}{
		{
			"unit", "AmazonEC2", "T4GMEDIUM", "priced per \"Seconds\" where Hr or Hour is expected",
			func(p *fakepricelist.Product) { p.Tiers[0].Unit = "Seconds" },
		},
		{
			"unit of a rate", "AWSLambda", "MEMORY", "priced per \"GB-Hours\" where GB-Seconds is expected",
			func(p *fakepricelist.Product) { p.Tiers[0].Unit = "GB-Hours" },
		},
		{
			"currency", "AmazonECS", "FGB", "no price in USD (currencies given: \"CNY\")",
			func(p *fakepricelist.Product) { p.Currency = "CNY" },
		},
		{
			"gap between tiers", "AWSLambda", "GBSARM", "its tiers are out of order: one begins at 8000000000, where 7500000000",
			func(p *fakepricelist.Product) { p.Tiers[1].Begin = "8000000000" },
		},
		{
			"no last tier", "AmazonCloudWatch", "METRIC", "its tiers are out of order: the tier from 10000 ends at \"250000\"",
			func(p *fakepricelist.Product) { p.Tiers[1].End = "250000" },
		},
		{
			"tiers that were one", "AmazonVPC", "IPV4", "it has 2 prices (tiers), where one is expected",
			func(p *fakepricelist.Product) {
				p.Tiers = []fakepricelist.Tier{{Begin: "0", End: "10", Unit: "Hrs", Price: "0.005"}, {Begin: "10", End: "Inf", Unit: "Hrs", Price: "0.004"}}
			},
		},
		{"zero", "AmazonEC2", "GP3", "its price is zero", func(p *fakepricelist.Product) { p.Tiers[0].Price = "0.0000000000" }},
		{"exponent", "AmazonEC2", "GP3", "not a plain decimal number", func(p *fakepricelist.Product) { p.Tiers[0].Price = "8E-2" }},
		{
			"jump", "AmazonEC2", "T4GMEDIUM", "goes from $0.0336 to $0.1009, more than 3 times",
			func(p *fakepricelist.Product) { p.Tiers[0].Price = "0.1009" },
		},
		{"jump of a rate", "AWSLambda", "VCPUX86", "more than 3 times", func(p *fakepricelist.Product) { p.Tiers[0].Price = "0.0000100000" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list := fakepricelist.Standard("us-east-1")
			folder := t.TempDir()
			s := store{t.TempDir()}
			require.NoError(t, list.WriteTo(folder))
			s.run(t, Folder(folder), Request{})
			before := s.files(t)
			list.Version = "20261125010101"
			tc.change(list.Product(tc.offer, "us-east-1", tc.sku))
			list.Product("AWSLambda", "us-east-1", "READ").Tiers[0].Price = "0.0016000000" // right, but of the same region
			require.NoError(t, list.WriteTo(folder))
			result := s.run(t, Folder(folder), Request{})
			require.True(t, result.Any(Refused))
			var reasons []string
			for _, o := range result.Outcomes {
				if o.Err != nil {
					reasons = append(reasons, o.Err.Error())
				}
			}
			require.Len(t, reasons, 1)
			require.Contains(t, reasons[0], tc.want)
			require.Empty(t, result.Files)
			require.Equal(t, before, s.files(t), "all of a region or nothing")
			accepted := s.run(t, Folder(folder), Request{Accept: true})
			require.Equal(t, !strings.HasPrefix(tc.name, "jump"), accepted.Any(Refused), "only a jump can be accepted")
		})
	}
}

// Exactly threefold is taken: the limit is more than that.
func TestThreefoldIsNoJump(t *testing.T) {
	list := fakepricelist.Standard("us-east-1")
	list.Product("AmazonEC2", "us-east-1", "T4GMEDIUM").Tiers[0].Price = "0.1008"
	folder, s := t.TempDir(), store{t.TempDir()}
	require.NoError(t, list.WriteTo(folder))
	require.False(t, s.run(t, Folder(folder), Request{}).Any(Refused))
	require.Equal(t, "0.1008", s.listed(t, "us-east-1", "ec2", "hourly", "us-east-1", "t4g.medium"))
}

// TestHistoryGivesPastDaysTheirRates walks the versions, keeps those that changed something, and does not walk them
// twice.
func TestHistoryGivesPastDaysTheirRates(t *testing.T) {
	at := func(vcpu string) map[string][]fakepricelist.Product {
		products := fakepricelist.MicroVMs("us-east-1")
		products[0].Tiers[0].Price = vcpu
		return map[string][]fakepricelist.Product{"us-east-1": products}
	}
	list := fakepricelist.Standard("us-east-1")
	list.Product("AWSLambda", "us-east-1", "VCPU").Tiers[0].Price = "0.0000290000"
	version := func(name, from, vcpu string) fakepricelist.Version {
		return fakepricelist.Version{Name: name, From: from + "T00:00:00Z", Published: from + "T05:00:00Z", Products: at(vcpu)}
	}
	list.Versions = []fakepricelist.Version{
		version("20260601000000", "2026-06-01", "0.0000300000"),
		version("20260701000000", "2026-07-01", "0.0000300000"),
		version("20260801000000", "2026-08-01", "0.0000260000"),
		version("20260901000000", "2026-09-01", "0.0000260000"),
		{Name: "20260915000000", From: "2026-09-15T00:00:00Z"}, // without the region
	}
	server := fakepricelist.Serve(t, list)
	s := store{t.TempDir()}
	result := s.run(t, web(t, server.URL), Request{History: true}, "microvm")
	require.NoError(t, result.Stopped)
	require.Len(t, result.History, 1)
	require.Equal(t, []pricing.Date{day(t, "2026-06-01"), day(t, "2026-08-01"), day(t, "2026-11-01")}, result.History[0].Days)
	for _, tc := range []struct{ day, want, reason string }{
		{"2026-06-22", "0.00003", "the version that held when MicroVMs opened"},
		{"2026-07-31", "0.00003", "a version that changed nothing"},
		{"2026-08-01", "0.000026", "a version that did"},
		{"2026-09-20", "0.000026", "what AWS had, not the card built in"},
		{"2026-11-01", "0.000029", "the current version"},
	} {
		require.Equal(t, tc.want, s.rate(t, "us-east-1", tc.day), tc.reason)
	}
	before, sent := s.files(t), server.Sent("AWSLambda/2026")
	result = s.run(t, web(t, server.URL), Request{History: true}, "microvm")
	require.Equal(t, sent, server.Sent("AWSLambda/2026"), "no version is read twice")
	require.Equal(t, before, s.files(t))
	require.Zero(t, result.History[0].Read)
}

// TestSavingsPlanEndsTheAssumption says what the plan's price list says, either way.
func TestSavingsPlanEndsTheAssumption(t *testing.T) {
	for _, tc := range []struct {
		covers []string
		want   assumption.ID
		text   string
	}{
		{nil, assumption.NoFreeTier, "states none"},
		{[]string{"USE1-Fargate-vCPU-Hours:perCPU"}, assumption.NoFreeTierNoPlan, "no Compute Savings Plan covers them"},
		{
			[]string{"Lambda-MicroVM-vCPU-Second-ARM", "Lambda-GB-Second"},
			assumption.SavingsPlanCovers,
			"a Compute Savings Plan has rates for Lambda-MicroVM-vCPU-Second-ARM (AWS Compute Savings Plan price list 20261120010101, read on 2026-11-20)",
		},
	} {
		list := fakepricelist.Standard("us-east-1")
		if tc.covers != nil {
			list.Savings = map[string][]string{"us-east-1": tc.covers}
		}
		server := fakepricelist.Serve(t, list)
		s := store{t.TempDir()}
		s.run(t, web(t, server.URL), Request{}, "microvm")
		card, err := s.cards().Card("us-east-1")
		require.NoError(t, err)
		require.Equal(t, string(tc.want), card.TermsNote().ID)
		require.Contains(t, card.TermsNote().Text, tc.text)
		sent := server.Sent("savingsPlan")
		s.run(t, web(t, server.URL), Request{}, "microvm")
		require.Equal(t, sent, server.Sent("savingsPlan"), "it is known for a month")
	}
}

// TestTwoUpdatesAtOnce end with the same store as one.
func TestTwoUpdatesAtOnce(t *testing.T) {
	server := fakepricelist.Serve(t, fakepricelist.Standard("us-east-1", "us-west-2"))
	want := store{t.TempDir()}
	want.run(t, web(t, server.URL), Request{})
	s := store{t.TempDir()}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			release, err := cardstore.In(s.dir).Lock(context.Background(), func() {})
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			if _, err := s.updater(t, web(t, server.URL)).Run(context.Background(), Request{}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	require.Equal(t, want.files(t), s.files(t))
}

// A region in which MicroVMs are not sold is looked at, once, and nothing of it is kept.
func TestARegionWithoutMicroVMs(t *testing.T) {
	list := fakepricelist.Standard("us-east-1", "eu-west-3")
	list.Set("AWSLambda", "eu-west-3", list.Offers["AWSLambda"]["eu-west-3"][7:]) // functions alone
	server := fakepricelist.Serve(t, list)
	s := store{t.TempDir()}
	for range 2 {
		got := statuses(s.run(t, web(t, server.URL), Request{}))
		for _, service := range []string{"microvm", "function", "ec2"} {
			require.Equal(t, NotListed, got["eu-west-3 "+service], service)
		}
	}
	require.Equal(t, 1, server.Sent("AWSLambda/current/eu-west-3/index.json"))
	require.Zero(t, server.Sent("AmazonEC2/current/eu-west-3/index.json"))
	require.NotContains(t, s.files(t), "prices/function/eu-west-3/function.yaml")

	// Whoever asks for the region gets what there is.
	got := statuses(s.run(t, web(t, server.URL), Request{Regions: []string{"eu-west-3"}}))
	require.Equal(t, NotListed, got["eu-west-3 microvm"])
	require.Equal(t, Updated, got["eu-west-3 ec2"])
	require.Contains(t, s.files(t), "prices/function/eu-west-3/function.yaml")

	// The day on which MicroVMs open there, it gets its card.
	list = fakepricelist.Standard("us-east-1", "eu-west-3")
	list.Version = "20261125010101"
	server.Replace(list)
	require.Equal(t, Updated, statuses(s.run(t, web(t, server.URL), Request{}))["eu-west-3 microvm"])
}

// A dry run says what it would store, and stores nothing.
func TestDryRun(t *testing.T) {
	server := fakepricelist.Serve(t, fakepricelist.Standard("us-west-2"))
	s := store{filepath.Join(t.TempDir(), "none")}
	result := s.run(t, web(t, server.URL), Request{DryRun: true})
	require.Contains(t, result.Files, "prices/ec2/us-west-2/ec2.yaml")
	require.NoDirExists(t, s.dir)
}
