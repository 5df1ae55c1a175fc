package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/ledger"
	"microspend/scenarios"
	"microspend/serve"
	"microspend/spend"
)

// financeFlags are the flags of the commands that read the ledger.
type financeFlags struct {
	ledger, config string
	from, to, tz   string
}

func (f *financeFlags) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.ledger, "ledger", "", "`folder` of the ledger (default in the user's data folder)")
	cmd.Flags().StringVar(&f.config, "config", "", "configuration `file` (default ./microspend.yaml, then in the user's config folder)")
}

// addPeriodTo declares the flags that say which days are looked at.
func (f *financeFlags) addPeriodTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.from, "from", "", "first `day`, as 2026-10-01 (default the first of this month)")
	cmd.Flags().StringVar(&f.to, "to", "", "`day` after the last (default the first of the month after --from)")
	cmd.Flags().StringVar(&f.tz, "tz", "", "time `zone` in which days are cut, as Europe/Berlin (default that of the configuration, or UTC)")
}

// ledgerFolder is where the ledger is: --ledger, or microspend/ledger in the user's data folder.
func (a *app) ledgerFolder() (string, error) {
	if a.finance.ledger != "" {
		return a.finance.ledger, nil
	}
	if folder := a.userFolder("XDG_DATA_HOME", ".local/share"); folder != "" {
		return filepath.Join(folder, "ledger"), nil
	}
	return "", errors.New("there is no home folder to look for a ledger in; give --ledger")
}

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

// openLedger opens the ledger for reading.
func (a *app) openLedger() (*ledger.Ledger, error) {
	folder, err := a.ledgerFolder()
	if err != nil {
		return nil, err
	}
	opened, err := ledger.Open(folder, ledger.Options{Now: a.now})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no ledger in %s; microspend import or microspend demo makes one, --ledger names another", folder)
	}
	return opened, err
}

// configFiles are the places of the configuration, of which the first that is there counts.
func (a *app) configFiles() []string {
	if a.finance.config != "" {
		return []string{a.finance.config}
	}
	files := []string{config.Name}
	if folder := a.userFolder("XDG_CONFIG_HOME", ".config"); folder != "" {
		files = append(files, filepath.Join(folder, config.Name))
	}
	return files
}

// makeLedgerFolder makes an empty ledger where there is none, for what is going to write to it.
func (a *app) makeLedgerFolder() error {
	folder, err := a.ledgerFolder()
	if err != nil {
		return err
	}
	return os.MkdirAll(folder, 0o755)
}

// loadConfig reads the configuration, which nobody has to have unless it is named.
func (a *app) loadConfig() (config.Config, error) {
	for _, path := range a.configFiles() {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && a.finance.config == "" {
			continue
		}
		if err != nil {
			return config.Config{}, err
		}
		return config.Load(path, text)
	}
	return config.Config{}, nil
}

// addOwnRatesTo declares --config on a command that prices workloads. Without it they cost what AWS's list says, so that the
// same file gives the same bill wherever it is run.
func (a *app) addOwnRatesTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.finance.config, "config", "", "take rates and discounts from this configuration `file`")
}

// ownMarket is the market with the rates and discounts of --config, where that is given.
func (a *app) ownMarket() (scenarios.Market, error) {
	market, err := a.market()
	if err != nil || a.finance.config == "" {
		return market, err
	}
	read, err := a.loadConfig()
	if err != nil {
		return market, err
	}
	rates, err := read.Rates(market.Cards, os.ReadFile)
	if err != nil {
		return market, err
	}
	market.Cards = ownCards{rates, market.Cards}
	return market, nil
}

// ownCards are the cards of a configuration, in the regions of the list below it.
type ownCards struct {
	spend.Rates
	list scenarios.Cards
}

func (c ownCards) Regions() []string { return c.list.Regions() }

// spendSource is the source of [app.spendInputs].
func (a *app) spendSource() (spend.Source, error) {
	in, err := a.spendInputs()
	return in.Source, err
}

// spendInputs puts together everything that spend is worked out from.
func (a *app) spendInputs() (serve.Inputs, error) {
	in := serve.Inputs{Files: a.configFiles()}
	if folder := a.cardFolder(); folder != "" {
		in.Files = append(in.Files, folder)
	}
	read, err := a.configured(func(path string) ([]byte, error) {
		in.Files = append(in.Files, path)
		return os.ReadFile(path)
	})
	if err != nil {
		return in, err
	}
	in.Ledger, err = a.openLedger()
	in.Source, in.Budgets, in.AnomalyRule = read.Source, read.Budgets, read.AnomalyRule
	in.Source.Usage = in.Ledger
	return in, err
}

// configured is the same without the ledger: what the configuration says, and the files it names.
func (a *app) configured(readFile func(path string) ([]byte, error)) (config.Inputs, error) {
	read, err := a.loadConfig()
	if err != nil {
		return config.Inputs{}, err
	}
	market, err := a.market()
	if err != nil {
		return config.Inputs{}, err
	}
	return read.Inputs(market.Cards, readFile)
}

// period reads --from, --to and --tz. Without them it is the month that now lies in.
func (a *app) period(source spend.Source) (from, to time.Time, loc *time.Location, err error) {
	now, err := a.today()
	if err != nil {
		return from, to, nil, err
	}
	return a.finance.asked().Period(source, now, flagName)
}

// utcBounds are --from and --to as days in UTC; without them everything that there can be.
func (a *app) utcBounds() (from, to time.Time, err error) {
	from, to = time.Unix(0, 0).UTC(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, bound := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", a.finance.from, &from}, {"--to", a.finance.to, &to}} {
		if bound.text == "" {
			continue
		}
		if *bound.into, err = spend.ParseDayIn(bound.text, time.UTC); err != nil {
			return from, to, fmt.Errorf("%s: %w", bound.flag, err)
		}
	}
	if !from.Before(to) {
		return from, to, fmt.Errorf("--from %s is not before --to %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	return from, to, nil
}

// asked is the period as the flags have it.
func (f *financeFlags) asked() spend.RawPeriod {
	return spend.RawPeriod{From: f.from, To: f.to, TimeZone: f.tz}
}

// flagName is what a field is called on the command line.
func flagName(field string) string { return "--" + field }

// today is --as-of, or now.
func (a *app) today() (time.Time, error) {
	if a.asOf == "" {
		return a.now(), nil
	}
	day, err := time.Parse(time.DateOnly, a.asOf)
	if err != nil {
		return day, fmt.Errorf("--as-of: %.40q is not a date such as 2026-11-23", a.asOf)
	}
	return day, nil
}

// writeLedger opens the ledger for writing, does the work, and closes it.
func (a *app) writeLedger(ctx context.Context, folder string, options ledger.Options, work func(context.Context, *ledger.Writer) error) error {
	options.Now = a.now
	writer, err := ledger.OpenForWriting(folder, options)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, writer), writer.Close())
}
