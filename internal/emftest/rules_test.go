package emftest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRules tries the checker on the example of AWS's specification, and on that example with one rule broken at a
// time.
func TestRules(t *testing.T) {
	const example = `{"_aws":{"Timestamp":1574109732004,"CloudWatchMetrics":[{"Namespace":"lambda-function-metrics",` +
		`"Dimensions":[["functionVersion"]],"Metrics":[{"Name":"time","Unit":"Milliseconds","StorageResolution":60}]}]},` +
		`"functionVersion":"$LATEST","time":100,"requestId":"989ffbf8-9ace-4817-a57c-e4dd734019ee"}`
	replace := func(old, new string) string {
		require.Contains(t, example, old)
		return strings.Replace(example, old, new, 1)
	}
	many := func(n int, format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(parts, ",")
	}
	for _, sound := range []string{
		example,
		replace(`["functionVersion"]`, ``+`[]`),
		replace(`"time":100`, `"time":[1,2.5,-3e4]`),
		replace(`,"Unit":"Milliseconds","StorageResolution":60`, ``),
		example + "\n",
	} {
		require.NoError(t, CheckRules([]byte(sound)), sound)
	}
	for _, tc := range []struct{ name, text, says string }{
		{"no JSON", "hello", "not a JSON object"},
		{"array", "[]", "not a JSON object"},
		{"more", example + "{}", "more after the object"},
		{"line break", replace(`"time":100`, "\n\"time\":100"), "line break"},
		{"UTF-8", replace("989f", "\xff"), "not UTF-8"},
		{"too long", replace("989f", strings.Repeat("x", MaxLine)), "more than the 1048576"},
		{"no metadata", `{"a":1}`, "_aws is missing"},
		{"extra in metadata", replace(`"Timestamp"`, `"x":1,"Timestamp"`), `_aws has a member "x"`},
		{"timestamp missing", replace(`"Timestamp":1574109732004,`, ``), "Timestamp is missing"},
		{"timestamp in text", replace(`1574109732004`, `"now"`), "Timestamp is missing or not a number"},
		{"timestamp with a fraction", replace(`1574109732004`, `1.5`), "whole milliseconds"},
		{"directives missing", `{"_aws":{"Timestamp":1}}`, "CloudWatchMetrics is missing"},
		{"directive no object", `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[1]}}`, "is not an object"},
		{"extra in directive", replace(`"Namespace"`, `"x":1,"Namespace"`), `has a member "x"`},
		{"namespace empty", replace(`"lambda-function-metrics"`, `""`), "Namespace is not 1 to 255"},
		{"namespace too long", replace(`lambda-function-metrics`, strings.Repeat("n", 256)), "Namespace is not 1 to 255"},
		{"namespace of AWS", replace(`lambda-function-metrics`, "AWS/Lambda"), "begins with AWS/"},
		{"namespace missing", replace(`"Namespace":"lambda-function-metrics",`, ``), "Namespace is missing"},
		{"dimensions missing", replace(`"Dimensions":[["functionVersion"]],`, ``), "Dimensions is missing"},
		{"dimensions empty", replace(`[["functionVersion"]]`, `[]`), "Dimensions is missing, empty"},
		{"dimension set no array", replace(`["functionVersion"]`, `"functionVersion"`), "is not an array"},
		{"31 dimensions", replace(`["functionVersion"]`, "["+many(31, `"d%d"`)+"]"), "31 keys, more than 30"},
		{"dimension twice", replace(`["functionVersion"]`, `["functionVersion","functionVersion"]`), "is there twice"},
		{"dimension key of a control", replace(`["functionVersion"]`, `["a\u0007"]`), "a key is not"},
		{"dimension without value", replace(`"functionVersion":"$LATEST"`, `"x":1`), "missing from the root"},
		{"dimension a number", replace(`"$LATEST"`, `1`), "not a string"},
		{"dimension empty", replace(`$LATEST`, ``), "the value of"},
		{"dimension blank", replace(`$LATEST`, `  `), "the value of"},
		{"dimension beyond ASCII", replace(`$LATEST`, `Müller`), "the value of"},
		{"dimension too long", replace(`$LATEST`, strings.Repeat("x", 1025)), "the value of"},
		{
			"metrics missing", replace(`,"Metrics":[{"Name":"time","Unit":"Milliseconds","StorageResolution":60}]`, ``),
			"Metrics is missing",
		},
		{
			"101 metrics", replace(`{"Name":"time","Unit":"Milliseconds","StorageResolution":60}`, many(101, `{"Name":"m%d"}`)),
			"101 metrics, more than 100",
		},
		{
			"metric no object", replace(`{"Name":"time","Unit":"Milliseconds","StorageResolution":60}`, `"time"`),
			"is not an object",
		},
		{"metric twice", replace(`{"Name":"time"`, `{"Name":"time"},{"Name":"time"`), "is there twice"},
		{"metric without name", replace(`"Name":"time",`, ``), "Name is not"},
		{"metric name too long", replace(`"Name":"time"`, `"Name":"`+strings.Repeat("m", 256)+`"`), "Name is not"},
		{"extra in metric", replace(`"Unit"`, `"x":1,"Unit"`), `has a member "x"`},
		{"unit", replace(`Milliseconds`, `milliseconds`), "not a unit"},
		{"resolution", replace(`:60}`, `:30}`), "neither 1 nor 60"},
		{"value missing", replace(`"time":100,`, ``), "missing from the root"},
		{"value in text", replace(`"time":100`, `"time":"100"`), "missing from the root, or not a number"},
		{"value nested", replace(`"time":100`, `"time":{"a":1}`), "not a number"},
		{"value too large", replace(`"time":100`, `"time":1e200`), "not a number that a metric can have"},
		{"no values", replace(`"time":100`, `"time":[]`), "0 values"},
		{"101 values", replace(`"time":100`, `"time":[`+many(101, `%d`)+`]`), "101 values"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.ErrorContains(t, CheckRules([]byte(tc.text)), tc.says)
		})
	}
}
