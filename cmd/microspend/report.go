package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
)

// statementFormat is one of the formats that a statement can be handed on in.
type statementFormat struct {
	name string
	// request changes what the statement is built with, where the format needs more or less of it; nil changes nothing.
	request func(*statement.Request)
	write   func(io.Writer, statement.Statement) error
}

// statementFormats are the formats of the report command, the usual one first.
func statementFormats() []statementFormat {
	return []statementFormat{
		{
			name: "html",
			// As many of the largest tenants as a page has room to show in full.
			request: func(r *statement.Request) { r.Detailed = 100 },
			write:   func(w io.Writer, s statement.Statement) error { return html.Write(w, s, html.Options{}) },
		},
	}
}

func (a *app) reportCommand() *cobra.Command {
	var (
		format, file, folder string
		tenants              []string
	)
	formats := statementFormats()
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "A report to hand on: who spent what, on which day, at which rates, and how it was made",
		Long: `report writes everything there is to say about a period into one file: an HTML page that needs no network, no other file
and no JavaScript, and reads well on a screen, on a phone and on paper. With --per-tenant it writes a page for each tenant
with nobody else's data in it.`,
		Example: `  microspend report --output november.html
  microspend report --from 2026-10-01 --to 2026-11-01 --tenant acme --output acme.html
  microspend report --per-tenant bills`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at := slices.Index(names, format)
			if at < 0 {
				return fmt.Errorf("--format: no format %.40q; formats are %s", format, strings.Join(names, ", "))
			}
			if folder != "" && format != "html" {
				return errors.New("--per-tenant writes HTML pages; give --format html")
			}
			source, err := a.spendSource()
			if err != nil {
				return err
			}
			request := statement.Request{}
			if request.From, request.To, request.Location, err = a.period(source); err != nil {
				return err
			}
			if request.Now, err = a.today(); err != nil {
				return err
			}
			if request.Tenants, err = spend.ParsePatterns(tenants); err != nil {
				return fmt.Errorf("--tenant: %w", err)
			}
			if folder != "" {
				request.Apart = true
			} else if formats[at].request != nil {
				formats[at].request(&request)
			}
			s, err := statement.Build(cmd.Context(), source, request)
			if err != nil {
				return err
			}
			if len(s.Tenants) == 0 && !s.Whole {
				return fmt.Errorf("--tenant: nobody is called %s, neither in the ledger in this period nor in the tenants file", strings.Join(tenants, " or "))
			}
			if folder != "" {
				if err := a.writePages(folder, s); err != nil || file == "" {
					return err
				}
			}
			write := func(w io.Writer) error { return formats[at].write(w, s) }
			if file != "" && file != "-" {
				return a.writeFile(file, write)
			}
			return write(a.out)
		},
	}
	a.finance.addTo(cmd)
	a.finance.addPeriodTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&format, "format", names[0], "output `format`: "+strings.Join(names, ", "))
	flags.StringVar(&file, "output", "", "write to this `file` instead of standard output; - is standard output")
	flags.StringArrayVar(&tenants, "tenant", nil, "only this `tenant`, with nobody else's data; a * at the end stands for any rest; may be repeated")
	flags.StringVar(&folder, "per-tenant", "", "write a page for each tenant into this `folder`")
	return cmd
}

// writePages writes a page for each tenant.
func (a *app) writePages(folder string, s statement.Statement) error {
	if err := os.MkdirAll(folder, 0o777); err != nil { // less what the user's umask takes
		return err
	}
	pages, err := html.PerTenant(s, func(name string, render func(io.Writer) error) error {
		return a.writeFile(filepath.Join(folder, name), render)
	})
	if err != nil {
		return err
	}
	if pages == 1 {
		fmt.Fprintf(a.err, "1 page is in %s\n", folder)
	} else {
		fmt.Fprintf(a.err, "%d pages are in %s\n", pages, folder)
	}
	return nil
}
