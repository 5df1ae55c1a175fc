package events_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/collector/events"
	"microspend/internal/strictyaml"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

var now = time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC)

func options(t *testing.T) events.Options {
	t.Helper()
	size, err := pricing.ParseSize("2GB")
	require.NoError(t, err)
	return events.Options{
		Config: events.Config{Defaults: events.Defaults{Region: "us-east-1", Memory: &size}}, Now: now, MaxFaults: 100,
	}
}

// read reads records, without marks.
func read(r *events.Reader) (records []usage.Record, err error) {
	for batch, err := range r.Batches() {
		if err != nil {
			return records, err
		}
		for _, record := range batch {
			if !strings.HasPrefix(record.Source, "\x00") {
				records = append(records, record)
			}
		}
	}
	return records, nil
}

// shown writes records in a line each: the MicroVM, when, and what is not zero, in seconds, GB and GB-hours.
func shown(records []usage.Record) (lines []string) {
	for _, r := range records {
		line := fmt.Sprintf("%s %s %d s", r.Resource.ID, r.PeriodStart.Format("02T15:04:05"), r.PeriodSeconds)
		for _, m := range usage.Measures() {
			if r.Amounts[m] != 0 {
				line += fmt.Sprintf(" %s=%s", m.Column(), pricing.Divide(decimal.NewFromInt(r.Amounts[m]),
					decimal.NewFromInt(m.Counted().PerUnit), 6))
			}
		}
		if r.Coverage != usage.CoverageComplete {
			line += " " + r.Coverage.String()
		}
		lines = append(lines, line)
	}
	return lines
}

const header = "at,microvm_id,event,tenant\n"

func TestEvents(t *testing.T) {
	const launch = " launches=1"
	for _, test := range []struct {
		name, reason, text string
		want               []string
	}{
		{
			"parked", "suspended time is stored, not run", "10T09:00:00,a,provisioned\n10T09:20:00,a,suspended\n" +
				"10T11:00:00,a,resumed\n10T11:10:00,a,terminated\n",
			[]string{
				"a 10T09:00:00 1200 s vcpu_seconds=1200 gb_seconds=2400 read_gb=2 running_seconds=1200" + launch,
				"a 10T09:20:00 6000 s write_gb=2 storage_gb_hours=3.333333 suspended_seconds=6000 suspends=1",
				"a 10T11:00:00 600 s vcpu_seconds=600 gb_seconds=1200 read_gb=2 running_seconds=600 resumes=1",
			},
		},
		{"open", "until 8 hours after its launch", "10T09:00:00,a,provisioned\n", []string{
			"a 10T09:00:00 28800 s vcpu_seconds=28800 gb_seconds=57600 read_gb=2 running_seconds=28800" + launch + " partial",
		}},
		{"open until now", "and not until later", "25T23:00:00,a,provisioned\n25T23:30:00,a,suspended\n", []string{
			"a 25T23:00:00 1800 s vcpu_seconds=1800 gb_seconds=3600 read_gb=2 running_seconds=1800" + launch,
			"a 25T23:30:00 1800 s write_gb=2 storage_gb_hours=1 suspended_seconds=1800 suspends=1 partial",
		}},
		{"noticed late", "no MicroVM lives for 9 hours", "10T09:00:00,a,provisioned\n10T18:00:00,a,terminated\n", []string{
			"a 10T09:00:00 28800 s vcpu_seconds=28800 gb_seconds=57600 read_gb=2 running_seconds=28800" + launch,
		}},
		{
			"midnight", "cuts what takes time; the launch was before", "10T23:00:00,a,provisioned\n11T01:00:00,a,terminated\n",
			[]string{
				"a 10T23:00:00 3600 s vcpu_seconds=3600 gb_seconds=7200 read_gb=2 running_seconds=3600" + launch,
				"a 11T00:00:00 3600 s vcpu_seconds=3600 gb_seconds=7200 running_seconds=3600",
			},
		},
		{
			"milliseconds", "are exact; less than a second goes with the next stretch",
			"10T09:00:00.250,a,provisioned\n10T09:00:00.750,a,suspended\n10T09:00:02.500,a,terminated\n",
			[]string{
				"a 10T09:00:00 2 s vcpu_seconds=0.5 gb_seconds=1 read_gb=2 write_gb=2 storage_gb_hours=0.000972 " +
					"running_seconds=0.5 suspended_seconds=1.75" + launch + " suspends=1",
			},
		},
		{"gone at once", "a launch was a launch", "10T09:00:00,a,provisioned\n10T09:00:00,a,terminated\n", []string{
			"a 10T09:00:00 1 s read_gb=2" + launch,
		}},
		{
			"again", "an id may live twice", "10T09:00:00,a,provisioned\n10T09:01:00,a,terminated\n" +
				"10T10:00:00,a,provisioned\n10T10:01:00,a,terminated\n",
			[]string{
				"a 10T09:00:00 60 s vcpu_seconds=60 gb_seconds=120 read_gb=2 running_seconds=60" + launch,
				"a 10T10:00:00 60 s vcpu_seconds=60 gb_seconds=120 read_gb=2 running_seconds=60" + launch,
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := header
			for line := range strings.Lines(test.text) {
				text += "2026-11-" + strings.Replace(line, "\n", ",acme\n", 1)
			}
			got, err := read(events.Read(strings.NewReader(text), options(t)))
			require.NoError(t, err)
			assert.Equal(t, test.want, shown(got), test.reason)
			for _, r := range got {
				assert.Equal(t, "acme", r.Tenant)
			}
		})
	}
}

func TestBadSequencesAreAllReported(t *testing.T) {
	text := header + strings.Join([]string{
		"2026-10-01T09:00:00Z,a,resumed,acme",
		"2026-10-01T09:00:00Z,b,provisioned,acme",
		"2026-10-01T09:01:00Z,b,provisioned,acme",
		"2026-10-01T09:02:00Z,b,resumed,acme",
		"2026-10-01T09:03:00Z,b,suspended,acme",
		"2026-10-01T09:04:00Z,b,suspended,acme",
		"2026-10-01T08:00:00Z,b,resumed,acme",
		"2026-10-01T18:05:00Z,b,resumed,acme",
		"2026-10-01T09:05:00Z,b,terminated,acme",
		"2026-10-01T09:06:00Z,b,terminated,acme",
		"2026-10-01T09:06:00Z,b,rebooted,acme",
		"yesterday,c,provisioned,acme",
		"2026-10-01T09:06:00Z,,provisioned,acme",
	}, "\n") + "\n"
	want := []string{
		`line 2: "a" is resumed, but nothing before says that it was provisioned`,
		`line 4: "b" is provisioned while it lives, since line 3`,
		`line 5: "b" is resumed, but it was not suspended`,
		`line 7: "b" is suspended twice, since line 6`,
		`line 8: resumed of "b" at 2026-10-01T08:00:00Z is before its event at 2026-10-01T09:03:00Z on line 6; sort the file by time`,
		`line 9: "b" is resumed 9h5m0s after its launch; a MicroVM lives 8 hours at most`,
		`line 11: "b" is terminated after it was terminated on line 10`,
		`line 12: unknown event "rebooted"; events are ignored, provisioned, suspended, resumed, terminated; ` +
			`events of other names are mapped by events.names in microspend.yaml`,
		`line 13: at: "yesterday" is not a time such as 2026-10-01T00:00:00Z or 2026-10-01 00:00:00`,
		`line 14: microvm_id is missing`,
	}
	_, err := read(events.Read(strings.NewReader(text), options(t)))
	var faults *usage.RowsError
	require.ErrorAs(t, err, &faults)
	var got []string
	for _, fault := range faults.Faults {
		got = append(got, fault.String())
	}
	assert.Equal(t, want, got)

	o := options(t)
	o.SkipBad = true
	records, err := read(events.Read(strings.NewReader(text), o))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"b 01T09:00:00 180 s vcpu_seconds=180 gb_seconds=360 read_gb=2 running_seconds=180 launches=1",
		"b 01T09:03:00 120 s write_gb=2 storage_gb_hours=0.066667 suspended_seconds=120 suspends=1",
	}, shown(records))
}

func TestColumnsAndNamesAreMapped(t *testing.T) {
	root, err := strictyaml.Parse("microspend.yaml", []byte(`
columns: {at: When, microvm_id: box, event: what, memory_gb: ram}
names: {up: provisioned, heartbeat: ignored, down: terminated}
defaults: {region: eu-west-1, arch: x86_64, image: 1.5GB, state: 3GB}
`))
	require.NoError(t, err)
	var file events.ConfigFile
	doc := strictyaml.Decode("microspend.yaml", root, &file)
	o := options(t)
	o.Config = file.Config(doc)
	require.NoError(t, doc.Err())
	reader := events.Read(strings.NewReader("\ufeffWHEN;Box;what;ram;note\n1790845200;m;up;4;x\n1790845201;m;HEARTBEAT;;\n"+
		"1790845260;m;down;;\n"), o)
	records, err := read(reader)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"m 01T09:00:00 60 s vcpu_seconds=120 gb_seconds=240 read_gb=1.5 running_seconds=60 launches=1",
	}, shown(records))
	assert.Equal(t, usage.ArchX86, records[0].Arch)
	assert.Equal(t, "eu-west-1", records[0].Region)
	assert.Empty(t, reader.Notes())

	_, err = read(events.Read(strings.NewReader("a,b\n"), o))
	for _, fault := range []string{"column when (events.columns.at) is missing", "column ram (events.columns.memory_gb) is missing"} {
		assert.ErrorContains(t, err, fault)
	}
	for text, fault := range map[string]string{
		"columns: {when: at}":      "unknown column; columns are at, microvm_id",
		"names: {up: started}":     `unknown event "started"`,
		"defaults: {memory: 3GB}":  "not a MicroVM size",
		"defaults: {arch: mips}":   "unknown arch",
		"defaults: {state: -1GB}":  "state",
		"columns: {at: [a, list]}": "columns.at",
	} {
		root, err := strictyaml.Parse("f", []byte(text))
		require.NoError(t, err)
		var file events.ConfigFile
		doc := strictyaml.Decode("f", root, &file)
		file.Config(doc)
		assert.ErrorContains(t, doc.Err(), fault)
	}
}

func TestSessions(t *testing.T) {
	o := options(t)
	o.Sessions = true
	reader := events.Read(strings.NewReader("session_id,tenant,provider,memory_gb,started_at,ended_at\n"+
		"s1,acme,microvm,2,2026-08-31T22:00:00Z,2026-09-01T02:00:00Z\n"+
		"s2,acme,microvm,2,2026-09-30T23:30:00Z,\n"+
		"s3,bravo,microvm,4,2026-09-15T10:00:00+02:00,2026-09-15T11:30:00+02:00\n"+
		"s4,bravo,e2b,4,2026-09-15T10:00:00+02:00,2026-09-15T11:30:00+02:00\n"), o)
	records, err := read(reader)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"s1 31T22:00:00 7200 s vcpu_seconds=7200 gb_seconds=14400 running_seconds=7200",
		"s1 01T00:00:00 7200 s vcpu_seconds=7200 gb_seconds=14400 running_seconds=7200",
		"s2 30T23:30:00 1800 s vcpu_seconds=1800 gb_seconds=3600 running_seconds=1800 partial",
		"s2 01T00:00:00 27000 s vcpu_seconds=27000 gb_seconds=54000 running_seconds=27000 partial",
		"s3 15T08:00:00 5400 s vcpu_seconds=10800 gb_seconds=21600 running_seconds=5400",
	}, shown(records))
	assert.Equal(t, []string{
		"sessions without an end: 1; they count until now, 8 hours at most, with partial coverage",
		`rows of another provider that were left out: 1 of "e2b"`,
	}, reader.Notes())
	assert.Equal(t, int64(2), reader.Report().Split)

	_, err = read(events.Read(strings.NewReader("id,start,end\na,2026-10-02,2026-10-01\n"), o))
	assert.ErrorContains(t, err, "line 2: it ends at 2026-10-01T00:00:00Z, before it starts")
}

// A log that is imported whenever it has grown gives, in the end, what it gives when it is imported once.
func TestALogIsContinued(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Date(2026, time.October, 1, 20, 0, 0, 0, time.UTC)
		states := map[string]string{}
		var lines []string
		for range rapid.IntRange(1, 30).Draw(rt, "events") {
			at = at.Add(time.Duration(rapid.Int64Range(0, 2_000_000).Draw(rt, "ms")) * time.Millisecond)
			id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "id")
			next := map[string][]string{
				"": {"provisioned"}, "provisioned": {"suspended", "terminated"}, "suspended": {"resumed", "terminated"},
				"resumed": {"suspended", "terminated"},
			}[states[id]]
			if next == nil {
				continue
			}
			states[id] = rapid.SampledFrom(next).Draw(rt, "event")
			lines = append(lines, fmt.Sprintf("%s,%s,%s,acme\n", at.Format(time.RFC3339Nano), id, states[id]))
		}
		importing := func(dir string, lines []string, now time.Time) {
			w, err := parquet.OpenForWriting(dir, ledger.Options{Overlaps: ledger.RefuseOverlaps})
			require.NoError(rt, err)
			o := options(t)
			o.Now, o.SkipBad = now, true // what is more than 8 hours after a launch
			_, err = w.Upsert(context.Background(), events.Read(strings.NewReader(header+strings.Join(lines, "")), o).Batches())
			require.NoError(rt, err)
			require.NoError(rt, w.Close())
		}
		content := func(dir string) (records []usage.Record) {
			l, err := parquet.Open(dir, ledger.Options{})
			require.NoError(rt, err)
			for r, err := range l.Records(context.Background(), time.Unix(0, 0), now) {
				require.NoError(rt, err)
				records = append(records, r)
			}
			return records
		}
		grown, whole := filepath.Join(t.TempDir(), "grown"), filepath.Join(t.TempDir(), "whole")
		cut := rapid.IntRange(1, len(lines)).Draw(rt, "cut")
		importing(grown, lines[:cut], at)
		importing(grown, lines, at.Add(time.Hour))
		importing(grown, lines, now)
		importing(whole, lines, now)
		require.Equal(rt, content(whole), content(grown))
	})
}

func FuzzEvents(f *testing.F) {
	f.Add(header + "2026-10-01T09:00:00Z,a,provisioned,acme\n2026-10-01T10:00:00Z,a,terminated,acme\n")
	f.Add("start;end;id\n1;2;3\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, sessions := range []bool{false, true} {
			o := options(t)
			o.Sessions, o.SkipBad = sessions, true
			for batch, err := range events.Read(io.LimitReader(strings.NewReader(text), 1<<16), o).Batches() {
				if err != nil {
					break
				}
				for i := range batch {
					if !strings.HasPrefix(batch[i].Source, "\x00") {
						require.NoError(t, batch[i].Check())
					}
				}
			}
		}
	})
}
