// Package sources lists the sources of usage that microspend collect reads, and puts their settings together with those
// that apply to every source. It is the program's own and promises nothing.
//
// A source is a package below collector with a Definition: its name, its settings and flags, its rate of calls and
// its permissions. All that names it elsewhere is its line in [All].
package sources

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/cloudwatch"
	"microspend/collector/logs"
	"microspend/collector/microvmapi"
	"microspend/collector/watch"
	"microspend/internal/nearest"
	"microspend/internal/strictyaml"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
)

// All lists the sources. The first one is the default.
//
// They all measure the same usage, each in its own way. So usage that one of them has collected is not collected by
// another, unless users ask for it.
func All() []awssource.Definition {
	return []awssource.Definition{
		cloudwatch.Definition(),
		logs.Definition(),
		microvmapi.Definition(),
	}
}

// Names lists the names of the sources.
func Names() []string {
	var names []string
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// find returns the source of a name, or the default where it is empty.
func find(name string) (awssource.Definition, error) {
	all := All()
	if name == "" {
		return all[0], nil
	}
	if i := slices.IndexFunc(all, func(d awssource.Definition) bool { return d.Name == name }); i >= 0 {
		return all[i], nil
	}
	return awssource.Definition{}, fmt.Errorf("unknown source %.40q; valid sources: %s%s", name,
		strings.Join(Names(), ", "), nearest.Meant(name, Names()))
}

// Settings are the settings of each source, in the order of [All].
type Settings []awssource.Settings

// NewSettings returns the defaults.
func NewSettings() Settings {
	var s Settings
	for _, d := range All() {
		s = append(s, d.Settings())
	}
	return s
}

// Flags adds the flags of all sources.
func (s Settings) Flags(flags *flag.FlagSet) {
	for _, of := range s {
		of.Flags(flags)
	}
}

// Config is the section collect of microspend.yaml, read and checked. The zero value has the defaults.
type Config struct {
	Source  string // "" is the default
	Run     collector.Config
	AWS     awssource.Options // a rate of zero is that of the source
	Tenants Tenants

	// Measuring gives what measuring costs in a region; nil for the prices built in. Several regions are taken to cost
	// what the first of them does.
	Measuring func(region string) (pricing.MeasuringPrices, error)

	settings Settings // nil for the defaults
}

// ConfigFile is the section as it is written; [NewConfigFile] makes one to decode into.
type ConfigFile struct {
	Source  string               `yaml:"source"`
	AWS     awssource.ConfigFile `yaml:",inline"`
	Run     collector.ConfigFile `yaml:",inline"`
	Tenants tenantsFile          `yaml:",inline"`
	Keys    strictyaml.Keys      `yaml:",inline"` // of the sources

	settings Settings
}

// NewConfigFile returns an empty section.
func NewConfigFile() ConfigFile {
	f := ConfigFile{Run: collector.NewConfigFile(), settings: NewSettings()}
	for _, s := range f.settings {
		f.Keys = append(f.Keys, s.Keys()...)
	}
	return f
}

// Config checks what was decoded, and records faults in the document.
func (f ConfigFile) Config(doc *strictyaml.Document) Config {
	const section = "collect"
	if _, err := find(f.Source); err != nil {
		doc.Fault(section+".source", "%s", err)
	}
	c := Config{
		Source: f.Source, Run: f.Run.Config(doc, section), AWS: f.AWS.Options(doc, section), Tenants: f.Tenants.tenants(),
		settings: f.settings,
	}
	for _, s := range f.settings {
		s.Check(doc, section)
	}
	return c
}

// Override lays the sources' flags over the configuration.
func (c *Config) Override(flags Settings) error {
	if c.settings == nil {
		c.settings = NewSettings()
	}
	var faults []error
	for i, f := range flags {
		faults = append(faults, c.settings[i].Override(f))
	}
	return errors.Join(faults...)
}

// Definition returns the source that is configured.
func (c Config) Definition() (awssource.Definition, error) { return find(c.Source) }

// Open makes the source that is configured, and the accounts and regions that it reads.
func (c Config) Open(now func() time.Time) (collector.Source, *awssource.Accounts, error) {
	definition, err := c.Definition()
	if err != nil {
		return nil, nil, err
	}
	c.AWS.Rate.PerSecond = cmp.Or(c.AWS.Rate.PerSecond, definition.Rate.PerSecond)
	c.AWS.Rate.Burst = cmp.Or(c.AWS.Rate.Burst, definition.Rate.Burst)
	settings := settingsOf[awssource.Settings](c, definition)
	policy, err := c.Tenants.policy()
	if err != nil {
		return nil, nil, fmt.Errorf("collect.tenant_key_file: %w", err)
	}
	prices, err := c.prices()
	if err != nil {
		return nil, nil, err
	}
	accounts := awssource.NewAccounts(c.AWS)
	source, err := settings.Open(awssource.Env{
		Config: accounts.Config, Period: c.Run.Timing.Period, Every: c.Run.Every, Quota: c.AWS.Quota, Now: now,
		Explain: definition.Explain, Tenants: policy,
		Prices: prices,
	})
	return source, accounts, err
}

func (c Config) prices() (pricing.MeasuringPrices, error) {
	if c.Measuring == nil || len(c.AWS.Regions) == 0 {
		return pricing.EmbeddedMeasuringPrices()
	}
	return c.Measuring(c.AWS.Regions[0])
}

// Watch makes a watcher of the fleets of the configured accounts and regions, whatever source they are collected from.
// It is told of the ledger that they are collected into where there is one. Where usage is collected from logs, or log
// groups are configured, it reads the newest lines of meters, too. A fault of the configuration is an error at once;
// what may pass is told by looks.
func (c Config) Watch(
	ctx context.Context, now func() time.Time, patience time.Duration, l ledger.Reader,
) (watch.Watcher, error) {
	definition := microvmapi.Definition()
	definition.Actions = microvmapi.WatchActions()
	accounts := c.watched(definition)
	if err := accounts.Find(ctx); awssource.IsConfiguration(err) {
		return nil, err
	}
	options := microvmapi.WatchOptions{Targets: accounts.List, Patience: patience}
	if l != nil {
		options.State = func(ctx context.Context, target collector.Target) (json.RawMessage, error) {
			return collector.SourceState(ctx, l, definition.Name, target)
		}
		options.Launched = func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error) {
			return lifecycle.Read(ctx, l, from, to)
		}
	}
	env := awssource.Env{Config: accounts.Config, Quota: c.AWS.Quota, Now: now, Explain: definition.Explain}
	polled, err := settingsOf[*microvmapi.Settings](c, definition).Watch(env, options)
	if err != nil {
		return nil, err
	}
	lines := logs.Definition()
	settings := settingsOf[*logs.Settings](c, lines)
	if c.Source != lines.Name && !settings.Configured() {
		return polled, nil
	}
	if env.Tenants, err = c.Tenants.policy(); err != nil {
		return nil, fmt.Errorf("collect.tenant_key_file: %w", err)
	}
	read := c.watched(lines)
	env.Explain = lines.Explain
	env.Config = func(target collector.Target) (aws.Config, error) {
		if err := read.Find(ctx); err != nil {
			return aws.Config{}, err
		}
		return read.Config(target)
	}
	return settings.Watch(env, polled)
}

// watched are the accounts and regions as they are looked at: with the rate of calls of an API of its own, unless that
// is the one that the configured rate is of.
func (c Config) watched(of awssource.Definition) *awssource.Accounts {
	if cmp.Or(c.Source, Names()[0]) != of.Name {
		c.AWS.Rate = of.Rate
	}
	c.AWS.Rate.PerSecond = cmp.Or(c.AWS.Rate.PerSecond, of.Rate.PerSecond)
	c.AWS.Rate.Burst = cmp.Or(c.AWS.Rate.Burst, of.Rate.Burst)
	c.AWS.Timeout = cmp.Or(c.AWS.Timeout, watchTimeout)
	c.AWS.Retry = watchRetry
	return awssource.NewAccounts(c.AWS)
}

// settingsOf are the settings of a source: those configured, or the defaults.
func settingsOf[S awssource.Settings](c Config, of awssource.Definition) S {
	if c.settings == nil {
		return of.Settings().(S)
	}
	return c.settings[slices.Index(Names(), of.Name)].(S)
}

// Who looks at a fleet rather sees an old figure with its age than waits for a new one: a call is tried twice.
const watchTimeout = 10 * time.Second

var watchRetry = awssource.Retry{Attempts: 2, Longest: time.Second, Patience: 10 * time.Second}
