package prices

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/cardstore"
	"microspend/pricing"
	"microspend/pricing/pricelist"
)

func day(t testing.TB, text string) pricing.Date {
	date, err := pricing.ParseDate(text)
	require.NoError(t, err)
	return date
}

// quick is the patience of tests.
var quick = Patience{File: 20 * time.Second, Stall: 300 * time.Millisecond, Pause: time.Millisecond, Longest: 2 * time.Second, Tries: 4}

func web(t testing.TB, url string) Mirror {
	mirror, err := NewWeb(url, quick, time.Now)
	require.NoError(t, err)
	return mirror
}

// store is a store of a test, with what reads it anew.
type store struct{ dir string }

func (s store) cards() pricing.CardSource {
	return pricing.EmbeddedCards().Over(cardstore.In(s.dir).FS())
}

func (s store) prices(t testing.TB) pricing.PriceBook {
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	for _, fetched := range cardstore.In(s.dir).Prices() {
		book = book.Over(fetched)
	}
	return book
}

func (s store) updater(t testing.TB, mirror Mirror, services ...string) *Updater {
	all, err := pricelist.Services()
	require.NoError(t, err)
	if len(services) > 0 {
		all = slices.DeleteFunc(all, func(s pricelist.Service) bool { return !slices.Contains(services, s.Name) })
		require.Len(t, all, len(services))
	}
	return &Updater{
		Mirror: mirror, Store: cardstore.In(s.dir), Services: all, Cards: s.cards(), Prices: s.prices(t),
		Today: day(t, "2026-11-26"), Warn: func(text string) { t.Log(text) },
	}
}

func (s store) run(t testing.TB, mirror Mirror, request Request, services ...string) Result {
	t.Helper()
	result, err := s.updater(t, mirror, services...).Run(context.Background(), request)
	require.NoError(t, err)
	return result
}

// files are the files of a store by name, with their text.
func (s store) files(t testing.TB) map[string]string {
	found := map[string]string{}
	err := fs.WalkDir(cardstore.In(s.dir).FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() || name == ".lock" {
			return nil
		}
		require.NoError(t, err)
		text, err := fs.ReadFile(cardstore.In(s.dir).FS(), name)
		found[name] = string(text)
		return err
	})
	require.NoError(t, err)
	return found
}

func (s store) rate(t testing.TB, region, onDay string) string {
	t.Helper()
	series, err := s.cards().Series(region)
	require.NoError(t, err)
	return series.On(day(t, onDay)).Rate(pricing.VCPU).Figure.String()
}

func (s store) listed(t testing.TB, region, table string, at ...string) string {
	t.Helper()
	find, err := s.prices(t).Table(region, table)
	require.NoError(t, err)
	price, ok := find(at)
	if !ok {
		return "unknown"
	}
	return price.USD.String()
}
