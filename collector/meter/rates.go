package meter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/inputfile"
	"microspend/pricing"
)

// Rates are what usage is priced at: a card that was given, or else the one built in of the MicroVM's region, with
// figures given inline over either. The zero value has the cards built in.
type Rates struct {
	given  *pricing.RateCard
	inline map[pricing.Rated]pricing.Rate
}

const fromFlag = "--rates"

// parseRates reads a rate card's file, or figures such as vcpu_second=0.0000276944,gb_second=0.0000036667.
func parseRates(text string) (r Rates, err error) {
	if strings.Contains(text, "=") {
		r.inline, err = inlineRates(text)
		return r, err
	}
	yaml, err := inputfile.Read(text, pricing.MaxCardBytes)
	if err != nil {
		return r, err
	}
	card, err := pricing.ParseCard(yaml)
	if err != nil {
		return r, fmt.Errorf("%s: %w", text, err)
	}
	r.given = &card
	return r, nil
}

func inlineRates(text string) (map[pricing.Rated]pricing.Rate, error) {
	figures := map[pricing.RateKey]*decimal.Decimal{}
	of := map[pricing.Rated]pricing.RateKey{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		key := pricing.RateKey(name)
		rated, _, ok := key.Meaning()
		if !ok {
			return nil, fmt.Errorf("unknown rate %.40q; rates are %s", name, rateKeys())
		}
		if of[rated] != "" {
			return nil, fmt.Errorf("%s is given beside %s; give one of the two", key, of[rated])
		}
		figure, err := pricing.ParseDecimal(value)
		if err == nil && figure.IsNegative() {
			err = errors.New("below zero")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %.40q: %w", key, value, err)
		}
		of[rated], figures[key] = key, &figure
	}
	return pricing.InlineRates(figures, fromFlag, pricing.Date{}), nil
}

func rateKeys() string {
	var names []string
	for _, key := range pricing.RateKeys() {
		names = append(names, string(key))
	}
	return strings.Join(names, ", ")
}

// card is what usage on an architecture in a region is priced at from a day on, for as long as a MicroVM lives. A card
// that was given for another region is not used, and that is said. Where there is no card at all, every rate is unknown
// that was not given inline.
func (r Rates) card(
	region string,
	arch pricing.Arch,
	day pricing.Date,
	say func(format string, args ...any),
) pricing.RateCard {
	var card pricing.RateCard
	switch {
	case r.given != nil && (region == "" || region == r.given.Region):
		card = *r.given
	default:
		if r.given != nil {
			say("the rates of --rates are those of %s, and the MicroVM is in %s: not used", r.given.Region, region)
		}
		builtIn, err := pricing.EmbeddedCards().AsOf(day).Card(region)
		switch {
		case err == nil:
		case region == "":
			say("what this MicroVM costs is not known without its region; give --region or --rates")
		default:
			say("%v with --rates", err)
		}
		if err != nil {
			builtIn = pricing.RateCard{Region: region}
		}
		card = builtIn
	}
	card = card.WithOwn(r.inline, arch)
	if pricing.Complete(pricing.OwnRates(r.inline, arch), arch) || card.Name == "" && len(r.inline) > 0 {
		card.Name = "inline"
	}
	return card
}
