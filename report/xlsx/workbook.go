package xlsx

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"microspend/pricing"
	"microspend/spend"
)

// Report is what a workbook is made of. The three reports are of the same period, filter and basis.
type Report struct {
	Tenants    spend.Spend // by tenant, in the order in which they are to stand
	TenantDays spend.Spend // by tenant and day
	Components spend.Spend // by component

	Cards       []pricing.RateCard // the rates that were used
	Assumptions []pricing.Note
	Made        time.Time // when; the zero time leaves it out
}

// maxRows is what a sheet holds.
const maxRows = 1 << 20

// Names of the sheets.
const (
	summarySheet     = "Summary"
	tenantsSheet     = "Tenants"
	tenantDaysSheet  = "Tenant-days"
	ratesSheet       = "Rates"
	assumptionsSheet = "Assumptions"
)

// Write writes the workbook.
func Write(w io.Writer, r Report) error {
	for _, s := range []struct {
		name string
		rows int
	}{{tenantsSheet, len(r.Tenants.Rows)}, {tenantDaysSheet, len(r.TenantDays.Rows)}} {
		if s.rows > maxRows-1 {
			return fmt.Errorf("sheet %s would have %d rows; a sheet holds %d: choose fewer days or tenants", s.name, s.rows, maxRows-1)
		}
	}
	file := excelize.NewFile()
	defer file.Close() // it has no file of its own
	b := book{file: file}
	if err := b.makeStyles(); err != nil {
		return err
	}
	if err := file.SetSheetName("Sheet1", summarySheet); err != nil {
		return err
	}
	for _, name := range []string{tenantsSheet, tenantDaysSheet, ratesSheet, assumptionsSheet} {
		if _, err := file.NewSheet(name); err != nil {
			return err
		}
	}
	for _, name := range file.GetSheetList() {
		if err := b.layOut(name); err != nil {
			return err
		}
	}
	for _, write := range []func(Report) error{b.summary, b.tenants, b.tenantDays, b.rates, b.assumptions} {
		if err := write(r); err != nil {
			return err
		}
	}
	if err := file.SetDocProps(&excelize.DocProperties{Title: title(r), Creator: "microspend", Language: "en"}); err != nil {
		return err
	}
	return file.Write(w)
}

// layOut makes a sheet as wide as a page when it is printed, with the header on each.
func (b *book) layOut(sheet string) error {
	fit, orientation, wide, high := true, "landscape", 1, 0
	if err := b.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + sheet + "'!$1:$1", Scope: sheet,
	}); err != nil {
		return err
	}
	return b.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high})
}

func title(r Report) string {
	last := r.Tenants.To.Add(-time.Nanosecond)
	return "Spend from " + dayIn(r.Tenants.From, r.Tenants) + " to " + dayIn(last, r.Tenants)
}

func dayIn(t time.Time, s spend.Spend) string {
	loc := s.Location
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format(time.DateOnly)
}

// book is a workbook being written.
type book struct {
	file   *excelize.File
	styles styles
}

// styles are the formats of cells.
type styles struct{ title, heading, numberHeading, dollars, rate, quantity, percent, day, exact, wrapped int }

func (b *book) makeStyles() (err error) {
	style := func(into *int, s excelize.Style) {
		if err == nil {
			*into, err = b.file.NewStyle(&s)
		}
	}
	format := func(code string) excelize.Style { return excelize.Style{CustomNumFmt: &code} }
	font := func(bold bool, size float64, color string) *excelize.Font {
		return &excelize.Font{Family: "Calibri", Bold: bold, Size: size, Color: color}
	}
	style(&b.styles.title, excelize.Style{Font: font(true, 14, "")})
	heading := func(stands string) excelize.Style {
		return excelize.Style{
			Font:      font(true, 11, ""),
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDEBF7"}},
			Alignment: &excelize.Alignment{Horizontal: stands, WrapText: true, Vertical: "top"},
		}
	}
	style(&b.styles.heading, heading("left"))
	style(&b.styles.numberHeading, heading("right"))
	style(&b.styles.dollars, format(`#,##0.00`))
	style(&b.styles.rate, format(`0.0000000000`))
	style(&b.styles.quantity, format(`#,##0.###`))
	style(&b.styles.percent, format(`0.0%`))
	style(&b.styles.day, format(`yyyy-mm-dd`))
	style(&b.styles.exact, excelize.Style{
		NumFmt: 49, Alignment: &excelize.Alignment{Horizontal: "right"}, Font: font(false, 11, "595959"),
	})
	style(&b.styles.wrapped, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	return err
}
