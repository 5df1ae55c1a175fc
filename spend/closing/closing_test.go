package closing_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/ledgertest"
	"microspend/internal/spendtest"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/closing"
	"microspend/usage"
)

// place is a ledger with a configuration, as a company has it.
type place struct {
	t       *testing.T
	dir     string
	memory  *ledgertest.Memory // in place of the folder, where it is given
	config  string
	tenants string
}

const before = "tenants: tenants.csv\nrates: {us-east-1: {vcpu_second: 0.00003}}\n"

func newPlace(t *testing.T) *place {
	p := &place{t: t, dir: t.TempDir(), config: before, tenants: "match,value,tenant\nmicrovm_id,mvm-9,zeta\n"}
	p.put(everyDay(t, "2026-10", "acme", 100_000)...)
	return p
}

// everyDay is an hour of use on each day of a month.
func everyDay(t *testing.T, month, tenant string, seconds int64) []usage.Record {
	var records []usage.Record
	for day := spendtest.At(t, month+"-01"); day.Format("2006-01") == month; day = day.AddDate(0, 0, 1) {
		records = append(records, spendtest.Hour(day, tenant, seconds))
	}
	return records
}

// everywhere runs a test in a folder and in a ledger that is in none.
func everywhere(t *testing.T, test func(t *testing.T, p *place)) {
	t.Run("folder", func(t *testing.T) { test(t, newPlace(t)) })
	t.Run("memory", func(t *testing.T) {
		p := newPlace(t)
		p.memory = &ledgertest.Memory{}
		p.put(everyDay(t, "2026-10", "acme", 100_000)...)
		test(t, p)
	})
}

func (p *place) writer() ledger.Store {
	var (
		writer ledger.Store
		err    error
	)
	if p.memory != nil {
		writer, err = p.memory.OpenForWriting(p.t.Context(), ledger.Options{})
	} else {
		writer, err = parquet.OpenForWriting(p.dir, ledger.Options{})
	}
	require.NoError(p.t, err)
	return writer
}

func (p *place) reader() ledger.Reader {
	var (
		reader ledger.Reader
		err    error
	)
	if p.memory != nil {
		reader, err = p.memory.Open(p.t.Context(), ledger.Options{})
	} else {
		reader, err = parquet.Open(p.dir, ledger.Options{})
	}
	require.NoError(p.t, err)
	return reader
}

func (p *place) put(records ...usage.Record) {
	writer := p.writer()
	_, err := writer.Upsert(p.t.Context(), func(yield func([]usage.Record, error) bool) { yield(records, nil) })
	require.NoError(p.t, errors.Join(err, writer.Close()))
}

func (p *place) inputs() config.Inputs {
	read, err := config.Load("microspend.yaml", []byte(p.config))
	require.NoError(p.t, err)
	in, err := read.Inputs(pricing.EmbeddedCards(), func(string, int64) ([]byte, error) { return []byte(p.tenants), nil })
	require.NoError(p.t, err)
	return in
}

func (p *place) source() spend.Source {
	opened, in := p.reader(), p.inputs()
	in.Source.Usage = opened
	source, err := closing.Load(p.t.Context(), in.Source, opened, in.TenantsFile)
	require.NoError(p.t, err)
	return source
}

func (p *place) tryClose(month, now string, accept bool) (closing.Closing, error) {
	writer := p.writer()
	defer writer.Close()
	in := p.inputs()
	in.Source.Usage = writer
	source, err := closing.Load(p.t.Context(), in.Source, writer, in.TenantsFile)
	require.NoError(p.t, err)
	first, err := closing.ParseMonth(month)
	require.NoError(p.t, err)
	return closing.Close(p.t.Context(), closing.Request{
		Ledger: writer, Source: source, Tenants: in.TenantsFile, Month: first, Now: spendtest.At(p.t, now), By: "fin",
		Version: "test", AcceptIncomplete: accept,
	})
}

func (p *place) close(month, now string) closing.Closing {
	closed, err := p.tryClose(month, now, false)
	require.NoError(p.t, err)
	return closed
}

// report is October as it is shown; by whom unless dimensions are given.
func (p *place) report(by ...spend.Dimension) spend.Spend {
	if by == nil {
		by = []spend.Dimension{spend.ByTenant}
	}
	report, err := p.source().Report(p.t.Context(), spend.Request{
		From: spendtest.At(p.t, "2026-10-01"), To: spendtest.At(p.t, "2026-11-01"), By: by, Restated: true,
	})
	require.NoError(p.t, err)
	return report
}

func said(report spend.Spend) []string {
	out := []string{}
	for _, r := range report.Restatements {
		out = append(out, r.Month+" "+r.Reason()+" "+r.Tenant+" "+r.Amount.String())
	}
	return out
}

func requireTotal(t *testing.T, want string, got decimal.Decimal) {
	t.Helper()
	require.True(t, spendtest.Dec(want).Equal(got), "want %s, have %s", want, got)
}

// TestAClosedMonthStays changes one thing after the other: the month stays $93 (31 × $3), and what each change makes
// of it is told apart.
func TestAClosedMonthStays(t *testing.T) { everywhere(t, aClosedMonthStays) }

func aClosedMonthStays(t *testing.T, p *place) {
	closed := p.close("2026-10", "2026-11-02")
	requireTotal(t, "93", closed.Total)
	require.EqualValues(t, 31, closed.Usage.Records)
	require.Empty(t, said(p.report()), "nothing has changed")

	late := spendtest.Hour(spendtest.At(t, "2026-10-31T01:00"), "bravo", 200_000)
	for _, tc := range []struct {
		name, reason string
		change       func()
		total        string // by now
		want         []string
	}{
		{"late data", "200,000 at $0.00003", func() { p.put(late) }, "99", []string{"2026-10 late-usage bravo 6"}},
		{
			"a changed rule", "11 days at $3 are initech's", func() {
				p.tenants = "match,value,tenant,from\nmicrovm_id,mvm-acme,initech,2026-10-21\n"
			}, "99",
			[]string{"2026-10 late-usage bravo 6", "2026-10 tenant-rules acme -33", "2026-10 tenant-rules initech 33"},
		},
		{
			"a changed rate", "a dollar less from the 15th: 6 days of acme, 11 of initech, twice as much of bravo on one", func() {
				p.config = "tenants: t.csv\nrates: {us-east-1: [{vcpu_second: 0.00003}, {vcpu_second: 0.00002, from: 2026-10-15}]}\n"
			}, "80",
			[]string{
				"2026-10 late-usage bravo 6", "2026-10 tenant-rules acme -33", "2026-10 tenant-rules initech 33",
				"2026-10 rates acme -6", "2026-10 rates bravo -2", "2026-10 rates initech -11",
			},
		},
		{
			"a discount", "10 % of ten days at $2, and of bravo's $4", func() {
				p.config += "discounts: {all: 10%, from: 2026-10-22}\n"
			}, "77.6",
			[]string{
				"2026-10 late-usage bravo 6", "2026-10 tenant-rules acme -33", "2026-10 tenant-rules initech 33",
				"2026-10 rates acme -6", "2026-10 rates bravo -2", "2026-10 rates initech -11",
				"2026-10 discounts bravo -0.4", "2026-10 discounts initech -2",
			},
		},
		{
			"corrected data", "nothing of the 1st is left but one second of $0.00003", func() {
				p.put(spendtest.Hour(spendtest.At(t, "2026-10-01"), "acme", 1))
			}, "74.60003",
			[]string{
				"2026-10 usage-removed acme -2.99997", "2026-10 late-usage bravo 6", "2026-10 tenant-rules acme -33",
				"2026-10 tenant-rules initech 33", "2026-10 rates acme -6", "2026-10 rates bravo -2",
				"2026-10 rates initech -11", "2026-10 discounts bravo -0.4", "2026-10 discounts initech -2",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.change()
			report := p.report()
			requireTotal(t, "93", report.Total.Amount)
			require.Equal(t, tc.want, said(report), tc.reason)
			requireTotal(t, tc.total, report.Restated())
			for _, by := range [][]spend.Dimension{
				{}, {spend.ByDay}, {spend.ByMicroVM, spend.ByImage}, {spend.ByRegion, spend.ByComponent, spend.ByTenant},
			} {
				other := p.report(by...)
				requireTotal(t, "93", other.Total.Amount)
				requireTotal(t, tc.total, other.Restated())
			}
			open := p.source()
			open.Closed = nil
			now, err := open.Report(t.Context(), spend.Request{From: report.From, To: report.To})
			require.NoError(t, err)
			requireTotal(t, tc.total, now.Total.Amount)
			requireCorrected(t, p, tc.total)
		})
	}
}

// requireCorrected checks that the charges of October stay and that November bills the difference.
func requireCorrected(t *testing.T, p *place, total string) {
	t.Helper()
	october, err := p.source().Charges(t.Context(), spendtest.At(t, "2026-10-01"), spendtest.At(t, "2026-11-01"), spend.Filter{})
	require.NoError(t, err)
	sum := decimal.Decimal{}
	for _, line := range october.Lines {
		sum = sum.Add(line.Amount)
	}
	requireTotal(t, "93", sum)
	require.Empty(t, october.Corrections, "they are billed in the first month that is open")
	november, err := p.source().Charges(t.Context(), spendtest.At(t, "2026-11-01"), spendtest.At(t, "2026-12-01"), spend.Filter{})
	require.NoError(t, err)
	for _, line := range november.Corrections {
		require.Equal(t, spendtest.At(t, "2026-11-01"), line.Correction.Billed)
		require.Equal(t, time.October, line.Day.Month())
		sum = sum.Add(line.Amount)
	}
	requireTotal(t, total, sum)
}

// TestCorrectionsArePostedOnce: what November was closed with is not billed again in December.
func TestCorrectionsArePostedOnce(t *testing.T) { everywhere(t, correctionsArePostedOnce) }

func correctionsArePostedOnce(t *testing.T, p *place) {
	p.put(spendtest.Hour(spendtest.At(t, "2026-11-03"), "acme", 100_000))
	p.close("2026-10", "2026-11-02")
	p.put(spendtest.Hour(spendtest.At(t, "2026-10-31T01:00"), "bravo", 200_000))
	p.close("2026-11", "2026-12-01")
	p.put(spendtest.Hour(spendtest.At(t, "2026-10-31T02:00"), "bravo", 100_000))
	corrections := func(from, to string) []string {
		charges, err := p.source().Charges(t.Context(), spendtest.At(t, from), spendtest.At(t, to), spend.Filter{})
		require.NoError(t, err)
		out := []string{}
		for _, c := range charges.Corrections {
			out = append(out, c.Correction.Billed.Format("2006-01")+" "+c.Correction.Reason+" "+c.Tenant+" "+c.Amount.String())
		}
		return out
	}
	require.Equal(t, []string{"2026-11 late-usage bravo 6"}, corrections("2026-11-01", "2026-12-01"))
	require.Equal(t, []string{"2026-12 late-usage bravo 3"}, corrections("2026-12-01", "2027-01-01"))
	require.Equal(t, []string{"2026-11 late-usage bravo 6", "2026-12 late-usage bravo 3"},
		corrections("2026-10-01", "2027-01-01"))

	writer := p.writer()
	defer writer.Close()
	_, err := closing.Reopen(t.Context(), writer, "2026-10", spendtest.At(t, "2026-12-02"))
	require.EqualError(t, err, "reopen 2026-11 before 2026-10: months are reopened from the last one on")
	for _, month := range []string{"2026-11", "2026-10"} {
		_, err := closing.Reopen(t.Context(), writer, month, spendtest.At(t, "2026-12-02"))
		require.NoError(t, err)
	}
	require.Empty(t, p.report().Closed)
	requireTotal(t, "102", p.report().Total.Amount)
	_, err = p.reader().Document(t.Context(), "closed/2026-10.reopened-20261202T000000Z.json")
	require.NoError(t, err)
}

func TestCloseRefuses(t *testing.T) {
	t.Run("a month that is not over", func(t *testing.T) {
		_, err := newPlace(t).tryClose("2026-10", "2026-10-31", false)
		require.EqualError(t, err, "2026-10 is not over; it ends on 2026-10-31")
	})
	t.Run("a month without data", func(t *testing.T) {
		_, err := newPlace(t).tryClose("2026-08", "2026-11-02", false)
		require.EqualError(t, err, "the ledger has nothing in 2026-08")
	})
	t.Run("a month that is skipped", func(t *testing.T) {
		p := newPlace(t)
		p.close("2026-10", "2026-11-02")
		_, err := p.tryClose("2026-12", "2027-01-02", false)
		require.EqualError(t, err, "close 2026-11 before 2026-12: months are closed in order")
	})
	t.Run("twice", func(t *testing.T) {
		p := newPlace(t)
		first := p.close("2026-10", "2026-11-02")
		again, err := p.tryClose("2026-10", "2026-11-05", false)
		require.EqualError(t, err, "2026-10 was closed on 2026-11-02")
		require.Equal(t, first.ClosedAt, again.ClosedAt)
	})
	t.Run("an unknown rate", func(t *testing.T) {
		p := newPlace(t)
		r := spendtest.Hour(spendtest.At(t, "2026-10-02"), "bravo", 1000)
		r.Region = "xx-new-1"
		p.put(r)
		_, err := p.tryClose("2026-10", "2026-11-02", false)
		require.ErrorContains(t, err, "2026-10 is not complete:\nthe vCPU rate of xx-new-1 is not known")
		require.NoDirExists(t, filepath.Join(p.dir, "closed", "2026-10"))
		closed, err := p.tryClose("2026-10", "2026-11-02", true)
		require.NoError(t, err)
		require.Len(t, closed.Incomplete, 1)
		require.Empty(t, p.report().Restatements)
	})
	t.Run("a damaged day", func(t *testing.T) {
		p := newPlace(t)
		path := filepath.Join(p.dir, "usage", "dt=2026-10-03", "part-00000.parquet")
		require.NoError(t, os.WriteFile(path, []byte("not Parquet"), 0o644))
		_, err := p.tryClose("2026-10", "2026-11-02", false)
		require.ErrorContains(t, err, "usage/dt=2026-10-03/part-00000.parquet is damaged")
		closed, err := p.tryClose("2026-10", "2026-11-02", true)
		require.NoError(t, err)
		requireTotal(t, "90", closed.Total)
	})
}

// TestDamageAfterTheClose: the ledger's files are not those of the closed month.
func TestDamageAfterTheClose(t *testing.T) {
	p := newPlace(t)
	p.close("2026-10", "2026-11-02")
	require.NoError(t, os.RemoveAll(filepath.Join(p.dir, "usage", "dt=2026-10-03")))
	path := filepath.Join(p.dir, "usage", "dt=2026-10-04", "part-00000.parquet")
	require.NoError(t, os.WriteFile(path, []byte("not Parquet"), 0o644))
	report := p.report()
	requireTotal(t, "93", report.Total.Amount)
	require.Empty(t, report.Damaged)
	require.Equal(t, []string{"2026-10 usage-removed acme -6"}, said(report), "two days at $3")
}

func TestHandEditsAreDetected(t *testing.T) {
	for _, tc := range []struct{ name, file, old, new, want string }{
		{"a figure", "closing.json", `"total": "93"`, `"total": "92"`, "edited or damaged"},
		{"white space alone", "closing.json", `"total": "93"`, `"total":   "93"`, ""},
		{"the schema", "closing.json", "closing/v1", "closing/v2", "this program reads microspend.closing/v1"},
		{"cut off", "closing.json", "}", "", "not readable"},
		{"usage", "usage/dt=2026-10-05/_manifest.json", `"rows":1`, `"rows":2`, "the usage of 2026-10-05 is not what was closed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			p.close("2026-10", "2026-11-02")
			path := filepath.Join(p.dir, "closed", "2026-10", filepath.FromSlash(tc.file))
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			edited := strings.Replace(string(text), tc.old, tc.new, 1)
			if tc.new == "" {
				edited = string(text[:len(text)/2])
			}
			require.NotEqual(t, string(text), edited)
			require.NoError(t, os.WriteFile(path, []byte(edited), 0o644))
			opened, err := parquet.Open(p.dir, ledger.Options{})
			require.NoError(t, err)
			in := p.inputs()
			in.Source.Usage = opened
			_, err = closing.Load(p.t.Context(), in.Source, opened, in.TenantsFile)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, filepath.Join(p.dir, "closed", "2026-10"), "it says where")
			writer := p.writer()
			_, err = closing.Reopen(t.Context(), writer, "2026-10", spendtest.At(t, "2026-12-02"))
			require.Empty(t, p.report().Closed, "reopening is the way out: %v", err)
			require.NoError(t, writer.Close())
		})
	}
}

// TestAnInterruptedCloseLeavesNothing: a close that cannot be finished, and one that was killed.
func TestAnInterruptedCloseLeavesNothing(t *testing.T) {
	p := newPlace(t)
	folder := filepath.Join(p.dir, "closed")
	killed := filepath.Join(folder, "2026-10", ".usage")
	require.NoError(t, os.MkdirAll(killed, 0o755))
	require.Empty(t, p.report().Closed, "it is never read")

	writer := p.writer()
	in := p.inputs()
	in.Source.Usage = writer
	first, err := closing.ParseMonth("2026-10")
	require.NoError(t, err)
	ctx := &endsAfter{Context: t.Context(), looks: 40} // within the copy of the days
	_, err = closing.Close(ctx, closing.Request{
		Ledger: writer, Source: in.Source, Tenants: in.TenantsFile, Month: first, Now: spendtest.At(t, "2026-11-02"),
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, writer.Close())
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, entries, "neither of the two is left")

	p.close("2026-10", "2026-11-02")
	requireTotal(t, "93", p.report().Total.Amount)
}

// endsAfter ends once it was looked at a number of times.
type endsAfter struct {
	context.Context
	looks int
}

func (e *endsAfter) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return e.Context.Err()
}

// TestTheHashIsOfTheRecords: however they came into the ledger.
func TestTheHashIsOfTheRecords(t *testing.T) {
	whole := newPlace(t).close("2026-10", "2026-11-02").Usage
	p := &place{t: t, dir: t.TempDir(), config: before, tenants: "match,value,tenant\n"}
	records := everyDay(t, "2026-10", "acme", 100_000)
	for i := range records {
		p.put(records[len(records)-1-i])
	}
	again := p.close("2026-10", "2026-11-02").Usage
	require.Equal(t, whole.SHA256, again.SHA256)
	require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{64}$`), whole.SHA256)
	p.put(spendtest.Hour(spendtest.At(t, "2026-10-02"), "acme", 99_999))
	writer := p.writer()
	_, err := closing.Reopen(t.Context(), writer, "2026-10", spendtest.At(t, "2026-11-03"))
	require.NoError(t, errors.Join(err, writer.Close()))
	require.NotEqual(t, whole.SHA256, p.close("2026-10", "2026-11-04").Usage.SHA256)
}

// TestAMonthInAnotherZone is closed by its own midnights, and shown in any zone.
func TestAMonthInAnotherZone(t *testing.T) {
	p := newPlace(t)
	p.config += "timezone: Europe/Berlin\n"
	p.put(spendtest.Hour(spendtest.At(t, "2026-09-30T22:00"), "acme", 100_000),
		spendtest.Hour(spendtest.At(t, "2026-10-31T23:00"), "acme", 100_000))
	closed := p.close("2026-10", "2026-11-02")
	requireTotal(t, "96", closed.Total)
	p.config = strings.Replace(p.config, "0.00003", "0.00004", 1)
	report := func(zone string) spend.Spend {
		loc := spendtest.Zone(t, zone)
		out, err := p.source().Report(t.Context(), spend.Request{
			From: time.Date(2026, 10, 1, 0, 0, 0, 0, loc), To: time.Date(2026, 11, 1, 0, 0, 0, 0, loc), Location: loc,
			Restated: true,
		})
		require.NoError(t, err)
		return out
	}
	berlin := report("Europe/Berlin")
	requireTotal(t, "96", berlin.Total.Amount)
	requireTotal(t, "128", berlin.Restated())
	utc := report("UTC")
	requireTotal(t, "97", utc.Total.Amount) // 31 hours of the closed month, and one of the open one at the new rate
	requireTotal(t, "128", utc.Restated())
}

// TestClosedMonthsAreNotWrittenThroughALink has somebody lead the months that are closed elsewhere.
func TestClosedMonthsAreNotWrittenThroughALink(t *testing.T) {
	p, elsewhere := newPlace(t), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "file"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(elsewhere, ".theirs"), 0o700))
	at := filepath.Join(p.dir, closing.Folder)
	require.NoError(t, os.Symlink(elsewhere, at))
	_, err := p.tryClose("2026-10", "2026-11-05", false)
	require.ErrorContains(t, err, at+" is a symbolic link")
	left, err := os.ReadDir(elsewhere)
	require.NoError(t, err)
	require.Len(t, left, 2, "nothing is made there, and nothing is tidied away")
}
