package config

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/spend/tenants"
)

const wholeConfig = `tenants: tenants.csv
timezone: Europe/Berlin
shared:
  policy: direct
  usage:
    - microvm: "(image)*"
    - tenant: platform
currency: {code: EUR, per_usd: 0.92, as_of: 2026-11-20, source: ECB}
budgets:
  threshold: 90%
  total: {monthly: $5000}
  tenants:
    acme: 100
    bravo: {monthly: 250, quarterly: 700, yearly: 2500, threshold: 80%}
  groups: {Engineering/Platform: 400}
  images: {app: 30}
  accounts: {"111122223333": 50}
  regions: {eu-west-1: {yearly: 20000}}
anomalies: {floor: 2.5, k: 3}
rates:
  eu-central-1:
    snapshot_write_gb: 0.0041
    discount: 10%
    source: contract 4711
    read_on: 2026-09-30
  us-east-1:
    card: private.yaml
    vcpu_hour: 0.09
`

func TestConfig(t *testing.T) {
	got, err := Load("microspend.yaml", []byte(wholeConfig))
	require.NoError(t, err)
	images, err := tenants.ParsePattern("(image)*")
	require.NoError(t, err)
	require.Equal(t, "tenants.csv", got.Spend.TenantsFile)
	require.Equal(t, "Europe/Berlin", got.Spend.Location.String())
	require.Equal(t, spend.Sharing{Policy: spend.ByDirect, Usage: []tenants.Selector{
		{Field: tenants.MicroVM, Pattern: images}, {Field: tenants.Tenant, Pattern: tenants.Exactly("platform")},
	}}, got.Spend.Sharing)
	require.Equal(t, "EUR=0.92@2026-11-20", got.Spend.Currency.String())
	require.Equal(t, "ECB", got.Spend.Currency.Source)
	budgetOf := func(of budget.Subject, period budget.Period, amount, threshold string) budget.Budget {
		return budget.Budget{
			Subject: of, Period: period, Amount: spendtest.Dec(amount), Threshold: spendtest.Dec(threshold),
		}
	}
	eu := budget.Subject{Scope: budget.Region, Name: "eu-west-1"}
	require.Equal(t, []budget.Budget{
		budgetOf(budget.OfTenant("acme"), budget.Month, "100", "0.90"),
		budgetOf(budget.OfTenant("bravo"), budget.Month, "250", "0.80"),
		budgetOf(budget.OfTenant("bravo"), budget.Quarter, "700", "0.80"),
		budgetOf(budget.OfTenant("bravo"), budget.Year, "2500", "0.80"),
		budgetOf(budget.Subject{Scope: budget.Group, Name: "Engineering/Platform"}, budget.Month, "400", "0.90"),
		budgetOf(budget.Subject{Scope: budget.Image, Name: "app"}, budget.Month, "30", "0.90"),
		budgetOf(budget.Subject{Scope: budget.Account, Name: "111122223333"}, budget.Month, "50", "0.90"),
		budgetOf(eu, budget.Year, "20000", "0.90"),
		budgetOf(budget.OfEverything(), budget.Month, "5000", "0.90"),
	}, got.Budgets.Budgets)
	require.Equal(t, "2.5", got.Anomalies.Floor.String())
	require.Equal(t, "3", got.Anomalies.K.String())
	in, err := got.Inputs(spendtest.DollarRates{}, func(path string, _ int64) ([]byte, error) {
		require.Contains(t, []string{"tenants.csv", "private.yaml"}, path)
		if path == "tenants.csv" {
			return []byte("match,value,tenant,group\n,,x,Engineering/Platform/Build\n"), nil
		}
		return privateCard(t), nil
	})
	require.NoError(t, err)
	require.Equal(t, tenants.File{
		Known: []string{"x"}, Groups: map[string]string{"x": "Engineering/Platform/Build"},
	}, in.Source.Tenants)
	require.Equal(t, got.Spend.Sharing, in.Source.Sharing)
	require.Equal(t, got.Anomalies, in.AnomalyRule)
	require.Equal(t, got.Budgets, in.Budgets)
	require.Equal(t, got.Spend.Location, in.Source.Zone(nil))
}

// privateCard is a card of us-east-1 on which reading is cheaper.
func privateCard(t *testing.T) []byte {
	t.Helper()
	card, err := pricing.EmbeddedCards().Card("us-east-1")
	require.NoError(t, err)
	day, err := pricing.ParseDate("2026-09-30")
	require.NoError(t, err)
	card = card.With(pricing.SnapshotRead, pricing.Rate{
		Figure: spendtest.Dec("0.001"), Per: pricing.PerUnit, Source: "contract", ReadOn: day,
	})
	card.Name = "private"
	text, err := pricing.EncodeCard(card)
	require.NoError(t, err)
	return text
}

func TestConfigRates(t *testing.T) {
	list := pricing.EmbeddedCards()
	read, err := Load("microspend.yaml", []byte(wholeConfig))
	require.NoError(t, err)
	text := privateCard(t)
	rates, err := read.Spend.Rates(list, func(path string, _ int64) ([]byte, error) {
		require.Equal(t, "private.yaml", path)
		return text, nil
	})
	require.NoError(t, err)

	newest := func(region string) (pricing.RateCard, error) {
		series, err := rates.Series(region)
		if err != nil {
			return pricing.RateCard{}, err
		}
		return series.Newest(), nil
	}
	us, err := newest("us-east-1")
	require.NoError(t, err)
	require.Equal(t, "private with inline figures", us.Name)
	require.Equal(t, "0.001", us.Rate(pricing.SnapshotRead).Figure.String(), "from the private card")
	require.Equal(t, "0.09", us.Rate(pricing.VCPU).Figure.String(), "inline wins over it")
	eu, err := newest("eu-central-1")
	require.NoError(t, err)
	require.Equal(t, []pricing.BilledQuantity{pricing.SnapshotRead, pricing.SnapshotStorage}, eu.Unknown(),
		"the others stay unknown")
	require.Equal(t, "0.1", eu.Discounts[pricing.VCPU].String())
	require.Equal(t, "contract 4711", eu.Rate(pricing.SnapshotWrite).Source)
	untouched, err := newest("eu-west-1")
	require.NoError(t, err)
	want, err := list.Card("eu-west-1")
	require.NoError(t, err)
	require.Equal(t, want, untouched)

	elsewhere, err := Load("c.yaml", []byte("rates: {xx-new-1: {vcpu_second: 1}, yy-new-1: {discount: 5%}}\n"))
	require.NoError(t, err)
	rates, err = elsewhere.Spend.Rates(list, nil)
	require.NoError(t, err)
	card, err := newest("xx-new-1")
	require.NoError(t, err, "a region without a card can be given one")
	require.Len(t, card.Unknown(), 4)
	_, err = newest("yy-new-1")
	var none *pricing.NoCardError
	require.ErrorAs(t, err, &none, "a discount alone is no rate")
}

func TestConfigNamesPrivateCardsThatCannotBeRead(t *testing.T) {
	read, err := Load("c.yaml",
		[]byte("rates:\n  us-east-1: {card: a.yaml}\n  eu-west-1: {card: b.yaml}\n  us-west-2: {card: c.yaml}\n"))
	require.NoError(t, err)
	other, err := pricing.EmbeddedCards().Card("us-east-2")
	require.NoError(t, err)
	text, err := pricing.EncodeCard(other)
	require.NoError(t, err)
	files := map[string][]byte{"b.yaml": []byte("card: x\n"), "c.yaml": text}
	_, err = read.Spend.Rates(pricing.EmbeddedCards(), func(path string, _ int64) ([]byte, error) {
		if text, ok := files[path]; ok {
			return text, nil
		}
		return nil, fs.ErrNotExist
	})
	require.EqualError(t, err, "c.yaml:2:21: rates.us-east-1.card: file does not exist\n"+
		"c.yaml:3:21: rates.eu-west-1.card: b.yaml: a rate card names its card and its region\n"+
		"c.yaml:4:21: rates.us-west-2.card: c.yaml is the card of us-east-2")
}

func TestConfigNamesEveryFault(t *testing.T) {
	_, err := Load("microspend.yaml", []byte(`tenants: [a]
timezone: Mars/Olympus
shared: {policy: odd, usage: [{image: a, tenant: b}, {microvm: "a*b"}]}
budgets:
  threshold: 90
  total: 0
  tenants:
    acme: -5
    bravo: {threshold: 80%}
    ' c': 1
    delta: {monthly: 1, threshold: 0%}
anomalies: {floor: 0, sigma: 3}
rates:
  frankfurt: {discount: 100%}
  eu-west-1: {gb_hour: 1, gb_second: 1, snapshot_read_gb: 1e3}
colour: red
`))
	require.EqualError(t, err, `microspend.yaml:1:10: tenants: is a list; text belongs here
microspend.yaml:2:11: timezone: "Mars/Olympus" is not a time zone such as UTC or Europe/Berlin
microspend.yaml:3:18: shared.policy: unknown policy "odd"; choose from own-row, even, direct
microspend.yaml:3:31: shared.usage[0]: names none or more than one of microvm_id, image, role and tenant; give one
microspend.yaml:3:64: shared.usage[1].microvm: "a*b" has a * before its end; a * is allowed only at the end, to match any rest
microspend.yaml:5:14: budgets.threshold: "90" is not a percentage such as 80%
microspend.yaml:6:10: budgets.total: 0 is not above zero
microspend.yaml:8:11: budgets.tenants.acme: -5 is below zero
microspend.yaml:9:12: budgets.tenants.bravo.monthly: is missing
microspend.yaml:10:11: budgets.tenants. c: as a tenant's name " c" begins or ends with a blank
microspend.yaml:11:36: budgets.tenants.delta.threshold: 0% would be exceeded by any spend; give more
microspend.yaml:12:20: anomalies.floor: 0 is not above zero
microspend.yaml:12:23: anomalies.sigma: unknown key; allowed here: floor, k
microspend.yaml:14:14: rates.frankfurt: "frankfurt" is not an AWS region such as eu-west-1
microspend.yaml:14:25: rates.frankfurt.discount: 100% would make everything free; give less
microspend.yaml:15:24: rates.eu-west-1.gb_hour: is given beside gb_second; give one of the two
microspend.yaml:15:59: rates.eu-west-1.snapshot_read_gb: "1e3" is not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)
microspend.yaml:16:1: colour: unknown key; allowed here: tenants, timezone, shared, currency, discounts, rates, ledger, budgets, anomalies, collect, events`)
}

func FuzzSpend(f *testing.F) {
	f.Add(wholeConfig)
	f.Add("budgets: {tenants: {\"\\e[2J\": 1, '=1+1': {monthly: 0.00000000000000000001, threshold: 1%}}}\n")
	f.Add("rates: {eu-west-1: {}}\nshared: {}\n")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := Load("f.yaml", []byte(text))
		if err != nil {
			var faults *strictyaml.Faults
			require.True(t, errors.As(err, &faults))
			return
		}
		rates, err := read.Spend.Rates(pricing.EmbeddedCards(), func(string, int64) ([]byte, error) { return nil, fs.ErrNotExist })
		if err != nil {
			return
		}
		day := spendtest.At(t, "2026-10-01")
		source := read.Spend.Source(spendtest.Of(spendtest.Hours(day, day.AddDate(0, 0, 1), "acme")...), rates,
			tenants.File{})
		_, err = budget.Evaluate(t.Context(), source, read.Budgets, day.AddDate(0, 0, 1))
		require.NoError(t, err)
	})
}

func TestBudgetsOfGroupsThatNobodyIsIn(t *testing.T) {
	read, err := Load("c.yaml", []byte("budgets:\n  groups:\n    Eng: 5\n    Eng/Plat: {monthly: 5, yearly: 9}\n    (no group): 1\n"))
	require.NoError(t, err)
	in, err := read.Inputs(spendtest.DollarRates{}, nil)
	require.EqualError(t, err, "c.yaml:3:10: budgets.groups.Eng: no tenant of the tenants file is in this group\n"+
		"c.yaml:4:15: budgets.groups.Eng/Plat: no tenant of the tenants file is in this group")
	require.Empty(t, in.Budgets.Budgets)
}

func TestBudgetsNameWhatThereCanBe(t *testing.T) {
	_, err := Load("c.yaml", []byte(`budgets:
  accounts: {"1234": 5, "111122223333": {weekly: 4}}
  regions: {frankfurt: 5}
  images: {" app": {yearly: 3}}
`))
	require.EqualError(t, err, `c.yaml:2:22: budgets.accounts.1234: "1234" is not an AWS account id, which has 12 digits
c.yaml:2:41: budgets.accounts.111122223333.monthly: is missing
c.yaml:2:42: budgets.accounts.111122223333.weekly: unknown key; allowed here: monthly, quarterly, yearly, threshold
c.yaml:3:24: budgets.regions.frankfurt: "frankfurt" is not an AWS region such as eu-west-1
c.yaml:4:20: budgets.images. app: as an image's name " app" begins or ends with a blank`)
}
