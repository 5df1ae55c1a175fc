package cardstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/atomicfile"
	"microspend/pricing"
)

func embedded(t *testing.T, region string) pricing.RateCard {
	card, err := pricing.EmbeddedCards().Card(region)
	require.NoError(t, err)
	return card
}

// changed is a card that can be told from the one built in.
func changed(t *testing.T, region string) pricing.RateCard {
	card := embedded(t, region)
	rate := card.Rate(pricing.VCPU)
	rate.Figure = rate.Figure.Add(decimal.RequireFromString("0.0000000001"))
	return card.With(pricing.VCPU, rate)
}

func files(t *testing.T, dir string) []string {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSaveAndReadOverEmbedded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	store := In(dir)

	source := pricing.EmbeddedCards().Over(store.FS())
	card, err := source.Card("eu-west-1")
	require.NoError(t, err, "a folder that does not exist has no cards")
	require.Equal(t, embedded(t, "eu-west-1"), card)
	require.Equal(t, pricing.EmbeddedCards().Regions(), source.Regions())

	require.NoError(t, store.Save(nil))
	require.NoDirExists(t, dir, "nothing to save makes no folder")

	// eu-central-1 has rates per hour and rates that are not known; both survive.
	for range 2 {
		require.NoError(t, store.Save([]pricing.RateCard{changed(t, "eu-west-1"), changed(t, "eu-central-1")}))
		require.Equal(t, []string{"eu-central-1@2026-09-19.yaml", "eu-west-1@2026-09-19.yaml"}, files(t, dir))
	}
	card, err = source.Card("eu-west-1")
	require.NoError(t, err)
	require.Equal(t, embedded(t, "eu-west-1"), card, "a source keeps the card that it has given out")
	source = pricing.EmbeddedCards().Over(store.FS())
	for _, region := range []string{"eu-west-1", "eu-central-1"} {
		card, err := source.Card(region)
		require.NoError(t, err)
		require.Equal(t, changed(t, region), card, "one made after the import sees it")
	}
	card, err = source.Card("us-east-1")
	require.NoError(t, err)
	require.Equal(t, embedded(t, "us-east-1"), card, "other regions keep the card built in")

	info, err := os.Stat(filepath.Join(dir, "eu-west-1@2026-09-19.yaml"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), info.Mode().Perm(), "whoever shares the folder can read it")
}

// TestAnImportLeavesTheDaysBeforeIt: a refreshed card is one more card of the series.
func TestAnImportLeavesTheDaysBeforeIt(t *testing.T) {
	day := func(text string) pricing.Date {
		date, err := pricing.ParseDate(text)
		require.NoError(t, err)
		return date
	}
	dir := t.TempDir()
	next := changed(t, "eu-west-1")
	next.From = day("2026-11-15")
	require.NoError(t, In(dir).Save([]pricing.RateCard{next}))
	// What a store had before cards were dated, and what a region is left with by a crash of the disk.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "eu-west-1.yaml"), []byte("card: [\n"), 0o644))
	_, err := pricing.EmbeddedCards().Over(In(dir).FS()).Series("eu-west-1")
	require.ErrorContains(t, err, "rate card eu-west-1.yaml: not a rate card: ")
	later := next
	later.From = day("2026-12-01")
	require.NoError(t, In(dir).Save([]pricing.RateCard{later}))
	require.Equal(t, []string{"eu-west-1@2026-11-15.yaml", "eu-west-1@2026-12-01.yaml"}, files(t, dir),
		"what cannot be read would keep the rest from being read")

	series, err := pricing.EmbeddedCards().Over(In(dir).FS()).Series("eu-west-1")
	require.NoError(t, err)
	for _, tc := range []struct{ day, want, reason string }{
		{"2026-01-01", "0.0000291572", "before the first known card, the first"},
		{"2026-11-14", "0.0000291572", "the last day of the card built in"},
		{"2026-11-15", "0.0000291573", "the first of the imported one"},
		{"2026-12-24", "0.0000291573", "and on"},
	} {
		require.Equal(t, tc.want, series.On(day(tc.day)).Rate(pricing.VCPU).Figure.String(), tc.reason)
	}
	require.Equal(t, []pricing.Date{day("2026-11-15")}, series.Changes(), "the same figures read again change nothing")
}

func TestZeroStore(t *testing.T) {
	var store Store
	require.EqualError(t, store.Save([]pricing.RateCard{embedded(t, "eu-west-1")}),
		"no folder is set to keep rate cards in")
	_, err := pricing.EmbeddedCards().Over(store.FS()).Card("eu-west-1")
	require.NoError(t, err)
}

func TestSaveRefuses(t *testing.T) {
	with := func(change func(*pricing.RateCard)) []pricing.RateCard {
		bad := embedded(t, "us-east-1")
		change(&bad)
		return []pricing.RateCard{changed(t, "eu-west-1"), bad}
	}
	region := func(name string) []pricing.RateCard {
		return with(func(c *pricing.RateCard) { c.Region = name })
	}
	const notRegion = ": not the name of a region, such as eu-west-1"
	for _, tc := range []struct {
		name, reason string
		cards        []pricing.RateCard
		want         string
	}{
		{
			"path", "it would leave the folder", region("../../etc/us-east-1"),
			`rate card of "../../etc/us-east-1"` + notRegion,
		},
		{
			"path inside a name", "likewise", region("us-east/../../x-1"),
			`rate card of "us-east/../../x-1"` + notRegion,
		},
		{"backslash", "likewise on Windows", region(`us-east\x-1`), `rate card of "us-east\\x-1"` + notRegion},
		{
			"line break", "the form is that of the whole name", region("us-east-1\nx"),
			`rate card of "us-east-1\nx"` + notRegion,
		},
		{"no region", "there is no such file", region(""), `rate card of ""` + notRegion},
		{
			"capitals", "AWS has none; some file systems don't tell them apart", region("US-EAST-1"),
			`rate card of "US-EAST-1"` + notRegion,
		},
		{
			"twice", "which one is meant?", append(with(func(*pricing.RateCard) {}), changed(t, "eu-west-1")),
			`rate card of "eu-west-1": given twice`,
		},
		{
			"inline card", "a scenario's rates are not AWS's", with(func(c *pricing.RateCard) { c.Name = "inline" }),
			`rate card of "us-east-1": the card is named "inline"; only "aws-list" is kept`,
		},
		{
			"discount", "the file has no place for it, so it would be lost",
			with(func(c *pricing.RateCard) { c.Discounts = pricing.FlatDiscount(decimal.RequireFromString("0.1")) }),
			`rate card of "us-east-1": the card has a discount; only list prices are kept`,
		},
		{
			"no source", "ParseCard asks for one",
			with(func(c *pricing.RateCard) { *c = c.With(pricing.Memory, pricing.Rate{}) }),
			`rate card of "us-east-1": it would not read back: rates.gb_second: a figure names its source`,
		},
		{
			"all at once", "every fault is told", append(region("x"), with(func(c *pricing.RateCard) { c.Region = "y" })[1]),
			`rate card of "x"` + notRegion + "\n" + `rate card of "y"` + notRegion,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "a", "b", "cards")
			store := In(dir)
			require.EqualError(t, store.Save(tc.cards), tc.want, tc.reason)
			require.Empty(t, files(t, parent), "nothing is written, not even the folder")

			require.NoError(t, store.Save([]pricing.RateCard{embedded(t, "eu-west-1")}))
			require.EqualError(t, store.Save(tc.cards), tc.want)
			card, err := pricing.CardSource{}.Over(store.FS()).Card("eu-west-1")
			require.NoError(t, err)
			require.Equal(t, embedded(t, "eu-west-1"), card, "the last good card stays")
			require.Equal(t, []string{"eu-west-1@2026-09-19.yaml"}, files(t, dir))
		})
	}
}

func TestSaveWhereNothingCanBeWritten(t *testing.T) {
	occupied := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(occupied, []byte("mine"), 0o600))
	err := In(filepath.Join(occupied, "cards")).Save([]pricing.RateCard{embedded(t, "eu-west-1")})
	require.ErrorContains(t, err, "no folder for rate cards: ")

	if os.Getuid() <= 0 {
		t.Skip("permissions don't bind this user")
	}
	dir := t.TempDir()
	require.NoError(t, In(dir).Save([]pricing.RateCard{embedded(t, "eu-west-1")}))
	require.NoError(t, os.Chmod(dir, 0o500))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	err = In(dir).Save([]pricing.RateCard{changed(t, "eu-west-1")})
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorContains(t, err, "the present cards are kept")
	require.Equal(t, []string{"eu-west-1@2026-09-19.yaml"}, files(t, dir))
}

func TestSaveWhenARenameFails(t *testing.T) {
	three := []string{"eu-north-1", "eu-west-1", "us-east-1"}
	for fails, want := range []string{
		"rate card of eu-north-1: disk full; the present cards are kept",
		"rate card of eu-west-1: disk full; already replaced: eu-north-1",
		"rate card of us-east-1: disk full; already replaced: eu-north-1, eu-west-1",
	} {
		dir := t.TempDir()
		var before, after []pricing.RateCard
		for _, region := range three {
			before, after = append(before, embedded(t, region)), append(after, changed(t, region))
		}
		require.NoError(t, In(dir).Save(before))
		calls := 0
		err := In(dir).save(after, func(file *atomicfile.Staged) error {
			require.Len(t, files(t, dir), 6-calls, "all are written before the first is replaced")
			if calls++; calls > fails {
				return errors.New("disk full")
			}
			return file.Commit()
		})
		require.EqualError(t, err, want)
		require.Equal(t, []string{
			"eu-north-1@2026-09-19.yaml", "eu-west-1@2026-09-19.yaml", "us-east-1@2026-09-19.yaml",
		}, files(t, dir), "nothing is left behind")
		for i, region := range three {
			card, err := pricing.CardSource{}.Over(In(dir).FS()).Card(region)
			require.NoError(t, err)
			if i < fails {
				require.Equal(t, after[i], card)
			} else {
				require.Equal(t, before[i], card)
			}
		}
	}
}
