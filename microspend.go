// Package microspend is the front door for programs that ask what AWS Lambda MicroVMs cost. What somebody plans is
// priced by package scenarios; what was measured is read from a ledger by [OpenSpend] and reported by package spend.
//
// The packages pricing, scenarios, usage, ledger, spend and idle are the library: they are stable, and usable without
// the command line. All other packages are the program's own and promise nothing.
//
// # From nothing to a bill
//
//	scenario, err := scenarios.New("team", scenarios.Fields{"region": "eu-west-1", "microvm.memory": "4GB", …})
//	estimate, err := scenarios.Market{}.Estimate(scenario)
//
// # From a ledger to spend per tenant
//
//	opened, err := microspend.OpenSpend(ctx, "microspend.yaml", "")
//	report, err := opened.Report(ctx, spend.Request{From: from, To: to, By: []spend.Dimension{spend.ByTenant}})
//
// Units, rounding and what is promised are those of the packages: US dollars as exact decimals, GB of 2^30 bytes, UTC.
package microspend

import (
	"context"
	"errors"
	"time"

	"microspend/config"
	"microspend/internal/inputfile"
	"microspend/internal/strictyaml"
	"microspend/ledger"
	"microspend/ledger/stores"
	"microspend/pricing"
	"microspend/spend"
)

// Spend is a ledger together with everything that spend is worked out from. It is for reading, by several goroutines at
// once, and sees what is written to the ledger meanwhile; months that are closed after it was opened count as open.
type Spend struct {
	spend.Source
	Ledger ledger.Reader
}

// ErrNoLedger is the error where neither the caller nor the configuration says where the ledger is.
var ErrNoLedger = errors.New("no ledger is given, and the configuration names none")

// OpenSpend opens a ledger with a configuration: its tenants, rates, discounts, sharing and closed months.
//
// The configuration is a microspend.yaml (docs/configuration.md); "" stands for none, which is AWS's list rates and the
// tenants that records name. The ledger is a folder, an s3:// or a clickhouse:// URL; "" stands for the one that the
// configuration names. Nothing is looked for in the user's folders, as the program does. A ledger that is not there is
// an [io/fs.ErrNotExist]. A configuration given here is trusted: it may name where credentials go.
func OpenSpend(ctx context.Context, configuration, ledgerName string) (*Spend, error) {
	var read config.Config
	if configuration != "" {
		text, err := inputfile.Read(configuration, strictyaml.MaxBytes)
		if err != nil {
			return nil, err
		}
		if read, err = config.Load(configuration, text); err != nil {
			return nil, err
		}
	}
	if ledgerName == "" {
		var err error
		if ledgerName, err = read.Ledger(); err != nil {
			return nil, err
		}
	}
	if ledgerName == "" {
		return nil, ErrNoLedger
	}
	inputs, err := read.Inputs(pricing.EmbeddedCards(), inputfile.Read)
	if err != nil {
		return nil, err
	}
	opened, err := stores.Open(ctx, ledgerName, ledger.Options{Now: time.Now})
	if err != nil {
		return nil, err
	}
	source, err := inputs.Over(ctx, opened, opened)
	if err != nil {
		return nil, err
	}
	return &Spend{source, opened}, nil
}
