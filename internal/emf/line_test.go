package emf

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"microspend/internal/emftest"
	"microspend/pricing"
	"pgregory.net/rapid"
)

func TestEncoding(t *testing.T) {
	proven := sample(func(l *Line) { l.TenantProof = strings.Repeat("0f", 32) })
	x86 := sample(func(l *Line) { l.Arch = pricing.ArchX86 })
	require.Contains(t, string(x86.AppendTo(nil)), `"Account":"123456789012","Arch":"x86_64","PeriodStart":`)
	require.Contains(t, string(proven.AppendTo(nil)), `"Account":"123456789012","TenantProof":"`+proven.TenantProof+`","PeriodStart":`)
	l := sample(nil)
	require.Equal(t, `{"Schema":"microspend.meter/v1","_aws":{"Timestamp":1795435200000,"CloudWatchMetrics":[{"Namespace":"microspend",`+
		`"Dimensions":[["Tenant","Image"]],"Metrics":[{"Name":"VCPUMilliseconds","Unit":"Milliseconds"},`+
		`{"Name":"MemoryMiBMilliseconds","Unit":"None"},{"Name":"SnapshotReadBytes","Unit":"Bytes"},`+
		`{"Name":"SnapshotWriteBytes","Unit":"Bytes"},{"Name":"SnapshotStorageByteSeconds","Unit":"None"}]}]},`+
		`"Life":"00112233445566778899aabbccddeeff","Sequence":7,"Event":"interval","MicrovmId":"microvm-0a1b2c3d","Tenant":"acme",`+
		`"Image":"arn:aws:lambda:eu-west-1:123456789012:microvm-image:sandbox","Region":"eu-west-1","Account":"123456789012",`+
		`"PeriodStart":1795435200000,"PeriodEnd":1795435260000,"VCPUMilliseconds":60000,"MemoryMiBMilliseconds":122880000,`+
		`"SnapshotReadBytes":0,"SnapshotWriteBytes":0,"SnapshotStorageByteSeconds":0,"RunningMilliseconds":60000,`+
		`"SuspendedMilliseconds":0,"Launches":0,"Suspends":0,"Resumes":0}`, string(l.AppendTo(nil)))
}

// TestRoundTrip: what is written is read back as it was, keeps the published rules, and is what any JSON decoder
// makes of it.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lines().Draw(t, "line")
		require.NoError(t, l.Check())
		text := l.AppendTo(nil)
		require.NoError(t, emftest.CheckRules(text))
		back, err := Decode(text)
		require.NoError(t, err)
		require.Equal(t, l, back)

		var object map[string]any
		require.NoError(t, json.Unmarshal(text, &object))
		shuffled, err := json.MarshalIndent(object, " ", "\t") // members in order of their names
		require.NoError(t, err)
		for _, value := range l.Amounts {
			if value > 1<<52 {
				return // the float in between would have changed it
			}
		}
		if l.Sequence <= 1<<52 && l.DroppedLines <= 1<<52 {
			back, err = Decode(shuffled)
			require.NoError(t, err, string(shuffled))
			require.Equal(t, l, back, "the order of members and white space mean nothing")
		}
	})
}

// TestCutAnywhere: of every part of a line it is known what it is, and no part passes for a line.
func TestCutAnywhere(t *testing.T) {
	l := sample(func(l *Line) { l.Notes = []string{NoteUnannounced}; l.PerMicroVM = true })
	text := l.AppendTo(nil)
	for end := len(lineStart); end < len(text); end++ {
		require.Equal(t, Cut, kindOf(t, text[:end]), string(text[:end]))
	}
	for begin := 1; begin < strings.Index(string(text), tailMark); begin++ {
		require.Equal(t, Cut, kindOf(t, text[begin:]), string(text[begin:]))
	}
	other := sample(func(l *Line) { l.Sequence++ })
	for end := len(lineStart); end <= len(text); end++ {
		require.Equal(t, Mixed, kindOf(t, other.AppendTo(text[:end:end])), "another line begins at byte %d", end)
	}
}

func kindOf(t testing.TB, text []byte) Kind {
	t.Helper()
	_, err := Decode(text)
	var fault *Error
	require.ErrorAs(t, err, &fault)
	return fault.Kind
}

func TestRefused(t *testing.T) {
	text := func(change func(*Line)) string {
		l := sample(change)
		return string(l.AppendTo(nil))
	}
	plain := text(nil)
	replace := func(old, new string) string {
		require.Contains(t, plain, old)
		return strings.Replace(plain, old, new, 1)
	}
	for _, tc := range []struct {
		name, reason, text string
		kind               Kind
		says               string
	}{
		{"nothing", "an empty line", "", Foreign, "not a line of the meter"},
		{"prose", "an application's output", "GET / 200", Foreign, "not a line of the meter"},
		{
			"JSON", "structured logs of others", `{"level":"info","n":1.5e3,"deep":{"a":[null,true]}}`, Foreign,
			"not a line of the meter",
		},
		{"array", "JSON, but no object", `[1]`, Foreign, "not a line of the meter"},
		{
			"other EMF", "metrics of an application", `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[]},"x":1}`, Foreign,
			"not a line of the meter",
		},
		{"other schema", "a member of the same name", `{"Schema":"else/v1"}`, Foreign, "not a line of the meter"},
		{"two lines", "glued in one event", plain + plain, Mixed, "after the line's end"},
		{"two lines apart", "white space between", plain + " \n" + plain, Mixed, "after the line's end"},
		{"before", "an application's unfinished line", "progress 42 %" + plain, Mixed, "after something else"},
		{"after", "the line break is missing", plain + "done", Mixed, "after the line's end"},
		{"newer", "a later version", replace("meter/v1", "meter/v2"), Newer, "this program knows microspend.meter/v1"},
		{"missing", "no tenant", replace(`"Tenant":"acme",`, ""), Invalid, "Tenant is missing"},
		{
			"twice", "a member", replace(`"Tenant":"acme",`, `"Tenant":"acme","Tenant":"bravo",`), Invalid,
			"Tenant is there twice",
		},
		{"unknown", "a member", replace(`"Tenant":`, `"x":1,"Tenant":`), Invalid, `"x" is not one of a line's`},
		{
			"no proof", "a digit too few", replace(`"PeriodStart":`, `"TenantProof":"`+strings.Repeat("0", 63)+`","PeriodStart":`),
			Invalid, "TenantProof",
		},
		{
			"no architecture", "Go's name of one", replace(`"PeriodStart":`, `"Arch":"amd64","PeriodStart":`), Invalid,
			`Arch "amd64" does not exist`,
		},
		{"case", "members differ by it", replace(`"Tenant":`, `"tenant":`), Invalid, `"tenant" is not`},
		{"mistyped", "a number in quotes", replace(`"Launches":0`, `"Launches":"0"`), Invalid, "a whole number is missing"},
		{"fraction", "no whole number", replace(`"Launches":0`, `"Launches":0.5`), Invalid, "is missing before"},
		{"exponent", "no plain number", replace(`"Launches":0`, `"Launches":1e3`), Invalid, "is missing before"},
		{"negative", "below zero", replace(`"Launches":0`, `"Launches":-1`), Invalid, "a whole number is missing"},
		{"leading zero", "no JSON", replace(`"Launches":0`, `"Launches":00`), Invalid, "begins with 0"},
		{"too large", "not exact as a float", replace(`"Launches":0`, `"Launches":9007199254740992`), Invalid, "2^53"},
		{"overflow", "not even 64 bits", replace(`"Launches":0`, `"Launches":99999999999999999999`), Invalid, "too large"},
		{"null", "no string", replace(`"Tenant":"acme"`, `"Tenant":null`), Invalid, "a string is missing"},
		{"empty", "a dimension has a value", replace(`"Tenant":"acme"`, `"Tenant":""`), Invalid, "Tenant is empty"},
		{"control", "in a string", replace(`acme`, "ac\tme"), Invalid, "control character"},
		{"escaped control", "in a name", replace(`acme`, `ac\nme`), Invalid, "printable ASCII"},
		{"bad escape", "no JSON", replace(`acme`, `ac\xme`), Invalid, "not valid JSON"},
		{"UTF-8", "a half character", replace(`acme`, "ac\xc3"), Invalid, "UTF-8"},
		{"event", "unknown", replace(`"interval"`, `"nap"`), Invalid, `"nap" is not an event`},
		{
			"minute", "crossed", replace(`"PeriodEnd":1795435260000`, `"PeriodEnd":1795435260001`), Invalid,
			"crosses a boundary of 60 s",
		},
		{
			"backwards", "ends before it starts", replace(`"PeriodEnd":1795435260000`, `"PeriodEnd":1795435199999`), Invalid,
			"is before PeriodStart",
		},
		{
			"timestamp", "another period", replace(`"Timestamp":1795435200000`, `"Timestamp":1795435200001`), Invalid,
			"is not PeriodStart",
		},
		{"1970", "a clock never set", text(func(l *Line) { l.PeriodStart, l.PeriodEnd = 0, 1 }), Invalid, "2020 to 2099"},
		{"life", "no digits", replace("00112233", "0011223G"), Invalid, "hexadecimal"},
		{"sequence", "from 1 on", replace(`"Sequence":7`, `"Sequence":0`), Invalid, "Sequence 0"},
		{"dimensions", "not ours", replace(`["Tenant","Image"]`, `["Tenant"]`), Invalid, "dimensions"},
		{"no dimensions", "not ours", replace(`[["Tenant","Image"]]`, `[]`), Invalid, "metric directive"},
		{"unit", "not ours", replace(`"Unit":"None"`, `"Unit":"Count"`), Invalid, "not the one"},
		{"note", "not a word", text(func(l *Line) { l.Notes = []string{"<b>"} }), Invalid, "is not a note"},
		{
			"notes", "too many", text(func(l *Line) { l.Notes = strings.Split(strings.Repeat("x,", 16)+"x", ",") }), Invalid,
			"too many notes",
		},
		{"no metadata", "no _aws", strings.Replace(plain,
			plain[strings.Index(plain, `"_aws"`):strings.Index(plain, `"Life"`)], "", 1), Invalid, "_aws is missing"},
		{"too long", "no event", plain + strings.Repeat(" ", MaxLine), TooLong, "more than an event"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Decode([]byte(tc.text))
			var fault *Error
			require.True(t, errors.As(err, &fault), tc.reason)
			require.Equal(t, tc.kind, fault.Kind, err.Error())
			require.ErrorContains(t, err, tc.says, tc.reason)
			require.NotEmpty(t, fault.Kind)
		})
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("x", MaxName)
	for _, tc := range []struct{ name, text, want string }{
		{"plain", "acme", "acme"},
		{"a percent sign alone stays", "50%", "50%"},
		{"space around it goes", " acme\n", "acme"},
		{"line breaks", "a\nb", "a%0Ab"},
		{"a percent sign beside them", "50%\tx", "50%25%09x"},
		{"letters beyond ASCII", "Müller", "M%C3%BCller"},
		{"no UTF-8", "a\xffb", "a%FFb"},
		{"escape sequences", "\x1b[2Jx", "%1B[2Jx"},
		{"nothing printable", " \t ", ""},
		{"as long as can be", long, long},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, changed := Name(tc.text)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.text != tc.want, changed)
		})
	}
	a, _ := Name(long + "a")
	b, _ := Name(long + "b")
	require.NotEqual(t, a, b, "what was cut stays apart")
	require.Len(t, a, MaxName)
	rapid.Check(t, func(t *rapid.T) {
		name, _ := Name(string(rapid.SliceOf(rapid.Byte()).Draw(t, "text")))
		require.True(t, name == "" || isName(name), "%q", name)
	})
}
