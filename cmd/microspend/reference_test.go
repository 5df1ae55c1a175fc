package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// referencePage has the help of all commands.
const referencePage = "docs/cli.md"

// sharedByAtLeast is how many commands have a flag, in the same words, that is described once for all of them.
const sharedByAtLeast = 5

// TestCommandReference holds docs/cli.md to the commands. With -update it is written.
func TestCommandReference(t *testing.T) {
	file := filepath.Join(repositoryRoot, referencePage)
	want := commandReference()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "go test ./cmd/microspend -run TestCommandReference -update writes it")
	for _, paragraph := range regexp.MustCompile("(?s)```.*?```|`[^`\n]*`").Split(want, -1) {
		require.NotRegexp(t, `(^|[^\\])<[^!]`, paragraph, "a tag of HTML")
		require.NotContains(t, paragraph, "`", "code that does not end")
	}
}

// commandReference is the page. Each flag, example and paragraph has lines of its own, none of which is aligned to
// others, so that changes of different flags are changes of different lines.
func commandReference() string {
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	root := a.rootCommand()
	all := withSubcommands(root)
	shared := sharedFlagsOf(all)
	var page strings.Builder
	page.WriteString("# Command reference\n\n" +
		"<!-- Written by: go test ./cmd/microspend -run TestCommandReference -update -->\n\n" +
		paragraphs(root.Long) + "\n")
	writeContents(&page, root, "")
	page.WriteString("\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n")
	for line := range strings.SplitSeq(exitCodesHelp, "\n") {
		code, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&page, "| %s | %s |\n", code, sentence(strings.TrimSpace(meaning)))
	}
	page.WriteString("\n## Shared flags\n\nEvery command has these:\n\n")
	writeFlags(&page, root.PersistentFlags())
	page.WriteString("\nThese mean the same wherever a command has them:\n\n")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		flags.AddFlag(shared[name])
	}
	writeFlags(&page, flags)
	for _, cmd := range all {
		writeCommand(&page, cmd, shared)
	}
	return page.String()
}

// sharedFlagsOf are the flags that many commands have, by name.
func sharedFlagsOf(commands []*cobra.Command) map[string]*pflag.Flag {
	seen := map[string]int{}
	shared := map[string]*pflag.Flag{}
	for _, cmd := range commands {
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			row := flagRow(f)
			if seen[row]++; seen[row] == sharedByAtLeast && !f.Hidden && cmd.HasParent() {
				shared[f.Name] = f
			}
		})
	}
	return shared
}

// writeContents writes a list of the commands below one, group by group.
func writeContents(page *strings.Builder, cmd *cobra.Command, indent string) {
	for _, group := range commandGroups(cmd) {
		if indent == "" {
			fmt.Fprintf(page, "\n**%s**\n\n", sentence(group.title))
		}
		for _, sub := range group.commands {
			fmt.Fprintf(page, "%s- [`%s`](#%s): %s\n", indent, sub.CommandPath(), strings.ReplaceAll(sub.CommandPath(), " ", "-"),
				sentence(sub.Short))
			writeContents(page, sub, indent+"  ")
		}
	}
}

func writeCommand(page *strings.Builder, cmd *cobra.Command, shared map[string]*pflag.Flag) {
	level := max(1, strings.Count(cmd.CommandPath(), " "))
	fmt.Fprintf(page, "\n#%s %s\n\n", strings.Repeat("#", level), cmd.CommandPath())
	if cmd.HasParent() {
		fmt.Fprintf(page, "%s.\n\n", sentence(cmd.Short))
	}
	fmt.Fprintf(page, "```text\n%s\n```\n\n", strings.Join(usageLines(cmd), "\n"))
	if cmd.HasParent() && cmd.Long != "" {
		page.WriteString(paragraphs(cmd.Long) + "\n\n")
	}
	fmt.Fprintf(page, "```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(fittedExamples(cmd.Example, 120), "  "), "\n  ", "\n"))
	var also []string
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		switch known := shared[f.Name]; {
		case f.Hidden || !cmd.HasParent() && cmd.PersistentFlags().Lookup(f.Name) != nil:
		case known != nil && flagRow(known) == flagRow(f):
			also = append(also, "`--"+f.Name+"`")
		default:
			own.AddFlag(f)
		}
	})
	if own.HasFlags() {
		page.WriteString("\n")
		writeFlags(page, own)
	}
	if len(also) > 0 {
		fmt.Fprintf(page, "\nAlso: %s; see [shared flags](#shared-flags).\n", strings.Join(also, ", "))
	}
	if link := strings.TrimPrefix(docsPage(cmd), "docs/"); !strings.HasPrefix(docsPage(cmd), referencePage) {
		name, _, _ := strings.Cut(link, "#")
		fmt.Fprintf(page, "\nMore in [%s](%s).\n", name, link)
	}
}

func writeFlags(page *strings.Builder, flags *pflag.FlagSet) {
	page.WriteString("| Flag | Description |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			page.WriteString(flagRow(f) + "\n")
		}
	})
}

// flagRow is a flag as a row of a table, with its default as help has it.
func flagRow(f *pflag.Flag) string {
	alone := pflag.NewFlagSet("", pflag.ContinueOnError)
	alone.AddFlag(f)
	text := strings.TrimSpace(flagUsages(alone))
	name, usage, _ := strings.Cut(text, "   ")
	return fmt.Sprintf("| `%s` | %s |", name, sentence(strings.TrimSpace(usage)))
}

var (
	// code is what is set as code wherever it stands in a sentence: a command, a flag, a file.
	code = regexp.MustCompile(`"microspend[^"]*"|\B--[a-z][a-z-]*(?:=[^\s,;)]+)?|(?:\./|\b)[\w./-]+\.(?:yaml|csv|json|md)\b`)
	// special is what means something to Markdown.
	special = regexp.MustCompile("[\\\\`*_<>|\\[\\]~]")
)

// sentence is a text of help within a paragraph or a cell of a table, in which nothing else means anything to Markdown.
func sentence(text string) string {
	var out strings.Builder
	at := 0
	for _, found := range code.FindAllStringIndex(text, -1) {
		word := strings.Trim(text[found[0]:found[1]], `"`)
		out.WriteString(special.ReplaceAllString(text[at:found[0]], `\$0`))
		if page, ok := strings.CutPrefix(word, "docs/"); ok {
			fmt.Fprintf(&out, "[%s](%s)", page, page)
		} else {
			out.WriteString("`" + strings.ReplaceAll(word, "|", `\|`) + "`")
		}
		at = found[1]
	}
	return out.String() + special.ReplaceAllString(text[at:], `\$0`)
}

// paragraphs is a text of help: lines at the margin are paragraphs, and others are shown as they are.
func paragraphs(text string) string {
	var out []string
	for part := range strings.SplitSeq(text, "\n\n") {
		prose, list, isList := strings.Cut("\n"+part, "\n  ")
		if prose = strings.TrimSpace(strings.ReplaceAll(prose, "\n", " ")); prose != "" {
			out = append(out, sentence(prose))
		}
		if isList {
			out = append(out, "```text\n"+strings.ReplaceAll(list, "\n  ", "\n")+"\n```")
		}
	}
	return strings.Join(out, "\n\n")
}
