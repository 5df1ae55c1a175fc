package bill

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

const (
	maxAmountText = 60 // characters; a double in full has 24
	maxExponent   = 40
	maxWhole      = 15 // digits before the point
	maxDecimals   = 60 // behind it
)

// parseAmount reads a number as bills have them: plain, or with an exponent as in 1.0E-7, exactly. Anything else, as
// NaN or 1,000, is refused, and so are numbers of more than 15 digits before the point or too many after it.
func parseAmount(text string) (decimal.Decimal, error) {
	fault := fmt.Errorf("%.60q is not a number such as 12.5 or 1.0E-7", text)
	if len(text) > maxAmountText {
		return decimal.Decimal{}, fault
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	digits := strings.TrimPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" {
		return decimal.Decimal{}, fault
	}
	shift := 0
	if scientific {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -maxExponent || shift > maxExponent {
			return decimal.Decimal{}, fault
		}
	}
	value, err := decimal.NewFromString("0" + whole + "." + fraction + "0")
	if err != nil {
		return decimal.Decimal{}, fault
	}
	if strings.HasPrefix(mantissa, "-") {
		value = value.Neg()
	}
	value = value.Shift(int32(shift))
	if value.NumDigits()+int(value.Exponent()) > maxWhole && !value.IsZero() {
		return decimal.Decimal{}, fmt.Errorf("%.60q has more than %d digits before the point", text, maxWhole)
	}
	if value.Exponent() < -maxDecimals {
		return decimal.Decimal{}, fmt.Errorf("%.60q has more than %d decimals", text, maxDecimals)
	}
	return value, nil
}

// parseMoment reads a time as bills have them, in UTC.
func parseMoment(text string) (time.Time, error) {
	for _, layout := range []string{
		time.RFC3339Nano, time.DateOnly, "2006-01-02 15:04:05", "2006-01-02 15:04:05.999", "2006-01-02T15:04:05",
		"2006-01-02 15:04:05Z07:00",
	} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time such as 2026-10-01T00:00:00Z", text)
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// oneDay is the UTC day that [from, to) lies in. An empty end is that of a moment.
func oneDay(from, to time.Time) (time.Time, error) {
	day := dayOf(from)
	switch {
	case to.Before(from):
		return day, fmt.Errorf("it ends at %s, before it starts", to.Format(time.RFC3339))
	case to.After(day.AddDate(0, 0, 1)):
		return day, fmt.Errorf("it covers %s to %s; bills are compared by day, so ask for daily or hourly granularity",
			from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	return day, nil
}
