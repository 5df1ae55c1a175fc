package meter

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// measure is what a threshold is a limit of.
type measure int

const (
	ofDollars measure = iota
	ofRunning
	ofLife
)

// threshold is what --at gives: when something is done, and what. One of share and the two limits is set.
type threshold struct {
	index   int    // in the order given
	when    string // as it was given
	measure measure
	share   *decimal.Decimal // percent of the budget, the longest running time or the longest life
	dollars decimal.Decimal
	time    time.Duration
	action  action
}

// action is what is done at a threshold: one of its fields is set.
type action struct {
	text    string   // as it was given
	url     *url.URL // is sent the budget
	command []string // is run
	signal  os.Signal
	aws     string // suspend or terminate
}

const (
	maxThresholds = 32
	maxPercent    = 1000
)

// thresholds is the value of --at.
type thresholds []threshold

func (t *thresholds) String() string {
	var all []string
	for _, each := range *t {
		all = append(all, each.when+"="+each.action.text)
	}
	return strings.Join(all, ";")
}

// Set adds thresholds, with a semicolon or a line break between them: an environment variable can give several.
// All are added, or where one is at fault none.
func (t *thresholds) Set(text string) error {
	all := slices.Clone(*t)
	for _, each := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		if strings.TrimSpace(each) == "" {
			continue
		}
		parsed, err := parseThreshold(each)
		if err != nil {
			return err
		}
		if len(all) == maxThresholds {
			return fmt.Errorf("more than %d thresholds", maxThresholds)
		}
		all = append(all, parsed)
	}
	*t = all
	return nil
}

func parseThreshold(text string) (t threshold, err error) {
	when, what, ok := strings.Cut(text, "=")
	if !ok {
		return t, fmt.Errorf("%.60q is not a threshold and an action, such as 75%%=http://127.0.0.1:8080/slow-down", text)
	}
	t.when = strings.TrimSpace(when)
	if err := t.parseWhen(); err != nil {
		return t, err
	}
	t.action, err = parseAction(strings.TrimSpace(what))
	return t, err
}

func (t *threshold) parseWhen() error {
	amount := t.when
	if rest, ok := strings.CutPrefix(amount, "life:"); ok {
		t.measure, amount = ofLife, rest
	} else if rest, ok := strings.CutPrefix(amount, "running:"); ok {
		t.measure, amount = ofRunning, rest
	}
	number, isShare := strings.CutSuffix(amount, "%")
	dollars, isDollars := strings.CutSuffix(amount, "usd")
	switch {
	case isShare:
		percent, err := pricing.ParseDecimal(number)
		if err != nil || !percent.IsPositive() || percent.GreaterThan(decimal.NewFromInt(maxPercent)) {
			return fmt.Errorf("%.40q is not a percentage above 0 and up to %d", t.when, maxPercent)
		}
		t.share = &percent
	case isDollars && t.measure == ofDollars:
		var err error
		if t.dollars, err = pricing.ParseDecimal(dollars); err != nil || !t.dollars.IsPositive() {
			return fmt.Errorf("%.40q is not an amount above zero such as 1.50usd", t.when)
		}
	default:
		t.measure = max(t.measure, ofRunning)
		if err := setDuration(&t.time, amount); err != nil {
			return fmt.Errorf("%.40q is none of 75%% (of the budget), 1.50usd, 30m (of running time), running:75%%, "+
				"life:7h30m and life:90%%", t.when)
		}
	}
	return nil
}

func parseAction(text string) (a action, err error) {
	a.text = text
	kind, rest, _ := strings.Cut(text, ":")
	switch kind {
	case "http", "https":
		a.url, err = url.Parse(text)
		if err == nil && (a.url.Host == "" || a.url.User != nil || a.url.Fragment != "") {
			err = errors.New("a URL has a host, and neither a user nor a fragment")
		}
	case "exec":
		if a.command = strings.Fields(rest); len(a.command) == 0 {
			err = errors.New("no command is named")
		}
	case "signal":
		a.signal, err = parseSignal(rest)
	case "aws":
		a.aws = rest
		err = oneOf(rest, "suspend", "terminate")
	default:
		err = errors.New("valid actions: http://127.0.0.1:PORT/PATH, exec:COMMAND, signal:TERM, aws:suspend, aws:terminate")
	}
	if err != nil {
		return a, fmt.Errorf("action %.80q: %w", text, err)
	}
	return a, nil
}

// reached reports whether a life has come to a threshold. A share of a limit that the life does not have is never
// reached.
func (t *threshold) reached(b *Budget, u *Used) bool {
	switch t.measure {
	case ofDollars:
		limit, ok := t.dollarLimit(u.Limits)
		return ok && b.Spent != nil && b.Spent.GreaterThanOrEqual(limit)
	case ofRunning:
		limit, ok := t.timeLimit(u.Limits.Running)
		return ok && ranFor(*u) >= limit
	default:
		limit, ok := t.timeLimit(u.Limits.life())
		return ok && u.Lived >= limit
	}
}

func (t *threshold) dollarLimit(l Limits) (limit decimal.Decimal, ok bool) {
	switch {
	case t.share == nil:
		return t.dollars, true
	case l.Dollars == nil:
		return limit, false
	default:
		return pricing.Prorate(*l.Dollars, *t.share, hundred), true
	}
}

func (t *threshold) timeLimit(whole time.Duration) (limit time.Duration, ok bool) {
	switch {
	case t.share == nil:
		return t.time, true
	case whole == 0:
		return 0, false
	default:
		part := pricing.Prorate(decimal.NewFromInt(int64(whole)), *t.share, hundred)
		return time.Duration(part.Ceil().IntPart()), true
	}
}

var hundred = decimal.NewFromInt(100)

// inOrder sorts thresholds by what they are a limit of and then by the limit, those that are equal as they were given.
func inOrder(due []threshold, l Limits) {
	slices.SortStableFunc(due, func(a, b threshold) int {
		if a.measure != b.measure {
			return cmp.Compare(a.measure, b.measure)
		}
		if a.measure == ofDollars {
			x, _ := a.dollarLimit(l)
			y, _ := b.dollarLimit(l)
			return x.Cmp(y)
		}
		whole := l.Running
		if a.measure == ofLife {
			whole = l.life()
		}
		x, _ := a.timeLimit(whole)
		y, _ := b.timeLimit(whole)
		return cmp.Compare(x, y)
	})
}
