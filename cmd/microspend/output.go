package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/view"
)

// outputFlags are the flags of every command that prints a document.
type outputFlags struct {
	format  string
	file    string
	width   int
	allowed []string
}

// addTo declares the flags on a command. More formats than the usual ones are those that the command has besides.
func (o *outputFlags) addTo(cmd *cobra.Command, more ...view.Format) {
	var allowed []string
	for _, format := range append(view.Formats(), more...) {
		allowed = append(allowed, string(format))
	}
	// The flags of all commands share o; what is allowed is settled when a command runs.
	cmd.PreRunE = func(*cobra.Command, []string) error {
		o.allowed = allowed
		return o.check()
	}
	words := strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1]
	cmd.Flags().StringVar(&o.format, "format", string(view.FormatTable), "output `FORMAT`: "+words)
	cmd.Flags().StringVar(&o.file, "output", "", outputHelp)
	cmd.Flags().IntVar(&o.width, "width", 0, "table width in `COLUMNS` (default: the terminal's, or 80)")
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string,
		string,
	) ([]string, cobra.ShellCompDirective) {
		return allowed, cobra.ShellCompDirectiveNoFileComp
	})
}

// check refuses what cannot be printed, before a command has done anything.
func (o *outputFlags) check() error {
	if !slices.Contains(o.allowed, o.format) {
		return fmt.Errorf("--format: unknown format %q; valid formats: %s", o.format, strings.Join(o.allowed, ", "))
	}
	if o.width < 0 || (o.width > 0 && o.width < 40) {
		return fmt.Errorf("--width: %d is too narrow; the minimum is 40", o.width)
	}
	return nil
}

// namesFile reports whether --output names a file rather than standard output.
func namesFile(output string) bool { return output != "" && output != "-" }

// write writes to a file, or to standard output.
func (a *app) write(output string, render func(io.Writer) error) error {
	if namesFile(output) {
		return atomicfile.Replace(output, newFile, render)
	}
	return render(a.out)
}

// print renders documents as the flags say.
func (a *app) print(documents ...view.Document) error {
	options := view.Options{Format: view.Format(a.output.format), Width: a.output.width}
	if namesFile(a.output.file) {
		return atomicfile.Replace(a.output.file, newFile, func(w io.Writer) error {
			if options.Format == view.FormatTable {
				w = &colorprofile.Writer{Forward: w, Profile: colorprofile.NoTTY}
			}
			return view.Render(w, options, documents...)
		})
	}
	if options.Width == 0 {
		options.Width = a.terminalWidth()
	}
	if options.Format != view.FormatTable {
		return view.Render(a.out, options, documents...) // only tables have colours to take away
	}
	return view.Render(a.colored(), options, documents...)
}

// printBinary writes what is no text to --output, or to standard output where that is no terminal.
func (a *app) printBinary(render func(io.Writer) error) error {
	if file, ok := a.out.(*os.File); ok && !namesFile(a.output.file) && term.IsTerminal(file.Fd()) {
		return fmt.Errorf("refusing to write %s to a terminal; use --output FILE", a.output.format)
	}
	return a.write(a.output.file, render)
}

// colored is standard output with colours reduced to what it can show: none in a pipe or with NO_COLOR.
func (a *app) colored() io.Writer {
	w := colorprofile.NewWriter(a.out, a.environ)
	if a.env("NO_COLOR") != "" {
		w.Profile = min(w.Profile, colorprofile.Ascii)
	}
	return w
}

func (a *app) terminalWidth() int {
	if file, ok := a.out.(*os.File); ok && term.IsTerminal(file.Fd()) {
		if width, _, err := term.GetSize(file.Fd()); err == nil && width > 0 {
			return width
		}
	}
	if columns, err := strconv.Atoi(a.env("COLUMNS")); err == nil && columns >= 40 {
		return columns
	}
	return view.DefaultWidth
}

// newFile is the mode of files that commands write, less the umask.
const newFile = 0o666
