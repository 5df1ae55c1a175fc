package pricing

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"

	"go.yaml.in/yaml/v4"
)

// layering is how a book finds the prices that were fetched since it was built. A region's are read when they are first
// asked for: the tables of all regions together take longer to read than a workload takes to price.
type layering struct {
	texts    map[string][]byte // of the tables built in, by file
	layers   []fs.FS
	regional *sync.Map // region to layered; nil without layers
}

type layered struct {
	book  PriceBook
	texts map[string][]byte // of the tables that are not just those built in
	err   error
}

// Over returns a book whose prices of a region are those in a folder of files where it has them, and otherwise those
// of b. The folder has one folder for each region, with tables of the same names and form as those that [ReadPrices]
// reads; a table there need not be complete. Of several folders, the last one counts.
func (b PriceBook) Over(files fs.FS) PriceBook {
	b.layers = append(slices.Clone(b.layers), files)
	b.regional = &sync.Map{}
	return b
}

// In returns the book of one region: the prices that hold there, with those that [PriceBook.Over] adds. An error says
// which table cannot be read; the book is then the one built in.
func (b PriceBook) In(region string) (PriceBook, error) {
	if b.regional == nil || !IsRegionName(region) {
		return b, nil
	}
	in := b.layeredIn(region)
	return in.book, in.err
}

func (b PriceBook) layeredIn(region string) layered {
	if known, ok := b.regional.Load(region); ok {
		return known.(layered)
	}
	book, texts, err := b.readRegion(region)
	if err != nil {
		book, err = b, fmt.Errorf("the fetched prices of %s cannot be read: %w", region, err)
	}
	book.layering = layering{} // it has its layers
	in := layered{book, texts, err}
	b.regional.Store(region, in)
	return in
}

// Table looks prices up in one table as it holds in a region, by the keys under which the table has them. It reports
// false where the table has no price there. The table cloudwatch is that of [PriceBook.Measuring].
func (b PriceBook) Table(region, table string) (at func(keys []string) (Price, bool), err error) {
	file := table + ".yaml"
	text := b.texts[file]
	if b.regional != nil {
		in := b.layeredIn(region)
		if in.err != nil {
			return nil, in.err
		}
		if merged, ok := in.texts[file]; ok {
			text = merged
		}
	}
	if text == nil {
		return nil, fmt.Errorf("there is no table %s", table)
	}
	var document yaml.Node
	if err := yaml.Load(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return func(keys []string) (Price, bool) {
		node := outermost(&document)
		for _, key := range keys {
			if isPrice(node) && key == region { // it is of any region
				continue
			}
			i := keyIndex(node, key)
			if i < 0 && key == region {
				i = keyIndex(node, anyRegion)
			}
			if i < 0 {
				return Price{}, false
			}
			node = node.Content[i+1]
		}
		var price Price
		return price, isPrice(node) && price.UnmarshalYAML(node) == nil
	}, nil
}

func (b PriceBook) readRegion(region string) (PriceBook, map[string][]byte, error) {
	texts := map[string][]byte{}
	for _, layer := range b.layers {
		for _, table := range b.tables() {
			text, err := readBounded(layer, path.Join(region, table.file), maxTableBytes)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				below, ok := texts[table.file]
				if !ok {
					below = b.texts[table.file]
				}
				texts[table.file], err = mergeTables(below, text)
			}
			if err != nil {
				return PriceBook{}, nil, fmt.Errorf("%s: %w", table.file, err)
			}
		}
	}
	for _, table := range b.tables() {
		text, changed := texts[table.file]
		if !changed {
			continue
		}
		if err := table.read(text); err != nil {
			return PriceBook{}, nil, err
		}
	}
	return b, texts, nil
}

// maxTableBytes is far more than the prices of one region take: EC2's, the most, have about 60 KB.
const maxTableBytes = 4 << 20

// mergeTables puts one table over another: what both have is the upper one's, a price as a whole.
func mergeTables(lower, upper []byte) ([]byte, error) {
	var below, above yaml.Node
	if err := yaml.Load(lower, &below); err != nil {
		return nil, err
	}
	if err := yaml.Load(upper, &above); err != nil {
		return nil, err
	}
	under, over := outermost(&below), outermost(&above)
	if under.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return nil, errors.New("not a table of prices")
	}
	mergeMapping(under, over)
	return yaml.Dump(under)
}

func outermost(document *yaml.Node) *yaml.Node {
	if document.Kind == yaml.DocumentNode && len(document.Content) == 1 {
		return document.Content[0]
	}
	return document
}

func mergeMapping(below, above *yaml.Node) {
	for i := 0; i+1 < len(above.Content); i += 2 {
		key, value := above.Content[i], above.Content[i+1]
		at := keyIndex(below, key.Value)
		switch {
		case at < 0:
			below.Content = append(below.Content, key, value)
		case value.Kind != yaml.MappingNode || below.Content[at+1].Kind != yaml.MappingNode || isPrice(value):
			below.Content[at+1] = value
		default:
			if present := below.Content[at+1]; isPrice(present) { // of any region, until now
				name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: anyRegion}
				below.Content[at+1] = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{name, present}}
			}
			mergeMapping(below.Content[at+1], value)
		}
	}
}

// keyIndex is where a mapping has a key, -1 where it doesn't. Keys and values take turns.
func keyIndex(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// isPrice reports whether a mapping is one price rather than a table of them.
func isPrice(node *yaml.Node) bool {
	return node.Kind == yaml.MappingNode && keyIndex(node, "usd") >= 0
}
