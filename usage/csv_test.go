package usage_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/usage"
)

const (
	header = "period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours\n"
	row    = "2026-10-01T00:00:00Z,3600,eu-west-1,microvm-1,web,acme,3600,7200,1,0.5,3\n"
)

func readAll(c *usage.CSVReader) (records []usage.Record, err error) {
	for batch, err := range c.Batches() {
		if err != nil {
			return records, err
		}
		records = append(records, batch...)
	}
	return records, nil
}

func TestReadCSV(t *testing.T) {
	start := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	want := usage.Record{
		PeriodStart: start, PeriodSeconds: 3600, Region: "eu-west-1", Resource: usage.Resource{ID: "microvm-1"}, Image: "web",
		Tenant: "acme",
		Source: "import", Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{
			pricing.VCPU: 3_600_000, pricing.Memory: 7_372_800_000, pricing.SnapshotRead: 1 << 30,
			pricing.SnapshotWrite:   1 << 29,
			pricing.SnapshotStorage: 3 * 3600 << 30,
		},
	}
	with := func(change func(*usage.Record)) usage.Record {
		r := want
		change(&r)
		return r
	}
	for _, test := range []struct {
		name, reason, text string
		want               []usage.Record
	}{
		{"plain", "the columns that have to be there", header + row, []usage.Record{want}},
		{"no last line break", "files end as they please", strings.TrimSpace(header + row), []usage.Record{want}},
		{"from Windows", "a byte order mark, CRLF, a blank line", "\ufeff" +
			strings.ReplaceAll(header+"\n"+row, "\n", "\r\n"), []usage.Record{want}},
		{"header alone", "no usage is no fault", header, nil},
		{"semicolons and decimal commas", "as spreadsheets in Europe write it", strings.ReplaceAll(header, ",", ";") +
			strings.ReplaceAll(strings.ReplaceAll(row, ",", ";"), "0.5", "0,5"), []usage.Record{want}},
		{"tabs", "as pasted", strings.ReplaceAll(header+row, ",", "\t"), []usage.Record{want}},
		{"a data frame", "with its index, in its way of writing times and numbers", "," + header + "0," +
			strings.NewReplacer("2026-10-01T00:00:00Z,3600,", "2026-10-01 00:00:00+00:00,3600.0,", ",3600,7200,",
				",3.6e3,7.2E+03,").Replace(row), []usage.Record{want}},
		{"capitals", "headers are read in any case", strings.ToUpper(header) + row, []usage.Record{want}},
		{"thousands", "where they can be nothing else", header +
			strings.Replace(row, ",3600,7200,", ",\"3,600.00\",7'200,", 1), []usage.Record{want}},
		{"quotes", "as spreadsheets write them", header + strings.ReplaceAll(row, "acme", `"a ""b"", c"`), []usage.Record{
			with(func(r *usage.Record) { r.Tenant = `a "b", c` }),
		}},
		{
			"line break in a name", "a row may be several lines", header + strings.ReplaceAll(row, "acme", "\"a\r\nb\"") + row,
			[]usage.Record{
				with(func(r *usage.Record) { r.Tenant = "a\nb" }), want,
			},
		},
		{"offset", "times are turned to UTC", header + strings.ReplaceAll(row, "2026-10-01T00:00:00Z",
			"2026-10-01T02:00:00+02:00"), []usage.Record{want}},
		{"no zone", "a time without one is UTC", header +
			strings.ReplaceAll(row, "2026-10-01T00:00:00Z", "2026-10-01 00:00:00"), []usage.Record{want}},
		{
			"guarded name", "how spreadsheets are kept from computing", header + strings.ReplaceAll(row, "acme", "'=acme"),
			[]usage.Record{
				with(func(r *usage.Record) { r.Tenant = "=acme" }),
			},
		},
		{"no MicroVM", "what is an image's or a fleet's says so in the id", header +
			strings.ReplaceAll(row, "microvm-1", "(image) base") + strings.ReplaceAll(row, "microvm-1", "(fleet) acme/web") +
			row, []usage.Record{
			with(func(r *usage.Record) { r.Resource = usage.Resource{Kind: usage.KindImage, ID: "base"} }),
			with(func(r *usage.Record) { r.Resource = usage.Resource{Kind: usage.KindFleet, ID: "acme/web"} }),
			want,
		}},
		{"architecture", "may be known", strings.ReplaceAll(header, "tenant", "tenant,arch") +
			strings.ReplaceAll(row, "acme", "acme,x86_64") + strings.ReplaceAll(row, "acme", "acme,"), []usage.Record{
			with(func(r *usage.Record) { r.Arch = usage.ArchX86 }),
			want,
		}},
		{
			"all columns, another order", "columns go by their names",
			"coverage,resumes,suspends,launches,suspended_seconds,running_seconds,source,role,account," +
				header + "complete,3,2,1,0.5,3599.5,poll,arn:r,123," + row,
			[]usage.Record{
				with(func(r *usage.Record) {
					r.Coverage, r.Amounts[usage.Resumes], r.Amounts[usage.Suspends], r.Amounts[usage.Launches],
						r.Amounts[usage.Suspended], r.Amounts[usage.Running] = usage.CoverageComplete, 3, 2, 1, 500, 3_599_500
					r.Source, r.Role, r.Account = "poll", "arn:r", "123"
				}),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readAll(usage.ReadCSV(iotest.OneByteReader(strings.NewReader(test.text)), usage.CSVOptions{}))
			require.NoError(t, err)
			assert.Equal(t, test.want, got, test.reason)
		})
	}
}

func TestAmountsAreExact(t *testing.T) {
	for _, test := range []struct {
		vcpuSeconds string
		want        int64
		rounded     int64
		fault       string
	}{
		{"0", 0, 0, ""},
		{"0.001", 1, 0, ""},
		{".5", 500, 0, ""},
		{"5.", 5000, 0, ""},
		{"0.0005", 0, 1, ""}, // half goes to the even one
		{"0.0015", 2, 1, ""},
		{"0.0025", 2, 1, ""},
		{"0.00250000000000000000000000001", 3, 1, ""},
		{"0.00150000000000000000000000000", 2, 1, ""},
		{"1.00000000000000000000000000000", 1000, 0, ""},
		{"9223372036854775.807", 9223372036854775807, 0, ""},
		{"9223372036854775.808", 0, 0, "more than a record can hold"},
		{"9223372036854775.8075", 0, 0, "more than a record can hold"},
		{"18446744073709551616", 0, 0, "more than a record can hold"},
		{strings.Repeat("9", 101), 0, 0, "more than 100 characters"},
		{".", 0, 0, "not a number"},
		{"-1", 0, 0, "below zero"},
		{"-0", 0, 0, "below zero"},
		{"+1", 1000, 0, ""},
		{"1e3", 1_000_000, 0, ""},
		{"7.2e-05", 0, 1, ""},
		{"1.5e-3", 2, 1, ""},
		{"1.2.3", 0, 0, "three digits apart"},
		{"99999999999999999999.9.9", 0, 0, "three digits apart"},
		{"0x10", 0, 0, "not a number"},
		{"1 000", 1_000_000, 0, ""},
		{"1_234.5", 1_234_500, 0, ""},
	} {
		t.Run(test.vcpuSeconds, func(t *testing.T) {
			reader := usage.ReadCSV(strings.NewReader(header+
				strings.Replace(row, ",3600,7200", ","+test.vcpuSeconds+",7200", 1)), usage.CSVOptions{})
			records, err := readAll(reader)
			if test.fault != "" {
				assert.ErrorContains(t, err, "line 2: vcpu_seconds: ")
				assert.ErrorContains(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, records[0].Amounts[pricing.VCPU])
			assert.Equal(t, test.rounded, reader.Report().Rounded)
		})
	}
}

func TestBadRowsAreAllReported(t *testing.T) {
	text := header + row +
		"nonsense\n" +
		strings.Replace(row, "3600,eu", "86400.5,eu", 1) +
		strings.NewReplacer("00:00:00Z", "23:30:00Z", "acme", "\x00").Replace(row) +
		strings.Replace(row, "web", `we"b`, 1) +
		strings.Replace(row, "web", `"web"x`, 1) +
		strings.Replace(row, "\n", ",more\n", 1) +
		strings.NewReplacer("2026-10-01T00:00:00Z", "2026-02-30T00:00:00Z", "7200", "x").Replace(row) +
		strings.Replace(row, "web", strings.Repeat("w", 3000), 1) +
		row +
		strings.Replace(row, "web", `"never ends`, 1) + row
	want := []string{
		"line 3: 1 fields, not 11",
		`line 4: period_seconds: "86400.5" is not a whole number`,
		"line 5: tenant is not valid UTF-8 text",
		"line 6: not CSV: a quote within a field that does not begin with one",
		"line 7: not CSV: text after the quote that ends a field",
		"line 8: 12 fields, not 11",
		`line 9: period_start: "2026-02-30T00:00:00Z" is not a time such as 2026-10-01T00:00:00Z or 2026-10-01 00:00:00; ` +
			`gb_seconds: "x" is not a number such as 12.5 or 7.2e-05`,
		"line 10: image is longer than 2048 bytes",
		"line 12: not CSV: a quoted field begins here that does not end",
	}
	reader := usage.ReadCSV(strings.NewReader(text), usage.CSVOptions{})
	_, err := readAll(reader)
	var faults *usage.RowsError
	require.ErrorAs(t, err, &faults)
	var got []string
	for _, fault := range faults.Faults {
		got = append(got, fault.String())
	}
	assert.Equal(t, want, got)
	assert.Equal(t, int64(9), faults.Bad)

	reader = usage.ReadCSV(strings.NewReader(text), usage.CSVOptions{SkipBad: true, MaxFaults: 2})
	records, err := readAll(reader)
	require.NoError(t, err)
	assert.Len(t, records, 3)
	report := reader.Report()
	assert.Equal(t, [3]int64{3, 9, int64(len(text))}, [3]int64{report.Rows, report.Bad, report.Bytes})
	assert.Len(t, report.Faults, 2)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	errRead := errors.New("the disk is gone")
	for _, test := range []struct {
		name string
		from io.Reader
		want []string
	}{
		{"empty", strings.NewReader(""), []string{"no header"}},
		{"unknown, repeated and missing columns", strings.NewReader("tenant,tenant,vcpu,\n"), []string{
			`"vcpu" is not a column`, "column tenant is there twice", `"" is not a column`, "column region is missing",
			"start the file with this line: period_start,period_seconds,", "further columns: account, role",
		}},
		{"another table", strings.NewReader("root:x:0\nuser:x:1\n"), []string{`line 1: not a usage table: no column of it is known, such as "root:x:0"`}},
		{"quotes in the header", strings.NewReader("a\"b\n"), []string{"line 1"}},
		{
			"failing", io.MultiReader(strings.NewReader(header+row), iotest.ErrReader(errRead)),
			[]string{"line 3: the disk is gone"},
		},
		{"cut gzip", strings.NewReader("\x1f\x8b\x08\x00"), []string{"not readable as gzip"}},
		{"workbook", strings.NewReader("PK\x03\x04\x14"), []string{"workbook"}},
		{"two kinds of numbers", strings.NewReader(header + strings.Replace(row, ",3600,7200", ",1.234,7200", 1) + row +
			strings.Replace(row, ",3600,7200", ",3600,\"0,5\"", 1)), []string{"line 4 has a decimal comma", "on line 2"}},
		{"line without end", strings.NewReader(strings.Repeat("x", 3<<20)), []string{"longer than 1048576 bytes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readAll(usage.ReadCSV(test.from, usage.CSVOptions{}))
			for _, part := range test.want {
				assert.ErrorContains(t, err, part)
			}
		})
	}
}

// What WriteCSV writes, ReadCSV reads.
func TestCSVRoundTrip(t *testing.T) {
	names := rapid.OneOf(
		rapid.StringMatching(`['=+\-@\t"]{0,3}[a-zé, \n;]{0,5}`), rapid.StringMatching(`[^\x00\r]{0,20}`),
	)
	marks := rapid.SampledFrom([]string{"", "", "(image) ", "(fleet) "})
	archs := rapid.SampledFrom([]usage.Arch{"", usage.ArchARM64, usage.ArchX86})
	some := rapid.OneOf(rapid.StringMatching(`[=+'][a-z]{1,5}`), rapid.StringMatching(`[a-z]{1,5}`))
	amounts := rapid.OneOf(rapid.Int64Min(0), rapid.Int64Range(0, 5_000_000))
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOf(rapid.Custom(func(t *rapid.T) usage.Record {
			day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 29000).Draw(t, "day"))
			seconds := rapid.IntRange(1, 86_400).Draw(t, "seconds")
			return usage.Record{
				PeriodStart:   day.Add(time.Duration(rapid.IntRange(0, 86_400-seconds).Draw(t, "at")) * time.Second),
				PeriodSeconds: int64(seconds),
				Region:        some.Draw(t, "region"), Resource: usage.ParseResource(marks.Draw(t, "mark") + some.Draw(t, "microvm")),
				Source:  some.Draw(t, "source"),
				Account: names.Draw(t, "account"), Image: names.Draw(t, "image"), Tenant: names.Draw(t, "tenant"),
				Role: names.Draw(t, "role"), Arch: archs.Draw(t, "arch"),
				Amounts: usage.Amounts{
					pricing.VCPU: amounts.Draw(t, "vcpu"), pricing.Memory: amounts.Draw(t, "mem"),
					pricing.SnapshotRead:  amounts.Draw(t, "read"),
					pricing.SnapshotWrite: amounts.Draw(t, "write"), pricing.SnapshotStorage: amounts.Draw(t, "storage"),
					usage.Running: amounts.Draw(t, "running"), usage.Suspended: amounts.Draw(t, "suspended"),
					usage.Launches: amounts.Draw(t, "launches"), usage.Suspends: amounts.Draw(t, "suspends"),
					usage.Resumes: amounts.Draw(t, "resumes"),
				},
				Coverage: usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage")),
			}
		})).Draw(t, "records")
		var text strings.Builder
		written, err := usage.WriteCSV(&text, func(yield func(usage.Record, error) bool) {
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
		})
		if err != nil || written != int64(len(records)) {
			t.Fatal(written, err)
		}
		got, err := readAll(usage.ReadCSV(strings.NewReader(text.String()), usage.CSVOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(records) {
			t.Fatalf("got %v\nwant %v", got, records)
		}
	})
}
