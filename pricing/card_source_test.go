package pricing_test

import (
	"errors"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// cardText is a card with one rate, by which the tests tell where it came from.
func cardText(region, vcpu string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("card: test\nregion: " + region + "\ncurrency: USD\nrates:\n" +
		"  vcpu_second: {figure: " + vcpu + ", source: a test, read_on: 2026-10-01}\n")}
}

func TestCardSourceOver(t *testing.T) {
	first := fstest.MapFS{"eu-west-1.yaml": cardText("eu-west-1", "1"), "eu-west-9.yaml": cardText("eu-west-9", "9")}
	second := fstest.MapFS{"eu-west-1.yaml": cardText("eu-west-1", "2"), "notes.txt": {Data: []byte("not a card")}}
	embedded := pricing.EmbeddedCards()
	once := embedded.Over(first)
	twice := once.Over(second)

	for _, tc := range []struct {
		name, reason string
		source       pricing.CardSource
		region, vcpu string
	}{
		{"embedded", "a source is a value: layers over it change nothing", embedded, "eu-west-1", "0.0000291572"},
		{"folder wins", "the user's card comes before the built-in one", once, "eu-west-1", "1"},
		{"last folder wins", "the later the stronger", twice, "eu-west-1", "2"},
		{"falls through one", "a folder without the region is passed over", twice, "eu-west-9", "9"},
		{"falls through all", "the built-in card is still there", twice, "us-east-1", "0.0000276944"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			card, err := tc.source.Card(tc.region)
			require.NoError(t, err)
			require.Equal(t, tc.vcpu, card.Rate(pricing.VCPU).Figure.String(), tc.reason)
		})
	}
	require.Contains(t, twice.Regions(), "eu-west-9")
	require.NotContains(t, twice.Regions(), "notes", "only cards count")
	require.Len(t, twice.Regions(), len(embedded.Regions())+1, "each region once, however many layers have it")
	require.IsIncreasing(t, twice.Regions())

	// Two sources over the same base must not share memory.
	left, right := once.Over(first), once.Over(second)
	card, err := left.Card("eu-west-1")
	require.NoError(t, err)
	require.Equal(t, "1", card.Rate(pricing.VCPU).Figure.String(), "making right changed left: %v", right.Regions())
}

func TestNoCardError(t *testing.T) {
	for _, tc := range []struct{ region, want, reason string }{
		{
			"eu-south-2", "the rates of eu-south-2 are not known", "a region that is unknown is not wrong, and eu-north-1 is not what was meant",
		},
		{
			"eusc-de-east-1", "the rates of eusc-de-east-1 are not known", "areas are no closed list",
		},
		{
			"eu-wset-1", "the rates of eu-wset-1 are not known (did you mean eu-west-1?)", "points of the compass are, as far as AWS has gone",
		},
		{"euwest1", `"euwest1" is not an AWS region; did you mean eu-west-1?`, "not the form of a name"},
		{"us-east-1a", `"us-east-1a" is not an AWS region; did you mean us-east-1?`, "an availability zone"},
		{"mars", `"mars" is not an AWS region such as eu-west-1`, "nothing is near"},
	} {
		_, err := pricing.EmbeddedCards().Card(tc.region)
		require.EqualError(t, err, tc.want, tc.reason)
		missing, ok := errors.AsType[*pricing.NoCardError](err)
		require.True(t, ok)
		require.Equal(t, tc.region, missing.Region)
	}
	var missing *pricing.NoCardError
	_, err := pricing.CardSource{}.Card("eu-west-1")
	require.ErrorAs(t, err, &missing, "the zero value has no cards")
}

// A region comes from the user and names a file: it must not lead out of the folder.
func TestCardStaysInItsFolder(t *testing.T) {
	folder := fstest.MapFS{
		"secret.yaml":        cardText("secret", "1"),
		"rates/here.yaml":    cardText("here", "1"),
		"rates/deep/in.yaml": cardText("in", "1"),
	}
	sub, err := fs.Sub(folder, "rates")
	require.NoError(t, err)
	source := pricing.EmbeddedCards().Over(sub)
	_, err = source.Card("here")
	require.NoError(t, err)

	for _, region := range []string{
		"../secret", "../x", "..", ".", "", "/", "/etc/passwd", "deep/in", "deep/../here", "./here", "here/", "here/.",
		"alternatives/ec2", "here\x00", "*", "h?re", "[h]ere", "\xff",
	} {
		_, err := source.Card(region)
		var missing *pricing.NoCardError
		require.ErrorAs(t, err, &missing, "%q", region)
		require.Equal(t, region, missing.Region)
	}
}

func TestCardReportsItsFile(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, tc := range []struct {
		name, reason string
		folder       fs.FS
		err          string
	}{
		{
			"another region's card", "a file is named after its region",
			fstest.MapFS{"eu-west-1.yaml": cardText("us-east-1", "1")},
			"rate card eu-west-1.yaml: it is for us-east-1",
		},
		{
			"a broken card", "the user finds the file to mend; the built-in card does not stand in",
			fstest.MapFS{"eu-west-1.yaml": cardText("eu-west-1", "-1")},
			"rate card eu-west-1.yaml: rates.vcpu_second: figure -1 is negative",
		},
		{"an unreadable folder", "not the same as no card", failingFS{broken}, "rate cards of eu-west-1: disk on fire"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := pricing.EmbeddedCards().Over(tc.folder).Card("eu-west-1")
			require.EqualError(t, err, tc.err, tc.reason)
		})
	}
	_, err := pricing.EmbeddedCards().Over(failingFS{broken}).Card("eu-west-1")
	require.ErrorIs(t, err, broken)
}

// Any number of goroutines may read from one source, and a card that was mended is not refused for what it was before.
func TestCardSourceIsShared(t *testing.T) {
	folder := fstest.MapFS{"eu-west-1.yaml": cardText("eu-west-1", "1"), "eu-west-9.yaml": cardText("eu-west-9", "-1")}
	source := pricing.CardSource{}.Over(folder)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			card, err := source.Card("eu-west-1")
			assert.NoError(t, err)
			assert.Equal(t, "1", card.Rate(pricing.VCPU).Figure.String())
		})
	}
	readers.Wait()
	_, err := source.Card("eu-west-9")
	require.Error(t, err)

	folder["eu-west-1.yaml"], folder["eu-west-9.yaml"] = cardText("eu-west-1", "2"), cardText("eu-west-9", "3")
	for _, tc := range []struct {
		name, reason, region, vcpu string
		source                     pricing.CardSource
	}{
		{"same source, mended card", "an error is not remembered", "eu-west-9", "3", source},
		{"new source", "made after the change", "eu-west-1", "2", pricing.CardSource{}.Over(folder)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			card, err := tc.source.Card(tc.region)
			require.NoError(t, err)
			require.Equal(t, tc.vcpu, card.Rate(pricing.VCPU).Figure.String(), tc.reason)
		})
	}
}

type failingFS struct{ err error }

func (f failingFS) Open(string) (fs.File, error) { return nil, f.err }
