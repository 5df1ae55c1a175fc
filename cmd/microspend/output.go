package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

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
	cmd.Flags().StringVar(&o.format, "format", string(view.FormatTable), "output `format`: "+words)
	cmd.Flags().StringVar(&o.file, "output", "", "write to this `file` instead of standard output; - is standard output")
	cmd.Flags().IntVar(&o.width, "width", 0, "`columns` of a table (default those of the terminal, or 80)")
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return allowed, cobra.ShellCompDirectiveNoFileComp
	})
}

// check refuses what cannot be printed, before a command has done anything.
func (o *outputFlags) check() error {
	if !slices.Contains(o.allowed, o.format) {
		return fmt.Errorf("--format: no format %q; formats are %s", o.format, strings.Join(o.allowed, ", "))
	}
	if o.width < 0 || (o.width > 0 && o.width < 40) {
		return fmt.Errorf("--width: %d is too narrow; give at least 40", o.width)
	}
	return nil
}

// print renders documents as the flags say.
func (a *app) print(documents ...view.Document) error {
	options := view.Options{Format: view.Format(a.output.format), Width: a.output.width}
	if a.output.file != "" && a.output.file != "-" {
		return a.writeFile(a.output.file, func(w io.Writer) error {
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
func (a *app) printBinary(write func(io.Writer) error) error {
	if a.output.file != "" && a.output.file != "-" {
		return a.writeFile(a.output.file, write)
	}
	if file, ok := a.out.(*os.File); ok && term.IsTerminal(file.Fd()) {
		return fmt.Errorf("%s is not for a terminal; give --output FILE", a.output.format)
	}
	return write(a.out)
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

// writeFile replaces a file atomically: whatever goes wrong, either the old content or the whole new one is there. What is
// rendered goes to a hidden file beside it as it comes, however much it is. A link is followed, and what is no regular
// file, such as /dev/null, is written to as it is.
func (a *app) writeFile(path string, render func(io.Writer) error) error {
	if link, err := os.Lstat(path); err == nil && link.Mode()&os.ModeSymlink != 0 {
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return fmt.Errorf("cannot write %s: it is a link to nothing", path)
		}
		path = target
	}
	before, err := os.Stat(path)
	if err == nil && !before.Mode().IsRegular() {
		if before.IsDir() {
			return fmt.Errorf("cannot write %s: it is a folder", path)
		}
		special, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return cannotWrite(path, err)
		}
		return errors.Join(renderTo(special, path, render), special.Close())
	}
	hidden := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%.100s.%d", filepath.Base(path), os.Getpid()))
	// A new file gets the rights that the user's umask leaves; one that is replaced keeps its own.
	temporary, err := os.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return cannotWrite(path, err)
	}
	defer os.Remove(hidden) // fails, as it should, once the file has been renamed
	if err := renderTo(temporary, path, render); err != nil {
		return errors.Join(err, temporary.Close())
	}
	if before != nil {
		err = temporary.Chmod(before.Mode().Perm())
	}
	if err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(hidden, path)
	}
	if err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// cannotWrite tells a fault by the name that the user knows the file by, and not by that of the hidden one.
func cannotWrite(path string, err error) error {
	var ofPath *fs.PathError
	var ofLink *os.LinkError
	switch {
	case errors.As(err, &ofPath):
		err = ofPath.Err
	case errors.As(err, &ofLink):
		err = ofLink.Err
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}

// renderTo renders to a file that was opened for a path.
func renderTo(file *os.File, path string, render func(io.Writer) error) error {
	out := bufio.NewWriterSize(fileWriter{file, path}, 1<<16)
	if err := render(out); err != nil {
		return err
	}
	return out.Flush()
}

type fileWriter struct {
	file *os.File
	path string
}

// Write implements [io.Writer].
func (f fileWriter) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	if err != nil {
		err = cannotWrite(f.path, err)
	}
	return n, err
}
