// Package config reads microspend.yaml, the one file in which everything about a place is written down that flags do
// not say: each part of it is defined by the package that it is about, and this package puts the parts together.
//
// The file is read strictly. An unknown key, a value out of its bounds and parts that contradict each other are
// faults, and all faults of a file are reported at once, each as file:line:column (package strictyaml). Nothing that
// the file names, such as a tenants file, is opened before [Config.Inputs] asks for it.
package config

import (
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
	Collect   sources.Config
	Events    events.Config
}

// file is the file as it is written.
type file struct {
	spend.ConfigFile `yaml:",inline"`
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
		Anomalies: written.Anomalies.Config(), Collect: written.Collect.Config(doc),
		Events: written.Events.Config(doc),
	}
	if err := doc.Err(); err != nil {
		return Config{}, err
	}
	return c, nil
}
