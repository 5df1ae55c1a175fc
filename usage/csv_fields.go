package usage

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
	"time"

	"microspend/internal/intern"
	"microspend/internal/tabular"
)

// csvRow reads fields. It remembers names and the last start, which recur.
type csvRow struct {
	names     [NameCount]intern.Table[string]
	resources intern.Table[Resource]
	lastStart []byte
	lastTime  time.Time
	rounded   int64 // values of this row
	missing   int   // quantities of this row that are required

	// The lines on which numbers first said that the comma is the point, and first had a point that could then separate
	// thousands; 0 while there is none. One line's numbers are noted before its number is known.
	comma, thousands           int
	sawComma, sawThousandsLike bool // in this row
}

func newCSVRow() csvRow {
	row := csvRow{resources: intern.Table[Resource]{Read: func(field string) Resource {
		return ParseResource(unguard(field))
	}}}
	for i := range row.names {
		row.names[i].Read = unguard
	}
	return row
}

func (row *csvRow) resource(field []byte, to *Record) error {
	to.Resource = row.resources.Of(field)
	return nil
}

func (row *csvRow) start(field []byte, to *Record) error {
	if len(row.lastStart) == 0 || !bytes.Equal(field, row.lastStart) {
		start, err := parseStart(field)
		if err != nil {
			return err
		}
		row.lastStart = append(row.lastStart[:0], field...)
		row.lastTime = start
	}
	to.PeriodStart = row.lastTime
	return nil
}

// parseStart reads a time. The usual forms in UTC are read by hand; all others, and all faults, by [tabular.Moment].
func parseStart(field []byte) (time.Time, error) {
	n := len(field)
	usual := n == 19 && field[10] == ' ' || n == 20 && field[10] == 'T' && field[19] == 'Z' ||
		n == 25 && field[10] == ' ' && string(field[19:]) == "+00:00" // a data frame's
	if usual {
		if start, ok := parseUTC(field[:19]); ok {
			return start, nil
		}
	}
	return tabular.Moment(string(field))
}

func parseUTC(text []byte) (time.Time, bool) {
	pair := func(i int) int {
		tens, ones := text[i]-'0', text[i+1]-'0'
		if tens > 9 || ones > 9 {
			return 1 << 20
		}
		return int(tens)*10 + int(ones)
	}
	year, month, day := pair(0)*100+pair(2), pair(5), pair(8)
	hour, minute, second := pair(11), pair(14), pair(17)
	ok := text[4] == '-' && text[7] == '-' && text[13] == ':' && text[16] == ':' && year < 10_000 && month >= 1 &&
		month <= 12 &&
		day >= 1 && day <= 28 && hour < 24 && minute < 60 && second < 60 // days 29 to 31 are for the time package
	if !ok {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC), true
}

// count reads a number that must be whole.
func (row *csvRow) count(field []byte, to *int64) error {
	before := row.rounded
	if err := row.amount(field, 1, to); err != nil {
		return err
	}
	if row.rounded != before {
		return fmt.Errorf("%.40q is not a whole number", field)
	}
	return nil
}

var (
	errNothing  = errors.New("no quantity is given; write 0 where nothing was used")
	errTooLarge = errors.New("is more than a record can hold")
)

// isMissing is [tabular.Missing], at no cost for numbers.
func isMissing(field []byte) bool {
	return len(field) == 0 || (field[0] < '0' || field[0] > '9') && tabular.Missing(string(field))
}

func (row *csvRow) begin() {
	row.rounded, row.missing, row.sawComma, row.sawThousandsLike = 0, 0, false, false
}

// finish is for what only a whole row tells.
func (row *csvRow) finish(line int, r *Record) error {
	switch {
	case row.missing == requiredMeasures:
		return errNothing
	case row.missing > 0:
		r.Coverage = min(r.Coverage, CoveragePartial)
	}
	if row.sawComma && row.comma == 0 {
		row.comma = line
	}
	if row.sawThousandsLike && row.thousands == 0 {
		row.thousands = line
	}
	return nil
}

// contradiction is an error once numbers do not agree on what the point is.
func (row *csvRow) contradiction() error {
	if row.comma == 0 || row.thousands == 0 {
		return nil
	}
	return fmt.Errorf("line %d has a decimal comma, so a number on line %d such as 1.234 may be a thousand or a fraction; "+
		"write numbers without thousands separators, and with a point", row.comma, row.thousands)
}

var requiredMeasures = func() (n int) {
	for _, m := range Measures() {
		if m.Required() {
			n++
		}
	}
	return n
}()

// amount reads a decimal as a number of units, perUnit of which make up one, half-even.
func (row *csvRow) amount(field []byte, perUnit int64, to *int64) error {
	var digits uint64
	var count, places int
	point := false
	for _, b := range field {
		switch digit := b - '0'; {
		case digit <= 9:
			if digits > (math.MaxUint64-9)/10 || places == len(powersOfTen)-1 {
				return row.longAmount(field, perUnit, to)
			}
			digits = digits*10 + uint64(digit)
			count++
			if point {
				places++
			}
		case b == '.' && !point:
			point = true
		default:
			return row.longAmount(field, perUnit, to)
		}
	}
	if count == 0 {
		return row.longAmount(field, perUnit, to)
	}
	if places == 3 && count <= 6 && digits >= 1000 {
		row.sawThousandsLike = true
	}
	power := powersOfTen[places]
	hi, lo := bits.Mul64(digits, uint64(perUnit))
	if hi >= power {
		return errTooLarge
	}
	whole, rest := bits.Div64(hi, lo, power)
	if rest != 0 {
		row.rounded++
		if half := power - rest; rest > half || rest == half && whole%2 == 1 {
			whole++
		}
	}
	if whole > math.MaxInt64 {
		return errTooLarge
	}
	*to = int64(whole)
	return nil
}

var powersOfTen = func() (powers [20]uint64) {
	powers[0] = 1
	for i := 1; i < len(powers); i++ {
		powers[i] = powers[i-1] * 10
	}
	return powers
}()

// maxDigits is the longest decimal that is read.
const maxDigits = 100

// longAmount is amount for more digits than fit into 64 bits, and for every other form than plain digits.
func (row *csvRow) longAmount(field []byte, perUnit int64, to *int64) error {
	if len(field) > maxDigits {
		return fmt.Errorf("has more than %d characters", maxDigits)
	}
	plain, comma, err := tabular.Number(string(field))
	if err != nil {
		return err
	}
	if plain[0] == '-' {
		return fmt.Errorf("%.40q is below zero", field)
	}
	row.sawComma = row.sawComma || comma
	whole, fraction, _ := strings.Cut(plain, ".")
	n, _ := new(big.Int).SetString(whole+fraction, 10)
	n.Mul(n, big.NewInt(perUnit))
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(fraction))), nil)
	rest := new(big.Int)
	n.QuoRem(n, power, rest)
	if rest.Sign() != 0 {
		row.rounded++
		if c := rest.Lsh(rest, 1).Cmp(power); c > 0 || c == 0 && n.Bit(0) == 1 {
			n.Add(n, big.NewInt(1))
		}
	}
	if !n.IsInt64() {
		return errTooLarge
	}
	*to = n.Int64()
	return nil
}
