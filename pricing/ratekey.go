package pricing

import "github.com/shopspring/decimal"

// RateKey is the name of a rate in cards, scenarios and outputs; it tells the billed quantity and what the figure is
// per.
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

// RateKeys returns every key under which a rate can be given, in the order of a bill.
func RateKeys() []RateKey {
	keys := make([]RateKey, len(rateForms))
	for i, form := range rateForms {
		keys[i] = form.key
	}
	return keys
}

// RateKeys returns the keys under which a quantity's rate can be given, the Price List's own first.
func (q BilledQuantity) RateKeys() []RateKey {
	var keys []RateKey
	for _, form := range rateForms {
		if form.quantity == q {
			keys = append(keys, form.key)
		}
	}
	return keys
}

// Meaning tells the billed quantity and the unit of a key's figure. It reports false for a key that does not exist.
func (k RateKey) Meaning() (q BilledQuantity, per Per, ok bool) {
	for _, form := range rateForms {
		if form.key == k {
			return form.quantity, form.per, true
		}
	}
	return 0, 0, false
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

// QuotedUnit is the unit in which a rate per so many billed units is quoted, in the plural: vCPU-Hours, GB-Months.
func (q BilledQuantity) QuotedUnit(per Per) string { return q.form(per).units }

// PublishedUnit is the same in words and in the singular: vCPU-Second, vCPU-hour, GB-month of 720 hours.
func (q BilledQuantity) PublishedUnit(per Per) string { return q.form(per).unit }

// InlineRates makes rates of the figures that a user gives beside a card, by key; a figure that is nil is not given.
func InlineRates(figures map[RateKey]*decimal.Decimal, source string, readOn Date) map[BilledQuantity]Rate {
	rates := map[BilledQuantity]Rate{}
	for _, form := range rateForms {
		if figure := figures[form.key]; figure != nil {
			rates[form.quantity] = Rate{Figure: *figure, Per: form.per, Source: source, ReadOn: readOn, Inline: true}
		}
	}
	return rates
}
