package xlsx

import (
	"context"
	"errors"
	"time"

	"microspend/report"
	"microspend/spend"
)

// Gather asks a source for all that a workbook is made of. Of the request, the period, the filter, the basis and the
// period before count; the sheets' own rows and order are fixed: tenants by amount, and tenants by day.
func Gather(ctx context.Context, source spend.Source, request spend.Request, made time.Time) (Report, error) {
	out := Report{Made: made}
	var regions spend.Spend
	ask := func(into *spend.Spend, previous bool, sort spend.Sort, by ...spend.Dimension) error {
		asked := request
		asked.By, asked.Sort, asked.Top, asked.Previous, asked.Counts = by, sort, 0, previous, true
		asked.Rated, asked.Restated = into == &regions, asked.Restated && into == &out.Tenants
		var err error
		*into, err = source.Report(ctx, asked)
		return err
	}
	if err := errors.Join(
		ask(&out.Tenants, request.Previous, spend.SortAmount, spend.ByTenant),
		ask(&out.TenantDays, false, spend.SortKey, spend.ByTenant, spend.ByDay),
		ask(&out.Components, false, spend.SortKey, spend.ByComponent),
		ask(&regions, false, spend.SortKey, spend.ByRegion),
	); err != nil {
		return out, err
	}
	if len(source.Tenants.Groups) > 0 {
		out.Groups = &spend.Spend{}
		if err := ask(out.Groups, request.Previous, spend.SortAmount, spend.ByGroup); err != nil {
			return out, err
		}
	}
	for _, row := range regions.Rows {
		if row.Card != nil && row.Card.Name != "" { // the figures that lack a card say so
			out.Cards = append(out.Cards, *row.Card)
		}
	}
	out.Assumptions = report.SpendAssumptions(out.Tenants)
	return out, nil
}
