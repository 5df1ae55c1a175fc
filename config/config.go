// Package config reads microspend.yaml, the one file in which everything about a place is written down that flags do
// not say: each part of it is defined by the package that it is about, and this package puts the parts together. It is
// the program's own and promises nothing.
//
// The file is read strictly. An unknown key, a value out of its bounds and parts that contradict each other are
// faults, and all faults of a file are reported at once, each as file:line:column (package strictyaml). Nothing that
// the file names, such as a tenants file, is opened before [Config.Inputs] asks for it.
package config

import (
	"fmt"
	"slices"
	"strings"

	"microspend/collector/events"
	"microspend/collector/sources"
	"microspend/internal/strictyaml"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
)

// Name is what the file is called.
const Name = "microspend.yaml"

// Config is the whole file, read and checked. The zero value is the configuration of one who has no such file.
type Config struct {
	Path      string // of the file; "" where there is none
	Spend     spend.Config
	Budgets   budget.Set
	Anomalies anomaly.Rule
	Events    events.Config

	ledger  string
	collect sources.Config
	found   bool
	trusted []strictyaml.Fault
}

// Found is the same configuration, as one of a file that nobody has named and that does not lie in the user's own
// folder: one in the current folder, which may be anybody's. [Config.Collect] refuses what only the user may say.
func (c Config) Found() Config {
	c.found = true
	return c
}

// Collect is the section collect. It is a [NeedsTrustError] where the file was found by chance and has keys that decide
// where credentials and data go.
func (c Config) Collect() (sources.Config, error) { return c.collect, c.needsTrust("collect.") }

// Ledger is where the ledger is: a folder, by its path from the current one, or a URL; "" where the file does not say.
// It is a [NeedsTrustError] where the file was found by chance and says it.
func (c Config) Ledger() (string, error) {
	if c.ledger == "" || strings.Contains(c.ledger, "://") {
		return c.ledger, c.needsTrust("ledger")
	}
	return c.inFolder(c.ledger), c.needsTrust("ledger")
}

// needsTrust is a [NeedsTrustError] for a file that was found by chance and has trusted keys whose paths begin so.
func (c Config) needsTrust(prefix string) error {
	keys := slices.DeleteFunc(slices.Clone(c.trusted), func(key strictyaml.Fault) bool {
		return !strings.HasPrefix(key.Path, prefix)
	})
	if !c.found || len(keys) == 0 {
		return nil
	}
	return &NeedsTrustError{c.Path, keys}
}

// NeedsTrustError says that a file that was found by chance has keys that are not taken from such a file.
type NeedsTrustError struct {
	Path string
	Keys []strictyaml.Fault // their places
}

func (e *NeedsTrustError) Error() string {
	faults := strictyaml.Faults{File: e.Path}
	for _, key := range e.Keys {
		key.Message = "is not taken from a file that was found in the current folder"
		faults.List = append(faults.List, key)
	}
	return fmt.Sprintf(
		"%s\nthese keys decide where credentials and data go; if the file is yours, use --config %s or --trust-config",
		&faults,
		e.Path,
	)
}

// TrustedKeys lists the keys that are not taken from a file that was found by chance. Each is marked where it is
// defined.
func TrustedKeys() []string {
	return strictyaml.TrustedKeys(&file{Collect: sources.NewConfigFile()})
}

// file is the file as it is written.
type file struct {
	spend.ConfigFile `yaml:",inline"`
	Ledger           string             `yaml:"ledger,trusted"`
	Budgets          budget.ConfigFile  `yaml:"budgets"`
	Anomalies        anomaly.ConfigFile `yaml:"anomalies"`
	Collect          sources.ConfigFile `yaml:"collect"`
	Events           events.ConfigFile  `yaml:"events"`
}

// Load reads the file, by its name or path. Errors name every fault, each with file:line:column.
func Load(name string, text []byte) (Config, error) {
	root, err := strictyaml.Parse(name, text)
	if err != nil {
		return Config{}, err
	}
	written := file{Collect: sources.NewConfigFile()}
	doc := strictyaml.Decode(name, root, &written)
	c := Config{
		Path: name, Spend: written.ConfigFile.Config(doc), Budgets: written.Budgets.Config(doc),
		Anomalies: written.Anomalies.Config(), collect: written.Collect.Config(doc),
		Events: written.Events.Config(doc), ledger: written.Ledger, trusted: doc.Trusted(),
	}
	if err := doc.Err(); err != nil {
		return Config{}, err
	}
	return c, nil
}
