package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"microspend/internal/civil"
	"microspend/ledger/lifecycle"
	"microspend/serve"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/tui"
	"microspend/tui/data"
	"microspend/tui/theme"
	"microspend/view"
)

// dashFlags are the flags of the dashboard.
type dashFlags struct {
	view, theme          string
	once, noMouse, plain bool
	width, height        int
	refresh, stale       time.Duration
	collect              bool
	collectEvery         time.Duration
}

const (
	refreshEvery = 2 * time.Second
	staleAfter   = 6 * time.Hour // CloudWatch itself may be hours late
)

func (a *app) dashCommand() *cobra.Command {
	var f dashFlags
	var line lineFlags
	cmd := &cobra.Command{
		Use:   "dash",
		Short: "Open the dashboard in the terminal",
		Long: `dash shows the ledger in the terminal: an overview with budgets, forecast and anomalies; tenants, images, MicroVMs
and days, which you can sort, filter and open; the bill lines behind each figure; and what-if bills for a tenant.
New usage appears by itself. Press ? for the keys.

--collect also collects usage from AWS in the background, like microspend collect with the settings under collect
in microspend.yaml.

--once prints one frame and exits, for pipes, CI and screenshots; --plain makes it sentences and rows, for screen
readers. --line prints a single line, for tmux, shell prompts and status bars.`,
		Example: `  microspend dash
  # A past month
  microspend dash --period 2026-10
  # Collect from AWS while it is open
  microspend dash --collect
  # One frame, for a report or CI
  microspend dash --once --view tenants --width 120 --height 40
  # One line for a status bar
  microspend dash --line`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := line.check(cmd); err != nil {
				return err
			}
			if line.line {
				return a.dashLine(cmd.Context(), line, cmp.Or(f.width, lineWidth))
			}
			if f.collect {
				if err := a.makeLedger(cmd.Context()); err != nil {
					return err
				}
			}
			in, err := a.spendInputs(cmd.Context())
			if err != nil {
				return err
			}
			options, err := a.dashOptions(cmd.Context(), in, f)
			if err != nil {
				return err
			}
			a.liveInDash(&options, in)
			switch {
			case f.collect && f.once:
				return errors.New("--collect cannot be combined with --once; run microspend collect first")
			case f.plain && !f.once:
				return errors.New("--plain requires --once")
			case f.collectEvery < 0 || (f.collectEvery > 0 && !f.collect):
				return errors.New("--every requires --collect and a positive duration such as 15m")
			}
			if f.once {
				if err := a.hasData(cmd.Context()); err != nil {
					return err
				}
				return a.dashOnce(cmd.Context(), options, f)
			}
			a.usage = nil // the dashboard shows damage while it is open
			if a.env("TERM") == "dumb" {
				return errors.New("the dashboard needs a terminal that can place text, and TERM is dumb; use --once --plain")
			}
			if !a.onTerminal() {
				return errors.New("the dashboard needs a terminal; use --once to print one frame")
			}
			if f.collect {
				if err := a.collectInDash(&options, f.collectEvery); err != nil {
					return err
				}
			}
			return a.runDash(cmd.Context(), options)
		},
	}
	line.add(cmd)
	a.ledgerFlags(cmd)
	a.currencyFlag(cmd)
	a.periodFlags(cmd, theMonth)
	flags := cmd.Flags()
	flags.StringVar(&f.view, "view", "", "`VIEW` to open with: "+strings.Join(tui.Views(), ", "))
	flags.BoolVar(&f.once, "once", false, "print one frame and exit")
	flags.BoolVar(&f.plain, "plain", false, "with --once, print sentences and rows without drawing, for screen readers")
	flags.IntVar(&f.width, "width", 0, "width of --once in `COLUMNS` (default the terminal's, or 120), or of --line (60)")
	flags.IntVar(&f.height, "height", 0, "height of the --once frame in `LINES` (default the terminal's, or 40)")
	choiceFlag(cmd, &f.theme, "theme", "`THEME` of --once: auto, dark or light", "auto", "dark", "light")
	flags.BoolVar(&f.noMouse, "no-mouse", false, "leave the mouse to the terminal (with it, hold Shift to select text)")
	flags.Bool("mouse", true, "enable the mouse, which it is anyway")
	_ = flags.MarkHidden("mouse")
	flags.DurationVar(&f.refresh, "refresh", refreshEvery, "`INTERVAL` at which to check the ledger for changes")
	flags.DurationVar(&f.stale, "stale-after", staleAfter, "`AGE` from which data counts as stale; 0 for never")
	flags.BoolVar(&f.collect, "collect", false, "collect from AWS in the background")
	flags.DurationVar(&f.collectEvery, "every", 0,
		"`INTERVAL` at which to collect (default the configuration's, or 15m)")
	formerly(cmd, "collect-every", "every")
	formerly(cmd, "poll", "refresh")
	return cmd
}

// runDash opens the dashboard. It is looked at for hours beside other programs: what reading took is given back when it
// has ended, unless GOGC says how memory is to be kept. A terminal that is closed ends it as a request to stop does:
// left to its default, SIGHUP would kill it with the terminal, where there still is one, in the dashboard's hands.
func (a *app) runDash(ctx context.Context, options tui.Options) error {
	if !signal.Ignored(syscall.SIGHUP) { // by nohup, which means it
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop()
	}
	if a.env("GOGC") == "" {
		defer boundHeap(dashHeap, dashGC)()
		options.Rested = debug.FreeOSMemory
	}
	return tui.Run(ctx, options)
}

// dashOptions puts together what the dashboard takes.
func (a *app) dashOptions(ctx context.Context, in serve.Inputs, f dashFlags) (tui.Options, error) {
	market, err := a.market()
	if err != nil {
		return tui.Options{}, err
	}
	opened, err := a.openLedger(ctx)
	if err != nil {
		return tui.Options{}, err
	}
	source, err := a.inTimeZone(in.Source)
	if err != nil {
		return tui.Options{}, err
	}
	options := tui.Options{
		Reader: &data.Reader{
			Source: source, BudgetSet: in.Budgets, AnomalyRule: in.AnomalyRule, Prices: market.Prices,
			Regions: market.Cards.Regions(), Fingerprint: opened.Fingerprint, Info: opened.Info, Records: opened.Records,
			Launched: func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error) {
				return lifecycle.Read(ctx, opened, from, to)
			},
			Dismissed: func(ctx context.Context) (advise.Dismissals, error) { return advise.ReadDismissals(ctx, opened) },
			Dismiss:   a.dismissInDash,
		},
		Now: a.today, Clock: a.now, View: f.view, Poll: f.refresh, StaleAfter: f.stale, Mouse: !f.noMouse, Environ: a.environ,
		Input: a.in, Output: a.out, ASCII: a.asciiOnly(),
	}
	if folder := a.userFolder("XDG_STATE_HOME", ".local/state"); folder != "" {
		options.StateFile = filepath.Join(folder, "dash.json")
	}
	options.Period, err = a.dashPeriod(source)
	return options, err
}

// dashPeriod is the period to open with; nil is the month.
func (a *app) dashPeriod(source spend.Source) (*data.Period, error) {
	if !a.flags.Given() {
		return nil, nil
	}
	from, to, _, err := a.period(source)
	if err != nil {
		return nil, err
	}
	period := data.Period{Kind: data.KindOf(a.flags.Period), Span: civil.Between(from, to)}
	return &period, nil
}

// dashOnce prints one frame, or what it says.
func (a *app) dashOnce(ctx context.Context, options tui.Options, f dashFlags) error {
	if f.plain {
		documents, err := tui.Plain(ctx, options)
		if err != nil {
			return err
		}
		return view.Render(a.out, view.Options{Format: view.FormatPlain}, documents...)
	}
	width, height := f.width, f.height
	if file, ok := a.out.(*os.File); ok && (width == 0 || height == 0) && term.IsTerminal(file.Fd()) {
		if w, h, err := term.GetSize(file.Fd()); err == nil {
			width, height = cmp.Or(width, w), cmp.Or(height, h-1)
		}
	}
	width, height = cmp.Or(width, 120), cmp.Or(height, 40)
	dark := true
	switch f.theme {
	case "dark":
	case "light":
		dark = false
	case "auto":
		if in, ok := a.in.(*os.File); ok && a.onTerminal() {
			dark = lipgloss.HasDarkBackground(in, a.out.(*os.File))
		}
	}
	out := &colorprofile.Writer{Forward: a.out, Profile: a.colorProfile()}
	colors := theme.Many
	switch out.Profile {
	case colorprofile.ANSI:
		colors = theme.Sixteen
	case colorprofile.Ascii, colorprofile.NoTTY, colorprofile.Unknown:
		colors = theme.None
	}
	frame, err := tui.Once(ctx, options, dark, colors, width, height)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, frame)
	return err
}

// asciiOnly reports whether the locale names an encoding that is not UTF-8. Where nothing names a locale, as in many
// containers, terminals show UTF-8 all the same.
func (a *app) asciiOnly() bool {
	locale := strings.ToLower(cmp.Or(a.env("LC_ALL"), a.env("LC_CTYPE"), a.env("LANG")))
	return locale != "" && !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
}

// onTerminal reports whether both ends of the program are a terminal.
func (a *app) onTerminal() bool {
	in, isFile := a.in.(*os.File)
	out, alsoFile := a.out.(*os.File)
	return isFile && alsoFile && term.IsTerminal(in.Fd()) && term.IsTerminal(out.Fd())
}
