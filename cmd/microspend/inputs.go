package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"microspend/config"
	"microspend/internal/inputfile"
	"microspend/internal/ownfile"
	"microspend/internal/progress"
	"microspend/internal/strictyaml"
	"microspend/ledger"
	"microspend/ledger/stores"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/serve"
	"microspend/spend"
)

// ledgerName is where the ledger is, as [stores.Open] takes it: --ledger, what the configuration says, or
// microspend/ledger in the user's data folder. It may have credentials: messages call an open ledger by its Name.
func (a *app) ledgerName() (string, error) {
	if a.flags.ledger != "" {
		return a.flags.ledger, nil
	}
	path, read, err := a.readConfig()
	if err != nil {
		return "", err
	}
	if name, err := read.Ledger(); name != "" || err != nil {
		a.tellConfig(path)
		return name, err
	}
	if folder := a.dataFolder(); folder != "" {
		return filepath.Join(folder, "ledger"), nil
	}
	return "", errors.New("no home directory to look for a ledger in; use --ledger")
}

// dataFolder is the program's folder for data, "" where the user has no home.
func (a *app) dataFolder() string { return a.userFolder("XDG_DATA_HOME", ".local/share") }

// userFolder is the program's folder below one of the user's base folders.
func (a *app) userFolder(variable, below string) string {
	if base := a.env(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "microspend")
	}
	if home := a.env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, below, "microspend")
	}
	return ""
}

var errNoLedger = errors.New("no ledger")

// openLedger opens the ledger for reading.
func (a *app) openLedger(ctx context.Context) (ledger.Reader, error) {
	name, err := a.ledgerName()
	if err != nil {
		return nil, err
	}
	in := ""
	if stores.IsFolder(name) {
		if err := a.destination.isWithin(name); err != nil {
			return nil, err
		}
		in = " in " + name
	}
	opened, err := stores.Open(ctx, name, ledger.Options{Now: a.now})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w%s; fill one with microspend collect or microspend import, or give another with --ledger%s",
			errNoLedger, in, demoNearby())
	}
	return opened, err
}

// demoNearby says how to look at the fleet that "microspend demo" left in the current folder: whoever has tried it and
// goes on to the next command means that one.
func demoNearby() string {
	path := filepath.Join(demoFolder, config.Name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return "; to use the sample fleet of microspend demo, give --config " + path
}

// configFiles are the places of the configuration, of which the first that is there counts.
func (a *app) configFiles() []string {
	if a.flags.config != "" {
		return []string{a.flags.config}
	}
	files := []string{config.Name}
	if folder := a.userFolder("XDG_CONFIG_HOME", ".config"); folder != "" {
		files = append(files, filepath.Join(folder, config.Name))
	}
	return files
}

// makeLedger makes an empty ledger where there is none, for what is going to write to it.
func (a *app) makeLedger(ctx context.Context) error {
	name, err := a.ledgerName()
	if err != nil {
		return err
	}
	if stores.IsFolder(name) { // which a writer that has written nothing would take away again
		return ownfile.Place(name).Folder(name)
	}
	return a.writeLedger(ctx, ledger.Options{}, func(context.Context, ledger.Store) error { return nil })
}

// loadConfig reads the configuration, which nobody has to have unless it is named.
func (a *app) loadConfig() (config.Config, error) {
	path, read, err := a.readConfig()
	if err == nil {
		a.tellConfig(path)
	}
	return read, err
}

// readConfig reads the configuration, and returns its path, "" where there is none.
func (a *app) readConfig() (path string, read config.Config, err error) {
	for _, path := range a.configFiles() {
		text, err := a.readFile(path, strictyaml.MaxBytes)
		if errors.Is(err, fs.ErrNotExist) && a.flags.config == "" {
			continue
		}
		if err != nil {
			return path, config.Config{}, err
		}
		read, err := config.Load(path, text)
		if err == nil && a.flags.config == "" && !a.trustConfig && a.foundByChance(path) {
			read = read.Found()
		}
		return path, read, err
	}
	return "", config.Config{}, nil
}

// tellConfig says, once, that a configuration is used that nobody has named.
func (a *app) tellConfig(path string) {
	if a.flags.config == "" && a.foundByChance(path) {
		a.nameConfig.Do(func() {
			fmt.Fprintf(a.notes, "microspend: using the configuration ./%s of the current folder\n", path)
		})
	}
}

// foundByChance reports whether a configuration that nobody named is another than the user's own: one that whoever can
// write to the current folder may have put there.
func (a *app) foundByChance(path string) bool {
	if path != config.Name {
		return false
	}
	folder := a.userFolder("XDG_CONFIG_HOME", ".config")
	if folder == "" {
		return true
	}
	here, err := os.Stat(path)
	own, ownErr := os.Stat(filepath.Join(folder, config.Name))
	return err != nil || ownErr != nil || !os.SameFile(here, own) // the user may be in that folder
}

// ownMarket is the market with the rates and discounts of --config, where that is given, and those of the command line.
func (a *app) ownMarket() (scenarios.Market, error) {
	market, err := a.market()
	market.Given = a.terms.given()
	if err != nil || a.flags.config == "" {
		return market, err
	}
	read, err := a.loadConfig()
	if err != nil {
		return market, err
	}
	rates, err := read.Rates(a.listCards(), a.readFile)
	if err != nil {
		return market, err
	}
	market.Cards = ownCards{rates, market.Cards.Regions(), pricing.DateOf(market.Now)}
	return market, nil
}

// ownCards are the cards of a configuration that hold today, in the regions of the list below it.
type ownCards struct {
	spend.Rates
	regions []string
	today   pricing.Date
}

func (c ownCards) Regions() []string { return c.regions }

// Card implements [scenarios.Cards].
func (c ownCards) Card(region string) (pricing.RateCard, error) {
	series, err := c.Series(region)
	if err != nil {
		return pricing.RateCard{}, err
	}
	return series.On(c.today), nil
}

// spendInputs puts together everything that spend is worked out from.
func (a *app) spendInputs(ctx context.Context) (serve.Inputs, error) {
	in := serve.Inputs{Files: a.configFiles()}
	if folder := a.cardFolder(); folder != "" {
		in.Files = append(in.Files, folder)
	}
	read, err := a.configured(func(path string, max int64) ([]byte, error) {
		in.Files = append(in.Files, path)
		return a.readFile(path, max)
	})
	if err != nil {
		return in, err
	}
	opened, err := a.openLedger(ctx)
	in.Source, in.Budgets, in.AnomalyRule = read.Source, read.Budgets, read.AnomalyRule
	if err != nil {
		return in, err
	}
	in.Ledger, a.usage = opened, &watchedLedger{Reader: opened, sums: a.explained(opened)}
	if a.flags.currency != nil || a.flags.dollarsOnly {
		read.Source.Currency = a.flags.currency
	}
	in.Source, err = read.Over(ctx, opened, a.usage)
	for i := range in.Source.Closed {
		in.Source.Closed[i].Usage = a.explained(in.Source.Closed[i].Usage)
	}
	return in, err
}

// measured is the same of a ledger that must have data.
func (a *app) measured(ctx context.Context) (serve.Inputs, error) {
	in, err := a.spendInputs(ctx)
	if err != nil {
		return in, err
	}
	return in, a.hasData(ctx)
}

// configured is the same without the ledger: what the configuration says, and the files it names.
func (a *app) configured(readFile spend.ReadFile) (config.Inputs, error) {
	read, err := a.loadConfig()
	if err != nil {
		return config.Inputs{}, err
	}
	return read.Inputs(a.listCards(), readFile)
}

// writeLedger opens the ledger for writing, does the work, and closes it.
func (a *app) writeLedger(ctx context.Context, options ledger.Options,
	work func(context.Context, ledger.Store) error,
) error {
	name, err := a.ledgerName()
	if err != nil {
		return err
	}
	options.Now = a.now
	writer, err := stores.OpenForWriting(ctx, name, options)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, writer), writer.Close())
}

// openInput opens a file, or standard input for "-", and returns its size, 0 where that is not known. A regular file is
// returned as one even if the shell made it standard input.
func (a *app) openInput(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		if file, ok := a.in.(*os.File); ok {
			if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
				return file, info.Size(), a.destination.isInput(inputName(path), info)
			}
		}
		return io.NopCloser(a.in), 0, nil
	}
	file, info, err := inputfile.Open(path)
	if err != nil {
		return nil, 0, err
	}
	if err := a.destination.isInput(path, info); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// openTrace opens the trace that a scenario names.
func (a *app) openTrace(path string) (io.ReadCloser, error) {
	if path == "-" {
		return nil, errors.New("a workload's trace cannot be standard input")
	}
	file, _, err := a.openInput(path)
	return file, err
}

func inputName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// shortNames is what several files are called: the first of them, without its folder.
func shortNames(paths []string) string {
	name := filepath.Base(inputName(paths[0]))
	if more := len(paths) - 1; more > 0 {
		name += fmt.Sprintf(" and %d more", more)
	}
	return name
}

// progress starts a progress bar on standard error, nil unless that is a terminal that can clear a line.
func (a *app) progress(label, unit string) *progress.Bar {
	if a.quiet || a.env("TERM") == "dumb" {
		return nil
	}
	return progress.New(a.screen, a.now, label, unit)
}
