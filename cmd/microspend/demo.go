package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/ledger"
	"microspend/spend/simulate"
	"microspend/usage"
)

func (a *app) demoCommand() *cobra.Command {
	var folder string
	fleet := simulate.Fleet{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make up a fleet's usage and write it into a ledger of its own",
		Long: `demo makes up 40 tenants of different habits over the 45 days before --as-of, the same for the same seed, and writes
their usage into a ledger through the same code as real usage; with a tenants file and budgets beside it.`,
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
				err := a.writeFile(filepath.Join(folder, name), func(w io.Writer) error { _, err := w.Write(content); return err })
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
			return nil
		},
	}
	cmd.Flags().StringVar(&folder, "output", "microspend-demo", "`folder` to write to")
	cmd.Flags().Uint64Var(&fleet.Seed, "seed", 1, "`number` that everything made up follows from")
	cmd.Flags().IntVar(&fleet.Days, "days", 45, "`days` to make up")
	cmd.Flags().IntVar(&fleet.Tenants, "tenants", 40, "`tenants` to make up, 40 at most")
	return cmd
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
