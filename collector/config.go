package collector

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// Config is what the section collect of microspend.yaml says of a run, whatever its source. What is zero was left out.
type Config struct {
	Timing     Timing
	Every      time.Duration // run again and again
	RunTimeout time.Duration // of each run; below zero for none
	MaxAPICost CostLimit     // of API calls
	Parallel   int           // calls in flight
	Listen     string        // address of metrics and health, with Every; "" for none

	AllowOverlappingSources bool
}

// ConfigFile is Config as it is written; [NewConfigFile] makes one to decode into.
type ConfigFile struct {
	Lengths     strictyaml.Keys `yaml:",inline"` // see [Lengths]
	MaxAPICost  CostLimit       `yaml:"max_api_cost"`
	Parallel    *scalar.Count   `yaml:"parallel"`
	Listen      string          `yaml:"listen,trusted"`
	Overlapping bool            `yaml:"allow_overlapping_sources"`
}

// CostLimit is what API calls may cost at most, in US dollars. It is written 0.50, of a run, or 5/day, of a UTC day, or
// both, as 0.50, 5/day. What is left out is not limited.
type CostLimit struct{ Run, Day *decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (l *CostLimit) ParseScalar(text string) error {
	*l = CostLimit{}
	for part := range strings.SplitSeq(text, ",") {
		amount, unit, per := strings.Cut(strings.TrimSpace(part), "/")
		into := &l.Run
		switch {
		case per && unit == "day":
			into = &l.Day
		case per && unit != "run":
			return fmt.Errorf("%.40q is not an amount of dollars such as 0.50, for a run, or 5/day", text)
		}
		var price scalar.Price
		if err := price.ParseScalar(amount); err != nil {
			return err
		}
		if *into != nil {
			return fmt.Errorf("%.40q has two limits for the same", text)
		}
		*into = &price.Decimal
	}
	return nil
}

// Length is a length of time that users choose: by a flag, or by a key of the configuration of the same name, with
// underscores.
type Length struct {
	Name string
	Help string
	of   func(*Config) *time.Duration
}

// Lengths lists them.
func Lengths() []Length {
	return []Length{
		{
			"resolution", "length of a record, as a `DURATION` (default 5m)",
			func(c *Config) *time.Duration { return &c.Timing.Period },
		},
		{
			"lookback", "how far back the first run reads, as a `DURATION` (default 14d)",
			func(c *Config) *time.Duration { return &c.Timing.Lookback },
		},
		{
			"overlap", "how much of what was read before to read again, as a `DURATION` (default 48h)",
			func(c *Config) *time.Duration { return &c.Timing.Overlap },
		},
		{
			"reread", "with --every, how often to read the whole overlap again, as a `DURATION`; 0 in every run (default 1h)",
			func(c *Config) *time.Duration { return &c.Timing.Reread },
		},
		{
			"settle", "how long before now to stop reading, as a `DURATION` (default depends on the source)",
			func(c *Config) *time.Duration { return &c.Timing.Settle },
		},
		{
			"every", "run again and again, each run this `DURATION` after the start of the previous one",
			func(c *Config) *time.Duration { return &c.Every },
		},
		{
			"run-timeout", "stop a run after this `DURATION` and keep what it read; 0 for never (default 30m with --every)",
			func(c *Config) *time.Duration { return &c.RunTimeout },
		},
	}
}

// DefaultRunTimeout bounds a run of those that follow each other, unless it is said otherwise: a service that hangs is
// noticed, and what was read by then is in the ledger. The next run goes on from there.
const DefaultRunTimeout = 30 * time.Minute

// Key is its key in the configuration.
func (l Length) Key() string { return strings.ReplaceAll(l.Name, "-", "_") }

// Set checks a length and keeps it. A length of zero means none at all, not the default, and is kept as -1.
func (l Length) Set(c *Config, d time.Duration) error {
	if d == 0 {
		d = -1
	}
	*l.of(c) = d
	switch {
	case l.Name == "resolution":
		return checkPeriod(d)
	case l.Name == "every" && d < time.Minute:
		return fmt.Errorf("running more often than once a minute reads nothing new")
	case l.Name == "lookback" && d <= 0:
		return fmt.Errorf("the lookback must be longer than zero")
	}
	return nil
}

// formerResolution is the key of the first length in files that were written before it was called resolution.
const formerResolution = "period"

// NewConfigFile returns an empty section.
func NewConfigFile() ConfigFile {
	var f ConfigFile
	for _, l := range Lengths() {
		f.Lengths = append(f.Lengths, strictyaml.Key{Name: l.Key(), Into: new(*scalar.Duration)})
	}
	f.Lengths = append(f.Lengths, strictyaml.Key{Name: formerResolution, Into: new(*scalar.Duration)})
	return f
}

// Config checks what was decoded, and records faults in the document. Keys lie in the given section.
func (f ConfigFile) Config(doc *strictyaml.Document, section string) Config {
	c := Config{MaxAPICost: f.MaxAPICost, Listen: f.Listen, AllowOverlappingSources: f.Overlapping}
	if err := CheckListen(f.Listen); err != nil {
		doc.Fault(section+".listen", "%s", err)
	}
	set := func(l Length, key strictyaml.Key) {
		if written := *key.Into.(**scalar.Duration); written != nil {
			if err := l.Set(&c, written.Length()); err != nil {
				doc.Fault(section+"."+key.Name, "%s", err)
			}
		}
	}
	all := Lengths()
	set(all[0], f.Lengths[len(all)]) // the former name, before the one of today
	for i, l := range all {
		set(l, f.Lengths[i])
	}
	c.Parallel = WholeCount(doc, section+".parallel", f.Parallel, MaxParallel)
	return c
}

// CheckListen refuses what is not an address to listen on, such as 127.0.0.1:9480. None is fine.
func CheckListen(address string) error {
	if address == "" {
		return nil
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return fmt.Errorf("%.60q is not an address to listen on such as 127.0.0.1:9480", address)
	}
	return nil
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
