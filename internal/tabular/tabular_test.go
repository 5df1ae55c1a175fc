package tabular_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/tabular"
)

func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.String()
}

func wide(text string, order binary.AppendByteOrder, mark bool) string {
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func TestDecode(t *testing.T) {
	const text = "tenant,day\nZoë 🙂,2026-10-01\n"
	for _, test := range []struct{ name, reason, in, want, fault string }{
		{"as it is", "most files", text, text, ""},
		{"empty", "no bytes are no fault", "", "", ""},
		{"one byte", "less than any mark", "a", "a", ""},
		{"UTF-8 with a mark", "Excel's CSV UTF-8", "\ufeff" + text, text, ""},
		{"UTF-16, little", "Excel's Unicode text", wide(text, binary.LittleEndian, true), text, ""},
		{"UTF-16, big", "from older programs", wide(text, binary.BigEndian, true), text, ""},
		{"UTF-16 without a mark", "PowerShell's redirection", wide(text, binary.LittleEndian, false), text, ""},
		{"half a pair", "broken text is still read", wide("a", binary.LittleEndian, true) + "\x3d\xd8", "a\ufffd", ""},
		{"gzip", "by its magic number", packed(t, text), text, ""},
		{"gzip of UTF-16", "one within the other", packed(t, wide(text, binary.BigEndian, true)), text, ""},
		{"gzip twice", "a slip, not a format", packed(t, packed(t, text)), "", "compressed twice"},
		{"cut gzip", "an upload that broke off", packed(t, text)[:30], "", "unexpected EOF"},
		{"half a character", "a file that was cut", wide(text, binary.LittleEndian, true) + "a", "", "ends within a character"},
		{"workbook", "xlsx", "PK\x03\x04rest", "", "save it as CSV"},
		{"zstd", "what gzip is not", "\x28\xb5\x2f\xfdrest", "", "other than gzip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, err := tabular.Decode(iotest.OneByteReader(strings.NewReader(test.in)))
			var got []byte
			if err == nil {
				got, err = io.ReadAll(in)
			}
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault, test.reason)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got), test.reason)
		})
	}
}

func TestSeparator(t *testing.T) {
	for header, want := range map[string]byte{
		"a,b,c": ',', "a;b;c": ';', "a\tb\tc": '\t', "a|b": '|', "a": ',', "": ',',
		`"a;b;c",d`: ',', `"a, of b";c;d`: ';',
	} {
		assert.Equal(t, string(want), string(tabular.Separator([]byte(header))), header)
	}
}

func TestNumber(t *testing.T) {
	const ambiguous, apart, not = "thousand or a fraction", "three digits apart", "not a number"
	for _, test := range []struct {
		text, want string
		comma      bool
		fault      string
	}{
		{"0", "0", false, ""},
		{" 12.50 ", "12.50", false, ""},
		{".5", "0.5", false, ""},
		{"5.", "5", false, ""},
		{"+1", "1", false, ""},
		{"-1.5", "-1.5", false, ""},
		{"7.2e-05", "0.000072", false, ""},
		{"7.2E-5", "0.000072", false, ""},
		{"1E3", "1000", false, ""},
		{"1.25e1", "12.5", false, ""},
		{"1.25e+2", "125", false, ""},
		{"12e-1", "1.2", false, ""},
		{"1,5e3", "1500", true, ""},
		{"0,5", "0.5", true, ""},
		{"0,125", "0.125", true, ""}, // no group begins with 0
		{"1234,567", "1234.567", true, ""},
		{"1,2345", "1.2345", true, ""},
		{",125", "0.125", true, ""},
		{"1,234", "", false, ambiguous},
		{"-999,999", "", false, ambiguous},
		{"1.234", "1.234", false, ""}, // a point is a point
		{"1,234.5", "1234.5", false, ""},
		{"1,234,567", "1234567", false, ""},
		{"1,234,567.89", "1234567.89", false, ""},
		{"1.234,5", "1234.5", true, ""},
		{"1.234.567", "1234567", false, ""},
		{"1.234.567,89", "1234567.89", true, ""},
		{"1 234,567", "1234.567", true, ""},
		{"1\u00a0234\u00a0567", "1234567", false, ""},
		{"1\u202f234,5", "1234.5", true, ""},
		{"1'234.50", "1234.50", false, ""},
		{"1_000", "1000", false, ""},
		{"12,34,567", "", false, apart},
		{"1,23.4", "", false, apart},
		{"1 000 00", "", false, apart},
		{"1,234 567", "", false, not},
		{"1.2.3", "", false, apart},
		{"", "", false, not},
		{".", "", false, not},
		{"NaN", "", false, not},
		{"0x10", "", false, not},
		{"1e999", "", false, not},
		{"e5", "", false, not},
		{"--1", "", false, not},
		{"12%", "", false, not},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, comma, err := tabular.Number(test.text)
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.comma, comma)
		})
	}
}

func TestMoment(t *testing.T) {
	at := time.Date(2026, time.October, 1, 10, 30, 5, 0, time.UTC)
	midnight := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-10-01T10:30:05Z":             at,
		"2026-10-01 10:30:05":              at,
		"2026-10-01T10:30:05":              at,
		"2026-10-01 10:30:05+00:00":        at,
		"2026-10-01 12:30:05+02:00":        at,
		"2026-10-01T12:30:05+0200":         at,
		"2026-10-01T12:30:05+02":           at,
		"2026-09-30T23:30:05-11:00":        at,
		"2026-10-01 10:30:05 UTC":          at,
		"2026-10-01 10:30:05 +0000":        at,
		"2026-10-01T10:30:05.000000":       at,
		"2026-10-01 10:30:05.000000+00:00": at,
		"2026-10-01T10:30:05.25Z":          at.Add(250 * time.Millisecond),
		"2026-10-01T10:30:05,25Z":          at.Add(250 * time.Millisecond),
		"2026/10/01 10:30:05":              at,
		"20261001T103005Z":                 at,
		"2026-W40-4T10:30:05Z":             at,
		"2026-274T10:30:05Z":               at,
		"2026-10-01T10:30Z":                at.Truncate(time.Minute),
		"2026-10-01 10:30":                 at.Truncate(time.Minute),
		"2026-10-01":                       midnight,
		"20261001":                         midnight,
		"2026-09-30T24:00:00Z":             midnight,
		"2026-W01-1":                       time.Date(2025, time.December, 29, 0, 0, 0, 0, time.UTC),
		"1790850605":                       at,
		"1790850605.0":                     at,
		"1790850605000":                    at,
		"1790850605000000":                 at,
		"1790850605000000000":              at,
	} {
		got, err := tabular.Moment(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for text, fault := range map[string]string{
		"03/04/2026":                "day or with the month",
		"03.04.2026 10:00":          "day or with the month",
		"3/4/2026":                  "day or with the month",
		"":                          "not a time",
		"NaT":                       "not a time",
		"yesterday":                 "not a time",
		"2026-13-01":                "not a time",
		"2026-10-01T":               "not a time",
		"2026-10-01T25:00:00Z":      "not a time",
		"2026-10-01T10:30:05+99:00": "not a time",
		"2026-W60-1":                "not a time",
		"46296":                     "not a time", // a spreadsheet's day
	} {
		_, err := tabular.Moment(text)
		require.ErrorContains(t, err, fault, text)
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"7.2e-05", "1,234.5", "1.234,5", "1 234", "-0,5", "1_000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, _, err := tabular.Number(text)
		if err != nil {
			return
		}
		again, comma, err := tabular.Number(plain)
		require.NoError(t, err, "a plain decimal is one")
		assert.Equal(t, plain, again)
		assert.False(t, comma)
	})
}
