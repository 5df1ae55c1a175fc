package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/internal/atomicfile"
	"microspend/internal/figures"
	"microspend/internal/simulate"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/tui"
	"microspend/usage"
)

// demoFolder is where the demo writes unless told otherwise.
const demoFolder = "microspend-demo"

func (a *app) demoCommand() *cobra.Command {
	var (
		folder string
		noDash bool
		live   bool
		fleet  simulate.Fleet
	)
	cmd := a.command(&cobra.Command{
		Use:   "demo",
		Short: "Generate a sample fleet and open it in the dashboard",
		Long: `demo generates 62 days of usage of 40 tenants, up to --as-of, and writes it to a ledger of its own, with a tenants
file, budgets and a configuration, through the same code as real usage. It needs no AWS account and calls nothing.
The same --seed generates the same fleet.

On a terminal it then opens the dashboard on that ledger and keeps adding usage as time passes. --live opens the
live view instead, in which MicroVMs launch, suspend and terminate as you watch. --no-dash only writes the ledger.`,
		Example: `  # Generate the fleet in ./microspend-demo and look around
  microspend demo
  # Watch MicroVMs as they run
  microspend demo --live
  # Only write the ledger, then query it
  microspend demo --no-dash --output fleet
  microspend spend --config fleet/microspend.yaml`,
	}, func(cmd *cobra.Command, _ []string) error {
		fleet.End = a.today()
		if folder == "" {
			return errors.New("--output: give the directory to write to")
		}
		if fleet.Days < 1 || fleet.Days > 400 || fleet.Tenants < 1 || fleet.Tenants > 40 {
			return errors.New("--tenants must be 1 to 40, and --days 1 to 400")
		}
		if err := cmd.Context().Err(); err != nil { // before there is a folder of it
			return err
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		a.flags = sharedFlags{ledger: filepath.Join(folder, "ledger"), config: filepath.Join(folder, config.Name)}
		if err := writeDemoFiles(folder, fleet); err != nil {
			return err
		}
		changes, err := a.writeDemo(cmd.Context(), fleet.Batches(), fleet.Launched())
		if err != nil {
			return err
		}
		did := "wrote " + figures.Count(changes.Read, "record") + " over " + figures.Count(len(changes.Days), "day") + " to"
		if len(changes.Days) == 0 {
			did = figures.Count(changes.Read, "record") + " were already in"
		}
		fmt.Fprintf(a.notes, "%s %s; next: microspend spend --config %s\n", did, a.flags.ledger, a.flags.config)
		if noDash || !a.onTerminal() {
			return nil
		}
		return a.demoDash(cmd.Context(), fleet, live)
	})
	flags := cmd.Flags()
	flags.BoolVar(&live, "live", false, "open the dashboard on the fleet as it is now")
	flags.BoolVar(&noDash, "no-dash", false, "do not open the dashboard")
	outputFlag(cmd, &folder, demoFolder, "`DIR` to write to")
	flags.Uint64Var(&fleet.Seed, "seed", 1, "random `SEED`; the same seed generates the same fleet")
	flags.IntVar(&fleet.Days, "days", simulate.DefaultDays, "`DAYS` to generate")
	flags.IntVar(&fleet.Tenants, "tenants", 40, "`TENANTS` to generate, at most 40")
	return cmd
}

// writeDemoFiles writes the demo's configuration and tenants file.
func writeDemoFiles(folder string, fleet simulate.Fleet) error {
	for name, content := range map[string][]byte{"tenants.csv": fleet.TenantsFile(), config.Name: fleet.ConfigFile()} {
		if err := atomicfile.Write(filepath.Join(folder, name), content, newFile); err != nil {
			return err
		}
	}
	return nil
}

// writeDemo writes generated records to the demo's ledger, with what MicroVMs were launched with.
func (a *app) writeDemo(
	ctx context.Context, batches iter.Seq[[]usage.Record], launched []lifecycle.MicroVM,
) (changes ledger.Changes, err error) {
	err = a.writeLedger(ctx, ledger.Options{Command: "microspend demo", Action: "demo"},
		func(ctx context.Context, writer ledger.Store) error {
			changes, err = writer.Upsert(ctx, func(yield func([]usage.Record, error) bool) {
				batches(func(batch []usage.Record) bool { return yield(batch, nil) })
			})
			if err != nil {
				return err
			}
			return lifecycle.Write(ctx, writer, launched)
		})
	return changes, err
}

// demoDash opens the dashboard on the demo's ledger.
func (a *app) demoDash(ctx context.Context, fleet simulate.Fleet, live bool) error {
	in, err := a.spendInputs(ctx)
	if err != nil {
		return err
	}
	asked := dashFlags{refresh: refreshEvery, stale: staleAfter}
	if live {
		asked.view = liveView
	}
	options, err := a.dashOptions(ctx, in, asked)
	if err != nil {
		return err
	}
	options.Live, options.LiveEvery = fleetOver(in, fleet.Live(a.demoClock())), tui.LiveEvery
	options.StateFile = "" // what is tried on a demo is not how somebody looks at their own
	if a.asOf.IsZero() {
		options.Collector, options.CollectEvery = demoCollector{a, fleet}, demoCollects
	}
	return a.runDash(ctx, options)
}

// demoCollects is how often the latest hours of the simulated fleet are added.
const demoCollects = 10 * time.Minute

// demoCollector generates the hours of today that are over.
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
	_, err := d.app.writeDemo(ctx, slices.Values([][]usage.Record{records}), d.fleet.LaunchedToday(d.app.now()))
	return err
}
