package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/report"
	"microspend/spend/closing"
	"microspend/view"
)

func (a *app) closeCommand() *cobra.Command {
	var list, reopen, accept bool
	cmd := a.printing(&cobra.Command{
		Use:   "close [MONTH]",
		Short: "Close a month, so that its figures no longer change",
		Long: `close stores what the figures of MONTH follow from, next to the ledger: its usage, rates, discounts and tenants
file. From then on, every report shows the month as it was closed and lists what late data or changed rates would
make of it as restatements. FOCUS exports bill restatements as corrections in the first open month.

close refuses a month that is not over, or that has damaged days or unknown rates. Months are closed in order, and
reopened from the last one back.`,
		Example: `  microspend spend close 2026-10
  # Which months are closed, and by whom
  microspend spend close --list
  # Let the last closed month change again
  microspend spend close --reopen 2026-10`,
		Args: atMostOne,
	}, func(cmd *cobra.Command, args []string) (view.Document, error) {
		switch {
		case len(args) == 0 && list && !reopen:
			return a.listClosed(cmd.Context())
		case len(args) == 0 || list:
			return view.Document{}, errors.New("give a month such as 2026-10, or --list alone")
		}
		month, err := closing.ParseMonth(args[0])
		if err != nil {
			return view.Document{}, err
		}
		if reopen {
			return a.reopenMonth(cmd.Context(), month)
		}
		return a.closeMonth(cmd.Context(), month, accept)
	})
	a.ledgerFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&a.flags.TimeZone, "tz", "",
		"`TIMEZONE` of the month, for example Europe/Berlin (default the configuration's, or UTC)")
	flags.BoolVar(&list, "list", false, "list the months that are closed")
	flags.BoolVar(&reopen, "reopen", false, "reopen the month, which must be the last one that is closed")
	flags.BoolVar(&accept, "accept-incomplete", false, "close a month also with damaged days or unknown rates")
	return cmd
}

func (a *app) closeMonth(ctx context.Context, month civil.Day, accept bool) (view.Document, error) {
	read, err := a.configured(a.readFile)
	if err != nil {
		return view.Document{}, err
	}
	if read.Source, err = a.inTimeZone(read.Source); err != nil {
		return view.Document{}, err
	}
	var closed closing.Closing
	err = a.writeClosed(ctx, func(ctx context.Context, writer ledger.Store) error {
		source := read.Source
		source.Usage = writer
		if source, err = closing.Load(ctx, source, writer, read.TenantsFile); err != nil {
			return err
		}
		closed, err = closing.Close(ctx, closing.Request{
			Ledger: writer, Source: source, Tenants: read.TenantsFile, Month: month, Now: a.today(),
			By: a.userName(), Version: version(), AcceptIncomplete: accept,
		})
		return err
	})
	if already, ok := errors.AsType[*closing.AlreadyError](err); ok {
		fmt.Fprintf(a.notes, "%s; nothing was changed\n", already)
		err = nil
	}
	return report.Closed([]closing.Closing{closed}), err
}

func (a *app) reopenMonth(ctx context.Context, month civil.Day) (view.Document, error) {
	var reopened closing.Closing
	err := a.writeClosed(ctx, func(ctx context.Context, writer ledger.Store) (err error) {
		reopened, err = closing.Reopen(ctx, writer, month.Month(), a.today())
		return err
	})
	if err == nil {
		fmt.Fprintf(a.notes, "%s is open again; reports show it as it is now\n", month.Month())
	}
	return report.Closed([]closing.Closing{reopened}), err
}

// writeClosed does work on the months of a ledger that exists, with its lock held.
func (a *app) writeClosed(ctx context.Context, work func(context.Context, ledger.Store) error) error {
	if _, err := a.openLedger(ctx); err != nil { // which must be there already
		return err
	}
	return a.writeLedger(ctx, ledger.Options{Command: "microspend spend close"}, work)
}

func (a *app) listClosed(ctx context.Context) (view.Document, error) {
	opened, err := a.openLedger(ctx)
	if err != nil {
		return view.Document{}, err
	}
	list, err := closing.List(ctx, opened)
	if len(list) == 0 && err == nil {
		fmt.Fprintln(a.notes, "no month is closed")
	}
	return report.Closed(list), err
}
