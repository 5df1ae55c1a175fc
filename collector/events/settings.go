package events

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/usage"
)

// Kind is what an event says has happened.
type Kind uint8

// The kinds. Ignored is for other events of a log.
const (
	Ignored Kind = iota
	Provisioned
	Suspended
	Resumed
	Terminated
)

var kindNames = [...]string{
	Ignored: "ignored", Provisioned: "provisioned", Suspended: "suspended", Resumed: "resumed", Terminated: "terminated",
}

// String is the word used in files and in the configuration.
func (k Kind) String() string { return kindNames[k] }

// ParseScalar implements [strictyaml.Scalar].
func (k *Kind) ParseScalar(text string) error {
	i := slices.Index(kindNames[:], text)
	if i < 0 {
		return fmt.Errorf("unknown event %.40q; events are %s", text, strings.Join(kindNames[:], ", "))
	}
	*k = Kind(i)
	return nil
}

// Config is the section events of microspend.yaml. The zero value reads files that have our own names.
type Config struct {
	Columns  map[string]string // what a file calls our columns, by our name
	Names    map[string]Kind   // what its events mean, by its name
	Defaults Defaults
}

// Defaults are for files without such a column, and for rows in which it is empty. Zero is not known.
type Defaults struct {
	Region       string
	Arch         usage.Arch
	Memory       *pricing.Size
	Image, State *decimal.Decimal // GB; nil stands for the memory
}

// ConfigFile is Config as it is written.
type ConfigFile struct {
	Columns  strictyaml.Map[string] `yaml:"columns"`
	Names    strictyaml.Map[Kind]   `yaml:"names"`
	Defaults struct {
		Region string      `yaml:"region"`
		Arch   archName    `yaml:"arch"`
		Memory *memorySize `yaml:"memory"`
		Image  *scalar.GB  `yaml:"image"`
		State  *scalar.GB  `yaml:"state"`
	} `yaml:"defaults"`
}

type archName usage.Arch

func (a *archName) ParseScalar(text string) error {
	arch, err := pricing.ParseArch(text)
	*a = archName(arch)
	return err
}

type memorySize struct{ pricing.Size }

func (m *memorySize) ParseScalar(text string) (err error) {
	m.Size, err = pricing.ParseSize(text)
	return err
}

// Config checks the section.
func (f *ConfigFile) Config(doc *strictyaml.Document) Config {
	c := Config{Columns: map[string]string{}, Names: map[string]Kind{}}
	for _, entry := range f.Columns {
		if !slices.Contains(columnNames(), entry.Key) {
			doc.Fault("events.columns."+entry.Key, "unknown column; columns are %s", strings.Join(columnNames(), ", "))
		}
		c.Columns[entry.Key] = strings.ToLower(strings.TrimSpace(entry.Value))
	}
	for _, entry := range f.Names {
		c.Names[strings.ToLower(entry.Key)] = entry.Value
	}
	d := &f.Defaults
	c.Defaults = Defaults{Region: d.Region, Arch: usage.Arch(d.Arch)}
	if d.Memory != nil {
		c.Defaults.Memory = &d.Memory.Size
	}
	if d.Image != nil {
		c.Defaults.Image = &d.Image.Decimal
	}
	if d.State != nil {
		c.Defaults.State = &d.State.Decimal
	}
	return c
}
