package scenarios

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
)

// TestBasis reads the sentences that say how the month comes about.
func TestBasis(t *testing.T) {
	for _, tc := range []struct {
		name, reason, workload string
		want                   []string
	}{
		{
			"users", "every factor is named",
			"{users: 30, days: 20, running: 3h, suspended: 30m, cycles: 4}",
			[]string{
				"6,480,000 running seconds = 30 users × 20 days × 10,800 s",
				"1,080,000 suspended seconds = 30 users × 20 days × 1,800 s",
				"600 launches = 30 users × 20 days × 1",
				"2,400 cycles = 30 users × 20 days × 4",
			},
		},
		{
			"one of each", "one user, not 1 users; what does not happen is not explained",
			"{users: 1, days: 1, running: 3h, suspended: 0, launches: 0, cycles: 0}",
			[]string{"10,800 running seconds = 1 user × 1 day × 10,800 s"},
		},
		{
			"a month's figures of users", "days do not enter",
			"{users: 30, days: 20, running: 60h/month, launches: 20/month}",
			[]string{
				"6,480,000 running seconds = 30 users × 216,000 s",
				"600 launches = 30 users × 20",
			},
		},
		{
			"jobs", "days do not exist",
			"{jobs: 10000, running: 8s}",
			[]string{"80,000 running seconds = 10,000 jobs × 8 s", "10,000 launches = 10,000 jobs × 1"},
		},
		{
			"a month's figures of jobs", "nothing is multiplied",
			"{jobs: 10000, running: 80000s/month, launches: 7/month}",
			[]string{"80,000 running seconds = 80,000 s", "7 launches = 7"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, load(t, atPostRates("workload: "+tc.workload)).Basis(), tc.reason)
		})
	}
}

func TestNameComesFromTheFile(t *testing.T) {
	text := atPostRates("workload: {users: 1, days: 1, running: 1h}")
	s, err := Load(filepath.Join("some", "folder", "my.team.yaml"), []byte(text))
	require.NoError(t, err)
	require.Equal(t, "my.team", s.Name)
	require.Equal(t, "given", load(t, text+"name: given\n").Name)
}

func TestPerUnit(t *testing.T) {
	count, noun := load(t, atPostRates("workload: {users: 3, days: 1, running: 1h}")).PerUnit()
	requireDecimal(t, "3", count)
	require.Equal(t, "user", noun)
	count, noun = load(t, atPostRates("workload: {jobs: 7, running: 1h}")).PerUnit()
	requireDecimal(t, "7", count)
	require.Equal(t, "job", noun)
}

func TestLoadWithFiles(t *testing.T) {
	_, err := LoadWithFiles("f.yaml", iotest.ErrReader(errors.New("disk on fire")), nil)
	require.EqualError(t, err, "f.yaml: disk on fire")
	require.False(t, isFault(err), "nothing is wrong with what the file says")

	endless := strings.NewReader(strings.Repeat("# ", strictyaml.MaxBytes))
	_, err = LoadWithFiles("f.yaml", endless, nil)
	require.EqualError(t, err, "f.yaml: is larger than 256 KiB, the most that is read")
	require.True(t, isFault(err))
	require.Equal(t, strictyaml.MaxBytes-1, endless.Len(), "no more was read than was needed to know")
}

// TestLineEndings: the same file from Windows, or with a byte order mark, is the same scenario.
func TestLineEndings(t *testing.T) {
	text := atPostRates("workload: {users: 2, days: 20, running: 3h}", "name: x")
	want := estimate(t, text)
	for name, same := range map[string]string{
		"CRLF":            strings.ReplaceAll(text, "\n", "\r\n"),
		"byte order mark": "\ufeff" + text,
		"no last newline": strings.TrimSuffix(text, "\n"),
		"document marks":  "---\n" + text + "...\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := estimate(t, same)
			require.Equal(t, want.Bill, got.Bill)
			require.Equal(t, want.Scenario.Name, got.Scenario.Name)
		})
	}
}

func TestStarter(t *testing.T) {
	s, err := Load("starter.yaml", Starter("my-team"))
	require.NoError(t, err)
	require.Equal(t, "my-team", s.Name)
	e, err := market(t).Estimate(s)
	require.NoError(t, err)
	requireConsistent(t, e)
	require.Empty(t, e.Warnings, "what users start from has nothing to warn about")
	require.NotContains(t, string(Starter("my-team")), "NAME")

	var uncommented []string
	for line := range strings.Lines(string(Starter("x"))) {
		uncommented = append(uncommented, strings.Replace(strings.Replace(line, "# rates:", "rates:", 1), "#   ", "  ", 1))
	}
	_, err = Load("starter.yaml", []byte(strings.Join(uncommented, "")))
	require.NoError(t, err, "what is commented out works when it is not")
}
