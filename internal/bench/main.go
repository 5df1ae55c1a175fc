// Command bench prints the figures that microspend promises, measured in one run and set against each other: machines
// are shared and noisy, ratios less so. It is what make bench runs, from the root of the checkout, with ./microspend
// built.
//
//	go run ./internal/bench           # everything
//	go run ./internal/bench engine    # one area, or several
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// area is a part of the program whose figures are measured together. Each has a file of its own.
type area struct {
	name    string
	measure func(show func(figure)) error
}

// areas are all of them, in the order in which they are printed.
func areas() []area {
	return []area{
		{"engine", engineFigures},
		{"idle", idleFigures},
		{"forecast", forecastFigures},
		{"ledger", ledgerFigures},
		{"clickhouse", clickHouseFigures},
		{"bucket", bucketFigures},
		{"exports", exportFigures},
		{"meter", meterFigures},
		{"serve", serveFigures},
		{"collect", collectFigures},
		{"logs", logsFigures},
		{"every", everyFigures},
		{"plans", plansFigures},
		{"dash", dashFigures},
		{"live", liveFigures},
	}
}

// figure is one line: what was measured, what is promised, and what to see it beside.
type figure struct{ name, measured, promised, beside string }

func main() {
	if len(os.Args) == 5 && os.Args[1] == everyChild {
		if err := runEvery(os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the areas named, or all. An area that fails does not keep the others from being measured.
func run(to io.Writer, names []string) error {
	all := areas()
	for _, name := range names {
		if !slices.ContainsFunc(all, func(a area) bool { return a.name == name }) {
			var known []string
			for _, a := range all {
				known = append(known, a.name)
			}
			return fmt.Errorf("no area %q; areas are %s", name, strings.Join(known, ", "))
		}
	}
	var faults []error
	for _, a := range all {
		if len(names) > 0 && !slices.Contains(names, a.name) {
			continue
		}
		out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, a.name+"\tmeasured\tpromised\tbeside it")
		err := a.measure(func(f figure) {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", f.name, f.measured, f.promised, f.beside)
		})
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", a.name, err))
		}
		fmt.Fprintln(out)
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return errors.Join(faults...)
}
