package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

type wantCrossing struct {
	seconds string
	after   pricing.Side
	equal   bool
}

// A line of a dollar a minute, unless a row says otherwise; the arithmetic is beside each row.
func TestFindBreakEven(t *testing.T) {
	perMinute := func(dollars int64) pricing.Curve { return pricing.Curve{Rate: whole(60 * dollars)} }
	plus := func(fixed int64, c pricing.Curve) pricing.Curve {
		c.Fixed = whole(fixed)
		return c
	}
	jobs := func(c pricing.Curve, n, minimum, step int64) pricing.Curve {
		c.Stretches, c.Minimum, c.Step = whole(n), whole(minimum), whole(step)
		return c
	}
	free := func(c pricing.Curve, seconds int64) pricing.Curve {
		c.Free = whole(seconds)
		return c
	}
	const m, o, n = pricing.MicroVMs, pricing.Other, pricing.Neither
	for _, tc := range []struct {
		name, reason string
		line, other  pricing.Curve
		limit        int64
		below        pricing.Side
		crossings    []wantCrossing
		beyond       *wantCrossing
	}{
		{
			name: "flat", reason: "10 / 1 = 10 minutes", line: perMinute(1), other: plus(10, perMinute(0)), below: m,
			crossings: []wantCrossing{{"600", o, true}},
		},
		{
			name: "flat and always dearer", reason: "the MicroVM's fixed cost alone is more",
			line: plus(11, perMinute(1)), other: plus(10, perMinute(0)), below: o,
		},
		{
			name: "flat and equal at zero", reason: "from the first second on the MicroVM costs more",
			line: plus(10, perMinute(1)), other: plus(10, perMinute(0)), below: o,
		},
		{
			name: "steeper alternative", reason: "10 + x = 3x at 5 minutes", line: plus(10, perMinute(1)),
			other: perMinute(3), below: o, crossings: []wantCrossing{{"300", m, true}},
		},
		{
			name: "steeper from the same start", reason: "they meet at zero only, which is no running time",
			line: perMinute(1), other: perMinute(3), below: m,
		},
		{
			name: "parallel", reason: "the lines never meet", line: plus(1, perMinute(2)),
			other: plus(2, perMinute(2)), below: m,
		},
		{
			name: "the same line", reason: "both cost the same throughout", line: plus(2, perMinute(2)),
			other: plus(2, perMinute(2)), below: n,
		},
		{
			name: "no finite decimals", reason: "1 / 7 minutes = 8.571428… s, half-even at twenty places",
			line: perMinute(7), other: plus(1, perMinute(0)), below: m,
			crossings: []wantCrossing{{"8.57142857142857142857", o, true}},
		},
		{
			name:   "minimum, crossed in the flat part",
			reason: "ten tasks of a minute cost 10; 2x reaches that at 5 minutes", line: perMinute(2),
			other: jobs(perMinute(1), 10, 60, 0), below: m, crossings: []wantCrossing{{"300", o, true}},
		},
		{
			name:   "minimum, crossed twice",
			reason: "4 + x passes the minimum of 3 × 2 at 2 minutes, then 2x passes 4 + x at 4",
			line:   plus(4, perMinute(1)), other: jobs(perMinute(2), 3, 60, 0), below: m,
			crossings: []wantCrossing{{"120", o, true}, {"240", m, true}},
		},
		{
			name:   "minimum, touched at the knee",
			reason: "3 + x reaches 6 exactly where 2x starts to rise: equal, but nothing changes sides",
			line:   plus(3, perMinute(1)), other: jobs(perMinute(2), 3, 60, 0), below: m,
		},
		{
			name: "minimum, crossed at the knee", reason: "3x reaches 9 exactly where x + 6 starts to rise",
			line: perMinute(3), other: plus(6, jobs(perMinute(1), 3, 60, 0)), below: m,
			crossings: []wantCrossing{{"180", o, true}},
		},
		{
			name:   "free, crossed twice",
			reason: "x passes 2 at two minutes; beyond four free minutes 2 + 3(x − 4) = x at 5", line: perMinute(1),
			other: free(plus(2, perMinute(3)), 240), below: m,
			crossings: []wantCrossing{{"120", o, true}, {"300", m, true}},
		},
		{
			name: "free, line dearer throughout", reason: "1 + x is above 3(x − 10) until x = 15.5",
			line: plus(1, perMinute(1)), other: free(perMinute(3), 600), below: o,
			crossings: []wantCrossing{{"930", m, true}},
		},
		{
			name:   "steps, line below",
			reason: "a minute costs a dollar from its first second on; the line reaches it at its end",
			line:   perMinute(1), other: jobs(perMinute(1), 1, 0, 60), below: m,
		},
		{
			name:   "steps, one crossing inside the first",
			reason: "the line reaches a dollar in half a minute; the second step costs 2, the line is 2 there: a touch",
			line:   perMinute(2), other: jobs(perMinute(1), 1, 0, 60), below: m,
			crossings: []wantCrossing{{"30", o, true}},
		},
		{
			name:   "steps, in and out",
			reason: "0.1 + 1.2x passes each minute's dollars before the minute is over, until the next minute jumps over it",
			line:   pricing.Curve{Rate: dec("72"), Fixed: dec("0.1")}, other: jobs(perMinute(1), 1, 0, 60), below: m,
			// 0.1 + 1.2x = k at x = 45 s (1), 95 s (2), 145 s (3), 195 s (4); jumps at 60, 120, 180 s where 0.1 + 1.2k < k + 1,
			// that is k < 4.5: at 240 s the line is 4.9 < 5, too; 0.1 + 1.2x = 5 at 245 s; at 300 s it is 6.1 > 6: above for
			// good.
			crossings: []wantCrossing{
				{"45", o, true},
				{"60", m, false},
				{"95", o, true},
				{"120", m, false},
				{"145", o, true},
				{"180", m, false},
				{"195", o, true},
				{"240", m, false},
				{"245", o, true},
			},
		},
		{
			name: "steps, jumped over for good", reason: "1.5 lies between one minute's dollar and two minutes'",
			line: pricing.Curve{Fixed: dec("1.5")}, other: jobs(perMinute(1), 1, 0, 60), below: o,
			crossings: []wantCrossing{{"60", m, false}},
		},
		{
			name:   "steps within free seconds",
			reason: "five minutes are free, so the line passes 3 at three minutes, the end of a step",
			line:   perMinute(1), other: free(plus(3, jobs(perMinute(1), 1, 0, 60)), 300), below: m,
			crossings: []wantCrossing{{"180", o, true}},
		},
		{
			name:   "steps within a minimum",
			reason: "ten minutes at least; the line passes 10 × 1 at five, the end of a step", line: perMinute(2),
			other: jobs(perMinute(1), 1, 600, 60), below: m, crossings: []wantCrossing{{"300", o, true}},
		},
		{
			name: "limit before the crossing", reason: "ten minutes lie beyond nine", line: perMinute(1),
			other: plus(10, perMinute(0)), limit: 540, below: m, beyond: &wantCrossing{"600", o, true},
		},
		{
			name: "limit at the crossing", reason: "the limit itself is within", line: perMinute(1),
			other: plus(10, perMinute(0)), limit: 600, below: m, crossings: []wantCrossing{{"600", o, true}},
		},
		{
			name: "limit between crossings", reason: "one within, one beyond", line: perMinute(1),
			other: free(plus(2, perMinute(3)), 240), limit: 200, below: m,
			crossings: []wantCrossing{{"120", o, true}}, beyond: &wantCrossing{"300", m, true},
		},
		{name: "nothing against nothing", reason: "two zero values cost the same", below: n},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := pricing.FindBreakEven(tc.line, tc.other, whole(tc.limit))
			require.Equal(t, tc.below, got.Below, tc.reason)
			require.Equal(t, tc.crossings, crossingsOf(got.Crossings), tc.reason)
			if tc.beyond == nil {
				require.Nil(t, got.Beyond, tc.reason)
				return
			}
			require.NotNil(t, got.Beyond, tc.reason)
			require.Equal(t, []wantCrossing{*tc.beyond}, crossingsOf([]pricing.Crossing{*got.Beyond}), tc.reason)
		})
	}
}

func crossingsOf(crossings []pricing.Crossing) []wantCrossing {
	var all []wantCrossing
	for _, c := range crossings {
		all = append(all, wantCrossing{c.Seconds.String(), c.After, c.Equal})
	}
	return all
}

// The post's break-even: a 4 GB MicroVM in eu-west-1 against a t4g.medium at 0.0368 an hour.
//
//	0.0368 × 730 h = 26.864; an hour of MicroVM is 3,600 × (2 × 0.0000291572 + 4 × 0.0000038603) = 0.26552016;
//	26.864 / 0.26552016 = 101.1749917596 h: 3.372 h a day over 30 days, 4.599 over 22, 5.059 over 20.
func TestBreakEvenAgainstEC2(t *testing.T) {
	w := pricing.Workload{Size: size(t, "4GB"), Running: whole(288_000)}
	line, err := w.Curve(postCard())
	require.NoError(t, err)
	require.Equal(t, "0.26552016", line.Rate.String())
	instance := pricing.EC2{Type: "t4g.medium"}.Price(prices(t),
		pricing.Demand{Region: "eu-west-1", Size: w.Size, Users: whole(1)})
	require.Equal(t, "26.864", instance.Curve.Fixed.String())

	found := pricing.FindBreakEven(line, instance.Curve, whole(31*24*3600))
	require.Equal(t, pricing.MicroVMs, found.Below, "for short months the MicroVM is cheaper")
	require.Len(t, found.Crossings, 1)
	require.Equal(t, pricing.Other, found.Crossings[0].After)
	hours := func(days int64) string {
		return pricing.Divide(found.Crossings[0].Seconds, whole(3600*days), pricing.RatioPlaces).String()
	}
	require.Equal(t, "101.1749917596", hours(1))
	require.Equal(t, "3.3724997253", hours(30))
	require.Equal(t, "4.5988632618", hours(22))
	require.Equal(t, "5.058749588", hours(20))
}

func TestLastEqual(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		equal        []bool
		index        int
		ok           bool
	}{
		{"none", "no crossing at all", nil, 0, false},
		{"only jumps", "the costs are never the same", []bool{false, false}, 0, false},
		{"last", "the one that counts", []bool{true, false, true}, 2, true},
		{"before a jump", "a jump after it is not equal", []bool{false, true, false}, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b pricing.BreakEven
			for _, equal := range tc.equal {
				b.Crossings = append(b.Crossings, pricing.Crossing{Equal: equal})
			}
			i, ok := b.LastEqual()
			require.Equal(t, tc.ok, ok, tc.reason)
			require.Equal(t, tc.index, i, tc.reason)
		})
	}
}
