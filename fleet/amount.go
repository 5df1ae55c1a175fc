package fleet

import (
	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Amount is money, and how far it is known. The zero value is nothing yet: see [Amount.Plus].
type Amount struct {
	USD   decimal.Decimal
	State pricing.State // Exact, UnknownRates, AtLeast, NotMeasured
	Known bool          // false where there is no figure at all, which is shown as – and not as zero
}

// unknown is an amount of which nothing can be said.
var unknown = Amount{State: pricing.NotMeasured}

// nothing is an amount of zero.
var nothing = Amount{Known: true}

// Plus adds two amounts exactly. What is missing in one is missing in the sum; the zero value changes nothing.
func (a Amount) Plus(b Amount) Amount {
	switch (Amount{}) {
	case a:
		return b
	case b:
		return a
	}
	return Amount{USD: a.USD.Add(b.USD), State: a.State.And(b.State), Known: a.Known || b.Known}
}

// minus is what is left of an amount without another. It is known only where both are exact: a lower bound of a
// difference is none of its parts'.
func (a Amount) minus(b Amount) Amount {
	if !a.exact() || !b.exact() {
		return Amount{State: max(a.State, b.State)}
	}
	return Amount{USD: a.USD.Sub(b.USD), Known: true}
}

func (a Amount) exact() bool { return a.Known && a.State == pricing.Exact }

// orNothing is a sum to which nothing was added.
func (a Amount) orNothing() Amount {
	if a == (Amount{}) {
		return nothing
	}
	return a
}
