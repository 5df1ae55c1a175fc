package html

import (
	"html/template"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

// tenantTable lists all tenants, the largest first.
type tenantTable struct {
	Rows  []tenantRow
	Total tenantRow
	Was   string // the period before
}

type tenantRow struct {
	N                               int // of the section
	Link, Name                      string
	Spark, Bar                      string
	Amount, Share, Change, Coverage template.HTML
}

func (r renderer) tenantTable() *tenantTable {
	s := r.statement
	t := &tenantTable{Was: period(s.PreviousFrom, s.PreviousTo, s.Location)}
	amounts := make([]decimal.Decimal, len(s.Tenants))
	most := zero
	for i, tenant := range s.Tenants {
		amounts[i] = tenant.Amount
		most = decimal.Max(most, tenant.Amount)
	}
	points := mostPoints
	if len(s.Tenants) > manyTenants {
		points = fewPoints
	}
	cents, total := spend.Cents(amounts)
	for i := range s.Tenants {
		tenant := &s.Tenants[i]
		row := tenantRow{
			N: i, Name: view.Visible(tenant.Name), Spark: spark(r.known(tenant.Days), points), Bar: bar(share(tenant.Amount, most) * 0.68),
			Amount: escaped(shown(tenant.Cost, cents[i])), Change: plain(changeText(tenant.Previous)), Coverage: plain(coverageText(&tenant.Sum)),
		}
		if tenant.Known() {
			row.Share = escaped(percentOf(tenant.Amount, s.Total.Amount))
		}
		if r.options.TenantURL != nil && tenant.Kind == spend.KindTenant {
			row.Link = r.options.TenantURL(tenant.Name)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Total = tenantRow{
		Amount: escaped(shown(s.Total.Cost, total)), Share: plain(percentOf(s.Total.Amount, s.Total.Amount)),
		Change: plain(changeText(s.Total.Previous)), Coverage: plain(coverageText(&s.Total.Sum)),
	}
	return t
}

func changeText(p *spend.Comparison) string {
	if p == nil || p.Change == nil {
		return ""
	}
	return signed(*p.Change, 2)
}

// detail is a section with everything there is about a tenant.
type detail struct {
	N                        int
	Name, Amount, Words      string
	Mini                     string
	MiniWidth                int
	Lines                    []lineRow
	LinesSum                 string
	Regions                  bool // there are several, so that lines name theirs
	Images, MicroVMs         []namedRow
	MoreImages, MoreMicroVMs string
	Calendar                 string
	Link                     string
}

type namedRow struct{ Name, Running, Starts, Amount string }

func (r renderer) detail(n int) detail {
	t := r.statement.Tenants[n]
	d := detail{N: n, Name: view.Visible(t.Name), Amount: dollarSign(t.Cost), Words: miniCaption(t), Calendar: calendarText(r.over(t.Days), r.wholeDollars())}
	d.Mini, d.MiniWidth = mini(t.Days)
	d.Lines, d.LinesSum = r.lineRows(t.Lines)
	for _, line := range t.Lines {
		d.Regions = d.Regions || line.Region != t.Lines[0].Region
	}
	d.Images, d.MoreImages = namedRows(t.Images, t.OtherImages, "image")
	d.MicroVMs, d.MoreMicroVMs = namedRows(t.MicroVMs, t.OtherMicroVMs, "MicroVM")
	if r.options.TenantURL != nil && t.Kind == spend.KindTenant {
		d.Link = r.options.TenantURL(t.Name)
	}
	return d
}

func dollarSign(c spend.Cost) string {
	if text := amount(c); text != "unknown" {
		return "$" + text
	}
	return "unknown"
}

func namedRows(list []statement.Named, rest statement.Rest, noun string) ([]namedRow, string) {
	var rows []namedRow
	for _, n := range list {
		row := namedRow{Name: view.Visible(n.Name), Amount: amount(n.Cost), Running: hours(n.Sum.Amounts[usage.Running]), Starts: fixed(n.Sum.Amounts[usage.Launches].Decimal(), 0)}
		if n.Name == "" {
			row.Name = "(not known)"
		}
		rows = append(rows, row)
	}
	if rest.Count == 0 {
		return rows, ""
	}
	return rows, "and " + figures.Count(rest.Count, noun) + " more, " + dollarSign(rest.Cost) + " together"
}

// compact is a section in a few lines, for the many that are small.
type compact struct {
	N                      int
	Name, Amount, Calendar string
}

func (r renderer) compact(n int) compact {
	t := &r.statement.Tenants[n]
	return compact{n, view.Visible(t.Name), dollarSign(t.Cost), calendarText(r.over(t.Days), r.wholeDollars())}
}

// calendarText sets a tenant's days out by week from Monday to Sunday, in cells that tabs divide, each week after the date
// of its first day. A day that is not known, or not yet over, is a dash; from so many
// dollars on there are no cents.
func calendarText(days []statement.Day, wholeFrom decimal.Decimal) string {
	cents, _ := dayCents(days)
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
		case d.Known() && d.Complete() && d.Amount.IsZero():
			out.WriteByte('0')
		case d.Known() && cents[i].IsZero():
			out.WriteString("<.01")
		case d.Known() && cents[i].GreaterThanOrEqual(wholeFrom):
			out.WriteString(d.Amount.StringFixedBank(0))
		case d.Known():
			out.WriteString(cents[i].StringFixed(2))
		default:
			out.WriteByte('?')
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

// known are the days up to the last of which the ledger has anything, so that a line does not fall to zero in the days to
// come.
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

// escaped is text that may hold a < of our own.
func escaped(text string) template.HTML {
	return plain(strings.Replace(text, "<", "&lt;", 1))
}
