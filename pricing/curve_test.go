package pricing_test

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

func TestCurveBilledAndAt(t *testing.T) {
	var (
		flat    = pricing.Curve{Fixed: dec("26.864")}
		linear  = pricing.Curve{Rate: dec("3.6")} // a tenth of a cent a second
		fargate = pricing.Curve{Rate: dec("3.6"), Stretches: whole(10), Minimum: whole(60)}
		ci      = pricing.Curve{Rate: dec("3.6"), Stretches: whole(10), Step: whole(60)}
		free    = pricing.Curve{Fixed: whole(2), Rate: dec("3.6"), Free: whole(100)}
		all     = pricing.Curve{
			Fixed: whole(1), Rate: dec("3.6"), Stretches: whole(10), Minimum: whole(90), Step: whole(60), Free: whole(200),
		}
	)
	for _, tc := range []struct {
		name, reason        string
		curve               pricing.Curve
		running, billed, at string
	}{
		{"nothing", "the zero value costs nothing", pricing.Curve{}, "12345.678", "12345.678", "0"},
		{"flat", "an instance costs the same whatever runs", flat, "1000000", "1000000", "26.864"},
		{"flat at zero", "also when nothing does", flat, "0", "0", "26.864"},
		{"linear", "by the second, exact", linear, "1234.5", "1234.5", "1.2345"},
		{
			"linear with a rest", "0.1 / 3,600 at twenty places",
			pricing.Curve{Rate: dec("0.1")},
			"1", "1",
			"0.00002777777777777778",
		},
		{"minimum at zero", "ten tasks of a minute at least, run or not", fargate, "0", "600", "0.6"},
		{"below the minimum", "ten tasks of 30 s are billed as 60 s", fargate, "300", "600", "0.6"},
		{"at the minimum", "ten tasks of exactly 60 s", fargate, "600", "600", "0.6"},
		{"above the minimum", "ten tasks of 60.1 s", fargate, "601", "601", "0.601"},
		{
			"no stretches", "a minimum of each of none",
			pricing.Curve{Rate: dec("3.6"), Minimum: whole(60), Step: whole(60)},
			"1", "1", "0.001",
		},
		{"step at zero", "no job, no minute", ci, "0", "0", "0"},
		{"first step", "ten jobs of a tenth of a second are ten minutes", ci, "1", "600", "0.6"},
		{"whole step", "ten jobs of a minute", ci, "600", "600", "0.6"},
		{
			"just beyond a step", "ten jobs of a little more are two minutes each", ci, "600.000000000000000001",
			"1200", "1.2",
		},
		{
			"fractional stretches", "two and a half jobs a month on average: steps of 150 s",
			pricing.Curve{Rate: dec("3.6"), Stretches: dec("2.5"), Step: whole(60)},
			"151", "300", "0.3",
		},
		{
			"millisecond step", "a thousand requests of 1.0001 ms are 2 ms each",
			pricing.Curve{Rate: whole(3600), Stretches: whole(1000), Step: dec("0.001")},
			"1.0001", "2", "2",
		},
		{"within the free seconds", "the fixed part is left", free, "99.9", "0", "2"},
		{"free seconds used up", "the bound itself is free", free, "100", "0", "2"},
		{"beyond the free seconds", "only what is beyond", free, "101", "1", "2.001"},
		// 10 × 90 s = 900 s, up to 2 × 600 = 1,200, less 200 = 1,000.
		{"minimum, step and free", "raised, then rounded up, then the free seconds off", all, "5", "1000", "2"},
		// 1,201 s, up to 3 × 600 = 1,800, less 200.
		{"minimum passed", "rounded up, less the free seconds", all, "1201", "1600", "2.6"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.billed, tc.curve.Billed(dec(tc.running)).String(), tc.reason)
			require.Equal(t, tc.at, tc.curve.At(dec(tc.running)).String(), tc.reason)
		})
	}
}

// The documented rule, once more in rationals: per stretch, as it is written.
func TestCurveAgainstItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		running := decimals(0, 1_000_000, 3).Draw(t, "running")
		billed := running.Rat()
		if c.Stretches.IsPositive() {
			each := new(big.Rat).Quo(billed, c.Stretches.Rat())
			if each.Cmp(c.Minimum.Rat()) < 0 {
				each = c.Minimum.Rat()
			}
			if c.Step.IsPositive() {
				steps := new(big.Rat).Quo(each, c.Step.Rat())
				up := new(big.Int).Add(steps.Num(), new(big.Int).Sub(steps.Denom(), big.NewInt(1)))
				each = new(big.Rat).Mul(c.Step.Rat(), new(big.Rat).SetInt(up.Quo(up, steps.Denom())))
			}
			billed = each.Mul(each, c.Stretches.Rat())
		}
		if billed.Sub(billed, c.Free.Rat()); billed.Sign() < 0 {
			billed.SetInt64(0)
		}
		require.Zero(t, billed.Cmp(c.Billed(running).Rat()))
		cost := new(big.Rat).Mul(billed, c.Rate.Rat())
		cost.Quo(cost, big.NewRat(3600, 1)).Add(cost, c.Fixed.Rat())
		requireWithin(t, tenToMinus(20), cost, c.At(running).Rat())
	})
}

// drawCurve makes alternatives of every shape out of small round numbers, so that touches, ties at steps and parallel
// lines come up often.
func drawCurve(t *rapid.T) pricing.Curve {
	some := func(name string, most int64) decimal.Decimal {
		return whole(max(0, rapid.Int64Range(-most/2, most).Draw(t, name)))
	}
	c := pricing.Curve{
		Fixed: some("fixed", 40),
		Rate:  some("dollars a minute", 6).Mul(whole(60)),
		Free:  some("free minutes", 10).Mul(whole(60)),
	}
	if rapid.Bool().Draw(t, "in stretches") {
		c.Stretches = whole(rapid.Int64Range(1, 4).Draw(t, "stretches"))
		c.Minimum = some("minimum in half minutes", 6).Mul(whole(30))
		c.Step = some("step in half minutes", 4).Mul(whole(30))
	}
	return c
}

// The curve of a workload is its bill at every running time, whatever else it does.
func TestWorkloadCurve(t *testing.T) {
	curve, err := personalDevTool(t).Curve(postCard())
	require.NoError(t, err)
	// Fixed: 0.3248 + 0.1312 + 0.1904; an hour: 3,600 × (2 × 0.0000291572 + 4 × 0.0000038603).
	require.Equal(t, pricing.Curve{Fixed: curve.Fixed, Rate: curve.Rate}, curve, "a straight line")
	require.Equal(t, "0.6464", curve.Fixed.String())
	require.Equal(t, "0.26552016", curve.Rate.String())

	rapid.Check(t, func(t *rapid.T) {
		w, card := drawWorkload(t, 1), drawCard(t, false)
		curve, err := w.Curve(card)
		require.NoError(t, err)
		w.Running = decimals(0, 10_000_000, 3).Draw(t, "running")
		// The hour's bill is rounded at 20 places and then multiplied by up to 10,000,000 s / 3,600.
		requireWithin(t, tenToMinus(15), total(t, w, card).Rat(), curve.At(w.Running).Rat())
	})

	_, err = personalDevTool(t).Curve(listCard(t, "eu-central-1"))
	require.EqualError(t, err, noWrite+"\n"+noRead+"\n"+noStorage)
	wrong := personalDevTool(t)
	wrong.Cycles = whole(-1)
	_, err = wrong.Curve(postCard())
	require.EqualError(t, err, "cycles is -1; it cannot be below zero")
}
