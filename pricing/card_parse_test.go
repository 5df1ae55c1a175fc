package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestParseCard(t *testing.T) {
	card, err := pricing.ParseCard([]byte(`
card: agreed
region: eu-west-1
location: Europe (Ireland)
opened: 2026-06-22
currency: USD
rates:
  vcpu_hour: {figure: 0.1000, source: agreement 7, read_on: 2026-10-01}
  gb_second: {figure: "0.0000038603", source: AWS Price List, read_on: "2026-09-19"}
  snapshot_read_gb: {figure: unknown, source: not found, read_on: 2026-09-20}
  storage_gb_month: {figure: 0, source: agreement 7, read_on: 2026-10-01}
`))
	require.NoError(t, err)
	require.Equal(t, "agreed", card.Name)
	require.Equal(t, "2026-06-22", card.Opened.String())
	require.Equal(t, "2026-09-19", card.ReadOn().String())

	vcpu := card.Rate(pricing.VCPU)
	require.Equal(t, pricing.PerHour, vcpu.Per)
	require.Equal(t, "0.1", vcpu.Figure.String())
	require.Equal(t, "agreement 7", vcpu.Source)
	require.Equal(t, "0.0000038603", card.Rate(pricing.Memory).Figure.String(), "quotes are YAML's, not the figure's")
	require.True(t, card.Rate(pricing.SnapshotStorage).Known(), "free is known")

	read := card.Rate(pricing.SnapshotRead)
	require.False(t, read.Known())
	require.Equal(t, "not found", read.Source, "where it was looked for is kept")
	require.Equal(t, pricing.Rate{}, card.Rate(pricing.SnapshotWrite), "a rate nobody looked for")
	require.Equal(t, []pricing.BilledQuantity{pricing.SnapshotRead, pricing.SnapshotWrite}, card.Unknown())
}

func TestParseCardRefuses(t *testing.T) {
	const (
		head = "card: aws-list\nregion: eu-west-1\ncurrency: USD\n"
		good = "source: AWS, read_on: 2026-09-19"
	)
	rates := func(lines string) string { return head + "rates:\n" + lines }
	for _, tc := range []struct{ name, reason, text, err string }{
		{
			"no name", "a card that cannot be named cannot be cited", "region: eu-west-1\ncurrency: USD\n",
			"a rate card names its card and its region",
		},
		{
			"no region", "rates belong to a region", "card: aws-list\ncurrency: USD\n",
			"a rate card names its card and its region",
		},
		{"no currency", "nothing is assumed", "card: aws-list\nregion: eu-west-1\n", `currency is ""; rates are in USD`},
		{
			"other currency", "no rate of exchange is known", "card: aws-list\nregion: cn-north-1\ncurrency: CNY\n",
			`currency is "CNY"; rates are in USD`,
		},
		{"opened is no day", "dates are days", head + "opened: soon\n", `opened: "soon" is not a date such as 2026-09-19`},
		{
			"no source", "every figure has one", rates("  vcpu_second: {figure: 1, read_on: 2026-09-19}\n"),
			"rates.vcpu_second: a figure names its source",
		},
		{
			"no source, unknown", "also where nothing was found",
			rates("  vcpu_second: {figure: unknown, read_on: 2026-09-19}\n"),
			"rates.vcpu_second: a figure names its source",
		},
		{
			"no date", "every figure has one", rates("  gb_hour: {figure: 1, source: AWS}\n"),
			`rates.gb_hour: read_on: "" is not a date such as 2026-09-19`,
		},
		{
			"date is a month", "to the day", rates("  gb_hour: {figure: 1, source: AWS, read_on: 2026-09}\n"),
			`rates.gb_hour: read_on: "2026-09" is not a date such as 2026-09-19`,
		},
		{
			"no figure", "an empty figure is neither zero nor unknown", rates("  gb_second: {" + good + "}\n"),
			`rates.gb_second: figure "": ` + notPlain,
		},
		{
			"null figure", "likewise", rates("  gb_second: {figure: ~, " + good + "}\n"),
			`rates.gb_second: figure "": ` + notPlain,
		},
		{
			"exponent", "plain decimals only", rates("  vcpu_second: {figure: 2.9e-5, " + good + "}\n"),
			`rates.vcpu_second: figure "2.9e-5": ` + notPlain,
		},
		{
			"dollar", "plain decimals only", rates("  vcpu_second: {figure: $0.1, " + good + "}\n"),
			`rates.vcpu_second: figure "$0.1": ` + notPlain,
		},
		{
			"too large", "bounded", rates("  vcpu_second: {figure: 1000000000000000, " + good + "}\n"),
			`rates.vcpu_second: figure "1000000000000000": too large: at most 15 digits before the point`,
		},
		{
			"negative", "AWS pays nobody", rates("  snapshot_read_gb: {figure: -0.001, " + good + "}\n"),
			"rates.snapshot_read_gb: figure -0.001 is negative",
		},
		{
			"two figures for vCPU", "which one holds?",
			rates("  vcpu_second: {figure: 1, " + good + "}\n  vcpu_hour: {figure: 3600, " + good + "}\n"),
			"rates.vcpu_hour: the vCPU rate is given twice",
		},
		{
			"unknown and a figure", "known or not, not both",
			rates("  storage_gb_hour: {figure: unknown, " + good + "}\n  storage_gb_month: {figure: 0.08, " + good + "}\n"),
			"rates.storage_gb_month: the snapshot storage rate is given twice",
		},
		{
			"no such rate", "a misspelt rate would be an unknown one",
			rates("  vcpu_minute: {figure: 1, " + good + "}\n"), "rates.vcpu_minute: no such rate",
		},
		{
			"card of nothing", "an empty file is not a card", "",
			"not a rate card: line 1: is empty",
		},
		{
			"two cards", "which one holds?", head + "---\n" + head,
			"not a rate card: line 4: holds more than one YAML document; write one per file",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			card, err := pricing.ParseCard([]byte(tc.text))
			require.EqualError(t, err, tc.err, tc.reason)
			require.Equal(t, pricing.RateCard{}, card, "no half of a card")
		})
	}

	// What matters is that the line and the culprit are named.
	for _, tc := range []struct{ name, reason, text, line, culprit string }{
		{"unknown key", "a misspelt key would be silently ignored", head + "discuont: 5%\n", "line 4", "discuont"},
		{"unknown key of a rate", "likewise", rates("  gb_second: {figure: 1, unit: GB, " + good + "}\n"), "line 5", "unit"},
		{
			"repeated rate", "which one holds?",
			rates("  gb_second: {figure: 1, " + good + "}\n  gb_second: {figure: 2, " + good + "}\n"), "line 6",
			"gb_second",
		},
		{
			"figure is a list", "one figure", rates("  gb_second:\n    figure: [1, 2]\n    source: AWS\n"), "line 6",
			"a figure is a single value",
		},
		{
			"figure is a map", "one figure", rates("  gb_second: {figure: {usd: 1}, " + good + "}\n"), "line 5",
			"a figure is a single value",
		},
		{"rates are a list", "rates have names", head + "rates: [1]\n", "line 4", "a list does not belong here"},
		{"name is a list", "a name is text", "card: [a]\n", "line 1", "a list does not belong here"},
		{"not YAML", "no card at all", "{", "line 2", "the file ends in the middle of a value"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := pricing.ParseCard([]byte(tc.text))
			require.ErrorContains(t, err, tc.line, tc.reason)
			require.ErrorContains(t, err, tc.culprit, tc.reason)
		})
	}
}

// With several faults of one kind, the message must not depend on the order of a map.
func TestParseCardRefusalIsStable(t *testing.T) {
	text := []byte("card: c\nregion: r\ncurrency: USD\nrates:\n" +
		"  zeta: {figure: 1}\n  alpha: {figure: 1}\n  mu: {figure: 1}\n")
	for range 50 {
		_, err := pricing.ParseCard(text)
		require.EqualError(t, err, "rates.alpha: no such rate")
	}
}
