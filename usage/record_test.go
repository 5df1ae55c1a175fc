package usage_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

var midnight = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

func soundRecord() usage.Record {
	return usage.Record{
		PeriodStart: midnight, PeriodSeconds: 86_400, Region: "eu-west-1", Resource: usage.Resource{ID: "microvm-1"},
		Source:   "test",
		Coverage: usage.CoverageComplete,
	}
}

// Whatever a record can hold that it must not is refused, whichever field it is in.
func TestCheckLooksAtEveryField(t *testing.T) {
	r := soundRecord()
	require.NoError(t, r.Check())
	for m := range r.Amounts {
		column := usage.Measure(m).Counted().Column
		for _, amount := range []int64{-1, math.MinInt64} {
			r := soundRecord()
			r.Amounts[m] = math.MaxInt64
			require.NoError(t, r.Check(), column)
			r.Amounts[m] = amount
			require.ErrorContains(t, r.Check(), column+" is -", column)
			for other := range r.Amounts {
				r.Amounts[other] |= amount & math.MaxInt64
			}
			require.ErrorContains(t, r.Check(), column+" is -", "also where the others have all other bits")
		}
	}
	for n, column := range usage.NameColumns() {
		for bad, want := range map[string]string{
			"\x00":                    column + " is not valid UTF-8 text",
			"a\xff":                   column + " is not valid UTF-8 text",
			strings.Repeat("é", 1025): column + " is longer than 2048 bytes",
		} {
			r := soundRecord()
			*r.Names()[n] = bad
			require.ErrorContains(t, r.Check(), want)
		}
	}
	assert.Equal(t, usage.NameCount, countStrings(reflect.TypeFor[usage.Record]()), "no name is left out of Names")
}

// countStrings counts the fields of a type that are texts, also within fields.
func countStrings(of reflect.Type) (n int) {
	for i := range of.NumField() {
		switch field := of.Field(i).Type; field.Kind() {
		case reflect.String:
			n++
		case reflect.Struct:
			if field != reflect.TypeFor[time.Time]() {
				n += countStrings(field)
			}
		}
	}
	return n
}

func TestCheckExplains(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*usage.Record)
		want   string
	}{
		{"sound", func(*usage.Record) {}, ""},
		{"last second", func(r *usage.Record) { r.PeriodStart, r.PeriodSeconds = midnight.Add(86_399*time.Second), 1 }, ""},
		{"another zone", func(r *usage.Record) { r.PeriodStart = midnight.In(time.FixedZone("", 7200)) }, ""},
		{"first second there is", func(r *usage.Record) { r.PeriodStart = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }, ""},
		{"architecture", func(r *usage.Record) { r.Arch = usage.ArchX86 }, ""},
		{"images in general", func(r *usage.Record) { r.Resource = usage.Resource{Kind: usage.KindImage} }, ""},
		{
			"all at once", func(r *usage.Record) {
				*r = usage.Record{PeriodStart: midnight.Add(23 * time.Hour), PeriodSeconds: 7200}
				r.Amounts[usage.Running] = -1
			},
			`the period from 2026-10-01T23:00:00Z of 7200 s crosses midnight UTC; split it there
region is missing
microvm_id is missing
source is missing
running_ms is -1; it cannot be below zero`,
		},
		{
			"too early", func(r *usage.Record) { r.PeriodStart = time.Date(2019, 12, 31, 23, 59, 59, 0, time.UTC) },
			"period_start 2019-12-31T23:59:59Z is not in the years 2020 to 2099",
		},
		{
			"too late", func(r *usage.Record) { r.PeriodStart = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) },
			"period_start 2100-01-01T00:00:00Z is not in the years 2020 to 2099",
		},
		{
			"no time at all", func(r *usage.Record) { r.PeriodStart = time.Time{} },
			"period_start 0001-01-01T00:00:00Z is not in the years 2020 to 2099",
		},
		{
			"fraction", func(r *usage.Record) { r.PeriodStart = midnight.Add(time.Nanosecond) },
			"period_start 2026-10-01T00:00:00.000000001Z is not a whole second",
		},
		{"no length", func(r *usage.Record) { r.PeriodSeconds = 0 }, "period_seconds 0 is not from 1 to 86400"},
		{"too long", func(r *usage.Record) { r.PeriodSeconds = 86_401 }, "period_seconds 86401 is not from 1 to 86400"},
		{
			"far too long", func(r *usage.Record) { r.PeriodSeconds = math.MaxInt64 },
			"period_seconds 9223372036854775807 is not from 1 to 86400",
		},
		{
			"a second past midnight", func(r *usage.Record) { r.PeriodStart = midnight.Add(time.Second) },
			"the period from 2026-10-01T00:00:01Z of 86400 s crosses midnight UTC; split it there",
		},
		{
			"fleet without a name", func(r *usage.Record) { r.Resource = usage.Resource{Kind: usage.KindFleet} },
			"microvm_id is missing",
		},
		{
			"a MicroVM that calls itself an image", func(r *usage.Record) { r.Resource.ID = "(image) base" },
			`microvm_id "(image) base" is not the id of a resource of kind microvm`,
		},
		{"no such kind", func(r *usage.Record) { r.Resource.Kind = 3 }, "kind of resource 3 does not exist"},
		{
			"no such architecture", func(r *usage.Record) { r.Arch = "riscv" },
			`unknown arch "riscv"; it is arm64, x86_64 or empty`,
		},
		{"no such coverage", func(r *usage.Record) { r.Coverage = 3 }, "coverage 3 does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := soundRecord()
			test.change(&r)
			if err := r.Check(); test.want != "" {
				assert.EqualError(t, err, test.want)
			} else {
				assert.NoError(t, err)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	r := soundRecord()
	r.Image, r.Tenant, r.Account, r.Role = "image-7", "tenant-1", "111122223333", "arn:aws:iam::111122223333:role/microvm"
	for b.Loop() {
		if r.Check() != nil {
			b.Fatal("the record is sound")
		}
	}
}

// Names are looked at eight bytes at a time: a NUL or a byte that is no UTF-8 is found wherever it is.
func TestCheckFindsBadBytesAnywhereInAName(t *testing.T) {
	for length := 1; length <= 20; length++ {
		for at := range length {
			for bad, sound := range map[string]bool{"\x00": false, "\x80": false, "\xff": false, "\x01": true, "\x7f": true, "é": true} {
				r := soundRecord()
				r.Image = strings.Repeat("a", at) + bad + strings.Repeat("a", length-at-1)
				if err := r.Check(); sound {
					require.NoError(t, err, "%q", r.Image)
				} else {
					require.ErrorContains(t, err, "image is not valid UTF-8 text", "%q", r.Image)
				}
			}
		}
	}
}
