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
	"microspend/internal/simulate"
	"microspend/ledger"
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
		Short: "Generate a sample fleet in a ledger of its own and open the dashboard",
		Long: `demo generates usage of 40 tenants with different patterns over the 45 days before --as-of,
reproducible by --seed, and writes it to a ledger through the same code as real usage, with a
tenants file and budgets. On a terminal it then opens the dashboard on that ledger and keeps
generating today's hours; --no-dash only writes the ledger.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now, err := a.today()
			if err != nil {
				return err
			}
			fleet.End = now
			if fleet.Days < 1 || fleet.Days > 400 || fleet.Tenants < 1 || fleet.Tenants > 40 {
				return errors.New("--tenants must be 1 to 40, and --days 1 to 400")
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
			fmt.Fprintf(a.err, "wrote %d records over %d days to %s; next: microspend spend --ledger %s --config %s\n",
				changes.Read, len(changes.Days), filepath.Join(folder, "ledger"), filepath.Join(folder,
					"ledger"), filepath.Join(folder, config.Name))
			if noDash || !a.onTerminal() {
				return nil
			}
			return a.demoDash(cmd.Context(), fleet, folder)
		},
	}
	cmd.Flags().BoolVar(&noDash, "no-dash", false, "do not open the dashboard")
	cmd.Flags().StringVar(&folder, "output", "microspend-demo", "`DIR` to write to")
	cmd.Flags().Uint64Var(&fleet.Seed, "seed", 1, "random `SEED`; the same seed generates the same fleet")
	cmd.Flags().IntVar(&fleet.Days, "days", 45, "`DAYS` to generate")
	cmd.Flags().IntVar(&fleet.Tenants, "tenants", 40, "`TENANTS` to generate, at most 40")
	return cmd
}

// demoDash opens the dashboard on the made-up ledger.
func (a *app) demoDash(ctx context.Context, fleet simulate.Fleet, folder string) error {
	a.flags = sharedFlags{ledger: filepath.Join(folder, "ledger"), config: filepath.Join(folder, config.Name)}
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
	progress(0, 2, "generating today")
	records := d.fleet.Today(d.app.now())
	progress(1, 2, "generating today")
	if len(records) == 0 {
		return nil
	}
	return d.app.writeLedger(ctx, d.app.flags.ledger, ledger.Options{Command: "microspend demo"},
		func(ctx context.Context, writer *ledger.Writer) error {
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
