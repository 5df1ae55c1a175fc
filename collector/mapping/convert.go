package mapping

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"
)

// MaxExact is the largest whole number up to which a metrics service, which calculates in 64-bit floats, gives every
// whole number as it is: 2^53.
const MaxExact = 1 << 53

var errBelowZero = errors.New("is below zero")

// Convert gives a number in the record's unit: exactly, or rounded half-even to a whole one, of which rounded tells. A
// number below zero, one that is none, and one that a record cannot hold are errors.
func (c Converter) Convert(number float64) (value int64, rounded bool, err error) {
	if c.whole > 0 && number >= 0 && number <= MaxExact {
		if n := int64(number); float64(n) == number && (n == 0 || c.whole <= math.MaxInt64/n) {
			return n * c.whole, false, nil
		}
	}
	return c.convertSlowly(number)
}

func (c Converter) convertSlowly(number float64) (int64, bool, error) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, false, errors.New("is not a number")
	}
	if number < 0 {
		return 0, false, errBelowZero
	}
	exact, err := read(number)
	if err != nil {
		return 0, false, err
	}
	scaled := exact.Mul(c.factor)
	whole := scaled.RoundBank(0)
	if whole.GreaterThan(decimal.NewFromInt(math.MaxInt64)) {
		return 0, false, fmt.Errorf("is more than %d", math.MaxInt64)
	}
	return whole.IntPart(), !whole.Equal(scaled), nil
}

// read takes a number as the shortest decimal that reads as it; one from 2^53 on, which is whole, as it is.
func read(number float64) (decimal.Decimal, error) {
	if number >= MaxExact {
		whole, _ := new(big.Float).SetFloat64(number).Int(nil)
		return decimal.NewFromBigInt(whole, 0), nil
	}
	return decimal.NewFromString(strconv.FormatFloat(number, 'f', -1, 64))
}
