package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// scalarCase is one text of a scalar. An empty want means that it is refused, with the words of refusal in the message.
type scalarCase struct{ name, reason, text, want, refusal string }

// runScalarCases reads each text into a fresh value and shows what was read.
func runScalarCases[T any](t *testing.T, cases []scalarCase, show func(T) string) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			value := new(T)
			err := any(value).(strictyaml.Scalar).ParseScalar(tc.text)
			if tc.want == "" {
				require.ErrorContains(t, err, tc.refusal, tc.reason)
				require.NotEmpty(t, tc.refusal, "a refusal says why")
				return
			}
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.want, show(*value), tc.reason)
		})
	}
}

const notADuration = "is not a duration such as 45s, 3m, 2.5h, 1h30m or 28800s"

func TestDuration(t *testing.T) {
	runScalarCases(t, []scalarCase{
		{"seconds", "the unit of the bill", "45s", "45", ""},
		{"minutes", "a job's length", "3m", "180", ""},
		{"hours with decimals", "half hours are common", "2.5h", "9000", ""},
		{"a sum", "as Go writes durations", "1h30m", "5400", ""},
		{"a sum of all units", "each is added", "1d1h1m1s1ms", "90061.001", ""},
		{"a sum out of order", "order says nothing", "30m1h", "5400", ""},
		{"a life", "8 hours, as the API has it", "28800s", "28800", ""},
		{"milliseconds", "functions are short", "200ms", "0.2", ""},
		{"days", "the least that an image is stored", "7d", "604800", ""},
		{"zero", "nothing needs no unit", "0", "0", ""},
		{"zero hours", "nor does it mind one", "0h", "0", ""},
		{"leading zeros", "they say nothing", "007s", "7", ""},
		{"exact decimals", "no float comes near", "0.1s", "0.1", ""},
		{"spaces", "people write 2.5 h", "2 h 30 m", "9000", ""},
		{"a hundred years", "the bound is included", "36600d", "3162240000", ""},
		{"above a hundred years", "nobody means it", "36600d1ms", "", "36600d1ms is longer than a hundred years"},
		{"no unit", "seconds or hours?", "3600", "", `"3600" ` + notADuration},
		{"zero with a point", "only a plain 0 has no unit", "0.0", "", notADuration},
		{"nothing", "an empty text", "", "", notADuration},
		{"only a unit", "no number", "h", "", notADuration},
		{"last part without unit", "30 what?", "1h30", "", notADuration},
		{"no digit before the point", "not a plain decimal", ".5h", "", notADuration},
		{"two points", "not a number", "1.2.3h", "", notADuration},
		{"exponent", "e is not a unit", "1e3s", "", notADuration},
		{"below zero", "time does not run backwards", "-1h", "", "-1h is below zero"},
		{"plus", "not a plain decimal", "+1h", "", notADuration},
		{"capital", "M would be minutes or months", "3M", "", notADuration},
		{"weeks", "not one of the units", "1w", "", notADuration},
		{"words", "not one of the units", "4 hours", "", notADuration},
		{"clock", "not a sum of units", "1:30", "", notADuration},
		{"comma", "not a plain decimal", "1,5h", "", notADuration},
		{"other digits", "Arabic-Indic digits are no plain decimal", "٣h", "", notADuration},
		{"too long", "longer than anyone would write", strings.Repeat("1s", 31), "", notADuration},
	}, func(d scalar.Duration) string { return d.Seconds.String() })
}

func TestPeriodDuration(t *testing.T) {
	const notAPeriod = "a figure can be per day, per job or per month, as in 6/day"
	names := map[Period]string{PerDefault: "", PerDay: "/day", PerJob: "/job", PerMonth: "/month"}
	runScalarCases(t, []scalarCase{
		{"no period", "per active day or job", "4h", "14400", ""},
		{"per day", "said outright", "4h/day", "14400/day", ""},
		{"per job", "said outright", "8s/job", "8/job", ""},
		{"per month", "as a measurement gives it", "1600s/month", "1600/month", ""},
		{"spaces", "as people write", "4h / month", "14400/month", ""},
		{"zero per month", "nothing needs no unit", "0/month", "0/month", ""},
		{"per week", "months have no whole weeks", "20h/week", "", `"20h/week": ` + notAPeriod},
		{"empty period", "per what?", "4h/", "", notAPeriod},
		{"two periods", "one at most", "4h/day/month", "", notAPeriod},
		{"capital", "words are written small", "4h/Day", "", notAPeriod},
		{"only a period", "no figure", "/day", "", notADuration},
		{"no unit", "seconds or hours?", "4/day", "", notADuration},
	}, func(d periodDuration) string { return d.Seconds.String() + names[d.Per] })
}

func TestPeriodCount(t *testing.T) {
	names := map[Period]string{PerDefault: "", PerDay: "/day", PerJob: "/job", PerMonth: "/month"}
	runScalarCases(t, []scalarCase{
		{"no period", "per active day or job", "6", "6", ""},
		{"per day", "said outright", "6/day", "6/day", ""},
		{"per job", "said outright", "1/job", "1/job", ""},
		{"per month", "as a measurement gives it", "120/month", "120/month", ""},
		{"an average", "as a measurement gives it", "0.75/day", "0.75/day", ""},
		{"spaces", "as people write", "120 / month", "120/month", ""},
		{"per hour", "not a period of the bill", "6/hour", "", "a figure can be per day, per job or per month"},
		{"below zero", "nothing starts less than never", "-1/day", "", "-1 is below zero"},
		{"a fraction", "one slash, and it is the period's", "1/2", "", "a figure can be per day, per job or per month"},
		{"not a number", "a word", "some/day", "", "is not a plain decimal number"},
	}, func(c periodCount) string { return c.String() + names[c.Per] })
}
