package pricelist

import (
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func open(t testing.TB, names ...string) []Page {
	var all []Page
	for _, name := range names {
		file, err := os.Open("testdata/" + name)
		require.NoError(t, err)
		t.Cleanup(func() { file.Close() })
		all = append(all, Page{name, file})
	}
	return all
}

// The fixtures have the true rates of 2026-09-19, both spellings of x86 groups (those of us-east-1 are AWS's, those of
// eu-west-1 made up), and products of ordinary Lambda functions, one of them with tiers.
func TestReadFixtures(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		files        []string
	}{
		{"offer file", "the bulk form", []string{"offer.json"}},
		{"pages", "one reply in two pages", []string{"reply-1.json", "reply-2.json"}},
		{
			"pages in any order", "which page is the last does not depend on where it is given",
			[]string{"reply-2.json", "reply-1.json"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Read(open(t, tc.files...)...)
			require.NoError(t, err, tc.reason)
			require.Equal(t, []string{"eu-west-1", "us-east-1"}, l.Regions())
			require.Zero(t, l.PassedOver)
			require.Empty(t, l.Unrecognized)
			require.Equal(t, []Edition{{"20260919070354", date(t, "2026-09-19")}}, editions(l))

			cards, err := l.Cards(pricing.EmbeddedCards(), date(t, "2026-11-23"))
			require.NoError(t, err)
			require.Len(t, cards, 2)
			require.Equal(t, []string{"0.0000291572", "0.0000038603", "0.0016403088", "0.0040636422", "0.0001322222"},
				figures(cards[0]))
			require.Equal(t, []string{"0.0000276944", "0.0000036667", "0.0015467699", "0.0037977138", "0.0001111111"},
				figures(cards[1]))
			for _, card := range cards {
				require.Equal(t, pricing.ListCard, card.Name)
				require.Equal(t, "2026-06-22", card.Opened.String(), "only the present card knows it")
				require.Equal(t, "2026-09-19", card.ReadOn().String(), "the list's own date, not the import's")
				base, err := pricing.EmbeddedCards().Card(card.Region)
				require.NoError(t, err)
				require.Empty(t, Compare(base, card))
				require.NoError(t, Plausible(base, card))
			}
			for i, want := range [][]string{{"0.0000340538", "0.0000045086"}, {"0.0000326557", "0.0000043235"}} {
				require.Equal(t, want, figures(cards[i].For(pricing.ArchX86))[:2])
				require.Equal(t, figures(cards[i])[2:], figures(cards[i].For(pricing.ArchX86))[2:], "snapshots are billed alike")
			}
			require.Equal(t, "Europe (Ireland)", cards[0].Location, "as the present card calls it")
			require.Equal(t, "AWS Price List 20260919070354, group AWS-Lambda-MicroVM-vCPU-Second-ARM",
				cards[0].Rate(pricing.VCPU).Source)
		})
	}
}

func TestReadAccepts(t *testing.T) {
	rows := fiveRows("eu-west-1", "EU-")
	loose := fiveRows("eu-west-1", "EU-")
	for i, unit := range []string{"vcpu-second", "GB-SECONDS", "gb", "Gb", "GB-Hour"} {
		loose[i].unit = unit
		loose[i].prices["USD"] += "000"
	}
	jqSorted := strings.Replace(offerFile(t, rows...), `"version":"20261001",`, "", 1)
	jqSorted = strings.TrimSuffix(jqSorted, "}") + `,"version":"20261001"}`
	for _, tc := range []struct {
		name, reason string
		pages        []Page
	}{
		{"strings", "as the API sends them", pages(reply(t, "", false, rows...))},
		{"objects", "as some tools print them", pages(reply(t, "", true, rows...))},
		{"three pages", "a region may be split over pages", pages(reply(t, "a", false, rows[:2]...),
			reply(t, "b", true, rows[2:4]...), reply(t, "", false, rows[4:]...))},
		{"regional offer files", "AWS publishes one for each region", pages(offerFile(t, fiveRows("us-west-2", "USW2-")...),
			offerFile(t, rows...))},
		{
			"both forms", "nothing says they cannot be given together",
			pages(offerFile(t, rows[:3]...), reply(t, "", false, rows[3:]...)),
		},
		{
			"loose units and trailing zeros", "the Price List is not strict about either",
			pages(offerFile(t, loose...)),
		},
		{"version last", "a file that a tool has sorted by key", pages(jqSorted)},
		{
			"byte by byte", "a slow network",
			[]Page{{Body: iotest.OneByteReader(strings.NewReader(offerFile(t, rows...)))}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Read(tc.pages...)
			require.NoError(t, err, tc.reason)
			card, err := l.Card("eu-west-1", pricing.RateCard{}, pricing.Date{})
			require.NoError(t, err, tc.reason)
			require.Equal(t, []string{"0.0000276944", "0.0000036667", "0.0015467699", "0.0037977138", "0.0001111111"},
				figures(card))
			require.Equal(t, "Somewhere", card.Location, "the list's name where there is no present card")
			require.Equal(t, "AWS Price List 20261001, group AWS-Lambda-MicroVM-Snapshot-Read-GB",
				card.Rate(pricing.SnapshotRead).Source)
			require.Equal(t, "2026-10-01", card.ReadOn().String())
		})
	}
}

func TestReadOnWithoutPublicationDate(t *testing.T) {
	text := strings.Replace(offerFile(t, fiveRows("eu-west-1", "EU-")...), `"publicationDate":"2026-10-01T05:00:00Z",`, "",
		1)
	l, err := Read(pages(text)...)
	require.NoError(t, err)
	card, err := l.Card("eu-west-1", pricing.RateCard{}, date(t, "2026-11-23"))
	require.NoError(t, err)
	require.Equal(t, "2026-11-23", card.ReadOn().String())
}

func TestReadNamesANewCharge(t *testing.T) {
	rows := fiveRows("eu-west-1", "EU-")
	sixth := rows[0]
	sixth.sku, sixth.group = "SIXTH", "AWS-Lambda-MicroVM-Burst-Second-ARM"
	l, err := Read(pages(offerFile(t, append(rows, sixth)...))...)
	require.NoError(t, err)
	require.Equal(t, []string{"AWS-Lambda-MicroVM-Burst-Second-ARM"}, l.Unrecognized)
	require.Zero(t, l.PassedOver)
}
