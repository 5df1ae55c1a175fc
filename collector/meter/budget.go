package meter

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/emf"
	"microspend/internal/figures"
	"microspend/pricing"
)

// BudgetOptions are what a life may spend where its run hook does not say, and what is done about it.
type BudgetOptions struct {
	Limits     Limits
	Address    string // that the budget is served on; "" for nowhere
	Rates      Rates
	Thresholds []threshold
	Actions    actionOptions
	Ask        *decimal.Decimal // the dollars that are asked about in place of metering; nil for metering
}

// watch compares what a life has used with its limits. It is asked under the lock of the hooks.
type watch struct {
	thresholds []threshold
	rates      Rates
	fire       func(firing) bool // false where it cannot be taken now
	begin      func()            // a life has begun: what is done for another one has no point any more
	say        func(format string, args ...any)

	life, region string // that the rest is for
	card         pricing.RateCard
	fired        []bool // by threshold
	exhausted    bool
}

// look is called after each look at the clocks and each hook. It does what thresholds that were reached since ask for,
// once in each life, lower ones first. All of them that a suspend has passed are reached at the resume.
func (w *watch) look(r *Recorder) {
	used, ok := r.Used()
	if !ok {
		return
	}
	b := w.price(r.at, used)
	if b.Exhausted && !w.exhausted {
		w.exhausted = true
		r.Note(emf.NoteBudgetExhausted)
		w.say("the limits of %s are used up: %s", used.MicroVMID, b.inWords())
	}
	var due []threshold
	for i := range w.thresholds {
		if t := w.thresholds[i]; !w.fired[i] && t.reached(&b, &used) {
			t.index = i
			due = append(due, t)
		}
	}
	inOrder(due, used.Limits)
	for _, t := range due {
		b.Threshold = t.when
		if !w.fire(firing{action: t.action, budget: b}) {
			return // at the next look
		}
		w.fired[t.index] = true
		r.Note(emf.NoteBudgetThreshold)
		w.say("%s is reached, %s: %s", t.when, b.inWords(), t.action.text)
	}
}

// price works out the budget of a life, at the card of the day on which it was first seen. A life of eight hours is
// hardly ever priced at two, and half of a life at each would not be what an agent was promised.
func (w *watch) price(at Instant, used Used) Budget {
	if w.life != used.Life {
		w.life, w.region, w.exhausted = used.Life, used.Region, false
		w.fired = make([]bool, len(w.thresholds))
		w.choose(at, used)
		w.begin()
	}
	if w.region != used.Region { // the run hook came later
		w.region = used.Region
		w.choose(at, used)
	}
	return budgetOf(at, used, w.card)
}

// choose takes the card of a life. That there is none matters to whoever has set a budget or given rates, and is said
// to no one else: the document has it in any case.
func (w *watch) choose(at Instant, used Used) {
	say := w.say
	if used.Limits.Dollars == nil && w.rates.given == nil {
		say = func(string, ...any) {}
	}
	w.card = w.rates.card(used.Region, used.Arch, dayOf(at), say)
}

// document is the budget as of now.
func (w *watch) document(r *Recorder) Budget {
	used, ok := r.Used()
	if !ok {
		return unmetered(r.at, r.Unhooked)
	}
	return w.price(r.at, used)
}

// inWords is a budget for people, amounts rounded half-even to 6 decimals.
func (b *Budget) inWords() string {
	text := "an unknown amount spent"
	if b.Spent != nil {
		text = "$" + figures.UpTo(*b.Spent, 6) + " spent"
	}
	if b.Budget != nil {
		text += " of $" + figures.UpTo(*b.Budget, 6)
	}
	if b.State != pricing.Exact.String() {
		text += " (" + b.State + ")"
	}
	if b.Running != nil {
		text += ", " + figures.UpTo(*b.Running, 0) + " s running"
	}
	return text
}

func dayOf(at Instant) pricing.Date { return pricing.DateOf(time.Unix(0, at.Wall)) }
