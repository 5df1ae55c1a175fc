package pricelist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// offerProduct reads one member of an offer file's products.
func (p *page) offerProduct(sku string) error {
	var offered product
	if err := p.decode(&offered); err != nil {
		return fmt.Errorf("product %.40q: %w", sku, err)
	}
	offered.SKU = sku
	if p.taken != nil {
		if err := p.taken.consider(offered); err != nil || !p.taken.cards {
			p.found.products++
			return err
		}
	}
	e, err := p.found.consider(offered, p.name)
	if e != nil {
		p.bySKU[sku] = e
	}
	return err
}

// offerTerms reads one member of an offer file's terms: those of one kind, of which only the ones on demand matter.
func (p *page) offerTerms(kind string) error {
	if kind != "OnDemand" {
		if p.taken != nil {
			return p.object(func(string) error { return p.decode(&discarded{}) }) // far faster, and there may be 200 MB of it
		}
		return p.skip()
	}
	if err := once(&p.onDemand, kind); err != nil {
		return err
	}
	return p.object(func(sku string) error {
		e, ours := p.bySKU[sku]
		c, picked := p.taken.of(sku)
		if !ours && !picked {
			return p.decode(&discarded{})
		}
		var terms json.RawMessage
		if err := p.decode(&terms); err != nil {
			return fmt.Errorf("terms of %s: %w", sku, err)
		}
		if ours {
			e.addTerms(terms)
		}
		if picked {
			c.addTerms(terms)
		}
		return nil
	})
}

// discarded is a value that is checked to be JSON and then forgotten.
type discarded struct{}

func (discarded) UnmarshalJSON([]byte) error { return nil }

// replyProduct is one element of a GetProducts reply's PriceList.
type replyProduct struct {
	Product         product `json:"product"`
	Version         string  `json:"version"`
	PublicationDate string  `json:"publicationDate"`
	Terms           struct {
		OnDemand json.RawMessage `json:"OnDemand"`
	} `json:"terms"`
}

// replyElement reads one element of a GetProducts reply's PriceList. The API sends each as a string that holds JSON;
// some tools print them as objects.
func (p *page) replyElement(index int) error {
	start := p.json.InputOffset()
	text, err := p.replyText()
	if err != nil {
		return err
	}
	var offered replyProduct
	if err := json.Unmarshal(text, &offered); err != nil {
		return &SyntaxError{start, fmt.Sprintf("PriceList[%d]: %s", index, plainReason(err))}
	}
	e, err := p.found.consider(offered.Product, p.name)
	if e == nil || err != nil {
		return err
	}
	if e.edition, err = newEdition(offered.Version, offered.PublicationDate); err != nil {
		return fmt.Errorf("PriceList[%d]: %w", index, err)
	}
	if len(offered.Terms.OnDemand) > 0 {
		e.addTerms(offered.Terms.OnDemand)
	}
	return nil
}

func (p *page) replyText() ([]byte, error) {
	var element json.RawMessage
	if err := p.decode(&element); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(element, []byte{'"'}) {
		return element, nil
	}
	var text string
	err := json.Unmarshal(element, &text)
	return []byte(text), err
}

// findings is what all pages together have of MicroVMs.
type findings struct {
	limits       limits
	products     int // of any kind
	entries      []*entry
	passedOver   int // beyond the entries that turn out to contradict themselves
	unrecognized map[string]bool

	repliesMore, repliesLast int // GetProducts replies that say that more follows, and those that end
}

// consider keeps a product if a rate card may need to know of it.
func (f *findings) consider(offered product, page string) (*entry, error) {
	f.products++
	rated, class := offered.Attributes.classify()
	region := offered.Attributes.text("regionCode")
	group := offered.Attributes.text("group")
	switch {
	case class == unrelated:
		return nil, nil
	case len(f.entries)+len(f.unrecognized) >= f.limits.products:
		return nil, fmt.Errorf("more than %d MicroVM products, where AWS has a few for each region", f.limits.products)
	case !plain(offered.SKU) || offered.SKU == "" || !plain(region):
		return nil, fmt.Errorf("a MicroVM product (group %.64q) whose sku %.40q or regionCode %.40q is not a plain word",
			group, offered.SKU, region)
	case class == unrecognized:
		if !plain(group) {
			group = fmt.Sprintf("%.64q", group)
		}
		f.unrecognized[group] = true
		return nil, nil
	case region == "":
		f.passedOver++ // a card is for a region; what is sold in no region is on none
		return nil, nil
	}
	e := &entry{
		Product: Product{SKU: offered.SKU, Group: group, Region: region}, page: page,
		rated: rated, location: offered.Attributes.text("location"), contradictory: class == contradictory,
	}
	f.entries = append(f.entries, e)
	return e, nil
}

func (f *findings) countReply(nextToken string) {
	if nextToken == "" {
		f.repliesLast++
	} else {
		f.repliesMore++
	}
}

// listing settles what was found, once every page has been read.
func (f *findings) listing() (Listing, error) {
	l := Listing{
		PassedOver:   f.passedOver,
		Unrecognized: slices.Sorted(maps.Keys(f.unrecognized)),
		moreFollows:  f.repliesMore > 0 && f.repliesLast == 0,
		byRegion:     map[string][]*entry{},
	}
	for _, e := range f.entries {
		e.settle()
		if e.contradictory {
			l.PassedOver++
		}
		l.byRegion[e.Region] = append(l.byRegion[e.Region], e)
	}
	if len(f.entries) == 0 {
		return Listing{}, fmt.Errorf("no MicroVM product among the %d products given%s", f.products,
			advice(l.moreFollows, "; give the price list of AWSLambda for a region that has MicroVMs"))
	}
	return l, nil
}
