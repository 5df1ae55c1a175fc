// Package cardstore keeps imported and fetched rate cards in a folder, one YAML file per region and day from which a
// card holds, and below prices/ the fetched prices of alternatives, so that both can be read beside those built into
// the program. A card is added to those that are there; it takes the place only of one that holds from the same day, so
// that an import leaves the days before it at the rates they had.
//
// # What is promised
//
// A card is replaced as a whole or not at all, also if the program or the machine stops midway: each file is written
// under another name, synced, and renamed. Nothing is replaced before all cards of a [Store.Save] lie complete on the
// disk and have been read back, so an error keeps the last good cards and leaves nothing else behind.
//
// # What is not promised
//
// The renames of several cards are not one step: should one fail, the cards before it are new and the rest are old,
// each of them complete, and the error says which. A machine that stops midway may leave a hidden temporary file,
// which is never read. Two imports at the same time do not harm each other, but which card stays is the later one's.
package cardstore

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"microspend/internal/atomicfile"
	"microspend/internal/ownfile"
	"microspend/pricing"
)

// Store is a folder of rate cards. The zero value is a store without a folder: it has no cards and takes none.
type Store struct{ dir string }

// In returns the store in a folder, which need not exist; [Store.Save] creates it.
func In(dir string) Store { return Store{dir} }

// FS gives the cards in the form that [pricing.CardSource.Over] takes. It has none where the folder does not exist.
func (s Store) FS() fs.FS {
	if s.dir == "" {
		return embed.FS{}
	}
	return overlay{os.DirFS(filepath.Join(s.dir, pending)), os.DirFS(s.dir)}
}

func (s Store) place() ownfile.Place { return ownfile.Place(s.dir) }

// Save writes each card under the name that [pricing.CardFile] gives it, replacing the one of the same region and day
// that the store has. All cards are checked and written before the first is replaced. Only AWS's list prices are kept:
// a discount or a card under another name is refused. Cards of the same regions that cannot be read are removed, as
// they would keep the new ones from being read.
func (s Store) Save(cards []pricing.RateCard) error {
	return s.save(cards, (*atomicfile.Staged).Commit)
}

func (s Store) save(cards []pricing.RateCard, commit func(*atomicfile.Staged) error) error {
	if s.dir == "" {
		return errNoFolder
	}
	texts, err := encode(cards)
	if err != nil || len(cards) == 0 {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("no folder for rate cards: %w", err) // anyone may read them: they are public prices
	}
	if err := s.settle(); err != nil {
		return err
	}
	var staged []*atomicfile.Staged
	defer func() {
		for _, file := range staged {
			file.Discard()
		}
	}()
	for i, card := range cards {
		path := filepath.Join(s.dir, pricing.CardFile(card.Region, card.From))
		file, err := s.place().Stage(path, func(w io.Writer) error {
			_, err := w.Write(texts[i])
			return err
		})
		if err != nil {
			return fmt.Errorf("rate card of %s: %w; the present cards are kept", card.Region, err)
		}
		staged = append(staged, file)
	}
	for i, card := range cards {
		if err := commit(staged[i]); err != nil {
			return fmt.Errorf("rate card of %s: %w; %s", card.Region, err, replaced(cards[:i]))
		}
	}
	for _, card := range cards {
		if err := s.removeUnreadable(card.Region); err != nil {
			return err
		}
	}
	return atomicfile.SyncDir(s.dir)
}

func (s Store) removeUnreadable(region string) error {
	files, err := pricing.Unreadable(s.FS(), region)
	for _, file := range files {
		err = errors.Join(err, s.place().Remove(filepath.Join(s.dir, file)))
	}
	return err
}

// Encode gives the files of cards for [Store.Put], each proven to read back as the same card. What [Store.Save] refuses
// is refused.
func Encode(cards []pricing.RateCard) (map[string][]byte, error) {
	texts, err := encode(cards)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for i, card := range cards {
		files[pricing.CardFile(card.Region, card.From)] = texts[i]
	}
	return files, nil
}

// encode gives the text of every card, each proven to read back as the same card.
func encode(cards []pricing.RateCard) ([][]byte, error) {
	var texts [][]byte
	var faults []error
	seen := map[string]bool{}
	for _, card := range cards {
		text, err := encodeOne(card)
		file := pricing.CardFile(card.Region, card.From)
		if err == nil && seen[file] {
			err = errors.New("given twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("rate card of %.40q: %w", card.Region, err))
		}
		seen[file] = true
		texts = append(texts, text)
	}
	return texts, errors.Join(faults...)
}

func encodeOne(card pricing.RateCard) ([]byte, error) {
	switch {
	case !pricing.IsRegionName(card.Region) || len(card.Region) > 40:
		// It comes from a file that anyone may have made, and becomes the name of a file here.
		return nil, errors.New("not the name of a region, such as eu-west-1")
	case card.Name != pricing.ListCard:
		return nil, fmt.Errorf("the card is named %q; only %q is kept", card.Name, pricing.ListCard)
	case card.From.IsZero():
		return nil, errors.New("the card does not say from which day it holds")
	case !card.Discounts.IsZero():
		return nil, errors.New("the card has a discount; only list prices are kept")
	}
	text, err := pricing.EncodeCard(card)
	if err != nil {
		return nil, err
	}
	back, err := pricing.ParseCard(text)
	if err != nil {
		return nil, fmt.Errorf("it would not read back: %w", err)
	}
	for _, rated := range pricing.AllRated() {
		was, is := card.RateOf(rated), back.RateOf(rated)
		if back.Region != card.Region || was.Per != is.Per || !was.Figure.Equal(is.Figure) {
			return nil, fmt.Errorf("it would not read back: its %s rate changes", rated.Name())
		}
	}
	return text, nil
}

func replaced(cards []pricing.RateCard) string {
	if len(cards) == 0 {
		return "the present cards are kept"
	}
	var regions []string
	for _, card := range cards {
		regions = append(regions, card.Region)
	}
	return "already replaced: " + strings.Join(regions, ", ")
}
