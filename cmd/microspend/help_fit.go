package main

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"microspend/internal/lazyregexp"
)

// fitted breaks the lines of a help text to a width. Lines at the margin are paragraphs and flow anew; the others are
// flags, commands and lists, of which the words hang under each other.
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

// exampleLines are the lines of a command's examples without their indent: comments, and command lines, each whole.
func exampleLines(example string) (lines []string) {
	for line := range strings.Lines(strings.ReplaceAll(example, "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// fittedExamples breaks examples to a width: comments between words, and command lines so that they can still be
// pasted. A comment begins a paragraph.
func fittedExamples(example string, width int) string {
	var out []string
	for i, line := range exampleLines(example) {
		const comment = "# "
		if text, ok := strings.CutPrefix(line, comment); ok {
			if i > 0 {
				out = append(out, "")
			}
			out = append(out, prefixed(wrappedTo(text, width-len("  # ")), "  # ", "  # ")...)
			continue
		}
		out = append(out, continued(line, width)...)
	}
	return strings.Join(out, "\n")
}

// continued breaks a command line as a shell allows it: before a word, and not within quotes.
func continued(line string, width int) []string {
	const first, rest, more = "  ", "      ", ` \`
	lines := []string{first}
	last := func() *string { return &lines[len(lines)-1] }
	words := flagsWithValues(shellWords(line))
	for i, word := range words {
		room := width
		if i < len(words)-1 {
			room -= len(more)
		}
		empty := strings.TrimSpace(*last()) == ""
		if !empty && ansi.StringWidth(*last()+" "+word) > room {
			*last() += more
			lines = append(lines, rest)
			empty = true
		}
		if !empty {
			*last() += " "
		}
		*last() += word
	}
	return lines
}

// flagsWithValues joins a flag, or a redirection, with the word after it: they are read together.
func flagsWithValues(words []string) (joined []string) {
	for i, word := range words {
		if i > 0 && (words[i-1] == ">" || strings.HasPrefix(words[i-1], "--") && len(words[i-1]) > len("--")) &&
			!strings.HasPrefix(word, "-") {
			joined[len(joined)-1] += " " + word
			continue
		}
		joined = append(joined, word)
	}
	return joined
}

// shellWords splits a command line at the white space outside of quotes. The words keep their quotes.
func shellWords(line string) (words []string) {
	var word strings.Builder
	quote := rune(0)
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range line {
		switch {
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			end()
			continue
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		}
		word.WriteRune(r)
	}
	end()
	return words
}
