package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/internal/figures"
	"microspend/internal/ownfile"
	"microspend/report/focus"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/serve"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/tenants"
	"microspend/view"
)

// formatHTML is the format that report has in addition to those of spend.
const formatHTML view.Format = "html"

// mostDetailed is the number of largest tenants that a page has room to show in full.
const mostDetailed = 100

// reportFlags are the flags of report.
type reportFlags struct {
	folder          string
	billing         focus.Account
	tenants, groups []string
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := a.command(&cobra.Command{
		Use:   "report",
		Short: "Write a report to share: one HTML page, or a workbook",
		Long: `report writes everything about a period to one HTML page: who spent what, when, and at which rates. The page needs
no network, no other files and no JavaScript, and works on a screen, a phone and on paper. --per-tenant writes one
page for each tenant, with nobody else's data; the page of --output then links to them.

The other formats are those of microspend spend: the workbook and the FOCUS dataset, and for the rest a table of
tenants by day.`,
		Example: `  microspend report --output november.html
  # A past month, for one tenant, without the others' data
  microspend report --period 2026-10 --tenant acme --output acme.html
  # A page for each tenant, and an index
  microspend report --period 2026-10 --per-tenant bills --output index.html
  # A workbook
  microspend report --period 2026-10 --format xlsx --output october.xlsx`,
	}, func(cmd *cobra.Command, _ []string) error {
		isHTML := view.Format(a.output.format) == formatHTML
		if f.folder != "" && !isHTML {
			return errors.New("--per-tenant requires --format html")
		}
		if !a.writesFOCUS() {
			if err := a.refuseFlags(cmd, "billing-account", "billing-account-name"); err != nil {
				return err
			}
		}
		in, err := a.measured(cmd.Context())
		if err != nil {
			return err
		}
		source := a.inUTCForFOCUS(in.Source)
		from, to, loc, err := a.period(source)
		if err != nil {
			return err
		}
		chosen, err := tenants.ParsePatterns(f.tenants)
		if err != nil {
			return fmt.Errorf("--tenant: %w", err)
		}
		if len(f.groups) > 0 {
			if len(chosen) > 0 {
				return errors.New("--tenant cannot be combined with --group")
			}
			if chosen, err = source.Tenants.InGroups(f.groups); err != nil {
				return fmt.Errorf("--group: %w", err)
			}
		}
		advice, err := a.adviceOf(in, chosen, loc)
		if err != nil {
			return err
		}
		if !isHTML {
			request := spend.Request{From: from, To: to, Location: loc, By: []spend.Dimension{spend.ByTenant, spend.ByDay}}
			request.Filter.Tenants = chosen
			return a.writeSpend(cmd, source, request, f.billing, advice)
		}
		return a.writeHTML(cmd, in, f, statement.Request{
			From: from, To: to, Location: loc, Now: a.today(), Tenants: chosen, Budgets: in.Budgets, AnomalyRule: in.AnomalyRule,
			Advice: advice,
		})
	})
	a.output.addFormat(cmd, append(append([]view.Format{formatHTML}, view.Formats()...), exportFormats...)...)
	a.ledgerFlags(cmd)
	a.currencyFlag(cmd)
	a.periodFlags(cmd, theMonth)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.tenants, "tenant", nil,
		"only this `TENANT`, with no one else's data; a trailing * matches any suffix (repeatable)")
	billingFlags(cmd, &f.billing)
	patternFlag(cmd, &f.groups, spend.ByGroup)
	flags.StringVar(&f.folder, "per-tenant", "", "write a page for each tenant to `DIR`")
	return cmd
}

// adviceOf is what a report's advice is worked out from; nil for formats that have none, and for chosen tenants.
func (a *app) adviceOf(in serve.Inputs, chosen []tenants.Pattern, loc *time.Location) (*advise.Inputs, error) {
	format := view.Format(a.output.format)
	if len(chosen) > 0 || (format != formatHTML && format != view.FormatXLSX) {
		return nil, nil
	}
	inputs, err := a.adviceInputs(in)
	inputs.Source.Location = cmp.Or(loc, inputs.Source.Location)
	return &inputs, err
}

// writeHTML writes one page, a page for each tenant, or both.
func (a *app) writeHTML(cmd *cobra.Command, in serve.Inputs, f reportFlags, request statement.Request) error {
	request.Detailed = mostDetailed
	if f.folder != "" {
		request.Apart, request.Detailed = true, 0
	}
	named := spend.Request{From: request.From, To: request.To, Location: request.Location}
	named.Filter.Tenants = request.Tenants
	if err := a.checkNames(cmd.Context(), in.Source, named); err != nil {
		return fmt.Errorf("--tenant: %w", err)
	}
	s, err := statement.Build(cmd.Context(), in.Source, request)
	if err != nil {
		return err
	}
	if len(s.Tenants) == 0 && !s.Whole {
		return fmt.Errorf("--tenant: no tenant %s, neither in the ledger in this period nor in the tenants file",
			strings.Join(f.tenants, " or "))
	}
	a.noteBeyond(cmd.Context(), request.From, request.To, request.Location)
	options := html.Options{}
	if f.folder != "" {
		if err := a.writePages(f.folder, s); err != nil || a.output.file == "" {
			return err
		}
		link, err := relativeTo(a.output.file, f.folder)
		if err != nil {
			return err
		}
		options.TenantURL = func(tenant string) string {
			return (&url.URL{Path: path.Join(link, html.FileName(tenant))}).String()
		}
	}
	return a.write(a.output.file, func(w io.Writer) error { return html.Write(w, s, options) })
}

// relativeTo is the path by which a page links to a folder. The page - is in the working directory.
func relativeTo(page, folder string) (string, error) {
	from := "."
	if namesFile(page) {
		from = filepath.Dir(page)
	}
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", err
	}
	link, err := filepath.Rel(from, folder)
	if err != nil { // on another drive
		return "", fmt.Errorf("--output: a page in %s cannot link to those in %s", from, folder)
	}
	return filepath.ToSlash(link), nil
}

// writePages writes a page for each tenant.
func (a *app) writePages(folder string, s statement.Statement) error {
	atomicfile.Tidy(folder) // what a killed run left, which may be of tenants that this period does not have
	pages, err := html.PerTenant(s, func(name string, render func(io.Writer) error) error {
		// Only now: what fails before the first page leaves no folder. The mode is less what the user's umask takes.
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		return ownfile.Place(folder).Export(filepath.Join(folder, name), newFile, render)
	})
	if err != nil {
		return err
	}
	if pages == 0 {
		fmt.Fprintf(a.notes, "no tenant has usage in this period: no page was written to %s\n", folder)
		return nil
	}
	fmt.Fprintf(a.notes, "wrote %s to %s\n", figures.Count(pages, "page"), folder)
	return nil
}
