package tabular

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxExponent is the largest power of ten that a number is shifted by.
const maxExponent = 100

// Missing reports whether a field says that there is no value, as data frames and databases write it.
func Missing(field string) bool {
	switch strings.TrimSpace(field) {
	case "", "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "NULL", "null", "None":
		return true
	default:
		return false
	}
}

// Number rewrites a number as a plain decimal, digits with a point among them at most and a minus before them if it is
// below zero: 7.2e-05 as 0.000072, 1,234.50 and 1.234,50 and 1 234,50 as 1234.50. A single separator with three digits
// after it is taken for the point if it is one; a comma there is refused, unless the number cannot be grouped so
// (0,125, 1234,567). decimalComma reports that the comma was the point.
func Number(text string) (plain string, decimalComma bool, err error) {
	text = strings.TrimFunc(text, func(r rune) bool { return strings.ContainsRune(spaces+"\t\r\n", r) })
	unsigned := strings.TrimPrefix(text, "+")
	sign := ""
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, unsigned = "-", rest
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(unsigned), "e")
	shift := 0
	if scientific {
		shift, err = strconv.Atoi(exponent)
		if err != nil || shift < -maxExponent || shift > maxExponent {
			return "", false, notNumber(text)
		}
	}
	whole, fraction, decimalComma, err := split(mantissa)
	if err != nil {
		return "", false, fmt.Errorf("%.40q %w", text, err)
	}
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false, notNumber(text)
	}
	whole, fraction = shifted(whole, fraction, shift)
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole, decimalComma, nil
}

func notNumber(text string) error {
	return fmt.Errorf("%.40q is not a number such as 12.5 or 7.2e-05", text)
}

const (
	spaces  = " \u00a0\u2007\u2009\u202f"
	groupBy = spaces + "'’_,."
)

var (
	errAmbiguous = errors.New("may be a thousand or a fraction; write it without thousands separators, and with a point")
	errApart     = errors.New("has thousands separators that are not three digits apart")
)

// split takes a number apart at what stands for its point, without what separates its thousands.
func split(text string) (whole, fraction string, comma bool, err error) {
	last := strings.LastIndexAny(text, ".,")
	if last < 0 {
		whole, err = ungrouped(text)
		return whole, "", false, err
	}
	mark := text[last : last+1]
	other := map[string]string{".": ",", ",": "."}[mark]
	switch {
	case strings.Count(text, mark) > 1: // 1,234,567
		whole, err = ungrouped(text)
		return whole, "", false, err
	case mark == "," && !strings.ContainsAny(text[:last], groupBy) && groupsOfThree(text[:last], text[last+1:]):
		return "", "", false, errAmbiguous
	case strings.Count(text, other) > 0 || strings.ContainsAny(text[:last], groupBy):
		whole, err = ungrouped(text[:last])
	default:
		whole = text[:last]
	}
	return whole, text[last+1:], mark == ",", err
}

// groupsOfThree reports whether two runs of digits may be a number of thousands.
func groupsOfThree(first, second string) bool {
	return len(first) >= 1 && len(first) <= 3 && first[0] != '0' && len(second) == 3
}

// ungrouped takes out the thousands separators, which must be all the same and have three digits between them.
func ungrouped(text string) (string, error) {
	at := strings.IndexAny(text, groupBy)
	if at < 0 {
		return text, nil
	}
	_, length := utf8.DecodeRuneInString(text[at:])
	by := text[at : at+length]
	groups := strings.Split(text, by)
	for i, group := range groups {
		if len(group) != 3 && (i > 0 || len(group) == 0 || len(group) > 3) {
			return "", errApart
		}
	}
	return strings.Join(groups, ""), nil
}

// shifted moves the point.
func shifted(whole, fraction string, by int) (string, string) {
	if by > 0 {
		fraction += strings.Repeat("0", max(0, by-len(fraction)))
		whole, fraction = whole+fraction[:by], fraction[by:]
	}
	if by < 0 {
		whole = strings.Repeat("0", max(0, -by-len(whole))) + whole
		whole, fraction = whole[:len(whole)+by], whole[len(whole)+by:]+fraction
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	return whole, fraction
}
