package usage

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// WriteCSV writes records as CSV with all columns that [CSVReader] reads, and returns how many it wrote. Quantities are
// exact decimals. Names that a spreadsheet would compute, those that begin with = + - @, a tab or a carriage return, are
// written with an apostrophe before them; what is written reads back as the same records, but for carriage returns that
// stand before a line feed within a name. It ends with the first error of the records.
func WriteCSV(to io.Writer, records iter.Seq2[Record, error]) (written int64, err error) {
	out := csv.NewWriter(to)
	row := make([]string, 0, len(csvColumns))
	for _, column := range csvColumns {
		row = append(row, column.name)
	}
	if err := out.Write(row); err != nil {
		return 0, err
	}
	for r, err := range records {
		if err != nil {
			out.Flush()
			return written, err
		}
		row = append(
			row[:0], r.PeriodStart.UTC().Format(time.RFC3339), strconv.FormatInt(r.PeriodSeconds, 10), guard(r.Region),
			guard(r.MicroVMID), guard(r.Image), guard(r.Tenant),
			exact(r.VCPUMillis, 3, 1), exact(r.MemMiBMillis, 3, 1<<10), exact(r.ReadBytes, 0, bytesPerGB),
			exact(r.WriteBytes, 0, bytesPerGB), gbHours(r.StorageByteSeconds),
			guard(r.Account), guard(r.Role), guard(r.Source),
			exact(r.RunningMS, 3, 1), exact(r.SuspendedMS, 3, 1),
			strconv.FormatInt(r.Launches, 10), strconv.FormatInt(r.Suspends, 10), strconv.FormatInt(r.Resumes, 10),
			r.Coverage.String(),
		)
		if err := out.Write(row); err != nil {
			return written, err
		}
		written++
	}
	out.Flush()
	return written, out.Error()
}

// exact writes n units, 10^places × twos of which make up one; twos is a power of two, so that the decimal is finite.
func exact(n int64, places int32, twos int64) string {
	if n == 0 {
		return "0"
	}
	d := decimal.New(n, -places)
	for ; twos > 1; twos /= 2 {
		d = d.Mul(half)
	}
	return d.String()
}

var half = decimal.New(5, -1)

// gbHours writes byte-seconds as GB-hours. A third of one is no finite decimal: it is written to as many places as make
// it read back as the same number.
func gbHours(byteSeconds int64) string {
	const places = 15 // 3.87e12 byte-seconds are one GB-hour
	if byteSeconds == 0 {
		return "0"
	}
	return pricing.Divide(decimal.NewFromInt(byteSeconds), decimal.NewFromInt(byteSecondsPerGBHour), places).String()
}

const guarded = "=+-@\t\r"

// guard puts an apostrophe before a name that a spreadsheet would compute, also where apostrophes stand before that
// already, so that unguard can tell.
func guard(name string) string {
	if isGuarded(name) {
		return "'" + name
	}
	return name
}

// unguard takes the apostrophe of guard off.
func unguard(name string) string {
	if strings.HasPrefix(name, "'") && isGuarded(name) {
		return name[1:]
	}
	return name
}

func isGuarded(name string) bool {
	rest := strings.TrimLeft(name, "'")
	return rest != "" && strings.IndexByte(guarded, rest[0]) >= 0
}
