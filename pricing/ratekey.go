package pricing

import (
	"maps"
	"strings"

	"github.com/shopspring/decimal"
)

// RateKey is the name of a rate in cards, scenarios and outputs; it tells the billed quantity and what the figure is
// per. Where rates of several architectures stand side by side, those of compute on another than ARM64 end in its name:
// vcpu_second_x86. Where there is one architecture, as in a scenario, its own rates have the plain keys.
type RateKey string

// rateForm is one way in which sources publish the rate of a billed quantity.
type rateForm struct {
	key      RateKey
	quantity BilledQuantity
	per      Per
	units    string // what the figure is quoted per, in the plural as in an export
	unit     string // the same in words, in the singular
}

// rateForms are all the ways there are; of each quantity the Price List's own comes first.
var rateForms = []rateForm{
	{"vcpu_second", VCPU, PerUnit, "vCPU-Seconds", "vCPU-Second"},
	{"vcpu_hour", VCPU, PerHour, "vCPU-Hours", "vCPU-hour"},
	{"gb_second", Memory, PerUnit, "GB-Seconds", "GB-Second"},
	{"gb_hour", Memory, PerHour, "GB-Hours", "GB-hour"},
	{"snapshot_read_gb", SnapshotRead, PerUnit, "GB", "GB"},
	{"snapshot_write_gb", SnapshotWrite, PerUnit, "GB", "GB"},
	{"storage_gb_hour", SnapshotStorage, PerUnit, "GB-Hours", "GB-Hour"},
	{"storage_gb_month", SnapshotStorage, PerGBMonth, "GB-Months", "GB-month of 720 hours"},
}

// RateKeys returns every key under which a card can give a rate, in the order of [AllRated].
func RateKeys() []RateKey {
	var keys []RateKey
	for _, rated := range AllRated() {
		keys = append(keys, rated.RateKeys()...)
	}
	return keys
}

// RateKeys returns the plain keys under which a quantity's rate can be given, the Price List's own first.
func (q BilledQuantity) RateKeys() []RateKey {
	var keys []RateKey
	for _, form := range rateForms {
		if form.quantity == q {
			keys = append(keys, form.key)
		}
	}
	return keys
}

// On is the key that a card has for the rate on an architecture: vcpu_second_x86 for vcpu_second on x86-64.
func (k RateKey) On(arch Arch) RateKey {
	if form, ok := k.plain(); !ok || !form.quantity.ByArch() {
		return k
	}
	return k + RateKey(arch.OrDefault().facts().keySuffix)
}

// Meaning tells what a key's figure is the rate of, and its unit. It reports false for a key that does not exist.
func (k RateKey) Meaning() (of Rated, per Per, ok bool) {
	for _, facts := range archTable {
		plain, cut := strings.CutSuffix(string(k), facts.keySuffix)
		if form, exists := RateKey(plain).plain(); cut && exists && form.key.On(facts.arch) == k {
			return form.quantity.On(facts.arch), form.per, true
		}
	}
	return Rated{}, 0, false
}

// plain is the form of a key without an architecture.
func (k RateKey) plain() (rateForm, bool) {
	for _, form := range rateForms {
		if form.key == k {
			return form, true
		}
	}
	return rateForm{}, false
}

// form is how a rate of the quantity is published per a number of units, the Price List's own form where nobody does.
func (q BilledQuantity) form(per Per) rateForm {
	var found rateForm
	for _, form := range rateForms {
		if form.quantity == q && (form.per == per || found.key == "") {
			found = form
		}
	}
	return found
}

// QuotedUnit is the unit in which a rate is quoted that is per that many billed units, in the plural: vCPU-Hours,
// GB-Months.
func (q BilledQuantity) QuotedUnit(per Per) string { return q.form(per).units }

// PublishedUnit is the same in words and in the singular: vCPU-Second, vCPU-hour, GB-month of 720 hours.
func (q BilledQuantity) PublishedUnit(per Per) string { return q.form(per).unit }

// Complete reports whether rates are all that usage on an architecture is billed by.
func Complete(rates map[Rated]Rate, arch Arch) bool {
	for _, q := range BilledQuantities() {
		if _, given := rates[q.On(arch)]; !given {
			return false
		}
	}
	return true
}

// OwnRates are rates that a user gives beside something that runs on one architecture. There a plain key means that
// architecture's rate: vcpu_second is of x86-64 where that is what runs. Where the same rate is given under its full
// name too, vcpu_second_x86, the plain key keeps its meaning in a card: ARM64's.
func OwnRates(rates map[Rated]Rate, own Arch) map[Rated]Rate {
	out := maps.Clone(rates)
	for _, q := range BilledQuantities() {
		plain, full := q.On(ArchUnknown), q.On(own)
		rate, given := rates[plain]
		if _, both := rates[full]; given && !both {
			delete(out, plain)
			out[full] = rate
		}
	}
	return out
}

// WithOwn lays rates over the card that a user gives beside something that runs on one architecture, in the sense of
// [OwnRates], and gives the card of that one. Where they have a rate of compute for one architecture and not for
// another, the other's is not known: the card's would compare what was agreed with what is listed.
func (c RateCard) WithOwn(rates map[Rated]Rate, own Arch) RateCard {
	given := OwnRates(rates, own)
	for _, rated := range AllRated() {
		_, known := given[rated]
		if _, replaced := given[rated.Quantity.On(own)]; replaced && !known {
			given[rated] = Rate{}
		}
	}
	return c.WithRates(given).For(own)
}

// InlineRates makes rates of the figures that a user gives beside a card, by key; a figure that is nil is not given.
func InlineRates(figures map[RateKey]*decimal.Decimal, source string, readOn Date) map[Rated]Rate {
	rates := map[Rated]Rate{}
	for _, key := range RateKeys() {
		if figure := figures[key]; figure != nil {
			rated, per, _ := key.Meaning()
			rates[rated] = Rate{Figure: *figure, Per: per, Source: source, ReadOn: readOn, Inline: true}
		}
	}
	return rates
}
