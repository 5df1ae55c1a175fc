package microspend_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend"
	"microspend/idle"
	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/spend"
	"microspend/usage"
)

// zeroes are the zero values of every type that the library exports, interfaces and aliases aside.
var zeroes = []any{
	new(microspend.Spend),
	new(pricing.Alternative), new(pricing.Arch), new(pricing.Bill), new(pricing.BilledQuantity),
	new(pricing.BreakEven), new(pricing.Burst), new(pricing.CI), new(pricing.Capacity), new(pricing.CardSource),
	new(pricing.Component), new(pricing.Count), new(pricing.CountUnit), new(pricing.Crossing),
	new(pricing.Currency), new(pricing.Curve), new(pricing.Date), new(pricing.Demand), new(pricing.Discounts),
	new(pricing.EC2), new(pricing.Factor), new(pricing.Fargate), new(pricing.Fixed), new(pricing.FixedAmount),
	new(pricing.FixedRates), new(pricing.Function), new(pricing.GapPrices), new(pricing.Image),
	new(pricing.Isolation), new(pricing.Kind), new(pricing.Life), new(pricing.Lightsail), new(pricing.Limit),
	new(pricing.Line), new(pricing.Measured), new(pricing.MeasuringPrice), new(pricing.MeasuringPrices),
	new(pricing.NoCardError), new(pricing.NotCardError), new(pricing.Per), new(pricing.Price),
	new(pricing.PriceBook), new(pricing.Quantities), new(pricing.Rate), new(pricing.RateCard), new(pricing.RateKey),
	new(pricing.Rated), new(pricing.Sandbox), new(pricing.SavingsPlan), new(pricing.Series), new(pricing.Side),
	new(pricing.Size), new(pricing.State), new(pricing.UnknownRateError), new(pricing.UnpricedError),
	new(pricing.Workload),
	new(scenarios.Axis), new(scenarios.BreakEvenPoint), new(scenarios.ByNumbers), new(scenarios.Check),
	new(scenarios.Comparison), new(scenarios.Diff), new(scenarios.DocumentedFigure), new(scenarios.DocumentedFile),
	new(scenarios.Estimate), new(scenarios.Example), new(scenarios.Fields), new(scenarios.Fleet),
	new(scenarios.FleetLine), new(scenarios.Given), new(scenarios.Influence), new(scenarios.InputChange),
	new(scenarios.LineDiff), new(scenarios.Market), new(scenarios.Opener), new(scenarios.Period),
	new(scenarios.PointWarning), new(scenarios.Printed), new(scenarios.Range), new(scenarios.Ranking),
	new(scenarios.RegionComparison), new(scenarios.RegionRow), new(scenarios.Rule), new(scenarios.RuleOfThumb),
	new(scenarios.Scenario), new(scenarios.Sensitivity), new(scenarios.Sweep), new(scenarios.SweepPoint),
	new(scenarios.Trait), new(scenarios.Verdict), new(scenarios.Work),
	new(usage.Amounts), new(usage.CSVOptions), new(usage.CSVReader), new(usage.Coverage), new(usage.Fault),
	new(usage.Key), new(usage.Measure), new(usage.Places), new(usage.ReadReport), new(usage.Record),
	new(usage.Resource), new(usage.ResourceKind), new(usage.RowsError), new(usage.Sum), new(usage.TenantBy),
	new(usage.Totals), new(usage.Uint128),
	new(ledger.Backlog), new(ledger.Changes), new(ledger.CheckResult), new(ledger.Collected),
	new(ledger.CollectedError), new(ledger.ConflictError), new(ledger.DamagedError), new(ledger.DamagedFile),
	new(ledger.DayInfo), new(ledger.DayRead), new(ledger.Extent), new(ledger.Field), new(ledger.File),
	new(ledger.Group), new(ledger.HeldError), new(ledger.Hourly), new(ledger.Info), new(ledger.Options),
	new(ledger.Overlap), new(ledger.Overlaps), new(ledger.OverlapsError), new(ledger.Query),
	new(ledger.Replacement), new(ledger.Result), new(ledger.RolledDay), new(ledger.Sums),
	new(ledger.TooManyGroupsError), new(ledger.UnreachableError), new(ledger.UnwritableDayError),
	new(spend.Basis), new(spend.Billed), new(spend.Cause), new(spend.Charge), new(spend.Charges),
	new(spend.ClosedMonth), new(spend.Compared), new(spend.Comparison), new(spend.Config), new(spend.ConfigFile),
	new(spend.Correction), new(spend.Cost), new(spend.DamagedError), new(spend.Dimension), new(spend.Filter),
	new(spend.Key), new(spend.Kind), new(spend.Policy), new(spend.RatesAssumed), new(spend.RawPeriod),
	new(spend.RawRequest), new(spend.ReadFile), new(spend.Request), new(spend.Restatement), new(spend.Row),
	new(spend.Share), new(spend.SharedOut), new(spend.Sharing), new(spend.Sort), new(spend.Source),
	new(spend.Spend), new(spend.Subtotal), new(spend.TooLargeError), new(spend.Total), new(spend.Unknown),
	new(spend.UnknownNameError), new(spend.UnknownRatesError),
	new(idle.Analysis), new(idle.Choice), new(idle.CurvePoint), new(idle.Distribution), new(idle.FaultsError),
	new(idle.Fixed), new(idle.Frontier), new(idle.Grain), new(idle.Latency), new(idle.Lifecycle), new(idle.Limits),
	new(idle.MicroVM), new(idle.Model), new(idle.Named), new(idle.Online), new(idle.Options), new(idle.Outcome),
	new(idle.PartChoice), new(idle.Played), new(idle.Priced), new(idle.RecordOptions), new(idle.Scored),
	new(idle.Step), new(idle.Trace), new(idle.Use), new(idle.ValidatedChoice), new(idle.Validation),
}

// panicking are the methods that panic on their zero value, as their comments say.
var panicking = []string{"pricing.Rate.Amount", "pricing.Rate.Quoted", "pricing.MeasuringPrice.Cost"}

// TestZeroValues calls every method of every exported type on its zero value, and of words on a number that stands for
// none, with zero values: what somebody has forgotten to set is an error or a sane value, and never takes the caller's
// program down.
func TestZeroValues(t *testing.T) {
	for _, zero := range zeroes {
		v := reflect.ValueOf(zero)
		callEach(t, v)
		if v.Elem().CanUint() {
			unknown := reflect.New(v.Type().Elem())
			unknown.Elem().SetUint(99)
			callEach(t, unknown)
		}
	}
}

func callEach(t *testing.T, v reflect.Value) {
	number := reflect.TypeFor[*decimal.Decimal]()
	for i := range v.NumMethod() {
		name := v.Type().Elem().String() + "." + v.Type().Method(i).Name
		if _, own := number.MethodByName(v.Type().Method(i).Name); own && embedsDecimal(v.Type().Elem()) {
			continue
		}
		call := func() { call(v.Method(i)) }
		switch {
		case name == "idle.Named.Read": // of the reader in it
		case slices.Contains(panicking, name):
			require.Panics(t, call, name)
		default:
			require.NotPanics(t, call, name)
		}
	}
}

func embedsDecimal(of reflect.Type) bool {
	if of.Kind() != reflect.Struct {
		return false
	}
	field, ok := of.FieldByName("Decimal")
	return ok && field.Anonymous
}

// call calls a method with zero values, and reads what it returns to its end where that is a sequence.
func call(method reflect.Value) {
	var in []reflect.Value
	for i := range method.Type().NumIn() {
		in = append(in, argument(method.Type().In(i)))
	}
	if method.Type().IsVariadic() {
		method.CallSlice(in)
		return
	}
	for _, out := range method.Call(in) {
		if out.Type().CanSeq2() && out.Kind() == reflect.Func {
			for range out.Seq2() {
			}
		}
	}
}

// argument is the zero value of a parameter, but for what every caller has: a context, something to read, a function.
func argument(of reflect.Type) reflect.Value {
	for _, given := range []any{context.Background(), strings.NewReader("")} {
		if of.Kind() == reflect.Interface && of.NumMethod() > 0 && reflect.TypeOf(given).Implements(of) {
			return reflect.ValueOf(given)
		}
	}
	switch of.Kind() {
	case reflect.Pointer:
		return reflect.New(of.Elem())
	case reflect.Func:
		return reflect.MakeFunc(of, func([]reflect.Value) (out []reflect.Value) {
			for i := range of.NumOut() {
				out = append(out, reflect.Zero(of.Out(i)))
			}
			return out
		})
	default:
		return reflect.Zero(of)
	}
}

// TestZeroValuesAreComplete fails where a type is exported that zeroes does not have.
func TestZeroValuesAreComplete(t *testing.T) {
	var listed, declared []string
	for _, zero := range zeroes {
		listed = append(listed, reflect.TypeOf(zero).Elem().String())
	}
	for _, dir := range []string{".", "pricing", "scenarios", "usage", "ledger", "spend", "idle"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(parsed, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() && !spec.Assign.IsValid() {
					if _, ok := spec.Type.(*ast.InterfaceType); !ok {
						declared = append(declared, parsed.Name.Name+"."+spec.Name.Name)
					}
				}
				return true
			})
		}
	}
	require.ElementsMatch(t, declared, listed, "zeroes must have every exported type")
}

// TestNothingGiven asks the library's functions for something while giving them nothing: each says what is missing.
func TestNothingGiven(t *testing.T) {
	var (
		ctx     = context.Background()
		market  scenarios.Market
		october = civil.MustParse("2026-10-01").UTC()
		whole   = spend.Request{From: october, To: october.AddDate(0, 1, 0), By: []spend.Dimension{spend.ByTenant}}
		source  spend.Source
	)
	gaps, err := idle.NewDistribution([]int64{1000})
	require.NoError(t, err)
	for name, ask := range map[string]func() error{
		"New":                 func() error { _, err := scenarios.New("", nil); return err },
		"Load":                func() error { _, err := scenarios.Load("", nil); return err },
		"LoadWithFiles":       func() error { _, err := scenarios.LoadWithFiles("", strings.NewReader(""), nil); return err },
		"Estimate":            func() error { _, err := market.Estimate(nil); return err },
		"Compare":             func() error { _, err := market.Compare(nil); return err },
		"Compare an estimate": func() error { _, err := market.Compare(&scenarios.Estimate{}); return err },
		"Sweep":               func() error { _, err := market.Sweep(nil); return err },
		"Regions":             func() error { _, err := market.Regions(nil, nil); return err },
		"Sensitivity":         func() error { _, err := market.Sensitivity(nil, decimal.New(1, -1)); return err },
		"With":                func() error { var s *scenarios.Scenario; _, err := s.With(nil); return err },
		"ParseAxis":           func() error { _, err := scenarios.ParseAxis(""); return err },
		"ParseCard":           func() error { _, err := pricing.ParseCard(nil); return err },
		"a card of no source": func() error { _, err := pricing.CardSource{}.Card("eu-west-1"); return err },
		"a bill without a card": func() error {
			_, err := pricing.Quantities{pricing.VCPU: decimal.NewFromInt(1)}.Bill(pricing.RateCard{})
			return err
		},
		"NewModel": func() error {
			_, err := idle.NewModel(pricing.RateCard{}, pricing.Size{}, decimal.Zero, decimal.Zero)
			return err
		},
		"Analyse": func() error { _, err := idle.Model{}.Analyse(nil, idle.Options{}); return err },
		"a model without prices": func() error {
			_, err := idle.Model{}.Analyse(&idle.Trace{All: gaps}, idle.Options{})
			return err
		},
		"Report":  func() error { _, err := source.Report(ctx, whole); return err },
		"Charges": func() error { _, err := source.Charges(ctx, whole.From, whole.To, spend.Filter{}); return err },
		"EachRow": func() error {
			r := whole
			r.By = append(r.By, spend.ByDay)
			_, err := source.EachRow(ctx, r, nil)
			return err
		},
		"AsOf":            func() error { _, err := source.AsOf(ctx, october); return err },
		"an empty query":  func() error { return new(ledger.Query).Check() },
		"an empty record": func() error { return new(usage.Record).Check() },
		"OpenSpend":       func() error { _, err := microspend.OpenSpend(ctx, "", ""); return err },
	} {
		require.NotPanics(t, func() { require.Error(t, ask(), name) }, name)
	}
	require.ErrorIs(t, func() error { _, err := source.Report(ctx, whole); return err }(), spend.ErrNoUsage)

	card, err := source.Card("eu-west-1", pricing.DateOf(october))
	require.NoError(t, err)
	require.Equal(t, pricing.ListCard, card.Name, "without rates, AWS's")
	require.Empty(t, pricing.FindBreakEven(pricing.Curve{}, pricing.Curve{}, decimal.Zero).Crossings)
	require.True(t, pricing.NewSeries().On(pricing.Date{}).Empty())
	require.Equal(t, "quantity 99", pricing.BilledQuantity(99).String())
	require.Equal(t, "side 99", pricing.Side(99).String())
}
