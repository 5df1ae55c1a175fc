package main

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// offer is what the shell is told that the value of a flag, or an argument, may be.
type offer struct {
	words  func(line) []string // in the order to show
	list   bool                // words with commas between them, of which the last is completed
	more   bool                // a word is not the whole value: no space follows it
	files  []string            // the extensions of files
	folder bool
	any    bool          // any file
	within time.Duration // what it may take; 0 means completionTime
}

// line is a command line that is being completed.
type line struct {
	*app
	context.Context
	cmd  *cobra.Command
	args []string // given already
}

const (
	// completionTime is how long someone who presses Tab is made to wait for a ledger. What it has not told by then
	// is not offered.
	completionTime = 300 * time.Millisecond
	// mostOffered is how many names are offered at once: a shell asks before it shows more than a screen, and whoever
	// types another letter is offered others.
	mostOffered = 200
	longestName = 200
)

// completes reports whether a shell asks what may come next on a command line.
func completes(args []string) bool {
	return len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd)
}

// completion gives every flag and argument of all commands its values. It is not done unless a shell asks: it walks
// through all of the commands.
func (a *app) completion(root *cobra.Command) {
	a.err, a.notes = io.Discard, io.Discard // a shell shows what it is told to, and no warnings between that
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	flags, arguments := flagOffers(), argumentOffers()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		if cmd.DisableFlagParsing { // it parses them itself when it runs, but only then
			cmd.DisableFlagParsing = false
			cmd.Flags().SetInterspersed(false)
		}
		register := func(f *pflag.Flag) {
			_, f.Usage = pflag.UnquoteUsage(f) // which shells show as it is
			offered, known := flags[path+" "+f.Name]
			if !known {
				offered, known = flags[f.Name]
			}
			if c, ok := f.Value.(choice); ok {
				offered, known = words(c.allowed...), true
			}
			if known {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, a.completer(offered))
			}
		}
		cmd.LocalFlags().VisitAll(register)
		if offered, known := arguments[path]; known && cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = a.completer(offered)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// completer is an offer as the library calls it.
func (a *app) completer(o offer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		switch {
		case o.any:
			return nil, cobra.ShellCompDirectiveDefault
		case o.folder:
			return nil, cobra.ShellCompDirectiveFilterDirs
		case o.files != nil:
			return o.files, cobra.ShellCompDirectiveFilterFileExt
		}
		before := ""
		if o.list {
			before = begun[:strings.LastIndexByte(begun, ',')+1]
		}
		directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		if o.more {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		given := strings.Split(before, ",")
		var offered []string
		for _, word := range a.wordsInTime(o, cmd, args) {
			word, about, _ := strings.Cut(word, "\t")
			if !strings.HasPrefix(word, begun[len(before):]) || !isPlainWord(word) || slices.Contains(given, word) {
				continue
			}
			if about != "" {
				word += "\t" + about
			}
			if offered = append(offered, before+word); len(offered) == mostOffered {
				break
			}
		}
		return offered, directive
	}
}

// wordsInTime are the words of an offer, none where they cannot be told in time. Disks do not heed a context, so that
// they are left behind: the program is about to end.
func (a *app) wordsInTime(o offer, cmd *cobra.Command, args []string) []string {
	ctx, cancel := context.WithTimeout(cmd.Context(), cmp.Or(o.within, completionTime))
	defer cancel()
	found := make(chan []string, 1)
	go func() { found <- o.words(line{a, ctx, cmd, args}) }()
	select {
	case names := <-found:
		return names
	case <-ctx.Done():
		return nil
	}
}

// isPlainWord reports whether a word means itself in every shell. Names of tenants come from whoever runs MicroVMs, and
// bash puts what several of them begin with on the command line as it is, where $(…) would run at the next Tab. Names
// that would have to be quoted are left to be typed.
func isPlainWord(word string) bool {
	if word == "" || len(word) > longestName || strings.ContainsRune("-=.@", rune(word[0])) {
		return false
	}
	return !strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/@+,=", r)
	})
}

// words is an offer of some words.
func words(all ...string) offer { return offer{words: func(line) []string { return all }} }

// namesOf is an offer of what has names of its own.
func namesOf[T interface{ ~string }](all []T) offer {
	return offer{words: func(line) (names []string) {
		for _, each := range all {
			names = append(names, string(each))
		}
		return names
	}}
}

// asList is the same offer of words with commas between them.
func (o offer) asList() offer {
	o.list = true
	return o
}

// followed is the same offer of words that something follows, such as a figure after =.
func (o offer) followed(by string) offer {
	words := o.words
	o.more, o.words = true, func(l line) (out []string) {
		for _, word := range words(l) {
			out = append(out, word+by)
		}
		return out
	}
	return o
}
