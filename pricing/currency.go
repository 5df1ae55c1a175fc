package pricing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/nearest"
)

// Currency is a currency in which amounts are shown beside dollars, at a rate that its user gives. AWS prices MicroVMs
// in dollars, so an amount in another currency is for reading alone: nothing is priced, budgeted or billed in it.
type Currency struct {
	Code   string          // ISO 4217, such as EUR
	PerUSD decimal.Decimal // what a dollar is worth, above zero
	AsOf   Date            // the day of the rate
	Source string          // who published the rate; "" where that is not said
}

// CurrencyCodes are the codes that a [Currency] may have, in alphabetical order. USD is not among them.
func CurrencyCodes() []string {
	return slices.DeleteFunc(strings.Fields(currencyCodes), func(code string) bool { return code == "USD" })
}

// NewCurrency checks the code and that dollars are not asked for, which stand there anyway.
func NewCurrency(code string, perUSD decimal.Decimal, asOf Date, source string) (Currency, error) {
	switch {
	case code == "USD":
		return Currency{}, errors.New("amounts are in USD already; give the currency to show beside it")
	case len(code) != 3 || !strings.Contains(currencyCodes, " "+code+" "):
		return Currency{}, fmt.Errorf("%.20q is not an ISO 4217 currency code such as EUR%s", code,
			nearest.Meant(strings.ToUpper(code), CurrencyCodes()))
	case !perUSD.IsPositive():
		return Currency{}, fmt.Errorf("%s %s to the dollar is not above zero", perUSD, code)
	}
	return Currency{Code: code, PerUSD: perUSD, AsOf: asOf, Source: source}, nil
}

// ParseCurrency reads a currency written as EUR=0.92@2026-11-20: a dollar is worth 0.92 euros, by the rate of that day.
func ParseCurrency(text string) (Currency, error) {
	code, rest, equals := strings.Cut(text, "=")
	figure, day, dated := strings.Cut(rest, "@")
	if !equals || !dated {
		return Currency{}, fmt.Errorf("%.60q is not a currency with its rate and the rate's day, such as "+
			"EUR=0.92@2026-11-20 where a dollar is worth 0.92 euros", text)
	}
	perUSD, err := ParseDecimal(figure)
	if err != nil {
		return Currency{}, fmt.Errorf("%.40q is %w", figure, err)
	}
	asOf, err := ParseDate(day)
	if err != nil {
		return Currency{}, err
	}
	return NewCurrency(code, perUSD, asOf, "")
}

// String is the form that [ParseCurrency] reads.
func (c Currency) String() string { return fmt.Sprintf("%s=%s@%s", c.Code, c.PerUSD, c.AsOf) }

// Of is an amount of dollars in the currency, exactly: rounding belongs to whoever shows it.
func (c Currency) Of(dollars decimal.Decimal) decimal.Decimal { return dollars.Mul(c.PerUSD) }

// Places is how many decimals the currency's smallest unit has: none of the yen, three of the Kuwaiti dinar, and two of
// most others.
func (c Currency) Places() int32 {
	for places, codes := range minorUnits {
		if strings.Contains(codes, " "+c.Code+" ") {
			return places
		}
	}
	return 2
}

// minorUnits are the currencies whose smallest unit is no hundredth, by its decimals. Source: ISO 4217, list one.
var minorUnits = map[int32]string{
	0: " BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
	3: " BHD IQD JOD KWD LYD OMR TND ",
	4: " CLF UYW ",
}

// currencyCodes are the codes of currencies in use, without those of funds, metals and tests, so that a slip such as
// EUT is noticed. Source: ISO 4217, list one.
const currencyCodes = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD " +
	"CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD " +
	"HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD " +
	"MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON " +
	"RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX " +
	"UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "
