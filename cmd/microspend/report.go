package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/internal/figures"
	"microspend/report"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/view"
)

// formatHTML is the format that report has beside those of spend.
const formatHTML = "html"

// mostDetailed is how many of the largest tenants a page may have room to show in full.
const mostDetailed = 100

func (a *app) reportCommand() *cobra.Command {
	var (
		format, file, folder, account string
		chosen                        []string
	)
	names := []string{formatHTML}
	for _, f := range append(view.Formats(), exportFormats...) {
		names = append(names, string(f))
	}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a report to share: who spent what, when, and at which rates",
		Long: `report writes everything about a period into one HTML page that needs no network, no other
files and no JavaScript, and works on a screen, on a phone and on paper. --per-tenant writes a page
for each tenant with no one else's data; the page of --output then links to them.

The other formats are those of microspend spend: the workbook, the FOCUS dataset, and tenants by day
in all others.`,
		Example: `  microspend report --output november.html
  microspend report --from 2026-10-01 --to 2026-11-01 --tenant acme --output acme.html
  microspend report --per-tenant bills
  microspend report --from 2026-10-01 --to 2026-11-01 --format xlsx --output october.xlsx`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(names, format) {
				return fmt.Errorf("--format: unknown format %.40q; valid formats: %s", format, strings.Join(names, ", "))
			}
			if folder != "" && format != formatHTML {
				return errors.New("--per-tenant requires --format html")
			}
			in, err := a.spendInputs()
			if err != nil {
				return err
			}
			if format != formatHTML {
				a.output = outputFlags{format: format, file: file, allowed: names}
				return a.exportReport(cmd, in.Source, chosen, account)
			}
			if account != "" {
				return fmt.Errorf("--billing-account cannot be combined with --format %s; it is for FOCUS only", format)
			}
			request := statement.Request{Detailed: mostDetailed, Budgets: in.Budgets, AnomalyRule: in.AnomalyRule}
			if request.From, request.To, request.Location, err = a.period(in.Source); err != nil {
				return err
			}
			if request.Now, err = a.today(); err != nil {
				return err
			}
			if request.Tenants, err = tenants.ParsePatterns(chosen); err != nil {
				return fmt.Errorf("--tenant: %w", err)
			}
			if folder != "" {
				request.Apart, request.Detailed = true, 0
			}
			s, err := statement.Build(cmd.Context(), in.Source, request)
			if err != nil {
				return err
			}
			if len(s.Tenants) == 0 && !s.Whole {
				return fmt.Errorf("--tenant: no tenant %s, neither in the ledger in this period nor in the tenants file",
					strings.Join(chosen, " or "))
			}
			options := html.Options{}
			if folder != "" {
				if err := a.writePages(folder, s); err != nil || file == "" {
					return err
				}
				if options.TenantURL, err = addressesIn(folder, file); err != nil {
					return err
				}
			}
			write := func(w io.Writer) error { return html.Write(w, s, options) }
			return a.write(file, write)
		},
	}
	a.ledgerFlags(cmd)
	a.periodFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&format, "format", formatHTML, "output `FORMAT`: "+strings.Join(names, ", "))
	flags.StringVar(&file, "output", "", outputHelp)
	flags.StringArrayVar(&chosen, "tenant", nil,
		"only this `TENANT`, with no one else's data; a trailing * matches any suffix (repeatable)")
	flags.StringVar(&account, "billing-account", "", accountHelp)
	flags.StringVar(&folder, "per-tenant", "", "write a page for each tenant to `DIR`")
	return cmd
}

// exportReport writes the period in a format that spend has too.
func (a *app) exportReport(cmd *cobra.Command, source spend.Source, chosen []string, account string) (err error) {
	if a.writesFOCUS() {
		source.Location = nil // FOCUS goes by UTC days, whatever zone the configuration cuts days in
	}
	request := spend.Request{}
	if request.From, request.To, request.Location, err = a.period(source); err != nil {
		return err
	}
	if request.Filter.Tenants, err = tenants.ParsePatterns(chosen); err != nil {
		return fmt.Errorf("--tenant: %w", err)
	}
	if done, err := a.exportSpend(cmd, source, request, account); done {
		return err
	}
	if err := a.refuseFlags(cmd, "billing-account"); err != nil {
		return err
	}
	if err := a.output.check(); err != nil {
		return err
	}
	request.By = []spend.Dimension{spend.ByTenant, spend.ByDay}
	result, err := source.Report(cmd.Context(), request)
	if err != nil {
		return err
	}
	return a.print(report.Spend(result))
}

// addressesIn gives the addresses of tenants' pages in a folder, as seen from a file: a - from the working directory.
func addressesIn(folder, file string) (func(tenant string) string, error) {
	from := "."
	if file != "-" {
		from = filepath.Dir(file)
	}
	from, err := filepath.Abs(from)
	if err != nil {
		return nil, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, err
	}
	way, err := filepath.Rel(from, folder)
	if err != nil { // on another drive
		return nil, fmt.Errorf("--output: a page in %s cannot link to those in %s", from, folder)
	}
	return func(tenant string) string {
		address := url.URL{Path: path.Join(filepath.ToSlash(way), html.FileName(tenant))}
		return address.String()
	}, nil
}

// writePages writes a page for each tenant.
func (a *app) writePages(folder string, s statement.Statement) error {
	if err := os.MkdirAll(folder, 0o777); err != nil { // less what the user's umask takes
		return err
	}
	pages, err := html.PerTenant(s, func(name string, render func(io.Writer) error) error {
		return atomicfile.Replace(filepath.Join(folder, name), newFile, render)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "wrote %s to %s\n", figures.Count(pages, "page"), folder)
	return nil
}
