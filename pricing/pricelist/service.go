package pricelist

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"microspend/internal/lazyregexp"
)

//go:embed services/*.yaml
var serviceFiles embed.FS

// Service says which products of an offer file are taken, and where their prices go. Each is a file in services/: to
// take another service's prices is to add a file there.
type Service struct {
	Name  string `yaml:"-"` // of its file, and of --service
	Title string `yaml:"title"`
	Offer string `yaml:"offer"` // the service code of the offer file
	Cards bool   `yaml:"cards"` // MicroVMs: the prices are the rates of cards
	Picks []Pick `yaml:"prices"`

	// Digest changes with the file, so that what was taken by another one can be told.
	Digest string `yaml:"-"`
}

// Pick takes the price of each product whose attributes are as Where says, and puts it into a table of prices.
//
// A pattern is the text of an attribute, in which {name} stands for letters, digits, points and dashes that At and With
// can use by that name, as they can any attribute; Among says which texts it may stand for. An attribute that a product
// lacks is an empty text. A usage type may have a location's prefix before what the pattern says. productFamily counts
// as an attribute.
type Pick struct {
	Table   string               `yaml:"table"`   // of package pricing: ec2, fargate, …
	At      []string             `yaml:"at"`      // the keys under which the table has the price
	Where   map[string]oneOrMore `yaml:"where"`   // attribute to patterns, one of which it must have
	Among   map[string][]string  `yaml:"among"`   // what a name in a pattern may stand for; anything if it isn't here
	Units   []string             `yaml:"units"`   // in which the price may be; the plural is the same
	Times   string               `yaml:"times"`   // how many units the table's price is for; 1 if empty
	Nearest string               `yaml:"nearest"` // what the table's price is a multiple of; exact if empty
	Tiers   string               `yaml:"tiers"`   // "first" takes the first of several; if empty, there must be one
	With    *Facts               `yaml:"with"`    // what else the table says of the product

	where []condition
}

// Facts are entries of a table that are no prices, such as an instance type's memory.
type Facts struct {
	At  []string          `yaml:"at"`
	Set map[string]string `yaml:"set"`
}

type oneOrMore []string

func (o *oneOrMore) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*o = oneOrMore{node.Value}
		return nil
	}
	return node.Decode((*[]string)(o))
}

// condition is what one attribute must be.
type condition struct {
	attribute string
	patterns  []*regexp.Regexp
}

// Services are the services whose prices are taken, by name.
func Services() ([]Service, error) {
	sub, err := fs.Sub(serviceFiles, "services")
	if err != nil {
		return nil, err
	}
	return readServices(sub)
}

// ServiceNames are the names of the Services, in their order, without reading what each is about.
func ServiceNames() []string {
	entries, _ := serviceFiles.ReadDir("services") // an embedded folder: it is there
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names
}

func readServices(files fs.FS) ([]Service, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var services []Service
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		service := Service{Name: strings.TrimSuffix(name, ".yaml")}
		if err := yaml.Load(text, &service, yaml.WithKnownFields()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for i := range service.Picks {
			if err := service.Picks[i].compile(); err != nil {
				return nil, fmt.Errorf("%s: prices[%d]: %w", name, i, err)
			}
		}
		if service.Offer == "" || service.Title == "" || service.Cards == (len(service.Picks) > 0) {
			return nil, fmt.Errorf("%s: a service has a title, an offer, and either cards or prices", name)
		}
		sum := sha256.Sum256(text)
		service.Digest = hex.EncodeToString(sum[:8])
		services = append(services, service)
	}
	return services, nil
}

func (p *Pick) compile() error {
	if p.Table == "" || len(p.At) == 0 || len(p.Where) == 0 || len(p.Units) == 0 {
		return errors.New("a price has a table, a place in it, products and units")
	}
	if p.Tiers != "" && p.Tiers != "first" {
		return fmt.Errorf("tiers: %s is not first", p.Tiers)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Where)) {
		is := condition{attribute: name}
		for _, pattern := range p.Where[name] {
			compiled, err := p.pattern(name, pattern)
			if err != nil {
				return err
			}
			is.patterns = append(is.patterns, compiled)
		}
		p.where = append(p.where, is)
	}
	return nil
}

var (
	placeholder = lazyregexp.New(`\{([a-zA-Z]+)\}`)

	// locationPrefix is what usage types begin with outside us-east-1, and of some services there, too: EU-, USE1-.
	locationPrefix = `(?:[A-Z]{2,4}[0-9]?-)?`
)

func (p *Pick) pattern(attribute, text string) (*regexp.Regexp, error) {
	expression := ""
	if attribute == "usagetype" {
		expression = locationPrefix
	}
	for rest := text; ; {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			return regexp.Compile("^" + expression + regexp.QuoteMeta(rest) + "$")
		}
		name, stands := rest[at[2]:at[3]], `[A-Za-z0-9.-]+`
		if among := p.Among[name]; len(among) > 0 {
			quoted := make([]string, len(among))
			for i, one := range among {
				quoted[i] = regexp.QuoteMeta(one)
			}
			stands = strings.Join(quoted, "|")
		}
		expression += regexp.QuoteMeta(rest[:at[0]]) + "(?P<" + name + ">" + stands + ")"
		rest = rest[at[1]:]
	}
}

// match reports whether a product is one of those that are taken, and what the names in the patterns stand for.
func (p *Pick) match(offered product) (names map[string]string, ok bool) {
	for _, is := range p.where {
		value := offered.text(is.attribute)
		found := slices.ContainsFunc(is.patterns, func(pattern *regexp.Regexp) bool {
			groups := pattern.FindStringSubmatch(value)
			for i, name := range pattern.SubexpNames() {
				if groups != nil && name != "" {
					if names == nil {
						names = map[string]string{}
					}
					names[name] = groups[i]
				}
			}
			return groups != nil
		})
		if !found {
			return nil, false
		}
	}
	return names, true
}

// fill puts what names and attributes stand for into a text.
func fill(text string, names map[string]string, offered product) (string, error) {
	var lacking string
	filled := placeholder.ReplaceAllStringFunc(text, func(braced string) string {
		name := braced[1 : len(braced)-1]
		value, ok := names[name]
		if !ok {
			value = offered.text(name)
		}
		if value == "" {
			lacking = name
		}
		return value
	})
	if lacking != "" {
		return "", fmt.Errorf("it has no attribute %s", lacking)
	}
	return filled, nil
}

// text is an attribute, among which the product's family counts.
func (p product) text(name string) string {
	if name == "productFamily" {
		return p.Family
	}
	return p.Attributes.text(name)
}
