package pricing_test

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// listed is the rates of one region as read from AWS, copied here by hand; "" is a rate that is not known.
type listed struct {
	region, opened, readOn string
	vcpu, memory           string
	per                    pricing.Per // of vcpu and memory; the others are per unit
	read, write, storage   string
	x86                    listedX86
}

// listedX86 are a region's rates of compute on x86-64, per as many units as the others; read on the same day unless
// another is given.
type listedX86 struct{ vcpu, memory, readOn string }

var usX86 = listedX86{vcpu: "0.0000326557", memory: "0.0000043235"}

var listPrices = []listed{
	{
		region: "us-east-1", opened: "2026-06-22", readOn: "2026-09-19", per: pricing.PerUnit,
		vcpu: "0.0000276944", memory: "0.0000036667", read: "0.0015467699", write: "0.0037977138", storage: "0.0001111111",
		x86: usX86,
	},
	{
		region: "us-east-2", opened: "2026-06-22", readOn: "2026-09-19", per: pricing.PerUnit,
		vcpu: "0.0000276944", memory: "0.0000036667", read: "0.0015467699", write: "0.0037977138", storage: "0.0001111111",
		x86: usX86,
	},
	{
		region: "us-west-2", opened: "2026-06-22", readOn: "2026-09-19", per: pricing.PerUnit,
		vcpu: "0.0000276944", memory: "0.0000036667", read: "0.0015467699", write: "0.0037977138", storage: "0.0001111111",
		x86: usX86,
	},
	{
		region: "eu-west-1", opened: "2026-06-22", readOn: "2026-09-19", per: pricing.PerUnit,
		vcpu: "0.0000291572", memory: "0.0000038603", read: "0.0016403088", write: "0.0040636422", storage: "0.0001322222",
		x86: listedX86{vcpu: "0.0000340538", memory: "0.0000045086"},
	},
	{
		region: "ap-northeast-1", opened: "2026-06-22", readOn: "2026-08-07", per: pricing.PerUnit,
		vcpu: "0.0000322421", memory: "0.0000042688", read: "0.0018548941", write: "0.0046556039", storage: "0.0001333333",
		x86: listedX86{vcpu: "0.0000371569", memory: "0.0000049195", readOn: "2026-07-11"},
	},
	{
		region: "ap-south-1", opened: "2026-08-19", readOn: "2026-09-19", per: pricing.PerUnit,
		vcpu: "0.0000276944", memory: "0.0000036667",
		x86: usX86,
	},
	{
		region: "eu-north-1", opened: "2026-08-19", readOn: "2026-09-19", per: pricing.PerHour,
		vcpu: "0.09975", memory: "0.013208",
		x86: listedX86{vcpu: "0.117954", memory: "0.015617"},
	},
	{
		region: "eu-central-1", opened: "2026-08-19", readOn: "2026-09-19", per: pricing.PerHour,
		vcpu: "0.12599", memory: "0.016679",
	},
	{
		region: "ap-southeast-1", opened: "2026-08-19", readOn: "2026-09-19", per: pricing.PerHour,
		vcpu: "0.12481", memory: "0.016524",
	},
	{
		region: "ap-southeast-2", opened: "2026-08-19", readOn: "2026-09-19", per: pricing.PerHour,
		vcpu: "0.10079", memory: "0.013345",
	},
}

func TestEmbeddedCards(t *testing.T) {
	require.Len(t, pricing.EmbeddedCards().Regions(), len(listPrices), "a card for each region in the table, and no other")
	for _, want := range listPrices {
		t.Run(want.region, func(t *testing.T) {
			card := listCard(t, want.region)
			require.Equal(t, pricing.ListCard, card.Name)
			require.Equal(t, want.region, card.Region)
			require.NotEmpty(t, card.Location)
			require.Equal(t, want.opened, card.Opened.String())
			require.Equal(t, want.readOn, card.ReadOn().String())
			require.True(t, card.Discounts.IsZero(), "list prices")

			var unknown []pricing.BilledQuantity
			for q, cell := range map[pricing.BilledQuantity]struct {
				figure string
				per    pricing.Per
			}{
				pricing.VCPU:            {want.vcpu, want.per},
				pricing.Memory:          {want.memory, want.per},
				pricing.SnapshotRead:    {want.read, pricing.PerUnit},
				pricing.SnapshotWrite:   {want.write, pricing.PerUnit},
				pricing.SnapshotStorage: {want.storage, pricing.PerUnit},
			} {
				rate := card.Rate(q)
				require.NotEmpty(t, rate.Source, "%s: also a rate that is not known says where it was looked for", q)
				require.Equal(t, want.readOn, rate.ReadOn.String(), "%s", q)
				require.False(t, rate.Inline)
				if cell.figure == "" {
					require.False(t, rate.Known(), "%s", q)
					unknown = append(unknown, q)
					continue
				}
				require.Equal(t, cell.figure, rate.Figure.String(), "%s", q)
				require.Equal(t, cell.per, rate.Per, "%s", q)
			}
			require.ElementsMatch(t, unknown, card.Unknown())

			for q, figure := range map[pricing.BilledQuantity]string{pricing.VCPU: want.x86.vcpu, pricing.Memory: want.x86.memory} {
				rate := card.For(pricing.ArchX86).Rate(q)
				require.NotEmpty(t, rate.Source)
				require.Equal(t, cmp.Or(want.x86.readOn, want.readOn), rate.ReadOn.String())
				require.Equal(t, figure != "", rate.Known(), "%s on x86-64", q)
				if figure != "" {
					require.Equal(t, figure, rate.Figure.String())
					require.Equal(t, want.per, rate.Per)
				}
			}
		})
	}
}

// A per-second figure of a card that is published per hour would be a rounded one; the keys say which it is.
func TestRateCardKey(t *testing.T) {
	for _, tc := range []struct {
		region string
		q      pricing.BilledQuantity
		key    pricing.RateKey
		known  bool
	}{
		{"eu-west-1", pricing.VCPU, "vcpu_second", true},
		{"eu-west-1", pricing.SnapshotStorage, "storage_gb_hour", true},
		{"eu-central-1", pricing.VCPU, "vcpu_hour", true},
		{"eu-central-1", pricing.Memory, "gb_hour", true},
		{"eu-central-1", pricing.SnapshotWrite, "", false},
	} {
		key, known := listCard(t, tc.region).Key(tc.q)
		require.Equal(t, tc.key, key, "%s of %s", tc.q, tc.region)
		require.Equal(t, tc.known, known, "%s of %s", tc.q, tc.region)
	}
	month := pricing.RateCard{}.With(pricing.SnapshotStorage, pricing.Rate{Figure: dec("0.08"), Per: pricing.PerGBMonth})
	key, known := month.Key(pricing.SnapshotStorage)
	require.True(t, known)
	require.Equal(t, pricing.RateKey("storage_gb_month"), key)
}

func TestRateCardWith(t *testing.T) {
	before := listCard(t, "eu-central-1")
	after := before.With(pricing.SnapshotWrite, pricing.Rate{Figure: dec("0.004"), Per: pricing.PerUnit, Inline: true})
	require.True(t, after.Rate(pricing.SnapshotWrite).Known())
	require.False(t, before.Rate(pricing.SnapshotWrite).Known(), "a card is a value")
	require.Equal(t, []pricing.BilledQuantity{pricing.SnapshotRead, pricing.SnapshotStorage}, after.Unknown())
}

func TestReadOn(t *testing.T) {
	rate := func(day string, inline bool) pricing.Rate {
		r := pricing.Rate{Figure: dec("1"), Per: pricing.PerUnit, Inline: inline}
		if day != "" {
			r.ReadOn = date(t, day)
		}
		return r
	}
	unknown := pricing.Rate{ReadOn: date(t, "2020-01-01"), Source: "not found"}
	for _, tc := range []struct {
		name, reason string
		rates        []pricing.Rate
		want         string
	}{
		{"none", "a card without figures claims nothing", nil, ""},
		{
			"oldest", "a card is as current as its oldest figure",
			[]pricing.Rate{rate("2026-09-19", false), rate("2026-08-07", false)},
			"2026-08-07",
		},
		{
			"inline", "the user's own figures are the user's matter",
			[]pricing.Rate{rate("2026-09-19", false), rate("2020-01-01", true)},
			"2026-09-19",
		},
		{
			"undated", "a figure without a date says nothing",
			[]pricing.Rate{rate("", false), rate("2026-09-19", false)},
			"2026-09-19",
		},
		{
			"unknown", "a rate that is not known is not a figure",
			[]pricing.Rate{rate("2026-09-19", false), unknown},
			"2026-09-19",
		},
		{"only inline", "nothing is the card's own", []pricing.Rate{rate("2020-01-01", true)}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			card := pricing.RateCard{}
			for i, r := range tc.rates {
				card = card.With(pricing.BilledQuantities()[i], r)
			}
			require.Equal(t, tc.want, card.ReadOn().String(), tc.reason)
		})
	}
}

func TestStale(t *testing.T) {
	card := listCard(t, "us-east-1") // read on 2026-09-19; 90 days later is 2026-12-18
	for _, tc := range []struct {
		name, reason, now string
		days              int
		stale             bool
	}{
		{"same day", "as fresh as can be", "2026-09-19T18:00:00Z", 0, false},
		{"ninety days", "the bound itself is not beyond it", "2026-12-18T00:00:00Z", 90, false},
		{"end of the ninetieth day", "days are whole", "2026-12-18T23:59:59Z", 90, false},
		{"ninety-one days", "the first stale day", "2026-12-19T00:00:00Z", 91, true},
		{"before it was read", "a clock that is wrong makes nothing stale", "2026-09-01T00:00:00Z", -18, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			days, stale := card.Stale(moment(t, tc.now))
			require.Equal(t, tc.days, days, tc.reason)
			require.Equal(t, tc.stale, stale, tc.reason)
		})
	}
	_, stale := pricing.RateCard{}.Stale(time.Now())
	require.False(t, stale, "a card without dated figures is never stale")
}

func TestEncodeCardRoundTrip(t *testing.T) {
	for _, region := range pricing.EmbeddedCards().Regions() {
		t.Run(region, func(t *testing.T) { requireRoundTrip(t, listCard(t, region)) })
	}
	t.Run("drawn", rapid.MakeCheck(func(t *rapid.T) { requireRoundTrip(t, drawParsedCard(t)) }))
}

func requireRoundTrip(t require.TestingT, card pricing.RateCard) {
	text, err := pricing.EncodeCard(card)
	require.NoError(t, err)
	back, err := pricing.ParseCard(text)
	require.NoError(t, err, "%s", text)
	require.Equal(t, card.Name, back.Name)
	require.Equal(t, card.Region, back.Region)
	require.Equal(t, card.Location, back.Location)
	require.Equal(t, card.Opened, back.Opened)
	for _, q := range pricing.BilledQuantities() {
		want, got := card.Rate(q), back.Rate(q)
		requireDecimal(t, want.Figure, got.Figure, "%s", q)
		want.Figure = got.Figure // one number has many representations
		want.Since = got.Since   // which the series says, and not the card
		require.Equal(t, want, got, "%s", q)
	}
}

// A rate that nobody looked for has no source to write. It must not come back as if it had been looked for.
func TestEncodeCardOfAnAbsentRate(t *testing.T) {
	text, err := pricing.EncodeCard(listCard(t, "eu-west-1").With(pricing.Memory, pricing.Rate{}))
	require.NoError(t, err)
	_, err = pricing.ParseCard(text)
	require.EqualError(t, err, "rates.gb_second: a figure names its source")
}

// drawParsedCard makes a card with each rate known, or looked for and not found.
func drawParsedCard(t *rapid.T) pricing.RateCard {
	text := rapid.StringMatching(`[ -~äß€]{1,12}`)
	day := rapid.Custom(func(t *rapid.T) pricing.Date {
		return pricing.DateOf(time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "second"), 0))
	})
	card := pricing.RateCard{
		Name: text.Draw(t, "name"), Region: text.Draw(t, "region"),
		Location: text.Draw(t, "location"),
	}
	if rapid.Bool().Draw(t, "has opened") {
		card.Opened = day.Draw(t, "opened")
	}
	for _, q := range pricing.BilledQuantities() {
		rate := pricing.Rate{Source: text.Draw(t, "source"), ReadOn: day.Draw(t, "read on")}
		if rapid.Bool().Draw(t, "known") {
			key := rapid.SampledFrom(q.RateKeys()).Draw(t, "key")
			_, rate.Per, _ = key.Meaning()
			rate.Figure = decimals(0, 1<<40, 20).Draw(t, "figure")
		}
		card = card.With(q, rate)
	}
	return card
}
