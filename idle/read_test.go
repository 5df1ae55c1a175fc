package idle

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/pricing/assumption"
)

func text(name, content string) Named { return Named{name, strings.NewReader(content)} }

func packed(t testing.TB, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// flat writes a trace down so that it can be read in a test.
func flat(t *Trace) []string {
	var lines []string
	for _, vm := range t.MicroVMs {
		line := fmt.Sprintf("%s/%s/%s +%d busy %d", vm.Tenant, vm.Image, vm.ID, vm.StartMS, vm.BusyMS)
		for _, s := range vm.Steps {
			line += fmt.Sprintf(", gap %d busy %d", s.GapMS, s.BusyMS)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestReadGaps(t *testing.T) {
	for _, tc := range []struct {
		name, reason, csv string
		want              []string
		rounded           int64
	}{
		{"plain", "one column", "gap_seconds\n60\n300\n", []string{"// +0 busy 0, gap 60000 busy 0, gap 300000 busy 0"}, 0},
		{
			"decimals", "kept to the millisecond", "gap_seconds\n0.5\n12.345\n",
			[]string{"// +0 busy 0, gap 500 busy 0, gap 12345 busy 0"},
			0,
		},
		{
			"finer", "half-even, and counted", "gap_seconds\n0.0005\n0.0015\n0.00050001\n1.00049\n",
			[]string{"// +0 busy 0, gap 0 busy 0, gap 2 busy 0, gap 1 busy 0, gap 1000 busy 0"},
			4,
		},
		{
			"zeros after", "nothing is lost, so nothing was rounded", "gap_seconds\n1.000000\n",
			[]string{"// +0 busy 0, gap 1000 busy 0"},
			0,
		},
		{
			"whose", "columns in any order; by tenant, image, MicroVM",
			"tenant,gap_seconds,microvm_id,image\nb,1,v,i\na,2,w,i\nb,3,v,i\n",
			[]string{"a/i/w +0 busy 0, gap 2000 busy 0", "b/i/v +0 busy 0, gap 1000 busy 0, gap 3000 busy 0"},
			0,
		},
		{
			"spreadsheet", "a byte order mark, CRLF, quotes, blanks", "\ufeff\"gap_seconds\"\r\n\" 60 \"\r\n\r\n300",
			[]string{"// +0 busy 0, gap 60000 busy 0, gap 300000 busy 0"},
			0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ReadGaps(text("g.csv", tc.csv))
			require.NoError(t, err)
			require.Equal(t, tc.want, flat(got), tc.reason)
			require.Equal(t, tc.rounded, got.Rounded)
			zipped, err := ReadGaps(Named{"g.csv.gz", bytes.NewReader(packed(t, tc.csv))})
			require.NoError(t, err)
			require.Equal(t, got, zipped, "the same from gzip")
			any, err := Read(text("g.csv", tc.csv))
			require.NoError(t, err)
			require.Equal(t, got, any, "told by its header")
		})
	}
}

func TestReadRequests(t *testing.T) {
	for _, tc := range []struct {
		name, reason, csv string
		want              []string
		period, overlaps  int64
	}{
		{"seconds", "of any clock", "time\n1000\n1090.5\n", []string{"// +0 busy 0, gap 90500 busy 0"}, 90_500, 0},
		{
			"dates", "with any offset",
			"time,tenant\n2026-10-01T08:00:00+02:00,a\n2026-10-01T06:05:00Z,a\n2026-10-01 06:00:10Z,b\n2026-10-01T06:00:11.5Z,b\n",
			[]string{"a// +0 busy 0, gap 300000 busy 0", "b// +10000 busy 0, gap 1500 busy 0"},
			300_000, 0,
		},
		{
			"any order", "they are sorted", "time\n30\n10\n20\n",
			[]string{"// +0 busy 0, gap 10000 busy 0, gap 10000 busy 0"},
			20_000, 0,
		},
		{
			"durations", "a gap is from an end to a start; what overlaps or touches is one stretch",
			"time,duration_seconds\n0,10\n5,2\n10,5\n20,\n25,0.5\n",
			[]string{"// +0 busy 15000, gap 5000 busy 0, gap 5000 busy 500"},
			25_500, 2,
		},
		{"at one moment", "no gap", "time\n7\n7\n8\n", []string{"// +0 busy 0, gap 1000 busy 0"}, 1000, 1},
		{
			"a single request", "a MicroVM without gaps is there all the same", "time,microvm_id\n7,a\n9,b\n12,b\n",
			[]string{"//a +0 busy 0", "//b +2000 busy 0, gap 3000 busy 0"},
			5000, 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ReadRequests(text("r.csv", tc.csv))
			require.NoError(t, err)
			require.Equal(t, tc.want, flat(got), tc.reason)
			require.Equal(t, tc.period, got.PeriodMS)
			require.Equal(t, tc.overlaps, got.Overlaps)
			require.True(t, got.Dated)
		})
	}
}

func TestReadAzure(t *testing.T) {
	const header = "HashOwner,HashApp,HashFunction,Trigger,1,2,3,4,5,6\n"
	for _, tc := range []struct {
		name, reason string
		days         []string
		want         []string
		adjacent     int64
		requests     int64
	}{
		{
			"gaps", "the minutes between, less one; adjacent minutes are busy throughout",
			[]string{header + "o,a,f,http,0,3,0,0,1,2\n"},
			[]string{"o/a/f (http) +60000 busy 60000, gap 120000 busy 120000"},
			1, 6,
		},
		{
			"days", "files follow each other",
			[]string{header + "o,a,f,http,1,0,0,0,0,0\n", header + "o,a,g,timer,0,0,0,0,0,1\no,a,f,http,0,0,1,0,0,1\n"},
			[]string{
				"o/a/f (http) +0 busy 60000, gap 420000 busy 60000, gap 120000 busy 60000",
				"o/a/g (timer) +660000 busy 60000",
			},
			0, 4,
		},
		{
			"across midnight", "a stretch goes on",
			[]string{header + "o,a,f,http,0,0,0,1,0,1\n", header + "o,a,f,http,1,0,0,0,0,0\n"},
			[]string{"o/a/f (http) +180000 busy 60000, gap 60000 busy 120000"},
			1, 3,
		},
		{
			"never invoked", "no MicroVM",
			[]string{header + "o,a,f,http,0,0,0,0,0,0\no,a,g,http,1,0,1,0,0,0\n"},
			[]string{"o/a/g (http) +0 busy 60000, gap 60000 busy 60000"},
			0, 2,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var files []Named
			for i, day := range tc.days {
				files = append(files, text(fmt.Sprintf("d%d.csv", i+1), day))
			}
			got, err := ReadAzure(files)
			require.NoError(t, err)
			require.Equal(t, tc.want, flat(got), tc.reason)
			require.Equal(t, tc.adjacent, got.Adjacent)
			require.Equal(t, tc.requests, got.Requests)
			require.EqualValues(t, 6*minuteMS*len(files), got.PeriodMS)
		})
	}
}

// Files that do not follow each other by the minutes that their headers name are joined all the same, and said to be.
func TestAzureFilesWithTimeMissingBetween(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		minutes      []string
		joined       bool
	}{
		{"one after the other", "", []string{"1,2", "3,4"}, false},
		{"midnight", "the minute after the last of a day is the first", []string{"1439,1440", "1,2"}, false},
		{"the same minutes", "two mornings have an afternoon and a night between them", []string{"480,481", "480,481"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var files []Named
			for _, minutes := range tc.minutes {
				files = append(files, text("d.csv", "HashOwner,HashApp,HashFunction,Trigger,"+minutes+"\no,a,f,http,1,0\n"))
			}
			got, err := ReadAzure(files)
			require.NoError(t, err)
			joined := slices.ContainsFunc(got.Notes, func(n pricing.Note) bool { return n.ID == "files-joined" })
			require.Equal(t, tc.joined, joined, tc.reason)
		})
	}
}

// Every refusal, with its line, and all of a file's at once.
func TestRefusals(t *testing.T) {
	const azure = "HashOwner,HashApp,HashFunction,Trigger,1,2\n"
	for _, tc := range []struct{ name, reason, csv, want string }{
		{"empty", "", "", "f.csv: there is no header: the file is empty"},
		{
			"no known column", "what it could have", "a,b\n1,2\n",
			"f.csv:1: there is no column gap_seconds or time or HashOwner or end_timestamp; it has 2 columns",
		},
		{
			"columns", "which of the two is meant cannot be known", "gap_seconds,tenant, gap_seconds\n1,a,2\n",
			"f.csv:1: columns 1 and 3 have the same name",
		},
		{"no rows", "nothing to decide on", "gap_seconds\n", "f.csv: there are no gaps in it"},
		{"one request", "no gap either", "time\n5\n", "f.csv: there are no gaps in it"},
		{
			"gaps", "all of them", "gap_seconds\n1\n-2\nx\n1e3\n\n.5\n5.\n4000000000\n99999999999999999999\nNaN\n",
			`f.csv:3: gap_seconds: "-2" is below zero
f.csv:4: gap_seconds: "x" is not a plain number of seconds such as 90 or 12.5
f.csv:5: gap_seconds: "1e3" is not a plain number of seconds such as 90 or 12.5
f.csv:7: gap_seconds: ".5" is not a plain number of seconds such as 90 or 12.5
f.csv:8: gap_seconds: "5." is not a plain number of seconds such as 90 or 12.5
f.csv:9: gap_seconds: "4000000000" is longer than a hundred years
f.csv:10: gap_seconds: "99999999999999999999" is too large for a number of seconds
f.csv:11: gap_seconds: "NaN" is not a plain number of seconds such as 90 or 12.5`,
		},
		{
			"fields", "rows as long as the header", "gap_seconds,tenant\n1\n1,a,b\n1,a\n",
			"f.csv:2: has 1 fields; the header has 2\nf.csv:3: has 3 fields; the header has 2",
		},
		{
			"quotes", "those after it are read", "gap_seconds\n1\"\n2\n\"x\n",
			"f.csv:2: bare \" in non-quoted-field\nf.csv:4: extraneous or missing \" in quoted-field",
		},
		{
			"times", "dates and seconds are not one clock",
			"time\n2026-10-01T06:00:00Z\n5\nyesterday\n2026-13-01T00:00:00Z\n0001-01-01T00:00:00Z\n",
			`f.csv:3: time: "5" mixes dates with seconds; give all times in one way
f.csv:4: time: "yesterday" is not a plain number of seconds such as 90 or 12.5, nor a moment such as 2026-10-01T06:00:00Z
f.csv:5: time: "2026-13-01T00:00:00Z" is not a moment such as 2026-10-01T06:00:00Z, nor a number of seconds
f.csv:6: time: "0001-01-01T00:00:00Z" is not in the years 1970 to 2199`,
		},
		{"durations", "", "time,duration_seconds\n1,-5\n2,1s\n", `f.csv:2: duration_seconds: "-5" is below zero
f.csv:3: duration_seconds: "1s" is not a plain number of seconds such as 90 or 12.5`},
		{
			"azure header", "in the order of the layout", "HashOwner,HashFunction,HashApp,Trigger,1\n",
			`f.csv:1: column 2 is another; the layout has HashApp there`,
		},
		{"azure without minutes", "", "HashOwner,HashApp,HashFunction,Trigger\n", "f.csv:1: there are no minutes in it"},
		{
			"azure minutes", "one after the other", "HashOwner,HashApp,HashFunction,Trigger,1,3\n",
			`f.csv:1: column 6 is not the minute after the column before it`,
		},
		{
			"azure counts", "", azure + "o,a,f,http,1,x\no,a,g,http,-1,0\n",
			"f.csv:2: column 6: \"x\" is not a number of invocations\nf.csv:3: column 5: \"-1\" is not a number of invocations",
		},
		{
			"azure twice", "which of the two it is cannot be known", azure + "o,a,f,http,1,0\no,a,f,http,1,0\n",
			"f.csv:3: the function is there twice, with the same trigger",
		},
		{
			"long name", "names are not novels", "gap_seconds,tenant\n1," + strings.Repeat("x", 3000) + "\n",
			"f.csv:2: a name is longer than 2048 bytes",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read(text("f.csv", tc.csv))
			require.EqualError(t, err, tc.want, tc.reason)
		})
	}
}

// No sum of running times may overflow: the busy times of a trace are bounded like its gaps.
func TestBusyForTooLong(t *testing.T) {
	const longest = 1e15 // what the times of one MicroVM can span
	b := newBuilder(KeptGaps)
	var requests [][]request
	for id := range 10_000 {
		b.microVM(microVMKey{id: strconv.Itoa(id)})
		requests = append(requests, []request{{0, longest}, {2 * longest, 1}})
	}
	b.fromRequests(requests)
	_, err := b.done()
	require.ErrorIs(t, err, errTooLong)
}

// Inputs made to hurt end in an error, and soon.
func TestHostileInput(t *testing.T) {
	_, err := ReadGaps(text("f.csv", "gap_seconds\n"+strings.Repeat("x\n", 5000)))
	var faults *FaultsError
	require.ErrorAs(t, err, &faults)
	require.EqualValues(t, 5000, faults.Count)
	require.Len(t, faults.Faults, 20)
	require.True(t, strings.HasSuffix(err.Error(), "\nand 4980 more rows that cannot be read"))

	_, err = ReadGaps(text("f.csv", "gap_seconds\n1\nx\n"+strings.Repeat("9", 2<<20)))
	require.EqualError(t, err, "f.csv:3: gap_seconds: \"x\" is not a plain number of seconds such as 90 or 12.5\n"+
		"f.csv: the row on line 4 is longer than 1048576 bytes; a quote may be missing")
	_, err = ReadGaps(text("f.csv", "gap_seconds\n1\n\"2\n"+strings.Repeat("3\n", 2<<20)))
	require.EqualError(t, err, "f.csv: the row on line 3 is longer than 1048576 bytes; a quote may be missing")

	whole := packed(t, "gap_seconds\n"+strings.Repeat("60\n", 10_000))
	_, err = ReadGaps(Named{"f.gz", bytes.NewReader(whole[:len(whole)/2])})
	require.EqualError(t, err, "f.gz: the gzip file is cut off; copy it again")
	_, err = ReadGaps(Named{"f.gz", bytes.NewReader([]byte{0x1f, 0x8b, 0xff})})
	require.ErrorContains(t, err, "f.gz: ")
	_, err = ReadGaps(Named{"f.csv", iotest.ErrReader(errors.New("disk on fire"))})
	require.EqualError(t, err, "f.csv: disk on fire")
	_, err = ReadGaps(Named{"f.csv", iotest.TimeoutReader(strings.NewReader("gap_seconds\n" +
		strings.Repeat("60\n", 200_000)))})
	require.ErrorContains(t, err, "f.csv: timeout")

	trace, err := ReadGaps(Named{"f.csv", iotest.OneByteReader(strings.NewReader("gap_seconds,tenant\n60,\x1b[2J\n"))})
	require.NoError(t, err)
	require.Equal(t, "\x1b[2J", trace.MicroVMs[0].Tenant,
		"names are kept as they are, and made harmless where they are shown")
}

// Beyond what is kept, the distribution alone is, and everything that rests on it.
func TestManyGaps(t *testing.T) {
	csv := "gap_seconds,tenant\n" + strings.Repeat("60,a\n600,b\n", 50)
	keeping := func(gaps int64) (*Trace, error) {
		in, err := openTable(text("f.csv", csv))
		require.NoError(t, err)
		b := newBuilder(gaps)
		require.NoError(t, b.readGaps(in))
		return b.done()
	}
	all, err := ReadGaps(text("f.csv", csv))
	require.NoError(t, err)
	some, err := keeping(99)
	require.NoError(t, err)
	require.Nil(t, some.MicroVMs)
	require.Equal(t, all.All, some.All)
	m := usEast(t)
	whole, err := m.Analyse(all, Options{})
	require.NoError(t, err)
	part, err := m.Analyse(some, Options{})
	require.NoError(t, err)
	require.Equal(t, whole.Best, part.Best)
	require.Nil(t, part.Lives)
	require.Contains(t, part.Warnings()[1].Text, "are left out")
	_, err = some.Only("a")
	require.ErrorContains(t, err, "tenants are not kept")
	exactly, err := keeping(100)
	require.NoError(t, err)
	require.Len(t, exactly.MicroVMs, 2)
}

func TestOnly(t *testing.T) {
	trace, err := ReadGaps(text("f.csv", "gap_seconds,tenant\n60,a\n600,b\n70,a\n"))
	require.NoError(t, err)
	a, err := trace.Only("a")
	require.NoError(t, err)
	require.EqualValues(t, 2, a.All.Gaps())
	require.EqualValues(t, 130_000, a.All.TotalMS())
	require.EqualValues(t, 1, a.Count)
	_, err = trace.Only("c")
	require.EqualError(t, err, `there is no tenant "c" in the trace`)
}

// What a trace can tell apart is bounded, as each MicroVM takes memory.
func TestManyMicroVMs(t *testing.T) {
	b := newBuilder(KeptGaps)
	b.trace.MicroVMs = make([]MicroVM, MaxMicroVMs-1)
	b.microVM(microVMKey{id: "the last"})
	b.microVM(microVMKey{id: "the last"})
	require.False(t, b.tooMany)
	b.microVM(microVMKey{id: "one too many"})
	_, err := b.finish("f.csv")
	require.EqualError(t, err,
		"f.csv: it tells more than 1000000 MicroVMs apart; give those of some tenants, or gaps without microvm_id")
}

// The trace of 2021 is a list of invocations; that of 200 of them has 138 gaps, as does the list of requests that was
// made of it by hand.
func TestAzure2021(t *testing.T) {
	const header = "app,func,end_timestamp,duration\n"
	trace, err := ReadAzure([]Named{
		{"a.csv", strings.NewReader(header + "shop,f,10.5,0.25\nshop,f,20.0004,0.0002\nshop,g,5,5\n")},
		{"b.csv", strings.NewReader(header + "shop,f,31.25,1E+0\nshop,g,9,9\n")},
	})
	require.NoError(t, err)
	require.Equal(t, []MicroVM{
		{ID: "f", Image: "shop", StartMS: 10_250, BusyMS: 250, Steps: []Step{{9_500, 0}, {10_250, 1000}}},
		{ID: "g", Image: "shop", BusyMS: 9000},
	}, trace.MicroVMs)
	require.EqualValues(t, []int64{5, 1, 1, 31_250}, []int64{trace.Requests, trace.Overlaps, trace.Rounded, trace.PeriodMS})
	require.True(t, trace.Unnamed && trace.Dated)

	_, err = ReadAzure([]Named{{"a.csv", strings.NewReader(header + "shop,f,x,-1\nshop,f,3,-1\n")}})
	require.ErrorContains(t, err, `a.csv:2: end_timestamp: "x" is not a number`)
	require.ErrorContains(t, err, `a.csv:3: duration: "-1" is below zero`)
	_, err = ReadAzure([]Named{
		{"a.csv", strings.NewReader(header + "shop,f,1,1\n")},
		{"b.csv", strings.NewReader("HashOwner,HashApp,HashFunction,Trigger,1\no,a,f,http,1\n")},
	})
	require.ErrorContains(t, err, "b.csv:1: is in another layout than a.csv")

	for _, name := range []string{"Azure2021_200.csv", "requests.csv"} {
		file, err := os.Open("../../shared/cases/10-azure-functions-2021/" + name)
		if err != nil {
			t.Skip("needs the shared cases: ", err)
		}
		defer file.Close()
		for _, read := range []func(Named) (*Trace, error){ReadRequests, Read} {
			_, err := file.Seek(0, io.SeekStart)
			require.NoError(t, err)
			trace, err := read(Named{name, file})
			require.NoError(t, err)
			require.EqualValues(t, 138, trace.All.Gaps())
			require.EqualValues(t, 199, trace.Requests)
		}
	}
}

// Less than a day is never scaled to a month without a warning, whether the trace says how long it is or not.
func TestLessThanADayIsWarnedOf(t *testing.T) {
	for text, want := range map[string]bool{
		"time,duration_seconds\n0,1\n100,1\n":   true,
		"time,duration_seconds\n0,1\n90000,1\n": false,
		"gap_seconds\n100\n":                    true,
		"gap_seconds\n90000\n":                  false,
	} {
		trace, err := Read(Named{"t.csv", strings.NewReader(text)})
		require.NoError(t, err)
		a, err := usEast(t).Analyse(trace, Options{})
		require.NoError(t, err)
		warned := slices.ContainsFunc(a.Warnings(), func(n pricing.Note) bool { return n.ID == string(assumption.LessThanADay) })
		require.Equal(t, want, warned, text)
	}
}
