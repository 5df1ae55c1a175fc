package main

import (
	"bytes"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"microspend/internal/lazyregexp"
)

// mostHelpWidth is how wide help gets on a wide terminal: longer lines are hard to read.
const mostHelpWidth = 100

// fitHelp makes the help of all commands fit the terminal, 80 columns where there is none.
func (a *app) fitHelp(root *cobra.Command) {
	usual := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		var text bytes.Buffer
		out := cmd.OutOrStdout()
		cmd.SetOut(&text)
		usual(cmd, args)
		cmd.SetOut(out)
		plain := plainDefaults(text.String())
		// What cannot be written is not said either: there is nobody to read it.
		_, _ = io.WriteString(out, fitted(plain, min(a.terminalWidth(), mostHelpWidth)))
	})
}

var (
	quotedDefault = lazyregexp.New(`\(default "([^"]*)"\)`)
	noDefault     = lazyregexp.New(`\s*\(default 0\)`) // a bound of zero bounds nothing
	longDuration  = lazyregexp.New(`\(default ([0-9hm]*[0-9][hm])0s\)`)
	longHours     = lazyregexp.New(`\(default ([0-9]+h)0m\)`)
)

// plainDefaults writes the defaults of flags as people would give them: pflag quotes text, and Go writes six hours as
// 6h0m0s.
func plainDefaults(help string) string {
	help = quotedDefault.ReplaceAllString(help, "(default $1)")
	help = noDefault.ReplaceAllString(help, "")
	return longHours.ReplaceAllString(longDuration.ReplaceAllString(help, "(default $1)"), "(default $1)")
}

// fitted breaks the lines of a help text to a width. Lines at the margin are paragraphs and flow anew; the others are
// flags, commands and lists, of which the words hang under each other, and examples, which stay fit to be pasted.
func fitted(text string, width int) string {
	var out, paragraph []string
	flow := func() {
		if len(paragraph) > 0 {
			out = append(out, wrappedTo(strings.Join(paragraph, " "), width)...)
			paragraph = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && line[0] != ' ' {
			paragraph = append(paragraph, line)
			continue
		}
		flow()
		switch {
		case ansi.StringWidth(line) <= width:
			out = append(out, line)
		case strings.HasPrefix(line, "  microspend "):
			out = append(out, continued(line, width)...)
		default:
			out = append(out, hung(line, width)...)
		}
	}
	flow()
	return strings.Join(out, "\n")
}

// wrappedTo breaks text between words, and no word at its hyphens, as flags have them.
func wrappedTo(text string, width int) []string {
	const held = "\u2011"
	lines := strings.Split(ansi.Wordwrap(strings.ReplaceAll(text, "-", held), width, " "), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.ReplaceAll(line, held, "-"), " ")
	}
	return lines
}

// described is a line of a list: a name, a gap, and the words that describe it.
var described = lazyregexp.New(`^( +\S.*? {2,})(\S.*)$`)

// hung breaks the words that describe a flag or a command, each line under the first, or where the name leaves them
// too little room, under the name.
func hung(line string, width int) []string {
	words := strings.TrimLeft(line, " ")
	name := line[:len(line)-len(words)]
	indent := name + "    "
	if parts := described.FindStringSubmatch(line); parts != nil {
		name, words = parts[1], parts[2]
		if column := ansi.StringWidth(name); column <= width/2 {
			indent = strings.Repeat(" ", column)
		} else {
			indent = strings.Repeat(" ", 10)
			lines := []string{strings.TrimRight(name, " ")}
			return append(lines, prefixed(wrappedTo(words, width-len(indent)), indent, indent)...)
		}
	}
	return prefixed(wrappedTo(words, width-len(indent)), name, indent)
}

func prefixed(lines []string, first, rest string) []string {
	for i := range lines {
		if i == 0 {
			lines[i] = first + lines[i]
		} else {
			lines[i] = rest + lines[i]
		}
	}
	return lines
}

// continued breaks an example as a shell allows it.
func continued(line string, width int) []string {
	lines := wrappedTo(strings.TrimSpace(line), width-len("      ")-len(` \`))
	for i := range len(lines) - 1 {
		lines[i] += ` \`
	}
	return prefixed(lines, "  ", "      ")
}
