package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/internal/atomicfile"
	"microspend/ledger"
	"microspend/spend/simulate"
	"microspend/usage"
)

func (a *app) demoCommand() *cobra.Command {
	var (
		folder string
		noDash bool
	)
	fleet := simulate.Fleet{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make up a fleet's usage and write it into a ledger of its own",
		Long: `demo makes up 40 tenants of different habits over the 45 days before --as-of, the same for the same seed, and writes
their usage into a ledger through the same code as real usage; with a tenants file and budgets beside it. On a terminal it
then opens the dashboard on that ledger, and goes on making up the hours of today; --no-dash leaves it at the ledger.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now, err := a.today()
			if err != nil {
				return err
			}
			fleet.End = now
			if fleet.Days < 1 || fleet.Days > 400 || fleet.Tenants < 1 || fleet.Tenants > 40 {
				return errors.New("a fleet has 1 to 40 tenants over 1 to 400 days")
			}
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
			for name, content := range map[string][]byte{"tenants.csv": fleet.TenantsFile(), config.Name: fleet.ConfigFile()} {
				err := atomicfile.Write(filepath.Join(folder, name), content, newFile)
				if err != nil {
					return err
				}
			}
			var changes ledger.Changes
			err = a.writeLedger(cmd.Context(), filepath.Join(folder, "ledger"), ledger.Options{Command: "microspend demo"},
				func(ctx context.Context, writer *ledger.Writer) (err error) {
					changes, err = writer.Upsert(ctx, withoutErrors(fleet.Batches()))
					return err
				})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%d records of %d days are in %s; next: microspend spend --ledger %s --config %s\n",
				changes.Read, len(changes.Days), filepath.Join(folder, "ledger"), filepath.Join(folder, "ledger"), filepath.Join(folder, config.Name))
			if noDash || !a.onTerminal() {
				return nil
			}
			return a.demoDash(cmd.Context(), fleet, folder)
		},
	}
	cmd.Flags().BoolVar(&noDash, "no-dash", false, "do not open the dashboard")
	cmd.Flags().StringVar(&folder, "output", "microspend-demo", "`folder` to write to")
	cmd.Flags().Uint64Var(&fleet.Seed, "seed", 1, "`number` that everything made up follows from")
	cmd.Flags().IntVar(&fleet.Days, "days", 45, "`days` to make up")
	cmd.Flags().IntVar(&fleet.Tenants, "tenants", 40, "`tenants` to make up, 40 at most")
	return cmd
}

// demoDash opens the dashboard on the made-up ledger.
func (a *app) demoDash(ctx context.Context, fleet simulate.Fleet, folder string) error {
	a.finance = financeFlags{ledger: filepath.Join(folder, "ledger"), config: filepath.Join(folder, config.Name)}
	in, err := a.spendInputs()
	if err != nil {
		return err
	}
	options, err := a.dashOptions(in, dashFlags{poll: pollEvery, stale: staleAfter})
	if err != nil {
		return err
	}
	options.StateFile = "" // what is tried on a demo is not how somebody looks at their own
	if a.asOf == "" {
		options.Collector, options.CollectEvery = demoCollector{a, fleet}, demoCollects
	}
	return a.runDash(ctx, options)
}

// demoCollects is how often the made-up fleet's latest hours are added.
const demoCollects = 10 * time.Minute

// demoCollector makes up the hours of today that are over.
type demoCollector struct {
	app   *app
	fleet simulate.Fleet
}

// Collect implements [tui.Collector].
func (d demoCollector) Collect(ctx context.Context, progress func(done, total int64, label string)) error {
	progress(0, 2, "making up today")
	records := d.fleet.Today(d.app.now())
	progress(1, 2, "making up today")
	if len(records) == 0 {
		return nil
	}
	return d.app.writeLedger(ctx, d.app.finance.ledger, ledger.Options{Command: "microspend demo"}, func(ctx context.Context, writer *ledger.Writer) error {
		_, err := writer.Upsert(ctx, func(yield func([]usage.Record, error) bool) { yield(records, nil) })
		return err
	})
}

// withoutErrors gives batches that cannot fail in the form of those that can.
func withoutErrors(batches iter.Seq[[]usage.Record]) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		for batch := range batches {
			if !yield(batch, nil) {
				return
			}
		}
	}
}
