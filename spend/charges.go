package spend

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
)

// Charges are what every tenant pays for each billed quantity in each region and account on each UTC day: a report at
// its finest, with usage and rates included, for exports of every line.
type Charges struct {
	From, To time.Time
	Policy   Policy // how shared cost was treated
	Lines    []Charge
	// Corrections are what has changed in closed months and is billed in this period: see [Charge.Correction].
	Corrections []Charge
	Accounts    []string // AWS accounts whose usage it is; "" where some usage has none
}

// DamagedError says that lines cannot be exported, as usage of some days is lost in damaged files: whoever reads an
// export takes it for everything there was.
type DamagedError struct{ Files []ledger.DamagedFile }

func (e *DamagedError) Error() string {
	lines := make([]string, len(e.Files))
	for i, file := range e.Files {
		lines[i] = file.Path + " is damaged: " + file.Reason
	}
	return strings.Join(lines, "\n")
}

// Charge is one line. Amounts of all lines add up exactly to the total of a report by tenant, day, region,
// account and component.
type Charge struct {
	Kind     Kind
	Tenant   string // or the label of the kind
	Group    string // the path of the tenant's group; "" where it is in none, and for labels
	Day      time.Time
	Region   string
	Account  string // AWS account whose usage it is; "" where it is not known
	Location string // the region in words; "" where that is not known
	Quantity pricing.BilledQuantity
	Arch     pricing.Arch // whose rate of compute it is, ARM64 where it is not known; "" for what is billed alike on all

	Used     decimal.Decimal // in Quantity.Unit(), half-even at [pricing.AmountPlaces]
	Rate     pricing.Rate
	ListRate pricing.Rate
	Discount decimal.Decimal
	Amount   decimal.Decimal // what is charged

	List decimal.Decimal // the same at list rates

	Coverage *decimal.Decimal // see [Coverage]; nil on shares
	// TenantAsserted is whether the tenant's usage in the period is its own, in part at least, because a guest said so.
	TenantAsserted bool
	Share          *Share // nil unless the line is a tenant's share of shared cost

	// Correction says that the line corrects one of a closed month, which stays as it is: what was used and the amounts
	// are what has to be added to it, at the rate that counts by now. It is nil on other lines.
	Correction *Correction
}

// Correction is what a line corrects.
type Correction struct {
	Month  string    // the closed month, 2026-10
	Cause  Cause     // why
	Reason string    // the same in a word: see [Restatement.Reason]
	Billed time.Time // first day of the month in which it is billed: the first that is not closed
}

// Rated is what the rate of the line is of.
func (c Charge) Rated() pricing.Rated { return c.Quantity.On(c.Arch) }

// Share says which part of a shared line a tenant bears.
type Share struct {
	Ratio  decimal.Decimal // the ratios of one shared line add up to 1 exactly
	Weight decimal.Decimal // what the ratio follows from: dollars of direct spend, or 1 for each tenant
}

var errWholeDays = errors.New("charges are by UTC day; give whole UTC days")

// Charges computes what each tenant pays. A rate that is not known is an [UnknownRatesError]: a line without an amount
// could not be exported. Nor could the lines of a damaged file, which is a [DamagedError]. Filter.Tenants and
// Filter.Groups choose lines; the other filters are as in a report.
//
// Lines of a closed month are those it was closed with. What has changed since is in the first month that is not
// closed: where the period overlaps that, there are corrections, one for each line and cause.
func (s Source) Charges(ctx context.Context, from, to time.Time, filter Filter) (Charges, error) {
	request := chargesRequest(filter)
	request.From, request.To = from, to
	if err := request.Check(); err != nil {
		return Charges{}, err
	}
	in := civil.Between(from, to)
	if !in.WholeDays(time.UTC) {
		return Charges{}, errWholeDays
	}
	out, err := s.charges(ctx, in, request)
	if err != nil {
		return out, err
	}
	corrections, err := s.corrections(ctx, in, request)
	if err != nil || len(corrections) == 0 {
		return out, err
	}
	out.Corrections = corrections
	now := s
	now.Closed = nil // what is corrected may be of an account that had nothing when the month was closed
	for _, of := range []Source{s, now} {
		accounts, err := of.accounts(ctx, civil.Between(s.Closed[0].From, s.Closed[len(s.Closed)-1].To))
		if err != nil {
			return out, err
		}
		out.Accounts = append(out.Accounts, accounts...)
	}
	slices.Sort(out.Accounts)
	out.Accounts = slices.Compact(out.Accounts)
	return out, nil
}

func chargesRequest(filter Filter) Request {
	return Request{
		By: []Dimension{ByTenant, ByDay, ByRegion, ByAccount, ByComponent}, Location: time.UTC, Filter: filter,
		Strict: true, Rated: true,
	}
}

// charges are the lines of usage, without corrections.
func (s Source) charges(ctx context.Context, in civil.Span, request Request) (Charges, error) {
	request.From, request.To = in.From, in.To
	chooses := s.run(request).chooses
	request.Filter.Tenants, request.Filter.Groups = nil, nil // they choose among shares, which are made of everybody's
	r := s.run(request)
	out := Charges{From: in.From, To: in.To, Policy: r.policy}
	var err error
	if out.Accounts, err = s.accounts(ctx, in); err != nil {
		return out, err
	}
	all, err := r.collect(ctx, in, labelsOf)
	if err != nil {
		return out, err
	}
	if len(r.damaged) > 0 {
		return out, &DamagedError{r.damaged}
	}
	t := &table{rows: map[Key]*Row{}}
	if err := r.priceRows(ctx, all, t); err != nil {
		return out, err
	}
	if cost := t.cost(); !cost.Complete() {
		return out, &UnknownRatesError{cost.Unknown}
	}
	var names []Key
	var weights []decimal.Decimal
	direct, shared := split(all)
	if len(shared.rows) > 0 && r.policy != OwnRow {
		names, weights = r.recipients(direct)
	}
	for _, row := range t.sorted(request.By) {
		line, used := r.charge(row)
		if !used {
			continue
		}
		if row.Kind == KindShared && len(names) > 0 {
			out.Lines = append(out.Lines, r.shares(line, names, weights)...)
		} else {
			out.Lines = append(out.Lines, line)
		}
	}
	out.Lines = slices.DeleteFunc(out.Lines, func(c Charge) bool { return !chooses(c.Tenant, c.Kind) })
	return out, nil
}

// cost is what all rows cost.
func (t *table) cost() Cost {
	sum := Cost{}
	for _, row := range t.rows {
		sum = sum.Plus(row.Cost)
	}
	return sum
}

// charge makes a line of a row of a report by all these dimensions. It reports false where nothing was used.
func (r *run) charge(row *Row) (Charge, bool) {
	q, used := row.Quantity()
	if !used {
		return Charge{}, false
	}
	card := r.cardOf(row.Key)
	return Charge{
		Kind: row.Kind, Tenant: row.Tenant, Group: r.groupOf(row.Kind, row.Tenant), Day: civil.MustParse(row.Day).UTC(),
		Region: row.Region, Account: row.Account, Location: card.Location,
		Quantity: q, Arch: q.On(card.Arch()).Arch, Used: Quantity(&row.Sum, q), Rate: card.Rate(q), ListRate: card.ListRate(q),
		Discount: card.Discounts[q], Amount: row.Amount, List: row.List, Coverage: Coverage(&row.Sum),
		TenantAsserted: r.restsOnGuest(row.Key),
	}, true
}

// groupOf is the group of a charge.
func (r *run) groupOf(kind Kind, tenant string) string {
	if kind != KindTenant {
		return ""
	}
	return r.source.Tenants.Groups[tenant]
}

// shares divides a shared line among tenants: what was used, what it costs, and the whole as such, each without a rest.
func (r *run) shares(of Charge, names []Key, weights []decimal.Decimal) []Charge {
	used, amounts, list := allocate(of.Used, weights), allocate(of.Amount, weights), allocate(of.List, weights)
	ratios := allocate(decimal.NewFromInt(1), weights)
	out := make([]Charge, len(names))
	for i, name := range names {
		out[i] = of
		out[i].Kind, out[i].Tenant, out[i].Coverage = KindTenant, name.Tenant, nil
		out[i].Group = r.groupOf(KindTenant, name.Tenant)
		out[i].Used, out[i].Amount, out[i].List = used[i], amounts[i], list[i]
		out[i].Share = &Share{ratios[i], weights[i]}
	}
	return out
}

// accounts lists the accounts that used anything.
func (s Source) accounts(ctx context.Context, in civil.Span) ([]string, error) {
	var accounts []string
	from := in.From
	for _, to := range append(s.boundaries(in), in.To) {
		result, err := s.at(from).measured().Aggregate(ctx, ledger.Query{
			From: from, To: to, By: []ledger.Field{ledger.FieldAccount}, Location: time.UTC,
		})
		if err != nil {
			return nil, err
		}
		for _, g := range result.Groups {
			if !g.Sum.Empty() {
				accounts = append(accounts, g.Account)
			}
		}
		from = to
	}
	slices.Sort(accounts)
	return slices.Compact(accounts), nil
}
