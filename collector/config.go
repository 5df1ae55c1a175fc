package collector

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// Config is what the section collect of microspend.yaml says of a run, whatever its source. What is zero was left out.
type Config struct {
	Timing     Timing
	Every      time.Duration    // run again and again
	MaxAPICost *decimal.Decimal // US dollars that one run may cost
	Parallel   int              // calls in flight

	AllowOverlappingSources bool
}

// ConfigFile is Config as it is written; [NewConfigFile] makes one to decode into.
type ConfigFile struct {
	Lengths     strictyaml.Keys `yaml:",inline"` // see [Lengths]
	MaxAPICost  *scalar.Price   `yaml:"max_api_cost"`
	Parallel    *scalar.Count   `yaml:"parallel"`
	Overlapping bool            `yaml:"allow_overlapping_sources"`
}

// Length is a length of time that users choose: by a key of the configuration, or by a flag of the same name.
type Length struct {
	Name string
	Help string
	of   func(*Config) *time.Duration
}

// Lengths lists them.
func Lengths() []Length {
	return []Length{
		{
			"period", "length of the records' `periods` (default 5m)",
			func(c *Config) *time.Duration { return &c.Timing.Period },
		},
		{
			"lookback", "how far back the first run reads, as a `duration` (default 14d)",
			func(c *Config) *time.Duration { return &c.Timing.Lookback },
		},
		{
			"overlap", "how much of what was read before to read again, as a `duration` (default 48h)",
			func(c *Config) *time.Duration { return &c.Timing.Overlap },
		},
		{
			"reread", "with --every, how often to read the whole overlap again, as a `duration`; 0 in every run (default 1h)",
			func(c *Config) *time.Duration { return &c.Timing.Reread },
		},
		{
			"settle", "how long before now to stop reading, as a `duration` (default depends on the source)",
			func(c *Config) *time.Duration { return &c.Timing.Settle },
		},
		{
			"every", "run again and again, each run this `duration` after the start of the previous one",
			func(c *Config) *time.Duration { return &c.Every },
		},
	}
}

// Set checks a length and keeps it. A length of zero means none at all, not the default, and is kept as -1.
func (l Length) Set(c *Config, d time.Duration) error {
	if d == 0 {
		d = -1
	}
	*l.of(c) = d
	switch {
	case l.Name == "period":
		return checkPeriod(d)
	case l.Name == "every" && d < time.Minute:
		return fmt.Errorf("running more often than once a minute reads nothing new")
	case l.Name == "lookback" && d <= 0:
		return fmt.Errorf("the lookback must be longer than zero")
	}
	return nil
}

// NewConfigFile returns an empty section.
func NewConfigFile() ConfigFile {
	var f ConfigFile
	for _, l := range Lengths() {
		f.Lengths = append(f.Lengths, strictyaml.Key{Name: l.Name, Into: new(*scalar.Duration)})
	}
	return f
}

// Config checks what was decoded, and records faults in the document. Keys lie in the given section.
func (f ConfigFile) Config(doc *strictyaml.Document, section string) Config {
	c := Config{MaxAPICost: f.MaxAPICost.OrNil(), AllowOverlappingSources: f.Overlapping}
	for i, l := range Lengths() {
		written := *f.Lengths[i].Into.(**scalar.Duration)
		if written == nil {
			continue
		}
		if err := l.Set(&c, written.Length()); err != nil {
			doc.Fault(section+"."+l.Name, "%s", err)
		}
	}
	c.Parallel = WholeCount(doc, section+".parallel", f.Parallel, MaxParallel)
	return c
}

// MaxParallel is the most calls that may be in flight.
const MaxParallel = 64

// WholeCount reads a number from 1 to most, or 0 where none is written. Anything else is a fault of the document.
func WholeCount(doc *strictyaml.Document, path string, written *scalar.Count, most int64) int {
	if written == nil {
		return 0
	}
	if !written.IsInteger() || !written.IsPositive() || written.GreaterThan(decimal.NewFromInt(most)) {
		doc.Fault(path, "%s is not a whole number from 1 to %d", written.Decimal, most)
		return 0
	}
	return int(written.IntPart())
}
