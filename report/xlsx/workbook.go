package xlsx

import (
	"fmt"
	"io"
	"slices"
	"time"

	"microspend/pricing"
	"microspend/report"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/view"
	"microspend/view/xlsx"
)

// Report is what a workbook is made of. The three reports are of the same period, filter and basis.
type Report struct {
	Tenants    spend.Spend  // by tenant, in the order in which they are to stand
	TenantDays spend.Spend  // by tenant and day
	Components spend.Spend  // by component
	Groups     *spend.Spend // by group of tenants; nil where there are no groups

	Cards       []pricing.RateCard // the rates that were used
	Assumptions []pricing.Note
	Made        time.Time // when; the zero time leaves it out

	Advice *statement.Advice // what to change; nil for no sheet of it
}

// Names of the sheets that may have too many rows.
const (
	tenantsSheet    = "Tenants"
	tenantDaysSheet = "Tenant-days"
)

// Write writes the workbook.
func Write(w io.Writer, r Report) error {
	for _, s := range []struct {
		name string
		rows int
	}{{tenantsSheet, len(r.Tenants.Rows)}, {tenantDaysSheet, len(r.TenantDays.Rows)}} {
		if s.rows > xlsx.MostRows {
			return fmt.Errorf("sheet %s would have %d rows; a sheet holds %d: choose fewer days or tenants",
				s.name, s.rows, xlsx.MostRows)
		}
	}
	withDay := slices.DeleteFunc(report.SpendRows(r.TenantDays), func(row *spend.Row) bool {
		return row.Day == "" // a tenant that is listed and spent nothing
	})
	listing := func(s spend.Spend, rows []*spend.Row, look report.SpendLook) *view.Table {
		return view.NewTable(report.SpendColumns(s, look), rows, nil)
	}
	days := look
	days.Counts = false // a day of one tenant has few launches, and most workbooks are made of nothing but such rows
	one := func(name, table string, t *view.Table, wrap bool) xlsx.Sheet {
		return xlsx.Sheet{Name: name, Table: table, Tables: []*view.Table{t}, Wrap: wrap}
	}
	sheets := []xlsx.Sheet{
		summary(r),
		one(tenantsSheet, "tenants", listing(r.Tenants, report.SpendRows(r.Tenants), look), false),
	}
	if r.Groups != nil {
		sheets = append(sheets, one("Groups", "groups", listing(*r.Groups, report.SpendRows(*r.Groups), look), false))
	}
	if r.Advice != nil {
		sheets = append(sheets, advice(r.Advice))
	}
	return xlsx.Write(w, report.SpendTitle(r.Tenants), append(
		sheets,
		one(tenantDaysSheet, "tenant_days", listing(r.TenantDays, withDay, days), false),
		one("Rates", "rates", rates(r.Cards), false),
		one("Assumptions", "assumptions", assumptions(append(r.Assumptions, r.Advice.RestsOn()...)), true),
	)...)
}
