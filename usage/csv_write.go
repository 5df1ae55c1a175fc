package usage

import (
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes records as CSV with all columns that [CSVReader] reads, and returns how many it wrote. Quantities are
// exact decimals, but for GB-hours that are none: those have the 15 places that make them read back as the same number.
// Names that a spreadsheet would compute, those that begin with = + - @, a tab or a carriage return, are written with
// an apostrophe before them; what is written reads back as the same records, but for carriage returns that stand
// before a line feed within a name. It ends with the first error of the records, or of writing.
func WriteCSV(to io.Writer, records iter.Seq2[Record, error]) (written int64, err error) {
	w := csvWriter{}
	for i, column := range csvColumns {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.text = append(w.text, column.name...)
	}
	w.text = append(w.text, '\n')
	flush := func() error {
		_, err := to.Write(w.text)
		w.text = w.text[:0]
		return err
	}
	for r, err := range records {
		if err != nil {
			_ = flush()
			return written, err
		}
		w.row(&r)
		written++
		if len(w.text) >= csvBlockBytes {
			if err := flush(); err != nil {
				return written, err
			}
		}
	}
	return written, flush()
}

// csvBlockBytes is about how much is written at a time.
const csvBlockBytes = 1 << 16

// csvWriter puts rows into text. It remembers what recurs from row to row as it is written.
type csvWriter struct {
	text      []byte
	names     [NameCount]writtenName
	unix      int64 // the last start
	startText []byte
}

type writtenName struct {
	name string
	text []byte
}

func (w *csvWriter) row(r *Record) {
	for i := range csvColumns {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		csvColumns[i].write(w, r)
	}
	w.text = append(w.text, '\n')
}

func (w *csvWriter) start(r *Record) {
	if unix := r.PeriodStart.Unix(); unix != w.unix || len(w.startText) == 0 {
		w.unix = unix
		w.startText = r.PeriodStart.UTC().AppendFormat(w.startText[:0], time.RFC3339)
	}
	w.text = append(w.text, w.startText...)
}

func (w *csvWriter) resource(r *Record) { w.name(resourceName, r.Resource.String()) }

func (w *csvWriter) name(place int, name string) {
	last := &w.names[place]
	if name != last.name {
		last.name, last.text = name, appendCell(last.text[:0], guard(name))
	}
	w.text = append(w.text, last.text...)
}

// appendCell appends a field, in quotes where it needs them.
func appendCell(text []byte, field string) []byte {
	if !strings.ContainsAny(field, ",\"\r\n") && !strings.HasPrefix(field, " ") {
		return append(text, field...)
	}
	text = append(text, '"')
	text = append(text, strings.ReplaceAll(field, `"`, `""`)...)
	return append(text, '"')
}

const (
	// quotientPlaces are the places of a quotient that is no finite decimal, which only a third of a GB-hour is not:
	// 3.87e12 byte-seconds are one, so that they read back as the same number.
	quotientPlaces = 15
	// placesAtOnce is how many digits one division gives: 10^6 × the largest divisor stays below 2^63.
	placesAtOnce = 6
	finitePlaces = 30 // of a byte in GB
)

// appendQuotient appends n / by as a plain decimal without trailing zeros: exact where by divides a power of ten of 30
// places at most, otherwise half-even at 15.
func appendQuotient(text []byte, n, by uint64) []byte {
	whole, rest := n/by, n%by
	if rest == 0 {
		return strconv.AppendUint(text, whole, 10)
	}
	places := finitePlaces
	if by%3 == 0 {
		places = quotientPlaces
	}
	text = append(strconv.AppendUint(text, whole, 10), '.')
	for ; rest != 0 && places > 0; places -= placesAtOnce {
		at := min(places, placesAtOnce)
		rest *= powersOfTen[at]
		digits := rest / by
		rest %= by
		text = append(text, "000000"[:at]...)
		for i := len(text) - 1; digits > 0; i-- {
			text[i] = byte('0' + digits%10)
			digits /= 10
		}
	}
	last := text[len(text)-1]
	if half := by - rest; rest > half || rest == half && last%2 == 1 {
		roundUp(text)
	}
	end := len(text)
	for text[end-1] == '0' {
		end--
	}
	if text[end-1] == '.' {
		end--
	}
	return text[:end]
}

// roundUp adds one to the last place. It never gets past the point: a fraction of the divisors there are is at least
// 2.5e-13 away from one.
func roundUp(digits []byte) {
	for i := len(digits) - 1; ; i-- {
		if digits[i] != '9' {
			digits[i]++
			return
		}
		digits[i] = '0'
	}
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
