package meter

import (
	"errors"
	"flag"
	"time"

	"github.com/shopspring/decimal"
)

// budgetSettings are the flags of what a life may spend.
type budgetSettings struct {
	dollars, running, life, address, rates, ask string

	at               thresholds
	timeout          time.Duration
	remote, allowAWS bool
}

func (s *budgetSettings) declare(flags *flag.FlagSet) {
	const unless = ", unless the run hook's payload gives it"
	flags.StringVar(&s.dollars, "budget", "", "`DOLLARS` that this MicroVM may cost in its life, for example 2.00"+unless)
	flags.StringVar(&s.running, "max-running", "", "`DURATION` that this MicroVM may run, for example 30m"+unless)
	flags.StringVar(&s.life, "max-life", "", "`DURATION` of this MicroVM's life, if its maximumDurationInSeconds is less "+
		"than 28800"+unless)
	flags.StringVar(&s.address, "budget-address", DefaultBudgetAddress, "loopback `ADDRESS` to serve GET "+BudgetPath+
		" on, or none")
	flags.StringVar(&s.rates, "rates", "", "`FILE` of a rate card, or rates such as vcpu_second=0.0000276944 "+
		"(default the built-in list prices of the region)")
	flags.Var(&s.at, "at", "act at a `THRESHOLD=ACTION` (repeatable): 75%, 1.50usd, 30m, running:75% or life:90%; "+
		"http://127.0.0.1:8080/slow-down, exec:COMMAND, signal:TERM, aws:suspend or aws:terminate")
	flags.DurationVar(&s.timeout, "at-timeout", DefaultActionTimeout, "`DURATION` after which to kill a command of --at")
	flags.BoolVar(&s.remote, "allow-remote-urls", false, "let --at call URLs of other machines")
	flags.BoolVar(&s.allowAWS, "allow-aws-actions", false, "let --at suspend or terminate this MicroVM with its "+
		"execution role")
	flags.StringVar(&s.ask, "ask", "", "ask the meter that runs here whether this many more `DOLLARS` may be spent, "+
		"print a line and exit: 0 yes, 1 no, 3 unknown")
}

func (s *budgetSettings) options(hooksPort string, fault func(name string, err error) bool) BudgetOptions {
	o := BudgetOptions{
		Limits:  limitsOf(s.dollars, s.running, s.life, fault),
		Actions: actionOptions{timeout: s.timeout, anyHost: s.remote},
	}
	var err error
	if o.Address, err = parseBudgetAddress(s.address, hooksPort); fault("budget-address", err) {
		o.Address = DefaultBudgetAddress
	}
	if s.rates != "" {
		o.Rates, err = parseRates(s.rates)
		fault("rates", err)
	}
	if fault("at-timeout", within(s.timeout, 100*time.Millisecond, longestLife)) {
		o.Actions.timeout = DefaultActionTimeout
	}
	for _, t := range s.at {
		if !fault("at", s.allows(t.action)) {
			o.Thresholds = append(o.Thresholds, t)
		}
	}
	if s.ask != "" {
		var more decimal.Decimal
		more, err = parseAsk(s.ask)
		fault("ask", err)
		o.Ask = &more
	}
	return o
}

// allows checks that an action is one that is allowed.
func (s *budgetSettings) allows(a action) error {
	switch {
	case a.aws != "" && !s.allowAWS:
		return errors.New(a.text + " takes --allow-aws-actions")
	case a.url != nil && !s.remote && !localHost(a.url.Host):
		return errors.New(a.text + " is not a URL of this machine; --allow-remote-urls allows it")
	}
	return nil
}
