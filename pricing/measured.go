package pricing

import "github.com/shopspring/decimal"

// Measured is usage as it was counted: for each billed quantity a whole number of small units, of which Per make up
// one billed unit. It is priced from that number, dividing once and last, so that nothing is lost between the meter
// and the bill.
type Measured [QuantityCount]Count

// Count is a number of units, Per of which are one billed unit. Per must be above zero where Units is.
type Count struct {
	Units decimal.Decimal
	Per   int64
}

// Bill prices measured usage: one line for each quantity that is not zero, under the quantity's own id. An amount is
// exact where the division leaves no remainder, otherwise half-even at AmountPlaces.
func (m Measured) Bill(card RateCard) (Bill, error) {
	b := biller{card: card, bill: Bill{Card: card}}
	for _, q := range BilledQuantities() {
		if m[q].Units.IsZero() {
			continue
		}
		b.add(plainComponents[q], q, m[q].Per, Factor{m[q].Units, q.Counted().Name})
	}
	return b.bill, b.err()
}

// Amounts are what a count of a billed quantity costs, after the discount, and what it would at list: the amounts of
// its line in [Measured.Bill], for callers that need only the amounts. A rate that is not known is an
// [UnknownRateError], unless nothing was used.
func (c Count) Amounts(card RateCard, q BilledQuantity) (amount, list decimal.Decimal, err error) {
	if c.Units.IsZero() {
		return amount, list, nil
	}
	rate, listed := card.rates.at(q, card.arch), card.listed(q) // not by the methods: each takes a copy of the card
	if !rate.Known() {
		return amount, list, card.unknownRate(q)
	}
	amount = rate.Net(card.Discounts[q]).price(c.Units, c.Per)
	if !card.negotiatedOn(q) {
		return amount, amount, nil
	}
	return amount, listed.price(c.Units, c.Per), nil
}

// Quantity is the count in billed units, half-even at AmountPlaces where that is no finite decimal.
func (c Count) Quantity() decimal.Decimal {
	if c.Units.IsZero() {
		return decimal.Decimal{}
	}
	return Divide(c.Units, decimal.NewFromInt(c.Per), AmountPlaces)
}
