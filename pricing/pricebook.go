package pricing

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"

	"microspend/internal/lazyregexp"
	"microspend/pricing/assumption"
)

// Price is one dated figure of an alternative, in US dollars per the unit its table names.
type Price struct {
	USD    decimal.Decimal
	Source string
	ReadOn string // a day, or as much of one as the source gives: 2026-10-08, 2026-10 or 2026

	// Confidence is "medium" for a figure that was not read from its seller but from one hand, and "" otherwise.
	Confidence string
	Assumption assumption.ID // what the figure rests on where no source gives it; "" where one does
}

var partialDate = lazyregexp.New(`^\d{4}(-\d{2}(-\d{2})?)?$`)

// UnmarshalYAML reads a price and refuses one without a figure, a source or a date, or with an assumption that is not
// in the register.
func (p *Price) UnmarshalYAML(node *yaml.Node) error {
	var file struct {
		USD        figureText    `yaml:"usd"`
		Source     string        `yaml:"source"`
		ReadOn     string        `yaml:"read_on"`
		Confidence string        `yaml:"confidence"`
		Assumption assumption.ID `yaml:"assumption"`
	}
	if err := node.Decode(&file); err != nil {
		return err
	}
	usd, err := ParseDecimal(string(file.USD))
	if err != nil {
		return fmt.Errorf("line %d: usd: %w", node.Line, err)
	}
	if file.Source == "" || !partialDate.MatchString(file.ReadOn) {
		return fmt.Errorf("line %d: a price names its source and the date it was read on", node.Line)
	}
	if file.Confidence != "" && file.Confidence != "medium" {
		return fmt.Errorf("line %d: confidence is medium, or left out", node.Line)
	}
	if file.Assumption != "" && file.Assumption.Facts().Text == "" {
		return fmt.Errorf("line %d: assumption %q is not in the register", node.Line, file.Assumption)
	}
	*p = Price{usd, file.Source, file.ReadOn, file.Confidence, file.Assumption}
	return nil
}

// assumed are what prices rest on, each once.
func assumed(prices []Price) []Note {
	var notes []Note
	for _, p := range prices {
		if p.Assumption == "" {
			continue
		}
		if note := p.Assumption.Clause(); !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}

// exact is a number in a table that must not pass through a float.
type exact struct{ decimal.Decimal }

func (e *exact) UnmarshalYAML(node *yaml.Node) (err error) {
	e.Decimal, err = ParseDecimal(node.Value)
	return err
}

// byRegion holds prices by region; the key "any" serves where a region has none of its own. One price in its place is
// that of any region.
type byRegion map[string]Price

func (b *byRegion) UnmarshalYAML(node *yaml.Node) error {
	if isPrice(node) {
		var price Price
		err := price.UnmarshalYAML(node)
		*b = byRegion{anyRegion: price}
		return err
	}
	return node.Decode((*map[string]Price)(b))
}

const anyRegion = "any"

func (b byRegion) in(region string) (Price, bool) {
	if p, ok := b[region]; ok {
		return p, true
	}
	p, ok := b[anyRegion]
	return p, ok
}

// PriceBook holds what alternatives to MicroVMs cost, each figure with its source and date. Build one with
// [EmbeddedPrices], and have it read what was fetched since with [PriceBook.Over]; it is read-only from then on.
type PriceBook struct {
	layering
	ec2       ec2Prices
	fargate   fargatePrices
	function  functionPrices
	lightsail lightsailPrices
	ci        ciPrices
	sandboxes map[string]sandboxPrices
	limits    limitTable
	measuring MeasuringPrices
}

// IsZero reports whether the book is the zero value, which has no prices at all.
func (b PriceBook) IsZero() bool {
	return b.sandboxes == nil && b.ec2.Types == nil && b.regional == nil
}

type ec2Prices struct {
	Types      map[string]instanceType     `yaml:"types"`
	Burstable  []string                    `yaml:"burstable"` // families that sustain only a part of their vCPUs
	Hourly     map[string]map[string]Price `yaml:"hourly"`
	EBSGBMonth byRegion                    `yaml:"ebs_gb_month"`
	PublicIPv4 byRegion                    `yaml:"public_ipv4_hour"`
}

type instanceType struct {
	VCPU   exact  `yaml:"vcpu"`
	Memory string `yaml:"memory"`
	Arch   string `yaml:"arch"` // "" is arm64
}

type fargatePrices struct {
	MinimumSeconds exact               `yaml:"minimum_seconds"`
	FreeDiskGB     exact               `yaml:"free_disk_gb"`
	Sizes          []fargateSize       `yaml:"sizes"`
	VCPUHour       map[string]byRegion `yaml:"vcpu_hour"`
	GBHour         map[string]byRegion `yaml:"gb_hour"`
	DiskGBHour     byRegion            `yaml:"disk_gb_hour"`
}

// fargateSize is the memory in GB that tasks of one number of vCPUs can have: From to To in steps, and Also.
type fargateSize struct {
	VCPU exact `yaml:"vcpu"`
	From exact `yaml:"from"`
	To   exact `yaml:"to"`
	Step exact `yaml:"step"`
	Also exact `yaml:"also"`
}

type functionPrices struct {
	StepSeconds     exact               `yaml:"step_seconds"`
	FreeRequests    exact               `yaml:"free_requests"`
	FreeGBSeconds   exact               `yaml:"free_gb_seconds"`
	GBSecond        map[string]byRegion `yaml:"gb_second"`
	MillionRequests byRegion            `yaml:"million_requests"`
}

type lightsailPrices struct {
	WithIPv4 map[string]byRegion `yaml:"with_ipv4"`
	IPv6Only map[string]byRegion `yaml:"ipv6_only"`
}

type ciPrices struct {
	StepSeconds exact `yaml:"step_seconds"`
	PerMinute   map[string]struct {
		Title string `yaml:"title"`
		Price Price  `yaml:"price"`
	} `yaml:"per_minute"`
}

type sandboxPrices struct {
	Title             string `yaml:"title"`
	Per               string `yaml:"per"` // second or hour
	VCPU              Price  `yaml:"vcpu"`
	Memory            Price  `yaml:"memory"`
	Disk              *Price `yaml:"disk"`         // per GiB-hour beyond FreeDiskGB
	FreeDiskGB        exact  `yaml:"free_disk_gb"` // only with Disk
	WholeVCPUs        bool   `yaml:"whole_vcpus"`
	IncludedGBPerVCPU exact  `yaml:"included_gb_per_vcpu"`
	GivesUp           string `yaml:"gives_up"`       // in place of what any other provider gives up
	OnlyIfNamed       bool   `yaml:"only_if_named"`  // a comparison without a list leaves it out
	ActiveCPU         bool   `yaml:"active_cpu"`     // charges for a vCPU only while it is busy
	VCPUsPerCore      exact  `yaml:"vcpus_per_core"` // where the price is per physical core
}

//go:embed rates/alternatives/*.yaml
var embeddedPrices embed.FS

// EmbeddedPrices reads the prices built into the program. An error means that a table in rates/alternatives is broken,
// which the package's tests rule out.
func EmbeddedPrices() (PriceBook, error) {
	files, err := fs.Sub(embeddedPrices, "rates/alternatives")
	if err != nil {
		return PriceBook{}, err
	}
	return ReadPrices(files)
}

// ReadPrices reads the prices of alternatives from a folder: ec2.yaml, fargate.yaml, function.yaml, lightsail.yaml,
// ci.yaml and sandbox.yaml, and limits.yaml with what they offer. Another instance type, bundle, runner or provider is
// just another entry there.
func ReadPrices(files fs.FS) (PriceBook, error) {
	book := PriceBook{layering: layering{texts: map[string][]byte{}}}
	for _, table := range book.tables() {
		text, err := measuringPrices, error(nil)
		if table.file != measuringFile {
			text, err = fs.ReadFile(files, table.file)
		}
		if err != nil {
			return PriceBook{}, err
		}
		if err := table.read(text); err != nil {
			return PriceBook{}, err
		}
		book.texts[table.file] = text
	}
	return book, nil
}

// priceTable is a file of prices and what reads its text into a book.
type priceTable struct {
	file string
	read func(text []byte) error
}

func (b *PriceBook) tables() []priceTable {
	return []priceTable{
		tableOf("ec2.yaml", &b.ec2),
		tableOf("fargate.yaml", &b.fargate),
		tableOf("function.yaml", &b.function),
		tableOf("lightsail.yaml", &b.lightsail),
		tableOf("ci.yaml", &b.ci),
		tableOf("sandbox.yaml", &b.sandboxes),
		tableOf("limits.yaml", &b.limits),
		tableOf(measuringFile, &b.measuring),
	}
}

func tableOf[T any](file string, into *T) priceTable {
	return priceTable{file, func(text []byte) error {
		var fresh T // books share the maps of those they were made of
		if err := yaml.Load(text, &fresh, yaml.WithKnownFields()); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		*into = fresh
		return nil
	}}
}
