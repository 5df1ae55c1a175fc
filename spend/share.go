package spend

import (
	"context"
	"maps"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

// Policy is what becomes of shared cost in reports by tenant.
type Policy uint8

// The policies.
const (
	OwnRow   Policy = iota // a row of its own
	Evenly                 // the same share for each tenant with spend
	ByDirect               // in proportion to each tenant's own spend in the period of the report
)

var policyNames = [...]string{OwnRow: "own-row", Evenly: "even", ByDirect: "direct"}

// String is the word used in files: own-row, even or direct.
func (p Policy) String() string { return figures.Word("policy", policyNames[:], p) }

// ParseScalar implements strictyaml.Scalar.
func (p *Policy) ParseScalar(text string) (err error) {
	*p, err = parseWord[Policy]("policy", policyNames[:], text)
	return err
}

// Sharing says which cost is shared and what becomes of it. Storage of images that is nobody's
// ([usage.KindImage]) always is.
type Sharing struct {
	Policy Policy
	Usage  []tenants.Selector // shared, whoever's it would otherwise be
}

// recipients are the tenants among whom shared cost is shared out, in order, and their weights. Tenants with spend take
// part; usage that has no known rate counts as spend for an even share, and as nothing in proportion. If nobody has
// spend, all that have usage or that the tenants file names take an even share.
func (r *run) recipients(direct *cells) ([]Key, []decimal.Decimal) {
	sums := newCells(0)
	for _, own := range direct.sorted(r.request.By) {
		if own.Kind == KindTenant {
			sums.add(own.with(Key{Tenant: own.Tenant}), &own.Sum, own.billed)
		}
	}
	spent := map[string]Cost{}
	for _, of := range sums.sorted(nil) {
		spent[of.Tenant] = spent[of.Tenant].Plus(r.prices.whole(of))
	}
	var (
		names   []Key
		weights []decimal.Decimal
		all     = decimal.Decimal{}
	)
	for _, name := range slices.Sorted(maps.Keys(spent)) {
		if cost := spent[name]; cost.Amount.IsPositive() || !cost.Complete() {
			names = append(names, Key{Tenant: name})
			weights = append(weights, cost.Amount)
			all = all.Add(cost.Amount)
		}
	}
	if len(names) == 0 {
		for _, name := range r.source.Tenants.Names() {
			spent[name] = Cost{}
		}
		for _, name := range slices.Sorted(maps.Keys(spent)) {
			names = append(names, Key{Tenant: name})
		}
	}
	if all.IsZero() || r.policy == Evenly {
		weights = slices.Repeat([]decimal.Decimal{decimal.NewFromInt(1)}, len(names))
	}
	return names, weights
}

// shareOut adds shared cost to the rows of tenants, each part in the place where it arose: its day, image, region and
// so on.
func (r *run) shareOut(ctx context.Context, shared *cells, names []Key, weights []decimal.Decimal, t *table) error {
	parts := map[Key]Cost{}
	out := &SharedOut{Tenants: len(names)}
	nobodys := newCells(0)
	for used := range shared.all() {
		nobodys.add(used.with(withOwner(used.Key, Key{})), &used.Sum, used.billed)
		out.Sum.Merge(&used.Sum)
	}
	if err := r.priced(ctx, nobodys, func(part Key, cost Cost, _ *usage.Sum) {
		parts[part] = parts[part].Plus(cost)
		out.Cost = out.Plus(cost)
	}); err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(parts), func(a, b Key) int { return compareKeys(a, b, r.request.By) })
	for _, key := range keys {
		cost := parts[key]
		if cost.Amount.IsZero() && cost.List.IsZero() && cost.Complete() {
			continue
		}
		charged := allocate(cost.Amount, weights)
		atList := charged
		if !cost.List.Equal(cost.Amount) {
			atList = allocate(cost.List, weights)
		}
		for i, share := range charged {
			if !r.chooses(names[i].Tenant, KindTenant) {
				continue
			}
			row := t.row(r.ownKey(withOwner(key, r.owner(names[i].Tenant, KindTenant))))
			part := Cost{Amount: share, List: atList[i], Unknown: shareOf(cost.Unknown), priced: cost.priced}
			row.Cost = row.Plus(part)
			row.Shared = row.Shared.Add(share)
		}
	}
	t.sharedOut = out
	return nil
}

func withOwner(key, owner Key) Key {
	key.Kind, key.Tenant, key.Group = owner.Kind, owner.Tenant, owner.Group
	return key
}

// shareOf names what is unknown without saying how much of it is one tenant's, which nobody measured.
func shareOf(unknown []Unknown) []Unknown {
	shares := slices.Clone(unknown)
	for i := range shares {
		shares[i].Used.Units = decimal.Decimal{}
	}
	return shares
}

// allocate divides an amount in proportion to weights, of which at least one is above zero and none below. Shares
// have at most [pricing.AmountPlaces] decimals, or as many as the amount itself where it has more; they add up to the
// amount exactly, as what rounding down leaves over goes to the largest remainders, and to the earlier where those
// are the same.
func allocate(amount decimal.Decimal, weights []decimal.Decimal) []decimal.Decimal {
	if amount.IsNegative() {
		shares := allocate(amount.Neg(), weights)
		for i := range shares {
			shares[i] = shares[i].Neg()
		}
		return shares
	}
	places := max(pricing.AmountPlaces, -amount.Exponent())
	units := scaled(amount, places)
	finest := int32(0)
	for _, w := range weights {
		finest = max(finest, -w.Exponent())
	}
	all := new(big.Int)
	each := make([]*big.Int, len(weights))
	for i, w := range weights {
		each[i] = scaled(w, finest)
		all.Add(all, each[i])
	}
	shares, rests := make([]*big.Int, len(weights)), make([]*big.Int, len(weights))
	left := new(big.Int).Set(units)
	for i, w := range each {
		shares[i], rests[i] = new(big.Int).QuoRem(new(big.Int).Mul(units, w), all, new(big.Int))
		left.Sub(left, shares[i])
	}
	for _, i := range byLargest(rests)[:left.Int64()] {
		shares[i].Add(shares[i], big.NewInt(1))
	}
	out := make([]decimal.Decimal, len(shares))
	for i, share := range shares {
		out[i] = decimal.NewFromBigInt(share, -places)
	}
	return out
}

// scaled is d × 10^places, which must be a whole number.
func scaled(d decimal.Decimal, places int32) *big.Int { return d.Shift(places).BigInt() }

// byLargest returns the places of the numbers from the largest to the smallest, the earlier first where they are the
// same.
func byLargest(numbers []*big.Int) []int {
	order := make([]int, len(numbers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return numbers[b].Cmp(numbers[a]) })
	return order
}
