package pricelist

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Offer is what was taken of one region's offer file.
type Offer struct {
	Edition  Edition
	MicroVMs Listing  // zero where no service makes cards, or the file has no MicroVM product
	Prices   []Priced // in the order of their tables and places
	Facts    []Fact
	Faults   map[string][]error // by service; a service with a fault has no prices
}

// Priced is a price for a table.
type Priced struct {
	Service, Table string
	At             []string
	Price          pricing.Price
	SKU            string
}

// Fact is an entry of a table beside its prices.
type Fact struct {
	Service, Table string
	At             []string
	Set            map[string]string
}

// ReadOffer reads the offer file of one region and takes the prices of services, all of one offer. Its errors are about
// a file that cannot be read; what is wrong with prices is in [Offer.Faults], and what is wrong with those of MicroVMs
// is an error of [Listing.Card].
//
// Memory does not grow with the file but with the number of products that are taken.
func ReadOffer(given Page, region string, services []Service) (Offer, error) {
	lim := awsLimits()
	lim.input = maxOfferBytes
	found := &findings{limits: lim, unrecognized: map[string]bool{}}
	taking := &taken{region: region, bySKU: map[string]*candidate{}}
	var total int64
	p := &page{
		document: newDocument(given.Body, lim, &total), name: given.Name, found: found, bySKU: map[string]*entry{},
		taken: taking,
	}
	for _, service := range services {
		p.offer = service.Offer
		taking.cards = taking.cards || service.Cards
		for i := range service.Picks {
			taking.picks = append(taking.picks, servicePick{service.Name, &service.Picks[i]})
		}
	}
	if err := p.readAll(); err != nil {
		return Offer{}, err
	}
	var offer Offer
	var err error
	if offer.Edition, err = newEdition(p.version, p.publicationDate); err != nil {
		return Offer{}, err
	}
	if len(found.entries) > 0 {
		if offer.MicroVMs, err = found.listing(); err != nil {
			return Offer{}, err
		}
	}
	taking.settle(&offer)
	return offer, nil
}

// maxOfferBytes bounds an offer file: EC2's of one region, the largest, has about 400 MB.
const maxOfferBytes = 4 << 30

// taken are the products that picks take of one file.
type taken struct {
	region string
	cards  bool
	picks  []servicePick
	bySKU  map[string]*candidate
	order  []*candidate
}

type servicePick struct {
	service string
	*Pick
}

// candidate is a product that a pick takes, before its price is known.
type candidate struct {
	product product
	pick    servicePick
	names   map[string]string
	terms   []term
	fault   error
}

// of is the candidate of a product; a nil taken has none.
func (t *taken) of(sku string) (c *candidate, ok bool) {
	if t == nil {
		return nil, false
	}
	c, ok = t.bySKU[sku]
	return c, ok
}

// maxTaken is far more products than the services take of one region: EC2's current types are some hundred.
const maxTaken = 20_000

// consider keeps a product if a pick takes it. A product of another region, as a local zone is, is none of this file's.
func (t *taken) consider(offered product) error {
	if offered.Attributes.text("regionCode") != t.region {
		return nil
	}
	for _, pick := range t.picks {
		names, ok := pick.match(offered)
		switch {
		case !ok:
			continue
		case !plain(offered.SKU) || offered.SKU == "":
			return fmt.Errorf("a product whose sku %.40q is not a plain word", offered.SKU)
		case len(t.order) >= maxTaken:
			return fmt.Errorf("more than %d products that are to be taken", maxTaken)
		}
		c := &candidate{product: offered, pick: pick, names: names}
		t.bySKU[offered.SKU] = c
		t.order = append(t.order, c)
		return nil
	}
	return nil
}

func (c *candidate) addTerms(text json.RawMessage) {
	terms, err := parseTerms(text)
	c.terms, c.fault = append(c.terms, terms...), err
}

// settle finds the price of each product that was taken. Two products for one place are a fault unless their price is
// the same, as no rule says which is billed.
func (t *taken) settle(offer *Offer) {
	offer.Faults = map[string][]error{}
	at := map[string]Priced{}
	slices.SortFunc(t.order, func(a, b *candidate) int { return cmp.Compare(a.product.SKU, b.product.SKU) })
	for _, c := range t.order {
		service := c.pick.service
		priced, fact, err := c.price(offer.Edition)
		if err != nil {
			offer.Faults[service] = append(offer.Faults[service], fmt.Errorf("SKU %s (usage type %.60q): %w", c.product.SKU,
				c.product.Attributes.text("usagetype"), err))
			continue
		}
		place := priced.Table + "\x00" + strings.Join(priced.At, "\x00")
		first, twice := at[place]
		if twice && !first.Price.USD.Equal(priced.Price.USD) {
			offer.Faults[service] = append(offer.Faults[service], fmt.Errorf(
				"SKUs %s and %s both are %s, priced at $%s and $%s; which one is billed cannot be told", first.SKU, priced.SKU,
				strings.Join(priced.At, "."), first.Price.USD, priced.Price.USD))
		}
		if twice {
			continue
		}
		at[place] = priced
		offer.Prices = append(offer.Prices, priced)
		if fact != nil {
			offer.Facts = append(offer.Facts, *fact)
		}
	}
	faulty := func(service string) bool { return len(offer.Faults[service]) > 0 }
	offer.Prices = slices.DeleteFunc(offer.Prices, func(p Priced) bool { return faulty(p.Service) })
	offer.Facts = slices.DeleteFunc(offer.Facts, func(f Fact) bool { return faulty(f.Service) })
	slices.SortStableFunc(offer.Prices, func(a, b Priced) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), slices.Compare(a.At, b.At))
	})
}

func (c *candidate) price(edition Edition) (Priced, *Fact, error) {
	p := Priced{Service: c.pick.service, Table: c.pick.Table, SKU: c.product.SKU}
	var faults []error
	fillAll := func(texts []string) (filled []string) {
		for _, text := range texts {
			one, err := fill(text, c.names, c.product)
			filled, faults = append(filled, one), append(faults, err)
		}
		return filled
	}
	p.At = fillAll(c.pick.At)
	usd, err := c.dollars()
	faults = append(faults, err)
	source := "AWS Price List"
	if edition.Version != "" {
		source += " " + edition.Version
	}
	p.Price = pricing.Price{USD: usd, Source: source + ", SKU " + c.product.SKU, ReadOn: edition.Published.String()}
	if edition.Published.IsZero() {
		faults = append(faults, errors.New("the file does not say when it was published"))
	}
	var fact *Fact
	if with := c.pick.With; with != nil {
		fact = &Fact{Service: p.Service, Table: p.Table, At: fillAll(with.At), Set: map[string]string{}}
		for key, text := range with.Set {
			value, err := fill(text, c.names, c.product)
			fact.Set[key] = strings.ReplaceAll(value, ",", "")
			faults = append(faults, err)
		}
	}
	return p, fact, errors.Join(faults...)
}

// dollars is the price in the unit of the table.
func (c *candidate) dollars() (decimal.Decimal, error) {
	none := decimal.Decimal{}
	switch {
	case c.fault != nil:
		return none, c.fault
	case len(c.terms) != 1:
		return none, fmt.Errorf("it has %d terms on demand, not one", len(c.terms))
	}
	tiers, err := c.terms[0].tiers()
	switch {
	case err != nil:
		return none, err
	case len(tiers) > 1 && c.pick.Tiers == "":
		return none, fmt.Errorf("it has %d prices (tiers), where one is expected", len(tiers))
	}
	first := tiers[0]
	if !slices.ContainsFunc(c.pick.Units, func(unit string) bool { return sameUnit(unit, first.Unit) }) {
		return none, fmt.Errorf("priced per %.40q where %s is expected; a changed unit is never priced", first.Unit,
			strings.Join(c.pick.Units, " or "))
	}
	usd, err := first.dollars()
	if err != nil {
		return none, err
	}
	if c.pick.Times != "" {
		times, err := pricing.ParseDecimal(c.pick.Times)
		if err != nil {
			return none, err
		}
		usd = pricing.Rate{Figure: usd, Per: pricing.PerUnit}.Scale(times).Figure
	}
	if c.pick.Nearest != "" {
		step, err := pricing.ParseDecimal(c.pick.Nearest)
		if err != nil {
			return none, err
		}
		usd = pricing.Rate{Figure: step, Per: pricing.PerUnit}.Scale(pricing.Divide(usd, step, 0)).Figure
	}
	return usd, nil
}
