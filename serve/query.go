package serve

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"microspend/spend"
)

// query reads the parameters of a URL strictly: an unknown, repeated or malformed one is an error, so that a typo never
// returns figures for something else.
type query struct {
	values url.Values
	fault  error
}

func readQuery(raw string, allowed ...string) *query {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return &query{url.Values{}, fmt.Errorf("malformed query: %.80q", err.Error())}
	}
	q := &query{values: values}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !slices.Contains(allowed, name):
			q.fail("unknown parameter %.40q; valid parameters: %s", name, strings.Join(allowed, ", "))
		case slices.ContainsFunc(values[name], func(v string) bool {
			return !utf8.ValidString(v) || strings.ContainsRune(v, 0)
		}):
			q.fail("%s: not valid UTF-8", name)
		}
	}
	return q
}

func (q *query) fail(format string, args ...any) {
	if q.fault == nil {
		q.fault = fmt.Errorf(format, args...)
	}
}

// one is the value of a parameter that must not be repeated.
func (q *query) one(name string) string {
	if len(q.values[name]) > 1 {
		q.fail("%s is given %d times; give it once", name, len(q.values[name]))
	}
	return q.values.Get(name)
}

// period is what a request says about the days to look at.
func (q *query) period() spend.RawPeriod {
	return spend.RawPeriod{Period: q.one("period"), From: q.one("from"), To: q.one("to"), TimeZone: q.one("tz")}
}

// maxPatterns limits the work that one request can cause.
const maxPatterns = 100

// many are the values of a parameter that may be repeated.
func (q *query) many(name string) []string {
	if len(q.values[name]) > maxPatterns {
		q.fail("%s is given %d times; %d at most", name, len(q.values[name]), maxPatterns)
	}
	return q.values[name]
}

func (q *query) number(name string) int {
	text := q.one(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		q.fail("%s: %.40q is not a whole number", name, text)
	}
	return n
}

func (q *query) truth(name string) bool {
	text := q.one(name)
	if text == "" && !q.values.Has(name) {
		return false
	}
	truth, err := strconv.ParseBool(text)
	if err != nil {
		q.fail("%s: %.40q is neither true nor false", name, text)
	}
	return truth
}

// canonical is the form of the query under which its answer is cached.
func (q *query) canonical() string { return q.values.Encode() }

// fieldName is the name of a request's field in a URL.
func fieldName(field string) string { return field }
