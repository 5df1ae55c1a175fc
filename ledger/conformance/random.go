package conformance

import (
	"time"

	"pgregory.net/rapid"

	"microspend/ledger"
	"microspend/usage"
)

// Days about which random records lie: when clocks change on Lord Howe Island, in Berlin and in New York, the last of a
// year, and a leap day.
var starts = []time.Time{
	time.Date(2026, time.October, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, time.October, 24, 0, 0, 0, 0, time.UTC),
	time.Date(2026, time.October, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, time.December, 30, 0, 0, 0, 0, time.UTC),
	time.Date(2028, time.February, 28, 0, 0, 0, 0, time.UTC),
}

// days is how many UTC days random records lie on.
const days = 3

// text draws from a few texts, so that records meet; among them what other programs take for something else.
func text(t *rapid.T, what string, texts ...string) string {
	return rapid.SampledFrom(texts).Draw(t, what)
}

var amounts = rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, 5000), rapid.Int64Min(0))

// someRecords draws records of few keys.
func someRecords(t *rapid.T, what string) []usage.Record {
	start := rapid.SampledFrom(starts).Draw(t, what+" from")
	return recordsFrom(t, start, what)
}

func recordsFrom(t *rapid.T, start time.Time, what string) []usage.Record {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) usage.Record {
		r := usage.Record{
			Region:   text(t, "region", "eu-west-1", "eu'west\\1"),
			Account:  text(t, "account", "", "1"),
			Resource: usage.Resource{ID: text(t, "resource", "a", "b", "../x", "(none)")},
			Image:    text(t, "image", "", "base", "Ünïcode\t\n"),
			Arch:     rapid.SampledFrom([]usage.Arch{usage.ArchUnknown, usage.ArchARM64, usage.ArchX86}).Draw(t, "arch"),
			Tenant:   text(t, "tenant", "", "acme", "dt=2026-01-01/../..", "\x1b[2J", "acme ", "NULL"),
			TenantBy: rapid.SampledFrom([]usage.TenantBy{usage.TenantGiven, usage.TenantProven, usage.TenantGuest}).
				Draw(t, "tenant by"),
			Role:     text(t, "role", "", "arn:aws:iam::1:role/a"),
			Source:   text(t, "source", "import", "cloudwatch"),
			Coverage: usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage")),
		}
		r.Resource.Kind = usage.ResourceKind(rapid.IntRange(0, 2).Draw(t, "kind"))
		at := rapid.OneOf(
			rapid.Map(rapid.Int64Range(0, 24*days-1), func(hour int64) int64 { return hour * 3600 }),
			rapid.Map(rapid.Int64Range(0, days-1), func(day int64) int64 { return day * usage.MaxPeriodSeconds }),
			rapid.Int64Range(0, usage.MaxPeriodSeconds*days-1),
		).Draw(t, "start")
		r.PeriodStart = start.Add(time.Duration(at) * time.Second)
		length := rapid.OneOf(rapid.Just[int64](3600), rapid.Just[int64](usage.MaxPeriodSeconds), rapid.Int64Range(1, 90_000))
		r.PeriodSeconds = min(length.Draw(t, "seconds"), usage.MaxPeriodSeconds-at%usage.MaxPeriodSeconds)
		for m := range r.Amounts {
			r.Amounts[m] = amounts.Draw(t, "amount")
		}
		return r
	}), 1, 60).Draw(t, what)
}

// zones are where days are cut: on whole hours, at half past and at a quarter, with clocks that change by an hour, by
// half of one, or not.
var zones = func() (zones []*time.Location) {
	for _, name := range []string{
		"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
		"Pacific/Kiritimati", "Africa/Cairo",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		zones = append(zones, zone)
	}
	return append(zones, nil)
}()

// someQuery draws a question about records from a day on.
func someQuery(t *rapid.T, start time.Time) ledger.Query {
	second := func(what string) time.Time {
		at := rapid.OneOf(
			rapid.Map(rapid.Int64Range(-1, days+1), func(day int64) int64 { return day * usage.MaxPeriodSeconds }),
			rapid.Map(rapid.Int64Range(-20, 24*days+20), func(hour int64) int64 { return hour * 3600 }),
			rapid.Int64Range(-20*3600, usage.MaxPeriodSeconds*days+20*3600),
		).Draw(t, what)
		return start.Add(time.Duration(at) * time.Second)
	}
	q := ledger.Query{
		From: second("from"), To: second("to"), Location: rapid.SampledFrom(zones).Draw(t, "zone"),
		By:    rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, int(ledger.FieldDay)), field), 0, 6, rapid.ID).Draw(t, "by"),
		Uncut: rapid.IntRange(0, 3).Draw(t, "uncut") == 0,
	}
	if rapid.IntRange(0, 2).Draw(t, "whole days") == 0 && q.Location != nil { // as most questions are
		q.From, q.To = midnight(q.From, q.Location), midnight(q.To, q.Location)
	}
	switch rapid.IntRange(0, 3).Draw(t, "sums") {
	case 0:
		q.Sums = ledger.SumBilled
	case 1:
		q.Sums = ledger.Sums(rapid.Uint16Range(0, 1<<usage.MeasureCount-1).Draw(t, "some sums"))
	}
	if rapid.IntRange(0, 3).Draw(t, "bounded") == 0 {
		q.Most = rapid.IntRange(1, 10).Draw(t, "most")
	}
	return q
}

func field(n int) ledger.Field { return ledger.Field(n) }
