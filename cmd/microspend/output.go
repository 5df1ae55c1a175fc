package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"microspend/report"
)

// outputFlags are the flags of every command that prints a document.
type outputFlags struct {
	format  string
	file    string
	width   int
	allowed []string
}

// addTo declares the flags on a command. More formats than the usual ones are those that the command has besides.
func (o *outputFlags) addTo(cmd *cobra.Command, more ...report.Format) {
	var allowed []string
	for _, format := range append(report.Formats(), more...) {
		allowed = append(allowed, string(format))
	}
	// The flags of all commands share o; what is allowed is settled when a command runs.
	cmd.PreRun = func(*cobra.Command, []string) { o.allowed = allowed }
	words := strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1]
	cmd.Flags().StringVar(&o.format, "format", string(report.FormatTable), "output `format`: "+words)
	cmd.Flags().StringVar(&o.file, "output", "", "write to this `file` instead of standard output")
	cmd.Flags().IntVar(&o.width, "width", 0, "`columns` of a table (default those of the terminal, or 80)")
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return allowed, cobra.ShellCompDirectiveNoFileComp
	})
}

// print renders documents as the flags say.
func (a *app) print(documents ...report.Document) error {
	if !slices.Contains(a.output.allowed, a.output.format) {
		return fmt.Errorf("--format: no format %q; formats are %s", a.output.format, strings.Join(a.output.allowed, ", "))
	}
	if a.output.width < 0 || (a.output.width > 0 && a.output.width < 40) {
		return fmt.Errorf("--width: %d is too narrow; give at least 40", a.output.width)
	}
	options := report.Options{Format: report.Format(a.output.format), Width: a.output.width}
	if a.output.file != "" {
		return a.writeFile(a.output.file, func(w io.Writer) error {
			plain := &colorprofile.Writer{Forward: w, Profile: colorprofile.NoTTY}
			return report.Render(plain, options, documents...)
		})
	}
	if options.Width == 0 {
		options.Width = a.terminalWidth()
	}
	return report.Render(a.colored(), options, documents...)
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
	return report.DefaultWidth
}

// writeFile replaces a file atomically: whatever goes wrong, either the old content or the whole new one is there. A
// link is followed, and what is no regular file, such as /dev/null, is written to as it is.
func (a *app) writeFile(path string, render func(io.Writer) error) error {
	var content bytes.Buffer
	if err := render(&content); err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("cannot write %s: it is a folder", path)
		}
		return os.WriteFile(path, content.Bytes(), 0o644)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name()) // fails, as it should, once the file has been renamed
	_, err = temporary.Write(content.Bytes())
	if err == nil {
		err = temporary.Chmod(0o644)
	}
	if err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
