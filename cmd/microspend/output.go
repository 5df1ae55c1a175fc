package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/view"
)

// newFile is the mode of files that commands write, less the umask.
const newFile = 0o666

// outputFlags are the flags of every command that prints a document.
type outputFlags struct {
	format string
	file   string
	width  int
}

// addTo declares the flags on a command. More formats than the usual ones are those that the command has besides.
func (o *outputFlags) addTo(cmd *cobra.Command, more ...view.Format) {
	o.addFormat(cmd, append(view.Formats(), more...)...)
	cmd.Flags().Func("width", "table width in `COLUMNS` (default the terminal's, or 80)", func(text string) (err error) {
		switch o.width, err = strconv.Atoi(text); {
		case err != nil:
			return fmt.Errorf("%.40q is not a whole number", text)
		case o.width < 0 || (o.width > 0 && o.width < 40):
			return fmt.Errorf("%d is too narrow; the minimum is 40", o.width)
		}
		return nil
	})
}

// addFormat declares --output and --format, the first of the formats being the default.
func (o *outputFlags) addFormat(cmd *cobra.Command, formats ...view.Format) {
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i] = string(format)
	}
	last := len(names) - 1
	help := "output `FORMAT`: " + strings.Join(names[:last], ", ") + " or " + names[last]
	// The commands share o but not its default, so that only the one that runs may set it.
	format := new(string)
	choiceFlag(cmd, format, "format", help, names...)
	cmd.PreRun = func(*cobra.Command, []string) { o.format = *format }
	outputFlag(cmd, &o.file, "", outputHelp)
}

// logOptions are what a log has: warnings and errors alone with --quiet.
func (a *app) logOptions() *slog.HandlerOptions {
	if a.quiet {
		return &slog.HandlerOptions{Level: slog.LevelWarn}
	}
	return nil
}

// namesFile reports whether --output names a file rather than standard output.
func namesFile(output string) bool { return output != "" && output != "-" }

// write writes text without colors to a file, or to standard output: exact for files and programs, and with control
// characters made visible for a terminal, which would obey them.
func (a *app) write(output string, render func(io.Writer) error) error {
	switch file, ok := a.out.(*os.File); {
	case namesFile(output):
		return atomicfile.Replace(output, newFile, render)
	case ok && term.IsTerminal(file.Fd()):
		return render(view.VisibleWriter(file))
	default:
		return render(a.out)
	}
}

// print renders documents as the flags say.
func (a *app) print(documents ...view.Document) error {
	options := view.Options{Format: view.Format(a.output.format), Width: a.output.width}
	if options.Width == 0 && !namesFile(a.output.file) {
		options.Width = a.terminalWidth()
	}
	if options.Format != view.FormatTable {
		return a.write(a.output.file, func(w io.Writer) error { return view.Render(w, options, documents...) })
	}
	// Only tables have colors. What is in their cells is made visible before that.
	colored := func(w io.Writer, profile colorprofile.Profile) error {
		return view.Render(&colorprofile.Writer{Forward: w, Profile: profile}, options, documents...)
	}
	if namesFile(a.output.file) {
		return a.write(a.output.file, func(w io.Writer) error { return colored(w, colorprofile.NoTTY) })
	}
	return colored(a.out, a.colorProfile())
}

// printBinary writes what is not text to --output, or to standard output unless that is a terminal.
func (a *app) printBinary(render func(io.Writer) error) error {
	if file, ok := a.out.(*os.File); ok && !namesFile(a.output.file) && term.IsTerminal(file.Fd()) {
		return fmt.Errorf("refusing to write %s to a terminal; use --output FILE", a.output.format)
	}
	return a.write(a.output.file, render)
}

// colorProfile is what standard output can show: no colors in a pipe or with NO_COLOR.
func (a *app) colorProfile() colorprofile.Profile {
	profile := colorprofile.Detect(a.out, a.environ)
	if a.env("NO_COLOR") != "" {
		profile = min(profile, colorprofile.Ascii)
	}
	return profile
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
