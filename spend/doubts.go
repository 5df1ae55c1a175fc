package spend

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/ledger/doubt"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/tenants"
	"microspend/usage"
)

// doubtsIn are what speaks against usage of a request's time, of the accounts, regions, MicroVMs and tenants that its
// filter chooses. That is told beside the figures, which are those of the records. Whoever asks about some tenants is
// told nothing of what an account used as a whole, as that is other tenants' usage, too.
func (s Source) doubtsIn(ctx context.Context, request Request) ([]doubt.Doubt, error) {
	if s.Doubts == nil {
		return nil, nil
	}
	all, err := s.Doubts(ctx, request.From, request.To)
	if err != nil {
		return nil, fmt.Errorf("reading what speaks against usage: %w", err)
	}
	var chosen []doubt.Doubt
	for _, d := range all {
		if s.choosesDoubt(&request.Filter, &d) {
			chosen = append(chosen, d)
		}
	}
	return chosen, nil
}

func (s Source) choosesDoubt(f *Filter, d *doubt.Doubt) bool {
	one := func(patterns []tenants.Pattern, name string) bool {
		return len(patterns) == 0 || tenants.MatchAny(patterns, name)
	}
	if f.byOwner() && d.Kind == doubt.BeyondQuota || !one(f.Accounts, d.Account) || !one(f.Regions, d.Region) {
		return false
	}
	for _, part := range d.By {
		if one(f.MicroVMs, part.Resource) && one(f.Tenants, part.Tenant) && one(f.Groups, s.Tenants.Group(part.Tenant, 0)) {
			return true
		}
	}
	return false
}

// DoubtsOf are those about usage of the tenant of a row alone, with nothing of anybody else's.
func (s *Spend) DoubtsOf(row Key) (of []doubt.Doubt) {
	for _, d := range s.Doubts {
		if d.Kind != doubt.BeyondQuota && row.Kind == KindTenant && d.By[0].Tenant == row.Tenant {
			of = append(of, d)
		}
	}
	return of
}

// mostDoubts is how many doubts are told in sentences.
const mostDoubts = 10

// DoubtNotes are what speaks against usage of the report, in sentences: the first ten, and how many more there are.
func (s *Spend) DoubtNotes() []pricing.Note {
	var notes []pricing.Note
	for i := range s.Doubts {
		if i == mostDoubts {
			return append(notes, assumption.DoubtsMore.Note(figures.Count(len(s.Doubts)-i, "case")))
		}
		notes = append(notes, DoubtNote(&s.Doubts[i]))
	}
	return notes
}

// DoubtNote says what speaks against usage.
func DoubtNote(d *doubt.Doubt) pricing.Note {
	account, from, to := d.Account, d.From.UTC().Format(time.RFC3339), d.To.UTC().Format(time.RFC3339)
	switch d.Kind {
	case doubt.BeyondQuota:
		used, err := decimal.NewFromString(d.Used)
		if err != nil {
			used = decimal.Zero
		}
		return assumption.BeyondQuota.Note(account, d.Region, d.Source, average(d, used), from, to,
			average(d, decimal.NewFromInt(d.Most)), contributors(d))
	case doubt.NotListed:
		return assumption.NotListed.Note(contributor(d.By[0]), account+" "+d.Region, hours(d.ClaimedMS), d.Source, from, to)
	default:
		return assumption.NotRunning.Note(contributor(d.By[0]), account+" "+d.Region, hours(d.ClaimedMS), d.Source, from, to,
			hours(d.RunningMS))
	}
}

// average is a sum over a period as so much at a time: vCPUs, GB of memory or of snapshots.
func average(d *doubt.Doubt, sum decimal.Decimal) string {
	seconds := decimal.NewFromInt(int64(d.To.Sub(d.From) / time.Second))
	for _, q := range pricing.BilledQuantities() {
		counted := usage.Measure(q).Counted()
		if counted.Column != d.Quantity {
			continue
		}
		per, unit := decimal.NewFromInt(counted.PerUnit), "GB"
		switch q {
		case pricing.VCPU:
			unit = "vCPU"
		case pricing.SnapshotStorage:
			per, unit = pricing.Divide(per, decimal.NewFromInt(3600), 0), "GB of snapshots" // the bill counts by the hour
		}
		return figures.UpTo(pricing.Divide(pricing.Divide(sum, per, 6), seconds, 6), 2) + " " + unit
	}
	return sum.String()
}

func hours(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}

// contributors names whose usage it mostly is.
func contributors(d *doubt.Doubt) string {
	var names []string
	for _, part := range d.By {
		names = append(names, contributor(part))
	}
	return strings.Join(names, ", ")
}

func contributor(part doubt.Part) string {
	if part.Tenant == "" {
		return part.Resource
	}
	return part.Resource + " (tenant " + part.Tenant + ")"
}
