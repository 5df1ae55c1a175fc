package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"microspend/internal/commandline"
	"microspend/internal/lazyregexp"
)

// mostHelpWidth is how wide help gets on a wide terminal: longer lines are hard to read.
const mostHelpWidth = 100

// exitCodesHelp explains the exit codes, which are the same for all commands.
const exitCodesHelp = `  0    done
  1    a check failed: a budget, a tolerance, a damaged file
  2    wrong usage, input or configuration
  3    an outside service failed, or something could not be read; what could be is shown or stored
  130  interrupted`

// Commands are listed in the order in which they are added: that in which people need them. The library sorts them by
// name otherwise, and has this switch for all of a program alone.
func init() { cobra.EnableCommandSorting = false }

// fitHelp makes the help of all commands: it fits the terminal, or 80 columns where there is none.
func (a *app) fitHelp(root *cobra.Command) {
	root.PersistentFlags().BoolP("help", "h", false, "show the help of a command")
	root.Flags().BoolP("version", "v", false, "show the version")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		// What cannot be written is not said either: there is nobody to read it.
		_, _ = io.WriteString(cmd.OutOrStdout(), helpPage(cmd, min(a.terminalWidth(), mostHelpWidth)))
	})
}

// helpPage is the help of a command in a width.
func helpPage(cmd *cobra.Command, width int) string {
	page := []string{fitted(cmp.Or(cmd.Long, cmd.Short), width)}
	section := func(heading, body string) {
		if body != "" {
			page = append(page, heading+"\n"+strings.TrimRight(body, "\n"))
		}
	}
	section("Usage:", fitted("  "+strings.Join(usageLines(cmd), "\n  "), width))
	section("Examples:", fittedExamples(cmd.Example, width))
	for _, group := range commandGroups(cmd) {
		section(group.title, fitted(group.list(), width))
	}
	section("Flags:", fitted(flagUsages(cmd.LocalFlags()), width))
	section("Global flags:", fitted(flagUsages(cmd.InheritedFlags()), width))
	if !cmd.HasParent() {
		section("Exit codes:", fitted(exitCodesHelp, width))
	}
	footer := fitted("Documentation: "+docsLink(modulePath(), docsPage(cmd)), width)
	if cmd.HasAvailableSubCommands() {
		footer = fitted(fmt.Sprintf("Use \"%s COMMAND --help\" for more about a command.", cmd.CommandPath()), width) +
			"\n" + footer
	}
	return strings.Join(append(page, footer), "\n\n") + "\n"
}

func flagUsages(flags *pflag.FlagSet) string { return commandline.PlainDefaults(flags.FlagUsages()) }

// usageLines are the forms of a command line. The Use of a command that only groups others ends in COMMAND.
func usageLines(cmd *cobra.Command) []string {
	lines := []string{cmd.UseLine()}
	if cmd.HasAvailableSubCommands() && !strings.HasSuffix(cmd.Use, "COMMAND") {
		lines = append(lines, cmd.CommandPath()+" COMMAND [flags]")
	}
	return lines
}

// commandGroup is a heading and the commands under it.
type commandGroup struct {
	title    string
	commands []*cobra.Command
}

// commandGroups are the commands below one as help lists them: under the headings of their groups, if they have any.
func commandGroups(cmd *cobra.Command) (groups []commandGroup) {
	headings := cmd.Groups()
	if len(headings) == 0 {
		headings = []*cobra.Group{{Title: "Commands:"}}
	}
	for _, heading := range headings {
		group := commandGroup{title: heading.Title}
		for _, sub := range cmd.Commands() {
			if sub.GroupID == heading.ID && (sub.IsAvailableCommand() || sub.Name() == "help") {
				group.commands = append(group.commands, sub)
			}
		}
		if len(group.commands) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

func (g commandGroup) list() string {
	var lines []string
	for _, cmd := range g.commands {
		// Two spaces at least tell a name from the words that describe it; see described.
		lines = append(lines, fmt.Sprintf("  %-*s%s", max(14, ansi.StringWidth(cmd.Name())+2), cmd.Name(), cmd.Short))
	}
	return strings.Join(lines, "\n")
}

// docsPages are the pages about commands, by their names below the program. A command without one has that of the
// command above it.
var docsPages = map[string]string{
	"":               "docs/index.md",
	"demo":           "docs/dash.md",
	"init":           "docs/workload.md",
	"schema":         "docs/workload.md",
	"examples":       "docs/exactness.md#checked-against-published-examples",
	"estimate":       "docs/estimate.md#estimate",
	"compare":        "docs/compare.md",
	"breakeven":      "docs/estimate.md#breakeven",
	"sensitivity":    "docs/estimate.md#sensitivity",
	"sweep":          "docs/estimate.md#sweep",
	"diff":           "docs/estimate.md#diff",
	"price":          "docs/estimate.md#price",
	"idle":           "docs/idle.md",
	"rates":          "docs/rates.md",
	"spend":          "docs/figures.md",
	"spend close":    "docs/closing.md",
	"dash":           "docs/dash.md",
	"top":            "docs/live.md",
	"budget":         "docs/budgets.md",
	"budget check":   "docs/budgets.md#alerts",
	"anomalies":      "docs/budgets.md#anomalies",
	"advise":         "docs/advise.md",
	"report":         "docs/report.md",
	"reconcile":      "docs/reconcile.md",
	"serve":          "docs/serve.md",
	"meter":          "docs/meter.md",
	"collect":        "docs/collect.md",
	"collect status": "docs/collect.md#how-it-is-going",
	"collect gaps":   "docs/collect.md#how-it-is-going",
	"import":         "docs/import.md",
	"ledger":         "docs/ledger.md",
	"ledger check":   "docs/ledger.md#damage",
	"ledger audit":   "docs/ledger.md#audit",
	"ledger export":  "docs/ledger.md#importing-and-exporting",
	"ledger files":   "docs/ledger.md#reading-it-with-other-engines",
	"ledger move":    "docs/ledger.md#moving-a-ledger",
	"ledger rollup":  "docs/ledger.md#rollups",
	"config":         "docs/configuration.md",
	"tenant-proof":   "docs/tenants.md#proofs",
	"completion":     "docs/cli.md#microspend-completion",
	"version":        "docs/operate.md#upgrade",
	"licenses":       "docs/cli.md#microspend-licenses",
	"help":           "docs/cli.md",
}

// docsPage is where to read more about a command, from the repository's root.
func docsPage(cmd *cobra.Command) string {
	for ; cmd.HasParent(); cmd = cmd.Parent() {
		if page := docsPages[strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")]; page != "" {
			return page
		}
	}
	return docsPages[""]
}

var majorVersion = lazyregexp.New(`^v[0-9]+$`)

// docsLink is a page's address where the module's path has a host that has it, or else its place in the repository.
func docsLink(module, page string) string {
	host, _, _ := strings.Cut(module, "/")
	if !strings.Contains(host, ".") {
		return page
	}
	if before, major := path.Split(module); majorVersion.MatchString(major) {
		module = before // a module's path ends in its major version, a repository's doesn't
	}
	return "https://" + path.Join(module, "blob/main", page)
}

// modulePath is what make rename makes of the module's path, and "" where the program doesn't know it.
func modulePath() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Path
}
