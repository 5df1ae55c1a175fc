package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/tui/data"
	"microspend/tui/theme"
	"microspend/view"
)

// lineFlags are the flags of dash --line.
type lineFlags struct {
	line, color, failOver bool
	format                string
}

// lineGC lets the heap grow in place of being collected over and over while it is small: the process ends at once.
const lineGC = 800 // percent

// lineWidth is how wide the line is at most, unless --width says otherwise: beside it, a status bar has more to show.
const lineWidth = 60

func (f *lineFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.line, "line", false, "print one line for tmux, a shell prompt or a status bar, and exit")
	flags.BoolVar(&f.color, "color", false, "color the --line, with escape sequences whatever it is printed to")
	flags.BoolVar(&f.failOver, "fail-over-budget", false, "exit with 1 if --line is over the month's budget")
	choiceFlag(cmd, &f.format, "format", "`FORMAT` of the --line: text or json", "text", "json")
}

// check refuses what goes with the line alone where there is none.
func (f *lineFlags) check(cmd *cobra.Command) error {
	for _, name := range []string{"color", "fail-over-budget", "format"} {
		if !f.line && cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s requires --line", name)
		}
	}
	for _, name := range []string{"once", "collect", "view", "period", "from", "to", "height", "theme"} {
		if f.line && cmd.Flags().Changed(name) {
			return fmt.Errorf("--line cannot be combined with --%s", name)
		}
	}
	return nil
}

// dashLine prints the line. Where there are no figures a word says so in its place, since a status bar shows nothing of
// standard error.
func (a *app) dashLine(ctx context.Context, f lineFlags, width int) error {
	if a.env("GOGC") == "" {
		debug.SetGCPercent(lineGC)
	}
	line, err := a.spendLine(ctx)
	if err != nil {
		return errors.Join(a.printLine(f, wordFor(err), view.Document{JSON: view.Object{
			{ID: "schema", Value: report.LineSchema}, {ID: "text", Value: wordFor(err)}, {ID: "class", Value: "error"},
		}}), err)
	}
	paint := func(text string) string { return text }
	if t := theme.New(true, theme.Sixteen); f.color {
		paint = map[budget.Status]theme.Paint{
			budget.OK: t.Good, budget.AtRisk: t.Warn, budget.Warning: t.Warn, budget.Over: t.Bad,
		}[line.Status()].Text
	}
	if err := a.printLine(f, line.Text(width, paint), line.JSON(width)); err != nil {
		return err
	}
	return passes(!f.failOver || line.Status() != budget.Over)
}

func (a *app) printLine(f lineFlags, text string, document view.Document) error {
	return a.write("", func(w io.Writer) error {
		if f.format == "json" {
			var out, line bytes.Buffer
			if err := view.Render(&out, view.Options{Format: view.FormatJSON}, document); err != nil {
				return err
			}
			if err := json.Compact(&line, out.Bytes()); err != nil { // status bars read line by line
				return err
			}
			text = line.String()
		}
		_, err := fmt.Fprintln(w, text)
		return err
	})
}

func wordFor(err error) string {
	unreachable, isUnreachable := errors.AsType[*ledger.UnreachableError](err)
	switch {
	case errors.Is(err, errNoLedger):
		return "no ledger"
	case errors.Is(err, errNoData):
		return "no data"
	case isUnreachable && unreachable != nil:
		return "ledger unreachable"
	}
	return "spend unknown"
}

// spendLine reads what the line says, and no more: a prompt waits for it.
func (a *app) spendLine(ctx context.Context) (report.Line, error) {
	in, err := a.spendInputs(ctx)
	if err != nil {
		return report.Line{}, err
	}
	if in.Source, err = a.inTimeZone(in.Source); err != nil {
		return report.Line{}, err
	}
	standing, err := budget.Standing(ctx, in.Source, in.Budgets, a.today())
	if err == nil && standing.AsOf.IsZero() {
		err = a.hasData(ctx)
	}
	if err != nil {
		return report.Line{}, err
	}
	today := data.PeriodOf(data.Today, a.today(), in.Source.Zone(nil))
	spent, err := in.Source.Report(ctx, spend.Request{From: today.From, To: today.To})
	return report.NewLine(spent.Total, standing), err
}
