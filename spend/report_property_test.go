package spend

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

// names are what comes from outside: also labels, formulas, controls, and text of other scripts.
var hostileNames = []string{
	"acme", "bravo", "acme-2", "(shared)", "(other)", "(unallocated)", "=1+1", "@x", "\t", "\x1b[2J", "ünï", "租户", "a,b",
	"a\"b\n", "*", "total", "-",
}

var someRegions = []string{"us-east-1", "eu-west-1", "ap-northeast-1"}

func drawRecord(t *rapid.T, i int) usage.Record {
	name := func(label string) string { return rapid.SampledFrom(append(hostileNames, "")).Draw(t, label) }
	quantity := func(label string, most int64) int64 {
		return rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1000), rapid.Int64Range(0, most)).Draw(t, label)
	}
	start := time.Date(2026, time.October, 20, 0, 0, 0, 0, time.UTC).
		Add(time.Duration(rapid.IntRange(0, 20*24-1).Draw(t, "hour")) * time.Hour)
	return usage.Record{
		PeriodStart: start, PeriodSeconds: 3600, Region: rapid.SampledFrom(someRegions).Draw(t, "region"),
		Resource: usage.ParseResource(rapid.SampledFrom([]string{"mvm-1", "mvm-2", "(image)", "(image) base"}).Draw(t,
			"microvm")),
		Image: name("image"), Tenant: name("tenant"), Role: name("role"), Source: fmt.Sprint("test-", i),
		Amounts: usage.Amounts{
			pricing.VCPU: quantity("vcpu", 1<<40), pricing.Memory: quantity("memory", 1<<50),
			pricing.SnapshotRead:  quantity("read", 1<<45),
			pricing.SnapshotWrite: quantity("write", 1<<45), pricing.SnapshotStorage: quantity("storage", 1<<60),
		},
		Coverage: usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage")),
	}
}

func drawRecords(t *rapid.T) []usage.Record {
	out := make([]usage.Record, rapid.IntRange(0, 25).Draw(t, "records"))
	for i := range out {
		out[i] = drawRecord(t, i)
	}
	return out
}

func drawDate(t *rapid.T) (date pricing.Date) {
	if rapid.Bool().Draw(t, "bound") {
		date = pricing.DateOf(time.Date(2026, time.October, rapid.IntRange(15, 45).Draw(t, "day"), 0, 0, 0, 0, time.UTC))
	}
	return date
}

func drawPattern(t *rapid.T) tenants.Pattern {
	text := rapid.SampledFrom([]string{"a", "acme", "mvm-", "mvm-1", "", "=", "ünï"}).Draw(t, "pattern")
	if rapid.Bool().Draw(t, "prefix") {
		pattern, err := tenants.ParsePattern(text + "*")
		require.NoError(t, err)
		return pattern
	}
	return tenants.Exactly(text)
}

func drawRules(t *rapid.T) []tenants.Rule {
	out := make([]tenants.Rule, rapid.IntRange(0, 4).Draw(t, "rules"))
	for i := range out {
		out[i] = tenants.Rule{
			Selector: tenants.Selector{Field: tenants.Field(rapid.IntRange(0, 2).Draw(t, "field")), Pattern: drawPattern(t)},
			Tenant:   rapid.SampledFrom([]string{"acme", "charlie", Shared}).Draw(t, "to"),
			From:     drawDate(t), To: drawDate(t),
		}
	}
	return out
}

func drawSource(t *rapid.T, records []usage.Record) Source {
	s := sourceOf(records...)
	s.Tenants = tenants.File{Rules: drawRules(t), Known: []string{"dormouse"}}
	s.Sharing = Sharing{Policy: Policy(rapid.IntRange(0, 2).Draw(t, "policy"))}
	for range rapid.IntRange(0, 2).Draw(t, "shared") {
		field := tenants.Field(rapid.IntRange(0, 4-1).Draw(t, "field"))
		s.Sharing.Usage = append(s.Sharing.Usage, tenants.Selector{Field: field, Pattern: drawPattern(t)})
	}
	return s
}

func drawRequest(t *rapid.T) Request {
	r := Request{
		From: time.Date(2026, time.October, 22, 0, 0, 0, 0, time.UTC),
		To:   time.Date(2026, time.November, 8, 0, 0, 0, 0, time.UTC),
	}
	r.By = slices.Clone(rapid.Permutation(Dimensions()).Draw(t, "by")[:rapid.IntRange(0, 4).Draw(t, "dimensions")])
	r.Location = zoneOf(&testing.T{}, rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "Asia/Kolkata",
		"America/New_York",
	}).Draw(t, "zone"))
	r.Top = rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "top")
	r.Min = rapid.SampledFrom([]decimal.Decimal{{}, {}, dec("0.01"), dec("100")}).Draw(t, "min")
	r.Previous = rapid.Bool().Draw(t, "previous")
	if r.Previous {
		r.Sort = Sort(rapid.IntRange(0, 2).Draw(t, "sort"))
	}
	return r
}

func inside(records []usage.Record, from, to time.Time) []usage.Record {
	var out []usage.Record
	for _, r := range records {
		if !r.PeriodStart.Before(from) && r.PeriodStart.Before(to) {
			out = append(out, r)
		}
	}
	return out
}

// TestEveryReportIsTheUsage: whatever it is grouped by and however shared cost is treated, the rows are the total and
// the total is what fractions make of the records.
func TestEveryReportIsTheUsage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		source, request := drawSource(t, records), drawRequest(t)
		got, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		requireAddsUp(t, got)
		requireNear(t, oracle(&testing.T{}, inside(records, request.From, request.To)), got.Total.Amount, 5*len(records))
		if request.Top > 0 {
			require.LessOrEqual(t, len(got.Rows), request.Top+1)
		}
		if request.Previous {
			previous := decimal.Decimal{}
			for _, row := range got.Rows {
				previous = previous.Add(row.Previous.Amount)
			}
			if got.RowsCompared == "" {
				require.True(t, previous.Equal(got.Total.Previous.Amount), "the period before adds up too")
			}
			requireNear(t, oracle(&testing.T{}, inside(records, got.PreviousFrom, got.PreviousTo)), got.Total.Previous.Amount,
				5*len(records))
		}
		for i, row := range got.Rows {
			require.Equal(t, row.Kind == KindOther, row.Folded > 0)
			if row.Kind == KindOther {
				require.Equal(t, len(got.Rows)-1, i, "what is folded comes last")
			}
		}
	})
}

// TestOrderOfUsageDoesNotMatter: the same records in any order, and the same request again, give the same report.
func TestOrderOfUsageDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		source, request := drawSource(t, records), drawRequest(t)
		first, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		source.Usage = spendtest.Of(rapid.Permutation(records).Draw(t, "order")...)
		second, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, first, second)
	})
}

// TestOwnersAreFoundThePlainWay holds the index of rules, and the cutting of spans at their dates, to trying every
// rule on every record.
func TestOwnersAreFoundThePlainWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		source := drawSource(t, records)
		source.Sharing.Policy = OwnRow
		request := drawRequest(t)
		request.By, request.Top, request.Min, request.Sort = []Dimension{ByTenant}, 0, decimal.Decimal{}, SortKey
		got, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		type owner struct {
			kind Kind
			name string
		}
		want := map[owner][]usage.Record{}
		for _, r := range inside(records, request.From, request.To) {
			name, kind := plainOwner(source, r)
			want[owner{kind, name}] = append(want[owner{kind, name}], r)
		}
		for _, row := range got.Rows {
			requireNear(t, oracle(&testing.T{}, want[owner{row.Kind, row.Tenant}]), row.Amount, 15)
			delete(want, owner{row.Kind, row.Tenant})
		}
		require.Empty(t, want, "nobody is dropped")
	})
}

func plainOwner(s Source, r usage.Record) (string, Kind) {
	value := func(f tenants.Field) string { return [...]string{r.Resource.String(), r.Image, r.Role}[f] }
	for _, rule := range s.Sharing.Usage {
		if rule.Field != tenants.Tenant && rule.Pattern.Match(value(rule.Field)) {
			return Shared, KindShared
		}
	}
	name := r.Tenant
	for _, rule := range s.Tenants.Rules {
		day := r.Day().Format(time.DateOnly)
		if (rule.From.IsZero() || rule.From.String() <= day) && (rule.To.IsZero() || day < rule.To.String()) &&
			rule.Pattern.Match(value(rule.Field)) {
			name = rule.Tenant
			if name == Shared {
				return Shared, KindShared
			}
			break
		}
	}
	shared := slices.ContainsFunc(s.Sharing.Usage, func(rule tenants.Selector) bool {
		return rule.Field == tenants.Tenant && rule.Pattern.Match(name)
	})
	switch {
	case shared:
		return Shared, KindShared
	case name != "":
		return name, KindTenant
	case r.Resource.Kind == usage.KindImage:
		return Shared, KindShared
	}
	return Unallocated, KindUnallocated
}

// TestAllocateAddsUp: shares add up to the amount exactly and are each next to the exact share.
func TestAllocateAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := decimal.New(rapid.Int64Range(0, 1<<62).Draw(t, "amount"), -int32(rapid.IntRange(0, 30).Draw(t, "places")))
		weights := []decimal.Decimal{decimal.NewFromInt(1)}
		all := weights[0]
		for range rapid.IntRange(0, 9).Draw(t, "others") {
			w := decimal.New(rapid.Int64Range(0, 1<<40).Draw(t, "weight"), -int32(rapid.IntRange(0, 25).Draw(t, "decimals")))
			weights, all = append(weights, w), all.Add(w)
		}
		sum := decimal.Decimal{}
		for i, share := range allocate(amount, weights) {
			exact := new(big.Rat).Mul(amount.Rat(), new(big.Rat).Quo(weights[i].Rat(), all.Rat()))
			requireNear(t, exact, share, 2)
			require.False(t, share.IsNegative())
			sum = sum.Add(share)
		}
		require.True(t, sum.Equal(amount))
	})
}
