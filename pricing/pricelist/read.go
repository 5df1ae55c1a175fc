package pricelist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ServiceCode is the code of the offer that MicroVMs are part of.
const ServiceCode = "AWSLambda"

// Page is one file to read: a bulk offer file, or one page of a GetProducts reply.
type Page struct {
	Name string // for messages, such as the file's name; "page 2" where it is empty
	Body io.Reader
}

// Read reads the files of one import: any number of offer files of different regions, or all pages of a GetProducts
// reply, in any order. Its errors are about files that cannot be read as a price list and about
// files that have no MicroVM product. What is wrong with single prices is reported by [Listing.Card] and
// [Listing.Cards], so that one region's fault does not stand in the way of another's card.
func Read(pages ...Page) (Listing, error) { return read(awsLimits(), pages) }

func read(lim limits, pages []Page) (Listing, error) {
	found := &findings{limits: lim, unrecognized: map[string]bool{}}
	var total int64
	var faults []error
	for i, given := range pages {
		name := given.Name
		if name == "" {
			name = fmt.Sprintf("page %d", i+1)
		}
		p := &page{
			document: newDocument(given.Body, lim, &total), name: name, found: found,
			bySKU: map[string]*entry{}, offer: ServiceCode,
		}
		if err := p.readAll(); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	if len(faults) > 0 {
		return Listing{}, errors.Join(faults...)
	}
	return found.listing()
}

// page is one file being read.
type page struct {
	*document
	name  string
	found *findings
	bySKU map[string]*entry // those of an offer file, whose terms and edition come apart from them
	offer string            // the service code that the file must have
	taken *taken            // what else is taken of an offer file; nil for MicroVMs alone

	keys                       []string // of the outermost object, the first few
	products, terms, priceList bool     // which of the members that hold prices were seen
	onDemand                   bool     // likewise, within the terms
	offerCode, nextToken       string
	version, publicationDate   string // of an offer file as a whole
}

func (p *page) readAll() error {
	if err := p.object(p.member); err != nil {
		if !p.opened {
			return p.notJSON(err)
		}
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	if err := p.checkShape(); err != nil {
		return err
	}
	if p.priceList {
		p.found.countReply(p.nextToken)
		return nil
	}
	published, err := newEdition(p.version, p.publicationDate)
	for _, e := range p.bySKU {
		e.edition = published
	}
	return err
}

// member reads one member of the file's outermost object. The names tell the two forms apart.
func (p *page) member(key string) (err error) {
	if len(p.keys) < maxKeysNamed {
		p.keys = append(p.keys, key)
	}
	switch key {
	case "offerCode":
		p.offerCode, err = p.text()
		if err == nil && p.offerCode != p.offer {
			err = fmt.Errorf("this is the offer file of %.40q; download the one of %s", p.offerCode, p.offer)
		}
	case "version":
		p.version, err = p.text()
	case "publicationDate":
		p.publicationDate, err = p.text()
	case "products":
		if err = once(&p.products, key); err == nil {
			err = p.object(p.offerProduct)
		}
	case "terms":
		if !p.products {
			return errors.New("the terms come before the products, which AWS's own files never do; " +
				"put them in order, for example with jq '{offerCode, version, publicationDate, products, terms}'")
		}
		if err = once(&p.terms, key); err == nil {
			err = p.object(p.offerTerms)
		}
	case "PriceList":
		if err = once(&p.priceList, key); err == nil {
			err = p.array(p.replyElement)
		}
	case "NextToken":
		p.nextToken, err = p.text()
	default:
		err = p.skip()
	}
	return err
}

// once notes that a member was seen. JSON does not say which of two counts, so a second one is refused.
func once(seen *bool, key string) error {
	if *seen {
		return fmt.Errorf("%q is given twice; download the price list again", key)
	}
	*seen = true
	return nil
}

// maxKeysNamed is how many of a strange file's keys a message names.
const maxKeysNamed = 8

// checkShape reports whether the members that were found make a price list.
func (p *page) checkShape() error {
	switch {
	case p.priceList && p.products:
		return errors.New("both products and PriceList at the top; " +
			"give an offer file or a GetProducts reply as AWS sent it")
	case p.priceList:
		return nil
	case p.products && !p.terms:
		return errors.New("an offer file without its terms, which hold the prices; download it again")
	case p.products && p.offerCode == "":
		return fmt.Errorf("products without an offerCode, which an offer file of %s has", p.offer)
	case p.products:
		return nil
	}
	what := "is empty"
	if len(p.keys) > 0 {
		what = fmt.Sprintf("has %.200q", strings.Join(p.keys, ", "))
	}
	return fmt.Errorf("neither an offer file of %s (products and terms) nor a GetProducts reply (PriceList): "+
		"its outermost object %s", ServiceCode, what)
}

// notJSON names what a file is that does not start as a JSON object.
func (p *page) notJSON(err error) error {
	head := p.input.head[:min(p.input.read, int64(len(p.input.head)))]
	what := ""
	switch {
	case p.input.failure != nil:
		return err
	case len(head) == 0:
		return errors.New("an empty file; download the price list again")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		what = "gzip data; decompress it first"
	case bytes.HasPrefix(head, []byte("PK")):
		what = "a ZIP archive; unpack it first"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		what = "UTF-16 text; save it as UTF-8"
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		what = "text with a byte order mark; save it as UTF-8 without one"
	case head[0] == '<':
		what = "HTML or XML, perhaps an error page; download the JSON again"
	case head[0] == '"' || head[0] == 'F':
		what = "not a JSON object, perhaps the CSV form; download index.json in its place"
	case head[0] == '[':
		what = "a JSON array; give the whole GetProducts reply, not its PriceList alone"
	default:
		return err
	}
	return fmt.Errorf("neither an offer file nor a GetProducts reply but %s", what)
}
