package usage

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"time"

	"microspend/internal/intern"
)

// csvRow reads fields. It remembers names and the last start, which recur.
type csvRow struct {
	names     [NameCount]intern.Names
	resources intern.Names
	lastName  string // of a resource
	last      Resource
	lastStart []byte
	lastTime  time.Time
	rounded   int64 // values of this row
}

func newCSVRow() csvRow {
	row := csvRow{resources: intern.Names{Read: unguard}}
	for i := range row.names {
		row.names[i].Read = unguard
	}
	return row
}

func (row *csvRow) resource(field []byte, to *Record) error {
	if name := row.resources.Of(field); name != row.lastName {
		row.lastName, row.last = name, ParseResource(name)
	}
	to.Resource = row.last
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

// parseStart reads a time. The usual forms in UTC are read by hand; all others, and all faults, by the time package.
func parseStart(field []byte) (time.Time, error) {
	if n := len(field); n == 19 && field[10] == ' ' || n == 20 && field[10] == 'T' && field[19] == 'Z' {
		if start, ok := parseUTC(field[:19]); ok {
			return start, nil
		}
	}
	text := string(bytes.TrimSpace(field))
	start, err := time.Parse(time.RFC3339, text)
	if err != nil {
		start, err = time.ParseInLocation(time.DateTime, text, time.UTC)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%.40q is not a time such as 2026-10-01T00:00:00Z or 2026-10-01 00:00:00", text)
	}
	return start.UTC(), nil
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
	errEmpty    = errors.New("is empty; write 0 where nothing was used")
	errTooLarge = errors.New("is more than a record can hold")
)

// amount reads a plain decimal as a number of units, perUnit of which make up one, half-even.
func (row *csvRow) amount(field []byte, perUnit int64, to *int64) error {
	field = bytes.TrimSpace(field)
	if len(field) == 0 {
		return errEmpty
	}
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
			return notPlain(field)
		}
	}
	if count == 0 {
		return notPlain(field)
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

func notPlain(field []byte) error {
	if field[0] == '-' {
		return fmt.Errorf("%.40q is below zero", field)
	}
	return fmt.Errorf("%.40q is not a plain decimal", field)
}

// maxDigits is the longest decimal that is read.
const maxDigits = 100

// longAmount is amount for more digits than fit into 64 bits.
func (row *csvRow) longAmount(field []byte, perUnit int64, to *int64) error {
	if len(field) > maxDigits {
		return fmt.Errorf("has more than %d characters", maxDigits)
	}
	whole, fraction, _ := bytes.Cut(field, []byte("."))
	digits := string(whole) + string(fraction)
	for _, b := range []byte(digits) {
		if b < '0' || b > '9' {
			return notPlain(field)
		}
	}
	n, _ := new(big.Int).SetString(digits, 10)
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
