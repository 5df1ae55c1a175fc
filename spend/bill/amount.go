package bill

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/tabular"
)

const (
	maxAmountText = 60 // characters; a double in full has 24
	maxWhole      = 15 // digits before the point
	maxDecimals   = 60 // behind it
)

// parseAmount reads a number as bills and the spreadsheets they went through have them, exactly: see
// [tabular.Number]. Numbers of more than 15 digits before the point or too many after it are refused.
func parseAmount(text string) (decimal.Decimal, error) {
	if len(text) > maxAmountText {
		return decimal.Decimal{}, fmt.Errorf("%.60q is not a number such as 12.5 or 1.0E-7", text)
	}
	plain, _, err := tabular.Number(text)
	if err != nil {
		return decimal.Decimal{}, err
	}
	value, err := decimal.NewFromString(plain)
	switch {
	case err != nil:
		return value, fmt.Errorf("%.60q is not a number such as 12.5 or 1.0E-7", text)
	case value.NumDigits()+int(value.Exponent()) > maxWhole && !value.IsZero():
		return value, fmt.Errorf("%.60q has more than %d digits before the point", text, maxWhole)
	case value.Exponent() < -maxDecimals:
		return value, fmt.Errorf("%.60q has more than %d decimals", text, maxDecimals)
	}
	return value, nil
}

// parseMoment reads a time, in UTC: see [tabular.Moment].
func parseMoment(text string) (time.Time, error) {
	at, err := tabular.Moment(text)
	if err == nil && (at.Year() < 2000 || at.Year() >= 2200) {
		err = fmt.Errorf("%.40q is not in this century", text)
	}
	return at, err
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
