package pricing

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"microspend/internal/lazyregexp"
)

//go:embed rates/*.yaml
var embeddedCards embed.FS

// CardSource gives the cards of AWS's list prices by region. The zero value has none; [EmbeddedCards] has those built
// in. Cards are read once and then remembered, so a source shows the cards as they were when it was made. It may be
// used by several goroutines at once.
//
// A layer has files named <region>.yaml or <region>@<day>.yaml, each a card that [ParseCard] reads; the day is that
// from which the card holds. All layers together are one [Series] for each region.
type CardSource struct {
	layers []fs.FS   // of cards that hold from the same day, those of later layers win
	read   *sync.Map // region to Series; nil in the zero value
	asOf   Date
}

// EmbeddedCards is the source of the cards built into the program.
func EmbeddedCards() CardSource {
	sub, err := fs.Sub(embeddedCards, "rates")
	if err != nil {
		panic(err) // the path is a constant that go:embed has checked
	}
	return CardSource{layers: []fs.FS{sub}, read: &sync.Map{}}
}

// Over returns a source that has the cards in a folder as well as those of s. Of cards that hold from the same day,
// those in the folder count.
func (s CardSource) Over(folder fs.FS) CardSource {
	return CardSource{append(slices.Clone(s.layers), folder), &sync.Map{}, s.asOf}
}

// AsOf returns a source whose [CardSource.Card] gives the cards that hold on a day, in place of the newest ones. Its
// series are the same.
func (s CardSource) AsOf(day Date) CardSource {
	s.asOf = day
	return s
}

// Card returns the card of a region that holds on the day of [CardSource.AsOf], and the newest one without it.
// [NoCardError] is its error where there is none.
func (s CardSource) Card(region string) (RateCard, error) {
	series, err := s.Series(region)
	switch {
	case err != nil:
		return RateCard{}, err
	case s.asOf.IsZero():
		return series.Newest(), nil
	default:
		return series.On(s.asOf), nil
	}
}

// Series returns all cards of a region. [NoCardError] is its error where there is none.
func (s CardSource) Series(region string) (Series, error) {
	if s.read == nil {
		return s.readSeries(region)
	}
	if series, ok := s.read.Load(region); ok {
		return series.(Series), nil
	}
	series, err := s.readSeries(region)
	if err == nil {
		s.read.Store(region, series)
	}
	return series, err
}

// Changes are the days on which the rates of some region change. Cards that cannot be read have none; they are an error
// where they are asked for.
func (s CardSource) Changes() []Date {
	var days []Date
	for _, region := range s.Regions() {
		if series, err := s.Series(region); err == nil {
			days = append(days, series.Changes()...)
		}
	}
	return SortedDays(days)
}

// maxCardBytes is far more than a card takes.
const maxCardBytes = 64 << 10

// readBounded reads a regular file up to a number of bytes.
func readBounded(layer fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(layer, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("not a regular file of at most %d KiB", most>>10)
	}
	return fs.ReadFile(layer, name)
}

func (s CardSource) readSeries(region string) (Series, error) {
	var cards []RateCard
	for _, layer := range s.layers {
		files, err := cardFiles(layer, region)
		if err != nil {
			return nil, fmt.Errorf("rate cards of %s: %w", region, err)
		}
		for _, file := range files {
			card, err := readCard(layer, file, region)
			if err != nil {
				return nil, fmt.Errorf("rate card %s: %w", file, err)
			}
			cards = append(cards, card)
		}
	}
	if len(cards) == 0 {
		return nil, &NoCardError{region}
	}
	return NewSeries(cards...), nil
}

// CardFile is the name of the file of a card within a folder of cards: that of a region, or of a region from a day on.
func CardFile(region string, from Date) string {
	if from.IsZero() {
		return region + ".yaml"
	}
	return region + "@" + from.String() + ".yaml"
}

// cardFiles are the files of a region in a layer, the one without a day first. A folder that does not exist has none.
// The region comes from the user, so that files are looked for among those there are and it never becomes a path.
func cardFiles(layer fs.FS, region string) ([]string, error) {
	entries, err := fs.ReadDir(layer, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []string
	for _, entry := range entries { // in the order of their names, in which . comes before @
		name := entry.Name()
		if rest, ok := strings.CutPrefix(name, region); ok && (rest == ".yaml" || dated.MatchString(rest)) {
			files = append(files, name)
		}
	}
	return files, err
}

// dated is how the name of a card's file ends that has a day. Others, such as hidden ones that a killed import left,
// are no cards.
var dated = lazyregexp.New(`^@[0-9]{4}-[0-9]{2}-[0-9]{2}\.yaml$`)

func readCard(layer fs.FS, file, region string) (RateCard, error) {
	text, err := readBounded(layer, file, maxCardBytes)
	if err != nil {
		return RateCard{}, err
	}
	card, err := ParseCard(text)
	switch {
	case err != nil:
		return RateCard{}, err
	case card.Region != region:
		return RateCard{}, fmt.Errorf("it is for %s", card.Region)
	case file != CardFile(region, Date{}) && file != CardFile(region, card.From):
		return RateCard{}, fmt.Errorf("it holds from %s; name it %s", card.From, CardFile(region, card.From))
	}
	return card, nil
}

// Unreadable lists the files of a region in a folder of cards that a source cannot read.
func Unreadable(folder fs.FS, region string) ([]string, error) {
	files, err := cardFiles(folder, region)
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := readCard(folder, file, region)
		return err == nil
	}), err
}

// Regions lists the regions that have a card, in alphabetical order.
func (s CardSource) Regions() []string {
	var regions []string
	for _, layer := range s.layers {
		files, _ := fs.Glob(layer, "*.yaml")
		for _, file := range files {
			region, _, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".yaml"), "@")
			if regionForm.MatchString(region) {
				regions = append(regions, region)
			}
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}
