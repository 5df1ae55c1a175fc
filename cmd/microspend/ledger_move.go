package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"microspend/collector/sources"
	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/move"
	"microspend/ledger/stores"
	"microspend/report"
	"microspend/spend/closing"
	"microspend/view"
)

func (a *app) ledgerMoveCommand() *cobra.Command {
	var o move.Options
	cmd := a.printing(&cobra.Command{
		Use:   "move FROM TO",
		Short: "Copy a ledger into another one and verify the copy",
		Long: `move copies the ledger FROM into the ledger TO: usage, closed months, bills, checkpoints of collectors and
everything else that is stored with it, and the audit log as documents. Each is a folder or a URL, as for --ledger.
FROM is never changed. If move is interrupted, run it again: it continues where it ended.

move verifies each day: the sums of all measures, by every dimension but the MicroVM, must be the same in both
ledgers. It exits with 1 if they differ or a file of FROM is damaged, and with 3 if a ledger cannot be reached.
What has been copied stays.

TO must be empty, or hold an earlier part of the same move. With --merge it may hold something else: usage is added
to it, and documents that it already has stay as they are. --from and --to copy usage only.`,
		Example: `  # See what would be copied
  microspend ledger move ~/.local/share/microspend/ledger s3://finance/ledger --dry-run
  microspend ledger move ~/.local/share/microspend/ledger s3://finance/ledger
  # Into ClickHouse
  microspend ledger move /srv/ledger clickhouse://ch.internal:8123/microspend
  # Add a month to a ledger that has others
  microspend ledger move old new --period 2026-10 --merge`,
		Args: exactly(2, "two ledgers"),
	}, func(cmd *cobra.Command, args []string) (view.Document, error) {
		var err error
		if a.flags.Given() {
			if o.From, o.To, err = a.dayRange(); err != nil {
				return view.Document{}, err
			}
		}
		o.Now = a.now
		result, err := a.moveLedger(cmd.Context(), args[0], args[1], o)
		if err != nil && len(result.Days) == 0 {
			return view.Document{}, a.moveFault(err, &result)
		}
		if err == nil && !result.OK() {
			err = errCheckFailed
		} else {
			err = a.moveFault(err, &result)
		}
		return report.LedgerMove(result), err
	})
	a.periodFlags(cmd, theWholeOf("ledger"))
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "show what would be copied, and change nothing")
	cmd.Flags().BoolVar(&o.Merge, "merge", false, "add to a ledger that holds something else already")
	return cmd
}

func (a *app) moveLedger(ctx context.Context, from, to string, o move.Options) (move.Result, error) {
	from, to = absoluteName(from), absoluteName(to)
	if from == to {
		return move.Result{}, errors.New("FROM and TO are the same ledger")
	}
	options := ledger.Options{Command: "microspend ledger move", Action: move.Action, Now: a.now}
	if o.Merge {
		options.Collected.Sources = sources.Names()
	}
	source, err := stores.Open(ctx, from, options)
	if errors.Is(err, fs.ErrNotExist) {
		return move.Result{}, fmt.Errorf("FROM: %w", err)
	}
	if err != nil {
		return move.Result{}, err
	}
	bar := a.progress("copying", "rows")
	defer bar.Clear()
	o.Progress = func(records, of int64) { bar.At(records, of, records) }
	if o.DryRun {
		target, err := stores.Open(ctx, to, options)
		if errors.Is(err, fs.ErrNotExist) {
			target, err = nil, nil
		}
		if err != nil {
			return move.Result{}, err
		}
		result, err := copyLedger(ctx, source, target, o)
		result.Target = cmp.Or(result.Target, audit.Redact([]string{to})[0])
		return result, err
	}
	target, err := stores.OpenForWriting(ctx, to, options)
	if err != nil {
		return move.Result{}, err
	}
	result, err := copyLedger(ctx, source, target, o)
	if err == nil && result.OK() {
		if _, err = closing.Rebind(ctx, target); err != nil {
			err = storeFault{err}
		}
	}
	if closed := target.Close(); err == nil && closed != nil {
		err = storeFault{closed}
	}
	return result, err
}

func copyLedger(ctx context.Context, source, target ledger.Reader, o move.Options) (move.Result, error) {
	result, err := move.Move(ctx, source, target, o)
	if err != nil {
		err = storeFault{err}
	}
	return result, err
}

// absoluteName is a ledger's name as it is written down: a folder's path is absolute, so that another run knows it again.
func absoluteName(name string) string {
	if !stores.IsFolder(name) {
		return name
	}
	if absolute, err := filepath.Abs(name); err == nil {
		return absolute
	}
	return name
}

// storeFault is what a ledger says of itself.
type storeFault struct{ error }

// Unwrap returns what it says.
func (f storeFault) Unwrap() error { return f.error }

// moveFault says on standard error what ended a move, and gives the exit code: 2 for what the user can put right, 3
// where a ledger failed.
func (a *app) moveFault(err error, result *move.Result) error {
	fault, failed := errors.AsType[storeFault](err)
	if !failed || refusedByUser(err) {
		return err
	}
	fmt.Fprintf(a.err, "microspend: %s\n", view.Visible(fault.Error()))
	if n := len(result.Days); n > 0 {
		fmt.Fprintf(a.err, "copied and verified so far: %s; run it again to go on\n", figures.Count(n, "day"))
	}
	return errOutside
}

// refusedByUser reports whether the user has to decide something: nothing failed.
func refusedByUser(err error) bool {
	_, target := errors.AsType[*move.TargetError](err)
	_, collected := errors.AsType[*ledger.CollectedError](err)
	return target || collected || errors.Is(err, context.Canceled)
}
