package collector

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCostLimit(t *testing.T) {
	for _, test := range []struct{ text, run, day, fault string }{
		{text: "0.50", run: "0.5"},
		{text: "$0.50/run", run: "0.5"},
		{text: "5/day", day: "5"},
		{text: "0.50, 5/day", run: "0.5", day: "5"},
		{text: "5/day,0.50", run: "0.5", day: "5"},
		{text: "0/day", day: "0"},
		{text: "5/month", fault: `"5/month" is not an amount of dollars such as 0.50, for a run, or 5/day`},
		{text: "5,6", fault: `"5,6" has two limits for the same`},
		{text: "-1/day", fault: "-1 is below zero"},
		{text: "", fault: `"" is not`},
	} {
		var l CostLimit
		err := l.ParseScalar(test.text)
		if test.fault != "" {
			assert.ErrorContains(t, err, test.fault, test.text)
			continue
		}
		assert.NoError(t, err, test.text)
		text := func(d interface{ String() string }, there bool) string {
			if !there {
				return ""
			}
			return d.String()
		}
		assert.Equal(t, test.run, text(l.Run, l.Run != nil), test.text)
		assert.Equal(t, test.day, text(l.Day, l.Day != nil), test.text)
	}
}
