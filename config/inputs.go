package config

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"microspend/ledger"
	"microspend/ledger/doubt"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/closing"
	"microspend/spend/tenants"
)

// Inputs are what answers about spend are made from. The usage in Source is left to whoever has a ledger.
type Inputs struct {
	Source      spend.Source
	Budgets     budget.Set
	AnomalyRule anomaly.Rule
	TenantsFile closing.TenantsFile // that Source.Tenants was read from
}

// Inputs reads what the configuration names, the tenants file and private rate cards, and lays its rates over a list's.
// Files are read by their paths as they are written, or by those relative to the folder of the configuration.
func (c Config) Inputs(list spend.Rates, readFile spend.ReadFile) (Inputs, error) {
	var named tenants.File
	var file closing.TenantsFile
	if c.Spend.TenantsFile != "" {
		path := c.inFolder(c.Spend.TenantsFile)
		text, err := readFile(path, tenants.MaxFileBytes)
		if err != nil {
			return Inputs{}, fmt.Errorf("%s names a tenants file: %w", c.Path, err)
		}
		file = closing.TenantsFile{Name: path, Text: text}
		if named, err = tenants.Load(path, text); err != nil {
			return Inputs{}, err
		}
	}
	if err := c.Budgets.Check(named); err != nil {
		return Inputs{}, err
	}
	rates, err := c.Rates(list, readFile)
	if err != nil {
		return Inputs{}, err
	}
	return Inputs{c.Spend.Source(nil, rates, named), c.Budgets, c.Anomalies, file}, nil
}

// Over is the source of spend over a ledger: its usage, what speaks against it, and the months that have been closed.
// The usage is the ledger's own, or the ledger in something that watches what is asked of it.
func (i Inputs) Over(ctx context.Context, opened ledger.Reader, usage spend.Usage) (spend.Source, error) {
	source := i.Source
	source.Usage = usage
	source.Doubts = func(ctx context.Context, from, to time.Time) ([]doubt.Doubt, error) {
		return doubt.Read(ctx, opened, from, to)
	}
	return closing.Load(ctx, source, opened, i.TenantsFile)
}

// Rates reads private rate cards as [Config.Inputs] does, and lays the configuration's rates over a list's.
func (c Config) Rates(list spend.Rates, readFile spend.ReadFile) (spend.Rates, error) {
	return c.Spend.Rates(list, func(name string, max int64) ([]byte, error) {
		return readFile(c.inFolder(name), max)
	})
}

func (c Config) inFolder(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(c.Path), name)
}
