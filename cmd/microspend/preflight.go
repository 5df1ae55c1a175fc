package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"microspend/internal/inputfile"
	"microspend/internal/nearest"
	"microspend/view"
)

// makesRatesDir marks a command that creates the folder of --rates-dir where there is none.
const makesRatesDir = "makes-rates-dir"

// preflight checks of a command line what no command may ignore, before any of them reads or writes anything.
func (a *app) preflight(cmd *cobra.Command, _ []string) error {
	if a.quiet {
		a.notes = io.Discard
	}
	if err := errors.Join(a.missingFlags(cmd)...); err != nil {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	}
	a.destination = nil
	if output := cmd.Flags().Lookup("output"); output != nil && namesFile(output.Value.String()) {
		if info, err := os.Stat(output.Value.String()); err == nil {
			a.destination = &destination{output.Value.String(), info}
		}
	}
	if cards := a.cardFolder(); cards != "" {
		if err := a.destination.isWithin(cards); err != nil {
			return err
		}
	}
	if a.ratesDir == "" || cmd.Annotations[makesRatesDir] != "" {
		return nil
	}
	// Without the folder every price would silently be the one built into the program.
	switch info, err := os.Stat(a.ratesDir); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--rates-dir: there is no directory %s", a.ratesDir)
	case err != nil:
		return fmt.Errorf("--rates-dir: %w", err)
	case !info.IsDir():
		return fmt.Errorf("--rates-dir: %s is not a directory", a.ratesDir)
	}
	return nil
}

// destination is what --output names, where it is there already.
type destination struct {
	path string
	info fs.FileInfo
}

// isInput refuses a file that the command reads as the one that it writes. Both are compared as the system does, by
// device and inode: a path may be relative, or lead there through a link. What is not a regular file, such as a pipe or
// a terminal, can be both.
func (d *destination) isInput(path string, info fs.FileInfo) error {
	if d == nil || info == nil || !d.info.Mode().IsRegular() || !os.SameFile(d.info, info) {
		return nil
	}
	as := ""
	if path != d.path {
		as = ", as " + path + ","
	}
	return fmt.Errorf("--output: this command also reads %s%s and would overwrite it; write to another file", d.path, as)
}

// isWithin refuses a file of a folder that the command reads as the one that it writes.
func (d *destination) isWithin(folder string) error {
	if d == nil || !d.info.Mode().IsRegular() {
		return nil
	}
	within, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil // what is not there is not read
	}
	target, err := filepath.EvalSymlinks(d.path)
	if err == nil {
		target, err = filepath.Abs(target)
	}
	if err == nil {
		within, err = filepath.Abs(within)
	}
	if err != nil {
		return err
	}
	if below, err := filepath.Rel(within, target); err != nil || !filepath.IsLocal(below) {
		return nil
	}
	return fmt.Errorf("--output: this command also reads %s, in %s, and would overwrite it; write to another file",
		d.path, folder)
}

// readFile reads a file that a command or its configuration names.
func (a *app) readFile(path string, max int64) ([]byte, error) {
	file, info, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := a.destination.isInput(path, info); err != nil {
		return nil, err
	}
	return inputfile.ReadOpen(file, path, info.Size(), max)
}

// missingFlags are the flags that a command needs and was not given, and those that exclude each other. The library
// would report the same, in words of its own.
func (a *app) missingFlags(cmd *cobra.Command) (faults []error) {
	var missing []string
	groups := map[string]bool{} // by the names of their flags; true where one of them is needed
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(f.Annotations[cobra.BashCompOneRequiredFlag], "true") && !f.Changed {
			missing = append(missing, a.needed(cmd, f))
		}
		for _, names := range f.Annotations["cobra_annotation_mutually_exclusive"] {
			groups[names] = groups[names] || false
		}
		for _, names := range f.Annotations["cobra_annotation_one_required"] {
			groups[names] = true
		}
	})
	if len(missing) > 0 {
		faults = append(faults, fmt.Errorf("%s needs %s", cmd.CommandPath(), strings.Join(missing, " and ")))
	}
	for names, needed := range groups {
		var all, given []string
		for name := range strings.FieldsSeq(names) {
			all = append(all, "--"+name)
			if cmd.Flags().Changed(name) {
				given = append(given, "--"+name)
			}
		}
		switch {
		case len(given) > 1:
			faults = append(faults, fmt.Errorf("%s cannot be combined; give one of them", strings.Join(given, " and ")))
		case len(given) == 0 && needed:
			faults = append(faults, fmt.Errorf("%s needs one of %s", cmd.CommandPath(), strings.Join(all, ", ")))
		}
	}
	return faults
}

// needed is a flag that has to be given, with what it may be where that is a few words.
func (a *app) needed(cmd *cobra.Command, f *pflag.Flag) string {
	what, _ := pflag.UnquoteUsage(f)
	text := "--" + f.Name + " " + what
	if f.Name != "region" && f.Name != "memory" {
		return text
	}
	known := flagOffers()[f.Name].words(line{a, cmd.Context(), cmd, nil})
	return text + " (" + strings.Join(known, ", ") + ")"
}

// noArguments refuses arguments, and names the commands that may have been meant where there are any.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasAvailableSubCommands():
		return fmt.Errorf("%s takes no arguments, but got %q; see %[1]s --help", cmd.CommandPath(), view.Visible(args[0]))
	}
	cmd.SuggestionsMinimumDistance = 2 // letters apart, as the library has it where it suggests by itself
	near := slices.DeleteFunc(cmd.SuggestionsFor(args[0]), func(name string) bool {
		// Two letters of three are another word: only what begins alike is meant all the same.
		return nearest.Near(args[0], []string{name}) == "" && !strings.HasPrefix(name, strings.ToLower(args[0]))
	})
	meant := strings.Join(near, " or ")
	within := ""
	if cmd.HasParent() {
		within = " of " + cmd.CommandPath()
	}
	return fmt.Errorf("unknown command %.60q%s%s", args[0], within, seeHelp(cmd, meant))
}

// seeHelp ends a message with what may have been meant, "" for nothing, and where to read more.
func seeHelp(cmd *cobra.Command, meant string) string {
	if meant != "" {
		return fmt.Sprintf("; did you mean %s? See %s --help", meant, cmd.CommandPath())
	}
	return fmt.Sprintf("; see %s --help", cmd.CommandPath())
}

// atMostOne allows for one argument.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one argument at most, but got %d; see %[1]s --help", cmd.CommandPath(), len(args))
	}
	return nil
}

// helpCommand is the library's, but for its words.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		Long:  `help shows the help of a command, as --help does.`,
		Example: `  microspend help
  microspend help spend
  microspend help ledger move`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			if of, _, err := root.Find(args); err == nil {
				for _, command := range of.Commands() {
					names = append(names, command.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			of, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noArguments(of, rest)
			}
			return of.Help()
		},
	}
}
