package serve

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/usage"
)

func dollars(amounts map[string]int64) map[place]*counted {
	out := map[place]*counted{}
	for tenant, amount := range amounts {
		c := &counted{}
		c.dollars[0], c.usage[usage.Launches] = decimal.NewFromInt(amount), decimal.NewFromInt(amount*2)
		out[place{tenant: tenant}] = c
	}
	return out
}

func (s *series) dollars(at place) string {
	if c := s.values[at]; c != nil {
		return c.total().String()
	}
	return "none"
}

func TestSeries(t *testing.T) {
	s := newSeries(2)
	s.raise(dollars(map[string]int64{"a": 5, "b": 9, "c": 1, "d": 2}))
	require.Equal(t, []string{"5", "9", "none", "3"}, []string{
		s.dollars(place{tenant: "a"}),
		s.dollars(place{tenant: "b"}), s.dollars(place{tenant: "c"}), s.dollars(others),
	},
		"the most costly have series of their own")
	s.raise(dollars(map[string]int64{"a": 4, "b": 10, "c": 100, "d": 2, "e": 50}))
	require.Equal(t, []string{"5", "10", "none", "152"}, []string{
		s.dollars(place{tenant: "a"}),
		s.dollars(place{tenant: "b"}), s.dollars(place{tenant: "c"}), s.dollars(others),
	},
		"what went down stays, and who is among the others stays there")
	s.raise(dollars(map[string]int64{"b": 11}))
	require.Equal(t, []string{"5", "11", "152"}, []string{
		s.dollars(place{tenant: "a"}), s.dollars(place{tenant: "b"}),
		s.dollars(others),
	}, "who is gone stays")
}

func TestSeriesTakesALabelForWhatItIs(t *testing.T) {
	s := newSeries(5)
	now := dollars(map[string]int64{"a": 1})
	now[others] = &counted{}
	now[others].dollars[0] = decimal.NewFromInt(7) // a tenant that calls itself so
	s.raise(now)
	require.Equal(t, "7", s.dollars(others))
	require.Len(t, s.values, 2)
}

// TestSeriesNeverGoDown raises any states after each other.
func TestSeriesNeverGoDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 6).Draw(t, "most")
		s := newSeries(most)
		before := map[place]counted{}
		for range rapid.IntRange(1, 6).Draw(t, "states") {
			now := map[string]int64{}
			for i := range rapid.IntRange(0, 10).Draw(t, "tenants") {
				now[fmt.Sprint(i)] = rapid.Int64Range(0, 100).Draw(t, "amount")
			}
			s.raise(dollars(now))
			require.LessOrEqual(t, len(s.values), most+1)
			all, truth := decimal.Decimal{}, decimal.Decimal{}
			for at, was := range before {
				require.NotNil(t, s.values[at])
				require.True(t, s.values[at].total().GreaterThanOrEqual(was.total()), "%v", at)
				require.True(t, s.values[at].usage[usage.Launches].GreaterThanOrEqual(was.usage[usage.Launches]), "%v", at)
			}
			for at, value := range s.values {
				before[at] = *value
				all = all.Add(value.total())
			}
			for _, amount := range now {
				truth = truth.Add(decimal.NewFromInt(amount))
			}
			require.True(t, all.GreaterThanOrEqual(truth), "nothing is lost")
		}
	})
}
