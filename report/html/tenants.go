package html

import (
	"html/template"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/view"
)

// detail is a section with everything there is about a tenant.
type detail struct {
	N                   int
	Name, Amount, Words string
	Mini                string
	MiniWidth           int
	Lines               template.HTML
	Images, MicroVMs    table
	Calendar            string
	Link                string
}

func (r renderer) detail(n int) detail {
	t, cents := r.statement.Tenants[n], r.cents.tenants[n]
	d := detail{
		N: n, Name: view.Visible(t.Name(spend.ByTenant)), Amount: amount(totalOf(&t.Total), cents.amount),
		Words:    miniCaption(t, cents.days),
		Calendar: calendarText(r.over(t.Days), cents.days, r.wholeDollars()),
	}
	d.Mini, d.MiniWidth = mini(t.Days)
	d.Lines = detailLines(t.Lines, cents.lines)
	if len(t.Images) > 0 {
		d.Images = r.namedTable(n, t.Images, t.OtherImages, spend.ByImage, "image",
			"image", "launches", "running_hours", "amount")
		d.MicroVMs = r.namedTable(n, t.MicroVMs, t.OtherMicroVMs, spend.ByMicroVM, "MicroVM",
			"microvm", "running_hours", "amount")
	}
	d.Link = r.link(&t)
	return d
}

// link is the address of a tenant's own page, "" where there is none.
func (r renderer) link(t *statement.Tenant) string {
	if r.options.TenantURL == nil || t.Kind != spend.KindTenant {
		return ""
	}
	return r.options.TenantURL(t.Name(spend.ByTenant))
}

// compact is a section in a few lines, for the many that are small.
type compact struct {
	N                      int
	Name, Amount, Calendar string
}

func (r renderer) compact(n int) compact {
	t, cents := &r.statement.Tenants[n], r.cents.tenants[n]
	return compact{
		n, view.Visible(t.Name(spend.ByTenant)), amount(totalOf(&t.Total), cents.amount),
		calendarText(r.over(t.Days), cents.days, r.wholeDollars()),
	}
}

// calendarText sets a tenant's days out by week from Monday to Sunday, in cells that tabs divide, each week after the
// date of its first day. Cents are beside the days. A day that is not known, or not yet over, is a dash; from so many
// dollars on there are no cents.
func calendarText(days []statement.Day, cents []decimal.Decimal, wholeFrom decimal.Decimal) string {
	var out strings.Builder
	out.Grow(8 * len(days))
	for i := range days {
		day := dated(days[i].Day)
		if i == 0 || day.Weekday() == time.Monday {
			if i > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(day.Format("2 Jan"))
			if i == 0 {
				for range (int(day.Weekday()) + 6) % 7 {
					out.WriteByte('\t')
				}
			}
		}
		out.WriteByte('\t')
		switch d := &days[i]; {
		case !d.Recorded:
			out.WriteString("–")
		case !d.Known():
			out.WriteByte('?')
		case d.State() == pricing.Exact && d.Amount.IsZero():
			out.WriteByte('0')
		case d.State() == pricing.Exact && cents[i].IsZero():
			out.WriteString("<.01")
		default:
			places := int32(2)
			if cents[i].GreaterThanOrEqual(wholeFrom) {
				places = 0
			}
			text := cents[i].StringFixedBank(places)
			switch d.State() {
			case pricing.AtLeast:
				text = "≥" + text
			case pricing.UnknownRates:
				text += "+?"
			}
			out.WriteString(text)
		}
	}
	return out.String()
}

// wholeDollars is from what amount on the days of a section are shown without cents, which keeps the page small.
func (r renderer) wholeDollars() decimal.Decimal {
	if len(r.statement.Tenants) > manyTenants {
		return decimal.NewFromInt(100)
	}
	return decimal.NewFromInt(1000)
}

// known are the days up to the last of which the ledger has anything, so that a line does not fall to zero in the days
// to come.
func (r renderer) known(days []statement.Day) []statement.Day {
	for n := len(days); n > 0; n-- {
		if days[n-1].Recorded {
			return days[:n]
		}
	}
	return nil
}

// over are the days without those at the end that are not over and of which the ledger has nothing yet.
func (r renderer) over(days []statement.Day) []statement.Day {
	n := len(days)
	for n > 0 && !days[n-1].Recorded && !r.past(days[n-1].Day) {
		n--
	}
	return days[:n]
}
