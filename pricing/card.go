package pricing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"microspend/internal/strictyaml"
)

// ListCard is the name of the card that holds AWS's list prices.
const ListCard = "aws-list"

// StaleAfterDays is the age beyond which a card's figures are reported as stale. AWS changes prices without notice;
// ninety days is this product's own choice of when to look again.
const StaleAfterDays = 90

// RateCard holds the rates of one region, those of compute on every architecture. It stands for one architecture, ARM64
// unless [RateCard.For] has chosen another: [RateCard.Rate] and whatever else goes by billed quantity means that one's.
// Its methods never change it; [RateCard.With] returns a changed copy.
type RateCard struct {
	Name     string // "aws-list", or "inline" where every rate was given by the user
	Region   string // as AWS names it, such as eu-west-1
	Location string // in words, such as Europe (Ireland)
	Opened   Date   // when MicroVMs opened in the region
	From     Date   // the first UTC day on which the card holds; the zero date for one that always does. See [Series]

	// SavingsPlan is whether a Compute Savings Plan covers MicroVMs in the region; zero where nobody has looked.
	SavingsPlan SavingsPlan

	Discounts Discounts

	arch  int // its place in the table
	rates cardRates
	list  cardRates // where they differ from rates; see ListRate
}

// cardRates has a place for each of [AllRated]; what is billed alike on all architectures has it in the first column.
type cardRates [QuantityCount][archCount]Rate

// at is the place of a quantity's rate on the architecture at a place. An architecture that is not in the table has no
// rates of compute: they are not known, and never another's.
func (r *cardRates) at(q BilledQuantity, arch int) *Rate {
	switch {
	case !q.ByArch():
		return &r[q][0]
	case arch < archCount:
		return &r[q][arch]
	}
	return &Rate{}
}

func (r *cardRates) of(rated Rated) *Rate { return r.at(rated.Quantity, rated.Arch.place()) }

// For returns the card whose compute rates are those on an architecture, of ARM64 where that is not known. All others
// are the same.
func (c RateCard) For(arch Arch) RateCard {
	c.arch = arch.place()
	return c
}

// Arch is the architecture for which the card stands.
func (c RateCard) Arch() Arch {
	if c.arch < archCount {
		return archTable[c.arch].arch
	}
	return ArchUnknown
}

// Rate returns the rate of one billed quantity.
func (c RateCard) Rate(q BilledQuantity) Rate { return *c.rates.at(q, c.arch) }

// RateOf returns the rate of what has one of its own, whatever the architecture for which the card stands.
func (c RateCard) RateOf(r Rated) Rate { return *c.rates.of(r) }

// Charged returns the rate of one billed quantity after its discount: what usage is charged at.
func (c RateCard) Charged(q BilledQuantity) Rate { return c.Rate(q).Net(c.Discounts[q]) }

// ListRate returns AWS's public rate of one billed quantity, where the card was set against a list by
// [RateCard.AgainstList] and that knows it, and otherwise the card's own.
func (c RateCard) ListRate(q BilledQuantity) Rate { return *c.listed(q) }

func (c *RateCard) listed(q BilledQuantity) *Rate {
	if listed := c.list.at(q, c.arch); listed.Known() {
		return listed
	}
	return c.rates.at(q, c.arch)
}

// With returns a copy of the card with one rate replaced, which from then on is its own list rate.
func (c RateCard) With(q BilledQuantity, r Rate) RateCard {
	*c.rates.at(q, c.arch), *c.list.at(q, c.arch) = r, Rate{}
	return c
}

// WithRates returns a copy of the card with several rates replaced, on whatever architecture; see [RateCard.With].
func (c RateCard) WithRates(rates map[Rated]Rate) RateCard {
	arch := c.arch
	for rated, rate := range rates {
		c = c.For(rated.Arch).With(rated.Quantity, rate)
	}
	c.arch = arch
	return c
}

// AgainstList returns a copy of the card whose list amounts are those of another, AWS's public one, so that what was
// agreed can be shown beside what everybody pays. What is charged stays the same. A card that does not say where the
// region is takes that over too.
func (c RateCard) AgainstList(public RateCard) RateCard {
	c.list = public.rates
	if c.Location == "" {
		c.Location = public.Location
	}
	return c
}

// Negotiated reports whether anything is charged differently from list, on any architecture: by a discount or by a rate
// of its own.
func (c RateCard) Negotiated() bool {
	return slices.ContainsFunc(AllRated(), func(r Rated) bool {
		on := c.For(r.Arch)
		return on.negotiatedOn(r.Quantity)
	})
}

func (c *RateCard) negotiatedOn(q BilledQuantity) bool {
	rate, listed := c.rates.at(q, c.arch), c.listed(q)
	return !c.Discounts[q].IsZero() || rate != listed && !rate.Equal(*listed)
}

// Unknown lists the quantities whose rate is not known.
func (c RateCard) Unknown() []BilledQuantity {
	var unknown []BilledQuantity
	for _, q := range BilledQuantities() {
		if !c.Rate(q).Known() {
			unknown = append(unknown, q)
		}
	}
	return unknown
}

// Empty reports whether no rate is known on any architecture, as of a region of which nothing is.
func (c RateCard) Empty() bool {
	return !slices.ContainsFunc(AllRated(), func(r Rated) bool { return c.RateOf(r).Known() })
}

// Key returns the plain name of the rate of q in the form in which the card gives it, and false where the rate is not
// known.
func (c RateCard) Key(q BilledQuantity) (RateKey, bool) {
	rate := c.Rate(q)
	if !rate.Known() {
		return "", false
	}
	return q.form(rate.Per).key, true
}

// ReadOn is the day of the oldest figure that the card itself gives, which is as current as the card can claim to be.
// Figures given inline do not count. It is the zero date where the card gives none.
func (c RateCard) ReadOn() Date {
	var oldest Date
	for _, q := range BilledQuantities() {
		r := c.Rate(q)
		if !r.Known() || r.Inline || r.ReadOn.IsZero() {
			continue
		}
		if oldest.IsZero() || r.ReadOn.Before(oldest) {
			oldest = r.ReadOn
		}
	}
	return oldest
}

// Stale reports whether the card's oldest figure was read more than [StaleAfterDays] days before now, and how many
// days ago that was. A card without dated figures of its own is never stale.
func (c RateCard) Stale(now time.Time) (days int, stale bool) {
	readOn := c.ReadOn()
	if readOn.IsZero() {
		return 0, false
	}
	days = readOn.DaysUntil(now)
	return days, days > StaleAfterDays
}

// cardFile is the YAML form of a card.
type cardFile struct {
	Card     string               `yaml:"card"`
	Region   string               `yaml:"region"`
	Location string               `yaml:"location"`
	Opened   string               `yaml:"opened,omitempty"`
	From     string               `yaml:"from,omitempty"`
	Currency string               `yaml:"currency"`
	Plan     *savingsPlanFile     `yaml:"savings_plan,omitempty"`
	Rates    map[RateKey]rateFile `yaml:"rates"`
}

// rateFile is the YAML form of one rate. A figure that has been looked for and not found is written as "unknown".
type rateFile struct {
	Figure figureText `yaml:"figure"`
	Source string     `yaml:"source"`
	ReadOn string     `yaml:"read_on"`
}

// figureText keeps a YAML scalar as it is written, which a decoder into a number would not.
type figureText string

// UnmarshalYAML takes the scalar's own text.
func (f *figureText) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return errors.New("a figure is a single value")
	}
	*f = figureText(node.Value)
	return nil
}

// MarshalYAML writes the figure without quotes.
func (f figureText) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: string(f)}, nil
}

const unknownFigure = "unknown"

// MaxCardBytes is the largest rate card that is read from a file. AWS's have 3 KB.
const MaxCardBytes = 64 << 10

// ParseCard reads a rate card in YAML. An unknown key, a figure that is not a plain decimal, a negative figure, a
// missing source or date, a currency other than USD, and two figures for one quantity are errors. A card that does not
// say from which day it holds does so from the day on which its newest figure was read.
func ParseCard(text []byte) (RateCard, error) {
	var file cardFile
	if err := yaml.Load(text, &file, yaml.WithKnownFields()); err != nil {
		return RateCard{}, notCard(err, text)
	}
	if file.Card == "" || file.Region == "" {
		return RateCard{}, errors.New("a rate card names its card and its region")
	}
	if file.Currency != "USD" {
		return RateCard{}, fmt.Errorf("currency is %q; rates are in USD", file.Currency)
	}
	card := RateCard{Name: file.Card, Region: file.Region, Location: file.Location}
	for _, date := range []struct {
		key, text string
		into      *Date
	}{{"opened", file.Opened, &card.Opened}, {"from", file.From, &card.From}} {
		if date.text == "" {
			continue
		}
		var err error
		if *date.into, err = ParseDate(date.text); err != nil {
			return RateCard{}, fmt.Errorf("%s: %w", date.key, err)
		}
	}
	for _, key := range RateKeys() {
		written, given := file.Rates[key]
		if !given {
			continue
		}
		delete(file.Rates, key)
		rated, per, _ := key.Meaning()
		rate, err := written.rate(per)
		if err != nil {
			return RateCard{}, fmt.Errorf("rates.%s: %w", key, err)
		}
		if card.RateOf(rated).Source != "" {
			return RateCard{}, fmt.Errorf("rates.%s: the %s rate is given twice", key, rated.Name())
		}
		*card.rates.of(rated) = rate
	}
	if len(file.Rates) > 0 {
		return RateCard{}, fmt.Errorf("rates.%s: no such rate", slices.Min(slices.Collect(maps.Keys(file.Rates))))
	}
	if card.From.IsZero() {
		card.From = card.heldFrom()
	}
	var err error
	card.SavingsPlan, err = file.Plan.plan()
	return card, err
}

// NotCardError says that a file is not a rate card at all. Its text quotes the file; Line, 0 where it is not known, is
// for those who must not, as the file may be any that somebody has named.
type NotCardError struct {
	Line int
	Err  error
}

func (e *NotCardError) Error() string { return fmt.Sprint("not a rate card: ", e.Err) }

// Unwrap returns what is wrong, without the words "not a rate card".
func (e *NotCardError) Unwrap() error { return e.Err }

// notCard says what is wrong with a text that could not be decoded. The library's own words are of Go types and of its
// parser's states.
func notCard(err error, text []byte) error {
	if _, syntax := strictyaml.Parse("", text); syntax != nil {
		if faults, ok := errors.AsType[*strictyaml.Faults](syntax); ok {
			first := faults.List[0]
			path := first.Path
			if path != "" {
				path += ": "
			}
			return &NotCardError{first.Line, fmt.Errorf("line %d: %s%s", first.Line, path, first.Message)}
		}
	}
	wrong, ok := errors.AsType[*yaml.LoadErrors](err)
	if !ok {
		return &NotCardError{Err: err}
	}
	var faults []string
	for _, each := range wrong.Errors {
		faults = append(faults, fmt.Sprintf("line %d: %s", each.Mark.Line, plainFault(each.Message)))
	}
	return &NotCardError{wrong.Errors[0].Mark.Line, errors.New(strings.Join(faults, "; "))}
}

// plainFault is what the YAML library says of a value that does not fit into its Go type, in words of the file.
func plainFault(text string) string {
	if key, ok := strings.CutPrefix(text, "field "); ok {
		key, _, _ = strings.Cut(key, " not found in type ")
		return "unknown key " + key
	}
	kind, _, misfit := strings.Cut(strings.TrimPrefix(text, "cannot construct "), " into ")
	switch {
	case !misfit:
		return text
	case strings.HasPrefix(kind, "!!seq"):
		return "a list does not belong here"
	case strings.HasPrefix(kind, "!!map"):
		return "a mapping does not belong here"
	}
	return "a single value does not belong here"
}

func (f rateFile) rate(per Per) (Rate, error) {
	if f.Source == "" {
		return Rate{}, errors.New("a figure names its source")
	}
	readOn, err := ParseDate(f.ReadOn)
	if err != nil {
		return Rate{}, fmt.Errorf("read_on: %w", err)
	}
	rate := Rate{Source: f.Source, ReadOn: readOn}
	if f.Figure == unknownFigure {
		return rate, nil
	}
	rate.Figure, err = ParseDecimal(string(f.Figure))
	if err != nil {
		return Rate{}, fmt.Errorf("figure %q: %w", f.Figure, err)
	}
	if rate.Figure.IsNegative() {
		return Rate{}, fmt.Errorf("figure %s is negative", f.Figure)
	}
	rate.Per = per
	return rate, nil
}

// EncodeCard writes a card in the YAML that [ParseCard] reads.
func EncodeCard(card RateCard) ([]byte, error) {
	file := cardFile{
		Card: card.Name, Region: card.Region, Location: card.Location, Opened: card.Opened.String(),
		Currency: "USD", Rates: map[RateKey]rateFile{},
	}
	if card.From != card.heldFrom() {
		file.From = card.From.String()
	}
	for _, rated := range AllRated() {
		rate := card.RateOf(rated)
		if !rate.Known() && rate.Source == "" && rated.Optional() {
			continue // nobody has looked for it: a card of before there was another architecture
		}
		key, figure := rated.RateKeys()[0], figureText(unknownFigure)
		if rate.Known() {
			key, figure = rated.RateKey(rate.Per), figureText(rate.Figure.String())
		}
		file.Rates[key] = rateFile{Figure: figure, Source: rate.Source, ReadOn: rate.ReadOn.String()}
	}
	file.Plan = card.SavingsPlan.file()
	return yaml.Dump(file, yaml.WithIndent(2))
}
